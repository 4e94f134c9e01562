import type { Item, Json } from '../model.ts'
import { isObject } from '../checked.ts'
import { addTo } from '../groups.ts'
import { ItemRefs } from '../item-refs.ts'
import type { Losses } from '../losses.ts'
import { attemptRecord, InputFault, type Reader } from '../reading.ts'
import { type ObjectRecord, readObjects } from '../records.ts'
import type { Writer } from '../writing.ts'
import { type Controls, resultType } from './controls.ts'
import { controlsFor, TaskReader } from './read.ts'
import { controlNames, numberOf, resultsOf, taskData } from './write.ts'

type JsonObject = Record<string, Json>

/** Members of a result beside its value that Label Studio moves into it here. */
const around = ['original_length', 'original_width', 'original_height']

/**
 * Writes Label Studio's JSON_MIN: one flat object for each annotation, with one member for each
 * control. Ids, relations and predictions have no place in it.
 */
export const writeLabelStudioMin: Writer = ({ out, losses, ...project }) => {
  const controls = controlNames(project)
  const known = controlsFor(project)?.controls.map(({ name }) => name)
  let first = true
  return {
    add(item) {
      if (item.prediction !== undefined) losses.note('predictions', item.item_ref)
      if (item.turned_down !== undefined) losses.note('turned-down', item.item_ref)
      const id = numberOf(item.item_ref)
      const person = item.by === undefined ? undefined : numberOf(item.by)
      if (item.by !== undefined && person === undefined) losses.note('annotator', item.item_ref)
      const answer = {
        ...taskData(item, controls, losses),
        ...(id === undefined ? {} : { id }),
        ...(person === undefined ? {} : { annotator: person }),
        ...(item.made_at === undefined ? {} : { created_at: item.made_at }),
        ...(isObject(item.meta?.['label_studio']) ? item.meta['label_studio'] : {}),
        ...minimal(resultsOf(item, controls, losses), item, losses, known),
      }
      out('', `${first ? '[\n' : ',\n'}${JSON.stringify(answer)}`)
      first = false
    },
    end() {
      out('', first ? '[]\n' : '\n]\n')
    },
  }
}

function minimal(
  results: readonly JsonObject[],
  { item_ref }: Item,
  losses: Losses,
  known: readonly string[] | undefined,
): JsonObject {
  const byControl = new Map<string, Json[]>()
  const places = new Map<string, string>()
  for (const result of results) {
    const { type, from_name: name, value, id } = result
    if (type === 'relation') losses.note('relations', item_ref)
    if (typeof name !== 'string' || !isObject(value)) continue
    const moved = Object.fromEntries(Object.entries(result).filter(([key]) => around.includes(key)))
    const place = placeOf(value)
    if (known?.includes(name) === false) {
      // Without its control in the schema nobody can read it back.
      losses.note(place === undefined ? 'answers' : lossOf(type), item_ref)
      continue
    }
    if (place !== undefined && typeof id === 'string') {
      if ((places.get(place) ?? id) !== id) losses.note('same-place', item_ref)
      places.set(place, id)
    }
    addTo(byControl, name, { ...value, ...moved })
  }
  return Object.fromEntries([...byControl].map(([name, values]) => [name, shortest(values)]))
}

/** What is lost where a result of this type, on a place, has no control. */
function lossOf(type: Json | undefined): 'labels' | 'transcripts' | 'attributes' {
  if (type === 'textarea') return 'transcripts'
  return typeof type === 'string' && type.endsWith('labels') ? 'labels' : 'attributes'
}

/** An answer alone stands bare; what has a place stays in a list of objects. */
function shortest(values: readonly Json[]): Json {
  const [only] = values
  if (values.length > 1 || !isObject(only) || Object.keys(only).length !== 1) return values
  const [said] = Object.values<Json>(only)
  if (isObject(said)) return [only]
  if (!Array.isArray(said)) return said ?? null
  return said.length === 1 && typeof said[0] === 'string' ? said[0] : [only]
}

function placeOf(value: Readonly<Record<string, unknown>>): string | undefined {
  const { start, end, x, y, width, height, points } = value
  const place = [start, end, x, y, width, height, points]
  return place.every((each) => each === undefined) ? undefined : JSON.stringify(place)
}

/**
 * Reads JSON_MIN with a schema or configuration, which alone says what its members are. Results on
 * one place are taken for one region.
 */
export const readLabelStudioMin: Reader = async function* (input, options) {
  const controls = controlsFor(options)
  if (controls === undefined)
    throw new InputFault(
      input.names[0] ?? '',
      '',
      'needs --schema: JSON_MIN does not say what its members are',
    )
  const tasks = new TaskReader({ ...options, controls })
  const refs = new ItemRefs({ runs: true })
  for await (const record of readObjects(input, options)) {
    const items = attemptRecord(options, () => tasks.items(taskOf(record, controls)))
    for (const item of items ?? []) if (refs.take(item, options, record.fault)) yield item
  }
}

function taskOf(record: ObjectRecord, { controls }: Controls): ObjectRecord {
  const rest = new Map(Object.entries(record.object))
  const results: unknown[] = []
  const ids = new Map<string, string>()
  for (const control of controls) {
    const said = rest.get(control.name)
    rest.delete(control.name)
    if (said === undefined) continue
    const { type, member } = resultType(control.tag)
    for (const each of isList(said) ? said : [said]) {
      const value = isObject(each) ? each : { [member]: isBare(control.tag) ? [each] : each }
      const place = placeOf(value)
      const base = { from_name: control.name, type, value, ...movedFrom(value) }
      if (place === undefined) results.push(base)
      else results.push({ ...base, id: idAt(ids, place, control.role === 'label') })
    }
  }
  const beside = [
    'id',
    'annotator',
    'annotation_id',
    'created_at',
    'updated_at',
    'lead_time',
    'ground_truth',
  ]
  const [id, completed_by, , created_at, , lead_time, ground_truth] = beside.map((name) =>
    rest.get(name),
  )
  for (const name of beside) rest.delete(name)
  const annotations = [{ result: results, completed_by, created_at, lead_time, ground_truth }]
  return { ...record, object: { id, data: Object.fromEntries(rest), annotations } }
}

/** A list of results rather than the list that one answer is. */
function isList(value: unknown): value is unknown[] {
  return Array.isArray(value) && value.every(isObject)
}

function isBare(tag: string): boolean {
  return tag === 'Choices' || tag === 'TextArea'
}

function movedFrom(value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([name]) => around.includes(name)))
}

/** The region on a place; a second label there is a second region. */
function idAt(ids: Map<string, string>, place: string, isLabel: boolean): string {
  const known = ids.get(place)
  if (known !== undefined && !isLabel) return known
  const id = `region-${ids.size + 1}${known === undefined ? '' : `-${known}`}`
  ids.set(place, id)
  return id
}
