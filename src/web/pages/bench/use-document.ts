import type { Annotation } from '@cloister/annotation-formats'
import type { AnnotationDocument } from '../../bench/core/document.ts'
import { useEngine } from './use-engine.ts'

/** The annotation being worked on and the chosen region, as they stand now. */
export function useDocument(document: AnnotationDocument): {
  annotation: Annotation
  selected: AnnotationDocument['selected']
} {
  const annotation = useEngine(document, () => document.annotation)
  const selected = useEngine(document, () => document.selected)
  return { annotation, selected }
}
