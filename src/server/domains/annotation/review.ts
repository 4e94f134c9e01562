import { Problem } from '#shared/problems.ts'
import type { Review } from '#shared/annotation.ts'
import { sendAlong, type Tx } from '../../kernel/db.ts'
import { newId } from '../../kernel/random.ts'
import type { Pass } from '../access/index.ts'
import { signalPerson } from '../identity/index.ts'
import { type Ground, placeOf } from './ground.ts'
import { closeListening } from './media.ts'
import { putDecision } from './stamps.ts'
import { standingOf } from './store/annotations.ts'
import { removeDrafts } from './store/drafts.ts'
import { endLease } from './store/leases.ts'
import { lockTaskOfItem, setTask } from './store/tasks.ts'
import { discardDrafts, keepAnnotation } from './submit.ts'
import { mustHold } from './tasks.ts'

/**
 * Decides on a submitted annotation: it stands as it is, it stands as the reviewer corrected it, or
 * it goes back to its author, first of all, with the reason.
 * @throws Problem `invalid-input` when a correction comes without an annotation or anything else with
 *   one, when a return comes without a reason or an acceptance with one
 */
export async function decideReview(
  ground: Ground,
  pass: Pass<'annotation.review.decide'>,
  tx: Tx,
  review: Pick<Review, 'decision' | 'annotation' | 'reason'>,
): Promise<void> {
  checkShape(review)
  const task = await mustHold(pass, tx, 'review')
  const annotated = await lockTaskOfItem(tx, task.item, 'annotate')
  if (annotated?.state !== 'submitted' || task.annotation === null) throw new Problem('conflict')
  const { decision } = review
  const now = pass.at
  await closeListening(ground, tx, [task.id], now)
  const given = review.annotation
  const corrected =
    decision === 'correct'
      ? await keepAnnotation(ground, pass, tx, {
          ...{ task, standing: await standingOf(tx, task.item), given },
        })
      : null
  const id = newId('dec')
  const { project, item } = task
  const reason =
    review.reason === undefined
      ? null
      : await ground.seals.seal(tx, placeOf(task, id, 1), Buffer.from(review.reason, 'utf8'))
  putDecision(tx, {
    ...{ id, item, project, annotation: task.annotation, reviewer: pass.actor },
    ...{ decision, corrected, reason, at: now },
  })
  sendAlong(tx, endLease(tx, task.id))
  await discardDrafts(ground, tx, task, await removeDrafts(tx, task.id))
  if (decision === 'return') {
    await setTask(tx, task.id, { state: 'returned', since: now })
    await setTask(tx, annotated.id, { state: 'returned', reserved: annotated.author, since: now })
    if (annotated.author !== null) await signalPerson(tx, annotated.author)
    return
  }
  await setTask(tx, task.id, { state: 'accepted', since: now })
  await setTask(tx, annotated.id, {
    state: 'accepted',
    since: now,
    ...(corrected !== null && { annotation: corrected }),
  })
}

function checkShape({
  decision,
  annotation,
  reason,
}: Pick<Review, 'decision' | 'annotation' | 'reason'>): void {
  if ((decision === 'correct') !== (annotation !== undefined))
    throw new Problem('invalid-input', { where: 'body/annotation' })
  if (decision === 'return' ? reason === undefined : decision === 'accept' && reason !== undefined)
    throw new Problem('invalid-input', { where: 'body/reason' })
}
