import type { Item, Json, Region, Relation } from '../model.ts'
import { addTo } from '../groups.ts'
import { itemRefOf } from '../names.ts'
import { TextIndex } from '../offsets.ts'
import { documentReader } from '../documents.ts'
import { linesOf } from '../records.ts'
import { InputFault, type Reader, type ReadOptions } from '../reading.ts'
import { annotationFrom } from '../spans-json.ts'
import { isTokenType, regionOf, relationOf } from './layers.ts'
import { type Column, layerIn, type TsvLayer } from './tsv-layers.ts'
import { layoutJson } from './tsv-layout.ts'
import { type Sentence, splitPlain, textOfSentences, unescapeTsv } from './tsv-text.ts'

/** An annotation that grows from the rows that it stands on. */
interface Open {
  readonly layer: TsvLayer
  readonly id: string
  begin: number
  end: number
  readonly features: Record<string, string>
  /** What tells it apart on its rows, or its place in a chain. */
  readonly number: string | undefined
}

/** A reference to be followed when all rows are read: from an annotation to a row and an id there. */
interface Pending {
  readonly layer: TsvLayer
  readonly row: string
  readonly key: string
  readonly to: string
  readonly type: string
  readonly role?: string
  readonly name?: string
  readonly features: Readonly<Record<string, string>>
}

/**
 * Reads WebAnno TSV 3 (INCEpTION user guide, appendix on WebAnno TSV 3.3): spans of tokens and
 * parts of tokens, stacked and empty ones, relations, slots and chains. Offsets are UTF-16. What
 * stands between sentences is not in the file: a line feed is taken for it.
 */
export const readWebAnno: Reader = documentReader((text, file, options) =>
  new TsvReader(file, options).read(text),
)

class TsvReader {
  readonly #file: string
  readonly #options: ReadOptions
  readonly #layers: TsvLayer[] = []
  readonly #open = new Map<string, Open>()
  /** The annotations on each row, by layer; kept where something in the file may refer to them. */
  readonly #onRow = new Map<string, string[]>()
  readonly #pending: Pending[] = []
  /** The number of the row before: of its sentence, its token and its part of it. */
  #last: readonly [number, number, number] = [0, 0, 0]
  readonly #chains = new Map<string, string>()
  readonly #sentences: Sentence[] = []
  /** The sentences as the layout keeps them. */
  readonly #laid: { readonly head: string; readonly rows: string[] }[] = []
  /** Where rows are, kept where relations may end at tokens. */
  readonly #places = new Map<string, readonly [begin: number, end: number]>()
  #joinsTokens = false
  #isReferred = false
  /** The cells of a row that says nothing. */
  #empty = ''
  #id = ''
  /** Where the last sentence ends. */
  #end = 0
  #text: string[] = []
  #line = 0

  constructor(file: string, options: ReadOptions) {
    this.#file = file
    this.#options = options
  }

  #fault(reason: string): InputFault {
    return new InputFault(this.#file, `line ${this.#line}`, reason)
  }

