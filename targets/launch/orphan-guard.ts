import { type ChildProcess, spawn } from 'node:child_process'

/**
 * No server outlives assay, however assay ends. A small shell reads the groups that run from a
 * pipe; when the pipe closes (exit, crash, SIGKILL alike) it kills those that were not taken back.
 */
const WATCH = `
groups=
while read -r verb group; do
  case $verb in
    keep) groups="$groups $group " ;;
    free) rest=; for g in $groups; do [ "$g" = "$group" ] || rest="$rest $g "; done; groups=$rest ;;
  esac
done
for g in $groups; do kill -KILL -"$g" 2>/dev/null; done
`

const running = new Set<number>()
let watcher: ChildProcess | null = null

/** Puts the process group under guard until `release` is called with it. */
export function guard(group: number): void {
  if (watcher === null) process.once('exit', killAll)
  watcher ??= startWatcher()
  running.add(group)
  watcher.stdin?.write(`keep ${group}\n`)
}

export function release(group: number): void {
  running.delete(group)
  watcher?.stdin?.write(`free ${group}\n`)
}

/** Kills a whole process group; one that is already gone is what was wanted. */
export function killGroup(group: number): void {
  try {
    process.kill(-group, 'SIGKILL')
  } catch {
    // ESRCH: nobody is left in it.
  }
}

function killAll(): void {
  for (const group of running) killGroup(group)
}

/** In a session of its own, so that Ctrl-C at the terminal does not end the guard first. */
function startWatcher(): ChildProcess {
  const child = spawn('/bin/sh', ['-c', WATCH], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  child.unref()
  child.on('error', ignore)
  const pipe = child.stdin
  // A write to a guard that was killed must not take assay down: the exit hook is still there.
  pipe.on('error', ignore)
  if ('unref' in pipe && typeof pipe.unref === 'function') pipe.unref()
  return child
}

function ignore(): void {}
