import fc from 'fast-check'
import { encodeFrame, FRAME, PREFACE, settingsFrame } from '../../http2/frame.ts'
import { certificates } from '../../testers/certificates.ts'
import type { Iut } from '../../testers/iut.ts'
import type { Launcher } from '../../testers/launcher.ts'
import { http } from '../../testers/request.ts'
import { ANY_TLS } from '../../testers/tls-client.ts'
import { type Property, processProperty } from '../property.ts'

const CLAUSE = 'config/http2-off'

/** Where a server can be told to speak HTTP/1 alone. */
export const http2Off: Property = processProperty({
  id: CLAUSE,
  law: 'with HTTP/2 off, ALPN does not choose it, a preface gets no SETTINGS, and HTTP/1.1 is served',
  clauses: [CLAUSE],
  needs: ['http/1.1', 'http/2', 'config/command-line', 'tls', 'http/2/off'],
  enough: 1,
  program: fc.record({ path: fc.constantFrom('/', '/plain') }),
  async run(launcher, { path }) {
    const { files } = await certificates()
    const off = { http2: false }
    const secure = await launcher.serve(CLAUSE, {
      tls: { ...ANY_TLS, protocols: ['h2', 'http/1.1'] },
      settings: { 'command-line': { ...off, tls: files } },
    })
    await judgeServed(launcher, secure, path)
    const clear = await launcher.serve(CLAUSE, { settings: { 'command-line': off } })
    await judgePreface(launcher, clear)
    await judgeServed(launcher, clear, path)
  },
})

async function judgeServed(launcher: Launcher, iut: Iut, path: string): Promise<void> {
  const exchange = await launcher.trial(iut).open(http.get(path), { fresh: true })
  const chosen = exchange.channel.wire.tls?.alpnProtocol
  launcher.check(CLAUSE, chosen !== 'h2', 'another protocol than h2', () => 'h2')
  await exchange.respond({ status: 204 })
  const response = await exchange.response(CLAUSE)
  const served = response?.status === 204
  launcher.check(CLAUSE, served, 'a response of HTTP/1.1', () => String(response?.status))
}

/** A server may refuse it in whatever words, or close. */
async function judgePreface(launcher: Launcher, iut: Iut): Promise<void> {
  const channel = await iut.connect()
  let heard = Buffer.alloc(0)
  channel.wire.upgrade((bytes) => {
    heard = Buffer.concat([heard, bytes])
  })
  channel.wire.write(Buffer.concat([PREFACE, encodeFrame(settingsFrame([]))]))
  await iut.cameWithinQuiet(channel.wire.closed, PERIODS)
  launcher.check(
    CLAUSE,
    heard.length < FRAME_HEAD_BYTES || heard[TYPE_OFFSET] !== FRAME.settings,
    'no SETTINGS for a preface',
    () => 'SETTINGS',
  )
  iut.release(channel)
}

/** RFC 9113 §4.1. */
const FRAME_HEAD_BYTES = 9
const TYPE_OFFSET = 3

/** Quiet periods that a server is given to answer a preface. */
const PERIODS = 10
