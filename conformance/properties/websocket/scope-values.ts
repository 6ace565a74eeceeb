import fc from 'fast-check'
import * as http from '../../arbitraries/http.ts'
import { isBytes, type PyDict } from '../../testers/values.ts'
import { handshakeRequest, PLAIN } from '../../websocket/handshake.ts'
import { adopt, hold, knock } from '../../websocket/open.ts'
import { exchangeProperty, type Property } from '../property.ts'

const INJECTED = 'x-injected'

/** What str.splitlines() of Python takes for the end of a line, beside CR and LF. */
const LINE_ENDS = [
  { octet: '\x0b', clause: 'wire/rfc9110/field-value-other-ctl' },
  { octet: '\x0c', clause: 'wire/rfc9110/field-value-other-ctl' },
  { octet: '\x1c', clause: 'wire/rfc9110/field-value-other-ctl' },
  { octet: '\x1d', clause: 'wire/rfc9110/field-value-other-ctl' },
  { octet: '\x1e', clause: 'wire/rfc9110/field-value-other-ctl' },
  { octet: '\x85', clause: 'wire/rfc9110/obs-text-opaque' },
  { octet: '\xa0', clause: 'wire/rfc9110/obs-text-opaque' },
]

/** RFC 9110 §5.5: whatever a value holds, it is one value: two parsers in a server may not disagree. */
export const scopeValues: readonly Property[] = [
  exchangeProperty({
    id: 'websocket/scope/header-values-whole',
    law: 'no octet in a header value of a handshake makes another header of what follows it',
    clauses: ['wire/rfc9110/field-value-other-ctl', 'wire/rfc9110/obs-text-opaque'],
    needs: ['websocket'],
    program: fc.record({ end: fc.constantFrom(...LINE_ENDS), value: http.word }),
    async run(trial, { end: { octet, clause }, value }) {
      const lines = [['X-Value', `${value}${octet}${INJECTED}: yes`] as const]
      const handshake = { ...PLAIN, headers: lines }
      const request = handshakeRequest(handshake)
      const answer = await knock(trial, request)
      if (answer.scope === null) {
        trial.check(clause, true, '', () => '')
        return
      }
      trial.check(
        clause,
        !names(answer.scope.scope).includes(INJECTED),
        'a refusal, or no header that the client did not send',
        () => `a header ${INJECTED}`,
      )
      if (answer.scope.type === 'websocket') adopt(trial, request, answer)
      else hold(trial, answer.scope)
    },
  }),
]

function names({ headers }: PyDict): readonly string[] {
  if (!Array.isArray(headers)) return []
  return headers.flatMap((pair) => {
    const name = Array.isArray(pair) ? pair[0] : null
    return isBytes(name) ? [Buffer.from(name).toString('latin1').toLowerCase()] : []
  })
}
