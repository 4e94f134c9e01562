import type { LabelColour, LabelColours } from '../core/colours.ts'
import type { Row } from './rows.ts'
import { segmentRow, type LaidSpan, type Segment } from './segments.ts'
import css from './text.module.css'

/** Underlines past this many are not drawn; the innermost keep theirs. */
const mostLanes = 6

interface Piece {
  readonly from: number
  readonly to: number
  readonly node: Text
}

/** One row in the page: its element, and which text node shows which places. */
export class RowView {
  readonly element = document.createElement('div')
  readonly row: Row
  #pieces: readonly Piece[] = []
  readonly #colours: LabelColours
  #drawn = ''

  constructor(row: Row, colours: LabelColours) {
    this.row = row
    this.#colours = colours
    this.element.className = css['row'] ?? ''
    this.element.dir = row.direction
  }

  /** Draws the row anew if the spans over it changed since. Says whether it did. */
  draw(text: string, spans: readonly LaidSpan[], chosen: string | null): boolean {
    const signature = spans
      .map(({ id, name, from, to, lane }) =>
        [id, name, from, to, lane, id === chosen ? 'chosen' : ''].join(),
      )
      .join(';')
    if (signature === this.#drawn && this.element.isConnected) return false
    this.#drawn = signature
    const segments =
      spans.length === 0
        ? [{ from: this.row.from, to: this.row.shownTo, spans: [], begins: [] }]
        : segmentRow(this.row, spans)
    const pieces: Piece[] = []
    const elements = segments.map((segment) => {
      const node = document.createTextNode(text.slice(segment.from, segment.to))
      pieces.push({ from: segment.from, to: segment.to, node })
      return segment.spans.length === 0 ? node : paint(segment, node, chosen, this.#colours)
    })
    this.#pieces = pieces
    this.element.replaceChildren(...elements)
    return true
  }

  /** The text node and offset that show a place; at a joint, the piece that begins there. */
  nodeAt(place: number): { node: Text; offset: number } | undefined {
    const piece =
      this.#pieces.find(({ from, to }) => from <= place && place < to) ?? this.#pieces.at(-1)
    if (piece === undefined) return undefined
    const offset = Math.min(Math.max(0, place - piece.from), piece.node.length)
    return { node: piece.node, offset }
  }

  /** The place that a node and offset show, or undefined when they are not of this row. */
  placeOf(node: Node, offset: number): number | undefined {
    for (const piece of this.#pieces) {
      if (piece.node === node) return piece.from + offset
      // A name before a span is generated and has no node: it stands for the span's beginning.
      if (piece.node.parentNode === node && node !== this.element)
        return offset === 0 ? piece.from : piece.to
    }
    if (node !== this.element) return undefined
    const child = this.element.childNodes[offset]
    const next = this.#pieces.find((piece) => child?.contains(piece.node) === true)
    return next?.from ?? this.row.shownTo
  }
}

function paint(
  segment: Segment,
  node: Text,
  chosen: string | null,
  colours: LabelColours,
): HTMLElement {
  const element = document.createElement('span')
  const inner = segment.spans.at(-1)
  const isChosen = segment.spans.some(({ id }) => id === chosen)
  element.className = `${css['seg'] ?? ''} ${isChosen ? (css['chosen'] ?? '') : ''}`
  element.append(node)
  const shown = segment.spans.filter(({ lane }) => lane < mostLanes)
  const lanes = Math.max(0, ...shown.map(({ lane }) => lane + 1))
  const { style } = element
  const colourOf = (span: LaidSpan | undefined) => colours.of(span?.name)
  style.setProperty('--c', colourOf(segment.begins.at(-1) ?? inner).css)
  style.backgroundColor = `color-mix(in srgb, ${colourOf(inner).css} var(--tint), transparent)`
  style.backgroundImage = shown.map((span) => lineOf(colourOf(span))).join()
  style.backgroundSize = shown.map(() => '100% 2px').join()
  style.backgroundPosition = shown
    .map(({ lane }) => `0 calc(100% - ${(lanes - 1 - lane) * 4}px)`)
    .join()
  style.paddingBlockEnd = `${lanes * 4 - 2}px`
  if (segment.begins.length > 0)
    element.dataset['begins'] = segment.begins
      .map(({ name, first }) => (first ? name : `… ${name}`))
      .join(' · ')
  return element
}

function lineOf({ css: colour, dashed }: LabelColour): string {
  return dashed
    ? `repeating-linear-gradient(90deg, ${colour} 0 5px, transparent 5px 8px)`
    : `linear-gradient(${colour}, ${colour})`
}
