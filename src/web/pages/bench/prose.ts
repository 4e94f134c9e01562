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
    const item = /^\s{0,3}(?:[-*+]|(\d{1,9})[.)])\s+(.*)$/.exec(line)
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

const marks = /\*\*(?=\S)(.+?)(?<=\S)\*\*|\*(?=\S)(.+?)(?<=\S)\*|`([^`]+)`/g

function piecesOf(line: string): Piece[] {
  const pieces: Piece[] = []
  let from = 0
  for (const found of line.matchAll(marks)) {
    const [whole, strong, emphasis, code] = found
    if (found.index > from) pieces.push({ text: line.slice(from, found.index), as: 'plain' })
    if (strong !== undefined) pieces.push({ text: strong, as: 'strong' })
    else if (emphasis !== undefined) pieces.push({ text: emphasis, as: 'emphasis' })
    else if (code !== undefined) pieces.push({ text: code, as: 'code' })
    from = found.index + whole.length
  }
  if (from < line.length) pieces.push({ text: line.slice(from), as: 'plain' })
  return pieces
}
