import { join } from 'node:path'
import fc from 'fast-check'
import { word } from '../../arbitraries/http.ts'
import { certificates } from '../../testers/certificates.ts'
import { MARKER } from '../../testers/channel.ts'
import { http, serialize } from '../../testers/request.ts'
import { inSocketFolder } from '../../testers/socket-folder.ts'
import type { Trial } from '../../testers/trial.ts'
import { show } from '../../testers/values.ts'
import { closeFrame, plainMessage } from '../../websocket/message-plan.ts'
import { establish } from '../../websocket/open.ts'
import { offers } from '../extension/announced.ts'
import { type Property, processProperty } from '../property.ts'
import { serveTls } from './launch.ts'

const needs = ['http/1.1', 'config/command-line', 'tls'] as const

const DENIAL = 'websocket.http.response'

/** HTTP over TLS: the same exchange, and nothing without the encryption. */
export const https: readonly Property[] = [
  processProperty({
    id: 'config/tls-certificate',
    law: 'over TLS the server presents the certificate it was given, and serves the schemes https and wss',
    clauses: [
      'config/tls-certificate',
      'http/scope/scheme',
      'websocket/scope/scheme',
      'tls/events/as-base-protocol',
      'extension/denial/announced',
    ],
    needs,
    enough: 2,
    program: fc.record({ path: word, content: word }),
    async run(launcher, { path, content }) {
      const { server } = await certificates()
      const iut = await serveTls(launcher, 'config/tls-certificate')
      const trial = launcher.trial(iut)
      const exchange = await trial.open(http.post(`/${path}`, content), { fresh: true })
      const presented = exchange.channel.wire.tls?.getPeerCertificate()
      launcher.check(
        'config/tls-certificate',
        presented?.raw.equals(server.raw) === true,
        `the certificate of ${server.name}`,
        () => String(presented?.subject.CN),
      )
      const { scheme } = exchange.scope
      launcher.check('http/scope/scheme', scheme === 'https', '"https"', () => show(scheme))
      const { body, ended } = await exchange.readBody()
      await exchange.respond({ status: 200, body: [body.toString('latin1')] })
      const response = await exchange.response('tls/events/as-base-protocol')
      launcher.check(
        'tls/events/as-base-protocol',
        ended === 'complete' && response?.body.toString('latin1') === content,
        `the content ${show(content)} there and back`,
        () => show(response?.body),
      )
      if (launcher.target.has('websocket')) await judgeWebSocket(trial, content)
    },
  }),
  processProperty({
    id: 'config/tls-only',
    law: 'a request that arrives in the clear at an address set to TLS never reaches the application',
    clauses: ['config/tls-only'],
    needs,
    enough: 2,
    program: fc.record({ path: word }),
    async run(launcher, { path }) {
      const iut = await serveTls(launcher, 'config/tls-only')
      const trial = launcher.trial(iut)
      await judgeClear(trial, path)
      const exchange = await trial.open(http.get('/'), { fresh: true })
      await exchange.respond({ status: 204 })
      const response = await exchange.response()
      launcher.check(
        'config/tls-only',
        response?.status === 204,
        'the next client over TLS served',
        () => String(response?.status),
      )
    },
  }),
  processProperty({
    id: 'config/tls-only/unix-socket',
    law: 'a unix socket that was set to TLS serves no request in the clear either',
    clauses: ['config/tls-only'],
    needs: [...needs, 'uds', 'tls/unix-socket'],
    enough: 1,
    program: fc.record({ path: word }),
    async run(launcher, { path }) {
      const { files } = await certificates()
      await inSocketFolder(async (folder) => {
        const uds = join(folder, 'tls.sock')
        const iut = await launcher.start({ uds, settings: { 'command-line': { tls: files } } })
        await judgeClear(launcher.trial(iut), path)
      })
    },
  }),
]

/** A request in the clear must not reach the application. A server may refuse, close, or wait for a handshake. */
async function judgeClear(trial: Trial, path: string): Promise<void> {
  const { iut } = trial
  const channel = await iut.connect(null)
  trial.channels.push(channel)
  channel.wire.reader.expect('GET')
  channel.wire.write(serialize(http.get(`/${path}`, [[MARKER, channel.id]])))
  const served = await iut.cameWithinQuiet(channel.scope(), PERIODS)
  trial.check('config/tls-only', !served, 'no scope', () => 'the application was called')
}

/** A message there and back. */
async function judgeWebSocket(trial: Trial, content: string): Promise<void> {
  const clause = 'tls/events/as-base-protocol'
  const exchange = await establish(trial)
  const { scheme, extensions } = exchange.scope
  if (trial.iut.target.has('websocket/denial'))
    trial.check(
      'extension/denial/announced',
      offers(exchange.scope, DENIAL),
      `${DENIAL} over TLS, too`,
      () => show(extensions),
    )
  if (scheme === undefined)
    trial.judge.notApplicable('websocket/scope/scheme', 'the key is optional')
  else trial.check('websocket/scope/scheme', scheme === 'wss', '"wss"', () => show(scheme))
  exchange.say([plainMessage('text', content)])
  const event = await exchange.receive(clause)
  trial.check(clause, event['text'] === content, show(content), () => show(event))
  await exchange.send({ type: 'websocket.send', text: content })
  await exchange.messages(1, clause)
  exchange.peer.write(closeFrame(Buffer.of(0x03, 0xe8)))
  const last = await exchange.receive(clause)
  const gone = last['type'] === 'websocket.disconnect'
  trial.check(clause, gone, 'websocket.disconnect', () => show(last))
}

/** Quiet periods that a server is given to make something of plain text. */
const PERIODS = 10
