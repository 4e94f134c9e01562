import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { Annotation } from '@cloister/annotation-formats'
import { ItemLost, RefusedByGate, Unfit } from '../../src/web/api/bench-api.ts'
import { HttpBench } from '../../src/web/api/http-bench.ts'
import { SignalLine } from '../../src/web/api/line.ts'
import { serverOf } from '../support/page-server.ts'
import { openRoom, type Member, type Room } from '../support/room.ts'

function seat(t: TestContext, room: Room, member: Member, mode: 'annotate' | 'review') {
  const line = new SignalLine(() => ({ onmessage: null, onclose: null, close: () => undefined }), {
    after: () => () => undefined,
  })
  t.after(() => {
    line.close()
  })
  return new HttpBench(serverOf(member), line, { project: room.project, mode })
}

test('BENCH26 the Bench takes, drafts, submits and reviews over the routes of the inside door', async (t) => {
  const room = await openRoom(t)
  await room.addTexts(['play Ada Lovelace', 'play Ben'])
  const ada = seat(t, room, await room.hire({ roles: ['annotator'] }), 'annotate')
  const first = await ada.next()
  assert.ok(first !== null && 'text' in first.content)
  assert.equal(first.annotation, null)
  const work: Annotation = {
    schema: 'spans@1',
    regions: [{ id: 'r1', anchor: { text: [[0, 4]] }, label: 'artist' }],
    relations: [],
    answers: {},
  }
  await ada.saveDraft(first.task, work)
  await ada.saveDraft(first.task, work)
  const again = await ada.next()
  assert.deepEqual([again?.task, again?.annotation], [first.task, work])
  const wrong = { ...work, regions: work.regions.map((one) => ({ ...one, label: 'nobody' })) }
  await assert.rejects(ada.submit(first.task, wrong), Unfit)
  const second = await ada.submit(first.task, work)
  assert.ok(second !== null && second.task !== first.task)
  await assert.rejects(ada.heartbeat(first.task), (error) => error instanceof Error)
  const ben = seat(t, room, await room.hire({ roles: ['reviewer'] }), 'review')
  const review = await ben.next()
  assert.deepEqual([review?.mode, review?.annotation], ['review', work])
  assert.ok(review !== null)
  assert.equal(await ben.review(review.task, { is: 'sentBack', reason: 'Too short.' }), null)
  const returned = (await ada.ownWork()).map(({ state }) => state)
  assert.ok(returned.includes('sentBack') || returned.includes('inHand'))
})

test('BENCH26 a person who left the room is refused with the conditions, and gets nothing', async (t) => {
  const room = await openRoom(t)
  await room.addTexts(['play Ada Lovelace'])
  const ada = seat(t, room, await room.hire({ roles: ['annotator'] }), 'annotate')
  const item = await ada.next()
  assert.ok(item !== null)
  room.building.presence = { zone: 'lobby', factors: ['badge'], asSignedIn: false }
  const refused = (error: unknown) =>
    error instanceof RefusedByGate && error.conditions.includes('presence')
  await assert.rejects(ada.next(), refused)
  await assert.rejects(ada.heartbeat(item.task), refused)
})

test('BENCH26 an item that was handed back is lost to whoever gave it', async (t) => {
  const room = await openRoom(t)
  await room.addTexts(['play Ada Lovelace'])
  const ada = seat(t, room, await room.hire({ roles: ['annotator'] }), 'annotate')
  const item = await ada.next()
  assert.ok(item !== null)
  await ada.release(item.task)
  await assert.rejects(
    ada.heartbeat(item.task),
    (error) => error instanceof ItemLost || error instanceof RefusedByGate,
  )
})
