import { documentWriter } from './documents.ts'
import type { Item, Region, Relation, Value } from './model.ts'
import { addTo } from './groups.ts'
import { noteUncarried } from './leftovers.ts'
import type { Losses } from './losses.ts'
import { fileNameOf, itemRefOf, Names } from './names.ts'
import { TextIndex } from './offsets.ts'
import { ItemRefs } from './item-refs.ts'
import {
  attemptReading,
  InputFault,
  type InputFiles,
  type Reader,
  type ReadOptions,
} from './reading.ts'
import { readWhole } from './bytes.ts'
import { linesOf } from './records.ts'
import { annotationFrom } from './spans-json.ts'
import { textOf } from './values.ts'
import type { Writer } from './writing.ts'

/** Attributes by which our model holds what brat has a line of its own for. */
const note = 'note'
const reference = 'reference'
const event = 'event'

/**
 * Reads a folder of brat standoff (brat.nlplab.org/standoff.html): a `.txt` and a `.ann` of one
 * name for each item, offsets in code points. Events become relations of their trigger with the
 * attribute `event`, equivalences relations in both directions, notes and references attributes.
 */
export const readBrat: Reader = async function* (input, options) {
  const refs = new ItemRefs()
  const names = new Set(input.names)
  for (const name of input.names) {
    if (!name.endsWith('.txt')) continue
    const item = await attemptReading(options, () => readPair(name, names, input, options))
    const fault = (reason: string) => new InputFault(name, '', reason)
    if (item !== undefined && refs.take(item, options, fault)) yield item
  }
}

async function readPair(
  name: string,
  names: ReadonlySet<string>,
  input: InputFiles,
  options: ReadOptions,
): Promise<Item> {
  const source = { kind: 'text', text: await readWhole(input.open(name), name) } as const
  const item_ref = itemRefOf(name)
  const ann = `${name.slice(0, -4)}.ann`
  if (!names.has(ann)) return { item_ref, source }
  const lines = await readWhole(input.open(ann), ann)
  const said = new AnnReader(source.text, ann).read(lines, options, item_ref)
  return { item_ref, source, annotation: annotationFrom(source, options, said) }
}

class AnnReader {
  readonly #index: TextIndex
  readonly #file: string
  readonly #regions = new Map<string, Region & { attributes: Record<string, Value> }>()
  /** The trigger of each event, so that what is about the event is about its trigger. */
  readonly #triggers = new Map<string, string>()
  readonly #relations: Relation[] = []
  readonly #ids = new Set<string>()
  #line = 0

  constructor(text: string, file: string) {
    this.#index = new TextIndex(text)
    this.#file = file
  }

  #fault(reason: string): InputFault {
    return new InputFault(this.#file, `line ${this.#line}`, reason)
  }

