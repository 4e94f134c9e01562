import { Type } from 'typebox'
import {
  ExportQuestion,
  LogExport,
  LogFound,
  LogIndex,
  LogPage,
  LogSearch,
  Reconciled,
  ReconcileQuestion,
} from '#shared/audit.ts'
import type { Operate } from '../../http/operate.ts'
import { reconcile, type RowReader } from './reconcile.ts'
import { exportLog, proveIndex, readCheckpoint, readEntry, searchLog } from './search.ts'

const Index = Type.Object({ index: LogIndex })
const site = () => ({ type: 'Site', id: 'site' }) as const
const note = 'text/plain; charset=utf-8'

/** What the log's addresses stand on beside the database. */
export interface AuditGround {
  /** The policy file that an export carries: this log's key, its witness, the quorum. */
  readonly policy: string
  /** One for each kind of row that is stamped. */
  readonly readers: readonly RowReader[]
}

export function auditRoutes(operate: Operate, { policy, readers }: AuditGround): void {
  operate('GET', '/log', {
    action: 'audit.log.search',
    query: LogSearch,
    answer: LogPage,
    resource: site,
    run: ({ pass, tx, query }) => searchLog(pass, tx, query),
  })
  operate('GET', '/log/:index', {
    action: 'audit.log.search',
    params: Index,
    answer: LogFound,
    resource: site,
    run: ({ pass, tx, params }) => readEntry(pass, tx, Number(params.index)),
  })
  operate('GET', '/log/:index/proof', {
    action: 'audit.log.prove',
    params: Index,
    answer: Type.String(),
    resource: site,
    run: async ({ pass, tx, params, reply }) => {
      const proof = await proveIndex(pass, tx, Number(params.index))
      reply.header('content-type', note)
      reply.header('content-disposition', `attachment; filename="${params.index}.tlog-proof"`)
      return proof
    },
  })
  operate('GET', '/checkpoint', {
    action: 'audit.checkpoint.read',
    answer: Type.String(),
    resource: site,
    run: async ({ tx, reply }) => {
      const checkpoint = await readCheckpoint(tx)
      reply.header('content-type', note)
      return checkpoint
    },
  })
  operate('POST', '/log/export', {
    action: 'audit.log.export',
    body: ExportQuestion,
    answer: LogExport,
    resource: site,
    run: ({ pass, tx, body }) => exportLog(pass, tx, policy, body),
  })
  operate('POST', '/reconcile', {
    action: 'audit.reconcile',
    body: ReconcileQuestion,
    answer: Reconciled,
    resource: site,
    run: ({ pass, tx, body }) => reconcile(pass, tx, readers, body),
  })
}
