import type { Property } from '../property.ts'
import { receive } from './receive.ts'
import { send } from './send.ts'

/** Every property about WebSocket connections, certain and cheap ones first. */
export const websocket: readonly Property[] = [...receive, ...send]
