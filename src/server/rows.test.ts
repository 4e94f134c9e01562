import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { testDatabase } from '../../test/support/database.ts'
import { transactIn } from '../../test/support/opened.ts'
import { bound, insert, twoProjects } from '../../test/support/two-projects.ts'
import { actions, actOf, type Action } from '../shared/actions.ts'
import { transactOverAll } from './domains/access/index.ts'
import { codeOf } from './kernel/fault.ts'
import { type Db, openDb, transact, type Tx } from './kernel/db.ts'
import { roles } from './kernel/roles.ts'

/** Tables that belong to no project, and why. A table that stands neither here nor in `bound` fails the test. */
const unbound: Readonly<Record<string, string>> = {
  'audit.pending': 'the log is one for the whole installation, and holds no content',
  'audit.leaf': 'the same; auditors search all of it',
  'audit.tile': 'hashes of the log',
  'audit.checkpoint': 'heads of the log',
  'audit.detail': 'words beside the log, sealed under keys that are bound',
  'audit.stamp': 'salted hashes of rows, verified over the whole log',
  'identity.challenge': 'people belong to no project',
  'identity.code': 'people and machines',
  'identity.key': 'people',
  'identity.name': 'people',
  'identity.person': 'people',
  'identity.replacement': 'people',
  'identity.role': 'people; what somebody does on a project stands in projects.team',
  'identity.session': 'people',
  'workforce.agreement': 'people are admitted to the site, not to a project',
  'workforce.certificate': 'people',
  'workforce.course': 'people',
  'workforce.pass': 'people',
  'workforce.shift': 'people',
  'workforce.signature': 'people',
  'workforce.vetting': 'people',
  'projects.client': 'a client has several projects, and is there before the first',
  'projects.client_person': 'a client',
  'projects.terms': 'a client',
  'delivery.key': 'a client',
  'kernel.migration': 'the installation itself',
}
/** Schemas of which no table belongs to a project. */
const unboundSchemas: Readonly<Record<string, string>> = {
  facility:
    'the building serves all projects; zone_project is the site file, which names codes only',
  graphile_worker: 'the queue of the job library: ids only, and open to no door',
}

const owned = (name: string) => ({ a: `'${name}_a'`, b: `'${name}_b'` })

interface Standing {
  readonly name: string
  readonly schema: string
  readonly enabled: boolean
  readonly forced: boolean
  readonly policies: string[]
}

test('ROW1 every table is bound to projects, for its owner too, or says why not', async (t) => {
  const admin = (await testDatabase(t)).db('cloister_admin')
  const { rows } = await sql<Standing>`
    select n.nspname || '.' || c.relname as name, n.nspname as schema,
      c.relrowsecurity as enabled, c.relforcerowsecurity as forced,
      array(select p.polname::text from pg_policy p where p.polrelid = c.oid order by 1) as policies
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'f', 'm') and n.nspname !~ '^(pg_|information_schema)'
     order by 1`.execute(admin)
  assert.ok(rows.length > 60, `only ${rows.length} tables were found`)
  const left = rows.filter(({ name, schema }) => !(name in unbound || schema in unboundSchemas))
  assert.deepEqual(
    left,
    bound
      .map(([name]) => ({
        ...{ name, schema: name.split('.')[0], enabled: true, forced: true },
        policies: ['by_project', 'of_owner'],
      }))
      .sort((one, other) => (one.name < other.name ? -1 : 1)),
  )
  const names = new Set(rows.map(({ name }) => name))
  assert.deepEqual(
    Object.keys(unbound).filter((name) => !names.has(name)),
    [],
    'excuses for tables that are not there',
  )
})

/** What became of a statement: how many rows, or why PostgreSQL refused it. Nothing of it is kept. */
async function outcome(db: Db, projects: readonly string[], work: (tx: Tx) => Promise<number>) {
  const undo = new Error('undo')
  let rows = -1
  try {
    await transactIn(db, projects, async (tx) => {
      rows = await work(tx)
      throw undo
    })
  } catch (error) {
    if (error !== undo) return error instanceof Error ? `${codeOf(error)} ${error.message}` : error
  }
  return rows
}

const count = (table: string) => async (tx: Db) => {
  const { rows } = await sql<{ n: number }>`select count(*) as n from ${sql.raw(table)}`.execute(tx)
  return rows[0]?.n ?? -1
}
const changed = (statement: string) => async (tx: Tx) =>
  Number((await sql.raw(statement).execute(tx)).numAffectedRows ?? -1)
