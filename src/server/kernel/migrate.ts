import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Client } from 'pg'
import { openClient, type Connection } from './db.ts'
import { StartFault } from './fault.ts'

/** The one numbered line of migrations, at the same place for the sources and the built product. */
export const migrationsFolder = fileURLToPath(
  new URL('../../../src/server/migrations/', import.meta.url),
)

/** One step of the line, read and found to be what the manifest says. */
export interface Migration {
  readonly number: number
  readonly name: string
  readonly sha256: string
  readonly sql: string
}

/**
 * Reads the migrations that manifest.json names (`{"0001_roles.sql": "<SHA-256>", …}`), in order.
 * Refuses with a `StartFault` where a file is missing, differs from its hash, has a number twice,
 * or would end the transaction that it runs in.
 */
export async function readMigrations(folder = migrationsFolder): Promise<Migration[]> {
  const manifest: unknown = JSON.parse(await readFile(`${folder}/manifest.json`, 'utf8'))
  if (typeof manifest !== 'object' || manifest === null)
    throw new StartFault(`${folder}/manifest.json is not a table of file names and hashes.`)
  const migrations: Migration[] = []
  const entries = Object.entries<unknown>({ ...manifest })
  for (const [name, sha256] of entries.sort(([a], [b]) => (a < b ? -1 : 1))) {
    const number = Number(/^([0-9]{4})_[a-z0-9_]+[.]sql$/.exec(name)?.[1])
    if (Number.isNaN(number)) throw new StartFault(`'${name}' is not named NNNN_name.sql.`)
    if (migrations.at(-1)?.number === number)
      throw new StartFault(`Two migrations have the number of ${name}.`)
    const sql = await readFile(`${folder}/${name}`, 'utf8').catch(() => {
      throw new StartFault(`The migration ${name} is missing from ${folder}.`)
    })
    const hash = createHash('sha256').update(sql).digest('hex')
    if (hash !== sha256)
      throw new StartFault(`The migration ${name} is not the one that its manifest names.`)
    if (/^\s*(commit|rollback|begin transaction|start transaction)\b/im.test(sql))
      throw new StartFault(`The migration ${name} steers its own transaction; it must not.`)
    migrations.push({ number, name, sha256: hash, sql })
  }
  return migrations
}

interface Applied {
  readonly number: number
  readonly name: string
  readonly sha256: string
}

/**
 * Brings a database to the end of the line and answers the names that were applied now: all of
 * them for an empty database, none for a current one. Each runs in a transaction of its own, as
 * `cloister_owner` unless its first line is `-- as administrator`; two starts at once wait for
 * each other. Needs a role that may create roles. Refuses with a `StartFault`, changing nothing,
 * where an applied migration was changed, removed or overtaken by a smaller number.
 */
export async function migrate(
  administrator: Connection,
  folder = migrationsFolder,
): Promise<string[]> {
  const migrations = await readMigrations(folder)
  const client = await openClient(administrator)
  try {
    await client.query(`select pg_advisory_lock(hashtext('cloister migrations'))`)
    await client.query(`
      create schema if not exists kernel;
      create table if not exists kernel.migration (
        number integer primary key,
        name text not null unique,
        sha256 text not null,
        applied timestamptz not null default now()
      )`)
    const pending = compare(migrations, await readApplied(client))
    for (const migration of pending) await apply(client, migration)
    return pending.map(({ name }) => name)
  } finally {
    await client.end()
  }
}

/** Refuses with a `StartFault` unless the database stands exactly at the end of this program's line. Any role may ask. */
export async function checkMigrated(
  connection: Connection,
  folder = migrationsFolder,
): Promise<void> {
  const migrations = await readMigrations(folder)
  const client = await openClient(connection)
  try {
    const pending = compare(migrations, await readApplied(client))
    if (pending[0] !== undefined)
      throw new StartFault(
        `The database lacks the migration ${pending[0].name}; start the operator's process first, which migrates.`,
      )
  } finally {
    await client.end()
  }
}

async function readApplied(client: Client): Promise<Applied[]> {
  const { rows } = await client.query<Applied>(
    'select number, name, sha256 from kernel.migration order by number',
  )
  return rows
}

/** The migrations that are still to be applied. */
function compare(migrations: readonly Migration[], applied: readonly Applied[]): Migration[] {
  const known = new Map(migrations.map((migration) => [migration.number, migration]))
  for (const { number, name, sha256 } of applied) {
    const ours = known.get(number)
    if (ours === undefined)
      throw new StartFault(
        `The database has the migration ${name}, which this program does not know; use the program version that made it.`,
      )
    if (ours.sha256 !== sha256)
      throw new StartFault(
        `The migration ${ours.name} was changed after it had been applied; put the applied one back and add a new migration.`,
      )
  }
  const latest = applied.at(-1)
  const pending = migrations.filter(({ number }) => !applied.some((a) => a.number === number))
  const late = pending.find(({ number }) => number < (latest?.number ?? 0))
  if (late !== undefined)
    throw new StartFault(
      `The migration ${late.name} comes before ${latest?.name ?? ''}, which was applied already; give it a higher number.`,
    )
  return pending
}

async function apply(client: Client, { number, name, sha256, sql }: Migration): Promise<void> {
  await client.query('begin')
  try {
    if (!sql.startsWith('-- as administrator\n'))
      await client.query('set local role cloister_owner')
    await client.query(sql)
    await client.query('reset role')
    await client.query('insert into kernel.migration (number, name, sha256) values ($1, $2, $3)', [
      number,
      name,
      sha256,
    ])
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    throw new StartFault(
      `The migration ${name} failed and changed nothing: ${error instanceof Error ? error.message : ''}`,
      { cause: error },
    )
  }
}

/** Creates the database unless it is there. Runs as an administrator of the cluster. */
export async function createDatabase(administrator: Connection, name: string): Promise<void> {
  if (!/^[a-z][a-z0-9_]{0,62}$/.test(name)) throw new RangeError(`'${name}' cannot name a database`)
  const client = await openClient(administrator)
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [name])
    if (rowCount === 0) await client.query(`create database ${name}`)
  } finally {
    await client.end()
  }
}
