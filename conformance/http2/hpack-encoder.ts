import { TABLE_BYTES } from './hpack.ts'
import { DynamicTable, type Field } from './hpack-table.ts'
import { encodeHuffman } from './huffman.ts'

/**
 * How a field is written: by its text alone, or so that the peer remembers it (RFC 7541 §6.2), or, where
 * either table has it or its name, by that index (§6.1).
 */
export type Representation = 'plain' | 'never-indexed' | 'remembered' | 'indexed'

/** All ways in which one header list can be written. */
export interface BlockStyle {
  readonly representation: Representation
  /** Strings in the Huffman code, where that is no longer than they are (RFC 7541 §5.2). */
  readonly huffman: boolean
  /** Sizes that the dynamic table is given first, one after the other (RFC 7541 §6.3). */
  readonly resizes: readonly number[]
}

export const PLAIN_STYLE: BlockStyle = { representation: 'plain', huffman: false, resizes: [] }

const FIRST_BYTE = { plain: 0x00, 'never-indexed': 0x10, remembered: 0x40 } as const
const INDEXED = 0x80
const RESIZE = 0x20
const HUFFMAN = 0x80

/** Writes the field blocks of one connection, in their order (RFC 7541). Nothing is corrected. */
export class HpackEncoder {
  readonly #table = new DynamicTable(TABLE_BYTES)

  encode(fields: readonly Field[], style: Partial<BlockStyle> = {}): Buffer {
    const { representation, huffman, resizes } = { ...PLAIN_STYLE, ...style }
    const updates = resizes.map((size) => {
      this.#table.resize(size)
      return integer(RESIZE, 5, size)
    })
    const written = fields.map((field) => this.#field(field, representation, huffman))
    return Buffer.concat([...updates, ...written])
  }

  #field(field: Field, representation: Representation, huffman: boolean): Buffer {
    const [name, value] = field
    if (representation === 'indexed') return this.#indexed(field, huffman)
    const first = Buffer.of(FIRST_BYTE[representation])
    if (representation === 'remembered') this.#table.add(field)
    return Buffer.concat([first, text(name, huffman), text(value, huffman)])
  }

  #indexed(field: Field, huffman: boolean): Buffer {
    const [name, value] = field
    const found = this.#table.find(field)
    if (found?.whole === true) return integer(INDEXED, 7, found.index)
    const start = integer(FIRST_BYTE.remembered, 6, found?.index ?? 0)
    this.#table.add(field)
    const named = found === null ? text(name, huffman) : Buffer.alloc(0)
    return Buffer.concat([start, named, text(value, huffman)])
  }
}

/** A field block that stands alone on its connection. */
export function encodeFields(fields: readonly Field[], style: Partial<BlockStyle> = {}): Buffer {
  return new HpackEncoder().encode(fields, style)
}

/** RFC 7541 §5.2. */
function text(value: string, huffman: boolean): Buffer {
  const bytes = Buffer.from(value, 'latin1')
  const code = huffman ? encodeHuffman(bytes) : null
  if (code !== null && code.length <= bytes.length)
    return Buffer.concat([integer(HUFFMAN, 7, code.length), code])
  return Buffer.concat([integer(0, 7, bytes.length), bytes])
}

/** RFC 7541 §5.1: the value in the last bits of a first byte, and in as many more as it needs. */
function integer(first: number, bits: number, value: number): Buffer {
  const most = 2 ** bits - 1
  if (value < most) return Buffer.of(first | value)
  const bytes = [first | most]
  let rest = value - most
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80)
  return Buffer.from([...bytes, rest])
}
