import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Facts } from '../access/index.ts'
import { marked, nextIn, openRoom, refusal, taskIn } from '../../../../test/support/room.ts'

test('AN40 nobody sees a task that is not leased to them now', async (t) => {
  const room = await openRoom(t)
  await room.addTexts(['one', 'two'])
  const ana = await room.hire({ roles: ['annotator'] })
  const mallory = await room.hire({ roles: ['annotator', 'reviewer'] })
  const stranger = await room.hire({})
  const mara = await room.hire({ site: ['manager', 'releaser', 'security', 'auditor'] })
  const { task } = taskIn(await ana.post(`/projects/${room.project}/next`))
  const acts = [
    ['GET', `/tasks/${task}`],
    ['POST', `/tasks/${task}/renew`],
    ['POST', `/tasks/${task}/release`],
    ['PUT', `/tasks/${task}/draft`, { annotation: marked(1), base: 0 }],
    ['POST', `/tasks/${task}/submit`, { annotation: marked(1), next: true }],
    ['POST', `/tasks/${task}/skip`, { reason: 'other', next: true }],
    ['POST', `/tasks/${task}/review`, { decision: 'accept', next: true }],
    ['POST', `/tasks/${task}/media`],
    ['GET', `/tasks/${task}/media/audio`],
    ['GET', `/tasks/${task}/media/peaks`],
  ] as const
  const ask = (who: typeof ana, [method, url, body]: (typeof acts)[number]) =>
    method === 'GET' ? who.get(url) : method === 'PUT' ? who.put(url, body) : who.post(url, body)
  for (const act of acts) {
    assert.deepEqual((await ask(room.nobody, act)).status, 401, act[1])
    assert.deepEqual(refusal(await ask(mallory, act)), {
      ...{ kind: 'access-denied', conditions: ['need'] },
    })
    for (const outsider of [stranger, mara])
      assert.deepEqual(refusal(await ask(outsider, act)), { kind: 'not-found' }, act[1])
    assert.equal((await ask(room.outside(ana), act)).status, 404, act[1])
  }
  for (const url of [`/projects/${room.project}/next`, `/projects/${room.project}/next-review`]) {
    assert.equal((await room.nobody.post(url)).status, 401)
    assert.deepEqual(refusal(await stranger.post(url)), { kind: 'not-found' })
    assert.equal((await room.outside(ana).post(url)).status, 404)
  }
  assert.equal((await ana.post(`/projects/${room.project}/next-review`)).status, 404)
  const unknown = `/tasks/tsk_${'a'.repeat(26)}`
  assert.deepEqual(refusal(await ana.get(unknown)), { kind: 'not-found' })
  assert.deepEqual(refusal(await ana.get('/tasks/1')), {
    kind: 'invalid-input',
    where: 'params/task',
  })
})

test('AN41 every condition of the gate stands before the work, and the refusal names it', async (t) => {
  const room = await openRoom(t)
  await room.addTexts(['one'])
  const ana = await room.hire({ roles: ['annotator'] })
  const { task } = taskIn(await ana.post(`/projects/${room.project}/next`))
  const machine = room.building.workstation
  const { zone, presence, session } = room.building
  assert.ok(machine && zone && presence && session)
  const cases: [Partial<Facts>, string][] = [
    [{ workstation: { ...machine, enrolled: false } }, 'inside'],
    [{ workstation: { ...machine, postureGood: false } }, 'posture'],
    [{ zone: { ...zone, serves: false } }, 'zone'],
    [{ zone: { ...zone, calm: false } }, 'hours'],
    [{ presence: { ...presence, zone: 'lobby' } }, 'presence'],
    [{ presence: { ...presence, factors: ['badge'] } }, 'two-factors'],
    [{ session: { ...session, userVerified: false } }, 'session'],
    [{ log: { witnessed: false } }, 'witness'],
  ]
  const whole = { ...room.building }
  for (const [change, condition] of cases) {
    Object.assign(room.building, whole, change)
    for (const answer of [await ana.get(`/tasks/${task}`), await ana.post(`/tasks/${task}/renew`)])
      assert.deepEqual(refusal(answer), { kind: 'access-denied', conditions: [condition] })
  }
  Object.assign(room.building, whole)
  assert.equal((await ana.get(`/tasks/${task}`)).status, 200)
  room.now.at = new Date(room.now.at.getTime() + 12 * 3_600_000)
  const late = refusal(await ana.post(`/projects/${room.project}/next`))
  assert.deepEqual(late, { kind: 'access-denied', conditions: ['hours'] })
})

test('AN42 each item that is shown has an entry of its own, also where it comes with another act’s answer', async (t) => {
  const room = await openRoom(t)
  const [one, two] = await room.addTexts(['one', 'two'])
  const ana = await room.hire({ roles: ['annotator'] })
  const first = taskIn(await ana.post(`/projects/${room.project}/next`))
  const body = { annotation: marked(2), next: true }
  const second = nextIn(await ana.post(`/tasks/${first.task}/submit`, body))
  await ana.get(`/tasks/${second?.task}`)
  const lines = (await room.log()).map(({ actor, action, item, outcome, zone }) => {
    assert.deepEqual([actor, outcome, zone], [ana.id, 'done', 'floor-1'])
    return [action, item]
  })
  assert.deepEqual(lines, [
    ['annotation.task.open', one],
    ['annotation.task.next', null],
    ['annotation.task.open', two],
    ['annotation.submit', one],
    ['annotation.task.open', two],
  ])
})

test('AN43 a next item that the gate refuses does not undo the submission before it', async (t) => {
  const room = await openRoom(t)
  await room.addTexts(['one'])
  const [held] = await room.addTexts(['two'])
  await room.admin
    .updateTable('projects.item')
    .set({ state: 'held' })
    .where('id', '=', held ?? '')
    .execute()
  const ana = await room.hire({ roles: ['annotator'] })
  const first = taskIn(await ana.post(`/projects/${room.project}/next`))
  const body = { annotation: marked(2), next: true }
  assert.equal(nextIn(await ana.post(`/tasks/${first.task}/submit`, body)), null)
  const tasks = await room.admin
    .selectFrom('annotation.task')
    .select(['item', 'state'])
    .where('type', '=', 'annotate')
    .orderBy('seq')
    .execute()
  assert.deepEqual(tasks, [
    { item: first.item, state: 'submitted' },
    { item: held, state: 'waiting' },
  ])
  assert.deepEqual(await room.admin.selectFrom('annotation.lease').selectAll().execute(), [])
  const refused = (await room.log()).filter((line) => line['outcome'] === 'refused')
  assert.deepEqual(
    refused.map(({ action, item, policies }) => [action, item, policies]),
    [['annotation.task.open', held, ['terms']]],
  )
})
