import { schemaRef, type Annotation, type LabelSchema } from '@cloister/annotation-formats'

/** An annotation that says nothing yet; `source` is what its anchors will count in. */
export function emptyAnnotation(schema: LabelSchema, source?: Annotation['source']): Annotation {
  const empty = { schema: schemaRef(schema), regions: [], relations: [], answers: {} }
  return source === undefined ? empty : { ...empty, source }
}
