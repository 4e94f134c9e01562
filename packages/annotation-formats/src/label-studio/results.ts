import type { Anchor, Region, Relation, Source, Value } from '../model.ts'
import { isObject, isTorn } from '../checked.ts'
import type { Losses } from '../losses.ts'
import type { TextIndex } from '../offsets.ts'
import { isBetweenSamples, samplesOf } from '../seconds.ts'
import { type Control, resultType, type Role } from './controls.ts'

/** What the results of one annotation say. */
export interface ReadResults {
  readonly regions: Region[]
  readonly relations: Relation[]
  readonly answers: Record<string, Value> | undefined
}

interface OpenRegion {
  readonly id: string
  anchor: Anchor
  labels: string[]
  tier?: string
  readonly attributes: [string, Value][]
  readonly transcripts: [string, string][]
}

/** Where a result is from, for faults and losses. */
export interface ResultContext {
  readonly source: Source
  /** The offsets of the text, where the source is one. */
  readonly index: TextIndex | undefined
  readonly controls: ReadonlyMap<string, Control>
  readonly losses: Losses
  readonly place: string
  fault(reason: string): Error
}

/** Reads the results of one annotation or prediction. A result out of place is a fault of the record. */
export function readResults(results: readonly unknown[], context: ResultContext): ReadResults {
  const reader = new ResultsReader(context)
  for (const result of results) reader.add(result)
  return reader.finish()
}

const tierNames = /^(tiers?|speakers?|spk)$/i

class ResultsReader {
  readonly #context: ResultContext
  readonly #index: TextIndex | undefined
  readonly #regions = new Map<string, OpenRegion>()
  readonly #relations: Relation[] = []
  readonly #answers: [string, Value][] = []

  constructor(context: ResultContext) {
    this.#context = context
    this.#index = context.index
  }

  add(result: unknown): void {
    if (!isObject(result)) throw this.#context.fault('has a result that is no object')
    if (result['type'] === 'relation') {
      this.#relation(result)
      return
    }
    const { type, from_name: from, value } = result
    if (typeof type !== 'string' || typeof from !== 'string' || !isObject(value))
      throw this.#context.fault('has a result without type, from_name or value')
    if (isPlaced(value)) this.#place(result, type, from, value)
    else this.#answers.push([this.#nameOf(from), this.#said(from, type, value)])
  }

