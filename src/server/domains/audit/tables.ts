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
  /** What an entry says beside its leaf, by the hash that stands there; words can be erased. */
  'audit.detail': {
    hash: Buffer
    project: string | null
    words: Buffer | null
    salt: Buffer | null
    sealed: Buffer | null
  }
  /** That a row held what has this hash after the act of this entry. */
  'audit.stamp': {
    number: Generated<number>
    details: Buffer
    kind: string
    subject: string
    hash: Buffer | null
    salt: Buffer
  }
}
