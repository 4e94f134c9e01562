import type { Item, Region, Relation, Value } from '../model.ts'
import { isObject, isTorn } from '../checked.ts'
import type { Losses } from '../losses.ts'
import { itemRefOf } from '../names.ts'
import { TextIndex } from '../offsets.ts'
import { InputFault, type ReadOptions } from '../reading.ts'
import { annotationFrom } from '../spans-json.ts'
import { type Features, Layers, regionOf, relationOf } from './layers.ts'

/** A feature structure of a CAS, whatever file it came from. References are ids of others. */
export interface Structure {
  readonly id: string
  readonly type: string
  readonly begin?: number
  readonly end?: number
  readonly sofa?: string
  readonly features: Features
  readonly references: Readonly<Record<string, readonly string[]>>
}

/** Types that divide the text or describe the document; what they say is not annotation. */
const frame =
  /^uima[.]tcas[.]DocumentAnnotation$|[.]DocumentMetaData$|[.]segmentation[.]type[.](Token|Sentence)$|[.]TagsetDescription$|[.]LayerDefinition$|[.]FeatureDefinition$/

/**
 * The item that a CAS holds: annotations with a place become regions, structures that join two of
 * them by `Governor` and `Dependent` relations, other references from one region to another
 * relations named after the feature or the role of the link. Offsets are UTF-16 code units.
 */
export function itemOfCas(
  text: string,
  sofa: string,
  structures: readonly Structure[],
  file: string,
  options: ReadOptions,
): Item {
  const reader = new CasReader(text, file, options)
  const here = structures.filter((each) => each.sofa === undefined || each.sofa === sofa)
  if (here.length < structures.length) options.losses.note('unknown', file)
  return reader.item(here)
}

class CasReader {
  readonly #text: string
  readonly #index: TextIndex
  readonly #file: string
  readonly #options: ReadOptions
  readonly #regions = new Map<string, Region>()
  readonly #relations: Relation[] = []

  constructor(text: string, file: string, options: ReadOptions) {
    if (isTorn(text))
      throw new InputFault(file, '', 'has a text that holds half of a surrogate pair')
    this.#text = text
    this.#index = new TextIndex(text)
    this.#file = file
    this.#options = options
  }

  item(structures: readonly Structure[]): Item {
    const byId = new Map<string, Structure>()
    for (const each of structures) {
      if (byId.has(each.id))
        throw new InputFault(this.#file, `id ${each.id}`, 'is given a second time')
      byId.set(each.id, each)
    }
    const joining = structures.filter(
      ({ references }) => 'Governor' in references && 'Dependent' in references,
    )
    for (const each of structures) if (!joining.includes(each)) this.#region(each)
    for (const each of joining) this.#joined(each)
    for (const each of structures) if (this.#regions.has(each.id)) this.#links(each, byId)
    const source = { kind: 'text', text: this.#text } as const
    const said = { regions: [...this.#regions.values()], relations: this.#relations }
    return {
      item_ref: itemRefOf(this.#file),
      source,
      annotation: annotationFrom(source, this.#options, said),
    }
  }

  #region({ id, type, begin, end, features }: Structure): void {
    if (begin === undefined || end === undefined || frame.test(type)) return
    if (end < begin) throw new InputFault(this.#file, `id ${id}`, 'ends before it begins')
    const [from, to] = [begin, end].map((at) => this.#index.convert(at, 'utf16', 'codePoint'))
    if (from === undefined || to === undefined)
      throw new InputFault(this.#file, `id ${id}`, 'ends past the text or inside a character')
    this.#regions.set(id, regionOf(id, type, features, [from, to]))
  }

  #joined({ id, type, features, references }: Structure): void {
    const [from = '', to = ''] = [references['Governor']?.[0], references['Dependent']?.[0]]
    if (this.#regions.has(from) && this.#regions.has(to))
      this.#relations.push(relationOf(type, features, from, to))
    else this.#options.losses.note('relations', `${this.#file}, id ${id}`)
  }

  /** Other references: straight to a region, or by link structures with a role and a target. */
  #links(from: Structure, byId: ReadonlyMap<string, Structure>): void {
    for (const [name, targets] of Object.entries(from.references))
      for (const target of targets) {
        const link = byId.get(target)
        const end = link?.references['target']?.[0]
        const role = link?.features['role']
        if (this.#regions.has(target))
          this.#relations.push({ type: name, from: from.id, to: target })
        else if (end !== undefined && this.#regions.has(end))
          this.#relations.push({
            type: typeof role === 'string' ? role : name,
            from: from.id,
            to: end,
            attributes: { link: name },
          })
        else this.#options.losses.note('unknown', `${this.#file}, id ${from.id}`)
      }
  }
}

/** A CAS to be written: every structure with its features, offsets in UTF-16. */
export interface WrittenCas {
  readonly text: string
  readonly structures: readonly (Structure & { readonly begin: number; readonly end: number })[]
}

/** The CAS that stands for an item, ids from 2 (1 is the text). Undefined for what is no text. */
export function casOf(item: Item, losses: Losses): WrittenCas | undefined {
  if (item.source.kind !== 'text') {
    losses.note('kind', item.item_ref)
    return undefined
  }
  const { text } = item.source
  const index = new TextIndex(text)
  const layers = new Layers(item, losses)
  const at = (place: number) => index.convert(place, 'codePoint', 'utf16') ?? 0
  const ids = new Map(layers.spans.map((span, place) => [span, String(place + 2)]))
  const spans = layers.spans.map((span) => ({
    id: ids.get(span) ?? '',
    type: span.type,
    begin: at(span.from),
    end: at(span.to),
    features: span.features,
    references: {},
  }))
  const relations = layers.relations.map(({ type, features, from, to }, place) => ({
    id: String(spans.length + place + 2),
    type,
    begin: at(to.from),
    end: at(to.to),
    features,
    references: { Governor: [ids.get(from) ?? ''], Dependent: [ids.get(to) ?? ''] },
  }))
  return { text, structures: [...spans, ...relations] }
}

/** The UIMA type that can hold a value. */
export function rangeOf(value: Value | undefined): string {
  if (typeof value === 'boolean') return 'uima.cas.Boolean'
  if (typeof value !== 'number') return 'uima.cas.String'
  return Number.isInteger(value) && Math.abs(value) < 2 ** 31
    ? 'uima.cas.Integer'
    : 'uima.cas.Double'
}

/** Whole numbers and other plain things that a member of a JSON object may hold. */
export function plainValue(value: unknown): Value | undefined {
  if (typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number' && Number.isFinite(value)) return value
  return undefined
}

/** Types with the features that structures use, each with the range that holds all of its values. */
export function typesOf(structures: readonly Structure[]): Map<string, Map<string, string>> {
  const types = new Map<string, Map<string, string>>()
  for (const { type, features, references } of structures) {
    const known = types.get(type) ?? new Map<string, string>()
    for (const [name, value] of Object.entries(features)) {
      const range = rangeOf(value)
      known.set(name, known.has(name) && known.get(name) !== range ? 'uima.cas.String' : range)
    }
    for (const name of Object.keys(references)) known.set(name, 'uima.tcas.Annotation')
    types.set(type, known)
  }
  return types
}

/** An object of a parsed file, or a fault that names what it should have been. */
export function objectIn(value: unknown, what: string, file: string): Record<string, unknown> {
  if (!isObject(value)) throw new InputFault(file, '', `has no ${what}`)
  return value
}
