import { closeSync, fstatSync, mkdirSync, openSync, readSync } from 'node:fs'
import { dirname } from 'node:path'

const TAIL_BYTES = 4096
const TAIL_LINES = 15

/** Opens (and empties) the file that takes a server's output. */
export function openLog(file: string): number {
  mkdirSync(dirname(file), { recursive: true })
  return openSync(file, 'w')
}

/** The last lines of a log; empty when there is none. */
export function tailOf(file: string): string {
  let descriptor: number
  try {
    descriptor = openSync(file, 'r')
  } catch {
    return ''
  }
  try {
    const { size } = fstatSync(descriptor)
    const length = Math.min(size, TAIL_BYTES)
    const bytes = Buffer.alloc(length)
    readSync(descriptor, bytes, 0, length, size - length)
    return bytes.toString('utf8').trim().split('\n').slice(-TAIL_LINES).join('\n')
  } finally {
    closeSync(descriptor)
  }
}
