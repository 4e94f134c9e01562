/** What one check of an installation came to. */
export interface Finding {
  /** What was looked at: `disk`, `database inside`. */
  readonly check: string
  /** `unseen`: it could not be looked at from here, and the words say why. */
  readonly state: 'good' | 'warning' | 'bad' | 'unseen'
  readonly words: string
}

export const good = (check: string, words: string): Finding => ({ check, state: 'good', words })
export const warning = (check: string, words: string): Finding => ({
  check,
  state: 'warning',
  words,
})
export const bad = (check: string, words: string): Finding => ({ check, state: 'bad', words })
export const unseen = (check: string, words: string): Finding => ({ check, state: 'unseen', words })

/** A check that fails is a finding too, in the words of its fault; none ends the others. */
export async function look(
  check: string,
  work: () => Promise<Finding | readonly Finding[]>,
): Promise<readonly Finding[]> {
  try {
    return [await work()].flat()
  } catch (error) {
    return [bad(check, error instanceof Error ? error.message : 'it cannot be looked at')]
  }
}
