import type { Selectable } from 'kysely'
import { Problem } from '#shared/problems.ts'
import type { TaskPayload } from '#shared/annotation.ts'
import type { Tx } from '../../kernel/db.ts'
import { newId } from '../../kernel/random.ts'
import { type Pass, Refused } from '../access/index.ts'
import { signalPerson } from '../identity/index.ts'
import { latestVersions, projectsOf } from '../projects/index.ts'
import { certifiedLanguages } from '../workforce/index.ts'
import { type AdmitOpening, type Ground, placeOf } from './ground.ts'
import { closeListening } from './media.ts'
import { type Handed, handedBy, openTask } from './payload.ts'
import { keepPlace } from './places.ts'
import {
  endLease,
  holding,
  insertLease,
  leaseOf,
  reclaimTasks,
  renewLease,
  takeTask,
} from './store/leases.ts'
import {
  insertFlag,
  lockTask,
  lockTaskOfItem,
  setTask,
  taskById,
  undoFlags,
} from './store/tasks.ts'
import type { AnnotationTables, TaskType } from './tables.ts'

export type Task = Selectable<AnnotationTables['annotation.task']>

/** A lease ends this long after it was last renewed. */
const leaseLength = 2 * 60_000
/** What is kept for one person is offered to others when they have not come for it in this time. */
const patience = 24 * 3_600_000

/** Acts that end with a task in hand. */
type Asking =
  | 'annotation.task.next'
  | 'annotation.review.next'
  | 'annotation.submit'
  | 'annotation.task.skip'
  | 'annotation.review.decide'

/**
 * Leases the person's next task in the pass's project and opens it, against a pass of its own and
 * with an entry of its own. What they hold already comes first, then what is reserved for them.
 * Null when nothing waits for them.
 * @throws Refused when the gate does not let them open it; the caller's transaction undoes the lease
 */
export async function nextTask(
  ground: Ground,
  pass: Pass<Asking>,
  tx: Tx,
  type: TaskType,
  admit: AdmitOpening,
): Promise<TaskPayload | null> {
  const handed = await leaseNext(ground, pass, tx, type, await leaseTerms(pass, tx))
  return handed === null ? null : openHanded(ground, pass, tx, handed, admit)
}

/**
 * Does the work that leaves a task and then, where `wanted`, hands out the next, which takes
 * nothing back: a refusal to open it gives it back and answers null.
 */
export async function workThenNext(
  ground: Ground,
  { pass, tx, admit }: { pass: Pass<Asking>; tx: Tx; admit: AdmitOpening },
  { wanted, type }: { wanted: boolean; type: TaskType },
  work: () => Promise<void>,
): Promise<{ next: TaskPayload | null }> {
  if (!wanted) return (await work(), { next: null })
  // Read along with what the work reads first.
  const reading = leaseTerms(pass, tx)
  reading.catch(() => undefined)
  await work()
  const handed = await leaseNext(ground, pass, tx, type, await reading)
  if (handed === null) return { next: null }
  try {
    return { next: await openHanded(ground, pass, tx, handed, admit) }
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    await endLease(tx, handed.task)
    await setTask(tx, handed.task, { state: 'waiting', since: pass.at })
    return { next: null }
  }
}

async function openHanded(
  ground: Ground,
  pass: Pass<Asking>,
  tx: Tx,
  handed: Handed,
  admit: AdmitOpening,
): Promise<TaskPayload> {
  if (handed.kind === 'audio') await closeListening(ground, tx, [handed.task], pass.at)
  return openTask(ground, admit(handed.task), tx, handed)
}

/** What a lease is given on: the languages that the person may work in, and what is published. */
async function leaseTerms({ project, actor, located, at }: Pass<Asking>, tx: Tx) {
  const kind = located.taskType
  if (project === null || kind == null) throw new Problem('not-found')
  const [languages, { schema, guideline }] = await Promise.all([
    certifiedLanguages(tx, actor, kind, at),
    latestVersions(tx, project),
  ])
  if (schema === null) throw new Problem('not-ready', { missing: 'schema' })
  return { project, kind, languages, schema, guideline }
}

async function leaseNext(
  ground: Ground,
  { actor: person, at: now }: Pass<Asking>,
  tx: Tx,
  type: TaskType,
  { project, kind, ...terms }: Awaited<ReturnType<typeof leaseTerms>>,
): Promise<Handed | null> {
  const until = new Date(now.getTime() + leaseLength)
  const before = new Date(now.getTime() - patience)
  // Served twice at once, a person's second request finds on the next round what the first one took.
  for (let round = 0; round < 3; round += 1) {
    const wanted = { project, type, person, until, now, ...terms }
    const task = await takeTask(tx, wanted)
    if (task !== undefined) {
      keepPlace(task.id, { ...task, project })
      return { task: task.id, item: task.item, project, person, kind }
    }
    if (round > 0) continue
    const taken = await reclaimTasks(tx, { ...wanted, before })
    if (kind === 'audio') await closeListening(ground, tx, taken, now)
  }
  return null
}

/** Keeps the lease for another two minutes. @throws Problem `lease-lost` */
export async function renewTask(pass: Pass<'annotation.task.renew'>, tx: Tx): Promise<Date> {
  const until = new Date(pass.at.getTime() + leaseLength)
  const renewed = await renewLease(tx, pass.resource.id, pass.actor, { until, now: pass.at })
  if (renewed === undefined) throw new Problem('lease-lost')
  return renewed
}

