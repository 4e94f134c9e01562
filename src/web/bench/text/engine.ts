import type { LabelSchema, Region } from '@cloister/annotation-formats'
import { LabelColours } from '../core/colours.ts'
import { relationsBetween } from '../core/complete.ts'
import type { AnnotationDocument } from '../core/document.ts'
import { labelKeys, type KeyPress } from '../core/keys.ts'
import { Listeners } from '../core/listeners.ts'
import { Caret, type Layout } from './caret.ts'
import { commandOf, reservedCodes, type Command, type Plain, type Step } from './keymap.ts'
import { cutRows, type Row } from './rows.ts'
import { Finds } from './search.ts'
import { inOrder, type Span } from './segments.ts'
import { Spans, type Range } from './spans.ts'

export interface TextEngineOptions {
  readonly text: string
  readonly schema: LabelSchema
  readonly document: AnnotationDocument
  /** BCP 47; decides where words and sentences break. */
  readonly language: string
  /** Asked for by a key; the owner shows them. */
  readonly onAsk?: (what: 'search' | 'attributes') => void
}

/**
 * Annotating a text by keyboard and pointer, without any screen. Places are UTF-16 units of the
 * exact text; what is kept in the document is code points.
 */
export class TextEngine {
  readonly text: string
  readonly rows: readonly Row[]
  readonly document: AnnotationDocument
  readonly labels: LabelSchema['labels']
  /** The key of each label, as a KeyboardEvent code. */
  readonly keys: ReadonlyMap<string, string>
  readonly colours: LabelColours
  readonly #schema: LabelSchema
  readonly #spans: Spans
  readonly #caret: Caret
  readonly #labelOfKey: ReadonlyMap<string, string>
  readonly #onAsk: (what: 'search' | 'attributes') => void
  readonly #listeners = new Listeners()
  readonly #unsubscribe: () => void
  readonly #finds: Finds
  #relating: string | null = null
  #chosenId: string | undefined

