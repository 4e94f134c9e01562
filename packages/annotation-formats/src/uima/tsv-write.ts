import type { Item } from '../model.ts'
import { addTo } from '../groups.ts'
import { type Token, tokensOf } from '../leftovers.ts'
import { fileNameOf } from '../names.ts'
import { codePointsIn, TextIndex } from '../offsets.ts'
import type { Writer, WriteOptions } from '../writing.ts'
import {
  Layers,
  type LayerRelation,
  type LayerSpan,
  relationLayer,
  valueFeature,
} from './layers.ts'
import { type Layout, layoutOf } from './layout.ts'
import { type Layer, layerOf, type Sentence, textOfSentences } from './tsv-read.ts'

/** A row of the file: a token, or an empty annotation after one. */
interface Row {
  readonly name: string
  readonly token: Token
}

/**
 * Writes WebAnno TSV 3.3 for each item. Tokens are cut so that every span is made of whole ones; a
 * sentence is a line of the text. White space between lines other than one line feed is lost.
 */
export const writeWebAnno: Writer = (options) => {
  const written = new Set<string>()
  const { out, losses } = options
  return {
    add(item) {
      if (item.source.kind !== 'text') losses.note('kind', item.item_ref)
      else if (written.has(item.item_ref)) losses.note('several-annotations', item.item_ref)
      else {
        written.add(item.item_ref)
        out(
          `${fileNameOf(item.item_ref)}.tsv`,
          new TsvWriter(item, item.source.text, options).document(),
        )
      }
    },
    end() {
      // Every file is whole when it is written.
    },
  }
}

function escapeTsv(text: string): string {
  return text
    .replaceAll(/->|[\\[\]|_;*]/g, (sign) => `\\${sign}`)
    .replaceAll('\t', '\\t')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
}

/** Text of sentences and tokens: only what would break the line is escaped. */
function escapeText(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\r', '\\r')
}

interface WrittenSentence {
  readonly id?: string
  readonly sentence: Sentence
  readonly rows: readonly Row[]
}

class TsvWriter {
  readonly #item: Item
  readonly #index: TextIndex
  readonly #options: WriteOptions
  readonly #spans: Layers
  #sentences: readonly WrittenSentence[] = []
  #layers: readonly Layer[] = []
  /** Tokens in the order of the text, and parts of tokens and empty places by where they are. */
  #tokens: Row[] = []
  readonly #parts = new Map<string, Row>()
  /** The rows of each span, and its number where one is needed. */
  readonly #standing = new Map<LayerSpan, Row[]>()
  readonly #numbers = new Map<LayerSpan, number>()
  readonly #onRow = new Map<Row, LayerSpan[]>()
  /** Relations that stand on a row, and those that are slots of a span. */
  readonly #endingOn = new Map<Row, LayerRelation[]>()
  readonly #slots = new Map<LayerSpan, LayerRelation[]>()
  /** Empty spans before this place in their list have their row. */
  #emptyDone = 0

  constructor(item: Item, text: string, options: WriteOptions) {
    this.#item = item
    this.#index = new TextIndex(text)
    this.#options = options
    this.#spans = new Layers(item, options.losses)
    const layout = layoutOf(item)
    if (layout === undefined || !this.#lay(layout)) {
      this.#divide()
      this.#place()
    }
    this.#number()
    this.#layers = this.#layersOf(layout)
    this.#join()
  }

