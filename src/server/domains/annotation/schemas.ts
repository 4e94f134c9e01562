import { type LabelSchema, parseLabelSchema } from '@cloister/annotation-formats'
import type { Tx } from '../../kernel/db.ts'
import { schemaVersion } from '../projects/index.ts'

/** A label schema as it was published, and as it was understood. */
export interface PublishedSchema {
  readonly body: unknown
  readonly parsed: LabelSchema
}

/** A published version never changes, so what was read once is kept. */
const kept = new Map<string, PublishedSchema>()
const mostKept = 500

/** One version of a project's label schema. @throws Error when there is none, or it does not parse */
export async function schemaOf(tx: Tx, project: string, version: number): Promise<PublishedSchema> {
  const key = `${project}@${version}`
  const before = kept.get(key)
  if (before !== undefined) return before
  const row = await schemaVersion(tx, project, version)
  const result = parseLabelSchema(row?.body)
  if (!result.ok) throw new Error(`the label schema ${key} does not parse`)
  const schema = { body: row?.body, parsed: result.value }
  if (kept.size >= mostKept) kept.clear()
  kept.set(key, schema)
  return schema
}
