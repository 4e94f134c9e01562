import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DraftSaved, OwnWork } from '#shared/annotation.ts'
import { transactOverAll } from '../access/index.ts'
import { transactIn } from '../../../../test/support/opened.ts'
import {
  good,
  marked,
  nextIn,
  openRoom,
  refusal,
  type Room,
  taskIn,
} from '../../../../test/support/room.ts'
import { acceptedAnnotations } from './index.ts'

/** Ana has submitted one text and Ben holds its review. */
async function reviewing(room: Room) {
  await room.addTexts(['play Ada by Ben'])
  const ana = await room.hire({ roles: ['annotator', 'reviewer'] })
  const ben = await room.hire({ roles: ['reviewer'] })
  const { task } = taskIn(await ana.post(`/projects/${room.project}/next`))
  await ana.post(`/tasks/${task}/submit`, { annotation: marked(4), next: false })
  const review = taskIn(await ben.post(`/projects/${room.project}/next-review`))
  return { ana, ben, task, review }
}

const accepted = (room: Room) =>
  transactIn(room.db, room.project, async (tx) => {
    const items = await tx.selectFrom('projects.item').select('id').execute()
    const ids = items.map(({ id }) => id)
    return acceptedAnnotations(tx, room.project, ids)
  })

test('AN20 a draft is kept under the version it was based on; another base is a conflict', async (t) => {
  const room = await openRoom(t)
  await room.addTexts(['play Ada'])
  const ana = await room.hire({ roles: ['annotator'] })
  const { task } = taskIn(await ana.post(`/projects/${room.project}/next`))
  const save = (annotation: object, base: number) =>
    ana.put(`/tasks/${task}/draft`, { annotation, base })
  assert.deepEqual(good(DraftSaved, await save(marked(1), 0)), { version: 1 })
  assert.deepEqual(good(DraftSaved, await save(marked(2), 1)), { version: 2 })
  const lost = await save(marked(3), 1)
  assert.deepEqual([lost.status, refusal(lost)], [409, { kind: 'conflict', version: 2 }])
  const { annotation, draft } = taskIn(await ana.get(`/tasks/${task}`))
  assert.deepEqual([annotation, draft], [marked(2), 2])
  const objects = await room.admin
    .selectFrom('vault.object')
    .select(['asset', 'version'])
    .where('asset', 'like', 'draft-%')
    .execute()
  assert.deepEqual(objects, [{ asset: `draft-annotate-${ana.id}`, version: 2 }])
})

test('AN21 an annotation that does not fit is refused with the places, and nothing is stored', async (t) => {
  const room = await openRoom(t)
  await room.addTexts(['play'])
  const ana = await room.hire({ roles: ['annotator'] })
  const { task } = taskIn(await ana.post(`/projects/${room.project}/next`))
  const submit = (annotation: unknown) =>
    ana.post(`/tasks/${task}/submit`, { annotation, next: true })
  for (const [annotation, path] of [
    [{ schema: 'spans@1' }, '/regions'],
    [{ schema: 'spans@2', regions: [] }, '/schema'],
    [marked(5), '/regions/0/anchor'],
    [marked(2, 'planet'), '/regions/0/label'],
    ['words', ''],
  ] as const) {
    const said = refusal(await submit(annotation))
    assert.equal(said['kind'], 'invalid-input')
    assert.equal(said['where'], 'body/annotation')
    const [fault] = said['faults'] as { path: string }[]
    assert.ok(fault?.path.startsWith(path), JSON.stringify(said))
  }
  assert.equal(taskIn(await ana.get(`/tasks/${task}`)).annotation, null)
  assert.deepEqual(await room.admin.selectFrom('annotation.annotation').selectAll().execute(), [])
  assert.equal(nextIn(await submit(marked(4))), null)
})

