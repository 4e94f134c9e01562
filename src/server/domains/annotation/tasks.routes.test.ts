import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OwnWork, Renewed, Work } from '#shared/annotation.ts'
import { Done } from '#shared/identity.ts'
import {
  good,
  marked,
  type Member,
  nextIn,
  openRoom,
  refusal,
  type Room,
  taskIn,
} from '../../../../test/support/room.ts'
import { passFor } from '../../../../test/support/pass.ts'
import { countRoundTrips } from '../../../../test/support/round-trips.ts'
import { transact } from '../../kernel/db.ts'
import { mustHold } from './tasks.ts'

const text = 'play Ada 🎵 by Ben\r\n'
const minutes = (room: Room, n: number) => {
  room.now.at = new Date(room.now.at.getTime() + n * 60_000)
}
const counts = async (room: Room) => {
  const read = (from: 'task' | 'tally') =>
    from === 'task'
      ? room.admin
          .selectFrom('annotation.task')
          .select((eb) => ['type', 'state', 'language', eb.fn.countAll<number>().as('n')])
          .groupBy(['type', 'state', 'language'])
          .execute()
      : room.admin
          .selectFrom('annotation.tally')
          .select((eb) => ['type', 'state', 'language', eb.fn.sum<string>('tasks').as('n')])
          .groupBy(['type', 'state', 'language'])
          .execute()
  const lines = async (from: 'task' | 'tally') =>
    (await read(from))
      .filter((row) => Number(row.n) !== 0)
      .map((row) => `${row.type} ${row.language} ${row.state} ${Number(row.n)}`)
      .sort()
  return { rows: await lines('task'), tally: await lines('tally') }
}

test('AN1 asking for work answers the first item that waits, with all that its screen shows', async (t) => {
  const room = await openRoom(t)
  const [item] = await room.addTexts([text, 'second'])
  const ana = await room.hire({ roles: ['annotator'] })
  const { task, until, schema, sha256, code, ...rest } = taskIn(
    await ana.post(`/projects/${room.project}/next`),
  )
  assert.match(task, /^tsk_/)
  assert.equal(sha256.length, 64)
  assert.equal(code.length, 10)
  assert.ok(typeof schema === 'object' && schema !== null && 'labels' in schema)
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
  const first = taskIn(await ana.post(`/projects/${room.project}/next`))
  const answer = await ana.post(`/tasks/${first.task}/submit`, {
    annotation: marked(4),
    next: true,
  })
  const next = nextIn(answer)
  assert.equal(next?.item, second)
  const last = { annotation: marked(2), next: true }
  assert.equal(nextIn(await ana.post(`/tasks/${next?.task}/submit`, last)), null)
  const none = await ana.post(`/projects/${room.project}/next`)
  assert.deepEqual([none.status, refusal(none)], [404, { kind: 'no-task' }])
})

test('AN3 many who ask at once get different items, and every item goes to one person', async (t) => {
  const room = await openRoom(t)
  const items = await room.addTexts(Array.from({ length: 30 }, (_, i) => `item ${i}`))
  const people = await Promise.all(
    Array.from({ length: 20 }, () => room.hire({ roles: ['annotator'] })),
  )
  const taken: string[] = []
  await Promise.all(
    people.map(async (person) => {
      let task = taskIn(await person.post(`/projects/${room.project}/next`))
      taken.push(task.item)
      for (;;) {
        const body = { annotation: marked(2), next: true }
        const next = nextIn(await person.post(`/tasks/${task.task}/submit`, body))
        if (next === null) return
        taken.push(next.item)
        task = next
      }
    }),
  )
  assert.deepEqual(taken.sort(), items.sort())
})

