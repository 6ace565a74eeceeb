import fc, { type Arbitrary } from 'fast-check'
import { word } from '../../arbitraries/http.ts'
import { MARKER } from '../../testers/channel.ts'
import { binary } from '../../testers/exchange.ts'
import { RemoteScope } from '../../testers/remote-scope.ts'
import type { Trial } from '../../testers/trial.ts'
import { show } from '../../testers/values.ts'
import { exchangeProperty, type Property } from '../property.ts'

/** Raw bytes with their nearest valid neighbour: refusing everything cannot pass, nor accepting it. */
interface Twins {
  readonly broken: string
  readonly valid: string
}

/** Requests that RFC 9112 makes a server refuse (§2.2, §3.2, §5.1, §6.3, §7.1). */
export const rejection: readonly Property[] = [
  rejects(
    'wire/rfc9112/missing-host',
    'an HTTP/1.1 request without Host is refused',
    word.map((path) => ({
      broken: `GET /${path} HTTP/1.1\r\nX-Other: 1\r\n`,
      valid: `GET /${path} HTTP/1.1\r\nHost: a\r\n`,
    })),
  ),
  rejects(
    'wire/rfc9112/duplicate-host',
    'a request with two Host lines is refused',
    fc.tuple(word, word).map(([one, two]) => ({
      broken: `GET / HTTP/1.1\r\nHost: ${one}\r\nHost: ${two}\r\n`,
      valid: `GET / HTTP/1.1\r\nHost: ${one}\r\nX-Host: ${two}\r\n`,
    })),
  ),
  rejects(
    'wire/rfc9112/space-before-colon',
    'whitespace between a field name and its colon is refused',
    fc.tuple(word, fc.constantFrom(' ', '\t', '  ')).map(([value, space]) => ({
      broken: `GET / HTTP/1.1\r\nHost: a\r\nX-Name${space}: ${value}\r\n`,
      valid: `GET / HTTP/1.1\r\nHost: a\r\nX-Name:${space}${value}\r\n`,
    })),
  ),
  rejects(
    'wire/rfc9112/invalid-content-length',
    'a Content-Length that is not a number is refused',
    fc.constantFrom('abc', '+5', '-5', '0x5', '5 5', '1e1', '٥', '5a').map((length) => ({
      broken: `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n`,
      valid: 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n',
    })),
  ),
  rejects(
    'wire/rfc9112/conflicting-content-length',
    'two Content-Length values that differ are refused',
    fc
      .tuple(fc.nat(9), fc.nat(9))
      .filter(([a, b]) => a !== b)
      .map(([a, b]) => ({
        broken: `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${a}\r\nContent-Length: ${b}\r\n`,
        valid: 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n',
      })),
  ),
]

function rejects(id: string, law: string, program: Arbitrary<Twins>): Property {
  return exchangeProperty<Twins>({
    id,
    law: `${law}, and its nearest valid neighbour is served`,
    clauses: [id],
    program,
    async run(trial, { broken, valid }) {
      const refused = await fate(trial, broken, id)
      trial.check(
        id,
        refused.served === null && refused.status >= 400,
        'a 4xx or 5xx response or a close, and no call of the application',
        () =>
          refused.served === null
            ? `status ${refused.status}`
            : `the application was called with ${show(refused.served.scope, 200)}`,
      )
      const accepted = await fate(trial, valid, id)
      trial.check(
        id,
        accepted.served !== null,
        'the valid neighbour served',
        () => `status ${accepted.status}`,
      )
    },
  })
}

/** Status 499 stands for a connection closed without a response. */
async function fate(
  trial: Trial,
  head: string,
  clause: string,
): Promise<{ served: RemoteScope | null; status: number }> {
  const channel = await trial.connect()
  channel.wire.reader.expect('GET')
  const answered = channel.wire.response()
  const arrived = channel.scope()
  const marker = channel.marked ? `${MARKER}: ${channel.id}\r\n` : ''
  channel.wire.write(binary(`${head}${marker}\r\n`))
  const first = await trial.iut.within(Promise.race([arrived, answered]), clause, 'a refusal')
  if (!(first instanceof RemoteScope)) return { served: null, status: first?.status ?? 499 }
  await Promise.all([
    first.send({ type: 'http.response.start', status: 200, headers: [] }),
    first.send({ type: 'http.response.body' }),
    first.return(),
  ])
  return { served: first, status: 200 }
}
