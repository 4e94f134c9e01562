import { type Db, transact, type Tx } from '../../kernel/db.ts'
import { isGenuinePass, type Pass } from './gate.ts'
import { openFor, openForAll, siteProject } from './store.ts'

/**
 * A transaction beside that of the act, open for the project that the pass names: for what is done
 * before an upload has ended, or after an answer has begun.
 * @throws Error for anything but a pass of this process's gate
 */
export function transactUnder<T>(db: Db, pass: Pass, work: (tx: Tx) => Promise<T>): Promise<T> {
  if (!isGenuinePass(pass)) throw new Error('a transaction is opened with a genuine pass only')
  return transact(db, (tx) => {
    openFor(tx, [pass.project ?? siteProject])
    return work(tx)
  })
}

/**
 * A transaction that is open for every project: for an installation that looks for what is due or
 * missing anywhere. Whatever is then done in one project is done under a pass.
 */
export function transactOverAll<T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> {
  return transact(db, async (tx) => {
    await openForAll(tx)
    return work(tx)
  })
}
