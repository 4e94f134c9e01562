import type { Item, Value } from '../model.ts'
import type { Losses } from '../losses.ts'
import { TextIndex } from '../offsets.ts'
import { InputFault } from '../reading.ts'
import { sameAnnotation } from '../same.ts'
import { type Cas, isFrame, type SaidOfCas, saidOfCas, type Structure } from './cas.ts'
import { casLayoutOf, type Form } from './cas-layout.ts'
import { type JsonTypes, parseCasJson } from './json-read.ts'
import { Layers, type LayerSpan } from './layers.ts'
import { parseXmi } from './xmi-read.ts'

/** A CAS to be written: every structure with its features, offsets in UTF-16. */
export interface WrittenCas {
  readonly text: string
  readonly structures: readonly Structure[]
  /** Types as the file declared them that the item was read from. */
  readonly types: JsonTypes
  /** That file itself, where it still says what the item says. */
  readonly file?: string
}

/** The CAS in the file that an item was read from. */
interface KeptCas extends Cas {
  readonly types?: JsonTypes
  readonly form: Form
  readonly file: string
  /** True where it still says what the item says. */
  readonly isWhole: boolean
}

function keptCas(item: Item): KeptCas | undefined {
  const layout = casLayoutOf(item)
  if (layout === undefined) return undefined
  const { form, file } = layout
  try {
    const cas = form === 'json' ? parseCasJson(file, '') : parseXmi(file, '')
    const isWhole = saysTheSame(saidOfCas(cas, ''), item)
    return { ...layout, ...cas, isWhole }
  } catch (error) {
    // What stands there is no file that was read.
    if (error instanceof InputFault) return undefined
    throw error
  }
}

function saysTheSame({ regions, relations }: SaidOfCas, { annotation }: Item): boolean {
  const { regions: others = [], relations: joined = [] } = annotation ?? {}
  return sameAnnotation(
    { schema: '', regions, relations },
    { schema: '', regions: others, relations: joined },
  )
}

/**
 * The CAS that stands for an item: the file that it was read from where that says the same; else
 * structures for all that is said, and beside them that file's tokens, sentences and details of the
 * document. Ids are from 2 (1 is the text). Undefined for what is no text.
 */
export function casOf(form: Form, item: Item, losses: Losses): WrittenCas | undefined {
  if (item.source.kind !== 'text') {
    losses.note('kind', item.item_ref)
    return undefined
  }
  const { text } = item.source
  const kept = keptCas(item)
  const isWhole = kept?.form === form && kept.isWhole
  const layers = new Layers(item, losses, isWhole)
  const types = kept?.types ?? {}
  if (isWhole) return { text, structures: kept.structures, types, file: kept.file }
  return { text, structures: structuresOf(layers, text, framesOf(kept)), types }
}

/** Tokens, sentences and details of the document that a file holds of its first text. */
function framesOf(kept: KeptCas | undefined): Structure[] {
  return (kept?.structures ?? []).filter(
    ({ type, sofa }) => isFrame(type) && (sofa === undefined || sofa === kept?.sofa),
  )
}

function structuresOf(layers: Layers, text: string, frames: readonly Structure[]): Structure[] {
  const index = new TextIndex(text)
  const at = (place: number) => index.convert(place, 'codePoint', 'utf16') ?? 0
  const framed = new Map(frames.map((each) => [each.id, each]))
  // A token to which something points is a region and a token of the frame.
  const isFramed = ({ region, type, from, to }: LayerSpan) => {
    const frame = framed.get(region.id)
    return frame?.type === type && frame.begin === at(from) && frame.end === at(to)
  }
  const own = layers.spans.filter((span) => !isFramed(span))
  let last = 1
  const ids = new Map(own.map((span) => [span, String(++last)]))
  const byOldId = new Map<string, string>()
  for (const span of own)
    if (!byOldId.has(span.region.id)) byOldId.set(span.region.id, ids.get(span) ?? '')
  for (const { id } of frames) byOldId.set(id, String(++last))
  const idOf = (span: LayerSpan) => ids.get(span) ?? byOldId.get(span.region.id) ?? ''
  const spans = own.map((span) => ({
    id: idOf(span),
    type: span.type,
    begin: at(span.from),
    end: at(span.to),
    features: span.features,
    references: {},
  }))
  const relations = layers.relations.map(({ type, features, from, to }) => ({
    id: String(++last),
    type,
    begin: at(to.from),
    end: at(to.to),
    features,
    references: { Governor: [idOf(from)], Dependent: [idOf(to)] },
  }))
  const framing = frames.map((each) => ({
    ...each,
    id: byOldId.get(each.id) ?? '',
    references: renamed(each.references, byOldId),
  }))
  return [...framing, ...spans, ...relations]
}

/** References by their new ids, without those to what is there no more. */
function renamed(
  references: Structure['references'],
  ids: ReadonlyMap<string, string>,
): Structure['references'] {
  const all = Object.entries(references).map(
    ([name, each]) => [name, each.flatMap((id) => ids.get(id) ?? [])] as const,
  )
  return Object.fromEntries(all.filter(([, each]) => each.length > 0))
}

/** The UIMA type that can hold a value. */
export function rangeOf(value: Value | undefined): string {
  if (typeof value === 'boolean') return 'uima.cas.Boolean'
  if (typeof value !== 'number') return 'uima.cas.String'
  return Number.isInteger(value) && Math.abs(value) < 2 ** 31
    ? 'uima.cas.Integer'
    : 'uima.cas.Double'
}

/** A type as its structures need it: its features, each with the range that holds all of its values. */
export interface UsedType {
  readonly parent: string
  readonly features: Map<string, string>
}

/** The types of structures, but for those that every program knows. */
export function typesOf(structures: readonly Structure[]): Map<string, UsedType> {
  const types = new Map<string, UsedType>()
  for (const structure of structures) {
    const { type, features, references } = structure
    if (type.startsWith('uima.')) continue
    const known = types.get(type) ?? { parent: parentOf(structure), features: new Map() }
    const widen = (name: string, range: string, wider: string) =>
      known.features.set(name, (known.features.get(name) ?? range) === range ? range : wider)
    for (const [name, value] of Object.entries(features))
      widen(name, rangeOf(value), 'uima.cas.String')
    for (const [name, { length }] of Object.entries(references))
      widen(name, length > 1 ? 'uima.cas.FSArray' : 'uima.tcas.Annotation', 'uima.cas.FSArray')
    types.set(type, known)
  }
  return types
}

/** The type that another adds to. */
function parentOf({ type, begin }: Structure): string {
  if (type.endsWith('.DocumentMetaData')) return 'uima.tcas.DocumentAnnotation'
  return begin === undefined ? 'uima.cas.TOP' : 'uima.tcas.Annotation'
}
