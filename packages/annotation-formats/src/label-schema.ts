import type { Kind, Parsed } from './model.ts'
import {
  below,
  boolean,
  check,
  find,
  isObject,
  list,
  members,
  number,
  oneOf,
  present,
  refuse,
  type Spot,
  string,
  whole,
} from './checked.ts'
import { compilePattern } from './pattern.ts'

/** What annotators of a project may say. The JSON of it is described by `labelSchemaJsonSchema`. */
export interface LabelSchema {
  readonly name: string
  readonly version: number
  readonly kind: Kind
  readonly title?: string
  readonly labels: readonly Label[]
  /** Attributes that every region has, whatever its label. */
  readonly attributes?: readonly Question[]
  readonly relations?: readonly RelationType[]
  /** Questions about the item as a whole: classifications, ratings, rankings. */
  readonly answers?: readonly Question[]
  /** Audio: the tiers a region may stand on, such as the speakers. */
  readonly tiers?: readonly string[]
  /** Audio: the layers in which a region is transcribed. */
  readonly transcripts?: readonly TranscriptLayer[]
  /** Whether regions (of one tier) may overlap: any (default), nested but not crossing, or none. */
  readonly overlap?: Overlap
  /** Whether a text region may have several pieces. Default: yes. */
  readonly discontinuous?: boolean
}

export type Overlap = 'any' | 'nested' | 'none'

export interface Label {
  readonly name: string
  readonly title?: string
  readonly hint?: string
  /** `#rrggbb` */
  readonly color?: string
  readonly shortcut?: string
  /** The label that this one is a kind of: rules that name the parent hold for its children. */
  readonly parent?: string
  readonly attributes?: readonly Question[]
  readonly count?: Count
  /** A region with this label must lie within a region with one of these labels. */
  readonly inside?: readonly string[]
}

export interface Count {
  readonly min?: number
  readonly max?: number
}

export interface RelationType {
  readonly name: string
  readonly title?: string
  /** Labels at which it may begin and end. Default: any. */
  readonly from?: readonly string[]
  readonly to?: readonly string[]
  readonly count?: Count
}

export interface TranscriptLayer {
  readonly name: string
  readonly title?: string
  readonly required?: boolean
  readonly pattern?: string
}

export type QuestionType = 'choice' | 'text' | 'number' | 'rating' | 'date' | 'ranking'

/** Something to be answered, about a region (an attribute) or the whole item. */
export interface Question {
  readonly name: string
  readonly title?: string
  /** Default: `choice` where there are options, else `text`. */
  readonly type?: QuestionType
  readonly options?: readonly Option[]
  /** Several options, or several texts, may be given. */
  readonly multiple?: boolean
  readonly required?: boolean
  /** A text must match this whole (see `compilePattern`). */
  readonly pattern?: string
  readonly min?: number
  readonly max?: number
  readonly step?: number
  /** Rankings: the buckets that options are put in. Without: one order. */
  readonly buckets?: readonly string[]
  /** The question is only asked when this holds. */
  readonly when?: Condition
}

/** An option is its name alone, or more about it; options inside make a taxonomy. */
export type Option = string | OptionDetails
export interface OptionDetails {
  readonly name: string
  readonly title?: string
  readonly shortcut?: string
  readonly options?: readonly Option[]
}

/** Holds when the question named (beside this one, else of the item) was answered with one of `is`. */
export interface Condition {
  readonly question: string
  readonly is: readonly string[]
}

/** Name and version, as annotations name their schema. */
export function schemaRef({ name, version }: LabelSchema): string {
  return `${name}@${version}`
}

/** The name of an option, however it is written. */
export function optionName(option: Option): string {
  return typeof option === 'string' ? option : option.name
}

/** The type of a question where it is not said. */
export function questionType({ type, options }: Question): QuestionType {
  return type ?? (options === undefined ? 'text' : 'choice')
}

/** Checks a label schema from outside: its shape, its names, and that rules name what exists. */
export function parseLabelSchema(value: unknown): Parsed<LabelSchema> {
  return check(value, labelSchema)
}

const most = 1000

