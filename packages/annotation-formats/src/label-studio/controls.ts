import type { Kind, Value } from '../model.ts'
import { isBuckets, isList } from '../values.ts'
import { type LabelSchema, type Question, questionType } from '../label-schema.ts'

/** Tags of a label configuration that say something about a region or an item. */
export type ControlTag =
  | 'Labels'
  | 'HyperTextLabels'
  | 'ParagraphLabels'
  | 'RectangleLabels'
  | 'PolygonLabels'
  | 'Choices'
  | 'Taxonomy'
  | 'TextArea'
  | 'Rating'
  | 'Number'
  | 'DateTime'
  | 'Pairwise'
  | 'Ranker'

/** What a control says of our model. */
export type Role = 'label' | 'tier' | 'attribute' | 'transcript' | 'answer'

export interface Control {
  readonly name: string
  readonly tag: ControlTag
  readonly role: Role
  /** The attribute, transcript layer or answer that it fills; its own name for labels and tiers. */
  readonly fills: string
  /** The label that an attribute belongs to, where it is not of every region. */
  readonly label?: string
  readonly multiple: boolean
}

/** The tag that shows the item, and the field of the task's data that it takes it from. */
export interface ShownObject {
  readonly tag: string
  readonly name: string
  readonly field: string
}

/** The controls of one label configuration. */
export interface Controls {
  readonly kind: Kind
  readonly objects: readonly ShownObject[]
  readonly controls: readonly Control[]
}

const objects: Record<Kind, readonly ShownObject[]> = {
  text: [{ tag: 'Text', name: 'text', field: 'text' }],
  audio: [{ tag: 'Audio', name: 'audio', field: 'audio' }],
  image: [{ tag: 'Image', name: 'image', field: 'image' }],
  search: [
    { tag: 'Text', name: 'query', field: 'query' },
    { tag: 'List', name: 'results', field: 'results' },
  ],
  pair: [
    { tag: 'Text', name: 'left', field: 'left' },
    { tag: 'Text', name: 'right', field: 'right' },
  ],
}

/** The objects that a configuration written here shows an item of this kind with. */
export function shownObjects(kind: Kind): readonly ShownObject[] {
  return objects[kind]
}

/** The controls that stand for a label schema, each with a name that no other has. */
export function controlsOf(schema: LabelSchema): Controls {
  const taken = new Set(objects[schema.kind].map(({ name }) => name))
  const free = (...wanted: [string, ...string[]]): string => {
    let name = wanted.find((each) => !taken.has(each))
    for (let count = 2; name === undefined; count++)
      if (!taken.has(`${wanted[0]}-${count}`)) name = `${wanted[0]}-${count}`
    taken.add(name)
    return name
  }
  const controls: Control[] = []
  const add = (role: Role, tag: ControlTag, names: [string, ...string[]], more: object = {}) => {
    const fills = names[0]
    controls.push({ name: free(...names), tag, role, fills, multiple: false, ...more })
  }
  if (schema.labels.length > 0)
    for (const tag of labelTags(schema.kind))
      add('label', tag, [tag === 'PolygonLabels' ? 'polygon' : 'label'], { fills: 'label' })
  if (schema.tiers !== undefined) add('tier', 'Labels', ['tier'])
  for (const question of schema.answers ?? [])
    add('answer', questionTag(question, schema), [question.name], multipleOf(question))
  for (const { name } of schema.transcripts ?? [])
    add('transcript', 'TextArea', [name, `transcript.${name}`])
  for (const question of schema.attributes ?? [])
    add(
      'attribute',
      questionTag(question),
      [question.name, `region.${question.name}`],
      multipleOf(question),
    )
  for (const { name: label, attributes = [] } of schema.labels)
    for (const question of attributes)
      add('attribute', questionTag(question), [question.name, `${label}.${question.name}`], {
        label,
        ...multipleOf(question),
      })
  return { kind: schema.kind, objects: objects[schema.kind], controls }
}

function labelTags(kind: Kind): ControlTag[] {
  return kind === 'image' ? ['RectangleLabels', 'PolygonLabels'] : ['Labels']
}

function multipleOf({ multiple = false }: Question): { multiple: boolean } {
  return { multiple }
}

/** The tag that asks a question. */
export function questionTag(question: Question, schema?: LabelSchema): ControlTag {
  const { options = [] } = question
  switch (questionType(question)) {
    case 'choice':
      if (schema?.kind === 'pair' && JSON.stringify(options) === '["left","right"]')
        return 'Pairwise'
      return options.some((option) => typeof option !== 'string' && option.options !== undefined)
        ? 'Taxonomy'
        : 'Choices'
    case 'text':
      return 'TextArea'
    case 'number':
      return 'Number'
    case 'rating':
      return 'Rating'
    case 'date':
      return 'DateTime'
    case 'ranking':
      return 'Ranker'
  }
}

/** The tag that can carry a value when no schema says what was asked. */
export function valueTag(value: Value): ControlTag {
  if (typeof value === 'number') return 'Number'
  if (isBuckets(value)) return 'Ranker'
  return isList(value) && value.some((each) => typeof each !== 'string') ? 'Taxonomy' : 'Choices'
}

/** The `type` of a result and the member of its `value` that holds what was said. */
export function resultType(tag: ControlTag): { readonly type: string; readonly member: string } {
  const type = tag.toLowerCase()
  if (tag === 'TextArea') return { type, member: 'text' }
  return { type, member: tag === 'Pairwise' ? 'selected' : type }
}
