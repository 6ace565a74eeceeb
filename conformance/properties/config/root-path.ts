import fc from 'fast-check'
import { knock as knockHttp2, openHttp2 } from '../../http2/open.ts'
import { h2 } from '../../http2/request.ts'
import { http } from '../../testers/request.ts'
import type { Trial } from '../../testers/trial.ts'
import { type PyDict, show } from '../../testers/values.ts'
import { handshakeRequest, PLAIN } from '../../websocket/handshake.ts'
import { hold, knock } from '../../websocket/open.ts'
import { type Property, processProperty } from '../property.ts'
import { serveWith } from './serve-with.ts'

const CLAUSE = 'config/root-path-in-path'
const HANDSHAKE = 'config/root-path-in-path-websocket'
const ROOT = 'config/root-path-beyond-ascii'

const MOUNTS = fc.constantFrom('/mounted', '/api/v1')

/**
 * An application that is mounted. By www.rst path is the request target, and PATH_INFO what remains of it without
 * root_path: behind a proxy that takes the mount point off, a server can keep one of the two. Which one is judged
 * only where its documentation says so.
 */
export const rootPath: readonly Property[] = [ofRequests(), ofHandshakes(), beyondAscii()]

function ofRequests(): Property {
  return processProperty({
    id: CLAUSE,
    law: 'path begins with root_path, whether or not a proxy has taken it off the target',
    clauses: [CLAUSE],
    needs: ['http/1.1', 'config/command-line', 'root-path', 'root-path/in-path'],
    enough: 1,
    program: MOUNTS,
    async run(launcher, mount) {
      const trial = await serveWith(launcher, 'config/root-path', { rootPath: mount })
      for (const target of targetsOf(mount)) {
        // What is not below the mount point may be refused.
        const { served } = await trial.attempt(http.get(target), { fresh: true })
        if (served === null) continue
        await served.respond({ status: 204 })
        await served.response()
        judgeBelow(trial, CLAUSE, served.scope, target)
      }
      if (!launcher.target.has('http/2/prior-knowledge')) return
      const client = await openHttp2(trial)
      for (const target of targetsOf(mount)) {
        const { served } = await knockHttp2(trial, client, h2.get(target))
        if (served === null) continue
        await served.exchange.respond({ status: 204 })
        await served.exchange.response()
        judgeBelow(trial, CLAUSE, served.exchange.scope, target)
      }
    },
  })
}

function ofHandshakes(): Property {
  return processProperty({
    id: HANDSHAKE,
    law: 'path of a handshake begins with root_path, whether or not a proxy has taken it off the target',
    clauses: [HANDSHAKE],
    needs: ['http/1.1', 'config/command-line', 'root-path', 'root-path/in-path', 'websocket'],
    enough: 1,
    program: MOUNTS,
    async run(launcher, mount) {
      const trial = await serveWith(launcher, 'config/root-path', { rootPath: mount })
      for (const target of targetsOf(mount)) {
        // What is not below the mount point may be refused.
        const answer = await knock(trial, handshakeRequest({ ...PLAIN, target }))
        if (answer.scope === null) continue
        hold(trial, answer.scope)
        judgeBelow(trial, HANDSHAKE, answer.scope.scope, target)
      }
    },
  })
}

/** www.rst, "HTTP Connection Scope": root_path is a Unicode string, like path. */
function beyondAscii(): Property {
  return processProperty({
    id: ROOT,
    law: 'a root path with characters beyond ASCII, or with a space, is in the scope of a request as it was given',
    clauses: [ROOT],
    needs: ['http/1.1', 'config/command-line', 'root-path'],
    enough: 1,
    program: fc.constantFrom('/k\u00e4se', '/\u65e5\u672c', '/two words'),
    async run(launcher, mount) {
      const trial = await serveWith(launcher, ROOT, { rootPath: mount })
      const target = `${encodeURI(mount)}/inner`
      const { served } = await trial.attempt(http.get(target), { fresh: true })
      if (served === null) return
      await served.respond({ status: 204 })
      await served.response()
      const seen = served.scope['root_path']
      trial.check(ROOT, seen === mount, show(mount), () => show(seen))
    },
  })
}

/** As a proxy sends them that has taken the mount point off, and as one that has not. */
function targetsOf(mount: string): readonly string[] {
  // The last one only looks as if it were mounted: the root ends in the middle of its first segment.
  return ['/inner', `${mount}/inner`, `${mount}s/inner`]
}

/** PEP 3333: PATH_INFO, what remains of the path, is empty or begins with a slash. */
function isBelow(path: string, root: string): boolean {
  return path === root || path.startsWith(root.endsWith('/') ? root : `${root}/`)
}

function judgeBelow(trial: Trial, clause: string, scope: PyDict, target: string): void {
  const { path, root_path: root = '' } = scope
  trial.check(
    clause,
    typeof path === 'string' && typeof root === 'string' && isBelow(path, root),
    `a path below ${show(root)}`,
    () => `path ${show(path)} for ${target}`,
  )
}