function labelSchema(spot: Spot): LabelSchema {
  const of = members(spot, [
    ...['name', 'version', 'kind', 'title', 'labels', 'attributes', 'relations', 'answers'],
    ...['tiers', 'transcripts', 'overlap', 'discontinuous'],
  ])
  const schema = present({
    name: of.required('name', schemaName),
    version: of.required('version', (at) => whole(at, 1)),
    kind: of.required('kind', (at) => oneOf(at, ['text', 'audio', 'image', 'search', 'pair'])),
    title: of.optional('title', title),
    labels: of.optional('labels', (at) => distinct(at, label)) ?? [],
    attributes: of.optional('attributes', questions),
    relations: of.optional('relations', (at) => distinct(at, relationType)),
    answers: of.optional('answers', questions),
    tiers: of.optional('tiers', names),
    transcripts: of.optional('transcripts', (at) => distinct(at, transcriptLayer)),
    overlap: of.optional('overlap', (at) => oneOf(at, ['any', 'nested', 'none'])),
    discontinuous: of.optional('discontinuous', boolean),
  })
  checkReferences(spot, schema)
  return schema
}

function schemaName(spot: Spot): string {
  const name = string(spot, 100)
  return /[\s@]/.test(name) ? refuse(spot, 'must have no space and no @') : name
}

function title(spot: Spot): string {
  return string(spot, 1000)
}

function names(spot: Spot): string[] {
  const given = list(spot, most, string)
  if (new Set(given).size < given.length) find(spot, 'names one thing twice')
  return given
}

/** A list of things with names, each name once. */
function distinct<T extends { readonly name: string }>(spot: Spot, read: (spot: Spot) => T): T[] {
  const things = list(spot, most, read)
  const seen = new Set<string>()
  for (const { name } of things) {
    if (seen.has(name)) find(spot, `has '${name}' twice`)
    seen.add(name)
  }
  return things
}

function label(spot: Spot): Label {
  const known = ['name', 'title', 'hint', 'color', 'shortcut', 'parent', 'attributes', 'count']
  const of = members(spot, [...known, 'inside'])
  return present({
    name: of.required('name', string),
    title: of.optional('title', title),
    hint: of.optional('hint', title),
    color: of.optional('color', (at) =>
      /^#[0-9a-f]{6}$/i.test(string(at)) ? string(at) : refuse(at, 'must be as #1a2b3c'),
    ),
    shortcut: of.optional('shortcut', (at) => string(at, 20)),
    parent: of.optional('parent', string),
    attributes: of.optional('attributes', questions),
    count: of.optional('count', count),
    inside: of.optional('inside', names),
  })
}

function count(spot: Spot): Count {
  const of = members(spot, ['min', 'max'])
  const range = present({
    min: of.optional('min', (at) => whole(at)),
    max: of.optional('max', (at) => whole(at)),
  })
  return inOrder(spot, range)
}

function inOrder<T extends { readonly min?: number; readonly max?: number }>(
  spot: Spot,
  range: T,
): T {
  if (range.min !== undefined && range.max !== undefined && range.min > range.max)
    find(spot, `asks for at least ${range.min} and at most ${range.max}`)
  return range
}

function relationType(spot: Spot): RelationType {
  const of = members(spot, ['name', 'title', 'from', 'to', 'count'])
  return present({
    name: of.required('name', string),
    title: of.optional('title', title),
    from: of.optional('from', names),
    to: of.optional('to', names),
    count: of.optional('count', count),
  })
}

function transcriptLayer(spot: Spot): TranscriptLayer {
  const of = members(spot, ['name', 'title', 'required', 'pattern'])
  return present({
    name: of.required('name', string),
    title: of.optional('title', title),
    required: of.optional('required', boolean),
    pattern: of.optional('pattern', pattern),
  })
}

function pattern(spot: Spot): string {
  const source = string(spot, 500)
  try {
    compilePattern(source)
  } catch (error) {
    if (error instanceof RangeError) return refuse(spot, error.message)
    throw error
  }
  return source
}

function questions(spot: Spot): Question[] {
  return distinct(spot, question)
}

