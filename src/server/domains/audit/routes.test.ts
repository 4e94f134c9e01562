import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { parsePolicy, parseNote, signatureLine, verifyEvidence } from '@cloister/transparency-log'
import { Check } from 'typebox/value'
import { testDatabase } from '../../../../test/support/database.ts'
import { ada, logDoor, nobody, olga, theOperator } from '../../../../test/support/log-doors.ts'
import { testSequencer, untilSize } from '../../../../test/support/records.ts'
import { sampleKeys } from '../../../../test/support/sample-log.ts'
import { LogFound, LogPage } from '../../../shared/audit.ts'
import { transact } from '../../kernel/db.ts'
import { type Entry, leafOf, record } from './index.ts'
import { newestCheckpoint, keepCosigned } from './store.ts'

const entry = (number: number): Entry => ({
  ...{
    time: new Date(Date.UTC(2026, 0, 1, 0, 0, number)),
    actor: number % 2 ? 'per_ben' : 'per_ada',
  },
  ...{ action: number % 3 ? 'annotation.submit' : 'annotation.task.open', project: 'prj_a' },
  ...{ resource: `Task::tsk_${number}`, item: `itm_${number % 5}`, door: 'inside' },
  ...{ workstation: 'ws-1', zone: 'floor', outcome: number % 7 ? 'done' : 'refused' },
  ...{ policies: ['test'], details: null },
})

async function setUp(t: TestContext, size: number) {
  const database = await testDatabase(t)
  const keys = sampleKeys()
  const inside = database.db('cloister_inside')
  await transact(inside, (tx) => {
    for (let i = 0; i < size; i++) record(tx, entry(i))
    return Promise.resolve()
  })
  const sequencer = testSequencer(database, keys)
  t.after(() => sequencer.close())
  const admin = database.db('cloister_admin')
  await untilSize(admin, size)
  const who = { is: olga }
  const door = logDoor(database, 'inside', { caller: () => who.is })
  t.after(() => door.close())
  const cosign = () =>
    transact(admin, async (tx) => {
      const newest = await newestCheckpoint(tx)
      assert.ok(newest)
      const { name, keyId } = keys.witness
      const signature = keys.witness.sign(parseNote(Buffer.from(newest.note)).text)
      await keepCosigned(
        tx,
        newest.size,
        newest.note + signatureLine({ name, keyId, signature }),
        new Date(),
      )
      return newest.size
    })
  const policy = parsePolicy(
    Buffer.from(
      `log ${keys.log.verifierKey}\nwitness hall ${keys.witness.verifierKey}\nquorum hall\n`,
    ),
  )
  return { database, keys, admin, door, who, cosign, policy }
}

type Door = Awaited<ReturnType<typeof setUp>>['door']
async function search(door: Door, query: string) {
  const answer = await door.inject({ method: 'GET', url: `/log?${query}` })
  assert.equal(answer.statusCode, 200, answer.body)
  const page: unknown = answer.json()
  assert.ok(Check(LogPage, page))
  return page
}

test('AU20 the log is searched by actor, item, project, action, outcome and time, newest first', async (t) => {
  const { door } = await setUp(t, 60)
  const all = Array.from({ length: 60 }, (_, i) => i)
  for (const [query, holds] of [
    ['actor=per_ada', (i: number) => i % 2 === 0],
    ['unrefused=annotation.submit', (i: number) => i % 7 > 0 || i % 3 === 0],
    ['item=itm_3', (i: number) => i % 5 === 3],
    ['action=annotation.task.open&actor=per_ben', (i: number) => i % 3 === 0 && i % 2 === 1],
    ['outcome=refused&project=prj_a', (i: number) => i % 7 === 0],
    ['from=2026-01-01T00:00:10.000Z&to=2026-01-01T00:00:20.000Z', (i: number) => i >= 10 && i < 20],
    ['item=itm_none', () => false],
  ] as const) {
    const { entries, next } = await search(door, query)
    // What this test itself asks stands in the log too.
    const found = entries.filter(({ index }) => index < 60)
    assert.deepEqual(
      found.map(({ entry: e }) => e?.resource),
      all
        .filter(holds)
        .reverse()
        .map((i) => entry(i).resource),
      query,
    )
    assert.equal(next, null)
  }
})

