import { Problem } from '#shared/problems.ts'
import type { Tx } from '../../kernel/db.ts'
import { enqueue } from '../../kernel/jobs.ts'
import { newId } from '../../kernel/random.ts'
import type { Pass } from '../access/index.ts'
import { projectById } from '../projects/index.ts'
import { acceptance } from '../quality/index.ts'
import { moveDelivery, putDelivery } from './stamps.ts'
import { deliveryById, effectiveKey, unbuilt } from './store.ts'
import type { BuildOrder } from './workshop.ts'

/**
 * Proposes to hand a project's accepted annotations over. The acceptance that the project promised
 * must hold, and the client must have a key in effect.
 */
export async function proposeDelivery(
  pass: Pass<'delivery.propose'>,
  tx: Tx,
  project: string,
): Promise<string> {
  const row = await projectById(tx, project)
  if (row === undefined) throw new Problem('not-found')
  const accepted = await acceptance(tx, project)
  if (!accepted.ready)
    throw new Problem('not-ready', { missing: 'acceptance', open: accepted.open })
  const key = await effectiveKey(tx, row.client, pass.at)
  if (key === undefined) throw new Problem('not-ready', { missing: 'delivery-key' })
  const id = newId('del')
  await putDelivery(tx, {
    ...{ id, project, client: row.client, key: key.id, state: 'proposed' },
    ...{ proposed_by: pass.actor, proposed_at: pass.at, approved_by: null, approved_at: null },
    ...{
      items: 0,
      file: null,
      size: null,
      sha256: null,
      built_at: null,
      ended_by: null,
      ended_at: null,
    },
  })
  return id
}

/** The second person lets it go; the package is built from then on. The gate has checked that it is another. */
export async function approveDelivery(
  pass: Pass<'delivery.approve'>,
  tx: Tx,
  id: string,
): Promise<void> {
  const moved = await moveDelivery(tx, id, ['proposed'], {
    ...{ state: 'approved', approved_by: pass.actor, approved_at: pass.at },
  })
  if (!moved) throw new Problem('already-done')
  await orderBuild(tx, { id, approved_by: pass.actor })
}

/**
 * Orders anew the builds of deliveries that were approved and not built: those that a killed process
 * had begun would otherwise wait for hours, until the queue takes that process for dead. Called once
 * when an installation starts.
 */
export async function resumeBuilds(tx: Tx): Promise<void> {
  for (const order of await unbuilt(tx)) await orderBuild(tx, order)
}

function orderBuild(tx: Tx, { id, approved_by: by }: BuildOrder): Promise<void> {
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
  if (!(await moveDelivery(tx, id, ['built'], { state, ...ended })))
    throw new Problem('already-done')
}

/** Stops serving a package. What was downloaded before is named by the recall's entry in the log. */
export async function recallDelivery(
  pass: Pass<'delivery.recall'>,
  tx: Tx,
  id: string,
): Promise<void> {
  const from = ['proposed', 'approved', 'built', 'accepted', 'rejected'] as const
  const ended = { ended_by: pass.actor, ended_at: pass.at }
  if (!(await moveDelivery(tx, id, from, { state: 'recalled', ...ended })))
    throw new Problem('already-done')
}

/** The file of a package that is served now. */
export async function servedPackage(tx: Tx, id: string): Promise<{ file: string; size: number }> {
  const row = await deliveryById(tx, id)
  const served = row !== undefined && ['built', 'accepted', 'rejected'].includes(row.state)
  if (!served || row.file === null || row.size === null) throw new Problem('not-found')
  return { file: row.file, size: row.size }
}