test('AN4 a person holds one task in a project; asking again, also twice at once, answers the same task', async (t) => {
  const room = await openRoom(t)
  await room.addTexts(['one', 'two', 'three', 'four'])
  const ana = await room.hire({ roles: ['annotator'] })
  const ask = async () => taskIn(await ana.post(`/projects/${room.project}/next`)).task
  const answers = [...(await Promise.all([ask(), ask(), ask()])), await ask()]
  assert.equal(new Set(answers).size, 1)
})

test('AN5 work is offered only in languages that the person is certified for; a language covers its regions', async (t) => {
  const room = await openRoom(t)
  const [german] = await room.addTexts(['eins'], 'de-AT')
  const [british] = await room.addTexts(['one'], 'en-GB')
  await room.addTexts(['uno'], 'es')
  const ana = await room.hire({ roles: ['annotator'], languages: ['en'] })
  const dora = await room.hire({ roles: ['annotator'], languages: ['de-AT', 'fr'] })
  const taken = async (who: typeof ana) => {
    const { task, item } = taskIn(await who.post(`/projects/${room.project}/next`))
    const body = { annotation: marked(2), next: true }
    assert.equal(nextIn(await who.post(`/tasks/${task}/submit`, body)), null)
    return item
  }
  assert.equal(await taken(ana), british)
  assert.equal(await taken(dora), german)
})

test('AN6 a task whose lease is over comes back to its person first, with its draft', async (t) => {
  const room = await openRoom(t)
  await room.addTexts(['one', 'two'])
  const ana = await room.hire({ roles: ['annotator'] })
  const ben = await room.hire({ roles: ['annotator'] })
  const { task } = taskIn(await ana.post(`/projects/${room.project}/next`))
  await ana.put(`/tasks/${task}/draft`, { annotation: marked(1), base: 0 })
  minutes(room, 30)
  assert.notEqual(taskIn(await ben.post(`/projects/${room.project}/next`)).task, task)
  const again = taskIn(await ana.post(`/projects/${room.project}/next`))
  assert.deepEqual([again.task, again.draft, again.annotation], [task, 1, marked(1)])
})

test('AN7 when nothing else waits, a task whose lease is over goes on, and who had it can save nothing more', async (t) => {
  const room = await openRoom(t)
  await room.addTexts(['one'])
  const ana = await room.hire({ roles: ['annotator'] })
  const ben = await room.hire({ roles: ['annotator'] })
  const { task } = taskIn(await ana.post(`/projects/${room.project}/next`))
  await ana.put(`/tasks/${task}/draft`, { annotation: marked(1), base: 0 })
  assert.equal((await ben.post(`/projects/${room.project}/next`)).status, 404)
  minutes(room, 3)
  const his = taskIn(await ben.post(`/projects/${room.project}/next`))
  assert.deepEqual([his.task, his.draft, his.annotation], [task, 0, null])
  const late = await ana.post(`/tasks/${task}/submit`, { annotation: marked(2), next: false })
  assert.deepEqual(refusal(late), { kind: 'access-denied', conditions: ['need'] })
  assert.equal(
    (await ana.put(`/tasks/${task}/draft`, { annotation: marked(2), base: 1 })).status,
    403,
  )
})

test('AN12 who holds a task in a language that is theirs no more is given other work, and somebody else the task', async (t) => {
  const room = await openRoom(t)
  await room.addTexts(['uno'], 'es')
  await room.addTexts(['one'], 'en')
  const ana = await room.hire({ roles: ['annotator'], languages: ['en', 'es'] })
  const bea = await room.hire({ roles: ['annotator'], languages: ['es'] })
  const next = (who: Member) => who.post(`/projects/${room.project}/next`)
  const held = taskIn(await next(ana))
  assert.equal(held.language, 'es')
  await room.admin
    .updateTable('workforce.certificate')
    .set({ expires: '2020-01-01' })
    .where('person', '=', ana.id)
    .where('language', '=', 'es')
    .execute()
  assert.equal(taskIn(await next(ana)).language, 'en')
  assert.equal(taskIn(await next(bea)).task, held.task)
})

