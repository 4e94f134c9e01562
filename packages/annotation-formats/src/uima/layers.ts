import type { Item, Region, Relation, Value } from '../model.ts'
import { noteUncarried } from '../leftovers.ts'
import type { Losses } from '../losses.ts'
import { Names } from '../names.ts'
import { textOf } from '../values.ts'

/*
 * How our model lies in UIMA's layers, for WebAnno TSV and both forms of a CAS. A region whose label
 * is the name of a type (`de.example.NamedEntity`) is an annotation of that type, its attributes are
 * the features. Any other label is the feature `value` of our own span layer. The same holds for
 * relations and their layer.
 */

export const spanLayer = 'webanno.custom.Span'
export const relationLayer = 'webanno.custom.Relation'
export const valueFeature = 'value'

/** True for a type name with its package, such as `webanno.custom.Span`. */
export function isTypeName(name: string): boolean {
  return /^[A-Za-z_]\w*([.][A-Za-z_]\w*)+$/.test(name)
}

/** True for the type of tokens, which are regions only where something points to them. */
export function isTokenType(type: string): boolean {
  return /[.]segmentation[.]type[.]Token$/.test(type)
}

export type Features = Readonly<Record<string, Value>>

/** What a layer and its features say as a label and attributes. */
export function labelOf(
  type: string,
  features: Features,
  own: string,
): { label: string; attributes: Features } {
  const { [valueFeature]: value, ...rest } = features
  return type === own && typeof value === 'string' && value !== '' && !isTypeName(value)
    ? { label: value, attributes: rest }
    : { label: type, attributes: features }
}

/** A region of an annotation in the CAS; `at` in code points. */
export function regionOf(
  id: string,
  type: string,
  features: Features,
  at: readonly [number, number],
): Region {
  const { label, attributes } = labelOf(type, features, spanLayer)
  const some = Object.keys(attributes).length > 0
  return { id, anchor: { text: [at] }, label, ...(some ? { attributes } : {}) }
}

/** A relation of the CAS between two regions. */
export function relationOf(type: string, features: Features, from: string, to: string): Relation {
  const { label, attributes } = labelOf(type, features, relationLayer)
  const some = Object.keys(attributes).length > 0
  return { type: label, from, to, ...(some ? { attributes } : {}) }
}

/** An annotation as a layer holds it, in code points. */
export interface LayerSpan {
  readonly region: Region
  readonly type: string
  readonly features: Readonly<Record<string, string | number | boolean>>
  readonly from: number
  readonly to: number
}

export interface LayerRelation {
  readonly type: string
  readonly features: Readonly<Record<string, string | number | boolean>>
  readonly from: LayerSpan
  readonly to: LayerSpan
}

/** The layers of an item's annotation, and a note of everything that they do not hold. */
export class Layers {
  readonly spans: LayerSpan[] = []
  readonly relations: LayerRelation[] = []
  readonly #losses: Losses
  readonly #names: Names

  /** `whole`: what is written holds all that the file said that the item was read from. */
  constructor(item: Item, losses: Losses, whole = false) {
    this.#losses = losses
    this.#names = new Names(/[A-Za-z0-9_]/, losses)
    const left = whole ? (['unknown'] as const) : []
    noteUncarried(item, losses, ['attributes', 'relations', 'unlabelled', ...left])
    const byId = new Map<string, LayerSpan>()
    for (const region of item.annotation?.regions ?? [])
      for (const [number, span] of this.#spansOf(
        region,
        `${item.item_ref}/${region.id}`,
      ).entries()) {
        this.spans.push(span)
        if (number === 0) byId.set(region.id, span)
      }
    for (const relation of item.annotation?.relations ?? [])
      this.#relation(relation, byId, item.item_ref)
  }

  #spansOf(region: Region, place: string): LayerSpan[] {
    const { anchor, label, attributes = {} } = region
    if (!('text' in anchor)) this.#losses.note('kind', place)
    if (!('text' in anchor) || label === undefined) return []
    if (anchor.text.length > 1) this.#losses.note('discontinuous-split', place)
    const { type, features } = this.#layer(label, attributes, spanLayer, place)
    return anchor.text.map(([from, to]) => ({ region, type, features, from, to }))
  }

  #layer(label: string, attributes: Features, own: string, place: string) {
    const isType = isTypeName(label)
    const features: [string, string | number | boolean][] = isType ? [] : [[valueFeature, label]]
    for (const [name, value] of Object.entries(attributes)) {
      const given = /^[A-Za-z_]\w*$/.test(name) ? name : `f_${this.#names.of(name, place)}`
      if (given !== name || reserved.includes(name) || (!isType && name === valueFeature))
        this.#losses.note('names', place)
      if (reserved.includes(given) || features.some(([known]) => known === given)) continue
      if (typeof value === 'object' || value === '') this.#losses.note('values', place)
      features.push([given, typeof value === 'object' ? textOf(value) : value])
    }
    return { type: isType ? label : own, features: Object.fromEntries(features) }
  }

  #relation(
    { type: label, from, to, both, attributes = {} }: Relation,
    byId: ReadonlyMap<string, LayerSpan>,
    place: string,
  ): void {
    const [one, other] = [byId.get(from), byId.get(to)]
    if (one === undefined || other === undefined) {
      this.#losses.note('relations', place)
      return
    }
    if (both === true || label === '') this.#losses.note('values', place)
    const { type, features } = this.#layer(label, attributes, relationLayer, place)
    this.relations.push({ type, features, from: one, to: other })
  }
}

/** Features that every annotation or relation has already. */
const reserved = ['begin', 'end', 'sofa', 'Governor', 'Dependent', 'id']
