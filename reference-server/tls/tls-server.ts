import { createServer, type Server, type TLSSocket, type TlsOptions } from 'node:tls'
import type { Settings } from '../config/settings.ts'
import { readTls, tlsExtension } from './tls.ts'

/** A server of TLS, whose files can be read again while it runs. */
export class ReloadableTls {
  readonly server: Server
  readonly #settings: Settings
  #authorities: ReadonlySet<string>

  private constructor(settings: Settings, server: Server, authorities: ReadonlySet<string>) {
    this.#settings = settings
    this.server = server
    this.#authorities = authorities
  }

  /** Null when the settings ask for no TLS; throws a UsageError for settings that cannot work. */
  static of(settings: Settings, stream: TlsOptions): ReloadableTls | null {
    const tls = readTls(settings)
    if (tls === null) return null
    const server = createServer({ ...stream, ...tls.options })
    return new ReloadableTls(settings, server, tls.authorities)
  }

  /** Connections that are open keep the old certificates; so do all after a UsageError. */
  reload(): void {
    const tls = readTls(this.#settings)
    if (tls === null) return
    this.server.setSecureContext(tls.options)
    this.#authorities = tls.authorities
  }

  extension(socket: TLSSocket): () => Readonly<Record<string, unknown>> {
    return tlsExtension(socket, this.#authorities)
  }
}
