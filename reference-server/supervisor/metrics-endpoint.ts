import { once } from 'node:events'
import { createServer } from 'node:http'
import { ListenFailed } from '../server/errors.ts'
import { type Counts, renderMetrics } from '../server/metrics.ts'

export interface Snapshot {
  readonly counts: Counts
  readonly workers: number
}

/**
 * Serves `GET /metrics` in Prometheus' text format on the loopback interface, apart from the
 * application's own port. Returns what ends it; rejects with ListenFailed.
 */
export async function serveMetrics(
  port: number,
  take: () => Promise<Snapshot>,
): Promise<() => void> {
  const server = createServer((request, response) => {
    // A scrape may have parameters (Prometheus' `params`); here none has a meaning.
    if (request.url?.replace(/\?.*$/, '') !== '/metrics') {
      response.writeHead(404).end()
      return
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end()
      return
    }
    void take().then(({ counts, workers }) => {
      response.setHeader('content-type', 'text/plain; version=0.0.4')
      response.end(renderMetrics(counts, workers))
    })
  })
  try {
    server.listen({ host: '127.0.0.1', port, exclusive: true })
    await once(server, 'listening')
  } catch (error) {
    throw new ListenFailed(`127.0.0.1:${port}`, error)
  }
  return () => {
    server.close()
    server.closeAllConnections()
  }
}
