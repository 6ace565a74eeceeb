import type { Property } from '../property.ts'
import { clientCertificates } from './client-certificates.ts'
import { closing } from './closing.ts'
import { extension } from './extension.ts'
import { halfClose } from './half-close.ts'
import { https } from './https.ts'
import { versions } from './versions.ts'

/** Encryption of the transport, and what the application is told of it. */
export const tls: readonly Property[] = [
  ...extension,
  ...https,
  versions,
  closing,
  halfClose,
  clientCertificates,
]
