/** One arrival as k6 saw it; times are milliseconds since the epoch. */
export interface K6Arrival {
  readonly at: number
  /** Null for an arrival that was dropped. */
  readonly request: {
    readonly end: number
    /** From sending to the last byte, in milliseconds. */
    readonly duration: number
    /** 0 where there was no answer. */
    readonly status: number
    readonly errorCode: string
  } | null
}

/** k6 writes the metrics of a request on adjacent lines, `http_reqs` first. */
interface OpenRequest {
  end: number
  duration: number
  blocked: number
  status: number
  errorCode: string
}

/**
 * Reads the lines of `--out csv` with K6_CSV_TIME_FORMAT=unix_micro. A line's time is the end of its
 * request; the arrival is reckoned back from it: end - duration - blocked (k6 counts the opening of
 * a connection as blocked).
 */
export class K6Samples {
  readonly arrivals: K6Arrival[] = []
  #columns: ReadonlyMap<string, number> | null = null
  #open: OpenRequest | null = null

  line(text: string): void {
    const cells = text.split(',')
    if (this.#columns === null) {
      this.#columns = new Map(cells.map((name, index) => [name, index]))
      return
    }
    const columns = this.#columns
    const cell = (name: string): string => cells[columns.get(name) ?? -1] ?? ''
    const value = Number(cell('metric_value'))
    const at = Number(cell('timestamp')) / 1000
    switch (cell('metric_name')) {
      case 'http_reqs':
        this.end()
        this.#open = {
          end: at,
          duration: 0,
          blocked: 0,
          status: Number(cell('status')),
          errorCode: cell('error_code'),
        }
        return
      case 'http_req_duration':
        if (this.#open !== null) this.#open.duration = value
        return
      case 'http_req_blocked':
        if (this.#open !== null) this.#open.blocked = value
        return
      case 'dropped_iterations':
        this.end()
        for (let count = 0; count < value; count += 1) this.arrivals.push({ at, request: null })
        return
      default:
    }
  }

  /** Closes the last request; to be called after the last line. */
  end(): void {
    const open = this.#open
    this.#open = null
    if (open === null) return
    const { end, duration, blocked, status, errorCode } = open
    const request = { end, duration, status, errorCode }
    this.arrivals.push({ at: end - duration - blocked, request })
  }
}
