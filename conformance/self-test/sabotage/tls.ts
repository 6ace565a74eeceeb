import { type SecureContextOptions, Server, TLSSocket } from 'node:tls'

/** Stands before a method of every socket of TLS. */
export function aroundTls(
  name: 'write' | 'end' | 'getPeerCertificate' | 'emit',
  around: (socket: TLSSocket, given: readonly unknown[], proceed: () => unknown) => unknown,
): void {
  const { prototype } = TLSSocket
  const real: unknown = Reflect.get(prototype, name)
  if (typeof real !== 'function') return
  Reflect.set(prototype, name, function wrapped(this: TLSSocket, ...given: unknown[]) {
    return around(this, given, () => Reflect.apply(real, this, given))
  })
}

/** Changes with what every server of TLS is set up, and set up again: `first` tells the two apart. */
export function aroundContexts(
  edit: (given: SecureContextOptions, first: boolean) => SecureContextOptions,
): void {
  const original: unknown = Reflect.get(Server.prototype, 'setSecureContext')
  if (typeof original !== 'function') return
  const begun = new WeakSet<Server>()
  Server.prototype.setSecureContext = function changed(given): void {
    const first = !begun.has(this)
    begun.add(this)
    Reflect.apply(original, this, [edit(given, first)])
  }
}
