/** More finds than anyone steps through; a search that finds more says so. */
export const mostFound = 10_000

/**
 * Finds a phrase regardless of case (simple Unicode case folding). White space in the phrase
 * matches any white space, line ends included. Answers UTF-16 ranges in order, at most `mostFound`.
 */
export function findAll(text: string, phrase: string): (readonly [number, number])[] {
  const words = phrase
    .trim()
    .split(/\s+/u)
    .filter((word) => word !== '')
  if (words.length === 0) return []
  const pattern = new RegExp(words.map(escapePattern).join('\\s+'), 'giu')
  const found: (readonly [number, number])[] = []
  for (const hit of text.matchAll(pattern)) {
    found.push([hit.index, hit.index + hit[0].length])
    if (found.length === mostFound) break
  }
  return found
}

function escapePattern(word: string): string {
  return word.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
}

/** What was found of the last phrase, and which of the finds is shown. */
export class Finds {
  readonly #text: string
  #all: readonly (readonly [number, number])[] = []
  #at = -1

  constructor(text: string) {
    this.#text = text
  }

  get all(): readonly (readonly [number, number])[] {
    return this.#all
  }

  /** The place of the find that is shown, or -1. */
  get at(): number {
    return this.#at
  }

  /** Looks for a phrase; the first find that ends behind a place is shown, or else the last. */
  look(phrase: string, after: number): void {
    this.#all = findAll(this.#text, phrase)
    const next = this.#all.findIndex(([, to]) => to > after)
    this.#at = next < 0 ? this.#all.length - 1 : next
  }

  /** The next find, or the one before, round all of them. */
  step(step: -1 | 1): void {
    const count = this.#all.length
    if (count > 0) this.#at = (this.#at + step + count) % count
  }

  clear(): void {
    this.#all = []
    this.#at = -1
  }
}
