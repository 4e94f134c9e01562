import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { sql } from 'kysely'
import { testDatabase } from '../../../test/support/database.ts'
import { openClient } from './db.ts'
import { StartFault } from './fault.ts'
import {
  checkMigrated,
  createDatabase,
  migrate,
  migrationsFolder,
  readMigrations,
} from './migrate.ts'
import { roles } from './roles.ts'

/** A folder with the given migrations and an honest manifest. */
function folderOf(t: TestContext, files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'cloister-migrations-'))
  t.after(() => {
    rmSync(folder, { recursive: true })
  })
  fill(folder, files)
  return folder
}

function fill(folder: string, files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  const hashes = Object.entries(files).map(([name, text]) => [
    name,
    createHash('sha256').update(text).digest('hex'),
  ])
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(Object.fromEntries(hashes)))
}

/** An empty database beside the migrated one. */
async function emptyDatabase(t: TestContext) {
  const migrated = (await testDatabase(t)).connection('cloister_admin')
  if ('url' in migrated) throw new Error('the test cluster has a socket')
  const database = `${migrated.database}_empty`
  const main = { ...migrated, database: 'postgres' }
  await createDatabase(main, database)
  t.after(async () => {
    const client = await openClient(main)
    await client.query(`drop database ${database} with (force)`)
    await client.end()
  })
  return { ...migrated, database }
}

const refusal = (words: RegExp) => (error: unknown) =>
  error instanceof StartFault && words.test(error.message)

test('KE30 the manifest names every migration with its hash', async () => {
  const named = (await readMigrations()).map(({ name }) => name)
  assert.deepEqual(
    named,
    readdirSync(migrationsFolder)
      .filter((n) => n.endsWith('.sql'))
      .sort(),
  )
})

test('KE31 an empty database gets the whole line, and a migrated one nothing', async (t) => {
  const database = await emptyDatabase(t)
  const names = (await readMigrations()).map(({ name }) => name)
  assert.deepEqual(await migrate(database), names)
  assert.deepEqual(await migrate(database), [])
})

test('KE31 two starts at once apply each migration once', async (t) => {
  const database = await emptyDatabase(t)
  const done = await Promise.all([migrate(database), migrate(database)])
  assert.deepEqual(
    done.flat(),
    (await readMigrations()).map(({ name }) => name),
  )
})

test('KE32 an applied migration that was changed, removed or overtaken refuses the start', async (t) => {
  const database = await emptyDatabase(t)
  const one = { '0001_one.sql': '-- as administrator\ncreate table one ();' }
  const three = { '0003_three.sql': '-- as administrator\ncreate table three ();' }
  const folder = folderOf(t, { ...one, ...three })
  await migrate(database, folder)
  fill(folder, { ...one, '0003_three.sql': '-- as administrator\ncreate table tree ();' })
  await assert.rejects(migrate(database, folder), refusal(/0003_three.sql was changed/))
  fill(folder, one)
  await assert.rejects(migrate(database, folder), refusal(/does not know/))
  fill(folder, { ...one, ...three, '0002_two.sql': 'create table two ();' })
  await assert.rejects(migrate(database, folder), refusal(/0002_two.sql comes before/))
})

test('KE33 a migration that fails changes nothing, and the next start can go on', async (t) => {
  const database = await emptyDatabase(t)
  const broken = '-- as administrator\ncreate table kept (); select 1 / 0;'
  const folder = folderOf(t, { '0001_kept.sql': broken })
  await assert.rejects(migrate(database, folder), refusal(/0001_kept.sql failed/))
  fill(folder, { '0001_kept.sql': '-- as administrator\ncreate table kept ();' })
  assert.deepEqual(await migrate(database, folder), ['0001_kept.sql'])
})

test('KE34 a file that differs from its hash, is missing or steers its transaction is refused unread', async (t) => {
  const folder = folderOf(t, { '0001_a.sql': 'select 1;' })
  writeFileSync(join(folder, '0001_a.sql'), 'select 2;')
  await assert.rejects(readMigrations(folder), refusal(/not the one that its manifest names/))
  rmSync(join(folder, '0001_a.sql'))
  await assert.rejects(readMigrations(folder), refusal(/0001_a.sql is missing/))
  fill(folder, { '0001_a.sql': 'select 1;\ncommit;' })
  await assert.rejects(readMigrations(folder), refusal(/steers its own transaction/))
  fill(folder, { '0001_a.sql': '', '0001_b.sql': '' })
  await assert.rejects(readMigrations(folder), refusal(/Two migrations/))
  fill(folder, { 'first.sql': '' })
  await assert.rejects(readMigrations(folder), refusal(/NNNN_name/))
})

test('KE35 any role can see that the database is current, and a lacking one is refused', async (t) => {
  const database = await testDatabase(t)
  for (const role of roles) await checkMigrated(database.connection(role))
  const folder = folderOf(t, {})
  const lines = Object.fromEntries(
    (await readMigrations()).map(({ name, sql: text }) => [name, text]),
  )
  fill(folder, { ...lines, '9999_next.sql': 'select 1;' })
  await assert.rejects(
    checkMigrated(database.connection('cloister_outside'), folder),
    refusal(/lacks the migration 9999_next.sql/),
  )
})

test('KE36 no role but the owner may create anything, and none is a superuser or has a password', async (t) => {
  const database = await testDatabase(t)
  const admin = database.db('cloister_admin')
  const { rows } = await sql<{ rolname: string }>`select rolname from pg_authid
    where rolname like 'cloister_%' and rolname <> 'cloister_admin' and rolcanlogin and not rolsuper
    and not rolcreaterole and not rolcreatedb and not rolbypassrls and not rolreplication
    and rolpassword is null order by rolname`.execute(admin)
  assert.deepEqual(
    rows.map(({ rolname }) => rolname),
    [...roles].sort(),
  )
  for (const role of roles) {
    const db = database.db(role)
    await assert.rejects(sql`create table public.mine ()`.execute(db), /permission denied/)
    const schema = sql`create schema mine`.execute(db)
    if (role === 'cloister_owner') await schema
    else await assert.rejects(schema, /permission denied/)
    await assert.rejects(sql`delete from kernel.migration`.execute(db), /permission denied/)
  }
})
