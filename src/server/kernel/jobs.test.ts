import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { sql } from 'kysely'
import { testDatabase, type TestDatabase } from '../../../test/support/database.ts'
import { transact } from './db.ts'
import { enqueue, startJobs, type JobWork } from './jobs.ts'
import { prepareDatabase } from './migrate.ts'

const noFailure = (kind: string, error: unknown) => {
  throw new Error(`${kind} failed`, { cause: error })
}

async function work(
  t: TestContext,
  database: TestDatabase,
  kinds: Record<string, JobWork>,
  onFailure: (kind: string, error: unknown, last: boolean) => void = noFailure,
): Promise<void> {
  const jobs = await startJobs(database.connection('cloister_jobs'), kinds, {
    concurrency: 2,
    onFailure,
  })
  t.after(() => jobs.stop())
}

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
    work(t, database, { fail: () => Promise.reject(new Error('no')) }, (...failure) => {
      resolve(failure)
    }).catch(reject)
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
