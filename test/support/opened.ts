import { openFor } from '../../src/server/domains/access/store.ts'
import { type Db, transact, type Tx } from '../../src/server/kernel/db.ts'

/** A transaction that is open for the rows of these projects, as the gate would open it. */
export function transactIn<T>(
  db: Db,
  projects: string | readonly string[],
  work: (tx: Tx) => Promise<T>,
): Promise<T> {
  return transact(db, (tx) => {
    openFor(tx, [projects].flat())
    return work(tx)
  })
}
