import type { Configured, Inherited } from '../../testing/configured.ts'
import type { Settings } from '../settings.ts'

/** Where the test files of a run are; made once, as they only are read. */
export interface TestFiles {
  readonly key: string
  readonly encryptedKey: string
  readonly certificate: string
}

/** Shows on a running server that a setting does what its help says. */
export interface Trial {
  /** The setting, and what it needs beside it, anew for each source. */
  given(files: TestFiles): Promise<Partial<Settings>> | Partial<Settings>
  /** A descriptor for the server to inherit. */
  inherit?(): Promise<Inherited>
  see(configured: Configured, given: Partial<Settings>, files: TestFiles): Promise<void>
}

/** `limitConcurrency` and others: one trial for each name, or several names with the same one. */
export type Trials<Names extends keyof Settings> = Readonly<Record<Names, Trial>>
