import { useSyncExternalStore } from 'react'
import type { Annotation } from '@cloister/annotation-formats'
import type { AnnotationDocument } from '../../bench/core/document.ts'

/** The annotation being worked on and the chosen region, as they stand now. */
export function useDocument(document: AnnotationDocument): {
  annotation: Annotation
  selected: AnnotationDocument['selected']
} {
  const subscribe = (listener: () => void) => document.subscribe(listener)
  const annotation = useSyncExternalStore(subscribe, () => document.annotation)
  const selected = useSyncExternalStore(subscribe, () => document.selected)
  return { annotation, selected }
}
