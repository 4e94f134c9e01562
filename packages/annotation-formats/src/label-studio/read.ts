import type { Annotation, Item, Json, Source } from '../model.ts'
import { isObject, isTorn } from '../checked.ts'
import {
  attemptRecord,
  type ObjectRecord,
  type Reader,
  type ReadOptions,
  readObjects,
  schemaNameOf,
} from '../reading.ts'
import { microseconds } from '../seconds.ts'
import { type Control, type Controls, controlsOf } from './controls.ts'
import { readResults } from './results.ts'

/**
 * Reads Label Studio's JSON export, its import (`{"data": …}` or flat objects) and predictions, as
 * an array or one object a line. Text offsets are code points, or UTF-16 where only that agrees with
 * the text of a region (exports from before October 2021). Names of controls come from the schema
 * or configuration; without one they are taken for what they look like.
 */
export const readLabelStudio: Reader = async function* (input, options) {
  const tasks = new TaskReader(options)
  for await (const record of readObjects(input, options)) {
    const items = attemptRecord(options, () => tasks.items(record))
    for (const item of items ?? []) yield item
  }
}

/** The controls by which results are read and the fields that show an item. */
export function controlsFor(
  options: Pick<ReadOptions, 'schema' | 'controls'>,
): Controls | undefined {
  return options.controls ?? (options.schema === undefined ? undefined : controlsOf(options.schema))
}

/** Turns tasks into items. */
export class TaskReader {
  readonly #options: ReadOptions
  readonly #controls: Controls | undefined
  readonly #byName: ReadonlyMap<string, Control>
  readonly #schema: string

  constructor(options: ReadOptions) {
    this.#options = options
    this.#controls = controlsFor(options)
    this.#byName = new Map(this.#controls?.controls.map((each) => [each.name, each]) ?? [])
    this.#schema = schemaNameOf(options)
  }

  items(record: ObjectRecord): Item[] {
    const { object } = record
    const data = isObject(object['data']) ? object['data'] : flat(object)
    const annotations = objectsIn(object['annotations'] ?? object['completions'], record)
    const predictions = objectsIn(object['predictions'], record)
    const item_ref = itemRef(data, object, record)
    const made = predictions.length === 0 ? annotations : [...annotations, ...predictions]
    const [only] = made
    const results =
      made.length === 1 && only !== undefined ? resultsOf(only) : made.flatMap(resultsOf)
    const shown = { item_ref, results }
    const { source, fields } = readSource(data, this.#controls, shown, this.#options, record)
    if (isObject(object['meta']) && Object.keys(object['meta']).length > 0)
      this.#options.losses.note('meta', item_ref)
    const meta = metaOf(data, fields)
    const base = { item_ref, source, ...(meta === undefined ? {} : { meta }) }
    const items = [
      ...annotations.map((each) => this.#annotated(base, each, record)),
      ...predictions.map((each) => this.#predicted(base, each, record)),
    ]
    return items.length === 0 ? [base] : items
  }

  #annotation(base: Item, made: Record<string, unknown>, record: ObjectRecord): Annotation {
    const { source, item_ref } = base
    const context = {
      source,
      controls: this.#byName,
      losses: this.#options.losses,
      place: item_ref,
    }
    const fault = (reason: string) => record.fault(reason)
    const { regions, relations, answers } = readResults(resultsOf(made), { ...context, fault })
    return {
      schema: this.#schema,
      ...groundOf(source, this.#options),
      regions,
      ...(relations.length === 0 ? {} : { relations }),
      ...(Object.keys(answers).length === 0 ? {} : { answers }),
    }
  }

  #annotated(base: Item, made: Record<string, unknown>, record: ObjectRecord): Item {
    const more: Record<string, Json> = {}
    for (const name of ['lead_time', 'ground_truth'])
      if (typeof made[name] === 'number' || typeof made[name] === 'boolean') more[name] = made[name]
    const by = personOf(made['completed_by'])
    return {
      ...base,
      annotation: this.#annotation(base, made, record),
      ...(by === undefined ? {} : { by }),
      ...madeAt(made),
      ...(made['was_cancelled'] === true ? { turned_down: 'skipped' } : {}),
      ...(Object.keys(more).length === 0 ? {} : { meta: { ...base.meta, label_studio: more } }),
    }
  }

  #predicted(base: Item, made: Record<string, unknown>, record: ObjectRecord): Item {
    const { model_version: model, score } = made
    return {
      ...base,
      annotation: this.#annotation(base, made, record),
      ...madeAt(made),
      prediction: {
        ...(typeof model === 'string' && model !== '' ? { model } : {}),
        ...(typeof score === 'number' && Number.isFinite(score) ? { score } : {}),
      },
    }
  }
}

/** What the anchors of an annotation count in. */
export function groundOf(source: Source, { sha256 }: ReadOptions): Pick<Annotation, 'source'> {
  if (source.kind === 'audio') return { source: { rate: source.rate } }
  return source.kind === 'text' && sha256 !== undefined
    ? { source: { sha256: sha256(source.text) } }
    : {}
}

/** A task that is not wrapped in `data`: everything but what a task has beside its data. */
function flat(object: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const beside = ['annotations', 'completions', 'predictions', 'id', 'meta']
  return Object.fromEntries(Object.entries(object).filter(([name]) => !beside.includes(name)))
}

function objectsIn(value: unknown, record: ObjectRecord): Record<string, unknown>[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value) || !value.every(isObject))
    throw record.fault('has annotations or predictions that are no list of objects')
  return value
}

