import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Progress } from '#shared/annotation.ts'
import { Done } from '#shared/identity.ts'
import { Problem } from '#shared/problems.ts'
import { transactIn } from '../../../../test/support/opened.ts'
import { good, marked, nextIn, openRoom, refusal, taskIn } from '../../../../test/support/room.ts'
import { listenTo } from '../../../../test/support/signals.ts'
import { acceptedAnnotations, removeTasks } from './index.ts'

const none = { waiting: 0, leased: 0, submitted: 0, returned: 0, skipped: 0, accepted: 0 }

test('AN60 a manager moves a task to a person of the team or back to everybody', async (t) => {
  const room = await openRoom(t)
  await room.addTexts(['one', 'two'])
  const mara = await room.hire({ site: ['manager'] })
  const ana = await room.hire({ roles: ['annotator'] })
  const ben = await room.hire({ roles: ['annotator', 'reviewer'] })
  const stranger = await room.hire({})
  const { task } = taskIn(await ana.post(`/projects/${room.project}/next`))
  const move = (person: string | null) =>
    room.outside(mara).post(`/tasks/${task}/reassign`, { person })
  assert.deepEqual(refusal(await move(stranger.id)), { kind: 'not-ready', missing: 'annotator' })
  const signals = await listenTo(t, room.database)
  const heard = await signals.during(async () => good(Done, await move(ben.id)))
  assert.deepEqual(heard, [`person:${ana.id}`])
  assert.deepEqual(refusal(await ana.get(`/tasks/${task}`)), {
    ...{ kind: 'access-denied', conditions: ['need'] },
  })
  assert.notEqual(taskIn(await ana.post(`/projects/${room.project}/next`)).task, task)
  assert.equal(taskIn(await ben.post(`/projects/${room.project}/next`)).task, task)
  const skipped = { reason: 'inaudible', next: false }
  await ben.post(`/tasks/${task}/skip`, skipped)
  good(Done, await mara.post(`/tasks/${task}/reassign`, { person: ben.id }))
  assert.equal(taskIn(await ben.post(`/projects/${room.project}/next`)).task, task)
  await ben.post(`/tasks/${task}/submit`, { annotation: marked(2), next: false })
  assert.deepEqual(refusal(await move(null)), { kind: 'conflict' })
  const [review] = await room.admin
    .selectFrom('annotation.task')
    .select('id')
    .where('type', '=', 'review')
    .execute()
  const own = await mara.post(`/tasks/${review?.id}/reassign`, { person: ben.id })
  assert.deepEqual(refusal(own), { kind: 'four-eyes' })
  for (const other of [ana, ben, stranger])
    assert.equal((await other.post(`/tasks/${task}/reassign`, { person: null })).status, 403)
  assert.equal((await room.nobody.post(`/tasks/${task}/reassign`, { person: null })).status, 401)
})

test('AN61 managers see counts, holders and reasons of skips, and no content, at either door', async (t) => {
  const room = await openRoom(t)
  await room.addTexts(['one', 'two', 'three'])
  await room.addTexts(['uno'], 'es')
  const mara = await room.hire({ site: ['manager'] })
  const ana = await room.hire({ roles: ['annotator'] })
  const first = taskIn(await ana.post(`/projects/${room.project}/next`))
  const skip = { reason: 'disturbing', note: 'a private matter', next: true }
  const second = nextIn(await ana.post(`/tasks/${first.task}/skip`, skip))
  const third = nextIn(
    await ana.post(`/tasks/${second?.task}/submit`, { annotation: marked(2), next: true }),
  )
  const url = `/projects/${room.project}/progress`
  const seen = good(Progress, await mara.get(url))
  assert.deepEqual(good(Progress, await room.outside(mara).get(url)), seen)
  const since = room.now.at.toISOString()
  assert.deepEqual(seen, {
    annotate: { ...none, waiting: 1, leased: 1, submitted: 1, skipped: 1 },
    review: { ...none, waiting: 1 },
    languages: [
      { language: 'en', annotate: { ...none, leased: 1, submitted: 1, skipped: 1 } },
      { language: 'es', annotate: { ...none, waiting: 1 } },
    ],
    held: [{ task: third?.task, type: 'annotate', person: ana.id, until: third?.until }],
    setAside: [{ task: first.task, state: 'skipped', person: ana.id, reason: 'disturbing', since }],
  })
  assert.equal((await ana.get(url)).status, 403)
  assert.equal((await room.nobody.get(url)).status, 401)
})

test('AN70 a batch leaves the queue while nothing of it was begun, and not after', async (t) => {
  const room = await openRoom(t)
  await room.addTexts(['one', 'two'])
  const ana = await room.hire({ roles: ['annotator'] })
  const { batch } = await room.admin
    .selectFrom('annotation.task')
    .select('batch')
    .executeTakeFirstOrThrow()
  const { task } = taskIn(await ana.post(`/projects/${room.project}/next`))
  const remove = () => transactIn(room.operator, room.project, (tx) => removeTasks(tx, batch))
  const begun = (error: unknown) => error instanceof Problem && error.kind === 'not-ready'
  await assert.rejects(remove, begun)
  await ana.put(`/tasks/${task}/draft`, { annotation: marked(1), base: 0 })
  await ana.post(`/tasks/${task}/release`)
  await assert.rejects(remove, begun)
  assert.equal((await room.admin.selectFrom('annotation.task').selectAll().execute()).length, 2)
  const other = await openRoom(t)
  await other.addTexts(['one', 'two', 'three'])
  const fresh = await other.admin
    .selectFrom('annotation.task')
    .select('batch')
    .executeTakeFirstOrThrow()
  assert.equal(
    await transactIn(other.operator, other.project, (tx) => removeTasks(tx, fresh.batch)),
    3,
  )
})

test('AN71 of the items asked for, those that are accepted and free are read, with who made and who reviewed them', async (t) => {
  const room = await openRoom(t)
  const items = await room.addTexts(['one', 'two', 'three', 'four', 'five'])
  const ana = await room.hire({ roles: ['annotator'] })
  const ben = await room.hire({ roles: ['reviewer'] })
  for (let n = 0; n < 4; n += 1) {
    const { task } = taskIn(await ana.post(`/projects/${room.project}/next`))
    await ana.post(`/tasks/${task}/submit`, { annotation: marked((n % 3) + 1), next: false })
    const review = taskIn(await ben.post(`/projects/${room.project}/next-review`))
    await ben.post(`/tasks/${review.task}/review`, { decision: 'accept', next: false })
  }
  const [held = '', ...free] = items.slice(0, 4)
  const admin = room.database.db('cloister_admin')
  await admin.updateTable('projects.item').set({ state: 'held' }).where('id', '=', held).execute()
  const read = (project: string, asked: readonly string[]) =>
    transactIn(room.db, room.project, (tx) => acceptedAnnotations(tx, project, asked))
  const rows = await read(room.project, [...items, 'itm_unknown'])
  assert.deepEqual(
    rows.map((row) => [row.item, row.annotator, row.reviewer, row.schema]),
    free.sort().map((item) => [item, ana.id, ben.id, 1]),
  )
  assert.deepEqual(
    (await read(room.project, free.slice(1))).map(({ item }) => item),
    free.slice(1),
  )
  assert.deepEqual(await read(`prj_${'a'.repeat(26)}`, items), [], 'of another project')
})
