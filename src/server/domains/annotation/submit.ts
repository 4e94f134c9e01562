import { type Annotation, checkAnnotation, parseAnnotation } from '@cloister/annotation-formats'
import { Problem } from '#shared/problems.ts'
import { sendAlong, type Tx } from '../../kernel/db.ts'
import { newId } from '../../kernel/random.ts'
import type { Pass } from '../access/index.ts'
import type { ItemColumns } from '../projects/index.ts'
import { type Ground, placeOf } from './ground.ts'
import { closeListening } from './media.ts'
import { standingOf } from './store/annotations.ts'
import { draftOf, removeDrafts, upsertDraft } from './store/drafts.ts'
import { finishTask } from './store/tasks.ts'
import { schemaOf } from './schemas.ts'
import { putAnnotation } from './stamps.ts'
import { mustHold, type Task } from './tasks.ts'

/** Most findings that a refusal names. */
const mostNamed = 20

/**
 * Takes a finished annotation and puts the item up for review.
 * @throws Problem `invalid-input` with the places, when it does not fit the model, the schema under
 *   which the task was begun, or the item; then nothing is stored
 */
export async function submitAnnotation(
  ground: Ground,
  pass: Pass<'annotation.submit'>,
  tx: Tx,
  given: unknown,
): Promise<void> {
  // What follows the lock is sent behind it, and counts for nothing where the task is not held.
  const [task, standing, drafts] = await Promise.all([
    mustHold(pass, tx, 'annotate'),
    standingOf(tx, pass.item ?? ''),
    removeDrafts(tx, pass.resource.id),
  ])
  if (pass.located.taskType === 'audio') await closeListening(ground, tx, [task.id], pass.at)
  const annotation = await keepAnnotation(ground, pass, tx, { task, standing, given })
  await discardDrafts(ground, tx, task, drafts)
  const { actor: author, at: since } = pass
  const { project, item, batch, language, guideline } = task
  const of = { project, item, batch, language, guideline, schema: begunUnder(task) }
  const finished = { task: task.id, review: newId('tsk'), ...of, author, annotation, since }
  sendAlong(tx, finishTask(tx, finished))
}

/** Checks, seals and keeps one more version of an item's annotation; answers its id. */
export async function keepAnnotation(
  { seals }: Ground,
  pass: Pass<'annotation.submit' | 'annotation.review.decide'>,
  tx: Tx,
  of: {
    readonly task: Task
    /** Read with the task locked. */
    readonly standing: Awaited<ReturnType<typeof standingOf>>
    readonly given: unknown
  },
): Promise<string> {
  const { task, standing } = of
  if (standing === undefined) throw new Problem('not-found')
  const { version } = standing
  const annotation = await checked(tx, task, standing, of.given)
  const id = newId('ann')
  const { project, item, guideline } = task
  const place = placeOf(task, 'annotation', version)
  const { object, fingerprint } = await seals.sealForLog(tx, place, annotation)
  const made = task.type === 'annotate' ? 'annotated' : 'corrected'
  const row = { id, item, project, version, person: pass.actor, made, at: pass.at, object } as const
  putAnnotation(tx, { ...row, schema: begunUnder(task), guideline }, fingerprint)
  return id
}

/** Deletes what was sealed of the drafts that these people had of a finished task. */
export async function discardDrafts(
  ground: Ground,
  tx: Tx,
  task: Task,
  drafts: readonly string[],
): Promise<void> {
  for (const person of drafts) await discardDraft(ground, tx, task, person)
}

async function discardDraft({ seals }: Ground, tx: Tx, task: Task, person: string): Promise<void> {
  const { project, owner, asset } = placeOf(task, draftAsset(task, person), 1)
  await seals.remove(tx, { project, owner, asset }, false)
}

function draftAsset({ type }: Task, person: string): string {
  return `draft-${type}-${person}`
}

/**
 * Keeps work in progress. A draft must fit the model, not yet the schema.
 * @throws Problem `conflict` with the version that stands, when `base` is another
 */
export async function saveDraft(
  ground: Ground,
  pass: Pass<'annotation.draft.save'>,
  tx: Tx,
  { annotation, base }: { annotation: unknown; base: number },
): Promise<number> {
  const task = await mustHold(pass, tx, null)
  const bytes = encoded(parsed(annotation))
  const before = await draftOf(tx, task.id, pass.actor)
  const stands = before?.version ?? 0
  if (stands !== base) throw new Problem('conflict', { version: stands })
  const version = stands + 1
  if (before !== undefined) await discardDraft(ground, tx, task, pass.actor)
  const place = placeOf(task, draftAsset(task, pass.actor), version)
  const object = await ground.seals.seal(tx, place, bytes)
  await upsertDraft(tx, { task: task.id, person: pass.actor, version, object, at: pass.at })
  return version
}

async function checked(tx: Tx, task: Task, item: ItemColumns, given: unknown): Promise<Uint8Array> {
  const annotation = parsed(given)
  const schema = await schemaOf(tx, task.project, begunUnder(task))
  const findings = checkAnnotation(schema.parsed, annotation, {
    sha256: item.content_sha256.toString('hex'),
    ...(item.kind === 'text' && { codePoints: item.length }),
    ...(item.kind === 'audio' && {
      samples: item.length,
      ...(item.rate !== null && { rate: item.rate }),
    }),
  })
  if (findings.length > 0) throw unfit(findings)
  return encoded(annotation)
}

function parsed(given: unknown): Annotation {
  const result = parseAnnotation(given)
  if (!result.ok) throw unfit(result.findings)
  return result.value
}

function unfit(findings: readonly { path: string; message: string }[]): Problem {
  return new Problem('invalid-input', {
    where: 'body/annotation',
    faults: findings.slice(0, mostNamed),
  })
}

function encoded(annotation: Annotation): Uint8Array {
  return Buffer.from(JSON.stringify(annotation), 'utf8')
}

function begunUnder({ schema }: Task): number {
  if (schema === null) throw new Problem('not-ready', { missing: 'schema' })
  return schema
}
