import assert from 'node:assert/strict'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { ask, scratchDirectory } from '../../../test/support/cluster.ts'
import { backUp } from './backup.ts'
import { restore } from './restore.ts'
import { type Connection, openClient } from './db.ts'
import { StartFault } from './fault.ts'
import { placeOfCluster, type RunningPostgres, startPostgres } from './postgres.ts'

function scratch(t: TestContext): string {
  const dir = scratchDirectory()
  t.after(() => rm(dir, { recursive: true }))
  return dir
}

async function start(t: TestContext, dir: string): Promise<RunningPostgres> {
  const postgres = await startPostgres({
    dir,
    onDeath: (reason) => {
      throw reason
    },
  })
  t.after(() => postgres.stop())
  return postgres
}

const admin = (postgres: RunningPostgres) => postgres.connection('cloister_admin', 'postgres')

/** Ends one WAL file after another, and does `each` after each, until the work is done. */
async function whileWalEnds<T>(
  connection: Connection,
  work: Promise<T>,
  each: (current: string) => Promise<void>,
): Promise<T> {
  const done = work.then(
    () => true,
    () => true,
  )
  const client = await openClient(connection)
  try {
    do {
      await client.query(`insert into held select generate_series(1, 1000)`)
      await client.query('select pg_switch_wal()')
      await client.query('checkpoint')
      const { rows } = await client.query<{ name: string }>(
        'select pg_walfile_name(pg_current_wal_insert_lsn()) as name',
      )
      await each(rows[0]?.name ?? '')
    } while (!(await Promise.race([done, Promise.resolve(false)])))
    return await work
  } finally {
    await client.end()
  }
}

test('KE83 a backup during which checkpoints let go of WAL is restored', async (t) => {
  const [dir, fresh] = [scratch(t), scratch(t)]
  const first = await start(t, dir)
  await ask(admin(first), 'create table held (n int)')
  const { data } = await placeOfCluster(dir)
  const copy = join(dir, 'copy')
  const made = backUp(admin(first), { data, parts: {} }, copy)
  await whileWalEnds(admin(first), made, () => Promise.resolve())
  assert.ok((await readdir(join(copy, 'database/pg_wal'))).length > 2, 'WAL files ended meanwhile')
  assert.deepEqual(await ask(admin(first), 'select slot_name from pg_replication_slots'), [])
  const { data: place, owner } = await placeOfCluster(fresh)
  await restore(copy, { data: place, parts: {} }, owner)
  const [row] = await ask(admin(await start(t, fresh)), 'select count(*) > 0 as held from held')
  assert.deepEqual(row, { held: true })
})

test('KE83 a backup that lacks WAL is a fault, and has no list', async (t) => {
  const dir = scratch(t)
  const postgres = await start(t, dir)
  await ask(admin(postgres), 'create table held (n int)')
  const { data } = await placeOfCluster(dir)
  const copy = join(dir, 'copy')
  const made = backUp(admin(postgres), { data, parts: {} }, copy)
  const lost = whileWalEnds(admin(postgres), made, async (current) => {
    for (const name of await readdir(join(data, 'pg_wal')))
      if (/^[0-9A-F]{24}$/.test(name) && name < current) await rm(join(data, 'pg_wal', name))
  })
  await assert.rejects(
    lost,
    (error) => error instanceof StartFault && /lost its WAL/.test(error.message),
  )
  assert.ok(!(await readdir(copy)).includes('backup.json'))
})
