import { OPCODE } from '../../websocket/frame.ts'
import { clientFrames } from '../sabotage/frames.ts'
import type { Mutant } from './mutant.ts'

/** Defects that show where a WebSocket is held up, or ends while its server is at work. */
export const webSocketEnduranceMutants: readonly Mutant[] = [
  {
    id: 'websocket-endurance/pongs-unheard',
    property: 'config/websocket-ping-timeout',
    clause: 'config/websocket-ping-timeout',
    breaks: 'the Pongs of a client are not heard, and it is disconnected as if it had sent none',
    programs: 1,
    sabotage: clientFrames((frame) => (frame.opcode === OPCODE.pong ? [] : [frame])),
  },
]
