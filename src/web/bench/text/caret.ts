import { Breaks } from './breaks.ts'
import type { Move, Step } from './keymap.ts'
import { rowAt, type Row } from './rows.ts'
import type { Range } from './spans.ts'

/** What only somebody who has laid the text out can say. */
export interface Layout {
  /** The place one line, or one screen, above or below; the caret keeps its column. */
  vertical(place: number, direction: -1 | 1, by: 'line' | 'page'): number
}

/**
 * Where the caret stands, what is selected, and where each move leads. Places are UTF-16 units of
 * the exact text; the caret never stands inside a grapheme.
 */
export class Caret {
  readonly #text: string
  readonly #rows: readonly Row[]
  readonly #breaks: Breaks
  layout: Layout | undefined
  #place = 0
  #anchor = 0

  constructor(text: string, rows: readonly Row[], language: string) {
    this.#text = text
    this.#rows = rows
    this.#breaks = new Breaks(text, rows, language)
  }

  get place(): number {
    return this.#place
  }

  /** The selected range, empty when the caret stands alone. */
  get selection(): Range {
    return this.#anchor < this.#place ? [this.#anchor, this.#place] : [this.#place, this.#anchor]
  }

  /** The selection without the white space at its ends. */
  get trimmed(): Range {
    const [from, to] = this.selection
    const text = this.#text.slice(from, to)
    const start = from + (text.length - text.trimStart().length)
    return start >= to ? [from, from] : [start, to - (text.length - text.trimEnd().length)]
  }

  /** Goes to the grapheme edge nearest before a place; `extend` keeps the other end. */
  moveTo(place: number, extend = false): void {
    this.#place = this.snap(Math.min(Math.max(0, place), this.#text.length))
    if (!extend) this.#anchor = this.#place
  }

  select([from, to]: Range): void {
    this.#anchor = from
    this.#place = to
  }

  /** Lets the selection go where the caret stands; false when there was none. */
  collapse(): boolean {
    if (this.#anchor === this.#place) return false
    this.#anchor = this.#place
    return true
  }

  /** Word, then sentence, then the whole row: each time the next larger. */
  widen(): void {
    const [from, to] = this.selection
    const larger = (['word', 'sentence', 'row'] as const).map((unit) => this.around(from, unit))
    const next = larger.find(
      (range) => range[0] <= from && range[1] >= to && range[1] - range[0] > to - from,
    )
    if (next !== undefined) this.select(next)
  }

  /** The word, sentence or row around a place. */
  around(place: number, unit: 'word' | 'sentence' | 'row'): Range {
    if (unit !== 'row') return this.#breaks.around(place, unit)
    const row = this.#row(place)
    return [row.from, row.shownTo]
  }

  snap(place: number): number {
    return this.#breaks.snap(place)
  }

  /** Where a move leads from here. */
  target(move: Move): number {
    const row = this.#row(this.#place)
    switch (move) {
      case 'up':
      case 'pageUp':
        return this.#vertical(-1, move === 'up' ? 'line' : 'page')
      case 'down':
      case 'pageDown':
        return this.#vertical(1, move === 'down' ? 'line' : 'page')
      case 'rowStart':
        return row.from
      case 'rowEnd':
        return row.shownTo
      case 'start':
        return 0
      case 'end':
        return this.#text.length
      default: {
        // Left and right are what the eye sees: in a row written right to left, left is forward.
        const forward =
          move.to === 'forward' || move.to === (row.direction === 'ltr' ? 'right' : 'left')
        return this.#stop(this.#place, forward, move.unit)
      }
    }
  }

  /** Where the edge of a mark goes by a key; like the arrows, the keys follow the eye. */
  edgeTarget(edge: 'start' | 'end', place: number, to: 'back' | 'forward', unit: Step): number {
    const row = this.#row(Math.max(0, place - (edge === 'end' ? 1 : 0)))
    return this.#stop(place, (to === 'forward') === (row.direction === 'ltr'), unit)
  }

  #stop(place: number, forward: boolean, unit: Step): number {
    return forward ? this.#breaks.after(place, unit) : this.#breaks.before(place, unit)
  }

  #vertical(direction: -1 | 1, by: 'line' | 'page'): number {
    if (this.layout !== undefined) return this.layout.vertical(this.#place, direction, by)
    const at = rowAt(this.#rows, this.#place)
    const row = this.#rows[at + direction]
    if (row === undefined) return direction < 0 ? 0 : this.#text.length
    return Math.min(row.shownTo, row.from + this.#place - (this.#rows[at]?.from ?? 0))
  }

  #row(place: number): Row {
    const row = this.#rows[rowAt(this.#rows, place)]
    return row ?? { from: 0, shownTo: 0, to: 0, direction: 'ltr' }
  }
}
