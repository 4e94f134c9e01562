import type { Anchor, Annotation, ImageShape, Region } from './model.ts'
import { below } from './checked.ts'
import { type LabelSchema, lineage } from './label-schema.ts'
import { codePointsIn } from './offsets.ts'

/** What is known of the thing that was annotated; what is absent is not checked. */
export interface CheckedSource {
  /** The exact text, or its length in code points. */
  readonly text?: string
  readonly codePoints?: number
  /** SHA-256 of the exact text or of the decoded samples, lower-case hex. */
  readonly sha256?: string
  /** Length and rate of a recording. */
  readonly samples?: number
  readonly rate?: number
  /** Size of an image in pixels. */
  readonly width?: number
  readonly height?: number
}

/** Notes what is wrong at a path. */
export type Find = (path: string, message: string) => void

/** Checks where regions stand: in their source, on a tier, in and over one another. */
export function findPlaces(
  schema: LabelSchema,
  annotation: Annotation,
  source: CheckedSource,
  find: Find,
): void {
  const { sha256, rate } = annotation.source ?? {}
  if (sha256 !== undefined && source.sha256 !== undefined && sha256 !== source.sha256)
    find('/source/sha256', 'is the hash of another source than this one')
  if (rate !== undefined && source.rate !== undefined && rate !== source.rate)
    find('/source/rate', `counts ${rate} samples a second; the source has ${source.rate}`)
  const limits = {
    ...source,
    length:
      source.codePoints ?? (source.text === undefined ? undefined : codePointsIn(source.text)),
  }
  const seen = new Set<string>()
  for (const [place, { anchor, label }] of annotation.regions.entries()) {
    const path = below('/regions', place)
    findAnchor(schema, anchor, limits, below(path, 'anchor'), find)
    const said = JSON.stringify([label, anchor])
    if (seen.has(said)) find(path, 'says the same as a region before it')
    seen.add(said)
  }
  findOverlaps(schema, annotation.regions, find)
  findOutsiders(schema, annotation.regions, find)
}

type Limits = CheckedSource & { readonly length: number | undefined }

function findAnchor(
  { kind, discontinuous = true, tiers }: LabelSchema,
  anchor: Anchor,
  { length = Infinity, samples = Infinity, width, height }: Limits,
  path: string,
  find: Find,
): void {
  if (!(kind in anchor)) find(path, `must be an anchor in the ${kind}`)
  else if ('text' in anchor) {
    const end = anchor.text.at(-1)?.[1] ?? 0
    if (anchor.text.some(([from, to]) => from === to)) find(path, 'is empty')
    if (end > length) find(path, `ends at ${end}; the text has ${length} code points`)
    if (!discontinuous && anchor.text.length > 1) find(path, 'must be in one piece')
  } else if ('audio' in anchor) {
    const { from, to } = anchor.audio
    if (from === to) find(path, 'is empty')
    if (to > samples) find(path, `ends at ${to}; the recording has ${samples} samples`)
    findTier(tiers, anchor.tier, path, find)
  } else if (!liesWithin(anchor.image, width, height)) find(path, 'lies outside the image')
}

function findTier(
  tiers: readonly string[] | undefined,
  tier: string | undefined,
  path: string,
  find: Find,
): void {
  if (tier === undefined) {
    if (tiers !== undefined) find(path, 'has no tier')
  } else if (tiers?.includes(tier) !== true) find(below(path, 'tier'), `'${tier}' is no tier here`)
}

function liesWithin(shape: ImageShape, width = Infinity, height = Infinity): boolean {
  if ('polygon' in shape)
    return shape.polygon.every(([x, y]) => x >= 0 && y >= 0 && x <= width && y <= height)
  const [left, top, wide, high] = shape.box
  return left >= 0 && top >= 0 && left + wide <= width && top + high <= height
}

/** A region of text or audio as one stretch. */
interface Stretch {
  readonly place: number
  readonly from: number
  readonly to: number
}

