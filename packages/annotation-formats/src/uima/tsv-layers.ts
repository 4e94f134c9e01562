import { addTo } from '../groups.ts'
import {
  isTokenType,
  type LayerRelation,
  type LayerSpan,
  relationLayer,
  valueFeature,
} from './layers.ts'

/** A layer of the header and the columns that it takes. */
export interface TsvLayer {
  readonly kind: 'SP' | 'RL' | 'CH'
  readonly type: string
  readonly columns: readonly Column[]
  /** Its line in the header, without `#T_`. */
  readonly line: string
}
export type Column =
  | { readonly kind: 'feature'; readonly name: string }
  | { readonly kind: 'role'; readonly name: string }
  | { readonly kind: 'target'; readonly type: string }
  | { readonly kind: 'base'; readonly type: string }

/** The layer that a line of the header names, without `#T_`; undefined for any other line. */
export function layerIn(line: string): TsvLayer | undefined {
  const [, kind, text = ''] = /^(SP|RL|CH)=([^]*)$/.exec(line) ?? []
  if (kind !== 'SP' && kind !== 'RL' && kind !== 'CH') return undefined
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
  return { kind, type, columns, line }
}

function layersIn(lines: readonly string[]): TsvLayer[] {
  return lines.flatMap((line) => layerIn(line) ?? [])
}

/** What is to stand in layers. */
export interface InLayers {
  readonly spans: readonly LayerSpan[]
  readonly relations: readonly LayerRelation[]
  /** Where an element stands in its chain, such as `2-1`: the first of the second. */
  readonly chained: ReadonlyMap<LayerSpan, string>
}

/** The layers of a header where they hold all that is to stand in them; else the layers that it needs. */
export function layersFor(all: InLayers, header: readonly string[]): TsvLayer[] {
  const laid = layersIn(header)
  const isLaid =
    all.spans.every((span) => laid.some((layer) => holdsSpan(layer, span))) &&
    all.relations.every(
      (each) =>
        isNext(each, laid) ||
        laid.some((layer) => holdsRelation(layer, each) || slotOf(layer, each) !== undefined),
    ) &&
    laid.every((layer) => layer.kind !== 'CH' || fillsChains(layer, all))
  return isLaid ? laid : layersIn(linesFor(all))
}

function linesFor({ spans, relations }: InLayers): string[] {
  const slots = slotColumns(relations)
  const hosts = new Set(relations.filter(isSlotLike).map(({ from }) => from))
  const joined = relations.filter((each) => each.from.type === each.to.type && !isSlotLike(each))
  const joining = joined.map((each) => ({ ...each, type: `${each.type}|${each.from.type}` }))
  // Without a column of its own, a span without a slot would not be seen.
  const isSeen = (type: string) => spans.every((span) => span.type !== type || hosts.has(span))
  return [
    ...[...featuresByType(spans)].map(([type, names]) => {
      const own = names.length === 0 && isSeen(type) ? [] : [names.join('|')]
      return `SP=${[type, ...own, ...(slots.get(type) ?? [])].join('|')}`
    }),
    ...[...featuresByType(joining)].map(([key, names]) => {
      const [type = '', base = ''] = key.split('|')
      return `RL=${[type, ...names, `BT_${base}`].join('|')}`
    }),
  ]
}

/** True for a relation that is a slot of its first region, as in a file where it came from. */
function isSlotLike({ features }: LayerRelation): boolean {
  const link = features['link']
  return (
    typeof link === 'string' &&
    /^[A-Za-z][A-Za-z0-9]*$/.test(link) &&
    Object.keys(features).every((name) => name === 'link' || name === valueFeature)
  )
}

/** The columns of slots by the types that have them: for each, its role and what it points to. */
function slotColumns(relations: readonly LayerRelation[]): Map<string, string[]> {
  const targets = new Map<string, Map<string, Set<string>>>()
  for (const { from, to, features } of relations.filter(isSlotLike)) {
    const roles = targets.get(from.type) ?? new Map<string, Set<string>>()
    const link = String(features['link'])
    roles.set(link, (roles.get(link) ?? new Set()).add(to.type))
    targets.set(from.type, roles)
  }
  const columns = new Map<string, string[]>()
  for (const [type, roles] of targets)
    for (const [link, [only = '', ...more]] of roles) {
      const name = `${link.charAt(0).toUpperCase()}${link.slice(1)}Link`
      const target = more.length === 0 ? only : 'uima.tcas.Annotation'
      addTo(columns, type, `ROLE_${type}:${link}_${type}${name}|${target}`)
    }
  return columns
}

/** Regions that are tokens, and nothing but the end of relations: their rows say it all. */
export function bareTokens(relations: readonly LayerRelation[]): Set<LayerSpan> {
  const joined = relations.filter(({ from, to }) => isTokenType(from.type) && from.type === to.type)
  const ends = joined.flatMap(({ from, to }) => [from, to])
  return new Set(ends.filter(({ features }) => Object.keys(features).length === 0))
}

function holdsSpan({ kind, type, columns }: TsvLayer, span: LayerSpan): boolean {
  return kind !== 'RL' && type === span.type && holdsAll(columns, span.features)
}

/** True for a layer of relations that can hold this one. */
export function holdsRelation({ kind, type, columns }: TsvLayer, relation: LayerRelation): boolean {
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

function holdsAll(columns: readonly Column[], features: LayerSpan['features']): boolean {
  return Object.keys(features).every((name) =>
    columns.some((column) => column.kind === 'feature' && column.name === name),
  )
}

/** The column of a span's layer that a relation fills as a slot, if it does. */
export function slotOf({ kind, type, columns }: TsvLayer, { from, to, features }: LayerRelation) {
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

/** True for a relation that a layer of chains says by the places of its elements. */
export function isNext(
  { type, features, from, to }: LayerRelation,
  layers: readonly TsvLayer[],
): boolean {
  return (
    type === relationLayer &&
    features[valueFeature] === 'next' &&
    Object.keys(features).length === 1 &&
    from.type === to.type &&
    layers.some((layer) => layer.kind === 'CH' && layer.type === from.type)
  )
}

/** True when the places in the chains of a layer say what its relations say. */
function fillsChains(layer: TsvLayer, { spans, relations, chained }: InLayers): boolean {
  const elements = spans.filter(({ type }) => type === layer.type)
  const places = new Set(elements.map((span) => chained.get(span)))
  const pairs = new Set<string>()
  for (const place of places) {
    const next = following(place)
    if (next !== undefined && places.has(next)) pairs.add(`${place ?? ''} ${next}`)
  }
  const nexts = relations
    .filter((each) => isNext(each, [layer]))
    .map(({ from, to }) => `${chained.get(from) ?? ''} ${chained.get(to) ?? ''}`)
  return (
    !places.has(undefined) &&
    places.size === elements.length &&
    nexts.length === pairs.size &&
    nexts.every((pair) => pairs.delete(pair))
  )
}

function following(place: string | undefined): string | undefined {
  const [chain, element] = place?.split('-') ?? []
  return chain === undefined ? undefined : `${chain}-${Number(element) + 1}`
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