  #utf16(place: number): number {
    return this.#index.convert(place, 'codePoint', 'utf16') ?? 0
  }

  /** Takes the rows that the item was read from. False where its text or annotation fits them no more. */
  #lay({ sentences }: Layout): boolean {
    const begun = sentences.map(({ id, begin, end, rows }, at) => {
      let [token, part] = [0, 0]
      const laid = rows.map(({ from, to, isPart }): Row | undefined => {
        const [start, stop] = [from, to].map((each) =>
          this.#index.convert(each, 'utf16', 'codePoint'),
        )
        if (isPart) part++
        else [token, part] = [token + 1, 0]
        const name = `${at + 1}-${token}${isPart ? `.${part}` : ''}`
        return start === undefined || stop === undefined
          ? undefined
          : { name, token: { from: start, to: stop } }
      })
      const text = this.#index.text.slice(begin, end)
      return { ...(id === undefined ? {} : { id }), sentence: { begin, text }, rows: laid }
    })
    const whole = begun.map(({ rows, ...rest }) => ({
      ...rest,
      rows: rows.filter((row) => row !== undefined),
    }))
    const rebuilt = textOfSentences(whole.map(({ sentence }) => sentence))
    if (begun.some(({ rows }) => rows.includes(undefined)) || rebuilt !== this.#index.text)
      return false
    this.#take(whole)
    this.#place(false)
    if (this.#spans.spans.every((span) => this.#standing.has(span))) return true
    this.#take([])
    this.#standing.clear()
    this.#onRow.clear()
    return false
  }

  #take(sentences: readonly WrittenSentence[]): void {
    this.#sentences = sentences
    this.#tokens = []
    this.#parts.clear()
    for (const { rows } of sentences)
      for (const row of rows) {
        const { from, to } = row.token
        if (row.name.includes('.') || from === to) this.#parts.set(`${from}-${to}`, row)
        else this.#tokens.push(row)
      }
  }

  /** Divides the text into sentences and rows; empty spans get a row after the token before them. */
  #divide(): void {
    const { spans } = this.#spans
    const empty = [
      ...new Set(spans.filter(({ from, to }) => from === to).map(({ from }) => from)),
    ].sort((a, b) => a - b)
    const tokens = tokensOf(this.#index, spans)
    const sentences: WrittenSentence[] = []
    let line: Token[] = []
    let start = 0
    const close = (end: number) => {
      if (line.length > 0) {
        const rows = this.#rowsOf(line, end, empty, tokens.at(-1)?.to ?? 0, sentences.length + 1)
        const sentence = { begin: this.#utf16(start), text: this.#index.slice(start, end) }
        sentences.push({ sentence, rows })
      }
      line = []
    }
    for (const token of tokens) {
      const before = line.at(-1)?.to ?? start
      const gap = this.#index.slice(before, token.from)
      const cut = gap.lastIndexOf('\n')
      if (cut >= 0) {
        close(before + codePointsIn(gap.slice(0, gap.indexOf('\n'))))
        start = before + codePointsIn(gap.slice(0, cut + 1))
      }
      line.push(token)
    }
    const end = line.at(-1)?.to ?? 0
    const rest = this.#index.slice(end, this.#index.length('codePoint'))
    close(end + codePointsIn(rest.split('\n')[0] ?? ''))
    const rebuilt = textOfSentences(sentences.map(({ sentence }) => sentence))
    if (rebuilt !== this.#index.text) this.#options.losses.note('text-rebuilt', this.#item.item_ref)
    this.#take(sentences)
  }

  #rowsOf(
    tokens: readonly Token[],
    end: number,
    empty: readonly number[],
    last: number,
    sentence: number,
  ): Row[] {
    const rows: Row[] = []
    for (const [place, token] of tokens.entries()) {
      const name = `${sentence}-${place + 1}`
      const isFirst = sentence === 1 && place === 0
      rows.push({ name, token })
      const until = tokens[place + 1]?.from ?? (token.to === last ? Infinity : end + 1)
      for (let sub = 1; (empty[this.#emptyDone] ?? Infinity) < until; this.#emptyDone++) {
        const at = empty[this.#emptyDone] ?? 0
        if (at >= token.from || isFirst)
          rows.push({ name: `${name}.${sub++}`, token: { from: at, to: at } })
      }
    }
    return rows
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

  /** Numbers the spans on several rows, and those not alone on one. */
  #number(): void {
    const counts = new Map<string, number>()
    for (const [span, rows] of this.#standing) {
      const stacked = rows.some((row) => this.#spansOn(row, span.type).length > 1)
      if (rows.length === 1 && !stacked) continue
      const number = (counts.get(span.type) ?? 0) + 1
      counts.set(span.type, number)
      this.#numbers.set(span, number)
    }
  }

  /** The spans of a layer that stand on a row. */
  #spansOn(row: Row, type: string): LayerSpan[] {
    return (this.#onRow.get(row) ?? []).filter((span) => span.type === type)
  }

  /** The layers that the item was read with where they hold all that it says, else those that it needs. */
  #layersOf(layout: Layout | undefined): Layer[] {
    const spans = this.#spans.spans.filter((span) => this.#standing.has(span))
    const laid = layout?.layers?.map((line) =>
      layerOf(line.startsWith('SP') ? 'SP' : 'RL', line.slice(3)),
    )
    const { relations } = this.#spans
    const isSlot = (relation: LayerRelation) =>
      laid?.some((layer) => slotOf(layer, relation) !== undefined) === true
    const isLaid =
      spans.every((span) => laid?.some((layer) => holdsSpan(layer, span))) &&
      relations.every((each) => isSlot(each) || laid?.some((layer) => holdsRelation(layer, each)))
    if (laid !== undefined && isLaid) return laid
    const joined = relations.filter(({ from, to }) => from.type === to.type)
    return [
      ...[...featuresByType(spans)].map(([type, names]) =>
        layerOf('SP', `${type}|${names.join('|')}`),
      ),
      ...[
        ...featuresByType(
          joined.map((each) => ({ ...each, type: `${each.type}|${each.from.type}` })),
        ),
      ].map(([key, names]) => {
        const [type = '', base = ''] = key.split('|')
        return layerOf('RL', [type, ...names, `BT_${base}`].join('|'))
      }),
    ]
  }

  /** Puts relations on the rows where they end, and slots with their span. */
  #join(): void {
    for (const relation of this.#spans.relations) {
      const { from, to } = relation
      const row = this.#standing.get(to)?.[0]
      if (row === undefined || !this.#standing.has(from))
        this.#options.losses.note('relations', this.#item.item_ref)
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
      const lines = rows.map((row) => {
        const { from, to } = row.token
        const place = `${this.#utf16(from)}-${this.#utf16(to)}`
        const cells = [row.name, place, escapeText(this.#index.slice(from, to))]
        for (const layer of this.#layers)
          cells.push(
            ...(layer.kind === 'SP'
              ? this.#spanCells(row, layer)
              : this.#relationCells(row, layer)),
          )
        return `${cells.join('\t')}\t\n`
      })
      const named = id === undefined ? '' : `#Sentence.id=${id}\n`
      const text = sentence.text.split('\n').map((line) => `#Text=${escapeText(line)}\n`)
      return `\n${named}${text.join('')}${lines.join('')}`
    })
    return `${head.join('\n')}\n\n${blocks.join('')}`
  }

  #spanCells(row: Row, { type, columns }: Layer): string[] {
    const here = this.#spansOn(row, type)
    if (here.length === 0) return columns.map(() => '_')
    return columns.map((column, place) => {
      const cells = here.map((span) => {
        if (column.kind === 'feature') return this.#value(span.features, column.name)
        const before = columns[place - 1]
        const name =
          column.kind === 'role' ? column.name : before?.kind === 'role' ? before.name : ''
        const slots = (this.#slots.get(span) ?? []).filter(
          ({ features }) => features['link'] === name,
        )
        if (slots.length === 0) return '_'
        return slots
          .map((slot) => (column.kind === 'role' ? roleOf(slot, name) : this.#target(slot)))
          .join(';')
      })
      return cells
        .map((cell, at) => {
          const span = here[at]
          const number = span === undefined ? undefined : this.#numbers.get(span)
          return number === undefined || column.kind === 'target' ? cell : `${cell}[${number}]`
        })
        .join('|')
    })
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

  #relationCells(row: Row, layer: Layer): string[] {
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

function holdsSpan({ kind, type, columns }: Layer, span: LayerSpan): boolean {
  return kind === 'SP' && type === span.type && holdsAll(columns, span.features)
}

function holdsRelation({ kind, type, columns }: Layer, relation: LayerRelation): boolean {
  const base = columns.find((column) => column.kind === 'base')
  return (
    kind === 'RL' &&
    type === relation.type &&
    base?.kind === 'base' &&
    base.type === relation.from.type &&
    base.type === relation.to.type &&
    holdsAll(columns, relation.features)
  )
}

function holdsAll(columns: Layer['columns'], features: LayerSpan['features']): boolean {
  return Object.keys(features).every((name) =>
    columns.some((column) => column.kind === 'feature' && column.name === name),
  )
}

/** The column of a span's layer that a relation fills as a slot, if it does. */
function slotOf({ kind, type, columns }: Layer, { from, to, features }: LayerRelation) {
  if (kind !== 'SP' || type !== from.type) return undefined
  return columns.find((column, place) => {
    const next = columns[place + 1]
    return (
      column.kind === 'role' &&
      column.name === features['link'] &&
      next?.kind === 'target' &&
      (next.type === to.type || next.type === 'uima.tcas.Annotation')
    )
  })
}

/** The place of the first row that ends after there. */
function firstAfter(rows: readonly Row[], from: number): number {
  let low = 0
  let high = rows.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((rows[middle]?.token.to ?? Infinity) <= from) low = middle + 1
    else high = middle
  }
  return low
}

function featuresByType(
  all: readonly { readonly type: string; readonly features: LayerSpan['features'] }[],
): Map<string, string[]> {
  const types = new Map<string, Set<string>>()
  for (const { type, features } of all) {
    const names = types.get(type) ?? new Set<string>()
    for (const name of Object.keys(features)) names.add(name)
    types.set(type, names)
  }
  return new Map([...types].map(([type, names]) => [type, [...names].sort()]))
}
