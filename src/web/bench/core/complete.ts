import type { Annotation, LabelSchema } from './annotation.ts'

/** Something that the schema asks for and the annotation does not say. */
export type Missing =
  | { readonly what: 'answer'; readonly name: string }
  | { readonly what: 'attribute' | 'transcript'; readonly region: string; readonly name: string }
  | { readonly what: 'label' | 'tier'; readonly region: string }

/** Everything that still has to be said before the item can be submitted, in the order of the item. */
export function whatIsMissing(schema: LabelSchema, annotation: Annotation): Missing[] {
  const missing: Missing[] = []
  for (const answer of schema.answers ?? [])
    if (answer.required === true && (annotation.answers[answer.name] ?? '') === '')
      missing.push({ what: 'answer', name: answer.name })
  for (const region of annotation.regions) {
    const label = schema.labels.find(({ name }) => name === region.label)
    if (label === undefined && schema.labels.length > 0)
      missing.push({ what: 'label', region: region.id })
    for (const { name, required } of label?.attributes ?? [])
      if (required === true && (region.attributes?.[name] ?? '') === '')
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
