import { once } from 'node:events'
import { rename } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import fc from 'fast-check'
import { freePort } from '../../../targets/launch/port.ts'
import type { SettingSource } from '../../../targets/settings.ts'
import type { Iut, StartOptions } from '../../testers/iut.ts'
import type { Launcher } from '../../testers/launcher.ts'
import { http, serialize } from '../../testers/request.ts'
import { inSocketFolder, judgeServerPath } from '../../testers/socket-folder.ts'
import { WireConnection } from '../../testers/wire.ts'
import { judgeAddress } from '../http/scope-shape.ts'
import { type Property, processProperty } from '../property.ts'
import { exchangeOf } from './serve-with.ts'

const needs = ['http/1.1', 'config/command-line'] as const

const ANY_PORT = 'config/port-zero'
const FLEET_PORT = 'config/port-zero-workers'
const FD_ADDRESSES = 'config/fd-addresses'
const SERVER = 'http/scope/server-unix'

/** Where a server listens, beside host and port of IPv4 and unix sockets. */
export const addresses: readonly Property[] = [
  processProperty({
    id: 'config/host-name',
    law: 'the server listens on an address of the host whose name it was given',
    clauses: ['config/host-name'],
    needs: [...needs, 'host-name'],
    enough: 1,
    program: fc.record({ path: fc.constantFrom('/', '/named') }),
    async run(launcher, { path }) {
      const clause = 'config/host-name'
      const iut = await launcher.serve(clause, { host: 'localhost' })
      const { response } = await exchangeOf(launcher.trial(iut), http.get(path))
      launcher.check(clause, response?.status === 200, 'a response', () => String(response?.status))
    },
  }),
  processProperty({
    id: 'config/host-ipv6',
    law: 'the server listens on the IPv6 address it was given, and tells it as the server of the scope',
    clauses: ['config/host-ipv6', 'http/scope/client', 'http/scope/server'],
    needs: [...needs, 'host-ipv6'],
    enough: 1,
    program: fc.record({ path: fc.constantFrom('/', '/six') }),
    async run(launcher, { path }) {
      const clause = 'config/host-ipv6'
      if ((await freePort('::1').catch(() => null)) === null) {
        launcher.judge.notApplicable(clause, 'this machine has no IPv6 loopback address')
        return
      }
      // A supervisor may bind the address in another way than a server that is alone.
      for (const workers of launcher.target.has('workers') ? [1, 2] : [1]) {
        const iut = await launcher.serve(clause, { host: '::1', workers })
        const trial = launcher.trial(iut)
        const { exchange, response } = await exchangeOf(trial, http.get(path))
        launcher.check(clause, response?.status === 200, 'a response over IPv6', () =>
          String(response?.status),
        )
        // www.rst, "HTTP Connection Scope": [host, port], where sockets of IPv6 name four things.
        const { client, server } = exchange.scope
        const { localPort } = exchange.channel.wire
        judgeAddress(trial, 'http/scope/client', client, '::1', localPort)
        judgeAddress(trial, 'http/scope/server', server, '::1', iut.running.port)
      }
    },
  }),
  processProperty({
    id: ANY_PORT,
    law: 'with port 0, wherever it is set, the server takes a free port and tells in its log which, with several workers too',
    clauses: [ANY_PORT, FLEET_PORT],
    needs: [...needs, 'port-zero'],
    enough: 1,
    program: fc.record({ path: fc.constantFrom('/', '/any') }),
    async run(launcher, { path }) {
      for (const source of ['command-line', 'environment', 'file'] as const) {
        if (!launcher.target.has(`config/${source}`)) continue
        // Two at a time: the port that a server takes by default is free for one of them.
        const one = await judgeAnyPort(launcher, source, path)
        if (one === null) return
        const other = await judgeAnyPort(launcher, source, path)
        const differ = one !== other
        launcher.check(ANY_PORT, differ, 'two servers on two ports', () => `${other}`)
      }
      if (launcher.target.has('workers'))
        await judgeAnyPort(launcher, 'command-line', path, FLEET_PORT)
    },
  }),
  processProperty({
    id: 'config/fd',
    law: 'the server serves the listening socket that it inherits as a descriptor, and tells who its clients are',
    clauses: ['config/fd', FD_ADDRESSES, SERVER],
    needs: [...needs, 'fd'],
    enough: 1,
    program: fc.record({ path: fc.constantFrom('/', '/inherited') }),
    async run(launcher, { path }) {
      await judgeInherited(launcher, 'config/fd', path, {})
      await judgePath(launcher, {})
      if (!launcher.target.has('workers')) return
      await judgeInherited(launcher, 'config/fd', path, { workers: 2 })
      await judgePath(launcher, { workers: 2 })
    },
  }),
  processProperty({
    id: 'config/fd-standard-input',
    law: 'a listening socket that is inherited as descriptor 0 is served, by one worker and by several',
    clauses: ['config/fd-standard-input'],
    needs: [...needs, 'fd', 'fd/standard-input'],
    enough: 1,
    program: fc.record({ path: fc.constantFrom('/', '/zero') }),
    async run(launcher, { path }) {
      const clause = 'config/fd-standard-input'
      await judgeInherited(launcher, clause, path, { inheritsAs: 0 })
      if (!launcher.target.has('workers')) return
      await judgeInherited(launcher, clause, path, { inheritsAs: 0, workers: 2 })
    },
  }),
]

