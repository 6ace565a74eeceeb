import { networkInterfaces } from 'node:os'
import fc from 'fast-check'
import { accepts, freePort } from '../../../targets/launch/port.ts'
import { ask, awaitScope, openHttp2 } from '../../http2/open.ts'
import { h2 } from '../../http2/request.ts'
import { binary, bodyMessage, type Exchange, startMessage } from '../../testers/exchange.ts'
import type { Iut } from '../../testers/iut.ts'
import type { Launcher } from '../../testers/launcher.ts'
import { http } from '../../testers/request.ts'
import type { Trial } from '../../testers/trial.ts'
import { establish, openWebSocket } from '../../websocket/open.ts'
import { offers } from '../extension/announced.ts'
import { alive, type Fleet, launchWorkers } from '../process/fleet.ts'
import { type Property, processProperty } from '../property.ts'
import { answerTo, exchangeOf, serveWith } from './serve-with.ts'

const CLAUSE = 'config/metrics'
const HOST = '127.0.0.1'

/** One line of the text format of Prometheus: `name{label="value"} 1`. */
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{([^}]*)\})? (\+Inf|-?[\d.eE+-]+)$/

interface Sample {
  readonly name: string
  readonly labels: string
  readonly value: number
}

const MEDIA_TYPE = 'config/metrics-media-type'

/** What readers ask for: nothing, and what Prometheus itself does. */
const ACCEPTS = ['*/*', 'application/openmetrics-text;version=1.0.0,text/plain;q=0.5'] as const

/** Where a server counts for Prometheus, what it counts, by whatever names. */
export const metrics: readonly Property[] = [
  processProperty({
    id: MEDIA_TYPE,
    law: 'metrics in the text format are served under its media type, without which some readers refuse them',
    clauses: [MEDIA_TYPE],
    needs: ['http/1.1', 'config/command-line', 'metrics/text-format'],
    enough: 1,
    program: fc.constant(null),
    async run(launcher) {
      const metricsPort = await freePort(HOST)
      const { iut } = await serveWith(launcher, MEDIA_TYPE, { metricsPort })
      for (const accept of ACCEPTS) await judgeMediaType(launcher, iut, metricsPort, accept)
    },
  }),
  processProperty({
    id: CLAUSE,
    law: 'the metrics are in the text format, count each response by its status, and have buckets that are cumulative',
    clauses: [CLAUSE],
    needs: ['http/1.1', 'config/command-line', 'metrics'],
    enough: 1,
    program: fc.record({
      oks: fc.integer({ min: 1, max: 4 }),
      absent: fc.integer({ min: 1, max: 4 }),
      failed: fc.integer({ min: 2, max: 3 }),
    }),
    async run(launcher, { oks, absent, failed }) {
      const metricsPort = await freePort(HOST)
      const limited = launcher.target.has('limit/body-size') ? { limitBody: LIMIT } : {}
      const trial = await serveWith(launcher, CLAUSE, { metricsPort, ...limited })
      for (let count = 0; count < oks; count += 1) await exchangeOf(trial)
      for (let count = 0; count < absent; count += 1) await exchangeOf(trial, http.get('/'), 404)
      for (let count = 0; count < failed; count += 1) {
        const exchange = await trial.open(http.get('/'), { fresh: true })
        exchange.misused = true
        // The status that counts is the one that its client got.
        if (count % 2 === 1) await exchange.send(startMessage({ status: 200 }))
        await exchange.app.raise('RuntimeError')
        await exchange.response()
      }
      // By the promise about the access log, which names both.
      const refused = launcher.target.has('documented/access-log-every-request') ? 1 : 0
      if (refused > 0) await answerTo(trial, HOSTLESS, CLAUSE)
      const others = [await statusOfDenial(trial), await statusOfTooLarge(trial)]
      const held = await trial.open(http.get('/held'), { fresh: true })
      await held.send(startMessage({ status: 202 }))
      await held.send(bodyMessage('half', true))
      const samples = await read(metricsPort)
      const told = (status: number): number => countOf(samples, status)
      const check = (held_: boolean, expected: string, observed: () => string): void => {
        launcher.check(CLAUSE, held_, expected, observed)
      }
      check(samples.length > 0, 'samples in the text format', () => 'none, or lines that are none')
      // The calibration was one response more.
      check(told(200) === oks + 1, `${oks + 1} of status 200`, () => String(told(200)))
      check(told(404) === absent, `${absent} of status 404`, () => String(told(404)))
      check(told(500) === failed, `${failed} of status 500`, () => String(told(500)))
      check(told(400) === refused, `${refused} of status 400`, () => String(told(400)))
      const answered = others.flatMap((status) => status ?? [])
      for (const status of answered)
        check(told(status) === 1, `1 of status ${status}`, () => String(told(status)))
      check(told(202) === 0, 'a response in progress not counted as finished', () => 'it is')
      const buckets = samples
        .filter(({ name }) => name.endsWith('_bucket'))
        .map(({ value }) => value)
      const grow = buckets.every((value, at) => at === 0 || value >= (buckets[at - 1] ?? 0))
      check(grow, 'buckets of which each holds those before it', () => buckets.join(', '))
      const all = oks + absent + failed + refused + answered.length + 1
      const last = finishedOf(samples)
      check(last === undefined || last === all, `${all} in the last bucket`, () => String(last))
      await judgeInProgress(trial, metricsPort, held)
      if (launcher.target.has('workers')) await judgeAllWorkers(launcher, oks + absent)
      if (!launcher.target.has('documented/metrics-loopback')) return
      for (const address of otherAddresses())
        check(
          !(await accepts(address, metricsPort)),
          `metrics on the loopback interface alone, not at ${address}`,
          () => 'a listener there',
        )
    },
  }),
]