function resultsOf(made: Readonly<Record<string, unknown>>): unknown[] {
  return Array.isArray(made['result']) ? made['result'] : []
}

function itemRef(
  data: Readonly<Record<string, unknown>>,
  { id }: Readonly<Record<string, unknown>>,
  { number }: ObjectRecord,
): string {
  const given = data['item_ref']
  if (typeof given === 'string' && given !== '' && given.length <= 500 && !isTorn(given))
    return given
  return typeof id === 'number' || (typeof id === 'string' && id !== '')
    ? String(id)
    : String(number)
}

/** A person's number; the e-mail address that some exports hold instead stays behind. */
function personOf(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value)
  return isObject(value) && typeof value['id'] === 'number' ? String(value['id']) : undefined
}

function madeAt({ created_at }: Readonly<Record<string, unknown>>): { made_at?: string } {
  return typeof created_at === 'string' && created_at !== '' ? { made_at: created_at } : {}
}

/** The fields of the data that do not show the item. */
function metaOf(data: Readonly<Record<string, unknown>>, shown: ReadonlySet<string>) {
  const rest = Object.entries(data).filter(([name]) => !shown.has(name))
  // What JSON.parse returned is JSON.
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion
  return rest.length === 0 ? undefined : (Object.fromEntries(rest) as Record<string, Json>)
}

interface ShownTask {
  readonly item_ref: string
  readonly results: readonly unknown[]
}

/** The thing that was annotated, and the fields of the data that it takes up. */
export function readSource(
  data: Readonly<Record<string, unknown>>,
  controls: Controls | undefined,
  { item_ref, results }: ShownTask,
  options: ReadOptions,
  record: ObjectRecord,
): { source: Source; fields: Set<string> } {
  const [first, second] = controls?.objects ?? []
  const kind = controls?.kind ?? guessKind(data, results)
  const own = ['item_ref', 'sample_rate', 'samples', 'width', 'height']
  const fields = (...shown: string[]) =>
    new Set([...(kind === 'text' ? ['item_ref'] : own), ...shown])
  if (kind === 'pair' || kind === 'search') {
    const shown = [
      first?.field ?? (kind === 'pair' ? 'left' : 'query'),
      second?.field ?? (kind === 'pair' ? 'right' : 'results'),
    ] as const
    const source = twoOf(kind, data[shown[0]], data[shown[1]], record)
    return { source, fields: fields(...shown) }
  }
  const field = first === undefined ? guessField(data, kind) : first.field
  const value = field === undefined ? undefined : data[field]
  const shown = fields(...(field === undefined ? [] : [field]))
  if (kind === 'text') return { source: { kind, text: textIn(value, record) }, fields: shown }
  const file = typeof value === 'string' && value !== '' ? { file: value } : {}
  if (kind === 'image') {
    const size = { width: sizeOf(data, 'width', results), height: sizeOf(data, 'height', results) }
    const { width, height } = size
    const known = {
      ...(width === undefined ? {} : { width }),
      ...(height === undefined ? {} : { height }),
    }
    return { source: { kind, ...file, ...known }, fields: shown }
  }
  return { source: { kind, ...file, ...clockOf(data, results, options, item_ref) }, fields: shown }
}

