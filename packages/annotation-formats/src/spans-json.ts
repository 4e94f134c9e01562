import type { Annotation, Item, Region, Relation, Value } from './model.ts'
import { longestText } from './annotation.ts'
import { isTorn } from './checked.ts'
import { groundOf } from './label-studio/read.ts'
import { metaFrom } from './meta.ts'
import { TextIndex, type Unit } from './offsets.ts'
import { type ReadOptions, schemaNameOf } from './reading.ts'
import { type ObjectRecord } from './records.ts'

/** The text of a record, under one of these names. */
export function textOfRecord({ object, fault }: ObjectRecord, name = 'text'): string {
  const text = object[name]
  if (typeof text !== 'string') throw fault(`has no ${name}`)
  if (text.length > longestText) throw fault(`has a text longer than ${longestText} characters`)
  if (isTorn(text)) throw fault(`has a ${name} that holds half of a surrogate pair`)
  return text
}

/** Reads spans of one text, given in one unit, to regions in code points. */
export class SpanReader {
  readonly #index: TextIndex
  readonly #unit: Unit
  readonly #fault: (reason: string) => Error
  readonly #ids = new Set<string>()

  constructor(text: string, unit: Unit, fault: (reason: string) => Error) {
    this.#index = new TextIndex(text)
    this.#unit = unit
    this.#fault = fault
  }

  /** A place in code points. Reversed places and those past the end or inside a character are faults. */
  anchor(start: unknown, end: unknown): [number, number] {
    if (typeof start !== 'number' || typeof end !== 'number')
      throw this.#fault('has a span without start and end')
    if (end < start)
      throw this.#fault(`has a span that ends at ${end}, before it begins at ${start}`)
    const from = this.#index.convert(start, this.#unit, 'codePoint')
    const to = this.#index.convert(end, this.#unit, 'codePoint')
    if (from === undefined || to === undefined)
      throw this.#fault(
        `has a span from ${start} to ${end} that ends past the text or inside a character`,
      )
    return [from, to]
  }

  region(id: string, start: unknown, end: unknown, label: unknown): Region {
    if (this.#ids.has(id)) throw this.#fault('has two spans with one id')
    this.#ids.add(id)
    const text = [this.anchor(start, end)]
    return { id, anchor: { text }, ...(typeof label === 'string' && label !== '' ? { label } : {}) }
  }
}

/** The label of a relation, or none. */
export function wordOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** One answer where there is one, several as a list. */
export function oneOrMany(values: readonly string[]): Value {
  const [only] = values
  return values.length === 1 && only !== undefined ? only : values
}

/** The members that no format rule has taken up, as further details of the item. */
export function restOf(record: ObjectRecord, taken: readonly string[]): Pick<Item, 'meta'> {
  const rest = Object.keys(record.object).filter((name) => !taken.includes(name))
  return rest.length === 0 ? {} : { meta: metaFrom(rest, record.object, record) }
}

/** The reference of an item: its own, else what a nameless one is called. */
export function refOf({ object, ref }: ObjectRecord): string {
  for (const id of [object['item_ref'], object['id']])
    if (typeof id === 'number' || (typeof id === 'string' && id !== '' && !isTorn(id)))
      return String(id).slice(0, 500)
  return ref
}

/** An annotation of what was read, without empty members. */
export function annotationFrom(
  source: Item['source'],
  options: ReadOptions,
  said: {
    regions?: readonly Region[]
    relations?: readonly Relation[]
    answers?: Record<string, Value>
  },
): Annotation {
  const { regions = [], relations = [], answers = {} } = said
  const ground = groundOf(source, options)
  return {
    schema: schemaNameOf(options),
    ...(ground === undefined ? {} : { source: ground }),
    regions,
    ...(relations.length === 0 ? {} : { relations }),
    ...(Object.keys(answers).length === 0 ? {} : { answers }),
  }
}