/** A request that no application hears of. */
const HOSTLESS = 'GET / HTTP/1.1\r\n\r\n'

/** Octets of a content. */
const LIMIT = 1000

/** In which a server that calls its application early has done so. */
const QUIET_PERIODS = 5

/** That of a handshake which its application denies, with a response of its own where the server takes one. */
async function statusOfDenial(trial: Trial): Promise<number | null> {
  if (!trial.iut.target.has('websocket')) return null
  const exchange = await openWebSocket(trial)
  await exchange.connect()
  if (offers(exchange.scope, 'websocket.http.response')) {
    await exchange.send({ type: 'websocket.http.response.start', status: 401, headers: [] })
    await exchange.send({ type: 'websocket.http.response.body', body: binary('no') })
  } else await exchange.send({ type: 'websocket.close' })
  await exchange.app.return()
  const answer = await exchange.response(CLAUSE)
  return answer?.status ?? null
}

/** Over HTTP/2, a content without a length is found to be beyond the limit while its application receives it. */
async function statusOfTooLarge(trial: Trial): Promise<number | null> {
  const { target } = trial.iut
  if (!target.has('limit/body-size') || !target.has('http/2/prior-knowledge')) return null
  const client = await openHttp2(trial)
  const content = 'a'.repeat(LIMIT + 1)
  const asked = ask(trial, client, h2.post('/', [content]))
  // A server may call its application when all of the content is there.
  if (!(await trial.iut.cameWithinQuiet(asked.arrived, QUIET_PERIODS))) return null
  const { exchange } = await awaitScope(trial, client, asked)
  void client.sendContent(asked.stream, Buffer.from(content), true, null)
  exchange.misused = true
  await exchange.readBody()
  await exchange.app.return()
  const answer = await exchange.response(CLAUSE)
  return answer?.status ?? null
}

/** Responses of this status. */
function countOf(samples: readonly Sample[], status: number): number {
  return samples
    .filter(({ labels }) => labels.includes(`"${status}"`))
    .reduce((sum, { value }) => sum + value, 0)
}

/** All responses, by the last bucket of their durations; undefined where there are none. */
function finishedOf(samples: readonly Sample[]): number | undefined {
  return samples.findLast(({ name }) => name.endsWith('_bucket'))?.value
}

/** The gauge of requests in progress; undefined where there is none. */
function inProgressOf(samples: readonly Sample[]): number | undefined {
  return samples.find(({ name }) => /in_(progress|flight)$/.test(name))?.value
}

/** A gauge of what is in progress, where one is called so, goes up with the held request and down again. */
async function judgeInProgress(trial: Trial, port: number, held: Exchange): Promise<void> {
  const told = async (): Promise<number | undefined> => inProgressOf(await read(port))
  const before = await told()
  if (before === undefined) return
  const sockets = trial.iut.target.has('websocket')
  if (sockets) {
    const exchange = await establish(trial)
    await exchange.app.return()
    await exchange.leave(CLAUSE)
  }
  await held.send(bodyMessage('half', false))
  await held.app.return()
  await held.response()
  const over = await trial.iut.becomes(
    async () => (await told()) === before - 1,
    trial.iut.patience.limit,
  )
  const after = await told()
  const ended = sockets ? 'a request and a WebSocket' : 'a request'
  trial.check(
    CLAUSE,
    over,
    `${before - 1} in progress after ${ended} have come to their end`,
    () => `${after} in progress`,
  )
}

/**
 * Whichever worker it was that served, its responses are in the sums, and the request that each is left with is
 * in the gauge.
 */
