import { type Deferred, deferred } from '../testers/deferred.ts'
import type { WireResponse } from '../testers/response-reader.ts'
import type { Field } from './hpack-table.ts'
import { ResponseAssembly } from './response-assembly.ts'

/** A request that the server has promised to answer unasked (RFC 9113 §8.4). */
export interface Promised {
  readonly stream: ClientStream
  readonly fields: readonly Field[]
}

/** One stream as its client sees it. */
export class ClientStream {
  readonly id: number
  readonly assembly: ResponseAssembly
  readonly promises: Promised[] = []
  /** Bytes of DATA that the server may send, and that it lets us send. */
  receiveWindow: number
  sendWindow: number
  /** DATA bytes that a tunnel hands on as they come, once it is one. */
  sink: ((bytes: Buffer) => void) | null = null
  /** Error code of the RST_STREAM that the server has sent. */
  #reset: number | null = null
  #over = false
  readonly #answered: Deferred<WireResponse | null> = deferred()

  constructor(id: number, method: string, receiveWindow: number, sendWindow: number) {
    this.id = id
    this.assembly = new ResponseAssembly(method)
    this.receiveWindow = receiveWindow
    this.sendWindow = sendWindow
  }

  get reset(): number | null {
    return this.#reset
  }

  /** Nothing more comes from the server. */
  get over(): boolean {
    return this.#over
  }

  /** The response when it is complete or broken off; null when the server ended the stream without one. */
  get answered(): Promise<WireResponse | null> {
    return this.#answered.promise
  }

  headers(fields: readonly Field[], endStream: boolean): void {
    this.assembly.headers(fields, endStream)
    if (this.assembly.ended) this.#end()
  }

  data(content: Buffer, endStream: boolean): void {
    this.assembly.data(content, endStream)
    this.sink?.(content)
    if (this.assembly.ended) this.#end()
  }

  /** RST_STREAM by the server. After END_STREAM it only says that the rest of the request is not wanted. */
  resetBy(code: number): void {
    this.#reset ??= code
    this.#end()
  }

  /** The connection is gone. */
  cut(): void {
    this.#end()
  }

  #end(): void {
    this.#over = true
    this.#answered.resolve(this.assembly.response())
  }
}