  read(text: string, { losses }: ReadOptions, item_ref: string) {
    const lines = linesOf(text).map((line, place) => ({ line, number: place + 1 }))
    const rank = (line: string) => ('T' === line[0] ? 0 : 'E' === line[0] ? 1 : 2)
    // Lines may name what stands below them; regions first, then triggers, then the rest.
    for (const { line, number } of lines.sort((a, b) => rank(a.line) - rank(b.line))) {
      this.#line = number
      if (line !== '' && !this.#take(line)) losses.note('unknown', `${item_ref}, line ${number}`)
    }
    return { regions: this.#finished(), relations: this.#relations }
  }

  /** The regions, without members that hold nothing. */
  #finished(): Region[] {
    return [...this.#regions.values()].map(({ attributes, ...region }) =>
      Object.keys(attributes).length === 0 ? region : { ...region, attributes },
    )
  }

  /** Takes in one line; false when it says something that the model has no place for. */
  #take(line: string): boolean {
    const [id = '', body = '', rest = ''] = line.split('\t')
    if (id !== '*' && this.#ids.has(id)) throw this.#fault(`has the id ${id} a second time`)
    this.#ids.add(id)
    const [type = '', ...more] = body.split(' ')
    switch (id[0]) {
      case 'T':
        this.#region(id, type, body.slice(type.length + 1))
        return true
      case 'E':
        this.#event(
          id,
          body.split(' ').filter((each) => each !== ''),
        )
        return true
      case 'R':
        this.#relation(type, more)
        return true
      case '*':
        for (const [place, other] of more.entries())
          if (place > 0) this.#join(type, more[place - 1] ?? '', other, { both: true })
        return true
      case 'A':
      case 'M':
        return this.#attribute(
          more[0] ?? '',
          type,
          more.length > 1 ? more.slice(1).join(' ') : true,
        )
      case 'N':
        return this.#attribute(more[0] ?? '', reference, [more.slice(1).join(' '), rest])
      case '#':
        return type === 'AnnotatorNotes' && this.#attribute(more[0] ?? '', note, rest)
      default:
        throw this.#fault('begins with an id that brat does not know')
    }
  }

  #region(id: string, label: string, places: string): void {
    const text = places.split(';').map((piece): [number, number] => {
      const [, from, to] = /^(\d+) (\d+)$/.exec(piece) ?? []
      if (from === undefined || to === undefined) throw this.#fault('has no offsets')
      if (Number(to) < Number(from)) throw this.#fault(`ends at ${to}, before it begins at ${from}`)
      if (Number(to) > this.#index.length('codePoint'))
        throw this.#fault('ends past the end of the text')
      return [Number(from), Number(to)]
    })
    text.sort(([a], [b]) => a - b)
    if (text.some(([from], place) => from < (text[place - 1]?.[1] ?? 0)))
      throw this.#fault('has pieces that overlap')
    if (label === '') throw this.#fault('has no type')
    this.#regions.set(id, { id, anchor: { text }, label, attributes: {} })
  }

  #event(id: string, [trigger = '', ...roles]: string[]): void {
    const at = trigger.slice(trigger.indexOf(':') + 1)
    if (!this.#regions.has(at)) throw this.#fault(`has a trigger ${at} that is not there`)
    this.#triggers.set(id, at)
    for (const role of roles) {
      const [type = '', target = ''] = role.split(':')
      this.#join(type, id, target, { attributes: { [event]: id } })
    }
  }

  #relation(type: string, ends: readonly string[]): void {
    const [from = '', to = ''] = ends.map((end) => end.slice(end.indexOf(':') + 1))
    this.#join(type, from, to, {})
  }

  #join(type: string, one: string, other: string, more: Partial<Relation>): void {
    const from = this.#triggers.get(one) ?? one
    const to = this.#triggers.get(other) ?? other
    if (!this.#regions.has(from) || !this.#regions.has(to))
      throw this.#fault('names a region that is not there')
    this.#relations.push({ type, from, to, ...more })
  }

  #attribute(id: string, name: string, value: Value): boolean {
    const region = this.#regions.get(this.#triggers.get(id) ?? id)
    if (region === undefined) return false
    if (Object.hasOwn(region.attributes, name)) return false
    region.attributes = { ...region.attributes, [name]: value }
    return true
  }
}

/**
 * Writes a folder of brat standoff: a `.txt` with the exact text and a `.ann` for each item. Names
 * are changed to what brat allows; answers, transcripts and relations in both directions other than
 * `Equiv` are lost.
 */
export const writeBrat: Writer = documentWriter(({ out, losses }) => {
  const names = new Names(/[^\s:;]/u, losses)
  return {
    write(item) {
      const { item_ref, source } = item
      if (source.kind !== 'text') {
        losses.note('kind', item_ref)
        return false
      }
      noteUncarried(item, losses, ['attributes', 'relations', 'both-directions', 'unlabelled'])
      const name = fileNameOf(item_ref, losses)
      out(`${name}.txt`, source.text)
      const lines = new AnnWriter(item, source.text, names, losses).lines()
      if (item.annotation !== undefined)
        out(`${name}.ann`, lines.map((line) => `${line}\n`).join(''))
      return true
    },
  }
})

class AnnWriter {
  readonly #item: Item
  readonly #index: TextIndex
  readonly #names: Names
  readonly #losses: Losses
  readonly #ids = new Map<string, string>()
  readonly #counts = new Map<string, number>()
  readonly #lines: string[] = []

  constructor(item: Item, text: string, names: Names, losses: Losses) {
    this.#item = item
    this.#index = new TextIndex(text)
    this.#names = names
    this.#losses = losses
  }

  #next(sign: string): string {
    const count = (this.#counts.get(sign) ?? 0) + 1
    this.#counts.set(sign, count)
    return `${sign}${count}`
  }

