import { Problem } from '#shared/problems.ts'
import type { TaskPayload } from '#shared/annotation.ts'
import type { Tx } from '../../kernel/db.ts'
import { parseConfidential } from '../../kernel/json.ts'
import type { Pass } from '../access/index.ts'
import type { Asset } from '../vault/index.ts'
import type { Ground, Seals } from './ground.ts'
import { assetOf, channelsOf } from './media.ts'
import { schemaOf } from './schemas.ts'
import { heldTask } from './store/tasks.ts'

/** A task and who it was handed to. */
export interface Handed {
  readonly task: string
  readonly item: string
  readonly project: string
  readonly person: string
  readonly kind: string | null
}

/** @throws Problem `not-found` when the pass is on no task of an item */
export function handedBy({ resource, item, project, actor, located }: Pass): Handed {
  if (item === null || project === null) throw new Problem('not-found')
  return { task: resource.id, item, project, person: actor, kind: located.taskType ?? null }
}

/**
 * Everything that one screen shows of a task that a person holds: content, schema, and their draft
 * or else the annotation that stands. Rows are read while the gate still decides; nothing is opened
 * before the pass is there.
 * @throws Refused when the gate does not issue the pass; Problem `lease-lost` when they hold it no more
 */
export async function openTask(
  { seals }: Pick<Ground, 'seals'>,
  admitted: Pass<'annotation.task.open'> | Promise<Pass<'annotation.task.open'>>,
  tx: Tx,
  handed: Handed,
): Promise<TaskPayload> {
  const content = assetOf({ id: handed.item, project: handed.project }, 'content')
  const [pass, held, text] = await Promise.all([
    admitted,
    heldTask(tx, handed.task, handed.person),
    handed.kind === 'text' ? textOf(seals, admitted, tx, content) : null,
  ])
  if (held === undefined) throw new Problem('lease-lost')
  const schema = await schemaOf(tx, held.project, held.schema)
  const work = held.draft_object ?? held.annotation_object
  const reason = held.returned_reason
  return {
    ...{ task: held.id, type: held.type, item: held.item, project: held.project },
    ...{ code: held.code, kind: held.kind, language: held.language },
    ...(text !== null && { text }),
    ...(held.kind === 'audio' && {
      audio: {
        ...{ rate: held.rate ?? 0, samples: held.length },
        channels: await channelsOf(seals, pass, tx, { id: held.item, project: held.project }),
      },
    }),
    sha256: held.content_sha256.toString('hex'),
    schema: schema.body,
    schemaVersion: held.schema,
    guideline: held.guideline,
    annotation: work === null ? null : parseConfidential(await textOf(seals, pass, tx, work)),
    draft: held.draft,
    until: held.until.toISOString(),
    ...(reason !== null && { returned: await textOf(seals, pass, tx, reason) }),
  }
}

/** A sealed text, opened whole. */
export async function textOf(
  seals: Seals,
  pass: Pass | Promise<Pass>,
  tx: Tx,
  object: string | Asset,
): Promise<string> {
  const bytes = await seals.open(tx, pass, object)
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
}
