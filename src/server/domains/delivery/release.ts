import { Problem } from '#shared/problems.ts'
import type { Tx } from '../../kernel/db.ts'
import { enqueue } from '../../kernel/jobs.ts'
import { newId } from '../../kernel/random.ts'
import type { Pass } from '../access/index.ts'
import { endAlarms } from '../facility/index.ts'
import { signalEverybody } from '../identity/index.ts'
import { projectById } from '../projects/index.ts'
import { type FixedSet, fixSet, mustBeAccepted, mustStand } from './set.ts'
import { moveDelivery } from './stamps.ts'
import { deliveryById, effectiveKey, insertDelivery, unbuilt } from './store.ts'
import { type BuildOrder, orderOf } from './workshop.ts'

/**
 * Proposes to hand a project's accepted annotations over, those that stand now and no others. The
 * acceptance that the project promised must hold, and the client must have a key in effect.
 * @throws Problem `not-ready` with what is missing
 */
export async function proposeDelivery(
  pass: Pass<'delivery.propose'>,
  tx: Tx,
  project: string,
): Promise<{ id: string; set: FixedSet }> {
  const row = await projectById(tx, project)
  if (row === undefined) throw new Problem('not-found')
  const reached = await mustBeAccepted(tx, project)
  const key = await effectiveKey(tx, row.client, pass.at)
  if (key === undefined) throw new Problem('not-ready', { missing: 'delivery-key' })
  const id = newId('del')
  await insertDelivery(tx, {
    ...{ id, project, client: row.client, key: key.id, state: 'proposed', items: 0 },
    ...{ proposed_by: pass.actor, proposed_at: pass.at },
  })
  const set = await fixSet(tx, id, project, reached)
  await moveDelivery(tx, id, ['proposed'], { state: 'proposed', ...set })
  return { id, set }
}

/**
 * The second person lets it go, as it was proposed; the package is built from then on. The gate has
 * checked that it is another.
 * @throws Problem `already-done`; `conflict` when something of the set was changed since; `not-ready`
 *   when the acceptance that the project promised holds no more
 */
export async function approveDelivery(
  pass: Pass<'delivery.approve'>,
  tx: Tx,
  id: string,
): Promise<FixedSet> {
  const row = await moveDelivery(tx, id, ['proposed'], {
    ...{ state: 'approved', approved_by: pass.actor, approved_at: pass.at },
  })
  if (row === undefined) throw new Problem('already-done')
  await mustStand(tx, row)
  await orderBuild(tx, { id, by: pass.actor })
  return row
}

/**
 * Has a delivery built whose build was given up: the same set, let go by the same two people, in the
 * name of whoever orders it now. The build finds out whether the set still stands.
 * @throws Problem `already-done` when it is not failed
 */
export async function rebuildDelivery(
  pass: Pass<'delivery.rebuild'>,
  tx: Tx,
  id: string,
): Promise<FixedSet> {
  const row = await moveDelivery(tx, id, ['failed'], {
    ...{ state: 'approved', failure: null, rebuilt_by: pass.actor },
  })
  if (row === undefined) throw new Problem('already-done')
  await orderBuild(tx, { id, by: pass.actor })
  return row
}

/**
 * Orders anew the builds of deliveries that were approved and not built: those that a killed process
 * had begun would otherwise wait for hours, until the queue takes that process for dead. Called once
 * when an installation starts.
 */
export async function resumeBuilds(tx: Tx): Promise<void> {
  for (const row of await unbuilt(tx)) await orderBuild(tx, orderOf(row))
}

function orderBuild(tx: Tx, { id, by }: BuildOrder): Promise<void> {
  return enqueue(tx, 'delivery.build', { delivery: id, by }, { key: `build ${id}` })
}

/** The client's word on a package: taken, or sent back with a reason. */
export async function acknowledgeDelivery(
  pass: Pass<'delivery.receipt'>,
  tx: Tx,
  id: string,
  accepted: boolean,
): Promise<void> {
  const ended = { ended_by: pass.actor, ended_at: pass.at }
  const state = accepted ? 'accepted' : 'rejected'
  const moved = await moveDelivery(tx, id, ['built'], { state, ...ended })
  if (moved === undefined) throw new Problem('already-done')
}

/** Stops serving a package, to whoever is downloading it as well. What was downloaded before is named by the recall's entry in the log. */
export async function recallDelivery(
  pass: Pass<'delivery.recall'>,
  tx: Tx,
  id: string,
): Promise<void> {
  const from = ['proposed', 'approved', 'failed', 'built', 'accepted', 'rejected'] as const
  const ended = { ended_by: pass.actor, ended_at: pass.at }
  const moved = await moveDelivery(tx, id, from, { state: 'recalled', failure: null, ...ended })
  if (moved === undefined) throw new Problem('already-done')
  await endAlarms(tx, ['delivery-failed'], id, pass.at)
  await signalEverybody(tx)
}

/** The file of a package that is served now. */
export async function servedPackage(tx: Tx, id: string): Promise<{ file: string; size: number }> {
  const row = await deliveryById(tx, id)
  const served = row !== undefined && ['built', 'accepted', 'rejected'].includes(row.state)
  if (!served || row.file === null || row.size === null) throw new Problem('not-found')
  return { file: row.file, size: row.size }
}
