import type { Http2Outcome } from '../testers/channel.ts'
import type { WireResponse } from '../testers/response-reader.ts'
import type { Aspect } from './observe.ts'
import { observeResponse, type Statement } from './observe-response.ts'

/**
 * What a server did on the streams of a connection of HTTP/2, whose applications began to answer so. Frames, windows and the order among
 * streams are its own affair.
 */
export function observeStreams(
  { streams, goAway }: Http2Outcome,
  said: readonly Statement[],
  subject: string,
): Aspect[] {
  const begun = [...said]
  return [
    ...streams.flatMap(({ id, response, reset }): Aspect[] => {
      const stream = `${subject}, stream ${id}`
      const name = 'answers'
      if (response === null)
        return [{ subject: stream, name, value: reset === null ? 'none' : `RST_STREAM ${reset}` }]
      const own = begun.findIndex(
        ({ status }) => status === response.status || isAccept(status, response),
      )
      const [statement] = own < 0 ? [] : begun.splice(own, 1)
      const interim = response.interim.map(({ status }) => String(status))
      if (statement === undefined) {
        return [
          { subject: stream, name, value: [...interim, 'refused'].join('; ') },
          { subject: stream, name: 'status of a refusal', value: String(response.status) },
        ]
      }
      const value = [...interim, `${response.status} of the application`].join('; ')
      return [{ subject: stream, name, value }, ...observeResponse(response, statement, stream)]
    }),
    { subject, name: 'GOAWAY', value: goAway === null ? 'none' : String(goAway) },
  ]
}

/** An accepted WebSocket is 101 over HTTP/1.1, and 200 here (RFC 8441 §5). */
function isAccept(began: number, { status }: WireResponse): boolean {
  return began === 101 && status === 200
}
