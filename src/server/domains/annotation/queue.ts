import { Problem } from '#shared/problems.ts'
import type { Tx } from '../../kernel/db.ts'
import { newId } from '../../kernel/random.ts'
import { deleteUntouched, insertTasks } from './store/tasks.ts'

/** An item that import has just stored. */
export interface NewItem {
  readonly item: string
  readonly project: string
  readonly batch: string
  readonly language: string
}

/** Queues items to be annotated, in the order given, in the transaction that stores them. */
export async function addTasks(tx: Tx, items: readonly NewItem[], now: Date): Promise<void> {
  if (items.length === 0) return
  await insertTasks(
    tx,
    items.map((item) => ({ id: newId('tsk'), ...item })),
    now,
  )
}

/**
 * Takes a batch out of the queue again; answers how many tasks there were.
 * @throws Problem `not-ready` when anything of it was begun
 */
export async function removeTasks(tx: Tx, batch: string): Promise<number> {
  const { all, removed } = await deleteUntouched(tx, batch)
  if (removed < all) throw new Problem('not-ready', { begun: all - removed })
  return removed
}
