import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { LogFault } from '@cloister/transparency-log'
import { testDatabase } from '../../../../../test/support/database.ts'
import { testSequencer, untilSize, verifyStored } from '../../../../../test/support/records.ts'
import { sampleKeys } from '../../../../../test/support/sample-log.ts'
import { openClient, transact } from '../../../kernel/db.ts'
import { type Entry, leafOf, record, startSequencer } from '../index.ts'

const entry = (number: number): Entry => ({
  ...{ time: new Date(1_790_000_000_000 + number), actor: 'per_ada', action: 'annotation.submit' },
  ...{ resource: `Task::tsk_${number}`, project: 'prj_a', item: `itm_${number % 7}` },
  ...{ door: 'inside', workstation: 'ws-1', zone: 'floor', outcome: 'done', policies: ['test'] },
  details: null,
})

async function setUp(t: TestContext) {
  const database = await testDatabase(t)
  const keys = sampleKeys()
  const inside = database.db('cloister_inside')
  const admin = database.db('cloister_admin')
  const put = (from: number, to: number) =>
    transact(inside, (tx) => {
      for (let i = from; i < to; i++) record(tx, entry(i))
      return Promise.resolve()
    })
  return { database, keys, inside, admin, put }
}

test('AU1 every recorded entry gets exactly one place, and the stored log verifies', async (t) => {
  const { database, keys, admin, put } = await setUp(t)
  const sequencer = testSequencer(database, keys)
  t.after(() => sequencer.close())
  await Promise.all([put(0, 300), put(300, 520), put(520, 700)])
  await untilSize(admin, 700)
  assert.equal((await verifyStored(admin, keys)).checkpoint.size, 700)
  const leaves = await admin.selectFrom('audit.leaf').select(['index', 'body']).execute()
  const wanted = Array.from({ length: 700 }, (_, i) => leafOf(entry(i)).toString())
  assert.deepEqual(leaves.map(({ body }) => body.toString()).sort(), wanted.sort())
  assert.deepEqual(
    leaves.map(({ index }) => index).sort((a, b) => a - b),
    [...wanted.keys()],
  )
  assert.equal((await admin.selectFrom('audit.pending').selectAll().execute()).length, 0)
})

test('AU2 the columns by which a leaf is found say what its body says; an unreadable one keeps its place', async (t) => {
  const { database, keys, admin, inside } = await setUp(t)
  const details = Buffer.alloc(32, 5)
  await transact(inside, async (tx) => {
    record(tx, { ...entry(3), details })
    await tx
      .insertInto('audit.pending')
      .values({ body: Buffer.from('no entry') })
      .execute()
  })
  const sequencer = testSequencer(database, keys)
  t.after(() => sequencer.close())
  await untilSize(admin, 2)
  const [good, spoilt] = await admin.selectFrom('audit.leaf').selectAll().orderBy('index').execute()
  assert.deepEqual(good, {
    ...{ index: 0, time: entry(3).time, actor: 'per_ada', action: 'annotation.submit' },
    ...{ resource: 'Task::tsk_3', project: 'prj_a', item: 'itm_3', outcome: 'done', details },
    body: leafOf({ ...entry(3), details }),
  })
  assert.equal(spoilt?.action, 'unreadable')
  await verifyStored(admin, keys)
})

test('AU3 a second sequencer waits, takes over when the first ends, and continues the tree', async (t) => {
  const { database, keys, admin, put } = await setUp(t)
  const first = testSequencer(database, keys)
  await put(0, 257)
  await untilSize(admin, 257)
  const second = testSequencer(database, keys)
  t.after(() => second.close())
  await put(257, 300)
  await untilSize(admin, 300)
  await first.close()
  await put(300, 600)
  await untilSize(admin, 600)
  assert.equal((await verifyStored(admin, keys)).checkpoint.size, 600)
})

test('AU3 a sequencer whose connection is cut loses the lock, writes nothing more, and comes back', async (t) => {
  const { database, keys, admin, put } = await setUp(t)
  const faults: unknown[] = []
  const sequencer = startSequencer({
    connect: () => openClient(database.connection('cloister_sequencer')),
    ...{ signer: keys.log, now: () => new Date(), onFault: (error: unknown) => faults.push(error) },
  })
  t.after(() => sequencer.close())
  await put(0, 10)
  await untilSize(admin, 10)
  const killer = await openClient(database.connection('cloister_admin'))
  await killer.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
      where usename = 'cloister_sequencer' and datname = current_database()`,
  )
  await killer.end()
  await put(10, 20)
  await untilSize(admin, 20)
  assert.ok(faults.length > 0)
  assert.equal((await verifyStored(admin, keys)).checkpoint.size, 20)
})

test('AU3 one that waits for the lock can be told to stop', async (t) => {
  const { database, keys, admin, put } = await setUp(t)
  const first = testSequencer(database, keys)
  t.after(() => first.close())
  await put(0, 1)
  await untilSize(admin, 1)
  const second = testSequencer(database, keys)
  await second.close()
  await second.ended
})

test('AU4 a log that was changed, cut or signed by another key is not continued', async (t) => {
  const { database, keys, admin, put } = await setUp(t)
  const first = testSequencer(database, keys)
  await put(0, 300)
  await untilSize(admin, 300)
  await first.close()

  const refuses = async (says: RegExp, by = keys) => {
    const next = testSequencer(database, by)
    await assert.rejects(
      next.ended,
      (error) => error instanceof LogFault && says.test(error.message),
    )
  }
  await refuses(/another key/, sampleKeys())
  const change = (statement: string) =>
    openClient(database.connection('cloister_admin')).then(async (client) => {
      await client.query(statement)
      await client.end()
    })
  await change(`update audit.leaf set body = 'x'::bytea where index = 299`)
  await refuses(/does not give the root/)
  await change('delete from audit.leaf where index = 299')
  await refuses(/ends in 44 hashes, not in 43/)
})

test('AU5 a door can neither read nor take back what waits, nor write into the log', async (t) => {
  const { inside, put } = await setUp(t)
  await put(0, 1)
  const denied = /permission denied/
  await assert.rejects(inside.selectFrom('audit.pending').select('body').execute(), denied)
  await assert.rejects(inside.deleteFrom('audit.pending').execute(), denied)
  await assert.rejects(inside.deleteFrom('audit.leaf').execute(), denied)
  await assert.rejects(
    inside.updateTable('audit.checkpoint').set({ cosigned: '' }).execute(),
    denied,
  )
})
