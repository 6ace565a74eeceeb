import type { Clause } from '../../evidence/clause.ts'
import { RFC9325 } from './documents.ts'
import { section } from './section.ts'

const versions = section(RFC9325, '§3.1.1 SSL/TLS Protocol Versions')
const suites = section(RFC9325, '§4.2 Cipher Suites for TLS 1.2')

/** Which versions and cipher suites of TLS are considered safe (best current practice 195). */
export const RFC9325_CLAUSES: readonly Clause[] = [
  versions.must('wire/rfc9325/tls-1-0-refused', 'TLS 1.0 is not negotiated.'),
  versions.must('wire/rfc9325/tls-1-1-refused', 'TLS 1.1 is not negotiated.'),
  versions.must('wire/rfc9325/tls-1-2-supported', 'TLS 1.2 is supported.'),
  versions.should('wire/rfc9325/tls-1-3-supported', 'TLS 1.3 is supported.'),
  versions.must(
    'wire/rfc9325/tls-1-3-preferred',
    'Where TLS 1.3 is supported, it is negotiated in preference to earlier versions.',
  ),
  suites.should(
    'wire/rfc9325/recommended-suites',
    'Over TLS 1.2 the cipher suites with ephemeral ECDH and AES in GCM are each implemented and deployed.',
  ),
]
