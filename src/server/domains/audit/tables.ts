import type { ColumnType, Generated } from 'kysely'

export interface AuditTables {
  /** Leaves that are durable and wait for their place in the tree. */
  'audit.pending': { id: Generated<number>; body: Buffer; since: Generated<Date> }
  /** The log in its order: exact bytes, and the columns by which Records searches. */
  'audit.leaf': {
    index: number
    time: Date
    actor: string
    action: string
    resource: string
    project: string | null
    item: string | null
    outcome: string
    details: Buffer | null
    body: Buffer
  }
  /** Full tiles only; partial ones are made when somebody asks. */
  'audit.tile': { level: number; index: number; hashes: Buffer }
  'audit.checkpoint': {
    size: number
    root: Buffer
    note: string
    signed_at: ColumnType<Date, Date, never>
    /** The same note with the witness's line, once it came. */
    cosigned: string | null
    cosigned_at: Date | null
  }
  /** What an entry's `details` hash stands for; erasable without touching the proof. */
  'audit.detail': { hash: Buffer; salt: Buffer; sealed: Buffer; project: string | null }
}
