import assert from 'node:assert/strict'
import { test } from 'node:test'
import { marked, openRoom } from '../../../../test/support/room.ts'

const text = 'play Ada 🎵 by Ben\r\n'

test('AN1 asking for work answers the first item that waits, with all that its screen shows', async (t) => {
  const room = await openRoom(t)
  const [item] = await room.addTexts([text, 'second'])
  const ana = await room.hire({ roles: ['annotator'] })
  const { status, body } = await ana.post(`/projects/${room.project}/next`)
  assert.equal(status, 200, JSON.stringify(body))
  const { task, until, schema, sha256, code, ...rest } = body
  assert.match(task, /^tsk_/)
  assert.equal(sha256.length, 64)
  assert.equal(code.length, 10)
  assert.equal(schema.name, 'spans')
  assert.equal(new Date(until).getTime(), room.now.at.getTime() + 120_000)
  assert.deepEqual(rest, {
    ...{ type: 'annotate', item, project: room.project, kind: 'text', language: 'en', text },
    ...{ schemaVersion: 1, guideline: null, annotation: null, draft: 0 },
  })
})

test('AN2 submitting stores the annotation and hands out the next item in the same answer', async (t) => {
  const room = await openRoom(t)
  const [, second] = await room.addTexts([text, 'second'])
  const ana = await room.hire({ roles: ['annotator'] })
  const first = (await ana.post(`/projects/${room.project}/next`)).body
  const { status, body } = await ana.post(`/tasks/${first.task}/submit`, {
    ...{ annotation: marked(4), next: true },
  })
  assert.equal(status, 200, JSON.stringify(body))
  assert.equal(body.next.item, second)
  const last = await ana.post(`/tasks/${body.next.task}/submit`, {
    ...{ annotation: marked(2), next: true },
  })
  assert.deepEqual(last, { status: 200, body: { next: null }, bytes: last.bytes })
})