test('AN7 a lease that ends between the gate and the lock on the task lets nothing more be done', async (t) => {
  const room = await openRoom(t)
  await room.addTexts(['one'])
  const ana = await room.hire({ roles: ['annotator'] })
  const { task, until } = taskIn(await ana.post(`/projects/${room.project}/next`))
  const holdAt = (at: Date) =>
    transact(room.db, async (tx) => {
      const where = { id: task, actor: ana.id, located: { project: room.project } }
      const pass = await passFor(tx, 'annotation.task.release', { ...where, now: () => at })
      return (await mustHold(pass, tx, 'annotate')).id
    })
  const end = new Date(until).getTime()
  assert.equal(await holdAt(new Date(end - 1)), task)
  await assert.rejects(holdAt(new Date(end)), { kind: 'lease-lost' })
})

test('AN8 a lease is renewed by its holder only, and only before its end', async (t) => {
  const room = await openRoom(t)
  await room.addTexts(['one'])
  const ana = await room.hire({ roles: ['annotator'] })
  const ben = await room.hire({ roles: ['annotator'] })
  const { task } = taskIn(await ana.post(`/projects/${room.project}/next`))
  minutes(room, 1)
  const { until } = good(Renewed, await ana.post(`/tasks/${task}/renew`))
  assert.equal(new Date(until).getTime(), room.now.at.getTime() + 120_000)
  assert.deepEqual(refusal(await ben.post(`/tasks/${task}/renew`)), {
    ...{ kind: 'access-denied', conditions: ['need'] },
  })
  minutes(room, 2)
  assert.equal((await ana.post(`/tasks/${task}/renew`)).status, 403)
})

test('AN9 a task handed back waits for everybody', async (t) => {
  const room = await openRoom(t)
  await room.addTexts(['one'])
  const ana = await room.hire({ roles: ['annotator'] })
  const ben = await room.hire({ roles: ['annotator'] })
  const { task } = taskIn(await ana.post(`/projects/${room.project}/next`))
  good(Done, await ana.post(`/tasks/${task}/release`))
  assert.equal(taskIn(await ben.post(`/projects/${room.project}/next`)).task, task)
})

test('AN10 the counts of tasks by state agree with the tasks after any work', async (t) => {
  const room = await openRoom(t)
  await room.addTexts(['one', 'two', 'three', 'four', 'five'])
  await room.addTexts(['uno'], 'es')
  const ana = await room.hire({ roles: ['annotator'] })
  const ben = await room.hire({ roles: ['reviewer'] })
  const first = taskIn(await ana.post(`/projects/${room.project}/next`))
  const body = { annotation: marked(2), next: true }
  const second = nextIn(await ana.post(`/tasks/${first.task}/submit`, body))
  const third = nextIn(
    await ana.post(`/tasks/${second?.task}/skip`, { reason: 'disturbing', next: true }),
  )
  await ana.post(`/tasks/${third?.task}/release`)
  const review = taskIn(await ben.post(`/projects/${room.project}/next-review`))
  await ben.post(`/tasks/${review.task}/review`, { decision: 'accept', next: true })
  const { rows, tally } = await counts(room)
  assert.deepEqual(tally, rows)
  assert.deepEqual(rows, [
    ...['annotate en accepted 1', 'annotate en skipped 1', 'annotate en waiting 3'],
    ...['annotate es waiting 1', 'review en accepted 1'],
  ])
})

