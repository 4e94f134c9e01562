/**
 * Every way in which Cloister can refuse, and the HTTP status that says so.
 * docs/problems.md explains each one; callers branch on the kind and never on words.
 */
export const problems = {
  'invalid-input': { status: 422, title: 'The request is not of the expected shape.' },
  'not-signed-in': { status: 401, title: 'Sign in first.' },
  'access-denied': { status: 403, title: 'The gate refused this act.' },
  'not-found': { status: 404, title: 'There is nothing here, or nothing that you may see.' },
} as const satisfies Record<string, { status: number; title: string }>

export type ProblemKind = keyof typeof problems
