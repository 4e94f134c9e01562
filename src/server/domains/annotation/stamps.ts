import { sendAlong, type Tx } from '../../kernel/db.ts'
import { rowBytes, type RowReader, sha256, stamp } from '../audit/index.ts'
import { annotationsAfter, insertAnnotation } from './store/annotations.ts'
import { decisionsAfter, insertDecision } from './store/reviews.ts'
import type { Vault } from '../vault/index.ts'
import type { AnnotationTables } from './tables.ts'

type AnnotationRow = AnnotationTables['annotation.annotation']
type DecisionRow = AnnotationTables['annotation.decision']

/** Keeps one version of an item's annotation, and what is sealed of it, under the protection of the log. */
export function putAnnotation(tx: Tx, row: AnnotationRow, fingerprint: Buffer): void {
  sendAlong(tx, insertAnnotation(tx, row))
  stamp(tx, 'annotation', row.id, sha256(annotationBytes(row, fingerprint)))
}

/** Keeps a reviewer's decision under the protection of the log. */
export function putDecision(tx: Tx, row: DecisionRow): void {
  sendAlong(tx, insertDecision(tx, row))
  stamp(tx, 'decision', row.id, sha256(decisionBytes(row)))
}

/** How annotations, with what is sealed of them, and decisions are read again to be compared with the log. */
export const annotationReaders = (vault: Pick<Vault, 'fingerprints'>): readonly RowReader[] => [
  {
    kind: 'annotation',
    async read(tx, after, limit) {
      const rows = await annotationsAfter(tx, after, limit)
      const stored = await vault.fingerprints(
        tx,
        rows.map(({ object }) => object),
      )
      return rows.map((row) => ({
        id: row.id,
        content: annotationBytes(row, stored.get(row.object) ?? null),
      }))
    },
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

function annotationBytes(row: AnnotationRow, sealed: Buffer | null): Uint8Array {
  const { id, item, project, version, person, made, schema, guideline, at, object } = row
  const columns = { id, item, project, version, person, made, schema, guideline, at, object }
  return rowBytes({ ...columns, sealed })
}

function decisionBytes(row: DecisionRow): Uint8Array {
  const { id, item, project, annotation, reviewer, decision, corrected, reason, at } = row
  return rowBytes({ id, item, project, annotation, reviewer, decision, corrected, reason, at })
}
