import assert from 'node:assert/strict'
import { test } from 'node:test'
import { textItem } from '../../../../test/support/bench-page/items.ts'
import { MemoryApi } from '../../../../test/support/bench-page/memory-api.ts'
import { ItemLost, RefusedByGate, Unfit } from '../../api/bench-api.ts'
import { BenchSession, type OpenStage, type Timers } from './session.ts'

/** A clock that a test turns by hand. */
class Clock implements Timers {
  #now = 0
  readonly #waiting = new Set<{ at: number; work: () => void }>()

  after(milliseconds: number, work: () => void): () => void {
    const entry = { at: this.#now + milliseconds, work }
    this.#waiting.add(entry)
    return () => {
      this.#waiting.delete(entry)
    }
  }

  get waiting(): number {
    return this.#waiting.size
  }

  /** Lets time pass and everything that it set off settle. */
  async pass(milliseconds: number): Promise<void> {
    this.#now += milliseconds
    for (const entry of [...this.#waiting].filter(({ at }) => at <= this.#now)) {
      this.#waiting.delete(entry)
      entry.work()
    }
    await settled()
  }
}

async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}

function bench(marked = false) {
  const api = new MemoryApi([textItem('1', 'en', { marked }), textItem('2', 'en')])
  const clock = new Clock()
  const session = new BenchSession(api, clock)
  return { api, clock, session }
}

function openStage(session: BenchSession): OpenStage {
  const { stage } = session.moment
  assert.equal(stage.is, 'open')
  return stage
}

test('BENCH16 a draft is on the server soon after the last key', async () => {
  const { api, clock, session } = bench()
  await session.next()
  const { document } = openStage(session)
  document.setAnswer('intent', 'question')
  assert.equal(session.moment.draft, 'unsent')
  await clock.pass(500)
  document.setAnswer('intent', 'complaint')
  await clock.pass(500)
  assert.equal(api.drafts.size, 0)
  await clock.pass(300)
  assert.equal(session.moment.draft, 'saved')
  assert.deepEqual(api.drafts.get('1')?.answers, { intent: 'complaint' })
})

test('BENCH16 a draft that could not be sent is said to be unsent and tried again', async () => {
  const { api, clock, session } = bench()
  await session.next()
  api.offline = true
  openStage(session).document.setAnswer('intent', 'question')
  await clock.pass(700)
  assert.equal(session.moment.draft, 'failed')
  api.offline = false
  await clock.pass(3000)
  assert.equal(session.moment.draft, 'saved')
})

test('BENCH17 an item without a required answer stays, and what is missing is named', async () => {
  const { api, session } = bench()
  await session.next()
  const { document } = openStage(session)
  document.add({ anchor: { text: [[0, 4]] }, label: 'person' })
  await session.submit()
  assert.deepEqual(session.moment.missing, [
    { what: 'answer', name: 'intent' },
    { what: 'attribute', region: 'r1', name: 'role' },
  ])
  document.setAnswer('intent', 'question')
  document.setAttribute('r1', 'role', 'caller')
  await session.submit()
  assert.deepEqual(
    api.told.map((told) => 'submitted' in told && told.submitted),
    ['1'],
  )
  assert.equal(openStage(session).item.task, '2')
})

test('BENCH17 a submission that fails loses nothing and can be repeated', async () => {
  const { api, session } = bench(true)
  await session.next()
  const submit = api.submit.bind(api)
  api.submit = () => Promise.reject(new Error('no network'))
  const { annotation } = openStage(session).document
  await session.submit()
  assert.equal(openStage(session).document.annotation, annotation)
  assert.equal(session.moment.draft, 'failed')
  assert.equal(session.moment.stuck, true)
  api.submit = submit
  await session.submit()
  assert.equal(openStage(session).item.task, '2')
})

test('BENCH16 what a failed submission left unsaved is saved as a draft all the same', async () => {
  const { api, clock, session } = bench(true)
  await session.next()
  api.submit = () => Promise.reject(new Error('no network'))
  openStage(session).document.setAnswer('urgent', 'yes')
  await session.submit()
  await clock.pass(700)
  assert.equal(session.moment.draft, 'saved')
  assert.equal(api.drafts.get('1')?.answers?.['urgent'], 'yes')
})

test('BENCH17 the first mark that lacks something is chosen', async () => {
  const { session } = bench()
  await session.next()
  const { document } = openStage(session)
  document.add({ anchor: { text: [[0, 4]] }, label: 'person' })
  document.select(null)
  await session.submit()
  assert.equal(document.selected?.id, 'r1')
})

test('BENCH47 a heartbeat that the network lost is sent again, and the item stays', async () => {
  const { api, clock, session } = bench()
  await session.next()
  const { document } = openStage(session)
  document.setAnswer('intent', 'question')
  const heartbeat = api.heartbeat.bind(api)
  let beats = 0
  api.heartbeat = () => {
    beats++
    return Promise.reject(new Error('no network'))
  }
  await clock.pass(20_000)
  assert.equal(beats, 1)
  assert.equal(openStage(session).document, document)
  api.heartbeat = () => {
    beats++
    return heartbeat()
  }
  await clock.pass(3000)
  await clock.pass(20_000)
  assert.equal(beats, 3)
})

test('BENCH18 a closed standing forgets the item and all that waits for it', async () => {
  const { api, clock, session } = bench()
  await session.next()
  openStage(session).document.setAnswer('intent', 'question')
  api.stand({ open: false, conditions: ['presence'] })
  assert.deepEqual(session.moment.stage, { is: 'closed', conditions: ['presence'] })
  assert.equal(clock.waiting, 0)
  await clock.pass(60_000)
  api.stand({ open: true })
  await settled()
  assert.equal(openStage(session).item.task, '1')
})

test('BENCH18 what was not saved when the screen closed is sent once and is there again', async () => {
  const { api, session } = bench()
  await session.next()
  openStage(session).document.setAnswer('intent', 'question')
  api.stand({ open: false, conditions: ['asking'] })
  api.stand({ open: true })
  await settled()
  assert.deepEqual(openStage(session).document.annotation.answers, { intent: 'question' })
})

test('BENCH18 an item that is no longer theirs is left', async () => {
  const { api, clock, session } = bench()
  await session.next()
  api.heartbeat = () => Promise.reject(new ItemLost())
  await clock.pass(20_000)
  assert.deepEqual(session.moment.stage, { is: 'lost' })
})

test('BENCH17 what the server finds unfit is named and the item stays', async () => {
  const { api, session } = bench(true)
  await session.next()
  api.submit = () => Promise.reject(new Unfit([{ path: '/regions/0', message: 'overlaps' }]))
  await session.submit()
  assert.deepEqual(session.moment.missing, [
    { what: 'rule', path: '/regions/0', message: 'overlaps' },
  ])
  assert.equal(openStage(session).item.task, '1')
})

test('BENCH18 an answer that comes after the screen closed does not open it', async () => {
  const { api, session } = bench()
  let answer: () => void = () => undefined
  const next = api.next.bind(api)
  api.next = async () => {
    await new Promise<void>((resolve) => {
      answer = resolve
    })
    return await next()
  }
  const coming = session.next()
  await settled()
  api.stand({ open: false, conditions: [] })
  answer()
  await coming
  assert.equal(session.moment.stage.is, 'closed')
})

test('BENCH18 a refusal by the gate closes the screen with its reasons', async () => {
  const { api, session } = bench(true)
  await session.next()
  api.submit = () => Promise.reject(new RefusedByGate(['hours']))
  await session.submit()
  assert.deepEqual(session.moment.stage, { is: 'closed', conditions: ['hours'] })
})