test('AN24 what anybody wrote is found in no column of the database in the clear', async (t) => {
  const room = await openRoom(t)
  const marker = 'ZQXJKV'
  await room.addTexts([`one ${marker}`, `two ${marker}`])
  const ana = await room.hire({ roles: ['annotator'] })
  const ben = await room.hire({ roles: ['reviewer'] })
  const first = taskIn(await ana.post(`/projects/${room.project}/next`))
  const id = {
    ...marked(3),
    regions: [{ id: marker, anchor: { text: [[0, 3]] }, label: 'artist' }],
  }
  await ana.put(`/tasks/${first.task}/draft`, { annotation: id, base: 0 })
  const second = nextIn(
    await ana.post(`/tasks/${first.task}/submit`, { annotation: id, next: true }),
  )
  await ana.put(`/tasks/${second?.task}/draft`, { annotation: id, base: 0 })
  await ana.post(`/tasks/${second?.task}/skip`, { reason: 'other', note: marker, next: false })
  const review = taskIn(await ben.post(`/projects/${room.project}/next-review`))
  await ben.post(`/tasks/${review.task}/review`, {
    decision: 'return',
    reason: marker,
    next: false,
  })
  for (const table of [
    ...(['task', 'lease', 'annotation', 'draft', 'flag', 'decision', 'tally'] as const),
  ]) {
    const rows = await room.admin.selectFrom(`annotation.${table}`).selectAll().execute()
    assert.ok(!JSON.stringify(rows).includes(marker), table)
  }
  const objects = await room.admin.selectFrom('vault.object').select('sealed').execute()
  assert.ok(objects.length >= 6)
  assert.ok(objects.every(({ sealed }) => sealed?.includes(marker) === false))
  assert.ok(!JSON.stringify(await room.log()).includes(marker))
})

test('AN30 a review shows the submitted annotation to somebody who never annotated the item', async (t) => {
  const room = await openRoom(t)
  const { ana, review } = await reviewing(room)
  assert.deepEqual([review.type, review.annotation], ['review', marked(4)])
  assert.equal(review.text, 'play Ada by Ben')
  await room.addTexts(['second'])
  const { task } = taskIn(await ana.post(`/projects/${room.project}/next`))
  await ana.post(`/tasks/${task}/submit`, { annotation: marked(2), next: false })
  const own = await ana.post(`/projects/${room.project}/next-review`)
  assert.deepEqual(refusal(own), { kind: 'no-task' })
  // Held by whatever way, the gate refuses it still.
  const [waiting] = await room.admin
    .selectFrom('annotation.task')
    .select(['id', 'project'])
    .where('type', '=', 'review')
    .where('state', '=', 'waiting')
    .execute()
  assert.ok(waiting !== undefined)
  const until = new Date(room.now.at.getTime() + 60_000)
  await room.admin
    .insertInto('annotation.lease')
    .values({ task: waiting.id, project: waiting.project, type: 'review', person: ana.id, until })
    .execute()
  const forced = await ana.post(`/tasks/${waiting.id}/review`, { decision: 'accept', next: false })
  assert.deepEqual(refusal(forced), { kind: 'access-denied', conditions: ['duties'] })
})

test('AN31 an accepted annotation stands; a corrected one stands as the reviewer’s new version', async (t) => {
  const room = await openRoom(t)
  const { ana, ben, review } = await reviewing(room)
  await room.addTexts(['second text'])
  const { task } = taskIn(await ana.post(`/projects/${room.project}/next`))
  await ana.post(`/tasks/${task}/submit`, { annotation: marked(4), next: false })
  const second = nextIn(
    await ben.post(`/tasks/${review.task}/review`, { decision: 'accept', next: true }),
  )
  const fixed = { decision: 'correct', annotation: marked(6, 'track'), next: true }
  assert.equal(nextIn(await ben.post(`/tasks/${second?.task}/review`, fixed)), null)
  const stand = (await accepted(room)).map(({ item, version, annotator, reviewer, decision }) => ({
    ...{ item, version, annotator, reviewer, decision },
  }))
  const by = { annotator: ana.id, reviewer: ben.id }
  assert.deepEqual(
    stand.sort((a, b) => a.version - b.version),
    [
      { item: review.item, version: 1, ...by, decision: 'accept' },
      { item: second?.item, version: 2, ...by, decision: 'correct' },
    ],
  )
  const { quality } = good(OwnWork, await ana.get('/own-work'))
  assert.deepEqual(quality, { submitted: 2, accepted: 1, corrected: 1, returned: 0 })
  const twice = await ben.post(`/tasks/${review.task}/review`, { decision: 'accept', next: false })
  assert.deepEqual(refusal(twice), { kind: 'access-denied', conditions: ['need'] })
})

