import { type Db, transact, type Tx } from '../../kernel/db.ts'
import type { Caller, Gate, Pass } from '../access/index.ts'
import type { Vault } from '../vault/index.ts'
import type { DeliveryTables } from './tables.ts'

export type Delivery = DeliveryTables['delivery.delivery']
export type BuildPass = Pass<'delivery.build'>

/** What the building of a package stands on. */
export interface Workshop {
  readonly db: Db
  readonly gate: Gate
  readonly vault: Vault
  /** Where packages lie; drafts are under `incoming/`. */
  readonly packages: string
  /** Signing key of the manifests. */
  readonly signingKey: string
  /** Keeps words sealed beside the log and answers the hash for the leaf. */
  readonly sealDetails: (
    tx: Tx,
    words: Readonly<Record<string, unknown>>,
    project: string | null,
  ) => Promise<Uint8Array | null>
  /** The proof of the newest entry of this act on this delivery, once a cosigned checkpoint covers it. */
  readonly proofOf: (
    tx: Tx,
    action: string,
    resource: string,
  ) => Promise<{ proof: string; checkpoint: string } | null>
  readonly now: () => Date
}

/** A delivery that is to be built, and the person in whose name. */
export interface BuildOrder {
  readonly id: string
  readonly by: string
}

/** Who approved a delivery has it built; once it failed, whoever ordered it anew. */
export function orderOf(row: Pick<Delivery, 'id' | 'approved_by' | 'rebuilt_by'>): BuildOrder {
  return { id: row.id, by: row.rebuilt_by ?? row.approved_by ?? '' }
}

/** One transaction of a build, under a pass of its own that is issued for the person in whose name it is. */
export function underPass<T>(
  { db, gate }: Workshop,
  { id, by }: BuildOrder,
  work: (tx: Tx, pass: BuildPass) => Promise<T>,
): Promise<T> {
  const caller: Caller = {
    ...{ door: 'operator', kind: 'job', id: by, session: null, signedInAt: null },
    ...{ workstation: null, certificate: null, address: 'local' },
  }
  return transact(db, async (tx) =>
    work(tx, await gate.admit(tx, caller, 'delivery.build', { type: 'Delivery', id })),
  )
}
