import type { AudioAnchor, Region } from '@cloister/annotation-formats'

/** A region of the recording; `from` and `to` are samples of the source, `to` exclusive. */
export interface Segment {
  readonly region: Region
  readonly from: number
  readonly to: number
  readonly tier: string | undefined
}

/** All segments among the regions, by their beginning, then by tier. */
export function segmentsOf(regions: readonly Region[]): Segment[] {
  return regions
    .flatMap((region) => segmentOf(region) ?? [])
    .sort(
      (left, right) => left.from - right.from || (left.tier ?? '').localeCompare(right.tier ?? ''),
    )
}

function segmentOf(region: Region): Segment | undefined {
  if (!('audio' in region.anchor)) return undefined
  const { audio, tier } = region.anchor
  return { region, from: audio.from, to: audio.to, tier }
}

/** Where a segment lies, and whose it is where the schema has tiers. */
export function anchorOf(from: number, to: number, tier: string | undefined): AudioAnchor {
  return { audio: { from, to }, ...(tier === undefined ? {} : { tier }) }
}

/** A segment cut in two; what was written stays with the first half. */
export function halves({ region, from, to, tier }: Segment, at: number): Omit<Region, 'id'>[] {
  return [
    { ...alike(region), anchor: anchorOf(from, at, tier), ...written(region.transcripts) },
    { ...alike(region), anchor: anchorOf(at, to, tier) },
  ]
}

/** Two segments as one; what was written is joined in order. */
export function merged(first: Segment, next: Segment): Omit<Region, 'id'> {
  const { region, from, to, tier } = first
  return {
    ...alike(region),
    anchor: anchorOf(from, Math.max(to, next.to), tier),
    ...written(joined(region.transcripts, next.region.transcripts)),
  }
}

function alike({ label, attributes }: Region): Pick<Region, 'label' | 'attributes'> {
  return {
    ...(label === undefined ? {} : { label }),
    ...(attributes === undefined ? {} : { attributes }),
  }
}

function written(transcripts: Region['transcripts']): Pick<Region, 'transcripts'> {
  return transcripts === undefined ? {} : { transcripts }
}

function joined(
  first: Region['transcripts'],
  second: Region['transcripts'],
): Region['transcripts'] {
  if (first === undefined || second === undefined) return first ?? second
  const layers = new Set([...Object.keys(first), ...Object.keys(second)])
  return Object.fromEntries(
    [...layers].map((layer) => [
      layer,
      [first[layer] ?? '', second[layer] ?? ''].filter((text) => text !== '').join(' '),
    ]),
  )
}
