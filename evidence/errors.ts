import { EXIT, type ExitCode } from './verdict.ts'

export interface Complaint {
  /** Stable, for machines and the documentation: `target/unknown-version`. */
  readonly code: string
  /** What was given, named so that its author recognises it. */
  readonly input: string
  /** The rule that the input breaks. */
  readonly rule: string
  /** What to do about it. */
  readonly cure: string
}

/** Every failure that a user can meet: it names the input, the rule and the cure. */
export class AssayError extends Error {
  override readonly name: string = 'AssayError'
  readonly code: string
  readonly input: string
  readonly rule: string
  readonly cure: string
  readonly exitCode: ExitCode

  constructor(complaint: Complaint, exitCode: ExitCode, options?: ErrorOptions) {
    super(`${complaint.input}: ${complaint.rule} ${complaint.cure}`, options)
    this.code = complaint.code
    this.input = complaint.input
    this.rule = complaint.rule
    this.cure = complaint.cure
    this.exitCode = exitCode
  }
}

/** The command line or a file given to it is wrong (exit code 2). */
export class UsageError extends AssayError {
  override readonly name = 'UsageError'

  constructor(complaint: Complaint, options?: ErrorOptions) {
    super(complaint, EXIT.usage, options)
  }
}

/** Installing, starting or keeping hold of a target failed (exit code 5): says nothing of conformance. */
export class InfrastructureError extends AssayError {
  override readonly name = 'InfrastructureError'

  constructor(complaint: Complaint, options?: ErrorOptions) {
    super(complaint, EXIT.infrastructure, options)
  }
}
