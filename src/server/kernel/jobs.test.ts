import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { test, type TestContext } from 'node:test'
import { sql } from 'kysely'
import { testDatabase, type TestDatabase } from '../../../test/support/database.ts'
import { openPool, transact } from './db.ts'
import {
  enqueue,
  forgiving,
  type JobOptions,
  type JobWork,
  type RunningJobs,
  startJobs,
} from './jobs.ts'
import { prepareDatabase } from './migrate.ts'

const noFailure = (kind: string, error: unknown) => {
  throw new Error(`${kind} failed`, { cause: error })
}

const noFault = (cause: unknown) => {
  throw new Error('the work came to a stand', { cause })
}

async function work(
  t: TestContext,
  database: TestDatabase,
  kinds: Record<string, JobWork>,
  { onFailure = noFailure, onFault = noFault }: Partial<JobOptions> = {},
): Promise<RunningJobs> {
  const options = { concurrency: 2, onFailure, onFault }
  const jobs = await startJobs(database.connection('cloister_jobs'), kinds, options)
  t.after(() => jobs.stop())
  return jobs
}

const waiting = sql<{
  jobs: number
}>`select count(*)::int as jobs from graphile_worker._private_jobs`

test('KE70 a job is done when its transaction commits, and never when it is rolled back', async (t) => {
  const database = await testDatabase(t)
  const db = database.db('cloister_inside')
  await assert.rejects(
    transact(db, async (tx) => {
      await enqueue(tx, 'seal', { item: 'item_never' })
      throw new Error('undone')
    }),
    /undone/,
  )
  await transact(db, (tx) => enqueue(tx, 'seal', { item: 'item_a' }))
  const done: unknown[] = []
  await new Promise<void>((resolve, reject) => {
    const seal = (payload: unknown) => {
      done.push(payload)
      resolve()
      return Promise.resolve()
    }
    work(t, database, { seal }).catch(reject)
  })
  assert.deepEqual(done, [{ item: 'item_a' }])
})

test('KE71 of several waiting jobs with one key only the latest is done', async (t) => {
  const database = await testDatabase(t)
  const db = database.db('cloister_outside')
  for (const n of [1, 2, 3]) await transact(db, (tx) => enqueue(tx, 'count', { n }, { key: 'one' }))
  await transact(db, (tx) => enqueue(tx, 'last', {}))
  const done: unknown[] = []
  const ended: string[] = []
  // Two jobs may be done at the same time: what counts is that each has ended, in either order.
  await new Promise<void>((resolve, reject) => {
    const end = (kind: string) => {
      ended.push(kind)
      if (new Set(ended).size === 2) resolve()
      return Promise.resolve()
    }
    const count = (payload: unknown) => {
      done.push(payload)
      return end('count')
    }
    work(t, database, { count, last: () => end('last') }).catch(reject)
  })
  assert.deepEqual(done, [{ n: 3 }])
})

test('KE72 a failed attempt is reported, with the word whether it was the last', async (t) => {
  const database = await testDatabase(t)
  await transact(database.db('cloister_operator'), (tx) => enqueue(tx, 'fail', {}, { attempts: 1 }))
  const heard = await new Promise<unknown[]>((resolve, reject) => {
    const onFailure: JobOptions['onFailure'] = (...failure) => {
      resolve(failure)
    }
    const fail = () => Promise.reject(new Error('no'))
    work(t, database, { fail }, { onFailure }).catch(reject)
  })
  assert.deepEqual(heard, ['fail', new Error('no'), true])
})

test('KE73 a door may order a job, and neither read nor change what is ordered', async (t) => {
  const database = await testDatabase(t)
  for (const role of ['cloister_inside', 'cloister_outside', 'cloister_building'] as const) {
    const db = database.db(role)
    const statement = sql`select * from graphile_worker._private_jobs`
    await assert.rejects(statement.execute(db), /permission denied/)
  }
  assert.deepEqual(await prepareDatabase(database.connection('cloister_admin')), [])
})

test('KE74 stopping waits until a job that is done is off the list', async (t) => {
  const database = await testDatabase(t)
  const administrator = database.db('cloister_admin')
  await transact(database.db('cloister_inside'), (tx) => enqueue(tx, 'short', {}))
  const told = new EventEmitter()
  const begun = once(told, 'begun')
  const jobs = await work(t, database, {
    short: async () => {
      told.emit('begun')
      await once(told, 'end')
    },
  })
  await begun
  const stopped = jobs.stop()
  told.emit('end')
  await stopped
  assert.deepEqual((await waiting.execute(administrator)).rows, [{ jobs: 0 }])
})

test('KE75 a connection that is given back twice is given back once', async (t) => {
  const database = await testDatabase(t)
  const pool = forgiving(openPool(database.connection('cloister_jobs'), { size: 1 }))
  t.after(() => pool.end())
  const first = await pool.connect()
  first.release()
  first.release()
  await new Promise<void>((resolve, reject) => {
    pool.connect((error, client, release) => {
      if (client === undefined) {
        reject(error ?? new Error('no connection'))
        return
      }
      release()
      client.release()
      resolve()
    })
  })
  assert.equal(pool.idleCount, 1)
})

test('KE75 when the database goes away while a job ends, jobs are done again when it is back', async (t) => {
  const database = await testDatabase(t)
  const administrator = database.db('cloister_admin')
  const found = await sql<{ name: string }>`select current_database() as name`.execute(
    administrator,
  )
  const name = sql.id(found.rows[0]?.name ?? '')
  const admit = (limit: number) =>
    sql`alter database ${name} connection limit ${sql.lit(limit)}`.execute(administrator)
  const order = () => transact(administrator, (tx) => enqueue(tx, 'cut', {}))
  await order()
  const told = new EventEmitter()
  const [fault, again] = [once(told, 'fault'), once(told, 'again')]
  let turns = 0
  const cut = async () => {
    if (++turns > 1) return void told.emit('again')
    await admit(0)
    await sql`select pg_terminate_backend(pid) from pg_stat_activity
      where usename = 'cloister_jobs' and datname = current_database()`.execute(administrator)
  }
  await work(t, database, { cut }, { onFault: (error) => told.emit('fault', error) })
  await fault
  await admit(-1)
  await order()
  await again
  assert.equal(turns, 2)
})