const added = (table: string, row: Record<string, unknown>) => async (tx: Tx) => {
  await insert(tx, table, row)
  return 1
}

const serving = roles.filter((role) => role !== 'cloister_owner')
const rowSecurity = /^42501 new row violates row-level security policy/

test('ROW2 opened for one project, no role sees, adds, moves, changes or removes a row of another', async (t) => {
  const database = await twoProjects(t)
  const admin = database.db('cloister_admin')
  let tried = 0
  for (const [table, column, id] of bound) {
    const { a, b } = owned(id)
    const rowOf = async (value: string) => {
      const { rows } = await sql<{ row: Record<string, unknown> }>`
        select to_jsonb(x) as row from ${sql.raw(`${table} x where ${column} = ${value}`)}`.execute(
        admin,
      )
      assert.equal(rows.length, 1, table)
      return rows[0]?.row ?? {}
    }
    const rights = await rightsOn(admin, table)
    const [own, other] = [await rowOf(a), await rowOf(b)]
    for (const role of serving) {
      const db = database.db(role)
      const may = rights.get(role) ?? {}
      const say = (what: string) => `${role} ${what} ${table}`
      if (may.reads === true) {
        assert.equal(await outcome(db, ['prj_a'], count(table)), 1, say('reads'))
        tried += 1
      }
      if (may.changes != null) {
        const same = `update ${table} set ${may.changes} = ${may.changes}`
        if (may.reads === true) {
          assert.equal(await outcome(db, ['prj_a'], changed(same)), 1, say('changes'))
          const there = `${same} where ${column} = ${b}`
          assert.equal(await outcome(db, ['prj_a'], changed(there)), 0, say('changes theirs of'))
        }
        tried += 1
      }
      if (may.moves === true) {
        const move = `update ${table} set ${column} = ${b} where ${column} = ${a}`
        const moved = await outcome(db, ['prj_a'], changed(move))
        assert.match(String(moved), rowSecurity, say('moves'))
        tried += 1
      }
      if (may.removes === true) {
        const remove = `delete from ${table} where ${column} = ${b}`
        assert.equal(await outcome(db, ['prj_a'], changed(remove)), 0, say('removes'))
        tried += 1
      }
      if (may.adds === true) {
        // The same row again: what is one's own passes the policy and is refused as a duplicate.
        const again = await outcome(db, ['prj_a'], added(table, own))
        assert.match(String(again), /^23505 /, say('adds to'))
        const foreign = await outcome(db, ['prj_a'], added(table, other))
        assert.match(String(foreign), rowSecurity, say('adds theirs to'))
        tried += 1
      }
    }
  }
  assert.ok(tried > 150, `only ${tried} rights were tried`)
})

interface Rights {
  readonly reads?: boolean
  /** A column that may be changed. */
  readonly changes?: string | null
  readonly moves?: boolean
  readonly adds?: boolean
  readonly removes?: boolean
}

/** What each role may do with a table, by the grants alone. */
async function rightsOn(admin: Db, table: string): Promise<Map<string, Rights>> {
  const [, column = ''] = bound.find(([name]) => name === table) ?? []
  const { rows } = await sql<Rights & { role: string }>`
    select r.rolname as role,
      has_any_column_privilege(r.oid, ${table}, 'select') as reads,
      (select a.attname from pg_attribute a
        where a.attrelid = ${table}::regclass and a.attnum > 0 and a.attidentity = ''
          and has_column_privilege(r.oid, a.attrelid, a.attnum, 'update') order by a.attnum limit 1) as changes,
      has_column_privilege(r.oid, ${table}, ${column}, 'update') as moves,
      has_table_privilege(r.oid, ${table}, 'insert') as adds,
      has_table_privilege(r.oid, ${table}, 'delete') as removes
      from pg_roles r where r.rolname like 'cloister_%'`.execute(admin)
  return new Map(rows.map(({ role, ...rights }) => [role, rights]))
}

test('ROW3 in a transaction that nobody opened there is no row, and none can be added', async (t) => {
  const database = await twoProjects(t)
  const admin = database.db('cloister_admin')
  for (const [table, column, id] of bound) {
    const { rows } = await sql<{ row: Record<string, unknown> }>`
      select to_jsonb(x) as row from ${sql.raw(`${table} x where ${column} = ${owned(id).a}`)}`.execute(
      admin,
    )
    for (const role of serving) {
      const db = database.db(role)
      const may = (await rightsOn(admin, table)).get(role) ?? {}
      const say = `${role} ${table}`
      if (may.reads === true) assert.equal(await transact(db, count(table)), 0, say)
      if (may.removes === true)
        assert.equal(await transact(db, changed(`delete from ${table}`)), 0, say)
      if (may.adds === true)
        assert.match(
          String(await outcome(db, [], added(table, rows[0]?.row ?? {}))),
          rowSecurity,
          say,
        )
    }
  }
})

