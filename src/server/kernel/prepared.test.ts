import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { sql } from 'kysely'
import { testDatabase } from '../../../test/support/database.ts'
import { transact } from './db.ts'
import { prepared } from './prepared.ts'

interface Given {
  readonly word: string | null
  readonly number: number
  readonly bytes: Buffer
  readonly words: readonly string[]
  readonly moment: Date
}

const echo = prepared(
  (_, { word, number, bytes, words, moment }: Given) => sql<Given & { readonly again: string }>`
    select ${word}::text as word, ${number}::int8 as number, ${bytes}::bytea as bytes,
           ${words}::text[] as words, ${moment}::timestamptz as moment, ${word}::text as again,
           ${'fixed'} as fixed
      from (values (1)) one`,
)

test('KE94 a statement that was written once carries the values of each call and of no other', async (t) => {
  const db = (await testDatabase(t)).db('cloister_inside')
  const text = fc.string({ unit: 'grapheme' }).filter((one) => !one.includes('\0'))
  const given = fc.record({
    word: fc.option(text),
    number: fc.integer(),
    bytes: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    words: fc.array(text),
    moment: fc.date({ min: new Date(0), max: new Date('9999-01-01'), noInvalidDate: true }),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(given, { minLength: 1, maxLength: 5 }), async (calls) => {
      // Sent together, so that a value that went astray would be found in another's answer.
      const answers = await transact(db, (tx) => Promise.all(calls.map((call) => echo(tx, call))))
      assert.deepEqual(
        answers,
        calls.map((call) => [{ ...call, again: call.word, fixed: 'fixed' }]),
      )
    }),
    { numRuns: 50 },
  )
})

test('KE95 a plan that was made while a table was empty finds a row by its index when the table has grown', async (t) => {
  const db = (await testDatabase(t)).db('cloister_admin')
  await sql`create table grown (id int primary key, other int)`.execute(db)
  await sql`vacuum analyze grown`.execute(db)
  const plan = await transact(db, async (tx) => {
    const find = (id: number) => sql`select other from grown where id = ${id}`.execute(tx)
    // From the sixth time on PostgreSQL plans no more.
    for (let time = 0; time < 7; time += 1) await find(1)
    await sql`insert into grown select n, n from generate_series(1, 20000) n`.execute(db)
    const { rows } = await sql<{ name: string }>`
      select name from pg_prepared_statements where statement like 'select other%'`.execute(tx)
    const explained = await sql<Record<string, string>>`
      explain execute ${sql.id(rows[0]?.name ?? '')} (1)`.execute(tx)
    return explained.rows.map((row) => row['QUERY PLAN']).join('\n')
  })
  assert.match(plan, /Index Scan using grown_pkey/)
})
