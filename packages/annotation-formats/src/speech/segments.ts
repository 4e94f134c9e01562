import type { Item, Region, Source, Value } from '../model.ts'
import { noteUncarried, type Feature } from '../leftovers.ts'
import type { LabelSchema } from '../label-schema.ts'
import type { Losses } from '../losses.ts'
import type { InputFault, ReadOptions } from '../reading.ts'
import { isBetweenSamples, microseconds, samplesOf } from '../seconds.ts'
import { annotationFrom } from '../spans-json.ts'
import type { WriteOptions } from '../writing.ts'

/** A stretch of one recording as speech formats know it, in samples. */
export interface Segment {
  readonly id: string
  readonly from: number
  readonly to: number
  readonly speaker?: string
  readonly label?: string
  readonly text?: string
  readonly attributes?: Readonly<Record<string, Value>>
}

/** The transcript layer that formats with one text for a segment mean. */
export function layerOf(schema: LabelSchema | undefined): string {
  return schema?.transcripts?.[0]?.name ?? 'transcript'
}

/** The label that formats without labels mean: the schema's only one. */
export function onlyLabel(schema: LabelSchema | undefined): string | undefined {
  return schema?.labels.length === 1 ? schema.labels[0]?.name : undefined
}

/**
 * The samples per second in which times are read. Where neither the input nor the person says it,
 * they are kept in microseconds and that is noted.
 */
export function rateFor(options: ReadOptions, place: string, said?: number): number {
  const rate = said ?? options.rate
  if (rate === undefined) options.losses.note('rate-assumed', place)
  return rate ?? microseconds
}

/** A time in seconds as the nearest sample; noted where it falls between two. */
export function sampleAt(seconds: number, rate: number, losses: Losses, place: string): number {
  if (isBetweenSamples(seconds, rate)) losses.note('times', place)
  return samplesOf(seconds, rate)
}

/** Seconds from a decimal in text. Only digits, a sign, a point and an exponent are a number. */
export function secondsIn(text: string, fault: (reason: string) => InputFault): number {
  const seconds = /^[-+]?(\d+[.]?\d*|[.]\d+)([eE][-+]?\d{1,3})?$/.test(text)
    ? Number(text)
    : Number.NaN
  if (!Number.isFinite(seconds)) throw fault('has no time where one should be')
  if (seconds < 0 || seconds > 1e8) throw fault('has a time before 0 or after 100,000,000 s')
  return seconds
}

/** The region that a segment is. */
export function regionOf(segment: Segment, schema: LabelSchema | undefined): Region {
  const { id, from, to, speaker, text, attributes = {} } = segment
  const label = segment.label ?? onlyLabel(schema)
  return {
    id,
    anchor: {
      audio: { from, to },
      ...(speaker === undefined || speaker === '' ? {} : { tier: speaker }),
    },
    ...(label === undefined ? {} : { label }),
    ...(Object.keys(attributes).length === 0 ? {} : { attributes }),
    ...(text === undefined ? {} : { transcripts: { [layerOf(schema)]: text } }),
  }
}

/** An annotated recording of segments. */
export function recordingOf(
  item_ref: string,
  source: Source & { kind: 'audio' },
  segments: readonly Segment[],
  options: ReadOptions,
): Item {
  const regions = segments.map((segment) => regionOf(segment, options.schema))
  return { item_ref, source, annotation: annotationFrom(source, options, { regions }) }
}

/** What a format of segments has a place for, beside time. */
export type Kept = 'speaker' | 'text' | 'label' | 'attributes'

/**
 * The segments of an item for a format of speech, and a note of everything that they do not hold.
 * Undefined for what is no recording.
 */
export function segmentsOf(
  item: Item,
  { losses, schema }: WriteOptions,
  kept: readonly Kept[],
): { source: Source & { kind: 'audio' }; segments: Segment[] } | undefined {
  const { source, annotation, item_ref } = item
  if (source.kind !== 'audio') {
    losses.note('kind', item_ref)
    return undefined
  }
  const carried: Feature[] = ['transcripts', 'attributes', 'label-missing']
  if (kept.includes('speaker')) carried.push('tiers')
  noteUncarried(item, losses, carried)
  const segments: Segment[] = []
  for (const region of annotation?.regions ?? []) {
    const place = `${item_ref}/${region.id}`
    if ('audio' in region.anchor) segments.push(segmentOf(region, schema, kept, place, losses))
    else losses.note('kind', place)
  }
  for (const { attributes = {} } of annotation?.relations ?? [])
    if (Object.keys(attributes).length > 0) losses.note('attributes', item_ref)
  return { source, segments }
}

function segmentOf(
  { id, anchor, label, attributes = {}, transcripts = {} }: Region,
  schema: LabelSchema | undefined,
  kept: readonly Kept[],
  place: string,
  losses: Losses,
): Segment {
  const { audio, tier } =
    'audio' in anchor ? anchor : { audio: { from: 0, to: 0 }, tier: undefined }
  const layer = layerOf(schema)
  const text = Object.hasOwn(transcripts, layer) ? transcripts[layer] : undefined
  const others = Object.keys(transcripts).length - (text === undefined ? 0 : 1)
  if (others > 0 || (text !== undefined && !kept.includes('text')))
    losses.note('transcripts', place)
  const meant = label === onlyLabel(schema)
  if (!kept.includes('label') && !meant)
    losses.note(label === undefined ? 'label-missing' : 'labels', place)
  if (!kept.includes('attributes') && Object.keys(attributes).length > 0)
    losses.note('attributes', place)
  return {
    id,
    ...audio,
    ...(tier === undefined ? {} : { speaker: tier }),
    ...(label === undefined ? {} : { label }),
    ...(text === undefined ? {} : { text }),
    ...(Object.keys(attributes).length === 0 ? {} : { attributes }),
  }
}