test('AU21 pages follow one another without gap or overlap', async (t) => {
  const { door } = await setUp(t, 257)
  const seen: number[] = []
  for (let after: number | null = 257; after !== null;) {
    const { entries, next } = await search(door, `after=${after}`)
    assert.ok(entries.length <= 100)
    seen.push(...entries.map(({ index }) => index))
    after = next
  }
  assert.deepEqual(
    seen,
    Array.from({ length: 257 }, (_, i) => 256 - i),
  )
})

test('AU22 one entry comes with its exact bytes, and as a proof that holds offline', async (t) => {
  const { door, cosign, policy, keys } = await setUp(t, 300)
  const early = await door.inject({ method: 'GET', url: '/log/299/proof' })
  assert.equal(early.statusCode, 409)
  const size = await cosign()
  const answer = await door.inject({ method: 'GET', url: '/log/7' })
  const found: unknown = answer.json()
  assert.ok(Check(LogFound, found))
  assert.equal(found.body, leafOf(entry(7)).toString('base64'))
  assert.deepEqual([found.cosigned, found.details], [true, 'none'])
  for (const index of [0, 7, 255, 256, 299]) {
    const proof = await door.inject({ method: 'GET', url: `/log/${index}/proof` })
    assert.equal(proof.statusCode, 200)
    const proved = verifyEvidence(proof.rawPayload, policy)
    assert.deepEqual(Buffer.from(proved.entry), leafOf(entry(index)))
    assert.equal(proved.checkpoint.size, size)
  }
  const stranger = parsePolicy(Buffer.from(`log ${sampleKeys().log.verifierKey}\nquorum none\n`))
  const proof = await door.inject({ method: 'GET', url: '/log/7/proof' })
  assert.throws(() => verifyEvidence(proof.rawPayload, stranger))
  const checkpoint = await door.inject({ method: 'GET', url: '/checkpoint' })
  assert.match(checkpoint.body, new RegExp(`^${keys.log.name}\n${size}\n`))
})

test('AU23 every reading of the log stands in the log itself', async (t) => {
  const { door, admin } = await setUp(t, 3)
  await search(door, 'actor=per_ada')
  await untilSize(admin, 4)
  const { entries } = await search(door, 'actor=per_olga')
  assert.deepEqual(entries[0]?.entry?.action, 'audit.log.search')
})

test('AU24 who is not signed in or no auditor reads nothing of the log, and bad questions are refused', async (t) => {
  const { door, who } = await setUp(t, 3)
  const status = async (url: string) => (await door.inject({ method: 'GET', url })).statusCode
  for (const url of ['/log', '/log/1', '/log/1/proof']) {
    who.is = nobody
    assert.equal(await status(url), 401, url)
    who.is = ada
    assert.equal(await status(url), 403, url)
  }
  who.is = olga
  for (const url of [
    '/log?after=-1',
    '/log?after=1e3',
    '/log?from=yesterday',
    '/log?colour=red',
    `/log?actor=${'x'.repeat(201)}`,
    '/log/01',
    '/log/x',
    '/log/1.5/proof',
  ])
    assert.equal(await status(url), 422, url)
  assert.equal(await status('/log/999999'), 404)
  assert.equal(await status('/log/999999999999999'), 404)
})

test('AU25 the log leaves whole through the operator door only', async (t) => {
  const { database, door } = await setUp(t, 3)
  const ask = { method: 'POST', url: '/log/export', payload: { from: 0, until: null } } as const
  assert.equal((await door.inject(ask)).statusCode, 404)
  const outside = logDoor(database, 'outside', { caller: () => olga })
  t.after(() => outside.close())
  assert.equal((await outside.inject(ask)).statusCode, 404)
  assert.equal((await outside.inject({ ...ask, url: '/reconcile', payload: {} })).statusCode, 404)
  const operator = logDoor(database, 'operator', { caller: () => theOperator })
  t.after(() => operator.close())
  const answer: unknown = (await operator.inject(ask)).json()
  assert.ok(typeof answer === 'object' && answer !== null && 'entries' in answer)
  assert.deepEqual(
    answer.entries,
    [0, 1, 2].map((i) => leafOf(entry(i)).toString('base64')),
  )
})
