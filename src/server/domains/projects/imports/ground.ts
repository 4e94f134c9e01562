import type { Tx } from '../../../kernel/db.ts'
import type { Pass } from '../../access/index.ts'
import type { Scanner, Vault } from '../../vault/index.ts'

/** What an import stands on beside the database; the queue of tasks belongs to a domain above. */
export interface ImportGround {
  readonly vault: Pick<Vault, 'receive' | 'macsOf' | 'removeItems'>
  readonly scanner: Scanner
  /** Does work under the pass in a transaction of its own, at the operator door's database. */
  readonly apart: <T>(pass: Pass, work: (tx: Tx) => Promise<T>) => Promise<T>
  /** Queues new items, in the order given. */
  readonly addTasks: (
    tx: Tx,
    items: readonly {
      readonly item: string
      readonly project: string
      readonly batch: string
      readonly language: string
    }[],
    now: Date,
  ) => Promise<void>
  /** Takes a batch out of the queue. @throws Problem `not-ready` when work on it was begun */
  readonly removeTasks: (tx: Tx, batch: string) => Promise<number>
}
