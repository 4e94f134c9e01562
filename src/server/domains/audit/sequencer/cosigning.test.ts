import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { test, type TestContext } from 'node:test'
import { noteVerifier, parseNote, checkSignatures } from '@cloister/transparency-log'
import { type TestDatabase, testDatabase } from '../../../../../test/support/database.ts'
import { testSequencer, untilSize } from '../../../../../test/support/records.ts'
import { sampleEntry, sampleKeys } from '../../../../../test/support/sample-log.ts'
import { startWitness } from '../../../../witness/witness.ts'
import { openSignals } from '../../../kernel/signals.ts'
import type { Question } from '../../access/index.ts'
import { transact } from '../../../kernel/db.ts'
import { logFacts, logHealth, startCosigning } from '../index.ts'
import { insertPendingBatch, newestCosigned } from '../store.ts'

async function setUp(t: TestContext) {
  const database = await testDatabase(t)
  const keys = sampleKeys()
  const admin = database.db('cloister_admin')
  const put = async (from: number, to: number) => {
    const bodies = Array.from({ length: to - from }, (_, i) => Buffer.from(sampleEntry(from + i)))
    await insertPendingBatch(admin, bodies)
  }
  const dir = await mkdtemp(join(tmpdir(), 'cloister-witness-'))
  t.after(() => rm(dir, { recursive: true }))
  const start = (port = 0) =>
    startWitness({
      ...{ dir, name: 'example.org/witness', logs: [keys.log.verifierKey], port },
      ...{ host: '127.0.0.1', now: () => Date.now() },
      onFault: (error: unknown) => {
        throw error
      },
    })
  return { database, keys, admin, put, start }
}

async function untilCosigned(database: TestDatabase, size: number): Promise<string> {
  const db = database.db('cloister_inside')
  for (;;) {
    const last = await transact(db, newestCosigned)
    if (last !== null && last.size >= size) return last.note
    await sleep(10)
  }
}

test('AU10 each newest checkpoint is cosigned, also after the witness was away, and one of an hour is kept', async (t) => {
  const { database, keys, admin, put, start } = await setUp(t)
  const sequencer = testSequencer(database, keys)
  t.after(() => sequencer.close())
  const first = await start()
  const faults: unknown[] = []
  const cosigning = startCosigning({
    ...{ db: database.db('cloister_sequencer'), witness: { url: first.url, key: first.vkey } },
    ...{ now: () => new Date(), onFault: (error: unknown) => faults.push(error) },
  })
  t.after(() => cosigning.close())
  await put(0, 300)
  await untilCosigned(database, 300)
  await first.close()
  await put(300, 700)
  await untilSize(admin, 700)
  while (faults.length === 0) await sleep(10)
  const again = await start(Number(new URL(first.url).port))
  t.after(() => again.close())
  const note = await untilCosigned(database, 700)
  const known = [noteVerifier(keys.log.verifierKey), noteVerifier(first.vkey)]
  assert.equal(checkSignatures(parseNote(Buffer.from(note)), known).length, 2)
  const kept = await admin.selectFrom('audit.checkpoint').select('size').execute()
  assert.ok(kept.length <= 2, `${kept.length} checkpoints of one hour`)
  assert.equal(faults.length, 1, 'one reason is told once')
})

test('AU11 a minute without a cosignature closes confidential acts; a quiet log does not', async (t) => {
  const { database, keys, admin, put } = await setUp(t)
  const db = database.db('cloister_inside')
  const health = (seconds: number) =>
    transact(db, (tx) => logHealth(tx, new Date(Date.now() + seconds * 1000)))
  const quiet = await health(3600)
  assert.deepEqual(quiet, { well: true, unwitnessedSince: null, cosigned: 0, behind: 'nobody' })

  await put(0, 1)
  assert.deepEqual([(await health(59)).well, (await health(62)).well], [true, false])
  assert.equal((await health(62)).behind, 'sequencer')

  const sequencer = testSequencer(database, keys)
  await untilSize(admin, 1)
  await sequencer.close()
  assert.equal((await health(62)).behind, 'witness')
  assert.deepEqual([(await health(50)).well, (await health(62)).well], [true, false])

  await admin
    .updateTable('audit.checkpoint')
    .set({ cosigned: 'by somebody', cosigned_at: new Date() })
    .execute()
  assert.equal((await health(3600)).well, true)
})

test('AU12 the gate learns of the lag at the latest a second later, and its yes ends when the minute does', async (t) => {
  const { database, put } = await setUp(t)
  const db = database.db('cloister_inside')
  let now = new Date()
  const source = logFacts(() => now)
  const ask = () => transact(db, (tx) => source.read(tx, neverRead))
  assert.deepEqual(await ask(), {
    facts: { log: { witnessed: true } },
    until: new Date(now.getTime() + 60_000),
  })
  await put(0, 1)
  now = new Date(now.getTime() + 2_000)
  const waiting = await ask()
  assert.ok(waiting.until && waiting.until.getTime() < now.getTime() + 60_000)
  now = new Date(now.getTime() + 65_000)
  assert.deepEqual(await ask(), { facts: { log: { witnessed: false } }, until: null })
})

test('AU13 pages are told to ask again when the log falls behind and when it has caught up', async (t) => {
  const { database, put, start, keys } = await setUp(t)
  const signals = await openSignals(database.connection('cloister_inside'))
  t.after(() => signals.close())
  const heard: (string | null)[] = []
  await signals.listen('cloister_signal', (payload) => heard.push(payload))
  const witness = await start()
  t.after(() => witness.close())
  let ahead = 120_000
  let looked = 0
  /** However often it looks from now on: nothing new, nothing said. */
  const several = async () => {
    for (const end = looked + 20; looked < end;) await sleep(10)
  }
  const cosigning = startCosigning({
    ...{ db: database.db('cloister_sequencer'), witness: { url: witness.url, key: witness.vkey } },
    ...{ onFault: () => undefined },
    now: () => {
      looked += 1
      return new Date(Date.now() + ahead)
    },
  })
  t.after(() => cosigning.close())
  await put(0, 1)
  while (heard.length < 1) await sleep(10)
  await several()
  ahead = 0
  const sequencer = testSequencer(database, keys)
  t.after(() => sequencer.close())
  while (heard.length < 2) await sleep(10)
  await several()
  assert.deepEqual(heard, ['site', 'site'])
})

/** The source asks the database alone; what is asked about plays no part. */
const neverRead: Question = {
  caller: {
    ...{ door: 'inside', kind: 'person', id: 'per_ada', session: null, signedInAt: null },
    ...{ workstation: 'ws-1', certificate: null, address: '127.0.0.1' },
  },
  ...{ action: 'annotation.submit', resource: { type: 'Task', id: 'tsk_a' } },
  ...{ located: { project: null, item: null }, now: new Date() },
}