test('ROW4 what a transaction was opened for ends with it, kept or undone, on the same connection', async (t) => {
  const database = await twoProjects(t)
  const db = openDb(database.connection('cloister_inside'), { pool: 1 })
  const backend = async (tx: Db) =>
    (await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx)).rows[0]?.pid
  const seen = (tx: Db) => Promise.all([backend(tx), count('annotation.task')(tx)])
  try {
    const [pid, own] = await transactIn(db, 'prj_a', seen)
    assert.equal(own, 1)
    assert.deepEqual(await transact(db, seen), [pid, 0])
    await assert.rejects(
      transactIn(db, ['prj_a', 'prj_b'], async (tx) => {
        assert.deepEqual(await seen(tx), [pid, 2])
        throw new Error('no')
      }),
    )
    assert.deepEqual(await transact(db, seen), [pid, 0])
    assert.deepEqual(await seen(db), [pid, 0])
  } finally {
    await db.destroy()
  }
})

test('ROW5 nothing looks past the policies but the owner, who serves no request, and functions that answer names', async (t) => {
  const database = await twoProjects(t)
  const admin = database.db('cloister_admin')
  const { rows: beyond } = await sql<{ rolname: string }>`
    select rolname from pg_roles
     where rolname like 'cloister_%' and rolbypassrls and not rolsuper`.execute(admin)
  assert.deepEqual(beyond, [])
  const { rows: functions } = await sql<{ name: string; owner: string; bare: boolean }>`
    select p.oid::regprocedure::text || ' ' || pg_get_function_result(p.oid) as name,
      pg_get_userbyid(p.proowner) as owner,
      -- Its names were resolved when it was made, or are looked for in no schema.
      p.prosqlbody is not null or p.proconfig = array['search_path=""'] as bare
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace
     where p.prosecdef and n.nspname !~ '^(pg_|information_schema|graphile_worker)' order by 1`.execute(
    admin,
  )
  const [owner, bare] = ['cloister_owner', true]
  assert.deepEqual(functions, [
    { name: 'access.every_project() SETOF text', owner, bare },
    { name: 'access.project_of_delivery(text) text', owner, bare },
    { name: 'access.project_of_item(text) text', owner, bare },
    { name: 'access.project_of_task(text) text', owner, bare },
    { name: 'access.projects_of(text) SETOF text', owner, bare },
    { name: 'jobs.enqueue(text,json,text,integer) void', owner: 'cloister_jobs', bare },
    { name: 'vault.unknown_locations(text[]) SETOF text', owner, bare },
  ])
  const all = await transactOverAll(database.db('cloister_operator'), count('projects.item'))
  assert.equal(all, 2)
})

test('ROW6 a file is not taken for one without a row because its project is not opened', async (t) => {
  const operator = (await twoProjects(t)).db('cloister_operator')
  const { rows } = await sql<{ location: string }>`
    select vault.unknown_locations(${['file a', 'file b', 'file c']}::text[]) as location`.execute(
    operator,
  )
  assert.deepEqual(rows, [{ location: 'file c' }])
})

test('ROW7 no confidential act reaches across projects, and only these others do', () => {
  const across = Object.keys(actions).flatMap((name) => {
    const { across, confidential = false } = actOf(name as Action)
    return across === undefined ? [] : [`${name}: ${across}${confidential ? ', content' : ''}`]
  })
  assert.deepEqual(across, [
    'projects.list: every',
    'projects.import.find: every',
    'annotation.work.read: own',
    'delivery.client.list: own',
    'audit.reconcile: every',
    'vault.epoch.list: every',
  ])
})

test('ROW15 nobody who serves may change or delete what was annotated or decided', async (t) => {
  const admin = (await testDatabase(t)).db('cloister_admin')
  for (const role of roles.filter((name) => name !== 'cloister_owner'))
    for (const table of ['annotation.annotation', 'annotation.decision']) {
      const { rows } = await sql<{ may: boolean }>`
        select has_table_privilege(${role}, ${table}, 'update, delete, truncate')
            or has_any_column_privilege(${role}, ${table}, 'update') as may`.execute(admin)
      assert.deepEqual(rows, [{ may: false }], `${role} on ${table}`)
    }
})
