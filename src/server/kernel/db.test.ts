import assert from 'node:assert/strict'
import { Socket } from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { testDatabase } from '../../../test/support/database.ts'
import { Problem } from '../../shared/problems.ts'
import { afterCommit, openClient, openDb, sendAlong, transact, type Tx } from './db.ts'

const isUnavailable = (error: unknown) =>
  error instanceof Problem && error.kind === 'database-unavailable'

test('KE20 a transaction whose failed statement was swallowed is an error at its commit', async (t) => {
  const db = (await testDatabase(t)).db('cloister_admin')
  await sql`create table note (text text not null)`.execute(db)
  await assert.rejects(
    transact(db, async (tx) => {
      await sql`insert into note values ('kept?')`.execute(tx)
      await sql`insert into note values (null)`.execute(tx).catch(() => undefined)
    }),
    /failed before its commit/,
  )
  assert.deepEqual((await sql`select * from note`.execute(db)).rows, [])
})

test('KE21 a deadlock is retried only when the caller says that the work is repeatable', async (t) => {
  const database = await testDatabase(t)
  const db = database.db('cloister_admin')
  await sql`create table counter (name text primary key, n int8 not null)`.execute(db)
  await sql`insert into counter values ('a', 0), ('b', 0)`.execute(db)
  const both = async (first: string, second: string, retries: number) => {
    let runs = 0
    await transact(
      db,
      async (tx) => {
        runs += 1
        await sql`update counter set n = n + 1 where name = ${first}`.execute(tx)
        await sql`select pg_sleep(0.1)`.execute(tx)
        await sql`update counter set n = n + 1 where name = ${second}`.execute(tx)
      },
      { retries },
    )
    return runs
  }
  const unrepeated = await Promise.allSettled([both('a', 'b', 0), both('b', 'a', 0)])
  assert.deepEqual(unrepeated.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
  const repeated = await Promise.all([both('a', 'b', 5), both('b', 'a', 5)])
  assert.ok(repeated[0] + repeated[1] > 2, 'one of the two was repeated')
  assert.deepEqual((await sql`select n from counter order by name`.execute(db)).rows, [
    { n: 3 },
    { n: 3 },
  ])
})

test('KE22 a connection lost in the middle of a transaction is database-unavailable, and the next one works', async (t) => {
  const db = (await testDatabase(t)).db('cloister_admin')
  await assert.rejects(
    transact(db, async (tx) => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx)
      await sql`select pg_terminate_backend(${rows[0]?.pid})`.execute(db)
      await sql`select 1`.execute(tx)
    }),
    isUnavailable,
  )
  assert.deepEqual((await sql`select 1 as one`.execute(db)).rows, [{ one: 1 }])
})

test('KE22 a database that is not there is database-unavailable', async () => {
  const nowhere = { socketDirectory: '/nowhere', role: 'cloister_inside', database: 'cloister' }
  await assert.rejects(openClient(nowhere), isUnavailable)
  const db = openDb(nowhere, { pool: 1 })
  await assert.rejects(sql`select 1`.execute(db), isUnavailable)
  await db.destroy()
})

test('KE23 PostgreSQL’s word for a full disk becomes storage-full', async (t) => {
  const db = (await testDatabase(t)).db('cloister_admin')
  await assert.rejects(
    sql`do $$ begin raise exception 'no room' using errcode = '53100'; end $$`.execute(db),
    (error) => error instanceof Problem && error.kind === 'storage-full',
  )
})

test('KE24 values come back as the types that the house uses', async (t) => {
  const db = (await testDatabase(t)).db('cloister_admin')
  const { rows } = await sql`select
    9007199254740991::int8 as size,
    array[1, null, 2]::int8[] as sizes,
    '2026-02-03T04:05:06.789Z'::timestamptz as moment,
    '2026-02-03'::date as day,
    '\\x00ff'::bytea as bytes,
    array['2026-02-03']::date[] as days`.execute(db)
  assert.deepEqual(rows, [
    {
      size: Number.MAX_SAFE_INTEGER,
      sizes: [1, null, 2],
      moment: new Date('2026-02-03T04:05:06.789Z'),
      day: '2026-02-03',
      bytes: Buffer.from([0, 255]),
      days: ['2026-02-03'],
    },
  ])
  await assert.rejects(sql`select 9007199254740992::int8`.execute(db), /past 2\^53/)
})

test('KE25 a statement and an idle transaction have an end', async (t) => {
  const db = (await testDatabase(t)).db('cloister_inside')
  const { rows } = await sql`select current_setting('statement_timeout') as statement,
    current_setting('idle_in_transaction_session_timeout') as idle`.execute(db)
  assert.deepEqual(rows, [{ statement: '30s', idle: '15s' }])
})

test('KE91 work left until after the commit finds it kept, is dropped with what was not kept, and undoes nothing', async (t) => {
  const db = (await testDatabase(t)).db('cloister_admin')
  await sql`create table note (place int primary key)`.execute(db)
  const count = async () =>
    (await sql<{ n: number }>`select count(*) as n from note`.execute(db)).rows[0]?.n
  const seen: unknown[] = []
  const answer = await transact(db, async (tx) => {
    afterCommit(tx, () => Promise.reject(new Error('no such file')))
    afterCommit(tx, async () => void seen.push(await count()))
    await sql`insert into note values (1)`.execute(tx)
    return 'kept'
  })
  assert.deepEqual([answer, seen], ['kept', [1]])
  const undone = transact(db, async (tx) => {
    afterCommit(tx, async () => void seen.push(await count()))
    sendAlong(tx, sql`insert into note values (1)`.execute(tx))
    return Promise.resolve()
  })
  await assert.rejects(undone, { code: '23505' })
  assert.deepEqual([seen, await count()], [[1], 1])
})

