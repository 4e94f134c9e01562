import type { Annotation, Region, Value } from './model.ts'

/**
 * True when two annotations say the same: same schema, regions, relations and answers. The order
 * of regions and relations and the ids of regions do not count; relations are compared by the
 * regions that they join.
 */
export function sameAnnotation(a: Annotation, b: Annotation): boolean {
  return summary(a) === summary(b)
}

function summary({ schema, source, regions, relations = [], answers = {} }: Annotation): string {
  const said = new Map(regions.map((region) => [region.id, saidOf(region)]))
  const joined = relations.map(({ type, from, to, both = false, attributes = {} }) => {
    const ends = [said.get(from) ?? null, said.get(to) ?? null]
    return canonical([type, both ? ends.sort() : ends, both, attributes])
  })
  return canonical([schema, source ?? {}, [...said.values()].sort(), joined.sort(), answers])
}

function saidOf({ anchor, label, attributes = {}, transcripts = {} }: Region): string {
  return canonical([anchor, label ?? null, attributes, transcripts])
}

/** The value as JSON text with members in the order of their names. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  )
}

/** True when two values of an attribute or an answer are the same. */
export function sameValue(a: Value, b: Value): boolean {
  return canonical(a) === canonical(b)
}
