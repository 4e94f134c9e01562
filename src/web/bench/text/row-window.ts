import type { TextEngine } from './engine.ts'
import { Heights } from './heights.ts'
import { RowView } from './row-view.ts'
import { rowAt } from './rows.ts'
import { inOrder, layLanes, type LaidSpan } from './segments.ts'
import css from './text.module.css'

/** Pixels above and below what is in sight that are kept in the page. */
const margin = 500
/** The style sheet's line, for guessing rows that were never laid out. */
export const lineHeight = 37.6
const charactersPerLine = 88

/** The rows of a text that are in the page, and where on the screen a place of the text stands. */
export class RowWindow {
  readonly #engine: TextEngine
  /** What scrolls, and is measured for what is in sight. */
  readonly #host: HTMLElement
  /** As tall as the whole text. */
  readonly #sizer: HTMLElement
  readonly #window = document.createElement('div')
  readonly #rows = new Map<number, RowView>()
  #heights: Heights
  #laid: readonly LaidSpan[] = []
  #laidOf: unknown = null

  constructor(engine: TextEngine, host: HTMLElement, sizer: HTMLElement) {
    this.#engine = engine
    this.#host = host
    this.#sizer = sizer
    this.#window.className = css['window'] ?? ''
    sizer.append(this.#window)
    this.#heights = this.#guess()
  }

  /** Lines break elsewhere now: what rows measured holds no more. */
  remeasure(): void {
    this.#heights = this.#guess()
    for (const [index, { element }] of this.#rows)
      this.#heights.measured(index, element.getBoundingClientRect().height)
  }

  /** Brings the rows in line with the engine and the scroll place. */
  draw(): void {
    const { spans } = this.#engine
    if (spans !== this.#laidOf) {
      this.#laid = layLanes(spans)
      this.#laidOf = spans
    }
    // Measuring may move rows into sight that were not; the second round draws those.
    for (let round = 0; round < 2; round++) if (!this.#drawRows()) break
  }

  clear(): void {
    this.#rows.clear()
  }

  /** The places between which rows are in the page. */
  get shown(): readonly [from: number, to: number] {
    const rows = [...this.#rows.values()].map(({ row }) => row)
    return [Math.min(...rows.map(({ from }) => from)), Math.max(...rows.map(({ to }) => to))]
  }

  /** How far from the top the row of a place stands; null when that row is in the page. */
  topUnlessShown(place: number): number | null {
    const index = rowAt(this.#engine.rows, place)
    return this.#rows.has(index) ? null : this.#heights.top(index)
  }

  /** The text node and offset that show a place, where its row is in the page. */
  nodeAt(place: number, endOfRange = false): { node: Text; offset: number } | undefined {
    // The end of a range that covers a whole row belongs to that row, not to the next.
    const index = rowAt(this.#engine.rows, endOfRange ? Math.max(0, place - 1) : place)
    return this.#rows.get(index)?.nodeAt(place)
  }

  /** Where on the screen a place stands. */
  rectAt(place: number, endOfRange = false): DOMRect | undefined {
    const found = this.nodeAt(place, endOfRange)
    if (found === undefined) return undefined
    const range = document.createRange()
    range.setStart(found.node, found.offset)
    range.collapse(true)
    const rect = range.getClientRects()[0]
    if (rect !== undefined) return rect
    const row = this.#rows.get(rowAt(this.#engine.rows, place))
    const box = row?.element.getBoundingClientRect()
    if (box === undefined) return undefined
    const inset = 32
    const left = row?.row.direction === 'rtl' ? box.right - inset : box.left + inset
    return new DOMRect(left, box.top + 6, 0, Math.min(box.height, lineHeight) - 12)
  }

  /** The place that stands at a point of the screen. */
  placeAt(x: number, y: number): number | undefined {
    const box = this.#window.getBoundingClientRect()
    // Beside the text still means the nearest place in that line.
    const inside = Math.min(Math.max(x, box.left + 33), box.right - 33)
    const position = document.caretPositionFromPoint(inside, Math.min(y, box.bottom - 2))
    if (position === null) return undefined
    for (const view of this.#rows.values()) {
      const place = view.placeOf(position.offsetNode, position.offset)
      if (place !== undefined) return place
    }
    return undefined
  }

  /** Draws the rows in sight; says whether their measures moved anything. */
  #drawRows(): boolean {
    const { scrollTop, clientHeight } = this.#host
    const first = this.#heights.at(Math.max(0, scrollTop - margin))
    const last = this.#heights.at(scrollTop + clientHeight + margin)
    const anchor = this.#heights.at(scrollTop)
    const anchorTop = this.#heights.top(anchor)
    const total = this.#heights.total
    this.#keepOnly(first, last)
    const changed: number[] = []
    for (let index = first; index <= last; index++)
      if (this.#drawRow(index, first)) changed.push(index)
    this.#window.style.transform = `translateY(${this.#heights.top(first)}px)`
    for (const index of changed) {
      const height = this.#rows.get(index)?.element.getBoundingClientRect().height
      if (height !== undefined) this.#heights.measured(index, height)
    }
    this.#sizer.style.blockSize = `${this.#heights.total}px`
    const moved = this.#heights.top(anchor) - anchorTop
    if (moved !== 0) this.#host.scrollTop = scrollTop + moved
    return moved !== 0 || Math.abs(total - this.#heights.total) > 0.5
  }

  #keepOnly(first: number, last: number): void {
    for (const [index, view] of this.#rows)
      if (index < first || index > last) {
        view.element.remove()
        this.#rows.delete(index)
      }
  }

  /** Draws a row where it belongs; says whether it has to be measured. */
  #drawRow(index: number, first: number): boolean {
    const row = this.#engine.rows[index]
    if (row === undefined) return false
    let view = this.#rows.get(index)
    if (view === undefined) {
      view = new RowView(row, this.#engine.colours)
      this.#rows.set(index, view)
    }
    // Spans are in order of their beginnings, so none past this row's end needs a look.
    const over: LaidSpan[] = []
    for (const span of this.#laid) {
      if (span.from >= row.shownTo) break
      if (span.to > row.from) over.push(span)
    }
    const drawn = view.draw(
      this.#engine.text,
      over.sort(inOrder),
      this.#engine.document.selected?.id ?? null,
    )
    const place = this.#window.children[index - first]
    if (place !== view.element) this.#window.insertBefore(view.element, place ?? null)
    return drawn
  }

  #guess(): Heights {
    return new Heights(
      this.#engine.rows.map(
        ({ from, shownTo }) =>
          lineHeight * Math.max(1, Math.ceil((shownTo - from) / charactersPerLine)),
      ),
    )
  }
}
