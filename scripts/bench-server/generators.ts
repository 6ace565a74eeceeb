import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { z } from 'zod'
import { packageRoot } from '../../targets/package-root.ts'

/** What one connection does again and again. */
export type Traffic =
  | { readonly kind: 'get'; readonly secure: boolean }
  | { readonly kind: 'post'; readonly bytes: number }
  | { readonly kind: 'websocket' }

export interface Load {
  readonly port: number
  readonly connections: number
  readonly seconds: number
}

/** The core that generators run on; the servers run on the other one. */
const CLIENT_CORE = '1'

const run = promisify(execFile)

/** Answers a second. Rejects when an answer was none. */
export async function rateOf(traffic: Traffic, load: Load): Promise<number> {
  if (traffic.kind === 'websocket') return Number(await script('web-socket-client.js', load))
  return hasWrk() ? await wrk(traffic, load) : await autocannon(traffic, load)
}

export function generatorName(): string {
  return hasWrk() ? 'wrk' : 'autocannon'
}

/** A client of our own, as a process on the generator's core; resolves with what it printed. */
export async function script(
  file: string,
  { port, connections, seconds }: Load,
  ...more: readonly string[]
): Promise<string> {
  const args = [join(import.meta.dirname, file), port, connections, seconds, ...more]
  const [program, ...rest] = pinned(process.execPath, args.map(String))
  return (await run(program, rest)).stdout.trim()
}

/** The command on the generator's core, where `taskset` exists. */
export function pinned(program: string, args: readonly string[]): [string, ...string[]] {
  return has('taskset') ? ['taskset', '-c', CLIENT_CORE, program, ...args] : [program, ...args]
}

/** Which tools this machine has does not change while we run. */
const known = new Map<string, boolean>()

export function has(program: string): boolean {
  const found = known.get(program) ?? isOnPath(program)
  known.set(program, found)
  return found
}

function isOnPath(program: string): boolean {
  try {
    execFileSync('which', [program], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

function hasWrk(): boolean {
  return has('wrk')
}

type HttpTraffic = Exclude<Traffic, { kind: 'websocket' }>

function urlOf(traffic: HttpTraffic, port: number): string {
  const scheme = traffic.kind === 'get' && traffic.secure ? 'https' : 'http'
  return `${scheme}://127.0.0.1:${port}/`
}

/** Files of one run of a generator. */
async function inFolder(use: (folder: string) => Promise<number>): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'assay-bench-'))
  try {
    return await use(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function wrk(traffic: HttpTraffic, { port, connections, seconds }: Load): Promise<number> {
  return inFolder(async (folder) => {
    const args = ['-t1', `-c${connections}`, `-d${seconds}s`]
    if (traffic.kind === 'post') {
      const lua = join(folder, 'post.lua')
      writeFileSync(lua, `wrk.method = "POST"\nwrk.body = string.rep("x", ${traffic.bytes})\n`)
      args.push('-s', lua)
    }
    const [program, ...rest] = pinned('wrk', [...args, urlOf(traffic, port)])
    const { stdout } = await run(program, rest)
    const wrong = /Non-2xx.*|Socket errors.*/.exec(stdout)?.[0]
    const rate = /Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]
    if (wrong !== undefined || rate === undefined) throw new Error(wrong ?? stdout)
    return Number(rate)
  })
}

const RESULT = z.object({
  errors: z.number(),
  non2xx: z.number(),
  requests: z.object({ average: z.number() }),
})

function autocannon(traffic: HttpTraffic, { port, connections, seconds }: Load): Promise<number> {
  return inFolder(async (folder) => {
    const program = join(packageRoot(), 'node_modules', 'autocannon', 'autocannon.js')
    const args = [program, '--json', '-c', String(connections), '-d', String(seconds)]
    if (traffic.kind === 'post') {
      const body = join(folder, 'body')
      writeFileSync(body, 'x'.repeat(traffic.bytes))
      args.push('-m', 'POST', '-i', body)
    }
    const [first, ...rest] = pinned(process.execPath, [...args, urlOf(traffic, port)])
    const { stdout } = await run(first, rest, { maxBuffer: 2 ** 24 })
    const { errors, non2xx, requests } = RESULT.parse(JSON.parse(stdout))
    if (errors > 0 || non2xx > 0) throw new Error(`autocannon: ${errors} errors, ${non2xx} not 2xx`)
    return requests.average
  })
}
