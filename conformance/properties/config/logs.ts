import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import type { Settings } from '../../../targets/settings.ts'
import { word } from '../../arbitraries/http.ts'
import { knock, openHttp2, serve } from '../../http2/open.ts'
import { h2 } from '../../http2/request.ts'
import { certificates } from '../../testers/certificates.ts'
import { startMessage } from '../../testers/exchange.ts'
import type { Iut } from '../../testers/iut.ts'
import type { Launcher } from '../../testers/launcher.ts'
import { http } from '../../testers/request.ts'
import { ANY_TLS } from '../../testers/tls-client.ts'
import type { Trial } from '../../testers/trial.ts'
import { show } from '../../testers/values.ts'
import { PLAIN } from '../../websocket/handshake.ts'
import { establish } from '../../websocket/open.ts'
import { offers } from '../extension/announced.ts'
import { fileOf } from '../extension/files.ts'
import { judgeLogged } from '../lifespan/logged.ts'
import { type Property, processProperty } from '../property.ts'
import { answerTo, exchangeOf, serveWith } from './serve-with.ts'

const needs = ['http/1.1', 'config/command-line'] as const

const FORMAT = 'config/log-format'
const LOGGED = 'lifespan/startup/failed-message-logged'

const UNABLE = 'no database\nnor any other'

/** RFC 9110 §15: status codes are extensible, and these have no registered reason phrase. */
const UNREGISTERED = [299, 599] as const

