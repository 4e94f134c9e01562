import { documentWriter } from '../documents.ts'
import type { Item } from '../model.ts'
import { addTo } from '../groups.ts'
import { fileNameOf } from '../names.ts'
import { TextIndex } from '../offsets.ts'
import type { Writer, WriteOptions } from '../writing.ts'
import {
  Layers,
  type LayerRelation,
  type LayerSpan,
  relationLayer,
  valueFeature,
} from './layers.ts'
import {
  bareTokens,
  type Column,
  holdsRelation,
  isNext,
  layersFor,
  slotOf,
  type TsvLayer,
} from './tsv-layers.ts'
import { layoutOf } from './tsv-layout.ts'
import { dividedRows, firstAfter, laidRows, type Row, type RowSentence } from './tsv-rows.ts'
import { escapeText, escapeTsv, textOfSentences } from './tsv-text.ts'

/**
 * Writes WebAnno TSV 3.3 for each item, in the rows that it was read from while they fit. Else tokens
 * are cut so that every span is made of whole ones; a sentence is a line of the text. White space
 * between lines other than one line feed is lost.
 */
export const writeWebAnno: Writer = documentWriter((options) => ({
  write(item) {
    const { out, losses } = options
    if (item.source.kind !== 'text') {
      losses.note('kind', item.item_ref)
      return false
    }
    const document = new TsvWriter(item, item.source.text, options).document()
    out(`${fileNameOf(item.item_ref, losses)}.tsv`, document)
    return true
  },
}))

class TsvWriter {
  readonly #item: Item
  readonly #index: TextIndex
  readonly #options: WriteOptions
  readonly #spans: Layers
  #sentences: readonly RowSentence[] = []
  readonly #layers: readonly TsvLayer[]
  /** Tokens in the order of the text, and parts of tokens and empty places by where they are. */
  #tokens: Row[] = []
  readonly #parts = new Map<string, Row>()
  /** The rows of each span, and its number where it has one. */
  readonly #standing = new Map<LayerSpan, Row[]>()
  readonly #numbers = new Map<LayerSpan, number>()
  /** Where elements stand in their chains. */
  readonly #chained: ReadonlyMap<LayerSpan, string>
  readonly #onRow = new Map<Row, LayerSpan[]>()
  /** Relations that stand on a row, and those that are slots of a span. */
  readonly #endingOn = new Map<Row, LayerRelation[]>()
  readonly #slots = new Map<LayerSpan, LayerRelation[]>()

  constructor(item: Item, text: string, options: WriteOptions) {
    this.#item = item
    this.#index = new TextIndex(text)
    this.#options = options
    this.#spans = new Layers(item, options.losses)
    const { layers = [], numbers = new Map<string, string>(), sentences } = layoutOf(item) ?? {}
    const laid = sentences === undefined ? undefined : laidRows(sentences, this.#index)
    if (laid === undefined || !this.#fits(laid)) {
      this.#take(dividedRows(this.#index, this.#spans.spans))
      const rebuilt = textOfSentences(this.#sentences.map(({ sentence }) => sentence))
      if (rebuilt !== text) options.losses.note('text-rebuilt', item.item_ref)
      this.#place()
    }
    const bare = bareTokens(this.#spans.relations)
    const spans = [...this.#standing].flatMap(([span, rows]) =>
      bare.has(span) && this.#isRow(span, rows) ? [] : [span],
    )
    this.#number(numbers)
    this.#chained = new Map(
      spans.flatMap((span) => {
        const place = numbers.get(span.region.id)
        return place?.includes('-') === true ? [[span, place]] : []
      }),
    )
    const { relations } = this.#spans
    this.#layers = layersFor({ spans, relations, chained: this.#chained }, layers)
    this.#join()
  }

  /** True for a span alone of its type on one whole row. */
  #isRow({ type }: LayerSpan, [row, ...more]: readonly Row[]): boolean {
    return row?.isPart === false && more.length === 0 && this.#spansOn(row, type).length === 1
  }

  #utf16(place: number): number {
    return this.#index.convert(place, 'codePoint', 'utf16') ?? 0
  }