/** Of a unix socket that was bound before, the path is told where a server promises that: on Linux. */
async function judgePath(
  launcher: Launcher,
  options: Pick<StartOptions, 'workers'>,
): Promise<void> {
  if (!launcher.target.has('fd/unix-socket-path') || process.platform !== 'linux') return
  await inSocketFolder(async (folder) => {
    const bound = join(folder, 'bound.sock')
    const uds = join(folder, 'moved.sock')
    const inherits = createServer()
    inherits.listen(bound)
    await once(inherits, 'listening')
    // Whoever has bound it removes the file when it closes it.
    await rename(bound, uds)
    const iut = await launcher.serve('config/fd', { inherits, uds, mayBeBusy: true, ...options })
    const { exchange } = await exchangeOf(launcher.trial(iut))
    judgeServerPath(launcher, SERVER, exchange.scope, bound)
  })
}

async function judgeInherited(
  launcher: Launcher,
  clause: string,
  path: string,
  options: Pick<StartOptions, 'inheritsAs' | 'workers'>,
): Promise<void> {
  const host = '127.0.0.1'
  const port = await freePort(host)
  const inherits = createServer()
  inherits.listen({ host, port })
  await once(inherits, 'listening')
  const socket = { inherits, host, port, mayBeBusy: true }
  const iut = await launcher.serve(clause, { ...socket, ...options })
  const trial = launcher.trial(iut)
  const { exchange, response } = await exchangeOf(trial, http.get(path))
  launcher.check(clause, response?.status === 200, 'a response over the socket', () =>
    String(response?.status),
  )
  if (!launcher.target.has('client-address')) return
  const { client } = exchange.scope
  const told = client !== null && client !== undefined
  launcher.check(FD_ADDRESSES, told, 'the address of the client', () => 'none')
  judgeAddress(trial, FD_ADDRESSES, client, host, exchange.channel.wire.localPort)
}

/** The port of the loopback address that the log names first; null when it names none in time. */
async function judgeAnyPort(
  launcher: Launcher,
  source: SettingSource,
  path: string,
  clause: typeof ANY_PORT | typeof FLEET_PORT = ANY_PORT,
): Promise<number | null> {
  const iut = await launcher.start({
    anyPort: true,
    ...(clause === FLEET_PORT ? { workers: 2 } : {}),
    addressIn: source,
    waitUntilListening: false,
  })
  const told = await portInLog(launcher, iut)
  launcher.check(clause, told !== null, `the port in the log, 0 in ${source}`, () =>
    iut.running.logTail(),
  )
  if (told === null) return null
  // A supervisor may tell it before the first of its workers takes connections.
  await iut.firstListening([told])
  const wire = await WireConnection.open(iut.running.host, told).catch(() => null)
  launcher.check(clause, wire !== null, `a server on port ${told}`, () => 'no connection')
  if (wire === null) return told
  wire.reader.expect('GET')
  wire.write(serialize(http.get(path)))
  // Whatever the answer is: nobody commands the application for a connection that is not the suite's.
  const answer = await iut.within(wire.response(), clause, 'a response on that port')
  launcher.check(clause, answer !== null, 'a response', () => 'a close')
  wire.reset()
  return told
}

async function portInLog(launcher: Launcher, iut: Iut): Promise<number | null> {
  let port: number | null = null
  await iut.becomes(async () => {
    const found = /127\.0\.0\.1:(\d+)/.exec(await launcher.log(iut))
    port = found === null || found[1] === '0' ? null : Number(found[1])
    return port !== null
  }, iut.startPatience)
  return port
}
