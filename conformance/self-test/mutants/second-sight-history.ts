import { ServerResponse } from 'node:http'
import { closeFrames } from '../sabotage/frames.ts'
import type { Mutant } from './mutant.ts'

/** What released servers did that the suite did not see at first. */
export const secondSightHistoryMutants: readonly Mutant[] = [
  {
    id: 'second-sight-history/failure-closed-as-normal',
    property: 'wire/rfc6455/code-1000-normal',
    clause: 'wire/rfc6455/code-1000-normal',
    breaks: 'a WebSocket whose application raised is closed with 1000',
    sabotage: closeFrames((payload) =>
      payload.length >= 2 && payload.readUInt16BE(0) === 1011 ? Buffer.of(0x03, 0xe8) : payload,
    ),
  },
  {
    id: 'second-sight-history/metrics-of-no-type',
    property: 'config/metrics-media-type',
    clause: 'config/metrics-media-type',
    breaks: 'metrics are served without a Content-Type',
    sabotage: { process: withoutTypeOfMetrics },
  },
]

function withoutTypeOfMetrics(): void {
  const set: ServerResponse['setHeader'] = Reflect.get(ServerResponse.prototype, 'setHeader')
  ServerResponse.prototype.setHeader = function (name, value) {
    return String(value).startsWith('text/plain; version=') ? this : set.call(this, name, value)
  }
}