  constructor({ text, schema, document, language, onAsk }: TextEngineOptions) {
    this.text = text
    this.rows = cutRows(text)
    this.document = document
    this.labels = schema.labels
    this.#schema = schema
    this.#spans = new Spans(text, document)
    this.#caret = new Caret(text, this.rows, language)
    this.#finds = new Finds(text)
    this.keys = labelKeys(schema.labels, reservedCodes)
    this.colours = new LabelColours(schema.labels)
    this.#labelOfKey = new Map([...this.keys].map(([name, code]) => [code, name]))
    this.#onAsk = onAsk ?? (() => undefined)
    this.#unsubscribe = document.subscribe(() => {
      this.#goToChosen()
      this.#listeners.tell()
    })
  }

  /** Who has laid the text out says so here. */
  set layout(layout: Layout) {
    this.#caret.layout = layout
  }

  get caret(): number {
    return this.#caret.place
  }

  /** The selected range, empty when the caret stands alone. */
  get selection(): Range {
    return this.#caret.selection
  }

  get hits(): readonly Range[] {
    return this.#finds.all
  }

  /** Which of the hits is shown, or -1. */
  get hit(): number {
    return this.#finds.at
  }

  /** The region from which a relation is being drawn. */
  get relating(): string | null {
    return this.#relating
  }

  /** Every part of every text region, outer before inner. */
  get spans(): readonly Span[] {
    return this.#spans.all
  }

  /** Calls back after every move and every change. Returns the function that ends it. */
  subscribe(listener: () => void): () => void {
    return this.#listeners.add(listener)
  }

  /** Lets go of the document and everyone who listens. */
  destroy(): void {
    this.#unsubscribe()
    this.#listeners.clear()
  }

  /** Does what a key asks for and says whether it meant anything. */
  press(press: KeyPress): boolean {
    const command = commandOf(press, this.#labelOfKey)
    if (command === undefined) return false
    this.#run(command)
    this.#listeners.tell()
    return true
  }

  /** Puts the caret at the grapheme edge nearest before a place; `extend` keeps the other end. */
  moveTo(place: number, extend = false): void {
    this.#caret.moveTo(place, extend)
    this.#listeners.tell()
  }

  /** Selects the word, sentence or row around a place. */
  selectAround(place: number, unit: 'word' | 'sentence' | 'row'): void {
    this.#caret.select(this.#caret.around(place, unit))
    this.#listeners.tell()
  }

  /** Chooses the innermost span at a place; asked again at the same place, the next one out. */
  chooseAt(place: number): void {
    const here = this.spans
      .filter(({ from, to }) => from <= place && place < to)
      .sort((left, right) => left.to - left.from - (right.to - right.from) || inOrder(right, left))
    const chosen = this.document.selected?.id
    const at = here.findIndex(({ id }) => id === chosen)
    this.document.select(here[(at + 1) % Math.max(1, here.length)]?.id ?? null)
  }

  /** Marks the selection with a label, or gives the chosen span that label when nothing is selected. */
  label(name: string): void {
    if (!this.labels.some((label) => label.name === name)) return
    const [from, to] = this.#caret.trimmed
    const chosen = this.document.selected
    if (from < to) {
      this.document.add({ anchor: this.#spans.anchorOf([[from, to]]), label: name })
      this.moveTo(to)
    } else if (chosen !== undefined) this.document.setLabel(chosen.id, name)
  }

  /** Looks for a phrase and goes to the first find after the caret. Answers how many there are. */
  search(phrase: string): number {
    this.#finds.look(phrase, this.selection[0])
    this.#showHit()
    return this.#finds.all.length
  }

  stepHit(step: -1 | 1): void {
    this.#finds.step(step)
    this.#showHit()
  }

  /** The exact text of a region, its parts joined by an ellipsis. */
  textOf(region: Region): string {
    return this.#spans
      .of(region)
      .map(({ from, to }) => this.text.slice(from, to))
      .join(' … ')
  }

  /** A place in code points, as annotations count. */
  pointOf(place: number): number {
    return this.#spans.pointOf(place)
  }

  /** Moves one edge of a region to a place; a part never empties and never meets its neighbour. */
  dragEdge(id: string, edge: 'start' | 'end', place: number): void {
    const parts = this.#spans.partsOf(this.document.region(id))
    const index = edge === 'start' ? 0 : parts.length - 1
    const part = parts[index]
    if (part === undefined) return
    const [from, to] = part
    const snapped = this.#caret.snap(place)
    const next: Range =
      edge === 'start'
        ? [Math.max(parts[index - 1]?.[1] ?? 0, Math.min(snapped, to - 1)), to]
        : [from, Math.min(parts[index + 1]?.[0] ?? this.text.length, Math.max(snapped, from + 1))]
    if (next[0] === from && next[1] === to) return
    this.document.setAnchor(id, this.#spans.anchorOf(parts.with(index, next)))
  }

  #run(command: Command): void {
    if (typeof command === 'string') this.#runPlain(command)
    else if ('label' in command) this.label(command.label)
    else if ('edge' in command) this.#nudge(command.edge, command.to, command.unit)
    else this.moveTo(this.#caret.target(command.move), command.extend)
  }

  #runPlain(command: Plain): void {
    const chosen = this.document.selected
    switch (command) {
      case 'widen':
        this.#caret.widen()
        break
      case 'nextSpan':
        this.#step(1)
        break
      case 'previousSpan':
        this.#step(-1)
        break
      case 'addPart':
        if (chosen !== undefined) this.#addPart(chosen)
        break
      case 'relate':
        if (chosen !== undefined) this.#relate(chosen)
        break
      case 'remove':
        if (chosen !== undefined) this.document.remove(chosen.id)
        break
      case 'undo':
        this.document.undo()
        break
      case 'redo':
        this.document.redo()
        break
      case 'clear':
        this.#clear()
        break
      case 'nextHit':
        this.stepHit(1)
        break
      case 'previousHit':
        this.stepHit(-1)
        break
      case 'search':
      case 'attributes':
        this.#onAsk(command)
    }
  }

  #nudge(edge: 'start' | 'end', to: 'back' | 'forward', unit: Step): void {
    const chosen = this.document.selected
    const parts = this.#spans.partsOf(chosen)
    const place = edge === 'start' ? parts[0]?.[0] : parts.at(-1)?.[1]
    if (chosen === undefined || place === undefined) return
    const target = this.#caret.edgeTarget(edge, place, to, unit)
    const emptied =
      edge === 'start' ? target >= (parts[0]?.[1] ?? 0) : target <= (parts.at(-1)?.[0] ?? 0)
    if (!emptied) this.dragEdge(chosen.id, edge, target)
  }

  #step(step: -1 | 1): void {
    const firsts = this.spans.filter(({ first }) => first)
    const { caret, document } = this
    const selected = document.selected?.id
    const chosen = firsts.findIndex(({ id }) => id === selected)
    const ahead = firsts.findIndex(({ from }) => from >= caret)
    const from = ahead < 0 ? firsts.length : ahead
    const at = chosen >= 0 ? chosen + step : step > 0 ? from : from - 1
    const target = firsts[(at + firsts.length) % Math.max(1, firsts.length)]
    if (target === undefined) return
    document.select(target.id)
    this.moveTo(target.from)
  }

  #addPart(chosen: Region): void {
    const [from, to] = this.#caret.trimmed
    const parts = this.#spans.partsOf(chosen)
    // Parts that would touch or overlap grow together.
    const apart = parts.filter((part) => part[1] < from || part[0] > to)
    const joined = parts.filter((part) => part[1] >= from && part[0] <= to)
    if (from >= to) return
    const grown: Range = [
      Math.min(from, ...joined.map((part) => part[0])),
      Math.max(to, ...joined.map((part) => part[1])),
    ]
    const next = [...apart, grown].sort((left, right) => left[0] - right[0])
    this.document.setAnchor(chosen.id, this.#spans.anchorOf(next))
    this.moveTo(to)
  }

  #relate(chosen: Region): void {
    if ((this.#schema.relations ?? []).length === 0) return
    const from = this.document.region(this.#relating)
    this.#relating = from === undefined ? chosen.id : null
    if (from === undefined || from === chosen) return
    const { relations = [] } = this.document.annotation
    const joined = relations.find((one) => one.from === from.id && one.to === chosen.id)
    const type = joined?.type ?? relationsBetween(this.#schema, from, chosen)[0]
    if (type !== undefined) this.document.relate(type, from.id, chosen.id)
  }

  #clear(): void {
    this.#relating = null
    this.#finds.clear()
    if (!this.#caret.collapse()) this.document.select(null)
  }

  /** Chosen from elsewhere, a mark brings the caret along, unless it stands in it already. */
  #goToChosen(): void {
    const { selected } = this.document
    if (selected?.id === this.#chosenId) return
    this.#chosenId = selected?.id
    const parts = this.#spans.partsOf(selected)
    const [first] = parts
    if (first === undefined) return
    if (!parts.some(([from, to]) => from <= this.caret && this.caret <= to))
      this.#caret.select([first[0], first[0]])
  }

  #showHit(): void {
    const hit = this.#finds.all[this.#finds.at]
    if (hit !== undefined) this.#caret.select(hit)
    this.#listeners.tell()
  }
}
