import type {
  Annotation,
  Anchor,
  ImageAnchor,
  Item,
  Json,
  Region,
  Relation,
  Source,
  Value,
} from '../model.ts'
import { isObject } from '../checked.ts'
import { noteLayout, withoutLayout } from '../leftovers.ts'
import type { Losses } from '../losses.ts'
import { TextIndex } from '../offsets.ts'
import { secondsOf } from '../seconds.ts'
import { isList, pathsOf, textsOf } from '../values.ts'
import type { WriteOptions, Writer } from '../writing.ts'
import {
  type Control,
  type Controls,
  controlsOf,
  type ControlTag,
  resultType,
  type Role,
  shownObjects,
  valueTag,
} from './controls.ts'

type JsonObject = Record<string, Json>

/**
 * Writes Label Studio's JSON export: an array of tasks with annotations and predictions. Text
 * offsets are code points, audio is in seconds, images in percent. With a label schema the results
 * name the controls of the configuration that `writeLabelConfig` writes for it; without one they
 * name controls after what they hold.
 */
export const writeLabelStudio: Writer = ({ out, losses, ...project }) => {
  const controls = controlNames(project)
  let task: Task | undefined
  let first = true
  const close = () => {
    if (task === undefined) return
    out('', `${first ? '[\n' : ',\n'}${JSON.stringify(task.json)}`)
    first = false
  }
  return {
    add(item) {
      if (task?.item_ref !== item.item_ref) {
        close()
        task = startTask(item, controls, losses)
      }
      addAnnotation(task, item, controls, losses)
    },
    end() {
      close()
      out('', first ? '[]\n' : '\n]\n')
    },
  }
}

/** The names by which results are written. */
export function controlNames({
  schema,
  controls,
}: Pick<WriteOptions, 'schema' | 'controls'>): ControlNames {
  return new ControlNames(controls ?? (schema === undefined ? undefined : controlsOf(schema)))
}

/** What an annotation says, as the list of results that a task holds. */
export function resultsOf(item: Item, controls: ControlNames, losses: Losses): JsonObject[] {
  return item.annotation === undefined
    ? []
    : new Results(item, item.annotation, controls, losses).all()
}

interface Task {
  readonly item_ref: string
  readonly json: {
    id?: number
    data: JsonObject
    annotations: JsonObject[]
    predictions: JsonObject[]
  }
}

function startTask(item: Item, controls: ControlNames, losses: Losses): Task {
  const { item_ref } = item
  const id = numberOf(item_ref) === undefined ? {} : { id: Number(item_ref) }
  const data = taskData(item, controls, losses)
  return { item_ref, json: { ...id, data, annotations: [], predictions: [] } }
}

/** The number that a reference is, if it is one. */
export function numberOf(ref: string): number | undefined {
  return /^[1-9]\d{0,14}$/.test(ref) ? Number(ref) : undefined
}

/** The data of a task: what shows the item, and what else is known of it. */
export function taskData(
  item: Item,
  { fields: [first, second] }: ControlNames,
  losses: Losses,
): JsonObject {
  const { item_ref, source } = item
  noteLayout(item, losses)
  const fields = Object.fromEntries(
    Object.entries(withoutLayout(item)).filter(([name]) => name !== 'label_studio'),
  )
  const shown = dataOf(source, first, second)
  if (Object.keys(fields).some((name) => Object.hasOwn(shown, name))) losses.note('meta', item_ref)
  return { ...fields, ...shown, ...(numberOf(item_ref) === undefined ? { item_ref } : {}) }
}

function dataOf(source: Source, first?: string, second?: string): JsonObject {
  const [one, other] = shownObjects(source.kind)
  const field = first ?? one?.field ?? 'text'
  const field2 = second ?? other?.field ?? 'results'
  switch (source.kind) {
    case 'text':
      return { [field]: source.text }
    case 'audio':
      return {
        ...(source.file === undefined ? {} : { [field]: source.file }),
        sample_rate: source.rate,
        ...(source.samples === undefined ? {} : { samples: source.samples }),
      }
    case 'image':
      return {
        ...(source.file === undefined ? {} : { [field]: source.file }),
        ...(source.width === undefined ? {} : { width: source.width }),
        ...(source.height === undefined ? {} : { height: source.height }),
      }
    case 'search':
      return {
        [field]: source.query,
        [field2]: source.results.map((title, place) => ({ id: String(place), title })),
      }
    case 'pair':
      return { [field]: source.pair[0], [field2]: source.pair[1] }
  }
}

