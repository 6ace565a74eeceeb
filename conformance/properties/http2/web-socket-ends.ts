import fc from 'fast-check'
import { word } from '../../arbitraries/http.ts'
import { dataFrame, resetStream } from '../../http2/frame.ts'
import { RemoteScope } from '../../testers/remote-scope.ts'
import { isDict, show } from '../../testers/values.ts'
import { encodeFrame } from '../../websocket/frame.ts'
import { closeFrame, framesOf, plainMessage } from '../../websocket/message-plan.ts'
import type { Property } from '../property.ts'
import { judgeListed } from '../websocket/refused-handshake.ts'
import { http2Property } from './property.ts'
import { accept, ask, judgeEnd, open, receive, send } from './web-socket-stream.ts'

/** RFC 8441 §5: Sec-WebSocket-Version is used as in RFC 6455. */
const VERSION = 'wire/rfc6455/version-unsupported'
const BEFORE_ACCEPT = 'websocket/close/before-accept-403'
const DENIAL = 'extension/denial/after-connect'
const DISCONNECT = 'websocket/disconnect/any-cause'
const UNANSWERED = 'websocket/disconnect/before-accept'
const APP_END = 'websocket/scope/app-end-closes-socket'
const LOST = 'wire/rfc6455/close-code-1006'
const GONE = 'websocket.disconnect'
/** RFC 9113 §7, CANCEL: what RFC 8441 §5 has in place of a reset of TCP. */
const CANCEL = 0x8
const MESSAGE = 'websocket/receive/event'

