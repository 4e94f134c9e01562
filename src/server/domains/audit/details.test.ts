import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testDatabase } from '../../../../test/support/database.ts'
import { plainSeal } from '../../../../test/support/log-doors.ts'
import { transact } from '../../kernel/db.ts'
import { besides, keepDetails, rowBytes, sha256, stamp } from './index.ts'
import { detailsHash } from './stamp.ts'
import { detailStanding, detailsWithStamps } from './store.ts'

test('AU30 words beside an entry are kept sealed under a salted hash; erasing them leaves the proof whole', async (t) => {
  const database = await testDatabase(t)
  const db = database.db('cloister_inside')
  const words = { reason: 'the shift ended', count: 2 }
  const keep = () => transact(db, (tx) => keepDetails(tx, plainSeal, words, 'prj_a'))
  const [one, two] = [await keep(), await keep()]
  assert.ok(one !== null && two !== null)
  assert.notDeepEqual(one, two, 'the same words twice have two hashes')
  const row = await db
    .selectFrom('audit.detail')
    .selectAll()
    .where('hash', '=', one)
    .executeTakeFirstOrThrow()
  const canonical = Buffer.from('{"count":2,"reason":"the shift ended"}')
  const salted = sha256(row.salt ?? Buffer.alloc(0), canonical)
  assert.deepEqual([row.words, one], [salted, sha256(Uint8Array.of(1), salted)])
  assert.ok(row.sealed?.toString('latin1').startsWith('prj_a '))

  const admin = database.db('cloister_admin')
  await admin.updateTable('audit.detail').set({ sealed: null, salt: null }).execute()
  assert.equal(await transact(db, (tx) => detailStanding(tx, one)), 'erased')
  const [kept] = await transact(admin, (tx) => detailsWithStamps(tx, [one]))
  assert.ok(kept && detailsHash(kept.words, kept.stamps).equals(one))
})

test('AU31 stamps and words of one act have one hash in the leaf; an act with neither has none', async (t) => {
  const database = await testDatabase(t)
  const db = database.db('cloister_inside')
  const admin = database.db('cloister_admin')
  const none = await transact(db, (tx) => keepDetails(tx, plainSeal, {}, null))
  assert.equal(none, null)
  const row = sha256(rowBytes({ id: 'a', at: new Date(0), bytes: Uint8Array.of(1, 2), no: null }))
  for (const words of [{}, { reason: 'x' }]) {
    const hash = await transact(db, async (tx) => {
      stamp(tx, 'label', 'a', row)
      stamp(tx, 'label', 'b', null)
      const kept = await keepDetails(tx, plainSeal, words, null)
      assert.equal(await keepDetails(tx, plainSeal, {}, null), null, 'a stamp is kept once')
      return kept
    })
    assert.ok(hash)
    const [kept] = await transact(admin, (tx) => detailsWithStamps(tx, [hash]))
    assert.ok(kept)
    assert.deepEqual(
      kept.stamps.map(({ subject, hash: of }) => [subject, of]),
      [
        ['a', row],
        ['b', null],
      ],
    )
    assert.ok(detailsHash(kept.words, kept.stamps).equals(hash))
    assert.ok(!detailsHash(kept.words, kept.stamps.toReversed()).equals(hash))
  }
})

test('AU31 what is kept besides for another act leaves the stamps to the act under way', async (t) => {
  const database = await testDatabase(t)
  const [other, own] = await transact(database.db('cloister_inside'), async (tx) => {
    stamp(tx, 'label', 'a', null)
    const besidesIt = await besides(tx, () => keepDetails(tx, plainSeal, { sent: 1 }, null))
    stamp(tx, 'label', 'b', null)
    return [besidesIt, await keepDetails(tx, plainSeal, {}, null)]
  })
  const subjects = async (hash: Uint8Array | null | undefined) => {
    const hashes = [Buffer.from(hash ?? [])]
    const admin = database.db('cloister_admin')
    const [kept] = await transact(admin, (tx) => detailsWithStamps(tx, hashes))
    return kept?.stamps.map(({ subject }) => subject)
  }
  assert.deepEqual([await subjects(other), await subjects(own)], [[], ['a', 'b']])
})

test('AU31 a row has one canonical form, whatever the order of its columns', () => {
  const at = new Date('2026-03-01T10:00:00.5Z')
  assert.deepEqual(
    rowBytes({ b: at, a: Uint8Array.of(255), c: ['x'] }).toString(),
    '{"a":"/w==","b":"2026-03-01T10:00:00.500Z","c":["x"]}',
  )
  assert.deepEqual(rowBytes({ a: 1, b: true }), rowBytes({ b: true, a: 1 }))
})