  read(whole: string): Item {
    for (const line of linesOf(whole)) {
      this.#line++
      if (this.#line === 1 && !/^#FORMAT=WebAnno TSV 3[.]\d$/.test(line))
        throw this.#fault('is no WebAnno TSV 3')
      if (line.startsWith('#')) this.#comment(line)
      else if (line !== '') this.#row(line)
    }
    const text = textOfSentences(this.#sentences)
    if (this.#sentences.length > 1) this.#options.losses.note('text-rebuilt', itemRefOf(this.#file))
    const source = { kind: 'text', text } as const
    const regions = this.#regions(new TextIndex(text))
    const relations = this.#relations(regions)
    const webanno_layout = this.#layout()
    return {
      item_ref: itemRefOf(this.#file),
      source,
      ...(webanno_layout === undefined ? {} : { meta: { webanno_layout } }),
      annotation: annotationFrom(source, this.#options, {
        regions: [...regions.values()],
        relations,
      }),
    }
  }

  #layout(): Json | undefined {
    if (this.#laid.length === 0) return undefined
    const layers = this.#layers.map(({ line }) => line)
    const numbers = [...this.#open.values()].flatMap(({ id, number }) =>
      number === undefined ? [] : [`${id}=${number}`],
    )
    const sentences = this.#laid.map(({ head, rows }) => head + rows.join(' '))
    return layoutJson(layers, numbers, sentences)
  }

  #comment(line: string): void {
    const layer = line.startsWith('#T_') ? layerIn(line.slice(3)) : undefined
    if (layer !== undefined) {
      this.#layers.push(layer)
      this.#isReferred ||= layer.columns.some(({ kind }) => kind === 'base' || kind === 'target')
      this.#empty += '_\t'.repeat(layer.columns.length)
      this.#joinsTokens ||= layer.columns.some(
        (column) => column.kind === 'base' && isTokenType(column.type),
      )
    } else if (line.startsWith('#Sentence.id=')) this.#id = line.slice(13)
    else if (line.startsWith('#Text=')) this.#text.push(unescapeTsv(line.slice(6)))
  }

  #row(line: string): void {
    const [first, second, third] = tabsIn(line)
    const row = line.slice(0, first)
    this.#follow(row)
    const place = line.slice(first + 1, second)
    const dash = place.indexOf('-')
    const begin = wholeIn(place, 0, dash)
    const end = wholeIn(place, dash + 1, place.length)
    if (begin === undefined || end === undefined || end < begin)
      throw this.#fault('has no offsets, or reversed ones')
    if (this.#text.length > 0) this.#sentence(begin, line.slice(second + 1, third))
    this.#laid.at(-1)?.rows.push(row.includes('.') ? `.${place}` : place)
    if (this.#joinsTokens) this.#places.set(row, [begin, end])
    // Most rows say nothing.
    const cells = line.slice(third + 1)
    if (cells !== this.#empty) this.#cells(cells.split('\t'), row, begin, end)
  }

  /** Begins the sentence whose text has been read, with its first token. */
  #sentence(begin: number, token: string): void {
    const text = this.#text.join('\n')
    const at = Math.max(0, text.indexOf(unescapeTsv(token)))
    const sentence = { begin: Math.max(begin - at, this.#end), text }
    this.#sentences.push(sentence)
    this.#end = sentence.begin + text.length
    this.#laid.push({ head: `${this.#id}\t${sentence.begin}-${this.#end}\t`, rows: [] })
    this.#id = ''
    this.#text = []
  }

  #cells(cells: readonly string[], row: string, begin: number, end: number): void {
    let next = 0
    for (const layer of this.#layers) {
      const last = next + layer.columns.length
      let isEmpty = true
      for (let at = next; at < last; at++)
        if (cells[at] !== '_' && (cells[at] ?? '') !== '') isEmpty = false
      if (!isEmpty) this.#layer(layer, cells.slice(next, last), row, begin, end)
      next = last
    }
  }

  /** Takes the number of a row, which comes after those of all rows before. */
  #follow(row: string): void {
    const dash = row.indexOf('-')
    const point = row.indexOf('.')
    const sentence = wholeIn(row, 0, dash)
    const token = wholeIn(row, dash + 1, point < 0 ? row.length : point)
    const part = point < 0 ? 0 : wholeIn(row, point + 1, row.length)
    if (sentence === undefined || token === undefined || part === undefined)
      throw this.#fault('is neither a row nor a comment')
    const [ofSentence, ofToken, ofPart] = this.#last
    const isAfter =
      sentence > ofSentence ||
      (sentence === ofSentence && (token > ofToken || (token === ofToken && part > ofPart)))
    if (!isAfter) throw this.#fault(`has the number ${row} a second time, or out of order`)
    this.#last = [sentence, token, part]
  }

  #layer(layer: TsvLayer, cells: readonly string[], row: string, begin: number, end: number): void {
    const columns = layer.columns.map((column, place) => ({
      column,
      values: splitPlain(cells[place] ?? '_', '|'),
    }))
    const count = Math.max(...columns.map(({ values }) => values.length))
    for (let each = 0; each < count; each++) {
      const cells = columns.map(({ column, values }) => ({ column, value: values[each] ?? '_' }))
      const features: Record<string, string> = {}
      let number: string | undefined
      for (const { column, value } of cells) {
        if (column.kind !== 'feature') continue
        const [, plain = '', id] = /^(.*?)(?:\[(\d+)\])?$/s.exec(value) ?? []
        number ??= id
        if (plain !== '*' && plain !== '_' && column.name !== '')
          features[column.name] = unescapeTsv(plain)
      }
      if (layer.kind === 'RL') this.#relation(layer, cells, features, row)
      else {
        const link = layer.kind === 'CH' ? linkOf(features) : undefined
        const own = number === undefined ? `${row}/${each}` : `[${number}]`
        const key = `${layer.type} ${link?.place ?? own}`
        if (link !== undefined) this.#chains.set(link.place, key)
        const said = link?.features ?? features
        this.#annotate(key, row, {
          layer,
          begin,
          end,
          features: said,
          number: link?.place ?? number,
        })
        this.#slots(layer, cells, key, row)
      }
    }
  }

  #annotate(key: string, row: string, found: Omit<Open, 'id'>): void {
    const known = this.#open.get(key)
    if (known === undefined) this.#open.set(key, { ...found, id: `a${this.#open.size + 1}` })
    else {
      known.begin = Math.min(known.begin, found.begin)
      known.end = Math.max(known.end, found.end)
    }
    if (this.#isReferred) addTo(this.#onRow, `${row} ${found.layer.type}`, key)
  }

  #relation(
    layer: TsvLayer,
    said: readonly { column: Column; value: string }[],
    features: Record<string, string>,
    row: string,
  ): void {
    for (const { column, value } of said)
      if (column.kind === 'base' && value !== '_' && value !== '*')
        this.#pending.push({ layer, row, key: '', to: value, type: column.type, features })
  }

  #slots(
    layer: TsvLayer,
    said: readonly { column: Column; value: string }[],
    key: string,
    row: string,
  ): void {
    for (const [place, { column, value }] of said.entries()) {
      const next = said[place + 1]
      if (column.kind !== 'role' || next?.column.kind !== 'target' || next.value === '_') continue
      const roles = splitPlain(value, ';')
      for (const [each, to] of splitPlain(next.value, ';').entries()) {
        const role = unescapeTsv((roles[each] ?? '*').replace(/\[\d+\]$/, ''))
        this.#pending.push({
          layer,
          row,
          key,
          to,
          type: next.column.type,
          role,
          name: column.name,
          features: {},
        })
      }
    }
  }

  #regions(index: TextIndex): Map<string, Region> {
    const regions = new Map<string, Region>()
    for (const [key, { layer, id, begin, end, features }] of this.#open)
      regions.set(key, regionOf(id, layer.type, features, this.#place(index, begin, end)))
    for (const { row, to, type } of this.#pending)
      for (const name of [row, to]) this.#token(name, type, index, regions)
    return regions
  }

  /** A token is a region where a relation ends at it. */
  #token(row: string, type: string, index: TextIndex, regions: Map<string, Region>): void {
    const place = this.#places.get(row)
    const key = `${row} ${type}`
    if (place === undefined || !isTokenType(type) || this.#onRow.has(key)) return
    addTo(this.#onRow, key, key)
    regions.set(key, regionOf(`t${row}`, type, {}, this.#place(index, ...place)))
  }

  /** Offsets in UTF-16 as a place in code points. */
  #place(index: TextIndex, begin: number, end: number): [number, number] {
    const from = index.convert(begin, 'utf16', 'codePoint')
    const to = index.convert(end, 'utf16', 'codePoint')
    if (from !== undefined && to !== undefined) return [from, to]
    const reason = 'end past the text or inside a character'
    throw new InputFault(this.#file, `offsets ${begin}-${end}`, reason)
  }

  /** The annotation of a layer on a row: the one with this id, else the only one. */
  #at(row: string, type: string, id: string | undefined): string | undefined {
    const types = type === 'uima.tcas.Annotation' ? this.#layers.map((layer) => layer.type) : [type]
    const keys = types.flatMap((each) => this.#onRow.get(`${row} ${each}`) ?? [])
    return id === undefined || id === '0' ? keys[0] : keys.find((key) => key.endsWith(` [${id}]`))
  }

  #relations(regions: ReadonlyMap<string, Region>): Relation[] {
    const relations: Relation[] = []
    for (const { layer, row, key, to, type, role, name, features } of this.#pending) {
      const [, target = '', one, other] = /^([\d.-]+)(?:\[(\d+)(?:_(\d+))?\])?$/.exec(to) ?? []
      const near = regions.get(role === undefined ? (this.#at(row, type, other) ?? '') : key)
      const far = regions.get(this.#at(target, type, one) ?? '')
      if (near === undefined || far === undefined)
        this.#options.losses.note('relations', `${this.#file}, ${row}`)
      else if (role === undefined) relations.push(relationOf(layer.type, features, far.id, near.id))
      else
        relations.push({
          type: role === '*' ? (name ?? '') : role,
          from: near.id,
          to: far.id,
          attributes: { link: name ?? '' },
        })
    }
    for (const [place, key] of this.#chains) {
      const [chain, element] = place.split('-')
      const next = regions.get(this.#chains.get(`${chain ?? ''}-${Number(element) + 1}`) ?? '')
      const from = regions.get(key)
      if (next !== undefined && from !== undefined)
        relations.push({ type: 'next', from: from.id, to: next.id })
    }
    return relations
  }
}

/** Where the first three tabs of a line are; its end where there are fewer. */
function tabsIn(line: string): [number, number, number] {
  const after = (at: number) => {
    const found = line.indexOf('\t', at)
    return found < 0 ? line.length : found
  }
  const first = after(0)
  const second = after(first + 1)
  return [first, second, after(second + 1)]
}

/** The whole number in a stretch of a text that is digits and nothing else. */
function wholeIn(text: string, from: number, to: number): number | undefined {
  if (to <= from || to - from > 15) return undefined
  let value = 0
  for (let at = from; at < to; at++) {
    const digit = text.charCodeAt(at) - 0x30
    if (digit < 0 || digit > 9) return undefined
    value = value * 10 + digit
  }
  return value
}

/** An element of a chain: `relation->chain-element` takes the place of its relation. */
function linkOf({ referenceRelation = '', ...rest }: Readonly<Record<string, string>>) {
  const [, relation, place] = /^(.*)->(\d+-\d+)$/s.exec(referenceRelation) ?? []
  if (relation === undefined || place === undefined) return undefined
  return {
    place,
    features: relation === '*' ? rest : { ...rest, referenceRelation: relation },
  }
}
