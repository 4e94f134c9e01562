import type { Item, Region, Relation, Value } from '../model.ts'
import { isObject, isTorn } from '../checked.ts'
import { type Loss, Losses } from '../losses.ts'
import { itemRefOf } from '../names.ts'
import { TextIndex } from '../offsets.ts'
import { InputFault, type ReadOptions } from '../reading.ts'
import { annotationFrom } from '../spans-json.ts'
import { casLayoutJson, type Form } from './cas-layout.ts'
import { type Features, isTokenType, regionOf, relationOf } from './layers.ts'

/** A feature structure of a CAS, whatever file it came from. References are ids of others. */
export interface Structure {
  readonly id: string
  readonly type: string
  readonly begin?: number
  readonly end?: number
  readonly sofa?: string
  readonly features: Features
  readonly references: Readonly<Record<string, readonly string[]>>
  /** True where the file says more of it. */
  readonly more?: true
}

/** A CAS as a file holds it: the text of its first view that has one, and all structures. */
export interface Cas {
  readonly text: string | undefined
  /** The id of that view's text. */
  readonly sofa: string
  readonly structures: readonly Structure[]
}

const frame =
  /^uima[.]tcas[.]DocumentAnnotation$|[.]DocumentMetaData$|[.]segmentation[.]type[.]Sentence$|[.]TagsetDescription$|[.]LayerDefinition$|[.]FeatureDefinition$/

/** True for types that divide the text or describe the document; what they say is not annotation. */
export function isFrame(type: string): boolean {
  return isTokenType(type) || frame.test(type)
}

/**
 * The item that a CAS holds: annotations with a place become regions, structures that join two of
 * them by `Governor` and `Dependent` relations, other references from one region to another
 * relations named after the feature or the role of the link. Offsets are UTF-16 code units. The file
 * itself is kept beside the annotation, as its layout.
 */
export function itemOfCas(
  form: Form,
  whole: string,
  cas: Cas,
  file: string,
  options: ReadOptions,
): Item {
  const { left, ...said } = saidOfCas(cas, file)
  const uima_layout = casLayoutJson(form, whole, cas.text, left.length > 0)
  if (uima_layout === undefined) options.losses.add(left)
  const source = { kind: 'text', text: cas.text ?? '' } as const
  return {
    item_ref: itemRefOf(file),
    source,
    ...(uima_layout === undefined ? {} : { meta: { uima_layout } }),
    annotation: annotationFrom(source, options, said),
  }
}

/** What a CAS says in our model, and what of it the model has no place for. */
export interface SaidOfCas {
  readonly regions: readonly Region[]
  readonly relations: readonly Relation[]
  readonly left: readonly Loss[]
}

/** What a CAS says of its text. What has no place in the text is a fault of the file. */
export function saidOfCas({ text = '', sofa, structures }: Cas, file: string): SaidOfCas {
  const losses = new Losses()
  const here = structures.filter((each) => each.sofa === undefined || each.sofa === sofa)
  if (here.length < structures.length || structures.some(({ more }) => more === true))
    losses.note('unknown', file)
  const said = new CasReader(text, file, losses).read(here)
  return { ...said, left: losses.list() }
}

class CasReader {
  readonly #index: TextIndex
  readonly #file: string
  readonly #losses: Losses
  readonly #byId = new Map<string, Structure>()
  readonly #regions = new Map<string, Region>()
  readonly #relations: Relation[] = []

  constructor(text: string, file: string, losses: Losses) {
    if (isTorn(text))
      throw new InputFault(file, '', 'has a text that holds half of a surrogate pair')
    this.#index = new TextIndex(text)
    this.#file = file
    this.#losses = losses
  }

  read(structures: readonly Structure[]): Pick<SaidOfCas, 'regions' | 'relations'> {
    for (const each of structures) {
      if (this.#byId.has(each.id))
        throw new InputFault(this.#file, `id ${each.id}`, 'is given a second time')
      this.#byId.set(each.id, each)
    }
    const said = structures.filter(({ type }) => !isFrame(type))
    for (const each of said) if (!isJoining(each)) this.#region(each)
    for (const each of said) if (isJoining(each)) this.#joined(each)
    for (const each of said) if (this.#regions.has(each.id)) this.#links(each)
    return { regions: [...this.#regions.values()], relations: this.#relations }
  }

  #region({ id, type, begin, end, features }: Structure): void {
    if (begin === undefined || end === undefined) return
    if (end < begin) throw new InputFault(this.#file, `id ${id}`, 'ends before it begins')
    const [from, to] = [begin, end].map((at) => this.#index.convert(at, 'utf16', 'codePoint'))
    if (from === undefined || to === undefined)
      throw new InputFault(this.#file, `id ${id}`, 'ends past the text or inside a character')
    this.#regions.set(id, regionOf(id, type, features, [from, to]))
  }

  /** True when the structure is a region, or a token, which is one where something points to it. */
  #isRegion(id: string): boolean {
    const token = this.#byId.get(id)
    if (!this.#regions.has(id) && token !== undefined && isTokenType(token.type)) {
      if (Object.keys(token.features).length > 0) this.#noteLeft('unknown', id)
      this.#region({ ...token, features: {} })
    }
    return this.#regions.has(id)
  }

  #noteLeft(code: 'relations' | 'unknown', id: string): void {
    this.#losses.note(code, `${this.#file}, id ${id}`)
  }

  #joined({ id, type, features, references }: Structure): void {
    const [from = '', to = ''] = [references['Governor']?.[0], references['Dependent']?.[0]]
    if (this.#isRegion(from) && this.#isRegion(to))
      this.#relations.push(relationOf(type, features, from, to))
    else this.#noteLeft('relations', id)
  }

  /** Other references: straight to a region, or by link structures with a role and a target. */
  #links(from: Structure): void {
    for (const [name, targets] of Object.entries(from.references))
      for (const target of targets) {
        const link = this.#byId.get(target)
        const end = link?.references['target']?.[0]
        const role = link?.features['role']
        if (this.#isRegion(target)) this.#relations.push({ type: name, from: from.id, to: target })
        else if (end !== undefined && this.#isRegion(end))
          this.#relations.push({
            type: typeof role === 'string' ? role : name,
            from: from.id,
            to: end,
            attributes: { link: name },
          })
        else this.#noteLeft('unknown', from.id)
      }
  }
}

function isJoining({ references }: Structure): boolean {
  return 'Governor' in references && 'Dependent' in references
}

/** Whole numbers and other plain things that a member of a JSON object may hold. */
export function plainValue(value: unknown): Value | undefined {
  if (typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number' && Number.isFinite(value)) return value
  return undefined
}

/** An object of a parsed file, or a fault that names what it should have been. */
export function objectIn(value: unknown, what: string, file: string): Record<string, unknown> {
  if (!isObject(value)) throw new InputFault(file, '', `has no ${what}`)
  return value
}