async function judgeAllWorkers(launcher: Launcher, more: number): Promise<void> {
  const metricsPort = await freePort(HOST)
  const settings = { 'command-line': { metricsPort } }
  const fleet = await launchWorkers(launcher, CLAUSE, 2, { settings })
  const { iut, started } = fleet
  const trial = launcher.trial(iut)
  const pids = new Set<number>()
  let count = 0
  // The kernel spreads connections as it likes.
  while (count < more || (pids.size < 2 && count < MOST_REQUESTS)) {
    const exchange = await trial.open(http.get('/'), { fresh: true })
    if (pids.has(exchange.app.pid)) {
      await exchange.respond({ status: 404, body: ['ok'] })
      await exchange.response()
      count += 1
    } else {
      pids.add(exchange.app.pid)
      exchange.misused = true
      await exchange.send(startMessage({ status: 202 }))
      await exchange.send(bodyMessage('half', true))
    }
  }
  const samples = await read(metricsPort)
  const check = (told: number | undefined, due: number, what: string): void => {
    const expected = `${due} ${what} from ${pids.size} workers`
    launcher.check(CLAUSE, told === undefined || told === due, expected, () => `${told}`)
  }
  check(countOf(samples, 404), count, 'of status 404')
  // The calibration was one response more.
  check(finishedOf(samples), count + 1, 'in the last bucket')
  check(inProgressOf(samples), pids.size, 'in progress')
  if (!launcher.target.has('documented/metrics-outlive-workers')) return
  // What was told once does not become less: the counter of a server that lives on begins not anew.
  iut.expectEnd()
  for (const pid of pids) iut.signal('SIGKILL', pid)
  await iut.afterLaunch(
    started(2 + pids.size),
    CLAUSE,
    'workers in place of those that were killed',
  )
  const after = await read(metricsPort)
  const later = countOf(after, 404)
  launcher.check(
    CLAUSE,
    later >= count,
    `${count} of status 404 after the workers that served them were replaced`,
    () => `${later}`,
  )
  const still = inProgressOf(after) ?? 0
  launcher.check(
    CLAUSE,
    still === 0,
    'nothing in progress after the workers that had it were killed',
    () => `${still}`,
  )
  if (launcher.target.has('process/sighup')) await judgeRenewed(launcher, fleet, metricsPort)
}

/** What a worker served last before it was renewed in good order is counted with the rest. */
async function judgeRenewed(
  launcher: Launcher,
  { iut, pids, started }: Fleet,
  metricsPort: number,
): Promise<void> {
  // They have started up, and listen soon; nobody else does, since all were killed.
  await iut.listens()
  const trial = launcher.trial(iut)
  const renewed = [...pids].filter(alive)
  const held: Exchange[] = []
  for (let count = 0; count < LAST_REQUESTS; count += 1)
    held.push(await trial.open(http.get('/held'), { fresh: true }))
  const successors = started(pids.size + renewed.length)
  iut.signal('SIGHUP')
  await iut.afterLaunch(successors, CLAUSE, 'workers in place of those that were renewed')
  // Nothing keeps the old workers any more, nor is there time to tell of it before they end.
  await Promise.all(held.map((exchange) => exchange.respond({ status: 410, body: ['last'] })))
  for (const exchange of held) {
    await exchange.response(CLAUSE)
    exchange.channel.wire.close()
  }
  await iut.becomes(() => !renewed.some(alive), iut.startPatience)
  const told = async (): Promise<number> => countOf(await read(metricsPort), 410)
  const counted = await iut.becomes(
    async () => (await told()) === LAST_REQUESTS,
    iut.patience.limit,
  )
  const last = await told()
  launcher.check(
    CLAUSE,
    counted,
    `${LAST_REQUESTS} of status 410 after the workers that served them were renewed`,
    () => `${last}`,
  )
}

const LAST_REQUESTS = 4

const MOST_REQUESTS = 50

/** Those of the machine by which others reach it. */
function otherAddresses(): readonly string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4')
    .map(({ address }) => address)
}

/** All samples; none where nobody answers, or a line is neither a sample nor a comment. */
async function read(port: number): Promise<readonly Sample[]> {
  const text = await fetch(`http://${HOST}:${port}/metrics`).then(
    (response) => response.text(),
    () => '',
  )
  const lines = text.split('\n').filter((line) => line !== '')
  const samples: Sample[] = []
  for (const line of lines) {
    if (line.startsWith('#')) continue
    const [, name, labels = '', value] = SAMPLE.exec(line) ?? []
    if (name === undefined) return []
    samples.push({ name, labels, value: Number(value) })
  }
  return samples
}

async function judgeMediaType(
  launcher: Launcher,
  iut: Iut,
  port: number,
  accept: string,
): Promise<void> {
  let type: string | null = null
  let text = ''
  const answered = await iut.becomes(async () => {
    const options = { headers: { accept } }
    const response = await fetch(`http://${HOST}:${port}/metrics`, options).catch(() => null)
    text = (await response?.text()) ?? ''
    type = response?.headers.get('content-type') ?? null
    return response !== null
  }, iut.startPatience)
  const observed = (): string => type ?? (answered ? 'no Content-Type' : 'no response')
  const media = /^(text\/plain|application\/openmetrics-text)\s*(?:;|$)/i.exec(type ?? '')?.[1]
  launcher.check(MEDIA_TYPE, media !== undefined, 'text/plain', observed)
  // OpenMetrics ends with a line that says so: a reader of that format takes anything else for cut short.
  const whole = media === undefined || !/openmetrics/i.test(media) || /# EOF\n?$/.test(text)
  launcher.check(MEDIA_TYPE, whole, 'the format of its media type', observed)
}