test('AN22 a skip sets the item aside with its reason and can be taken back by who skipped it', async (t) => {
  const room = await openRoom(t)
  await room.addTexts(['one'])
  const ana = await room.hire({ roles: ['annotator'] })
  const ben = await room.hire({ roles: ['annotator'] })
  const { task } = taskIn(await ana.post(`/projects/${room.project}/next`))
  const skip = { reason: 'wrong-language', note: 'this is Basque', next: true }
  assert.equal(nextIn(await ana.post(`/tasks/${task}/skip`, skip)), null)
  assert.equal((await ben.post(`/projects/${room.project}/next`)).status, 404)
  assert.equal((await ben.post(`/tasks/${task}/reopen`)).status, 404)
  const [mine] = good(OwnWork, await ana.get('/own-work')).tasks
  assert.deepEqual([mine?.task, mine?.state, mine?.reopenable], [task, 'skipped', true])
  assert.equal(taskIn(await ana.post(`/tasks/${task}/reopen`)).task, task)
  const bad = await ana.post(`/tasks/${task}/skip`, { reason: 'boring', next: true })
  assert.equal(refusal(bad)['kind'], 'invalid-input')
})

test('AN23 submitted work can be taken back until its review has begun, and by its author only', async (t) => {
  const room = await openRoom(t)
  await room.addTexts(['one', 'two'])
  const ana = await room.hire({ roles: ['annotator'] })
  const bob = await room.hire({ roles: ['annotator'] })
  const ben = await room.hire({ roles: ['reviewer'] })
  const first = taskIn(await ana.post(`/projects/${room.project}/next`))
  const body = { annotation: marked(2), next: true }
  const second = nextIn(await ana.post(`/tasks/${first.task}/submit`, body))
  assert.equal((await bob.post(`/tasks/${first.task}/reopen`)).status, 404)
  const again = taskIn(await ana.post(`/tasks/${first.task}/reopen`))
  assert.deepEqual([again.task, again.annotation], [first.task, marked(2)])
  assert.equal((await ben.post(`/projects/${room.project}/next-review`)).status, 404)
  assert.equal((await bob.post(`/projects/${room.project}/next`)).status, 404)
  const laidAside = nextIn(await ana.post(`/tasks/${first.task}/submit`, body))
  assert.equal(laidAside?.task, second?.task)
  taskIn(await ben.post(`/projects/${room.project}/next-review`))
  const late = await ana.post(`/tasks/${first.task}/reopen`)
  assert.deepEqual([late.status, refusal(late)], [409, { kind: 'conflict' }])
})

test('AN44 what may be worked on, what waits and what hinders it can be asked before any item is shown', async (t) => {
  const room = await openRoom(t)
  await room.addTexts(['one', 'two'])
  await room.addTexts(['eins'], 'de')
  const ana = await room.hire({ roles: ['annotator'] })
  const { task } = taskIn(await ana.post(`/projects/${room.project}/next`))
  const [before] = good(Work, await ana.get('/work')).projects
  assert.deepEqual(
    { ...before, code: '' },
    {
      ...{ project: room.project, code: '', kind: 'text', roles: ['annotator'], conditions: [] },
      ...{ waiting: { annotate: 1, review: 0 }, held: task, heldReview: null },
    },
  )
  room.building.presence = { zone: 'lobby', factors: ['badge'], asSignedIn: true }
  const [after] = good(Work, await ana.get('/work')).projects
  assert.deepEqual(after?.conditions, ['presence', 'two-factors'])
})

test('AN11 handing in and getting the next item waits five times for the database, and opening a task four times', async (t) => {
  const room = await openRoom(t)
  await room.addTexts(['one', 'two', 'three', 'four'])
  const ana = await room.hire({ roles: ['annotator'] })
  let task = taskIn(await ana.post(`/projects/${room.project}/next`)).task
  const handIn = async () => {
    const body = { annotation: marked(2), next: true }
    task = nextIn(await ana.post(`/tasks/${task}/submit`, body))?.task ?? ''
  }
  // Once beforehand: a project's nature and a published schema are read once.
  await handIn()
  const handedIn = await countRoundTrips(t, handIn)
  const opened = await countRoundTrips(t, async () => taskIn(await ana.get(`/tasks/${task}`)))
  assert.deepEqual([handedIn.waits, opened.waits], [5, 4])
  assert.ok(handedIn.statements <= 32, `${handedIn.statements} statements`)
})