function textIn(value: unknown, record: ObjectRecord): string {
  if (typeof value !== 'string') throw record.fault('has no text where its configuration shows one')
  if (isTorn(value)) throw record.fault('has a text that holds half of a surrogate pair')
  return value
}

function twoOf(
  kind: 'pair' | 'search',
  one: unknown,
  other: unknown,
  record: ObjectRecord,
): Source {
  if (kind === 'pair') return { kind, pair: [textIn(one, record), textIn(other, record)] }
  const results = (Array.isArray(other) ? other : []).map((each: unknown) =>
    textIn(isObject(each) ? (each['title'] ?? each['body']) : each, record),
  )
  return { kind, query: textIn(one, record), results }
}

/** The sample rate and length of a recording, as far as the task or its results tell them. */
function clockOf(
  data: Readonly<Record<string, unknown>>,
  results: readonly unknown[],
  { rate: given, losses }: ReadOptions,
  item_ref: string,
): { rate: number; samples?: number } {
  const said = data['sample_rate']
  const known = typeof said === 'number' && Number.isInteger(said) && said > 0 ? said : given
  if (known === undefined) losses.note('rate-assumed', item_ref)
  const rate = known ?? microseconds
  const samples = data['samples']
  if (typeof samples === 'number' && Number.isSafeInteger(samples)) return { rate, samples }
  for (const result of results) {
    const length = isObject(result) ? result['original_length'] : undefined
    if (typeof length === 'number' && length > 0)
      return { rate, samples: Math.round(length * rate) }
  }
  return { rate }
}

function sizeOf(
  data: Readonly<Record<string, unknown>>,
  side: 'width' | 'height',
  results: readonly unknown[],
): number | undefined {
  const said = [
    data[side],
    ...results.map((each) => (isObject(each) ? each[`original_${side}`] : 0)),
  ]
  return said.find((size): size is number => Number.isInteger(size) && Number(size) > 0)
}

const media = {
  audio: /[.](wav|mp3|flac|ogg|opus|m4a|aac)($|[?#])/i,
  image: /[.](png|jpe?g|gif|webp|bmp|tiff?)($|[?#])/i,
}

function guessKind(data: Readonly<Record<string, unknown>>, results: readonly unknown[]) {
  if (typeof data['text'] === 'string') return 'text'
  for (const kind of ['audio', 'image'] as const) if (typeof data[kind] === 'string') return kind
  if (Array.isArray(data['results']) && typeof data['query'] === 'string') return 'search'
  if (typeof data['left'] === 'string' && typeof data['right'] === 'string') return 'pair'
  for (const value of Object.values(data))
    for (const kind of ['audio', 'image'] as const)
      if (typeof value === 'string' && media[kind].test(value)) return kind
  if ('sample_rate' in data) return 'audio'
  if (results.some((each) => isObject(each) && 'original_width' in each)) return 'image'
  return 'width' in data ? 'image' : 'text'
}

/** The field that shows an item of this kind, where no configuration names it. */
function guessField(data: Readonly<Record<string, unknown>>, kind: 'text' | 'audio' | 'image') {
  if (typeof data[kind] === 'string') return kind
  const fields = Object.keys(data).filter((name) => typeof data[name] === 'string')
  if (kind !== 'text') return fields.find((name) => media[kind].test(String(data[name])))
  return fields.sort((a, b) => String(data[b]).length - String(data[a]).length)[0]
}
