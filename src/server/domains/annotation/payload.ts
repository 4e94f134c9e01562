import { Problem } from '#shared/problems.ts'
import type { TaskPayload } from '#shared/annotation.ts'
import type { Tx } from '../../kernel/db.ts'
import { parseConfidential } from '../../kernel/json.ts'
import type { Pass } from '../access/index.ts'
import { itemById } from '../projects/index.ts'
import type { Asset } from '../vault/index.ts'
import type { Ground, Seals } from './ground.ts'
import { assetOf, channelsOf } from './media.ts'
import { schemaOf } from './schemas.ts'
import { heldTask } from './store/tasks.ts'

/**
 * Everything that one screen shows of a task that the pass's person holds: content, schema, and
 * their draft or else the annotation that stands.
 * @throws Problem `lease-lost` when they hold it no more
 */
export async function openTask(
  { seals }: Pick<Ground, 'seals'>,
  pass: Pass<'annotation.task.open'>,
  tx: Tx,
): Promise<TaskPayload> {
  const held = await heldTask(tx, pass.resource.id, pass.actor)
  if (held === undefined) throw new Problem('lease-lost')
  const content = assetOf({ id: held.item, project: held.project }, 'content')
  const [item, schema, text] = await Promise.all([
    itemById(tx, held.item),
    schemaOf(tx, held.project, held.schema),
    pass.located.taskType === 'text' ? textOf(seals, pass, tx, content) : null,
  ])
  if (item === undefined) throw new Problem('not-found')
  const work = held.draft_object ?? held.annotation_object
  const reason = held.returned_reason
  return {
    ...{ task: held.id, type: held.type, item: held.item, project: held.project },
    ...{ code: item.code, kind: item.kind, language: item.language },
    ...(text !== null && { text }),
    ...(item.kind === 'audio' && {
      audio: {
        ...{ rate: item.rate ?? 0, samples: item.length },
        channels: await channelsOf(seals, pass, tx, item),
      },
    }),
    sha256: item.content_sha256.toString('hex'),
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
  pass: Pass,
  tx: Tx,
  object: string | Asset,
): Promise<string> {
  const bytes = await seals.open(tx, pass, object)
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
}
