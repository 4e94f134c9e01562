import type { Item, Region, Relation } from '../model.ts'
import { addTo } from '../groups.ts'
import { itemRefOf } from '../names.ts'
import { TextIndex } from '../offsets.ts'
import { documentReader } from '../documents.ts'
import { linesOf } from '../records.ts'
import { InputFault, type Reader, type ReadOptions } from '../reading.ts'
import { annotationFrom } from '../spans-json.ts'
import { regionOf, relationOf } from './layers.ts'
import { type LaidRow, layoutJson } from './layout.ts'

/** A layer of the header and the columns that it takes. */
export interface Layer {
  readonly kind: 'SP' | 'RL' | 'CH'
  readonly type: string
  readonly columns: readonly Column[]
  /** Its line in the header, without `#T_`. */
  readonly line: string
}
type Column =
  | { readonly kind: 'feature'; readonly name: string }
  | { readonly kind: 'role'; readonly name: string }
  | { readonly kind: 'target'; readonly type: string }
  | { readonly kind: 'base'; readonly type: string }

/** An annotation that grows from the rows that it stands on. */
interface Open {
  readonly layer: Layer
  readonly id: string
  begin: number
  end: number
  readonly features: Record<string, string>
}

/** A reference to be followed when all rows are read: from an annotation to a row and an id there. */
interface Pending {
  readonly layer: Layer
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

/** A sentence as the file shows it: its text and where it begins, in UTF-16. */
export interface Sentence {
  readonly begin: number
  readonly text: string
}

/** The text that sentences make: a line feed, then spaces, stand for what is between them. */
export function textOfSentences(sentences: readonly Sentence[]): string {
  let text = ''
  for (const sentence of sentences) {
    const gap = sentence.begin - text.length
    if (gap > 0) text += (text === '' ? ' ' : '\n') + ' '.repeat(gap - 1)
    text += sentence.text
  }
  return text
}

/** Splits where the separator stands without a backslash before it. */
export function splitPlain(text: string, separator: string): string[] {
  if (!text.includes('\\')) return text.split(separator)
  const parts: string[] = []
  let part = ''
  for (let at = 0; at < text.length; at++) {
    const sign = text[at] ?? ''
    if (sign === separator) {
      parts.push(part)
      part = ''
    } else part += sign === '\\' ? sign + (text[++at] ?? '') : sign
  }
  return [...parts, part]
}

export function unescapeTsv(text: string): string {
  if (!text.includes('\\')) return text
  return text.replaceAll(/\\(->|.)/gs, (_, sign: string) =>
    sign === 't' ? '\t' : sign === 'n' ? '\n' : sign === 'r' ? '\r' : sign,
  )
}

class TsvReader {
  readonly #file: string
  readonly #options: ReadOptions
  readonly #layers: Layer[] = []
  readonly #open = new Map<string, Open>()
  /** The annotations on each row, by layer. */
  readonly #onRow = new Map<string, string[]>()
  readonly #pending: Pending[] = []
  /** The number of the row before: of its sentence, its token and its part of it. */
  #last: readonly [number, number, number] = [0, 0, 0]
  readonly #chains = new Map<string, string>()
  readonly #sentences: Sentence[] = []
  readonly #header: string[] = []
  readonly #laid: { id: string; begin: number; end: number; rows: LaidRow[] }[] = []
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
      else if (line !== '') this.#row(line.split('\t'))
    }
    const text = textOfSentences(this.#sentences)
    if (this.#sentences.length > 1) this.#options.losses.note('text-rebuilt', itemRefOf(this.#file))
    const source = { kind: 'text', text } as const
    const regions = this.#regions(text)
    const relations = this.#relations(regions)
    const webanno = layoutJson({ layers: this.#header, sentences: this.#laid })
    return {
      item_ref: itemRefOf(this.#file),
      source,
      ...(this.#laid.length === 0 ? {} : { meta: { webanno } }),
      annotation: annotationFrom(source, this.#options, {
        regions: [...regions.values()],
        relations,
      }),
    }
  }

  #comment(line: string): void {
    const [, kind, layer = ''] = /^#T_(SP|RL|CH)=([^]*)$/.exec(line) ?? []
    if (kind === 'SP' || kind === 'RL' || kind === 'CH') {
      this.#layers.push(layerOf(kind, layer))
      this.#header.push(line.slice(3))
    } else if (line.startsWith('#Sentence.id=')) this.#id = line.slice(13)
    else if (line.startsWith('#Text=')) this.#text.push(unescapeTsv(line.slice(6)))
  }

  #row(columns: readonly string[]): void {
    const [row = '', place = '', token = ''] = columns
    this.#follow(row)
    const [, from, to] = /^(\d+)-(\d+)$/.exec(place) ?? []
    if (from === undefined || to === undefined || Number(to) < Number(from))
      throw this.#fault('has no offsets, or reversed ones')
    const [begin, end] = [Number(from), Number(to)]
    if (this.#text.length > 0) {
      const text = this.#text.join('\n')
      const at = Math.max(0, text.indexOf(unescapeTsv(token)))
      const sentence = { begin: Math.max(begin - at, this.#end), text }
      this.#sentences.push(sentence)
      this.#end = sentence.begin + text.length
      this.#laid.push({ id: this.#id, begin: sentence.begin, end: this.#end, rows: [] })
      this.#id = ''
      this.#text = []
    }
    this.#laid.at(-1)?.rows.push({ from: begin, to: end, isPart: row.includes('.') })
    let next = 3
    for (const layer of this.#layers) {
      const last = next + layer.columns.length
      let isEmpty = true
      for (let at = next; at < last; at++)
        if (columns[at] !== '_' && (columns[at] ?? '') !== '') isEmpty = false
      if (!isEmpty) this.#layer(layer, columns.slice(next, last), row, begin, end)
      next = last
    }
  }

  /** Takes the number of a row, which comes after those of all rows before. */
  #follow(row: string): void {
    const found = /^(\d+)-(\d+)(?:[.](\d+))?$/.exec(row)
    if (found === null) throw this.#fault('is neither a row nor a comment')
    const [sentence, token, part] = [Number(found[1]), Number(found[2]), Number(found[3] ?? 0)]
    const [ofSentence, ofToken, ofPart] = this.#last
    const isAfter =
      sentence > ofSentence ||
      (sentence === ofSentence && (token > ofToken || (token === ofToken && part > ofPart)))
    if (!isAfter) throw this.#fault(`has the number ${row} a second time, or out of order`)
    this.#last = [sentence, token, part]
  }

  #layer(layer: Layer, cells: readonly string[], row: string, begin: number, end: number): void {
    const columns = layer.columns.map((column, place) => ({
      column,
      values: splitPlain(cells[place] ?? '_', '|'),
    }))
    const count = Math.max(...columns.map(({ values }) => values.length))
    for (let each = 0; each < count; each++) {
      const said = columns.map(({ column, values }) => ({ column, value: values[each] ?? '_' }))
      const features: Record<string, string> = {}
      let number: string | undefined
      for (const { column, value } of said) {
        if (column.kind !== 'feature') continue
        const [, plain = '', id] = /^(.*?)(?:\[(\d+)\])?$/s.exec(value) ?? []
        number ??= id
        if (plain !== '*' && plain !== '_' && column.name !== '')
          features[column.name] = unescapeTsv(plain)
      }
      if (layer.kind === 'RL') this.#relation(layer, said, features, row)
      else {
        const link = layer.kind === 'CH' ? linkOf(features) : undefined
        const own = number === undefined ? `${row}/${each}` : `[${number}]`
        const key = `${layer.type} ${link?.place ?? own}`
        if (link !== undefined) this.#chains.set(link.place, key)
        this.#annotate(layer, key, row, begin, end, link?.features ?? features)
        this.#slots(layer, said, key, row)
      }
    }
  }

  #annotate(
    layer: Layer,
    key: string,
    row: string,
    begin: number,
    end: number,
    features: Record<string, string>,
  ): void {
    const known = this.#open.get(key)
    if (known === undefined)
      this.#open.set(key, { layer, id: `a${this.#open.size + 1}`, begin, end, features })
    else {
      known.begin = Math.min(known.begin, begin)
      known.end = Math.max(known.end, end)
    }
    const at = `${row} ${layer.type}`
    addTo(this.#onRow, at, key)
  }

  #relation(
    layer: Layer,
    said: readonly { column: Column; value: string }[],
    features: Record<string, string>,
    row: string,
  ): void {
    for (const { column, value } of said)
      if (column.kind === 'base' && value !== '_' && value !== '*')
        this.#pending.push({ layer, row, key: '', to: value, type: column.type, features })
  }

  #slots(
    layer: Layer,
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

  #regions(text: string): Map<string, Region> {
    const index = new TextIndex(text)
    const regions = new Map<string, Region>()
    for (const [key, { layer, id, begin, end, features }] of this.#open) {
      const [from, to] = [begin, end].map((at) => index.convert(at, 'utf16', 'codePoint'))
      if (from === undefined || to === undefined)
        throw new InputFault(
          this.#file,
          `offsets ${begin}-${end}`,
          'end past the text or inside a character',
        )
      regions.set(key, regionOf(id, layer.type, features, [from, to]))
    }
    return regions
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

/** An element of a chain: `relation->chain-element` takes the place of its relation. */
function linkOf(features: Readonly<Record<string, string>>) {
  const { referenceRelation = '', ...rest } = features
  const [, relation = '*', place = referenceRelation] =
    /^(.*)->(\d+-\d+)$/s.exec(referenceRelation) ?? []
  return { place, features: relation === '*' ? rest : { ...rest, referenceRelation: relation } }
}

/** A layer from its line in the header. */
export function layerOf(kind: Layer['kind'], text: string): Layer {
  const [type = '', ...names] = text.split('|')
  const columns: Column[] = []
  for (let at = 0; at < names.length; at++) {
    const name = names[at] ?? ''
    const [, role] = /^ROLE_[^:]+:([^_]+)_/.exec(name) ?? []
    if (role !== undefined)
      columns.push({ kind: 'role', name: role }, { kind: 'target', type: names[++at] ?? '' })
    else if (name.startsWith('BT_')) columns.push({ kind: 'base', type: name.slice(3) })
    else columns.push({ kind: 'feature', name })
  }
  return { kind, type, columns, line: `${kind}=${text}` }
}
