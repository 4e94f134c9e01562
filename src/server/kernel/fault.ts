/** Cloister cannot start or go on, and a person can mend it: one line that says what is wrong and what to do. */
export class StartFault extends Error {
  override readonly name = 'StartFault'
}

/** The `code` of a system or database error (`ENOENT`, `40001`), or undefined. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}