/** What a server writes down, and where. */
export const logs: readonly Property[] = [
  processProperty({
    id: 'config/access-log',
    law: 'the access log has one entry for each response, with its path and status, over HTTP/2 too; none when it is off',
    clauses: ['config/access-log'],
    needs: [...needs, 'log/access'],
    enough: 1,
    program: fc.record({ word, registered: fc.constantFrom(200, 404) }),
    async run(launcher, { word: name, registered }) {
      const clause = 'config/access-log'
      for (const on of [true, false]) {
        const trial = await serveWith(launcher, clause, { accessLog: on })
        for (const status of [registered, ...UNREGISTERED]) {
          const path = `/logged-${on ? 'on' : 'off'}-${status}-${name}`
          await exchangeOf(trial, http.get(path), status)
          if (on) {
            await judgeEntry(launcher, trial.iut, clause, path, status)
            continue
          }
          await trial.iut.settle()
          const found = await entriesWith(launcher, trial.iut, path)
          launcher.check(clause, found.length === 0, `no entry for ${path}`, () => found.join('\n'))
        }
      }
      if (launcher.target.has('http/2') && launcher.target.has('tls'))
        await judgeStreams(launcher, clause, name, registered)
    },
  }),
  processProperty({
    id: 'config/access-log/failure',
    law: 'the access log has one entry, with path and status, for the error that the server answers in place of its application, and for a request that it refuses where that is promised',
    clauses: ['config/access-log'],
    needs: [...needs, 'log/access'],
    enough: 1,
    program: fc.record({ word, exception: fc.constantFrom('RuntimeError', 'ValueError') }),
    async run(launcher, { word: name, exception }) {
      const clause = 'config/access-log'
      const trial = await serveWith(launcher, clause, { accessLog: true })
      for (const begun of [false, true]) {
        const path = `/failed-${name}-${begun ? 'late' : 'soon'}`
        const exchange = await trial.open(http.get(path), { fresh: true })
        exchange.misused = true
        // www.rst, "Response Start": nothing need have left before the first body.
        if (begun) await exchange.send(startMessage({ status: 201 }))
        await exchange.app.raise(exception)
        const response = await exchange.response('asgi/error/app-exception-terminates')
        if (response?.complete !== true) continue
        const status = String(response.status)
        // What is said of the exception may name the path too.
        const entries = async (): Promise<readonly string[]> =>
          (await launcher.log(trial.iut))
            .split('\n')
            .filter((line) => line.includes(path) && line.includes(status))
        await trial.iut.becomes(async () => (await entries()).length > 0, LOG_MS)
        const found = await entries()
        launcher.check(
          clause,
          found.length === 1,
          `one entry with ${path} and ${status}`,
          () => found.join('\n') || 'none',
        )
      }
      if (!launcher.target.has('documented/access-log-every-request')) return
      await judgeUnanswered(trial, launcher, name)
      await judgeRefused(trial, launcher, name)
    },
  }),
  processProperty({
    id: 'config/access-log/file',
    law: 'the access log has one entry, with path and status, for a response whose content is a file',
    clauses: ['config/access-log'],
    needs: [...needs, 'log/access', 'extension/http.response.pathsend'],
    enough: 1,
    program: fc.record({ word, status: fc.constantFrom(200, 404) }),
    async run(launcher, { word: name, status }) {
      const clause = 'config/access-log'
      const trial = await serveWith(launcher, clause, { accessLog: true })
      const path = `/file-${name}`
      const exchange = await trial.open(http.get(path), { fresh: true })
      if (!offers(exchange.scope, 'http.response.pathsend')) return
      await exchange.send(startMessage({ status }))
      await exchange.send({ type: 'http.response.pathsend', path: await fileOf('content') })
      await exchange.app.return()
      await exchange.response()
      await judgeEntry(launcher, trial.iut, clause, path, status)
    },
  }),
  processProperty({
    id: 'config/access-log-one-line',
    law: 'a line feed in a path starts no line of the log, so that no client can forge an entry',
    clauses: ['config/access-log-one-line'],
    needs: [...needs, 'log/access'],
    enough: 1,
    program: fc.record({ word, control: fc.constantFrom('%0A', '%0D%0A') }),
    async run(launcher, { word: name, control }) {
      const clause = 'config/access-log-one-line'
      const trial = await serveWith(launcher, clause, { accessLog: true })
      const forged = `forged-${name}`
      const { exchange } = await exchangeOf(trial, http.get(`/marked-${name}${control}${forged}`))
      const lines = async (): Promise<readonly string[]> =>
        (await launcher.log(trial.iut)).split('\n')
      await trial.iut.becomes(
        async () => (await lines()).some((line) => line.includes(forged)),
        LOG_MS,
      )
      const torn = (await lines()).find((line) => line.startsWith(forged))
      launcher.check(
        clause,
        torn === undefined,
        `no line of the log that ${show(exchange.scope['path'])} begins`,
        () => String(torn),
      )
    },
  }),
  processProperty({
    id: 'config/log-format',
    law: 'in the JSON format every entry is one JSON object on a line, whatever it tells of: a request, an exception, a start that failed',
    clauses: ['config/log-format', LOGGED],
    needs: [...needs, 'log/format'],
    enough: 2,
    program: fc.record({ path: fc.constantFrom('/', '/json'), accessLog: fc.boolean() }),
    async run(launcher, { path, accessLog }) {
      const settings: Settings = {
        logFormat: 'json',
        ...(launcher.target.has('log/access') ? { accessLog } : {}),
      }
      const trial = await serveWith(launcher, FORMAT, settings)
      await exchangeOf(trial, http.get(path))
      const failing = await trial.open(http.get(path), { fresh: true })
      failing.misused = true
      const text = 'failed on purpose\nin two lines 5d02'
      await failing.app.raise('RuntimeError', text)
      await failing.response()
      const log = async (): Promise<string> => await launcher.log(trial.iut)
      await trial.iut.becomes(async () => (await log()).includes('5d02'), LOG_MS)
      judgeObjects(launcher, await log())
      if (!launcher.target.has('lifespan')) return
      const iut = await launcher.start({
        lifespan: 'auto',
        waitUntilListening: false,
        settings: { 'command-line': settings },
        onLifespan: (scope) => {
          const failed = { type: 'lifespan.startup.failed', message: UNABLE }
          void scope
            .receive()
            .then(() => scope.sendLast(failed))
            .catch(() => undefined)
        },
      })
      iut.expectEnd()
      await iut.ended()
      const whole = await launcher.log(iut)
      judgeObjects(launcher, whole)
      // One line of JSON has "\\n" for the end of a line within it.
      judgeLogged(launcher, LOGGED, UNABLE, whole)
    },
  }),
  processProperty({
    id: 'config/log-file',
    law: 'entries about the server go to the file that was set',
    clauses: ['config/log-file'],
    needs: [...needs, 'log/file'],
    enough: 1,
    program: fc.record({ name: fc.constantFrom('server.log', 'errors.txt') }),
    async run(launcher, { name }) {
      const clause = 'config/log-file'
      const folder = await mkdtemp(join(tmpdir(), 'assay-log-'))
      try {
        const logFile = join(folder, name)
        const trial = await serveWith(launcher, clause, { logFile })
        await exchangeOf(trial)
        const written = async (): Promise<string> => await readFile(logFile, 'utf8').catch(() => '')
        const found = await trial.iut.becomes(async () => (await written()) !== '', LOG_MS)
        launcher.check(clause, found, `entries in ${name}`, () => 'none')
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    },
  }),
]

/** What a date may be off, told in local time without its hour. */
const DATE_MS = 48 * 3_600_000
/** In which an entry is written that a server keeps back at first. */
const LOG_MS = 4000

async function judgeStreams(
  launcher: Launcher,
  clause: string,
  name: string,
  status: number,
): Promise<void> {
  const { files } = await certificates()
  const settings = { 'command-line': { tls: files, accessLog: true } }
  const iut = await launcher.serve(clause, { tls: ANY_TLS, settings })
  const trial = launcher.trial(iut)
  const path = `/stream-${status}-${name}`
  const { exchange } = await serve(trial, await openHttp2(trial), h2.get(path))
  await exchange.respond({ status, body: ['ok'] })
  await exchange.response()
  await judgeEntry(launcher, iut, clause, path, status)
}

/** Requests that end without a response of HTTP: whose client has gone, or has become a WebSocket. */
async function judgeUnanswered(trial: Trial, launcher: Launcher, name: string): Promise<void> {
  const clause = 'config/access-log'
  const { iut } = trial
  const gone = `/gone-${name}`
  const exchange = await trial.open(http.get(gone), { fresh: true })
  exchange.clientLeft = true
  const told = exchange.app.receive().then(() => exchange.app.receive())
  iut.release(exchange.channel)
  await told.catch(() => undefined)
  await exchange.app.return()
  const socket = `/socket-${name}`
  const accepted = await establish(trial, { ...PLAIN, target: socket })
  await accepted.app.return()
  await accepted.leave(clause)
  for (const path of [gone, socket]) {
    const found = await awaitEntries(launcher, iut, path)
    launcher.check(
      clause,
      found.length === 1,
      `one entry with ${path}`,
      () => found.join('\n') || 'none',
    )
  }
}

/** What needs no limit of a server to be refused; over HTTP/2 that takes more fields than any server likes. */
const REFUSED: Readonly<Record<string, (path: string) => string>> = {
  hostless: (path) => `GET ${path} HTTP/1.1\r\n\r\n`,
  malformed: (path) => `GET ${path} HTTP/1.1\r\nHost: a\r\nBad Name: 1\r\n\r\n`,
  coded: (path) => `POST ${path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n`,
}

/** Requests that no application hears of: one entry, with the status that the client gets. */
async function judgeRefused(trial: Trial, launcher: Launcher, name: string): Promise<void> {
  const clause = 'config/access-log'
  for (const [why, bytes] of Object.entries(REFUSED)) {
    const path = `/refused-${why}-${name}`
    const response = await answerTo(trial, bytes(path), clause)
    if (response !== null) await judgeEntry(launcher, trial.iut, clause, path, response.status)
  }
  if (!launcher.target.has('http/2/prior-knowledge')) return
  const path = `/refused-stream-${name}`
  const fields = Array.from({ length: 150 }, (_, index) => [`x-${index}`, 'v'] as const)
  const { response } = await knock(trial, await openHttp2(trial), h2.get(path, fields))
  if (response !== null) await judgeEntry(launcher, trial.iut, clause, path, response.status)
}

/** Of one response, once it is written. */
async function judgeEntry(
  launcher: Launcher,
  iut: Iut,
  clause: string,
  path: string,
  status: number,
): Promise<void> {
  const found = await awaitEntries(launcher, iut, path)
  launcher.check(
    clause,
    found.length === 1 && found[0]?.includes(String(status)) === true,
    `one entry with ${path} and ${status}`,
    () => found.join('\n') || 'none',
  )
  const odd = found.flatMap(datesIn).find((date) => Math.abs(date - Date.now()) > DATE_MS)
  launcher.check(clause, odd === undefined, 'no time but that of the response', () =>
    found.join('\n'),
  )
}

/** Milliseconds since 1970 of each date, as ISO 8601 or as the common log format writes it, of whatever zone. */
function datesIn(line: string): readonly number[] {
  const dates = line.match(/\b\d{4}-\d\d-\d\d\b|\b\d\d\/[A-Z][a-z]{2}\/\d{4}\b/g) ?? []
  return dates.map((date) => Date.parse(date.replaceAll('/', ' '))).filter(Number.isFinite)
}

/** Those with the path, as soon as there is one. */
async function awaitEntries(
  launcher: Launcher,
  iut: Iut,
  path: string,
): Promise<readonly string[]> {
  await iut.becomes(async () => (await entriesWith(launcher, iut, path)).length > 0, LOG_MS)
  return await entriesWith(launcher, iut, path)
}

async function entriesWith(launcher: Launcher, iut: Iut, path: string): Promise<readonly string[]> {
  return (await launcher.log(iut)).split('\n').filter((line) => line.includes(path))
}

function judgeObjects(launcher: Launcher, log: string): void {
  const lines = log.split('\n').filter((line) => line !== '')
  const odd = lines.find((line) => !isObject(line))
  launcher.check(
    FORMAT,
    lines.length > 0 && odd === undefined,
    'a JSON object on each line',
    () => odd ?? 'nothing',
  )
}

function isObject(line: string): boolean {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}
