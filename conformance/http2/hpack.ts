import { DynamicTable, type Field } from './hpack-table.ts'
import { decodeHuffman } from './huffman.ts'

/** The largest dynamic table that our clients allow, and use: the default of RFC 9113 §6.5.2. */
export const TABLE_BYTES = 4096

/** Why a field block cannot be read: RFC 9113 §4.3 makes it an error of the connection. */
export class CompressionError extends Error {
  override readonly name = 'CompressionError'
}

/** Reads the field blocks of one connection, in their order (RFC 7541). Names and values are binary strings. */
export class HpackDecoder {
  readonly #table = new DynamicTable(TABLE_BYTES)

  /** @throws CompressionError; then the connection cannot be read any further. */
  decode(block: Buffer): Field[] {
    const cursor = new Cursor(block)
    const fields: Field[] = []
    while (!cursor.done) {
      const first = cursor.peek()
      if ((first & 0x80) !== 0) fields.push(this.#indexed(cursor.integer(7)))
      else if ((first & 0xe0) === 0x20) this.#resize(cursor.integer(5), fields.length)
      else fields.push(this.#literal(cursor, (first & 0x40) !== 0))
    }
    return fields
  }

  #indexed(index: number): Field {
    const field = this.#table.at(index)
    if (field === null) throw new CompressionError(`no field has the index ${index}`)
    return field
  }

  #literal(cursor: Cursor, remember: boolean): Field {
    const index = cursor.integer(remember ? 6 : 4)
    const name = index === 0 ? cursor.text() : this.#indexed(index)[0]
    const field: Field = [name, cursor.text()]
    if (remember) this.#table.add(field)
    return field
  }

  #resize(limit: number, before: number): void {
    if (before > 0) throw new CompressionError('a table size update after the first field')
    if (limit > TABLE_BYTES) throw new CompressionError(`a table of ${limit} bytes`)
    this.#table.resize(limit)
  }
}

class Cursor {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length
  }

  peek(): number {
    const byte = this.#bytes[this.#at]
    if (byte === undefined) throw new CompressionError('the block ends within a field')
    return byte
  }

  /** RFC 7541 §5.1. */
  integer(prefix: number): number {
    const most = 2 ** prefix - 1
    let value = this.#next() & most
    if (value < most) return value
    for (let shift = 0; shift <= 28; shift += 7) {
      const byte = this.#next()
      value += (byte & 0x7f) * 2 ** shift
      if ((byte & 0x80) === 0) return value
    }
    throw new CompressionError('an integer beyond all measure')
  }

  /** RFC 7541 §5.2. */
  text(): string {
    const isHuffman = (this.peek() & 0x80) !== 0
    const length = this.integer(7)
    const end = this.#at + length
    if (end > this.#bytes.length) throw new CompressionError('the block ends within a string')
    const bytes = this.#bytes.subarray(this.#at, end)
    this.#at = end
    const decoded = isHuffman ? decodeHuffman(bytes) : bytes
    if (decoded === null) throw new CompressionError('a string that is no Huffman code')
    return decoded.toString('latin1')
  }

  #next(): number {
    const byte = this.peek()
    this.#at += 1
    return byte
  }
}
