import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Client } from 'pg'
import { openClient, type Connection } from './db.ts'
import { StartFault } from './fault.ts'
import { migrateJobs } from './jobs.ts'

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
    const { rows } = await client.query<{ there: boolean }>(
      `select to_regnamespace('kernel') is not null as there`,
    )
    const applied = rows[0]?.there === true ? await readApplied(client) : []
    const pending = compare(migrations, applied)
    if (pending[0] !== undefined)
      throw new StartFault(
        `The database lacks the migration ${pending[0].name}; start the operator's process first, which migrates.`,
      )
  } finally {
    await client.end()
  }
}

/** What a database says of itself, and of the role that asks. */
export interface DatabaseStanding {
  readonly role: string
  /** Whether the role is more than a door may be: superuser, maker of roles, beyond row security. */
  readonly mighty: boolean
  readonly reachesVault: boolean
  readonly major: number
  readonly encoding: string
  /** Whether a commit that was answered survives a crash of the machine. */
  readonly durable: boolean
  readonly clock: Date
}

/** Asks a database how it stands, as the role of the connection. */
export async function standingOf(connection: Connection): Promise<DatabaseStanding> {
  const client = await openClient(connection)
  try {
    const { rows } = await client.query<DatabaseStanding>(`
      select current_user as role,
             (rolsuper or rolcreaterole or rolcreatedb or rolbypassrls or rolreplication) as mighty,
             has_schema_privilege(current_user, 'vault', 'usage') as "reachesVault",
             current_setting('server_version_num')::integer / 10000 as major,
             current_setting('server_encoding') as encoding,
             current_setting('fsync') = 'on' and current_setting('full_page_writes') = 'on'
               and current_setting('synchronous_commit') <> 'off' as durable,
             clock_timestamp() as clock
        from pg_roles where rolname = current_user`)
    const [standing] = rows
    if (standing === undefined) throw new StartFault('The database does not know its own user.')
    return standing
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

/**
 * Makes a database ready to serve, from nothing or from any earlier state: creates it, migrates
 * it, and brings the job library's tables up to date. Answers the migrations applied now. A
 * database that is reached by URL must exist already. Needs an administrator of the cluster.
 */
export async function prepareDatabase(administrator: Connection): Promise<string[]> {
  if (!('url' in administrator))
    await createDatabase({ ...administrator, database: 'postgres' }, administrator.database)
  const applied = await migrate(administrator)
  await migrateJobs(administrator)
  return applied
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
