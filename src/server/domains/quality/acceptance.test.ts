import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { transactIn } from '../../../../test/support/opened.ts'
import { marked, openRoom, taskIn } from '../../../../test/support/room.ts'
import { judge } from './acceptance.ts'
import { acceptance } from './index.ts'

const states = [
  ...(['waiting', 'leased', 'submitted', 'returned', 'skipped', 'accepted', 'withdrawn'] as const),
]

test('QU1 a project is ready when every item was reviewed or set aside, and at least one was accepted', () => {
  const ready = (...rows: [(typeof states)[number], number][]) =>
    judge(rows.map(([state, tasks]) => ({ state, tasks }))).ready
  assert.equal(ready(), false)
  assert.equal(ready(['accepted', 3]), true)
  assert.equal(ready(['accepted', 3], ['skipped', 2]), true)
  assert.equal(ready(['skipped', 2]), false)
  for (const open of ['waiting', 'leased', 'submitted', 'returned', 'withdrawn'] as const)
    assert.equal(ready(['accepted', 3], [open, 1]), false, open)
})

test('QU2 each item is counted once, and what is settled and what is open make up the whole', () => {
  const row = fc.record({ state: fc.constantFrom(...states), tasks: fc.nat(1_000_000) })
  fc.assert(
    fc.property(fc.array(row), (rows) => {
      const { open, items, accepted, skipped, unreviewed, unannotated } = judge(rows)
      assert.equal(
        items,
        rows.reduce((sum, { tasks }) => sum + tasks, 0),
      )
      assert.equal(items, accepted + skipped + open)
      assert.equal(open, unreviewed + unannotated)
    }),
  )
})

test('QU3 acceptance follows the work, for the project and for each batch', async (t) => {
  const room = await openRoom(t)
  await room.addTexts(['one', 'two'])
  const ana = await room.hire({ roles: ['annotator'] })
  const ben = await room.hire({ roles: ['reviewer'] })
  const now = () => transactIn(room.db, room.project, (tx) => acceptance(tx, room.project))
  const first = taskIn(await ana.post(`/projects/${room.project}/next`))
  await ana.post(`/tasks/${first.task}/submit`, { annotation: marked(2), next: false })
  const { batches, ...whole } = await now()
  assert.deepEqual(whole, {
    ...{ ready: false, open: 2 },
    ...{ items: 2, accepted: 0, skipped: 0, unreviewed: 1, unannotated: 1 },
  })
  assert.deepEqual(batches, [{ batch: batches[0]?.batch, ...whole }])
  const review = taskIn(await ben.post(`/projects/${room.project}/next-review`))
  await ben.post(`/tasks/${review.task}/review`, { decision: 'accept', next: false })
  assert.deepEqual([(await now()).ready, (await now()).open], [false, 1])
  const second = taskIn(await ana.post(`/projects/${room.project}/next`))
  await ana.post(`/tasks/${second.task}/skip`, { reason: 'inaudible', next: false })
  const done = await now()
  assert.deepEqual([done.ready, done.open, done.skipped], [true, 0, 1])
})