function question(spot: Spot): Question {
  const known = ['name', 'title', 'type', 'options', 'multiple', 'required', 'pattern']
  const of = members(spot, [...known, 'min', 'max', 'step', 'buckets', 'when'])
  const asked = present({
    name: of.required('name', string),
    title: of.optional('title', title),
    type: of.optional('type', (at) =>
      oneOf(at, ['choice', 'text', 'number', 'rating', 'date', 'ranking']),
    ),
    options: of.optional('options', (at) => options(at)),
    multiple: of.optional('multiple', boolean),
    required: of.optional('required', boolean),
    pattern: of.optional('pattern', pattern),
    min: of.optional('min', (at) => number(at)),
    max: of.optional('max', (at) => number(at)),
    step: of.optional('step', (at) => number(at, Number.MIN_VALUE)),
    buckets: of.optional('buckets', names),
    when: of.optional('when', condition),
  })
  if (questionType(asked) === 'choice' && asked.options === undefined)
    find(spot, 'is a choice without options')
  return inOrder(spot, asked)
}

function options(spot: Spot, depth = 8): Option[] {
  if (depth === 0) return refuse(spot, 'is nested too deeply')
  const given = list(spot, 10_000, (at): Option => {
    if (!isObject(at.value)) return string(at, 500)
    const of = members(at, ['name', 'title', 'shortcut', 'options'])
    return present({
      name: of.required('name', (each) => string(each, 500)),
      title: of.optional('title', title),
      shortcut: of.optional('shortcut', (each) => string(each, 20)),
      options: of.optional('options', (each) => options(each, depth - 1)),
    })
  })
  if (new Set(given.map(optionName)).size < given.length) find(spot, 'has one option twice')
  return given
}

function condition(spot: Spot): Condition {
  const of = members(spot, ['question', 'is'])
  return {
    question: of.required('question', string),
    is: of.required('is', (at) => list(at, most, (each) => string(each, 500))),
  }
}

/** Finds rules that name labels or questions which the schema does not have. */
function checkReferences(spot: Spot, schema: LabelSchema): void {
  const labels = new Map(schema.labels.map((each) => [each.name, each]))
  const missing = (path: string, wanted: readonly string[] = []) => {
    for (const name of wanted)
      if (!labels.has(name)) find({ ...spot, path }, `names '${name}', which is no label`)
  }
  for (const [place, { parent, inside, attributes }] of schema.labels.entries()) {
    const path = below(below(spot.path, 'labels'), place)
    missing(path, parent === undefined ? inside : [parent, ...(inside ?? [])])
    if (inside !== undefined && schema.kind !== 'text' && schema.kind !== 'audio')
      find({ ...spot, path: below(path, 'inside') }, 'is for regions of text and audio')
    checkConditions(spot, path, attributes, schema)
  }
  checkParents(spot, labels)
  for (const [place, { from, to }] of (schema.relations ?? []).entries())
    missing(below(below(spot.path, 'relations'), place), [...(from ?? []), ...(to ?? [])])
  checkConditions(spot, below(spot.path, 'attributes'), schema.attributes, schema)
  checkConditions(spot, below(spot.path, 'answers'), schema.answers, schema)
}

function checkConditions(
  spot: Spot,
  path: string,
  asked: readonly Question[] = [],
  { attributes = [], answers = [] }: LabelSchema,
): void {
  const reachable = new Set([...asked, ...attributes, ...answers].map(({ name }) => name))
  for (const { name, when } of asked)
    if (when !== undefined && !reachable.has(when.question))
      find({ ...spot, path }, `asks '${name}' depending on '${when.question}', which is not asked`)
}

function checkParents(spot: Spot, labels: ReadonlyMap<string, Label>): void {
  for (const { name } of labels.values()) {
    const seen = new Set<string>()
    for (let at = labels.get(name); at !== undefined; at = labels.get(at.parent ?? '')) {
      if (seen.has(at.name)) {
        find(spot, `has the label '${name}' below itself`)
        break
      }
      seen.add(at.name)
    }
  }
}

/** The label's own name, then its parent's, up to the top. */
export function lineage(schema: LabelSchema, name: string): string[] {
  const names: string[] = []
  let at = schema.labels.find((each) => each.name === name)
  while (at !== undefined && !names.includes(at.name)) {
    names.push(at.name)
    const { parent } = at
    at = schema.labels.find((each) => each.name === parent)
  }
  return names
}