/** The task of the pass, locked, when its person holds it and it is of this type. */
export async function mustHold(pass: Pass, tx: Tx, type: TaskType | null): Promise<Task> {
  // The gate asked before the row was locked; a manager may have come between. The second statement
  // begins when the first has its lock, and sees what was done until then.
  const [task, held] = await Promise.all([
    lockTask(tx, pass.resource.id),
    holding(tx, pass.resource.id, pass.actor),
  ])
  if (task === undefined || (type !== null && task.type !== type)) throw new Problem('not-found')
  if (held?.until == null || held.until <= pass.at) throw new Problem('lease-lost')
  return task
}

/** Hands a task back to everybody. The draft is kept for the case that it comes back. */
export async function releaseTask(
  ground: Ground,
  pass: Pass<'annotation.task.release'>,
  tx: Tx,
): Promise<void> {
  const task = await mustHold(pass, tx, null)
  await closeListening(ground, tx, [task.id], pass.at)
  await endLease(tx, task.id)
  await setTask(tx, task.id, { state: 'waiting', reserved: null, since: pass.at })
}

/** Sets an item aside that cannot or should not be annotated, with the reason. */
export async function skipTask(
  ground: Ground,
  pass: Pass<'annotation.task.skip'>,
  tx: Tx,
  { reason, note }: { reason: AnnotationTables['annotation.flag']['reason']; note?: string },
): Promise<void> {
  const task = await mustHold(pass, tx, 'annotate')
  const id = newId('flg')
  const of = placeOf(task, id, 1)
  const sealed =
    note === undefined ? null : await ground.seals.seal(tx, of, Buffer.from(note, 'utf8'))
  await insertFlag(tx, {
    ...{ id, task: task.id, person: pass.actor, reason, note: sealed },
    ...{ at: pass.at, undone_at: null },
  })
  await closeListening(ground, tx, [task.id], pass.at)
  await endLease(tx, task.id)
  const { actor: author, at: since } = pass
  await setTask(tx, task.id, { state: 'skipped', reserved: null, author, since })
}

/**
 * Takes one's own work back: a submission that nobody has begun to review, or a skip. Another task
 * in hand is laid aside for its holder meanwhile.
 * @throws Problem `not-found` for others' work, `conflict` when the review has begun
 */
export async function reopenTask(
  ground: Ground,
  pass: Pass<'annotation.reopen'>,
  tx: Tx,
  admit: AdmitOpening,
): Promise<TaskPayload> {
  const { actor: person, at: now } = pass
  const seen = await taskById(tx, pass.resource.id)
  if (seen?.type !== 'annotate') throw new Problem('not-found')
  // The review is locked first, as a decision does it.
  const review = await lockTaskOfItem(tx, seen.item, 'review')
  const task = await lockTask(tx, seen.id)
  if (task?.author !== person) throw new Problem('not-found')
  const submitted = task.state === 'submitted' && review?.state === 'waiting'
  if (!submitted && task.state !== 'skipped') throw new Problem('conflict')
  if (submitted) await setTask(tx, review.id, { state: 'withdrawn', since: now })
  else await undoFlags(tx, task.id, now)
  await layAside(ground, tx, { person, project: task.project, type: 'annotate', now })
  const until = new Date(now.getTime() + leaseLength)
  await insertLease(tx, { task: task.id, project: task.project, type: 'annotate', person, until })
  await setTask(tx, task.id, { state: 'leased', reserved: null, since: now })
  const opening = await admit(task.id)
  return openTask(ground, opening, tx, handedBy(opening))
}

async function layAside(
  ground: Ground,
  tx: Tx,
  of: { person: string; project: string; type: TaskType; now: Date },
): Promise<void> {
  const lease = await leaseOf(tx, of.person, of.project, of.type)
  if (lease === undefined) return
  await closeListening(ground, tx, [lease.task], of.now)
  await endLease(tx, lease.task)
  await setTask(tx, lease.task, { state: 'waiting', reserved: of.person, since: of.now })
}

/**
 * Gives a task to one person of the team, or back to everybody. Whoever holds it loses it at once;
 * a skipped item becomes work again.
 * @throws Problem `conflict` when the work is finished, `not-ready` when the person does not do this
 *   on the project, `four-eyes` when they would review what they annotated
 */
export async function reassignTask(
  ground: Pick<Ground, 'recordClose'>,
  pass: Pass<'annotation.task.reassign'>,
  tx: Tx,
  person: string | null,
): Promise<void> {
  const task = await lockTask(tx, pass.resource.id)
  if (task === undefined) throw new Problem('not-found')
  if (!['waiting', 'leased', 'returned', 'skipped'].includes(task.state))
    throw new Problem('conflict')
  if (person !== null) {
    const role = task.type === 'annotate' ? 'annotator' : 'reviewer'
    const roles = await projectsOf(tx, person)
    if (!roles.some((one) => one.id === task.project && one.role === role))
      throw new Problem('not-ready', { missing: role })
    if ((await holding(tx, task.id, person))?.annotated === true) throw new Problem('four-eyes')
  }
  await closeListening(ground, tx, [task.id], pass.at)
  const before = await endLease(tx, task.id)
  await setTask(tx, task.id, { state: 'waiting', reserved: person, since: pass.at })
  if (before !== undefined) await signalPerson(tx, before)
}
