import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { testDatabase } from '../../../../test/support/database.ts'
import { transact } from '../../kernel/db.ts'
import { stampedShifts } from './stamps.ts'

test('AU71 a row that is stamped is found by an index, however long its table has become', async (t) => {
  const database = await testDatabase(t)
  const admin = database.db('cloister_admin')
  await transact(admin, async (tx) => {
    await sql`set local session_replication_role = replica`.execute(tx)
    await sql`insert into workforce.shift (person, begins, ends)
      select 'per_' || (n % 400), timestamptz '2026-01-01' + n * interval '1 minute',
             timestamptz '2026-01-01' + (n + 1) * interval '1 minute'
        from generate_series(1, 100000) n`.execute(tx)
  })
  await sql`analyze workforce.shift`.execute(admin)
  const begins = Date.parse('2026-01-01T00:07:00Z')
  const read = await transact(database.db('cloister_inside'), async (tx) => {
    await stampedShifts.stamp(tx, `per_7/${begins}`, 'per_8/1')
    const { rows } = await sql<{ seq_scan: number; idx_tup_fetch: number }>`
      select seq_scan, idx_tup_fetch from pg_stat_xact_user_tables
       where schemaname = 'workforce' and relname = 'shift'`.execute(tx)
    return rows[0]
  })
  assert.equal(read?.seq_scan, 0)
})
