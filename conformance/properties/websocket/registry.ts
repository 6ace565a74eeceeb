import type { Property } from '../property.ts'
import { answer } from './answer.ts'
import { handshake } from './handshake.ts'
import { receive } from './receive.ts'
import { scopeRequest } from './scope-request.ts'
import { scopeShape } from './scope-shape.ts'
import { send } from './send.ts'

/** Every property about WebSocket connections, certain and cheap ones first. */
export const websocket: readonly Property[] = [
  ...scopeShape,
  ...scopeRequest,
  ...handshake,
  ...answer,
  ...receive,
  ...send,
]