test('AN32 work sent back goes to its author first of all, with the reason, and is reviewed again after', async (t) => {
  const room = await openRoom(t)
  const { ana, ben, task, review } = await reviewing(room)
  await room.addTexts(['another'])
  const back = { decision: 'return', reason: 'the title is part of it', next: false }
  await ben.post(`/tasks/${review.task}/review`, back)
  const bob = await room.hire({ roles: ['annotator'] })
  assert.notEqual(taskIn(await bob.post(`/projects/${room.project}/next`)).task, task)
  const again = taskIn(await ana.post(`/projects/${room.project}/next`))
  assert.deepEqual([again.task, again.returned, again.annotation], [task, back.reason, marked(4)])
  await ana.post(`/tasks/${task}/submit`, { annotation: marked(8), next: false })
  const second = taskIn(await ben.post(`/projects/${room.project}/next-review`))
  assert.deepEqual([second.task, second.annotation], [review.task, marked(8)])
  nextIn(await ben.post(`/tasks/${second.task}/review`, { decision: 'accept', next: true }))
  assert.deepEqual(
    (await accepted(room)).map((row) => row.version),
    [2],
  )
})

test('AN33 a correction needs an annotation and a return needs a reason', async (t) => {
  const room = await openRoom(t)
  const { ben, review } = await reviewing(room)
  for (const [body, where] of [
    [{ decision: 'correct' }, 'body/annotation'],
    [{ decision: 'accept', annotation: marked(1) }, 'body/annotation'],
    [{ decision: 'return' }, 'body/reason'],
    [{ decision: 'accept', reason: 'fine' }, 'body/reason'],
    [{ decision: 'perhaps' }, 'body/decision'],
  ] as const) {
    const said = await ben.post(`/tasks/${review.task}/review`, { ...body, next: false })
    assert.deepEqual(refusal(said), { kind: 'invalid-input', where })
  }
  assert.deepEqual(await accepted(room), [])
})

test('AN25 a draft that is saved anew, and finished work, leave nothing of earlier drafts in the object store', async (t) => {
  const room = await openRoom(t)
  await room.addTexts(['play Ada'])
  const ana = await room.hire({ roles: ['annotator'] })
  const { task } = taskIn(await ana.post(`/projects/${room.project}/next`))
  const unnamed = () => transactOverAll(room.operator, (tx) => room.vault.reconcile(tx))
  const large = {
    schema: 'spans@1',
    regions: Array.from({ length: 5_000 }, (_, at) => ({
      ...{ id: `region-number-${at}`, label: 'artist' },
      anchor: { text: [[0, 4]] },
    })),
  }
  assert.ok(JSON.stringify(large).length > 256 * 1024)
  for (const base of [0, 1, 2]) {
    const saved = await ana.put(`/tasks/${task}/draft`, { annotation: large, base })
    assert.deepEqual([saved.status, await unnamed()], [200, 0])
  }
  const conflict = await ana.put(`/tasks/${task}/draft`, { annotation: large, base: 1 })
  assert.equal(conflict.status, 409)
  assert.equal((await ana.get(`/tasks/${task}`)).status, 200, 'the draft that stands is there')
  await ana.post(`/tasks/${task}/submit`, { annotation: marked(4), next: false })
  assert.equal(await unnamed(), 0)
})
