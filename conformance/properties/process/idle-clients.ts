import { http } from '../../testers/request.ts'
import type { Trial } from '../../testers/trial.ts'

/** Clients that were served, keep their connections for a next request, and end them when the server does. */
export async function idleClients(trial: Trial, count: number): Promise<void> {
  for (let client = 0; client < count; client += 1) {
    const exchange = await trial.open(http.get('/'), { fresh: true })
    await exchange.respond({ status: 200, body: ['ok'] })
    await exchange.response()
    const { wire } = exchange.channel
    void wire.closed.then(() => wire.close())
  }
}