  #place(id: string): string {
    return `${this.#item.item_ref}/${id}`
  }

  lines(): string[] {
    const { regions = [], relations = [] } = this.#item.annotation ?? {}
    for (const region of regions) this.#region(region)
    const events = new Map<string, Relation[]>()
    for (const relation of relations) {
      const of = relation.attributes?.[event]
      if (typeof of !== 'string') this.#relation(relation)
      else addTo(events, of, relation)
    }
    for (const roles of events.values()) this.#event(roles, regions)
    for (const region of regions) this.#attributes(region)
    return this.#lines
  }

  #region({ id, anchor, label }: Region): void {
    if (label === undefined) return
    if (!('text' in anchor)) this.#losses.note('kind', this.#place(id))
    else if (anchor.text.some(([from, to]) => from === to))
      this.#losses.note('empty-region', this.#place(id))
    else {
      const written = this.#next('T')
      this.#ids.set(id, written)
      const places = anchor.text.map((piece) => piece.join(' ')).join(';')
      const text = anchor.text.map(([from, to]) => this.#index.slice(from, to)).join(' ')
      const type = this.#names.of(label, this.#place(id))
      this.#lines.push(`${written}\t${type} ${places}\t${text.replaceAll(/[\t\r\n]/g, ' ')}`)
    }
  }

  #relation({ type, from, to, both = false, attributes = {} }: Relation): void {
    const [one, other] = [this.#ids.get(from), this.#ids.get(to)]
    const name = this.#names.of(type, this.#item.item_ref)
    if (one === undefined || other === undefined) this.#losses.note('relations', this.#place(from))
    else if (both && name === 'Equiv') this.#lines.push(`*\tEquiv ${one} ${other}`)
    else {
      if (both) this.#losses.note('both-directions', this.#place(from))
      if (Object.keys(attributes).length > 0) this.#losses.note('attributes', this.#place(from))
      this.#lines.push(`${this.#next('R')}\t${name} Arg1:${one} Arg2:${other}`)
    }
  }

  #event(roles: readonly Relation[], regions: readonly Region[]): void {
    const [first] = roles
    const trigger = regions.find(({ id }) => id === first?.from)
    const at = this.#ids.get(trigger?.id ?? '')
    if (
      trigger?.label === undefined ||
      at === undefined ||
      roles.some(({ from }) => from !== trigger.id)
    ) {
      for (const role of roles) this.#relation(role)
      return
    }
    const written = roles.map(
      ({ type, to }) => `${this.#names.of(type, this.#place(to))}:${this.#ids.get(to) ?? ''}`,
    )
    if (written.some((role) => role.endsWith(':')))
      this.#losses.note('relations', this.#place(trigger.id))
    const kept = written.filter((role) => !role.endsWith(':'))
    const type = this.#names.of(trigger.label, this.#place(trigger.id))
    this.#lines.push(`${this.#next('E')}\t${[`${type}:${at}`, ...kept].join(' ')}`)
    if (
      roles.some(({ attributes = {}, both = false }) => both || Object.keys(attributes).length > 1)
    )
      this.#losses.note('attributes', this.#place(trigger.id))
  }

  #attributes({ id, attributes = {} }: Region): void {
    const at = this.#ids.get(id)
    for (const [name, value] of Object.entries(attributes)) {
      if (at === undefined) this.#losses.note('attributes', this.#place(id))
      else if (name === note && typeof value === 'string' && isOneLine(value))
        this.#lines.push(`${this.#next('#')}\tAnnotatorNotes ${at}\t${value}`)
      else if (name === reference && isReference(value))
        this.#lines.push(`${this.#next('N')}\tReference ${at} ${value[0]}\t${value[1]}`)
      else this.#attribute(at, name, value, id)
    }
  }

  #attribute(at: string, name: string, value: Value, id: string): void {
    const type = this.#names.of(name, this.#place(id))
    if (value === true) {
      this.#lines.push(`${this.#next('A')}\t${type} ${at}`)
      return
    }
    const text = textOf(value)
    const written = text.replaceAll(/[\t\r\n]/g, ' ')
    if (
      typeof value !== 'string' ||
      written !== text ||
      text === '' ||
      [note, reference].includes(name)
    )
      this.#losses.note('values', this.#place(id))
    this.#lines.push(`${this.#next('A')}\t${type} ${at} ${written}`)
  }
}

function isOneLine(text: string): boolean {
  return !/[\t\r\n]/.test(text)
}

function isReference(value: Value): value is readonly [string, string] {
  if (!Array.isArray(value) || value.length !== 2) return false
  const parts: readonly unknown[] = value
  return (
    parts.every((part) => typeof part === 'string' && isOneLine(part)) &&
    !/^$|\s/.test(String(parts[0]))
  )
}