  /** Takes these rows. False where a span does not stand on them. */
  #fits(sentences: readonly RowSentence[]): boolean {
    this.#take(sentences)
    this.#place(false)
    if (this.#spans.spans.every((span) => this.#standing.has(span))) return true
    this.#standing.clear()
    this.#onRow.clear()
    return false
  }

  #take(sentences: readonly RowSentence[]): void {
    this.#sentences = sentences
    this.#tokens = []
    this.#parts.clear()
    for (const { rows } of sentences)
      for (const row of rows) {
        const { from, to } = row.token
        if (row.isPart || from === to) this.#parts.set(`${from}-${to}`, row)
        else this.#tokens.push(row)
      }
  }

  /** The rows that a span stands on: whole tokens, and parts where it begins or ends inside one. */
  #rowsUnder({ from, to }: LayerSpan): Row[] | undefined {
    const own = this.#parts.get(`${from}-${to}`)
    if (from === to || own !== undefined) return own === undefined ? undefined : [own]
    const rows: Row[] = []
    for (let at = firstAfter(this.#tokens, from); at < this.#tokens.length; at++) {
      const row = this.#tokens[at]
      if (row === undefined || row.token.from >= to) break
      const [start, end] = [Math.max(from, row.token.from), Math.min(to, row.token.to)]
      const isWhole = start === row.token.from && end === row.token.to
      const found = isWhole ? row : this.#parts.get(`${start}-${end}`)
      if (found === undefined) return undefined
      rows.push(found)
    }
    return rows.length === 0 ? undefined : rows
  }

  /** Finds the rows of every span; `noted`: one that has none, or does not fill its rows, is a loss. */
  #place(noted = true): void {
    for (const span of this.#spans.spans) {
      const rows = this.#rowsUnder(span)
      const [first, last] = [rows?.[0]?.token.from, rows?.at(-1)?.token.to]
      if (noted && (first !== span.from || last !== span.to))
        this.#options.losses.note('tokens', `${this.#item.item_ref}/${span.region.id}`)
      if (rows === undefined) continue
      this.#standing.set(span, rows)
      for (const row of rows) addTo(this.#onRow, row, span)
    }
  }

  /** Numbers the spans on several rows and those not alone on one, and those that had a number. */
  #number(laid: ReadonlyMap<string, string>): void {
    const taken = new Map<string, Set<number>>()
    const take = (span: LayerSpan, number: number) => {
      const numbers = taken.get(span.type) ?? new Set()
      if (numbers.has(number)) return false
      taken.set(span.type, numbers.add(number))
      this.#numbers.set(span, number)
      return true
    }
    for (const span of this.#standing.keys()) {
      const number = Number(laid.get(span.region.id))
      if (Number.isInteger(number)) take(span, number)
    }
    const last = new Map<string, number>()
    for (const [span, rows] of this.#standing) {
      const isStacked = rows.some((row) => this.#spansOn(row, span.type).length > 1)
      if (this.#numbers.has(span) || (rows.length === 1 && !isStacked)) continue
      let number = (last.get(span.type) ?? 0) + 1
      while (!take(span, number)) number++
      last.set(span.type, number)
    }
  }

  /** The spans of a layer that stand on a row. */
  #spansOn(row: Row, type: string): LayerSpan[] {
    return (this.#onRow.get(row) ?? []).filter((span) => span.type === type)
  }

  /** Puts relations on the rows where they end, and slots with their span. */
  #join(): void {
    for (const relation of this.#spans.relations) {
      const { from, to } = relation
      const row = this.#standing.get(to)?.[0]
      if (row === undefined || !this.#standing.has(from))
        this.#options.losses.note('relations', this.#item.item_ref)
      else if (isNext(relation, this.#layers)) continue
      else if (this.#layers.some((layer) => holdsRelation(layer, relation)))
        addTo(this.#endingOn, row, relation)
      else if (this.#layers.some((layer) => slotOf(layer, relation) !== undefined))
        addTo(this.#slots, from, relation)
      else this.#options.losses.note('relations', this.#item.item_ref)
    }
  }

  document(): string {
    const head = ['#FORMAT=WebAnno TSV 3.3', ...this.#layers.map(({ line }) => `#T_${line}`)]
    const blocks = this.#sentences.map(({ id, sentence, rows }) => {
      const named = id === undefined ? '' : `#Sentence.id=${id}\n`
      const text = sentence.text.split('\n').map((line) => `#Text=${escapeText(line)}\n`)
      return `\n${named}${text.join('')}${rows.map((row) => this.#line(row)).join('')}`
    })
    return `${head.join('\n')}\n\n${blocks.join('')}`
  }

  #line(row: Row): string {
    const { from, to } = row.token
    const place = `${this.#utf16(from)}-${this.#utf16(to)}`
    const cells = [row.name, place, escapeText(this.#index.slice(from, to))]
    for (const layer of this.#layers)
      cells.push(
        ...(layer.kind === 'RL' ? this.#relationCells(row, layer) : this.#spanCells(row, layer)),
      )
    return `${cells.join('\t')}\t\n`
  }

  #spanCells(row: Row, layer: TsvLayer): string[] {
    const here = this.#spansOn(row, layer.type)
    if (here.length === 0) return layer.columns.map(() => '_')
    return layer.columns.map((column, place) =>
      here
        .map((span) =>
          layer.kind === 'CH'
            ? this.#chainCell(span, column, place)
            : this.#spanCell(span, column, layer.columns[place - 1]),
        )
        .join('|'),
    )
  }

  #spanCell(span: LayerSpan, column: Column, before: Column | undefined): string {
    if (column.kind === 'target') return this.#slotCells(span, before, (slot) => this.#target(slot))
    const cell =
      column.kind === 'feature'
        ? this.#value(span.features, column.name)
        : this.#slotCells(span, column, roleOf)
    const number = this.#numbers.get(span)
    return number === undefined ? cell : `${cell}[${number}]`
  }

  /** What is said of the slots of a span under a role. */
  #slotCells(
    span: LayerSpan,
    role: Column | undefined,
    said: (slot: LayerRelation, name: string) => string,
  ): string {
    const name = role?.kind === 'role' ? role.name : ''
    const slots = (this.#slots.get(span) ?? []).filter(({ features }) => features['link'] === name)
    return slots.length === 0 ? '_' : slots.map((slot) => said(slot, name)).join(';')
  }

  /** Where an element stands in its chain, and in which chain its other values are. */
  #chainCell(span: LayerSpan, column: Column, at: number): string {
    const place = this.#chained.get(span) ?? ''
    const value = column.kind === 'feature' ? this.#value(span.features, column.name) : '*'
    return at === 0 ? `${value}->${place}` : `${value}[${place.split('-')[0] ?? ''}]`
  }

  /** Where a slot points to: a row, and the number there where it has one. */
  #target({ to }: LayerRelation): string {
    const number = this.#numbers.get(to)
    return `${this.#standing.get(to)?.[0]?.name ?? ''}${number === undefined ? '' : `[${number}]`}`
  }

  #value(features: LayerSpan['features'], name: string): string {
    const value = Object.hasOwn(features, name) ? features[name] : undefined
    if (value === undefined) return '*'
    if (typeof value !== 'string') this.#options.losses.note('values', this.#item.item_ref)
    return escapeTsv(String(value))
  }

  #relationCells(row: Row, layer: TsvLayer): string[] {
    const here = (this.#endingOn.get(row) ?? []).filter((each) => holdsRelation(layer, each))
    if (here.length === 0) return layer.columns.map(() => '_')
    return layer.columns.map((column) =>
      here
        .map(({ features, from, to }) => {
          if (column.kind === 'feature') return this.#value(features, column.name)
          const [one, other] = [this.#numbers.get(from) ?? 0, this.#numbers.get(to) ?? 0]
          return `${this.#standing.get(from)?.[0]?.name ?? ''}${one === 0 && other === 0 ? '' : `[${one}_${other}]`}`
        })
        .join('|'),
    )
  }
}

function roleOf({ type, features }: LayerRelation, name: string): string {
  const role = type === relationLayer ? String(features[valueFeature] ?? '') : type
  return role === name ? '*' : escapeTsv(role)
}