function addAnnotation(task: Task, item: Item, controls: ControlNames, losses: Losses): void {
  const { annotation, by, prediction, turned_down, made_at, meta = {}, item_ref } = item
  if (annotation === undefined && turned_down === undefined) return
  const result = resultsOf(item, controls, losses)
  const more = isObject(meta['label_studio']) ? meta['label_studio'] : {}
  const made = made_at === undefined ? {} : { created_at: made_at }
  if (prediction !== undefined) {
    const { model, score } = prediction
    task.json.predictions.push({
      ...(model === undefined ? {} : { model_version: model }),
      ...(score === undefined ? {} : { score }),
      ...made,
      result,
    })
    return
  }
  if (turned_down === 'rejected') losses.note('turned-down', item_ref)
  const person = by === undefined ? undefined : numberOf(by)
  if (by !== undefined && person === undefined) losses.note('annotator', item_ref)
  task.json.annotations.push({
    ...more,
    ...(person === undefined ? {} : { completed_by: person }),
    was_cancelled: turned_down === 'skipped',
    ...made,
    result,
  })
}

/** Finds the control that carries something, or makes one up after it. */
export class ControlNames {
  readonly #byFilling = new Map<string, Control>()
  readonly #labels: readonly Control[]
  /** The name of the object that results are about. */
  readonly toName: string | undefined
  readonly fields: readonly string[]

  constructor({ controls, objects }: Omit<Controls, 'kind'> = { controls: [], objects: [] }) {
    this.toName = objects[0]?.name
    this.fields = objects.map(({ field }) => field)
    this.#labels = controls.filter(({ role }) => role === 'label')
    for (const control of controls)
      this.#byFilling.set(key(control.role, control.fills, control.label), control)
  }

  labels(tag: ControlTag): Pick<Control, 'name' | 'tag'> {
    const named = this.#labels.find((control) => control.tag === tag)
    return { name: named?.name ?? (tag === 'PolygonLabels' ? 'polygon' : 'label'), tag }
  }

  for(role: Role, fills: string, label?: string): Control | undefined {
    return this.#byFilling.get(key(role, fills, label)) ?? this.#byFilling.get(key(role, fills))
  }
}

function key(role: Role, fills: string, label = ''): string {
  return JSON.stringify([role, fills, label])
}

/** The results of one annotation. */
class Results {
  readonly #item: Item
  readonly #annotation: Annotation
  readonly #controls: ControlNames
  readonly #losses: Losses
  readonly #index: TextIndex | undefined
  readonly #toName: string
  readonly #results: JsonObject[] = []

  constructor(item: Item, annotation: Annotation, controls: ControlNames, losses: Losses) {
    this.#item = item
    this.#annotation = annotation
    this.#controls = controls
    this.#losses = losses
    this.#index = item.source.kind === 'text' ? new TextIndex(item.source.text) : undefined
    this.#toName =
      controls.toName ?? shownObjects(item.source.kind).map(({ name }) => name)[0] ?? 'text'
  }

  all(): JsonObject[] {
    const { regions, relations = [], answers = {} } = this.#annotation
    for (const region of regions) this.#region(region)
    for (const relation of relations) this.#relation(relation)
    for (const [name, value] of Object.entries(answers)) {
      const { from, tag, said } = this.#said('answer', name, value)
      this.#results.push(this.#result(`answer-${name}`, from, tag, {}, said))
    }
    return this.#results
  }

  #region(region: Region): void {
    const place = `${this.#item.item_ref}/${region.id}`
    const parts = this.#places(region.anchor, place)
    if (parts.length > 1) this.#losses.note('discontinuous-split', place)
    for (const [number, { where, around }] of parts.entries()) {
      const id = number === 0 ? region.id : `${region.id}~${number + 1}`
      for (const { from, tag, said } of this.#saidOf(region))
        this.#results.push({ ...this.#result(id, from, tag, where, said), ...around })
    }
  }

