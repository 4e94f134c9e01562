import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { SaxesParser } from 'saxes'
import { shippedText, siteOf } from '../../../test/support/sites.ts'
import { planCapacity, sayStorage, usualDemand, type Milestone } from './capacity.ts'
import { passageSeconds } from './passage-times.ts'
import { drawPlan } from './plan-chart.ts'
import { simulateShiftChange } from './shift-change.ts'

const madrid = siteOf(shippedText('madrid-1'))
const ramp: Milestone[] = [
  { date: '2027-01-01', people: 0 },
  { date: '2027-07-01', people: 400 },
  { date: '2028-01-01', people: 800 },
]
const plan = planCapacity(madrid, { ...usualDemand, ramp, languages: 8 })

test('FM16 for 400 people in two shifts the site of 210 seats holds, for 800 it does not', () => {
  assert.deepEqual(
    plan.steps.map(({ people, perShift, seats, lockers, holds }) => [
      people,
      perShift,
      seats.have,
      lockers.need,
      holds,
    ]),
    [
      [0, 0, 210, 0, true],
      [400, 200, 210, 400, true],
      [800, 400, 210, 800, false],
    ],
  )
})

test('FM16 each thing is short from the first day on which the ramp has more people than it serves', () => {
  const days = (Date.parse('2028-01-01') - Date.parse('2027-07-01')) / 86_400_000
  for (const { what, enoughFor, date } of plan.shortages) {
    if (enoughFor === null || date === null) continue
    const peopleOn = (day: number) => 400 + (400 * day) / days
    const day = (Date.parse(date) - Date.parse('2027-07-01')) / 86_400_000
    assert.ok(peopleOn(day) > enoughFor && peopleOn(day - 1) <= enoughFor, what)
  }
  assert.deepEqual(
    plan.shortages.map(({ what, enoughFor }) => [what, enoughFor]),
    [
      ['seats', 416],
      ['lockers', 420],
      ['guards', 800],
      ['portals', 800],
      ['storage', null],
    ],
  )
})

test('FM16 eight languages take seats that one language would not', () => {
  const people = [{ date: '2027-01-01', people: 417 }]
  const seats = (languages: number) =>
    planCapacity(madrid, { ...usualDemand, ramp: people, languages }).steps[0]?.seats.need
  assert.deepEqual([seats(1), seats(8)], [209, 216])
})

test('FM16 measured seconds replace the planned ones, and slow portals are short first', () => {
  const slow = siteOf(`${shippedText('madrid-1')}\npassageSeconds: { fingerprint: 20 }\n`)
  assert.equal(passageSeconds(['badge', 'fingerprint'], slow.measured), 1.5 + 1 + 20)
  const { shortages, steps } = planCapacity(slow, { ...usualDemand, ramp, languages: 8 })
  const portals = shortages.find(({ what }) => what === 'portals')
  assert.ok((portals?.enoughFor ?? 800) < 500)
  assert.ok((steps[2]?.entry.wait95 ?? 0) > 300)
})

test('FM16 a disk that is too small is short from the first day', () => {
  const small = siteOf(shippedText('madrid-1').replace('capacity: 12', 'capacity: 5'))
  const { shortages } = planCapacity(small, { ...usualDemand, ramp, languages: 1 })
  assert.equal(shortages.find(({ what }) => what === 'storage')?.date, '2027-01-01')
})

test('FM16 the storage of a recorder that states no capacity is named, not counted as none', () => {
  const unstated = siteOf(shippedText('madrid-1').replace(/, capacity: 12/, ''))
  const { storage, shortages } = planCapacity(unstated, { ...usualDemand, ramp, languages: 1 })
  assert.deepEqual([storage.have, storage.need], [0, 0])
  assert.match(
    sayStorage(storage),
    /^video storage: nvr-1 states no capacity and needs \d+[.]\d TB$/,
  )
  assert.equal(shortages.find(({ what }) => what === 'storage')?.date, null)
})

test('FM16 a ramp that is no ramp is refused', () => {
  const refuse = (days: Milestone[], words: RegExp) => {
    assert.throws(() => planCapacity(madrid, { ...usualDemand, ramp: days }), words)
  }
  refuse([], /names no day/)
  refuse([{ date: 'soon', people: 1 }], /soon is no day/)
  refuse([{ date: '2027-01-01', people: -1 }], /from 0 to 100000/)
  refuse(
    [ramp[1], ramp[0]].flatMap((day) => day ?? []),
    /does not come after/,
  )
})

test('FM17 whoever comes gets in and whoever goes gets out, in any number', () => {
  fc.assert(
    fc.property(fc.nat(300), fc.nat(300), fc.nat(), (arriving, leaving, seed) => {
      const { queues, lastIn, lastOut } = simulateShiftChange(madrid, {
        arriving,
        leaving,
        window: 600,
        seed,
      })
      const passages = Object.fromEntries(queues.map(({ name, passages: count }) => [name, count]))
      assert.deepEqual(passages, {
        'main-door': arriving + leaving,
        entry: 2 * (arriving + leaving),
        'search (detector)': arriving,
        'search (exit search)': leaving,
      })
      assert.equal(lastIn > 0, arriving > 0)
      assert.equal(lastOut > 0, leaving > 0)
    }),
    { numRuns: 30 },
  )
})

test('FM17 a single lane that is never idle serves as many as its seconds allow', () => {
  const site = siteOf(shippedText('single-room'))
  const people = 400
  const { lastIn, queues } = simulateShiftChange(site, {
    arriving: people,
    leaving: 0,
    window: 1,
    seed: 7,
  })
  const slowest = 12 // the hand wand
  assert.ok(Math.abs(lastIn - people * slowest) < 0.02 * people * slowest + 60)
  const detector = queues.find(({ name }) => name === 'reception (detector)')
  assert.ok((detector?.load ?? 0) > 0.97)
  assert.ok((detector?.busiestMinute ?? 99) <= 7)
})

test('FM17 the doors of an interlock share their lanes', () => {
  const together = simulateShiftChange(madrid, { arriving: 400, leaving: 0, window: 60, seed: 3 })
  const apart = siteOf(
    shippedText('madrid-1')
      .replace(
        'interlock: entry, failMode: fail-safe, camera: both, lanes: 4, controller: ctl-lobby',
        'failMode: fail-safe, camera: both, lanes: 4, controller: ctl-lobby',
      )
      .replace(
        'interlock: entry, camera: both, lanes: 4, controller: ctl-floor',
        'camera: both, lanes: 4, controller: ctl-floor',
      ),
  )
  const free = simulateShiftChange(apart, { arriving: 400, leaving: 0, window: 60, seed: 3 })
  assert.ok(together.lastIn > 1.2 * free.lastIn)
})

test('FM17 the same seed gives the same day, another a different one', () => {
  const day = (seed: number) =>
    simulateShiftChange(madrid, { arriving: 200, leaving: 200, window: 600, seed })
  assert.deepEqual(day(1), day(1))
  assert.notDeepEqual(day(1), day(2))
})

test('FM16 the chart is well-formed and says what is short and from when', () => {
  const words: string[] = []
  const parser = new SaxesParser()
  parser.on('text', (text) => words.push(text))
  parser.write(drawPlan(plan, 'Madrid 1')).close()
  assert.ok(words.includes('enough for 416, short from 2027-07-09'))
  assert.ok(words.includes('800 people'))
})
