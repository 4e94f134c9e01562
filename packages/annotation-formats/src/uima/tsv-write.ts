import type { Item } from '../model.ts'
import { addTo } from '../groups.ts'
import { type Token, tokensOf } from '../leftovers.ts'
import { fileNameOf } from '../names.ts'
import { TextIndex } from '../offsets.ts'
import type { Writer, WriteOptions } from '../writing.ts'
import { Layers, type LayerRelation, type LayerSpan } from './layers.ts'
import { type Sentence, textOfSentences } from './tsv-read.ts'

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

class TsvWriter {
  readonly #item: Item
  readonly #index: TextIndex
  readonly #options: WriteOptions
  readonly #layers: Layers
  readonly #rows: Row[] = []
  readonly #sentences: { sentence: Sentence; rows: Row[] }[] = []
  /** The rows of each span, and its number where one is needed. */
  readonly #standing = new Map<LayerSpan, Row[]>()
  readonly #numbers = new Map<LayerSpan, number>()

  constructor(item: Item, text: string, options: WriteOptions) {
    this.#item = item
    this.#index = new TextIndex(text)
    this.#options = options
    this.#layers = new Layers(item, options.losses)
    this.#divide()
    this.#place()
  }

  #utf16(place: number): number {
    return this.#index.convert(place, 'codePoint', 'utf16') ?? 0
  }

  /** Divides the text into sentences and rows; empty spans get a row after the token before them. */
  #divide(): void {
    const { spans } = this.#layers
    const empty = [
      ...new Set(spans.filter(({ from, to }) => from === to).map(({ from }) => from)),
    ].sort((a, b) => a - b)
    const tokens = tokensOf(this.#index, spans)
    let line: Token[] = []
    let start = 0
    const close = (end: number) => {
      if (line.length > 0) this.#sentence(line, start, end, empty, tokens.at(-1)?.to ?? 0)
      line = []
    }
    for (const token of tokens) {
      const before = line.at(-1)?.to ?? start
      const gap = this.#index.slice(before, token.from)
      const cut = gap.lastIndexOf('\n')
      if (cut >= 0) {
        close(before + Array.from(gap.slice(0, gap.indexOf('\n'))).length)
        start = before + Array.from(gap.slice(0, cut + 1)).length
      }
      line.push(token)
    }
    const rest = this.#index.slice(line.at(-1)?.to ?? 0, this.#index.length('codePoint'))
    close((line.at(-1)?.to ?? 0) + Array.from(rest.split('\n')[0] ?? '').length)
    const rebuilt = textOfSentences(this.#sentences.map(({ sentence }) => sentence))
    if (rebuilt !== this.#index.text) this.#options.losses.note('text-rebuilt', this.#item.item_ref)
  }

  #sentence(
    tokens: readonly Token[],
    start: number,
    end: number,
    empty: readonly number[],
    last: number,
  ): void {
    const number = this.#sentences.length + 1
    const rows: Row[] = []
    for (const [place, token] of tokens.entries()) {
      const name = `${number}-${place + 1}`
      rows.push({ name, token })
      const until = tokens[place + 1]?.from ?? (token.to === last ? Infinity : end + 1)
      const after = empty.filter(
        (at) => at < until && (at >= token.from || this.#rows.length + rows.length === 1),
      )
      for (const [sub, at] of after.entries())
        rows.push({ name: `${name}.${sub + 1}`, token: { from: at, to: at } })
    }
    this.#rows.push(...rows)
    this.#sentences.push({
      sentence: { begin: this.#utf16(start), text: this.#index.slice(start, end) },
      rows,
    })
  }

  /** Finds the rows of every span, and numbers those on several rows or not alone on one. */
  #place(): void {
    const onRow = new Map<string, LayerSpan[]>()
    for (const span of this.#layers.spans) {
      const { from, to } = span
      const rows = this.#rows.filter(({ token }) =>
        from === to
          ? token.from === from && token.to === from
          : token.from >= from && token.to <= to && token.from < token.to,
      )
      const place = `${this.#item.item_ref}/${span.region.id}`
      const [first, last] = [rows[0]?.token.from, rows.at(-1)?.token.to]
      if (rows.length === 0 || first !== from || last !== to)
        this.#options.losses.note('tokens', place)
      if (rows.length === 0) continue
      this.#standing.set(span, rows)
      for (const row of rows) {
        const key = `${row.name} ${span.type}`
        addTo(onRow, key, span)
      }
    }
    const counts = new Map<string, number>()
    for (const [span, rows] of this.#standing) {
      const stacked = rows.some(({ name }) => (onRow.get(`${name} ${span.type}`)?.length ?? 0) > 1)
      if (rows.length === 1 && !stacked) continue
      const number = (counts.get(span.type) ?? 0) + 1
      counts.set(span.type, number)
      this.#numbers.set(span, number)
    }
  }

  document(): string {
    const spanTypes = featuresByType(this.#layers.spans.filter((span) => this.#standing.has(span)))
    const joined = this.#layers.relations.filter((relation) => this.#isCarried(relation))
    const relationTypes = featuresByType(
      joined.map((each) => ({ ...each, type: `${each.type}|${each.from.type}` })),
    )
    const head = ['#FORMAT=WebAnno TSV 3.3']
    for (const [type, names] of spanTypes) head.push(`#T_SP=${type}|${names.join('|')}`)
    for (const [key, names] of relationTypes) {
      const [type = '', base = ''] = key.split('|')
      head.push(`#T_RL=${[type, ...names].join('|')}|BT_${base}`)
    }
    const blocks = this.#sentences.map(({ sentence, rows }) => {
      const lines = rows.map((row) => {
        const { from, to } = row.token
        const cells = [
          row.name,
          `${this.#utf16(from)}-${this.#utf16(to)}`,
          escapeText(this.#index.slice(from, to)),
        ]
        for (const [type, names] of spanTypes) cells.push(...this.#spanCells(row, type, names))
        for (const [key, names] of relationTypes)
          cells.push(...this.#relationCells(row, key, names, joined))
        return `${cells.join('\t')}\t\n`
      })
      return `\n#Text=${escapeText(sentence.text)}\n${lines.join('')}`
    })
    return `${head.join('\n')}\n\n${blocks.join('')}`
  }

  #isCarried({ from, to }: LayerRelation): boolean {
    const carried = from.type === to.type && this.#standing.has(from) && this.#standing.has(to)
    if (!carried) this.#options.losses.note('relations', this.#item.item_ref)
    return carried
  }

  #spanCells(row: Row, type: string, names: readonly string[]): string[] {
    const here = [...this.#standing]
      .filter(([span, rows]) => span.type === type && rows.includes(row))
      .map(([span]) => span)
    if (here.length === 0) return (names.length === 0 ? [''] : names).map(() => '_')
    return (names.length === 0 ? [''] : names).map((name) =>
      here
        .map(
          (span) =>
            `${this.#value(span.features, name)}${this.#numbers.has(span) ? `[${this.#numbers.get(span) ?? ''}]` : ''}`,
        )
        .join('|'),
    )
  }

  #value(features: LayerSpan['features'], name: string): string {
    const value = Object.hasOwn(features, name) ? features[name] : undefined
    if (value === undefined) return '*'
    if (typeof value !== 'string') this.#options.losses.note('values', this.#item.item_ref)
    return escapeTsv(String(value))
  }

  #relationCells(
    row: Row,
    key: string,
    names: readonly string[],
    all: readonly LayerRelation[],
  ): string[] {
    const here = all.filter(
      (each) =>
        `${each.type}|${each.from.type}` === key && this.#standing.get(each.to)?.[0] === row,
    )
    if (here.length === 0) return [...names, ''].map(() => '_')
    const cells = names.map((name) =>
      here.map(({ features }) => this.#value(features, name)).join('|'),
    )
    const sources = here.map(({ from, to }) => {
      const [one, other] = [this.#numbers.get(from) ?? 0, this.#numbers.get(to) ?? 0]
      return `${this.#standing.get(from)?.[0]?.name ?? ''}${one === 0 && other === 0 ? '' : `[${one}_${other}]`}`
    })
    return [...cells, sources.join('|')]
  }
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