/** Over HTTP/2: how a WebSocket is refused, denied, closed and lost. */
export const webSocketEnds: readonly Property[] = [
  http2Property({
    id: `${VERSION}/http2`,
    law: 'over HTTP/2 too a handshake of a version that never was is not completed, and the answer lists those that work',
    clauses: [VERSION, 'wire/rfc6455/versions-listed'],
    needs: ['websocket'],
    enough: 4,
    program: fc.constantFrom('0', '1', '9', '12', '14', '99', '255'),
    async run(trial, version) {
      const asked = await ask(trial, '/', [], version)
      if (asked === null) return
      const { stream, first } = asked
      if (first instanceof RemoteScope) {
        trial.held.push({ app: first, judgeInvariants: () => undefined })
        if (first.type !== 'websocket') return
        // The application is willing; the server must not be.
        await trial.iut.within(first.receive(), VERSION, 'websocket.connect')
        await trial.iut.within(first.send({ type: 'websocket.accept' }), VERSION, 'a refusal')
        void first.return()
        const answered = (): boolean => stream.assembly.head !== null || stream.over
        await trial.iut.cameWithinQuiet(asked.client.until(answered))
      }
      const status = stream.assembly.head?.status ?? null
      const refused = status === null || status < 200 || status >= 300
      trial.check(VERSION, refused, 'no 2xx', () => `status ${status}`)
      const { head } = stream.assembly
      if (!(first instanceof RemoteScope) && head !== null) judgeListed(trial, head)
    },
  }),
  http2Property({
    id: 'extension/denial/http2',
    law: 'the HTTP response with which the application denies a WebSocket over HTTP/2 reaches the client as it is',
    clauses: [DENIAL],
    needs: ['websocket', 'websocket/denial'],
    enough: 24,
    program: fc.record({
      status: fc.constantFrom(200, 401, 404),
      parts: fc.array(fc.oneof(word, fc.constant('')), { minLength: 1, maxLength: 3 }),
      spare: fc.boolean(),
    }),
    async run(trial, { status, parts, spare }) {
      const socket = await open(trial, '/', [])
      if (socket === null) return
      const { extensions } = socket.app.scope
      if (!isDict(extensions) || !('websocket.http.response' in extensions)) return
      await receive(trial, socket, 'websocket/connect/event', 'websocket.connect')
      const type = 'websocket.http.response'
      const headers = [[Buffer.from('x-denied'), Buffer.from('yes')]]
      await send(trial, socket, { type: `${type}.start`, status, headers }, DENIAL)
      for (const [index, part] of parts.entries()) {
        const more = index < parts.length - 1
        const body = Buffer.from(part)
        const last = spare && !more ? {} : { more_body: more }
        await send(trial, socket, { type: `${type}.body`, body, ...last }, DENIAL)
      }
      void socket.app.return()
      const response = await trial.iut.within(socket.stream.answered, DENIAL, 'the response')
      const whole = response?.complete === true && response.body.toString() === parts.join('')
      trial.check(
        DENIAL,
        whole && response.status === status,
        `status ${status} with ${show(parts.join(''))}`,
        () => `${response?.status} with ${show(response?.body)}`,
      )
      const shown = (response?.headers ?? []).filter(([name]) => name === 'x-denied')
      const told = shown.length === 1 && shown[0]?.[1] === 'yes'
      trial.check(DENIAL, told, 'x-denied: yes', () => JSON.stringify(shown))
    },
  }),
  http2Property({
    id: 'wire/rfc8441/orderly-close',
    law: 'a WebSocket that its application closes, or refuses, ends its stream, and no other',
    clauses: ['wire/rfc8441/orderly-close', BEFORE_ACCEPT, 'websocket/close/code'],
    needs: ['websocket'],
    enough: 16,
    program: fc.record({
      accepted: fc.boolean(),
      code: fc.constantFrom(1000, 4000),
      /** The client ends its side with its Close; if not, the server is still the first to end. */
      ends: fc.boolean(),
    }),
    async run(trial, { accepted, code, ends }) {
      const socket = await open(trial, '/', [])
      if (socket === null) return
      const { client, stream } = socket
      await receive(trial, socket, 'websocket/connect/event', 'websocket.connect')
      if (!accepted) {
        await send(trial, socket, { type: 'websocket.close' }, BEFORE_ACCEPT)
        void socket.app.return()
        const response = await trial.iut.within(stream.answered, BEFORE_ACCEPT, 'a refusal')
        trial.check(BEFORE_ACCEPT, response?.status === 403, 'status 403', () =>
          String(response?.status),
        )
        return
      }
      const reader = await accept(trial, socket, null)
      await send(trial, socket, { type: 'websocket.close', code }, 'websocket/close/code')
      await trial.iut.within(
        client.until(() => reader.close !== null || stream.over),
        'websocket/close/code',
        'a Close frame',
      )
      const seen = reader.close?.code ?? null
      trial.check('websocket/close/code', seen === code, String(code), () => String(seen))
      const answer = Buffer.alloc(2)
      answer.writeUInt16BE(code)
      client.write(dataFrame(stream.id, encodeFrame(closeFrame(answer)), ends))
      void socket.app.return()
      await judgeEnd(trial, socket)
    },
  }),
  http2Property({
    id: 'websocket/disconnect/http2',
    law: 'a stream that its client ends or resets without a Close frame reaches the application as websocket.disconnect, accepted or not',
    clauses: ['websocket/disconnect/event', DISCONNECT, UNANSWERED, MESSAGE, APP_END, LOST],
    needs: ['websocket'],
    enough: 16,
    program: fc.record({
      loss: fc.constantFrom('end of the stream' as const, 'reset of the stream' as const),
      text: fc.option(word, { nil: null }),
      listening: fc.boolean(),
      accepted: fc.boolean(),
      /** The application asks for its message only when the client has left. */
      late: fc.boolean(),
    }),
    async run(trial, { loss, text, listening, accepted, late }) {
      const socket = await open(trial, '/', [])
      if (socket === null) return
      await receive(trial, socket, 'websocket/connect/event', 'websocket.connect')
      const { client, stream } = socket
      if (!accepted) {
        const waiting = listening ? receive(trial, socket, UNANSWERED, GONE) : null
        waiting?.catch(() => undefined)
        await trial.iut.settle()
        client.write(resetStream(stream.id, CANCEL))
        await (waiting ?? receive(trial, socket, UNANSWERED, GONE))
        void socket.app.return()
        return
      }
      await accept(trial, socket, null)
      // What comes before a reset may be lost with it.
      const unread = text !== null && late && loss === 'end of the stream'
      if (text !== null) {
        const frames = framesOf(plainMessage('text', text)).map(encodeFrame)
        await client.sendContent(stream, Buffer.concat(frames), false)
        if (!unread) await receive(trial, socket, MESSAGE, 'websocket.receive')
      }
      const waiting = listening && !unread ? receive(trial, socket, DISCONNECT, GONE) : null
      waiting?.catch(() => undefined)
      await trial.iut.settle()
      client.write(
        loss === 'end of the stream'
          ? dataFrame(stream.id, Buffer.alloc(0), true)
          : resetStream(stream.id, CANCEL),
      )
      if (unread) {
        await trial.iut.settle()
        await receive(trial, socket, MESSAGE, 'websocket.receive')
      }
      const event = await (waiting ?? receive(trial, socket, DISCONNECT, GONE))
      trial.check('websocket/disconnect/event', true, '', () => '')
      void socket.app.return()
      if (loss === 'end of the stream') {
        // A client that has ended its half may still read: the stream is over when both have.
        const over = client.until(() => stream.over)
        await trial.iut.within(over, APP_END, 'the end of the stream, when the application has')
        trial.check(APP_END, true, '', () => '')
        return
      }
      // RFC 6455 §7.1.5: closed, and no Close frame was received.
      const { code } = event
      trial.check(LOST, code === 1006, '1006', () => show(code))
    },
  }),
]