/** From the first to the last of an anchor in text or audio. */
function hull(anchor: Anchor): { from: number; to: number } | undefined {
  if ('audio' in anchor) return anchor.audio
  if (!('text' in anchor)) return undefined
  return { from: anchor.text[0]?.[0] ?? 0, to: anchor.text.at(-1)?.[1] ?? 0 }
}

function findOverlaps({ overlap = 'any' }: LabelSchema, regions: readonly Region[], find: Find) {
  if (overlap === 'any') return
  const tiers = new Map<string, Stretch[]>()
  for (const [place, { anchor }] of regions.entries()) {
    const tier = 'audio' in anchor ? (anchor.tier ?? '') : ''
    const on = tiers.get(tier) ?? []
    if (overlap === 'none' && 'text' in anchor)
      on.push(...anchor.text.map(([from, to]) => ({ place, from, to })))
    else {
      const whole = hull(anchor)
      if (whole !== undefined) on.push({ place, from: whole.from, to: whole.to })
    }
    tiers.set(tier, on)
  }
  for (const stretches of tiers.values())
    for (const [place, other] of overlap === 'none' ? overlaps(stretches) : crossings(stretches))
      find(
        below('/regions', place),
        overlap === 'none' ? `overlaps region ${other}` : `crosses region ${other}`,
      )
}

const inOrder = (a: Stretch, b: Stretch) => a.from - b.from || b.to - a.to

function overlaps(stretches: Stretch[]): [number, number][] {
  const found: [number, number][] = []
  let last: Stretch | undefined
  for (const next of stretches.sort(inOrder)) {
    if (last !== undefined && next.from < last.to && next.place !== last.place)
      found.push([next.place, last.place])
    if (last === undefined || next.to > last.to) last = next
  }
  return found
}

function crossings(stretches: Stretch[]): [number, number][] {
  const found: [number, number][] = []
  const open: Stretch[] = []
  for (const next of stretches.sort(inOrder)) {
    while ((open.at(-1)?.to ?? Infinity) <= next.from) open.pop()
    const around = open.at(-1)
    if (around !== undefined && next.to > around.to) found.push([next.place, around.place])
    else open.push(next)
  }
  return found
}

/** Finds regions that must lie within others and do not. */
function findOutsiders(schema: LabelSchema, regions: readonly Region[], find: Find): void {
  for (const { name, inside } of schema.labels) {
    if (inside === undefined) continue
    const hosts = stretchesWhere(regions, (label) =>
      lineage(schema, label).some((each) => inside.includes(each)),
    )
    const guests = stretchesWhere(regions, (label) => lineage(schema, label).includes(name))
    for (const place of outside(guests, hosts))
      find(below('/regions', place), `must lie within ${inside.join(' or ')}`)
  }
}

function stretchesWhere(regions: readonly Region[], wanted: (label: string) => boolean) {
  const known = new Map<string, boolean>()
  const found: Stretch[] = []
  for (const [place, { label = '', anchor }] of regions.entries()) {
    if (!known.has(label)) known.set(label, wanted(label))
    const whole = known.get(label) === true ? hull(anchor) : undefined
    if (whole !== undefined) found.push({ place, from: whole.from, to: whole.to })
  }
  return found.sort(inOrder)
}

/** The guests that lie in no host other than themselves. Both lists are in order. */
function outside(guests: readonly Stretch[], hosts: readonly Stretch[]): number[] {
  const lost: number[] = []
  let next = 0
  // Of the hosts that have begun, the two that end last: one of them may be the guest itself.
  let longest: Stretch[] = []
  for (const guest of guests) {
    for (
      let host = hosts[next];
      host !== undefined && host.from <= guest.from;
      host = hosts[next]
    ) {
      longest = [...longest, host].sort((a, b) => b.to - a.to).slice(0, 2)
      next++
    }
    if (!longest.some(({ place, to }) => place !== guest.place && to >= guest.to))
      lost.push(guest.place)
  }
  return lost
}
