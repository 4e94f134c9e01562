import { createHash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after } from 'node:test'
import { openClient, openDb, type Connection, type Db } from '../../src/server/kernel/db.ts'
import { migrationsFolder, prepareDatabase } from '../../src/server/kernel/migrate.ts'
import { adminRole, type Role } from '../../src/server/kernel/roles.ts'
import { clusterVariable, startTestCluster, type TestCluster } from './cluster.ts'

let own: Promise<TestCluster> | undefined
const lasting: (() => Promise<void>)[] = []
after(async () => {
  for (const end of lasting.reverse()) await end()
  await (await own)?.stop()
})

/** Whatever lets go of things at its end: a test, or a whole file. */
export interface Ends {
  after(end: () => Promise<void>): void
}

/** For what all tests of a file share: ends after the last of them, what was opened last first. */
export const wholeFile: Ends = {
  after(end) {
    lasting.push(end)
  },
}

async function socketDirectory(): Promise<string> {
  const shared = process.env[clusterVariable]
  if (shared !== undefined) return shared
  own ??= startTestCluster()
  return (await own).socketDirectory
}

export interface TestDatabase {
  connection(role: Role | typeof adminRole): Connection
  /** A pool of four that closes by itself when the test ends. */
  db(role: Role | typeof adminRole): Db
}

/** A fresh, fully migrated database for one test, dropped when the test ends. */
export async function testDatabase(t: Ends): Promise<TestDatabase> {
  const directory = await socketDirectory()
  const at = (role: string, database: string) => ({ socketDirectory: directory, role, database })
  const name = `test_${randomBytes(6).toString('hex')}`
  const template = await ensureTemplate((database) => at(adminRole, database))
  await administer(at(adminRole, 'postgres'), `create database ${name} template ${template}`)
  // A copy has the template's tables and grants, but not the rights on the database itself.
  await administer(
    at(adminRole, name),
    readFileSync(join(migrationsFolder, '0002_database.sql'), 'utf8'),
  )
  const pools: Db[] = []
  t.after(async () => {
    for (const pool of pools) await pool.destroy()
    await administer(at(adminRole, 'postgres'), `drop database ${name} with (force)`)
  })
  return {
    connection: (role) => at(role, name),
    db(role) {
      const db = openDb(at(role, name), { pool: 4 })
      pools.push(db)
      return db
    },
  }
}

/** Migrates a database once for each state of the migrations; whoever comes second waits and finds it. */
async function ensureTemplate(at: (database: string) => Connection): Promise<string> {
  const manifest = readFileSync(join(migrationsFolder, 'manifest.json'))
  const name = `template_${createHash('sha256').update(manifest).digest('hex').slice(0, 12)}`
  const client = await openClient(at('postgres'))
  try {
    await client.query(`select pg_advisory_lock(hashtext('cloister test template'))`)
    const { rowCount } = await client.query('select from pg_database where datname = $1', [name])
    if (rowCount === 0) {
      await client.query(`drop database if exists ${name}_new`)
      await prepareDatabase(at(`${name}_new`))
      await client.query(`alter database ${name}_new rename to ${name}`)
    }
    return name
  } finally {
    await client.end()
  }
}

async function administer(connection: Connection, statement: string): Promise<void> {
  const client = await openClient(connection)
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
