import type { Annotation, LabelSchema, Question, Region, Value } from '@cloister/annotation-formats'

/** Something that the schema asks for and the annotation does not say. */
export type Missing =
  | { readonly what: 'answer'; readonly name: string }
  | { readonly what: 'attribute' | 'transcript'; readonly region: string; readonly name: string }
  | { readonly what: 'label' | 'tier'; readonly region: string }
  /** A rule of the schema, in the schema's own words and place. */
  | { readonly what: 'rule'; readonly path: string; readonly message: string }

type Said = Readonly<Record<string, Value>>

/** Everything that still has to be said before the item can be submitted, in the order of the item. */
export function whatIsMissing(schema: LabelSchema, annotation: Annotation): Missing[] {
  const answers = annotation.answers ?? {}
  const missing: Missing[] = unsaid(schema.answers, answers, answers).map((name) => ({
    what: 'answer',
    name,
  }))
  for (const region of annotation.regions) {
    const label = schema.labels.find(({ name }) => name === region.label)
    if (label === undefined && schema.labels.length > 0)
      missing.push({ what: 'label', region: region.id })
    for (const name of unsaid(questionsOf(schema, region), region.attributes ?? {}, answers))
      missing.push({ what: 'attribute', region: region.id, name })
    if (!('audio' in region.anchor)) continue
    if ((schema.tiers ?? []).length > 0 && region.anchor.tier === undefined)
      missing.push({ what: 'tier', region: region.id })
    for (const { name, required } of schema.transcripts ?? [])
      if (required === true && (region.transcripts?.[name] ?? '').trim() === '')
        missing.push({ what: 'transcript', region: region.id, name })
  }
  return missing
}

/** What is asked about one region: by its label, then of every region. */
export function questionsOf(schema: LabelSchema, region: Region): readonly Question[] {
  const label = schema.labels.find(({ name }) => name === region.label)
  return [...(label?.attributes ?? []), ...(schema.attributes ?? [])]
}

/** The relations that the schema allows from one region to another, by name. */
export function relationsBetween(schema: LabelSchema, from: Region, to: Region): string[] {
  const fits = (labels: readonly string[] | undefined, { label = '' }: Region) =>
    labels === undefined || labels.includes(label)
  return (schema.relations ?? [])
    .filter((relation) => fits(relation.from, from) && fits(relation.to, to))
    .map(({ name }) => name)
}

/** Whether a question is asked, given what was said beside it and of the item. */
export function isAsked({ when }: Question, beside: Said, ofItem: Said): boolean {
  if (when === undefined) return true
  const value = beside[when.question] ?? ofItem[when.question]
  const said = Array.isArray(value) ? value.flat() : [value]
  return said.some((one) => typeof one === 'string' && when.is.includes(one))
}

function unsaid(questions: readonly Question[] | undefined, said: Said, ofItem: Said): string[] {
  return (questions ?? [])
    .filter((question) => question.required === true && isAsked(question, said, ofItem))
    .filter(({ name }) => isNothing(said[name]))
    .map(({ name }) => name)
}

function isNothing(value: Value | undefined): boolean {
  return value === undefined || value === '' || (Array.isArray(value) && value.length === 0)
}
