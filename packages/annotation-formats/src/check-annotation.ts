import type { Annotation, Finding, Region, Value } from './model.ts'
import { below } from './checked.ts'
import {
  type Count,
  type Label,
  type LabelSchema,
  lineage,
  optionName,
  type Option,
  type Question,
  questionType,
  schemaRef,
} from './label-schema.ts'
import { compilePattern } from './pattern.ts'
import { isBuckets, pathsOf } from './values.ts'
import { type CheckedSource, type Find, findPlaces } from './check-places.ts'

/**
 * Everything in an annotation that its label schema or its source does not allow: unknown labels,
 * missing or wrong attributes and answers, counts, nesting and overlap, anchors past the end.
 * An empty list means that it may be submitted. The annotation must have come from
 * `parseAnnotation`.
 */
export function checkAnnotation(
  schema: LabelSchema,
  annotation: Annotation,
  source: CheckedSource,
): Finding[] {
  const findings: Finding[] = []
  const find = (path: string, message: string) => findings.push({ path, message })
  if (annotation.schema !== schemaRef(schema))
    find('/schema', `is ${annotation.schema}; this project uses ${schemaRef(schema)}`)
  const questions = new Checker(schema, annotation.answers ?? {}, find)
  for (const [place, region] of annotation.regions.entries())
    questions.region(region, below('/regions', place))
  questions.answer(schema.answers ?? [], annotation.answers ?? {}, '/answers')
  checkRelations(schema, annotation, find)
  checkCounts(schema, annotation, find)
  findPlaces(schema, annotation, source, find)
  return findings
}

class Checker {
  readonly #schema: LabelSchema
  readonly #labels: ReadonlyMap<string, Label>
  readonly #answers: Readonly<Record<string, Value>>
  readonly #find: Find

  constructor(schema: LabelSchema, answers: Readonly<Record<string, Value>>, find: Find) {
    this.#schema = schema
    this.#labels = new Map(schema.labels.map((label) => [label.name, label]))
    this.#answers = answers
    this.#find = find
  }

