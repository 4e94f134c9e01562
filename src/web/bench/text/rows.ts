/** A piece of the text that is laid out as one block. Offsets are UTF-16 units of the exact text. */
export interface Row {
  readonly from: number
  /** Where what is shown ends; the line end, if any, stands between here and `to`. */
  readonly shownTo: number
  readonly to: number
  readonly direction: 'ltr' | 'rtl'
}

/** Longer rows cost layout time without being read as one; measured at about this many characters. */
const longestRow = 2000

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })
const lineEnd = /\r\n|[\n\r\u0085\u2028\u2029]/g
const rightToLeft =
  /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u
const anyLetter = /\p{L}/u

/**
 * Cuts a text into rows: at every line end, and inside very long lines at a white space. Every
 * unit of the text belongs to exactly one row. CRLF is one line end; nothing is normalised.
 */
export function cutRows(text: string): Row[] {
  const rows: Row[] = []
  let from = 0
  for (const end of text.matchAll(lineEnd)) {
    cutLine(text, from, end.index, end.index + end[0].length, rows)
    from = end.index + end[0].length
  }
  cutLine(text, from, text.length, text.length, rows)
  return rows
}

function cutLine(text: string, from: number, shownTo: number, to: number, rows: Row[]): void {
  const direction = directionOf(text, from, shownTo)
  let start = from
  while (shownTo - start > longestRow) {
    const cut = cutBefore(text, start, start + longestRow)
    rows.push({ from: start, shownTo: cut, to: cut, direction })
    start = cut
  }
  rows.push({ from: start, shownTo, to, direction })
}

/** The last place after white space within reach, or else one that splits no grapheme. */
function cutBefore(text: string, from: number, limit: number): number {
  for (let at = limit; at > from + longestRow / 2; at--)
    if (/\s/.test(text.charAt(at - 1)) && !/\s/.test(text.charAt(at))) return at
  const near = limit - 128
  const grapheme = graphemes.segment(text.slice(near, limit + 128)).containing(limit - near)
  return near + (grapheme?.index ?? limit - near)
}

/** The direction of a line by its first letter (Unicode Standard Annex 9, rules P2 and P3). */
function directionOf(text: string, from: number, to: number): 'ltr' | 'rtl' {
  for (let at = from; at < to;) {
    const character = String.fromCodePoint(text.codePointAt(at) ?? 0)
    if (anyLetter.test(character)) return rightToLeft.test(character) ? 'rtl' : 'ltr'
    at += character.length
  }
  return 'ltr'
}

/** The index of the row that holds a place. A place between two rows belongs to the later one. */
export function rowAt(rows: readonly Row[], place: number): number {
  let [low, high] = [0, rows.length - 1]
  while (low < high) {
    const middle = (low + high + 1) >>> 1
    if ((rows[middle]?.from ?? 0) <= place) low = middle
    else high = middle - 1
  }
  return low
}
