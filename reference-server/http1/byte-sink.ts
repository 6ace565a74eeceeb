/** Where the machine's outgoing bytes go: a socket in the server, an array in tests. */
export interface ByteSink {
  write(bytes: Uint8Array): void
  /** Several pieces that belong together, for one gathering write. */
  writeParts(parts: readonly Uint8Array[]): void
}
