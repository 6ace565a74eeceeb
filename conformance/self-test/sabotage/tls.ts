import { TLSSocket } from 'node:tls'

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
