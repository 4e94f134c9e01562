import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { testDatabase } from '../../../test/support/database.ts'
import { transact } from './db.ts'
import { notify, openSignals } from './signals.ts'

/** Signals in the order in which they came; `next` waits for one, for ten seconds at most. */
function inbox() {
  const waiting: ((payload: string | null) => void)[] = []
  const came: (string | null)[] = []
  return {
    put: (payload: string | null) => {
      const next = waiting.shift()
      if (next === undefined) came.push(payload)
      else next(payload)
    },
    next: () =>
      new Promise<string | null>((resolve, reject) => {
        const first = came.shift()
        if (first !== undefined) {
          resolve(first)
          return
        }
        const late = setTimeout(reject, 10_000, new Error('no signal came'))
        waiting.push((payload) => {
          clearTimeout(late)
          resolve(payload)
        })
      }),
  }
}

test('KE40 a signal arrives after its transaction commits, and never when it is rolled back', async (t) => {
  const database = await testDatabase(t)
  const signals = await openSignals(database.connection('cloister_inside'))
  t.after(() => signals.close())
  const heard = inbox()
  await signals.listen('presence', heard.put)
  const db = database.db('cloister_building')
  await assert.rejects(
    transact(db, async (tx) => {
      await notify(tx, 'presence', 'never')
      throw new Error('undone')
    }),
    /undone/,
  )
  await transact(db, (tx) => notify(tx, 'presence', 'zone-1'))
  assert.equal(await heard.next(), 'zone-1')
})

test('KE41 a lost connection says null at once, null again when it is back, and then hears on', async (t) => {
  const database = await testDatabase(t)
  const signals = await openSignals(database.connection('cloister_inside'))
  t.after(() => signals.close())
  const heard = inbox()
  await signals.listen('presence', heard.put)
  const admin = database.db('cloister_admin')
  await sql`select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and usename = 'cloister_inside'`.execute(admin)
  assert.equal(await heard.next(), null)
  assert.equal(await heard.next(), null)
  await transact(admin, (tx) => notify(tx, 'presence', 'again'))
  assert.equal(await heard.next(), 'again')
})

test('KE42 a listener that stopped hears nothing, and bad channels and long payloads are refused', async (t) => {
  const database = await testDatabase(t)
  const signals = await openSignals(database.connection('cloister_inside'))
  t.after(() => signals.close())
  const [stopped, kept] = [inbox(), inbox()]
  const stop = await signals.listen('presence', stopped.put)
  await signals.listen('presence', kept.put)
  stop()
  const db = database.db('cloister_admin')
  await transact(db, (tx) => notify(tx, 'presence', 'one'))
  assert.equal(await kept.next(), 'one')
  stopped.put('nothing before this')
  assert.equal(await stopped.next(), 'nothing before this')
  await assert.rejects(signals.listen('a"; drop', kept.put), RangeError)
  await assert.rejects(
    transact(db, (tx) => notify(tx, 'presence', 'x'.repeat(8_000))),
    RangeError,
  )
})
