import type { Annotation, Item, Json, Source } from '../model.ts'
import { isObject, isTorn } from '../checked.ts'
import { type Reader, type ReadOptions, schemaNameOf } from '../reading.ts'
import { type ObjectRecord, objectRecords, readerOf, type Records } from '../records.ts'
import { TextIndex } from '../offsets.ts'
import { longestText } from '../annotation.ts'
import { metaFrom } from '../meta.ts'
import { microseconds } from '../seconds.ts'
import { type Control, type Controls, controlsOf } from './controls.ts'
import { readResults } from './results.ts'

/**
 * Reads Label Studio's JSON export, its import (`{"data": …}` or flat objects) and predictions, as
 * an array or one object a line. Text offsets are code points, or UTF-16 where only that agrees with
 * the text of a region (exports from before October 2021). Names of controls come from the schema
 * or configuration; without one they are taken for what they look like.
 */
export const labelStudioRecords: Records = objectRecords((options) => {
  const tasks = new TaskReader(options)
  return (record) => tasks.items(record)
}, false)

/** The reader of Label Studio's JSON. */
export const readLabelStudio: Reader = readerOf(labelStudioRecords)

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
    const meta = metaOf(data, fields, record)
    const index = source.kind === 'text' ? indexOf(source.text, record) : undefined
    if (made.length === 0)
      return [meta === undefined ? { item_ref, source } : { item_ref, source, meta }]
    const ground = groundOf(source, this.#options)
    const task = { item_ref, source, meta, ground, index, record }
    const items = annotations.map((each) => this.#annotated(task, each))
    for (const each of predictions) items.push(this.#predicted(task, each))
    return items
  }

  #annotation({ item_ref, source, ground, index, record }: OpenTask, made: JsonObject): Annotation {
    const { regions, relations, answers } = readResults(resultsOf(made), {
      source,
      index,
      controls: this.#byName,
      losses: this.#options.losses,
      place: item_ref,
      fault: record.fault,
    })
    const annotation: Mutable<Annotation> =
      ground === undefined
        ? { schema: this.#schema, regions }
        : { schema: this.#schema, source: ground, regions }
    if (relations.length > 0) annotation.relations = relations
    if (answers !== undefined) annotation.answers = answers
    return annotation
  }

  /** What annotations and predictions have in common. */
  #item(task: OpenTask, made: JsonObject): Mutable<Item> {
    const { item_ref, source, meta } = task
    const annotation = this.#annotation(task, made)
    const item: Mutable<Item> = { item_ref, source, annotation }
    const { created_at: at } = made
    if (typeof at === 'string' && at !== '') item.made_at = at
    if (meta !== undefined) item.meta = meta
    return item
  }

  #annotated(task: OpenTask, made: JsonObject): Item {
    const item = this.#item(task, made)
    const by = personOf(made['completed_by'])
    if (by !== undefined) item.by = by
    const { lead_time, ground_truth, was_cancelled } = made
    if (was_cancelled === true) item.turned_down = 'skipped'
    if (isPlain(lead_time) || isPlain(ground_truth)) {
      const more: Record<string, Json> = {}
      if (isPlain(lead_time)) more['lead_time'] = lead_time
      if (isPlain(ground_truth)) more['ground_truth'] = ground_truth
      item.meta = { ...task.meta, label_studio: more }
    }
    return item
  }

  #predicted(task: OpenTask, made: JsonObject): Item {
    const item = this.#item(task, made)
    const { model_version: model, score } = made
    const prediction: Mutable<NonNullable<Item['prediction']>> = {}
    if (typeof model === 'string' && model !== '') prediction.model = model
    if (typeof score === 'number' && Number.isFinite(score)) prediction.score = score
    item.prediction = prediction
    return item
  }
}

/** An object that members are added to: adding to one that was spread costs a hundred times as much. */
type Mutable<T> = { -readonly [K in keyof T]: T[K] }

type JsonObject = Readonly<Record<string, unknown>>

/** A task whose annotations are being read. */
interface OpenTask {
  readonly item_ref: string
  readonly source: Source
  readonly meta: Item['meta'] | undefined
  readonly ground: Annotation['source'] | undefined
  readonly record: ObjectRecord
  readonly index: TextIndex | undefined
}

function isPlain(value: unknown): value is number | boolean {
  return typeof value === 'number' || typeof value === 'boolean'
}

/** What the anchors of an annotation count in. */
export function groundOf(
  source: Source,
  { sha256 }: Pick<ReadOptions, 'sha256'>,
): Annotation['source'] | undefined {
  if (source.kind === 'audio') return { rate: source.rate }
  return source.kind === 'text' && sha256 !== undefined
    ? { sha256: sha256(source.text) }
    : undefined
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
  { ref }: ObjectRecord,
): string {
  const given = data['item_ref']
  if (typeof given === 'string' && given !== '' && given.length <= 500 && !isTorn(given))
    return given
  return typeof id === 'number' || (typeof id === 'string' && id !== '') ? String(id) : ref
}

/** A person's number; the e-mail address that some exports hold instead stays behind. */
function personOf(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value)
  return isObject(value) && typeof value['id'] === 'number' ? String(value['id']) : undefined
}

/** The fields of the data that do not show the item. */
function metaOf(
  data: JsonObject,
  shown: readonly string[],
  record: ObjectRecord,
): Item['meta'] | undefined {
  const rest = Object.keys(data).filter((name) => !shown.includes(name))
  return rest.length === 0 ? undefined : metaFrom(rest, data, record)
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
): { source: Source; fields: readonly string[] } {
  const [first, second] = controls?.objects ?? []
  const kind = controls?.kind ?? guessKind(data, results)
  const own = kind === 'text' ? ownOfText : ownOfMedia
  if (kind === 'pair' || kind === 'search') {
    const shown = [
      first?.field ?? (kind === 'pair' ? 'left' : 'query'),
      second?.field ?? (kind === 'pair' ? 'right' : 'results'),
    ] as const
    const source = twoOf(kind, data[shown[0]], data[shown[1]], record)
    return { source, fields: [...own, ...shown] }
  }
  const field = first === undefined ? guessField(data, kind) : first.field
  const value = field === undefined ? undefined : data[field]
  const shown = field === undefined ? own : [...own, field]
  if (kind === 'text') return { source: { kind, text: stringIn(value, record) }, fields: shown }
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

/** Fields of the data that have a place of their own in an item. */
const ownOfText = ['item_ref']
const ownOfMedia = ['item_ref', 'sample_rate', 'samples', 'width', 'height']

function stringIn(value: unknown, record: ObjectRecord): string {
  if (typeof value !== 'string') throw record.fault('has no text where its configuration shows one')
  if (value.length > longestText)
    throw record.fault(`has a text longer than ${longestText} characters`)
  return value
}

function textIn(value: unknown, record: ObjectRecord): string {
  const text = stringIn(value, record)
  if (isTorn(text)) throw record.fault(tornText)
  return text
}

const tornText = 'has a text that holds half of a surrogate pair'

/** The offsets of a text, which find out on the way whether it is whole. */
function indexOf(text: string, record: ObjectRecord): TextIndex {
  try {
    return new TextIndex(text)
  } catch (error) {
    if (error instanceof RangeError) throw record.fault(tornText)
    throw error
  }
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