  region(region: Region, path: string): void {
    const { label, attributes = {}, transcripts = {} } = region
    const known = label === undefined ? undefined : this.#labels.get(label)
    if (label === undefined) {
      if (this.#schema.labels.length > 0) this.#find(path, 'has no label')
    } else if (known === undefined) this.#find(below(path, 'label'), `'${label}' is no label here`)
    const asked = [...(known?.attributes ?? []), ...(this.#schema.attributes ?? [])]
    this.answer(asked, attributes, below(path, 'attributes'))
    this.#transcripts(transcripts, below(path, 'transcripts'))
  }

  #transcripts(given: Readonly<Record<string, string>>, path: string): void {
    const layers = this.#schema.transcripts ?? []
    for (const name of Object.keys(given))
      if (!layers.some((layer) => layer.name === name))
        this.#find(below(path, name), 'is no transcript layer here')
    for (const { name, required = false, pattern } of layers) {
      const text = Object.hasOwn(given, name) ? given[name] : undefined
      if (text === undefined || text === '') {
        if (required) this.#find(below(path, name), 'is required')
      } else if (pattern !== undefined && !compilePattern(pattern).matches(text))
        this.#find(below(path, name), `does not match ${pattern}`)
    }
  }

  /** Checks what was answered against what was asked. */
  answer(asked: readonly Question[], given: Readonly<Record<string, Value>>, path: string): void {
    for (const name of Object.keys(given))
      if (!asked.some((question) => question.name === name))
        this.#find(below(path, name), 'is not asked here')
    for (const question of asked) {
      const at = below(path, question.name)
      const value = Object.hasOwn(given, question.name) ? given[question.name] : undefined
      const isAsked = this.#isAsked(question, given)
      if (value === undefined) {
        if (isAsked && question.required === true) this.#find(at, 'is required')
      } else if (!isAsked) this.#find(at, 'is answered, though its condition does not hold')
      else {
        const fault = faultOf(question, value)
        if (fault !== undefined) this.#find(at, fault)
      }
    }
  }

  #isAsked({ when }: Question, given: Readonly<Record<string, Value>>): boolean {
    if (when === undefined) return true
    const where = Object.hasOwn(given, when.question) ? given : this.#answers
    const value = Object.hasOwn(where, when.question) ? where[when.question] : undefined
    if (value === undefined) return false
    const said = isBuckets(value) ? [] : pathsOf(value).flat()
    return when.is.some((wanted) => said.includes(wanted))
  }
}

/** What is wrong with the value as an answer to this question. */
function faultOf(question: Question, value: Value): string | undefined {
  switch (questionType(question)) {
    case 'choice':
      return choiceFault(question, value)
    case 'text':
      return textFault(question, value)
    case 'number':
    case 'rating':
      return numberFault(question, value)
    case 'date':
      return typeof value === 'string' && /^\d{4}-\d{2}-\d{2}([T ].{1,30})?$/.test(value)
        ? undefined
        : 'must be a date as 2026-01-31'
    case 'ranking':
      return rankingFault(question, value)
  }
}

function choiceFault({ options = [], multiple = false, required = false }: Question, value: Value) {
  const chosen: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (Array.isArray(value) && !multiple) return 'must be one option, not a list'
  if (required && chosen.length === 0) return 'is required'
  const texts = chosen.map((each) => JSON.stringify(each))
  if (new Set(texts).size < texts.length) return 'names an option twice'
  for (const each of chosen) {
    const path: readonly unknown[] = Array.isArray(each) ? each : [each]
    if (!isOption(options, path)) return `${JSON.stringify(each)} is not one of the options`
  }
  return undefined
}

/** True when the path leads through the options. */
function isOption(options: readonly Option[], [first, ...rest]: readonly unknown[]): boolean {
  const found = options.find((option) => optionName(option) === first)
  if (found === undefined) return false
  if (rest.length === 0) return true
  return typeof found !== 'string' && isOption(found.options ?? [], rest)
}

const longestMatched = 10_000

function textFault({ pattern, multiple = false, required = false }: Question, value: Value) {
  const texts: readonly unknown[] = multiple && Array.isArray(value) ? value : [value]
  if (required && (texts.length === 0 || texts.includes(''))) return 'is required'
  const compiled = pattern === undefined ? undefined : compilePattern(pattern)
  for (const text of texts) {
    if (typeof text !== 'string') return multiple ? 'must be a list of texts' : 'must be a text'
    if (compiled === undefined) continue
    if (text.length > longestMatched) return `is longer than ${longestMatched} characters`
    if (!compiled.matches(text)) return `does not match ${pattern ?? ''}`
  }
  return undefined
}

function numberFault({ type, min, max, step }: Question, value: Value): string | undefined {
  if (typeof value !== 'number') return 'must be a number'
  const least = min ?? (type === 'rating' ? 1 : undefined)
  if (least !== undefined && value < least) return `must be ${least} or more`
  if (max !== undefined && value > max) return `must be ${max} or less`
  const grid = step ?? (type === 'rating' ? 1 : undefined)
  if (grid === undefined) return undefined
  const steps = (value - (least ?? 0)) / grid
  return Math.abs(steps - Math.round(steps)) < 1e-9 ? undefined : `must go in steps of ${grid}`
}

function rankingFault({ options, buckets, required = false }: Question, value: Value) {
  const lists =
    buckets === undefined
      ? Array.isArray(value)
        ? { order: value }
        : undefined
      : typeof value === 'object' && !Array.isArray(value)
        ? value
        : undefined
  if (lists === undefined)
    return buckets === undefined ? 'must be a list in order' : 'must have a list for each bucket'
  const ranked: string[] = []
  for (const [bucket, entries] of Object.entries(lists)) {
    if (buckets !== undefined && !buckets.includes(bucket)) return `'${bucket}' is no bucket here`
    for (const entry of entries) {
      if (typeof entry !== 'string') return 'must be a list in order'
      if (options !== undefined && !isOption(options, [entry]))
        return `'${entry}' is not one of the options`
      ranked.push(entry)
    }
  }
  if (new Set(ranked).size < ranked.length) return 'ranks one thing twice'
  if (required && options !== undefined && ranked.length < options.length)
    return 'must rank every option'
  return undefined
}

function checkRelations(schema: LabelSchema, annotation: Annotation, find: Find): void {
  const relations = annotation.relations ?? []
  if (relations.length === 0) return
  const labelOf = new Map(annotation.regions.map(({ id, label }) => [id, label ?? '']))
  const lines = new Map([...labelOf.values()].map((label) => [label, lineage(schema, label)]))
  const allowed = (wanted: readonly string[] | undefined, id: string) =>
    wanted === undefined ||
    lines.get(labelOf.get(id) ?? '')?.some((name) => wanted.includes(name)) === true
  for (const [place, { type, from, to }] of relations.entries()) {
    const path = below('/relations', place)
    const rule = schema.relations?.find(({ name }) => name === type)
    if (rule === undefined) find(path, `'${type}' is no relation here`)
    else if (!allowed(rule.from, from)) find(path, `'${type}' cannot begin at '${from}'`)
    else if (!allowed(rule.to, to)) find(path, `'${type}' cannot end at '${to}'`)
  }
}

function checkCounts(schema: LabelSchema, annotation: Annotation, find: Find): void {
  const own = new Map<string, number>()
  for (const { label } of annotation.regions)
    if (label !== undefined) own.set(label, (own.get(label) ?? 0) + 1)
  const labelled = new Map<string, number>()
  for (const [label, found] of own)
    for (const name of lineage(schema, label)) labelled.set(name, (labelled.get(name) ?? 0) + found)
  const within = (path: string, name: string, found: number, { min = 0, max }: Count) => {
    if (found < min) find(path, `needs at least ${min} of '${name}'; there are ${found}`)
    if (max !== undefined && found > max)
      find(path, `takes at most ${max} of '${name}'; there are ${found}`)
  }
  for (const { name, count = {} } of schema.labels)
    within('/regions', name, labelled.get(name) ?? 0, count)
  for (const { name, count = {} } of schema.relations ?? [])
    within(
      '/relations',
      name,
      (annotation.relations ?? []).filter(({ type }) => type === name).length,
      count,
    )
}