  #nameOf(from: string): string {
    return this.#context.controls.get(from)?.fills ?? from
  }

  #relation({ from_id, to_id, direction, labels }: Record<string, unknown>): void {
    if (typeof from_id !== 'string' || typeof to_id !== 'string')
      throw this.#context.fault('has a relation without from_id or to_id')
    const types = stringsIn(labels)
    const [from, to] = direction === 'left' ? [to_id, from_id] : [from_id, to_id]
    for (const type of types.length === 0 ? [''] : types)
      this.#relations.push({ type, from, to, ...(direction === 'bi' ? { both: true } : {}) })
  }

  #place(
    result: Record<string, unknown>,
    type: string,
    from: string,
    value: Record<string, unknown>,
  ): void {
    const id = typeof result['id'] === 'string' && result['id'] !== '' ? result['id'] : undefined
    const known = id === undefined ? undefined : this.#regions.get(id)
    const region = known ?? this.#open(id ?? `region-${this.#regions.size + 1}`, result, value)
    if (region === undefined) return
    const role = this.#roleOf(from, type)
    if (role === 'tier') {
      const [tier] = stringsIn(value['labels'])
      if (tier !== undefined) region.tier = tier
    } else if (role === 'label') region.labels.push(...stringsIn(value[type]))
    else if (role === 'transcript')
      region.transcripts.push([this.#nameOf(from), textsIn(value['text']).join('\n')])
    else region.attributes.push([this.#nameOf(from), this.#said(from, type, value)])
  }

  /** What a control says, where no configuration tells: by its type and name. */
  #roleOf(from: string, type: string): Role {
    const known = this.#context.controls.get(from)?.role
    if (known !== undefined) return known
    if (type.endsWith('labels'))
      return this.#context.source.kind === 'audio' && tierNames.test(from) ? 'tier' : 'label'
    return type === 'textarea' ? 'transcript' : 'attribute'
  }

  #open(id: string, result: Record<string, unknown>, value: Record<string, unknown>) {
    const anchor = this.#anchor(result, value, id)
    if (anchor === undefined) return undefined
    const region: OpenRegion = { id, anchor, labels: [], attributes: [], transcripts: [] }
    this.#regions.set(id, region)
    return region
  }

  #anchor(
    result: Record<string, unknown>,
    value: Record<string, unknown>,
    id: string,
  ): Anchor | undefined {
    const { source, losses, place } = this.#context
    if (this.#index !== undefined && typeof value['start'] === 'number')
      return this.#textAnchor(this.#index, value)
    if (source.kind === 'audio' && typeof value['start'] === 'number') {
      const { start, end } = value
      if (typeof end !== 'number' || start < 0 || !(end >= start))
        throw this.#context.fault('has a region that ends before it begins')
      if (isBetweenSamples(start, source.rate) || isBetweenSamples(end, source.rate))
        losses.note('times', `${place}/${id}`)
      return { audio: { from: samplesOf(start, source.rate), to: samplesOf(end, source.rate) } }
    }
    if (source.kind === 'image') return this.#imageAnchor(result, value, `${place}/${id}`)
    losses.note('unknown', `${place}/${id}`)
    return undefined
  }

  #textAnchor(index: TextIndex, { start, end, text }: Record<string, unknown>): Anchor {
    if (typeof start !== 'number' || typeof end !== 'number' || end < start)
      throw this.#context.fault('has a region that ends before it begins')
    const from = index.convert(start, 'codePoint', 'codePoint')
    const to = index.convert(end, 'codePoint', 'codePoint')
    // Exports from before October 2021 count UTF-16; where only that agrees with the text, it is one.
    if (typeof text === 'string' && text !== '' && index.slice(start, end) !== text) {
      const from16 = index.convert(start, 'utf16', 'codePoint')
      const to16 = index.convert(end, 'utf16', 'codePoint')
      if (from16 !== undefined && to16 !== undefined && index.slice(from16, to16) === text)
        return { text: [[from16, to16]] }
    }
    if (from === undefined || to === undefined)
      throw this.#context.fault('has a region that ends past the end of the text')
    return { text: [[from, to]] }
  }

  #imageAnchor(
    result: Record<string, unknown>,
    value: Record<string, unknown>,
    place: string,
  ): Anchor | undefined {
    const { source, losses } = this.#context
    const known = source.kind === 'image' ? source : undefined
    const width = sizeIn(result['original_width']) ?? known?.width
    const height = sizeIn(result['original_height']) ?? known?.height
    if (width === undefined || height === undefined) {
      losses.note('image-size', place)
      return undefined
    }
    const shape = shapeIn(value, width, height)
    if (shape === undefined) losses.note('unknown', place)
    else if ('polygon' in shape && 'rotation' in value) losses.note('rotation', place)
    return shape === undefined ? undefined : { image: shape }
  }

  /** What was answered, in the form that the question asks for. */
  #said(from: string, type: string, value: Record<string, unknown>): Value {
    const control = this.#context.controls.get(from)
    const said = value[control === undefined ? memberOf(type) : resultType(control.tag).member]
    if (type === 'textarea' || type === 'choices' || type.endsWith('labels')) {
      const texts = textsIn(said)
      const [only] = texts
      return control?.multiple !== true && texts.length === 1 && only !== undefined ? only : texts
    }
    if (type === 'taxonomy') {
      const paths = Array.isArray(said) ? said.map(stringsIn) : []
      const [only] = paths
      return control?.multiple === false &&
        only !== undefined &&
        paths.length === 1 &&
        only.length === 1
        ? (only[0] ?? '')
        : paths
    }
    return this.#plain(said)
  }

  #plain(said: unknown): Value {
    if (typeof said === 'string' || typeof said === 'boolean') return said
    if (typeof said === 'number' && Number.isFinite(said)) return said
    if (Array.isArray(said)) return said.map(String)
    if (isObject(said))
      return Object.fromEntries(Object.entries(said).map(([name, each]) => [name, stringsIn(each)]))
    throw this.#context.fault('has an answer without a value')
  }

  finish(): ReadResults {
    const regions: Region[] = []
    for (const { id, anchor, labels, tier, attributes, transcripts } of this.#regions.values()) {
      const placed = tier !== undefined && 'audio' in anchor ? { ...anchor, tier } : anchor
      const region: { -readonly [K in keyof Region]: Region[K] } = { id, anchor: placed }
      const [label] = labels
      if (label !== undefined) region.label = label
      if (attributes.length > 0) region.attributes = Object.fromEntries(attributes)
      if (transcripts.length > 0) region.transcripts = Object.fromEntries(transcripts)
      regions.push(region)
      for (let number = 1; number < labels.length; number++)
        regions.push({
          id: `${id}~label-${number + 1}`,
          anchor: placed,
          label: labels[number] ?? '',
        })
    }
    return { regions, relations: this.#keptRelations(), answers: this.#joinedAnswers() }
  }

  #keptRelations(): Relation[] {
    if (this.#relations.length === 0) return this.#relations
    return this.#relations.filter(({ from, to }) => {
      const kept = this.#regions.has(from) && this.#regions.has(to)
      if (!kept) this.#context.losses.note('relations', this.#context.place)
      return kept
    })
  }

  #joinedAnswers(): Record<string, Value> | undefined {
    if (this.#answers.length === 0) return undefined
    const answers = new Map(this.#answers)
    if (answers.size < this.#answers.length)
      this.#context.losses.note('answers', this.#context.place)
    return Object.fromEntries(answers)
  }
}

function memberOf(type: string): string {
  return type === 'textarea' ? 'text' : type === 'pairwise' ? 'selected' : type
}

/** True when a result's value says where it stands, so that it is about a region. */
function isPlaced(value: Record<string, unknown>): boolean {
  return 'start' in value || 'x' in value || 'points' in value || 'globalOffsets' in value
}

function stringsIn(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : []
}

/** A list of texts, or the one text that older exports write instead. */
function textsIn(value: unknown): string[] {
  return (typeof value === 'string' ? [value] : stringsIn(value)).map((text) =>
    isTorn(text) ? text.replaceAll(/\p{Surrogate}/gu, '\ufffd') : text,
  )
}

function sizeIn(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : undefined
}

/** Percent to pixels, without the noise that dividing by 100 adds. */
function pixels(percent: number, size: number): number {
  return Math.round(percent * size * 1e4) / 1e6
}

function shapeIn(value: Record<string, unknown>, width: number, height: number) {
  const { x, y, width: wide, height: high, rotation = 0, points } = value
  if (Array.isArray(points)) {
    const polygon: [number, number][] = []
    for (const point of points as unknown[]) {
      const [px, py] = Array.isArray(point) ? (point as unknown[]) : []
      if (typeof px !== 'number' || typeof py !== 'number') return undefined
      polygon.push([pixels(px, width), pixels(py, height)])
    }
    return polygon.length === 0 ? undefined : { polygon }
  }
  if (typeof x !== 'number' || typeof y !== 'number' || typeof rotation !== 'number')
    return undefined
  if (typeof wide !== 'number' || typeof high !== 'number') return undefined
  const [left, top] = [pixels(x, width), pixels(y, height)]
  const size = [pixels(wide, width), pixels(high, height)] as const
  if (rotation === 0) return { box: [left, top, ...size] as const }
  return { polygon: rotated(left, top, size[0], size[1], (rotation * Math.PI) / 180) }
}

/** The corners of a box turned clockwise about its top left corner. */
function rotated(left: number, top: number, width: number, height: number, angle: number) {
  const turn = (x: number, y: number): [number, number] => [
    Math.round((left + x * Math.cos(angle) - y * Math.sin(angle)) * 1e6) / 1e6,
    Math.round((top + x * Math.sin(angle) + y * Math.cos(angle)) * 1e6) / 1e6,
  ]
  return [turn(0, 0), turn(width, 0), turn(width, height), turn(0, height)]
}
