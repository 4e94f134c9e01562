import { sendAlong, type Tx } from '../../kernel/db.ts'
import { rowBytes, type RowReader, sha256, stamp } from '../audit/index.ts'
import { annotationsAfter, insertAnnotation } from './store/annotations.ts'
import { decisionsAfter, insertDecision } from './store/reviews.ts'
import type { AnnotationTables } from './tables.ts'

type AnnotationRow = AnnotationTables['annotation.annotation']
type DecisionRow = AnnotationTables['annotation.decision']

/** Keeps one version of an item's annotation under the protection of the log. */
export function putAnnotation(tx: Tx, row: AnnotationRow): void {
  sendAlong(tx, insertAnnotation(tx, row))
  stamp(tx, 'annotation', row.id, sha256(annotationBytes(row)))
}

/** Keeps a reviewer's decision under the protection of the log. */
export function putDecision(tx: Tx, row: DecisionRow): void {
  sendAlong(tx, insertDecision(tx, row))
  stamp(tx, 'decision', row.id, sha256(decisionBytes(row)))
}

/** How annotations and decisions are read again to be compared with the log. */
export const annotationReaders: readonly RowReader[] = [
  {
    kind: 'annotation',
    read: async (tx, after, limit) =>
      (await annotationsAfter(tx, after, limit)).map((row) => ({
        id: row.id,
        content: annotationBytes(row),
      })),
  },
  {
    kind: 'decision',
    read: async (tx, after, limit) =>
      (await decisionsAfter(tx, after, limit)).map((row) => ({
        id: row.id,
        content: decisionBytes(row),
      })),
  },
]

// The columns are named one by one: one that is added later must not change the hash of older rows.

function annotationBytes(row: AnnotationRow): Uint8Array {
  const { id, item, project, version, person, made, schema, guideline, at, object } = row
  return rowBytes({ id, item, project, version, person, made, schema, guideline, at, object })
}

function decisionBytes(row: DecisionRow): Uint8Array {
  const { id, item, project, annotation, reviewer, decision, corrected, reason, at } = row
  return rowBytes({ id, item, project, annotation, reviewer, decision, corrected, reason, at })
}