test('KE26 statements go out in the order of their calls, and one that nobody waited for undoes everything with its own error', async (t) => {
  const db = (await testDatabase(t)).db('cloister_admin')
  await sql`create table note (place int primary key)`.execute(db)
  const put = (place: number) => sql`insert into note values (${place})`
  const count = (tx: Tx) => sql<{ n: number }>`select count(*) as n from note`.execute(tx)
  await transact(db, async (tx) => {
    sendAlong(tx, put(1).execute(tx))
    const [first, , second] = await Promise.all([count(tx), put(2).execute(tx), count(tx)])
    assert.deepEqual([first.rows, second.rows], [[{ n: 1 }], [{ n: 2 }]])
    sendAlong(tx, put(3).execute(tx))
  })
  const failed = transact(db, (tx) => {
    sendAlong(tx, put(4).execute(tx))
    sendAlong(tx, put(1).execute(tx))
    sendAlong(tx, put(5).execute(tx))
    return Promise.resolve()
  })
  await assert.rejects(failed, { code: '23505' })
  const thrown = transact(db, (tx) => {
    sendAlong(tx, put(6).execute(tx))
    return Promise.reject(new Error('thought better of it'))
  })
  await assert.rejects(thrown, /thought better of it/)
  const { rows } = await sql`select place from note order by place`.execute(db)
  assert.deepEqual(rows, [{ place: 1 }, { place: 2 }, { place: 3 }])
})

test('KE27 where a transaction cannot begin, nothing of it is kept, though its statements do not wait', async (t) => {
  const db = (await testDatabase(t)).db('cloister_admin')
  await sql`create table note (place int primary key)`.execute(db)
  await sql`create function put(place int) returns void language sql as
    'insert into note values (place)'`.execute(db)
  const answered: string[] = []
  // Kysely has names for levels of other databases: PostgreSQL refuses the beginning, and the session lives.
  const unbegun = (work: (tx: Tx) => Promise<unknown>) =>
    assert.rejects(transact(db, work, { isolation: 'snapshot' }), { code: '42601' })
  await unbegun(async (tx) => {
    sendAlong(tx, sql`insert into note values (1)`.execute(tx))
    sendAlong(tx, sql`with x as (insert into note values (2) returning 1) table x`.execute(tx))
    sendAlong(tx, sql`select put(3)`.execute(tx))
    await Promise.resolve()
  })
  await unbegun((tx) => sql`insert into note values (4)`.execute(tx))
  await unbegun(async (tx) => {
    await sql`select * from note`.execute(tx)
    answered.push('a reading')
  })
  await unbegun(async (tx) => {
    await sql`insert into note values (5)`.execute(tx).catch(() => undefined)
    await sql`insert into note values (6)`.execute(tx).catch(() => undefined)
  })
  assert.deepEqual((await sql`select * from note`.execute(db)).rows, [])
  assert.deepEqual(answered, [])
  await transact(db, async (tx) => {
    sendAlong(tx, sql`select count(*) from note`.execute(tx))
    sendAlong(tx, sql`insert into note values (7)`.execute(tx))
    const { rows } = await sql`select place from note`.execute(tx)
    assert.deepEqual(rows, [{ place: 7 }], 'what follows one that waits, waits')
  })
})

test('KE29 a transaction that is over takes no more statements, however late they come', async (t) => {
  const db = (await testDatabase(t)).db('cloister_admin')
  await sql`create table note (place int primary key)`.execute(db)
  const late: Promise<unknown>[] = []
  const pastItsEnd = /already (rolled back|sent)/
  const work = transact(db, (tx) => {
    const first = sql`select pg_sleep(0.2)`.execute(tx)
    const insert = (n: number) => () => sql`insert into note values (${n})`.execute(tx)
    // While the end waits for its answer, as the answer comes, and after it.
    for (const [n, moment] of [sleep(20), first, sleep(400)].entries())
      late.push(assert.rejects(moment.then(insert(n)), pastItsEnd))
    return Promise.reject(new Error('refused meanwhile'))
  })
  await assert.rejects(work, /refused meanwhile/)
  await Promise.all(late)
  assert.deepEqual((await sql`select * from note`.execute(db)).rows, [])
})

test('KE28 statements that do not wait for each other leave in one packet, with what begins their transaction', async (t) => {
  const db = (await testDatabase(t)).db('cloister_admin')
  const ask = (tx: Tx, n: number) =>
    sql<{ n: number }>`select n from (values (${n}::int4)) v (n)`.execute(tx)
  await transact(db, (tx) => ask(tx, 1))
  const writers = Socket.prototype as Required<Pick<Socket, '_write' | '_writev'>>
  const packets = [t.mock.method(writers, '_write'), t.mock.method(writers, '_writev')]
  const answers = await transact(db, (tx) => Promise.all([1, 2, 3, 4].map((n) => ask(tx, n))))
  assert.deepEqual(
    answers.map(({ rows }) => rows[0]?.n),
    [1, 2, 3, 4],
  )
  const sent = packets.reduce((sum, { mock }) => sum + mock.callCount(), 0)
  assert.equal(sent, 2, 'one for the statements, one for the commit')
})
