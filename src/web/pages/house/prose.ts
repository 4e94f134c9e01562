/** A stretch of a line: as it is, or set off. */
export interface Piece {
  readonly text: string
  readonly as: 'plain' | 'strong' | 'emphasis' | 'code'
}

export type Block =
  | { readonly is: 'paragraph'; readonly pieces: readonly Piece[] }
  | {
      readonly is: 'list'
      readonly ordered: boolean
      readonly items: readonly (readonly Piece[])[]
    }

/**
 * Reads paragraphs, lists and emphasis as Markdown writes them: an empty line parts paragraphs,
 * `-`, `*`, `+` or a number begins an item, `**strong**`, `*emphasis*`, `` `code` ``. Everything
 * else, markup and links included, stays the characters that it is.
 */
export function proseOf(text: string): Block[] {
  const blocks: Block[] = []
  let lines: string[] = []
  let items: string[][] = []
  let ordered = false
  const endParagraph = () => {
    if (lines.length > 0) blocks.push({ is: 'paragraph', pieces: piecesOf(lines.join(' ')) })
    lines = []
  }
  const endList = () => {
    const told = items.map((item) => piecesOf(item.join(' ')))
    if (told.length > 0) blocks.push({ is: 'list', ordered, items: told })
    items = []
  }
  for (const line of text.split(/\r\n|\r|\n/)) {
    const item = /^\s{0,3}(?:[-*+]|(\d{1,9})[.)])\s+([^]*)$/.exec(line)
    const words = line.trim()
    if (item !== null) {
      endParagraph()
      const numbered = item[1] !== undefined
      if (numbered !== ordered) endList()
      ordered = numbered
      items.push([(item[2] ?? '').trim()])
    } else if (words === '') {
      endParagraph()
      endList()
    } else if (items.length > 0) items.at(-1)?.push(words)
    else lines.push(words)
  }
  endParagraph()
  endList()
  return blocks
}

/** The part of a string that reading needs. */
type Characters = Pick<string, 'length' | 'charAt' | 'slice'>

/** A sign that opens and closes a stretch; where several fit, the first of them counts. */
const signs = [
  { sign: '**', as: 'strong' },
  { sign: '*', as: 'emphasis' },
  { sign: '`', as: 'code' },
] as const

/**
 * The stretches of a line. Each sign looks for its end from where its search before it came to, so
 * that the line is gone through once for each sign, whatever stands in it.
 */
export function piecesOf(line: Characters): Piece[] {
  const readers = signs.map(({ sign, as }) => ({ as, stretchAt: stretches(line, sign) }))
  const pieces: Piece[] = []
  const add = (from: number, to: number, as: Piece['as']) => {
    if (to > from) pieces.push({ text: line.slice(from, to), as })
  }
  let plain = 0
  for (let at = 0; at < line.length;) {
    let next = at + 1
    for (const { as, stretchAt } of readers) {
      const found = stretchAt(at)
      if (found === null) continue
      add(plain, at, 'plain')
      add(found.from, found.to, as)
      plain = next = found.next
      break
    }
    at = next
  }
  add(plain, line.length, 'plain')
  return pieces
}

/** Finds the stretch that a sign opens at a place, or null; to be asked from left to right. */
function stretches(line: Characters, sign: string) {
  const { length } = sign
  const code = sign === '`'
  const isSign = (at: number) =>
    line.charAt(at) === sign.charAt(0) && (length === 1 || line.charAt(at + 1) === sign.charAt(1))
  // A stretch neither begins nor ends with a space, but for code, which is not empty.
  const mayBorder = (letter: string) => letter !== '' && (code ? letter !== '`' : /\S/.test(letter))
  const closes = (at: number) => isSign(at) && (code || mayBorder(line.charAt(at - 1)))
  let reached = 0
  return (at: number) => {
    const from = at + length
    if (!isSign(at) || !mayBorder(line.charAt(from))) return null
    reached = Math.max(reached, from + 1)
    while (reached < line.length && !closes(reached)) reached += 1
    return reached < line.length ? { from, to: reached, next: reached + length } : null
  }
}
