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
