import { type FileHandle, open, readFile } from 'node:fs/promises'
import { isAbsolute } from 'node:path'
import { InvalidEvent } from '../asgi/errors.ts'
import type { HttpResponsePathSend, HttpResponseZeroCopySend } from '../asgi/messages.ts'

/** A part of a file that an event asks to be sent. */
export interface FilePart {
  readonly file: FileHandle
  /** Byte to begin with; null goes on from the file's own position. */
  readonly offset: number | null
  /** How many bytes, Infinity for all up to the end. */
  readonly count: number
}

const PIECE_BYTES = 64 * 1024

/** Extension http.response.pathsend: opens the file, which the caller has to close. */
export async function openPath(event: HttpResponsePathSend): Promise<FilePart> {
  if (typeof event.path !== 'string' || !isAbsolute(event.path)) {
    throw new InvalidEvent('path is the absolute path of a file.')
  }
  return { file: await open(event.path), offset: 0, count: Number.POSITIVE_INFINITY }
}

/** Extension http.response.zerocopysend: the file stays the application's. */
export function readFilePart(event: HttpResponseZeroCopySend): FilePart {
  const { file, offset = null, count = null } = event
  if (typeof file !== 'object' || file === null || typeof file.read !== 'function') {
    throw new InvalidEvent('file is a FileHandle of node:fs/promises.')
  }
  if (offset !== null && !isIndex(offset)) throw new InvalidEvent('offset is a number of bytes.')
  if (count !== null && !isIndex(count)) throw new InvalidEvent('count is a number of bytes.')
  const more: unknown = event.more_body
  if (more !== undefined && typeof more !== 'boolean') {
    throw new InvalidEvent('more_body is a boolean.')
  }
  return { file, offset, count: count ?? Number.POSITIVE_INFINITY }
}

function isIndex(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}

/**
 * How many bytes it has; null where that shows only by reading: no regular file, one that says 0 as those of
 * /proc do, or a position that cannot be told.
 */
export async function bytesOf({ file, offset, count }: FilePart): Promise<number | null> {
  const stats = await file.stat()
  if (!stats.isFile() || stats.size === 0) return null
  const position = offset ?? (await positionOf(file))
  return position === null ? null : Math.min(count, Math.max(0, stats.size - position))
}

/** Node.js has no call for it: Linux tells of it here, other systems nowhere. */
async function positionOf(file: FileHandle): Promise<number | null> {
  const info = await readFile(`/proc/self/fdinfo/${file.fd}`, 'latin1').catch(() => '')
  const position = /^pos:\s*(\d+)/.exec(info)?.[1]
  return position === undefined ? null : Number(position)
}

/** The bytes in pieces that are never larger than a buffer of the server's. */
export async function* piecesOf({ file, offset, count }: FilePart): AsyncGenerator<Uint8Array> {
  let position = offset
  let left = count
  while (left > 0) {
    const buffer = Buffer.allocUnsafeSlow(Math.min(PIECE_BYTES, left))
    const { bytesRead } = await file.read(buffer, 0, buffer.length, position)
    if (bytesRead === 0) return
    if (position !== null) position += bytesRead
    left -= bytesRead
    yield buffer.subarray(0, bytesRead)
  }
}
