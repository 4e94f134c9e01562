/**
 * Every way in which Cloister can refuse, and the HTTP status that says so (RFC 9457).
 * docs/problems.md explains each one; callers branch on the kind and never on words.
 */
export const problems = {
  'invalid-input': { status: 422, title: 'The request is not of the expected shape.' },
  'too-large': { status: 413, title: 'The request is larger than this door takes.' },
  'not-signed-in': { status: 401, title: 'Sign in first.' },
  'sign-in-failed': { status: 401, title: 'The key was not accepted.' },
  'code-refused': { status: 403, title: 'This one-time code is not valid, or no longer.' },
  'certificate-refused': {
    status: 403,
    title: 'This machine shows no certificate that is valid here.',
  },
  'certificate-revoked': {
    status: 401,
    title: 'The certificate of this machine was revoked: it has to be enrolled again.',
  },
  'access-denied': { status: 403, title: 'The gate refused this act.' },
  'step-up-needed': { status: 403, title: 'Confirm with your key, then try again.' },
  'not-found': { status: 404, title: 'There is nothing here, or nothing that you may see.' },
  'no-task': { status: 404, title: 'There is no task for you in this project now.' },
  conflict: { status: 409, title: 'This has changed since you looked.' },
  'lease-lost': { status: 409, title: 'This task is no longer yours.' },
  'four-eyes': { status: 409, title: 'A second person has to do this.' },
  'already-done': { status: 409, title: 'This was done before.' },
  'not-ready': { status: 409, title: 'Something else has to happen first.' },
  'too-many-requests': { status: 429, title: 'This network has asked too often; wait a little.' },
  'unsupported-media': { status: 415, title: 'This kind of file is not taken here.' },
  infected: { status: 422, title: 'The scanner found malware.' },
  'scanner-unavailable': { status: 503, title: 'The malware scanner does not answer.' },
  'range-refused': { status: 416, title: 'This part does not exist.' },
  'database-unavailable': { status: 503, title: 'The database does not answer.' },
  'storage-full': { status: 507, title: 'The disk is full; nothing was changed.' },
  'log-unavailable': { status: 503, title: 'The log cannot be written; nothing was done.' },
  internal: { status: 500, title: 'Something went wrong here. The number below names the event.' },
} as const satisfies Record<string, { status: number; title: string }>

export type ProblemKind = keyof typeof problems

/**
 * A refusal on its way to the person who asked. Thrown anywhere below the doors, turned into a
 * document in one place. `details` are extra members of that document and must not be confidential.
 */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly kind: ProblemKind
  readonly details: Readonly<Record<string, unknown>>

  constructor(
    kind: ProblemKind,
    details: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions,
  ) {
    super(kind, options)
    this.kind = kind
    this.details = details
  }
}
