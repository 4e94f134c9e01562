/**
 * Every way in which Cloister can refuse, and the HTTP status that says so.
 * docs/problems.md explains each one; callers branch on the kind and never on words.
 */
export const problems = {
  'invalid-input': { status: 422, title: 'The request is not of the expected shape.' },
  'not-signed-in': { status: 401, title: 'Sign in first.' },
  'access-denied': { status: 403, title: 'The gate refused this act.' },
  'not-found': { status: 404, title: 'There is nothing here, or nothing that you may see.' },
  'database-unavailable': { status: 503, title: 'The database does not answer; try again soon.' },
  'storage-full': { status: 507, title: 'The server has no room left; nothing was stored.' },
} as const satisfies Record<string, { status: number; title: string }>

export type ProblemKind = keyof typeof problems

/** Ends a request with a refusal that its sender can understand. Details must hold nothing confidential. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly kind: ProblemKind
  readonly details: Readonly<Record<string, unknown>>

  constructor(
    kind: ProblemKind,
    details: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions,
  ) {
    super(problems[kind].title, options)
    this.kind = kind
    this.details = details
  }
}