  /** What a region says, control by control. Always something, or the region would vanish. */
  #saidOf({ anchor, label, attributes = {}, transcripts = {} }: Region): Said[] {
    const said: Said[] = []
    const tier = 'audio' in anchor ? anchor.tier : undefined
    const filled = Object.keys(attributes).length + Object.keys(transcripts).length > 0
    if (label !== undefined || (tier === undefined && !filled)) {
      const { name, tag } = this.#controls.labels(labelTag(anchor))
      said.push({ from: name, tag, said: label === undefined ? [] : [label] })
    }
    if (tier !== undefined) {
      const from = this.#controls.for('tier', 'tier')?.name ?? 'tier'
      said.push({ from, tag: 'Labels', said: [tier] })
    }
    for (const [name, value] of Object.entries(attributes))
      said.push(this.#said('attribute', name, value, label))
    for (const [layer, text] of Object.entries(transcripts)) {
      const from = this.#controls.for('transcript', layer)?.name ?? layer
      said.push({ from, tag: 'TextArea', said: [text] })
    }
    return said
  }

  /** An answer or attribute in the form that its control gives it. */
  #said(role: Role, name: string, value: Value, label?: string): Said {
    const control = this.#controls.for(role, name, label)
    const tag = control?.tag ?? valueTag(value)
    const from = control?.name ?? name
    const unsure = isList(value) && value.length < 2 && control === undefined
    if (typeof value === 'boolean' || unsure)
      this.#losses.note('values', `${this.#item.item_ref}/${name}`)
    if (tag === 'Choices' || tag === 'TextArea') return { from, tag, said: textsOf(value) }
    if (tag === 'Taxonomy') return { from, tag, said: pathsOf(value) }
    return { from, tag, said: value }
  }

  #result(id: string, from: string, tag: ControlTag, where: JsonObject, said: Json): JsonObject {
    const { type, member } = resultType(tag)
    const to = tag === 'Pairwise' ? 'left,right' : this.#toName
    const value = { ...where, [member]: said }
    return { id, from_name: from, to_name: to, type, origin: 'manual', value }
  }

  #relation({ type, from, to, both = false, attributes = {} }: Relation): void {
    if (Object.keys(attributes).length > 0) this.#losses.note('attributes', this.#item.item_ref)
    this.#results.push({
      type: 'relation',
      from_id: from,
      to_id: to,
      direction: both ? 'bi' : 'right',
      labels: type === '' ? [] : [type],
    })
  }

  /** Where a region stands, in Label Studio's coordinates: one place for each of its pieces. */
  #places(anchor: Anchor, place: string): Place[] {
    const { source } = this.#item
    if ('text' in anchor && this.#index !== undefined)
      return anchor.text.map(([start, end]) => ({
        where: { start, end, text: this.#index?.slice(start, end) ?? '' },
        around: {},
      }))
    if ('audio' in anchor && source.kind === 'audio') {
      const { from, to } = anchor.audio
      const around: JsonObject =
        source.samples === undefined
          ? {}
          : { original_length: secondsOf(source.samples, source.rate) }
      const where = { start: secondsOf(from, source.rate), end: secondsOf(to, source.rate) }
      return [{ where, around }]
    }
    if ('image' in anchor && source.kind === 'image') {
      const { width, height } = source
      if (width === undefined || height === undefined) {
        this.#losses.note('image-size', place)
        return []
      }
      const around = { original_width: width, original_height: height, image_rotation: 0 }
      return [{ where: shapeInPercent(anchor, width, height), around }]
    }
    this.#losses.note('kind', place)
    return []
  }
}

interface Place {
  readonly where: JsonObject
  readonly around: JsonObject
}

interface Said {
  readonly from: string
  readonly tag: ControlTag
  readonly said: Json
}

function labelTag(anchor: Anchor): ControlTag {
  if (!('image' in anchor)) return 'Labels'
  return 'polygon' in anchor.image ? 'PolygonLabels' : 'RectangleLabels'
}

function shapeInPercent({ image }: ImageAnchor, width: number, height: number): JsonObject {
  if ('polygon' in image)
    return { points: image.polygon.map(([x, y]) => [(x / width) * 100, (y / height) * 100]) }
  const [left, top, wide, high] = image.box
  return {
    x: (left / width) * 100,
    y: (top / height) * 100,
    width: (wide / width) * 100,
    height: (high / height) * 100,
    rotation: 0,
  }
}
