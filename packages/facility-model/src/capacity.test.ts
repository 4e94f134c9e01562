import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { SaxesParser } from 'saxes'
import { shippedText, siteOf } from '../../../test/support/sites.ts'
import { dayPast, planCapacity, sayStorage, usualDemand, type Milestone } from './capacity.ts'
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

test('FM21 a recorder that is too small is short from the first day, whatever room another has', () => {
  const text = shippedText('madrid-1').replace(
    'capacity: 12 }',
    'capacity: 1 }\n  nvr-2: { zone: tech, network: video, retention: legal-maximum, capacity: 40 }',
  )
  const { shortages, storage } = planCapacity(siteOf(text), { ...usualDemand, ramp })
  assert.equal(shortages.find(({ what }) => what === 'storage')?.date, '2027-01-01')
  // Eight cameras at 4 Mbit/s over thirty days.
  const need = (8 * 0.5e6 * 30 * 86_400) / 1e12
  assert.deepEqual(storage, [
    { recorder: 'nvr-1', have: 1, need },
    { recorder: 'nvr-2', have: 40, need: 0 },
  ])
  assert.equal(
    sayStorage(storage),
    'video storage: nvr-1 has 1 TB and needs 10.4 TB, short; nvr-2 has 40 TB and needs 0.0 TB',
  )
  assert.match(sayStorage(storage, 1), /, short; and 1 more$/)
})

test('FM21 the storage of a recorder that states no capacity is named, not counted as none', () => {
  const unstated = siteOf(shippedText('madrid-1').replace(/, capacity: 12/, ''))
  const { storage, shortages } = planCapacity(unstated, { ...usualDemand, ramp })
  assert.equal(sayStorage(storage), 'video storage: nvr-1 states no capacity and needs 10.4 TB')
  assert.equal(shortages.find(({ what }) => what === 'storage')?.date, null)
})

/** The plan of one day for a changed file of Madrid. */
function planOf(people: number, change: (text: string) => string, languages = 1) {
  const site = siteOf(change(shippedText('madrid-1')))
  const plan = planCapacity(site, {
    ...usualDemand,
    languages,
    ramp: [{ date: '2027-01-01', people }],
  })
  const [step] = plan.steps
  assert.ok(step)
  return { ...plan, ...step }
}

const shifts = (text: string) => (file: string) =>
  file.replace(/^shifts: .*$/m, `shifts: { ${text} }`)

test('FM22 guards count as they are on duty while people come and go, on whatever day', () => {
  const guards = (people: number, hours: string, duty: string, more = '') =>
    planOf(people, (file) =>
      file
        .replace(/^hours: .*$/m, `hours: { ${hours} }`)
        .replace(/^guards: .*$/m, `guards: { ${duty} }`)
        .replace('late: "14:00-22:00"', `late: "14:00-22:00"${more}`),
    ).guards
  const usual = 'mon-fri: "06:00-22:00", sat: "08:00-14:00"'
  // 300 come and 300 go at 14:00: 300 × 4 s and 300 × 8 s of screening in 1,200 s.
  assert.deepEqual(guards(900, usual, 'lobby: always, search: noon', ', noon: "11:00-12:00"'), {
    have: 1,
    need: 3,
    at: 'Mon 14:00',
  })
  assert.deepEqual(guards(400, 'tue: "06:00-22:00"', 'lobby: hours, search: hours'), {
    have: 4,
    need: 2,
    at: 'Tue 14:00',
  })
  assert.deepEqual(guards(600, usual, 'lobby: always, search: [late]'), {
    have: 1,
    need: 3,
    at: 'Mon 14:00',
  })
})

test('FM22 a site without people needs no guard, and one whose posts are empty lacks one from the first', () => {
  const unmanned = (people: number) => planOf(people, (file) => file.replace(/^guards: .*$/m, ''))
  assert.deepEqual(unmanned(0).guards, { have: 0, need: 0, at: 'Mon 06:00' })
  assert.deepEqual(unmanned(1).guards, { have: 0, need: 1, at: 'Mon 06:00' })
})

test('FM22 each day of the week has its own hours of guards, the fewest within each', () => {
  const { guardsByHour } = planOf(0, (file) => file.replace('06:00-22:00', '06:30-22:00'))
  const [monday, saturday, sunday] = [0, 5, 6].map((day) => guardsByHour[day]?.join(' '))
  assert.equal(monday, '1 1 1 1 1 1 1 4 4 4 4 4 4 4 4 4 4 4 4 4 4 4 1 1')
  assert.equal(saturday, '1 1 1 1 1 1 1 1 4 4 4 4 4 4 1 1 1 1 1 1 1 1 1 1')
  assert.equal(new Set(sunday?.split(' ')).size, 1)
})

test('FM23 shifts that overlap sit at once, and those that never meet the hours do not count', () => {
  const needs = (text: string) => {
    const { shifts: count, seats, lockers, entry } = planOf(120, shifts(text))
    const door = entry.queues.find(({ name }) => name === 'main-door')?.passages
    return [count, seats.need, lockers.need, door]
  }
  assert.deepEqual(needs('early: "06:00-14:00", late: "14:00-22:00"'), [2, 60, 120, 120])
  assert.deepEqual(needs('a: "06:00-12:00", b: "14:00-20:00"'), [2, 60, 60, 60])
  assert.deepEqual(needs('a: "06:00-14:00", b: "10:00-18:00", c: "14:00-22:00"'), [3, 80, 120, 80])
  assert.deepEqual(needs('a: "06:00-14:00", b: "06:00-14:00"'), [2, 120, 120, 120])
  assert.deepEqual(needs('day: "06:00-22:00", night: "22:00-06:00"'), [1, 120, 120, 120])
})

test('FM23 without shifts everybody sits at once, also where the site never closes', () => {
  for (const hours of ['mon: "09:00-12:00"', 'mon-sun: "00:00-24:00"', 'sat-sun: "20:00-04:00"']) {
    const {
      shifts: count,
      seats,
      entry,
    } = planOf(70, (file) =>
      file.replace(/^hours: .*$/m, `hours: { ${hours} }`).replace(/^shifts: .*$/m, ''),
    )
    assert.deepEqual([count, seats.need], [1, 70], hours)
    assert.equal(entry.queues.find(({ name }) => name === 'search (detector)')?.passages, 70)
  }
})

test('FM23 a seat counts where annotators can walk to it and as many may be inside', () => {
  const have = (from: string, to: string) => planOf(1, (file) => file.replace(from, to)).seats.have
  assert.equal(have('seats: 210,', 'seats: 210, maximumOccupancy: 100,'), 100)
  assert.equal(have('seats: 210,', 'seats: 210, access: [technicians],'), 0)
})

test('FM24 the day on which a thing is short is found without rounding', () => {
  const anyRamp = fc
    .array(fc.tuple(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 0, max: 900 })), {
      minLength: 1,
      maxLength: 4,
    })
    .map((points) => {
      let at = Date.parse('2027-01-01')
      return points.map(([days, people]) => {
        at += days * 86_400_000
        return { date: new Date(at).toISOString().slice(0, 10), people }
      })
    })
  fc.assert(
    fc.property(anyRamp, fc.integer({ min: 0, max: 900 }), (days, people) => {
      assert.equal(dayPast(days, people), slowDayPast(days, people))
    }),
  )
  // 550 people after 352 days: the 48th has exactly 75.
  const exact = [
    { date: '2026-01-01', people: 0 },
    { date: '2026-12-19', people: 550 },
  ]
  assert.equal(dayPast(exact, 75), '2026-02-19')
})

/** Looks at every day of a ramp, multiplying instead of dividing. */
function slowDayPast(days: readonly Milestone[], people: number): string | null {
  for (const [index, to] of days.entries()) {
    const from = days[index - 1] ?? { ...to, people: to.people }
    const [start, end] = [Date.parse(from.date), Date.parse(to.date)]
    for (let at = start; at <= end; at += 86_400_000) {
      const [gone, all] = [(at - start) / 86_400_000, (end - start) / 86_400_000]
      if (
        all === 0
          ? to.people > people
          : (to.people - from.people) * gone > (people - from.people) * all
      )
        return new Date(at).toISOString().slice(0, 10)
    }
  }
  return null
}

test('FM16 a ramp that is no ramp is refused', () => {
  const refuse = (days: Milestone[], words: RegExp) => {
    assert.throws(() => planCapacity(madrid, { ...usualDemand, ramp: days }), words)
  }
  refuse([], /names no day/)
  refuse([{ date: 'soon', people: 1 }], /soon is no day/)
  refuse([{ date: '2027-02-30', people: 1 }], /2027-02-30 is no day/)
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

/** Three rooms behind a hall that is entered by doors side by side. */
function hallSite(doors: number, more = ''): string {
  const side = Array.from(
    { length: doors },
    (_, nth) => `  door-${nth + 1}: { from: street, to: hall, in: [badge], out: [handle] }`,
  )
  return `site: hall
jurisdiction: ES
timezone: Europe/Madrid
hours: { mon: "08:00-18:00" }
zones:
  street: { kind: public }
  hall: { kind: controlled, lockers: 1000, screening: [metal-detector, bag-search] }
  tech: { kind: technical }
  east: { kind: secure, seats: 11 }
  west: { kind: secure, seats: 10 }
  vault: { kind: secure }
portals:
${side.join('\n')}
  tech-door: { from: street, to: tech, in: [badge, pin], out: [handle] }
  tech-east: { from: tech, to: east, in: [badge, pin], out: [badge] }
  east-door: { from: hall, to: east, in: [badge, pin], out: [badge], lanes: 50 }
  west-door: { from: west, to: hall, in: [badge], out: [badge, pin], lanes: 50 }
  vault-door: { from: hall, to: vault, in: [badge, pin], out: [badge] }
${more}`
}

test('FM25 people part over doors side by side, and three doors are through thrice as fast as one', () => {
  const through = (doors: number) => {
    const { queues, lastIn } = simulateShiftChange(siteOf(hallSite(doors)), {
      ...{ arriving: 800, leaving: 0, window: 1, seed: 4 },
    })
    const passages = queues.filter(({ name }) => name.startsWith('door-')).map((q) => q.passages)
    return { passages, lastIn, queues }
  }
  const { passages, queues } = through(3)
  assert.equal(passages.length, 3)
  assert.equal(
    passages.reduce((sum, count) => sum + count, 0),
    800,
  )
  // 2.5 s each: 267 through one of three doors take 667 s, and 800 through one door 2,000 s.
  const wait = (of: typeof queues) =>
    Math.max(...of.filter(({ name }) => name.startsWith('door-')).map(({ wait95 }) => wait95))
  for (const count of passages) assert.ok(Math.abs(count - 267) < 20, String(passages))
  assert.ok(Math.abs(wait(queues) - 0.95 * 667) < 20)
  assert.ok(Math.abs(wait(through(1).queues) - 0.95 * 2000) < 40)
})

test('FM25 people go where there are seats, by ways that annotators may take, and as the reader of their direction asks', () => {
  const { queues } = simulateShiftChange(siteOf(hallSite(2)), {
    ...{ arriving: 210, leaving: 210, window: 600, seed: 2 },
  })
  const passages = new Map(queues.map(({ name, passages: count }) => [name, count]))
  const [east = 0, west = 0] = [passages.get('east-door'), passages.get('west-door')]
  assert.ok(Math.abs(east - 220) <= 4 && Math.abs(west - 200) <= 4, `${east} ${west}`)
  assert.deepEqual(
    ['tech-door', 'tech-east', 'vault-door'].filter((name) => passages.has(name)),
    [],
  )
  // The west door is written from the inside; those who come by it are screened as all others.
  assert.equal(passages.get('hall (detector)'), 210)
  assert.equal(passages.get('hall (exit search)'), 210)
})

test('FM25 nobody comes in by a fire exit, even one with a handle outside', () => {
  const exit = '  fire: { from: east, to: street, emergency: true, outsideHardware: handle }\n'
  const change = { arriving: 50, leaving: 50, window: 600, seed: 2 }
  assert.deepEqual(
    simulateShiftChange(siteOf(hallSite(2, exit)), change),
    simulateShiftChange(siteOf(hallSite(2)), change),
  )
})

test('FM25 screening is planned where people pass, once in a row of zones and shared side by side', () => {
  const need = (of: string) =>
    planCapacity(siteOf(of), { ...usualDemand, ramp: [{ date: '2027-01-01', people: 300 }] })
      .steps[0]?.guards.need
  // All 300 leave at 18:00 by the search: 300 × 8 s in 1,200 s.
  assert.equal(need(hallSite(2)), 2)
  // A second search after the first is work of its own, and one in the vault is nobody's.
  const street = '  porch: { kind: controlled, screening: [bag-search] }\n  street:'
  const row = hallSite(2)
    .replace('  street:', street)
    .replaceAll('from: street, to: hall', 'from: porch, to: hall')
  assert.equal(need(`${row}  gate: { from: street, to: porch, in: [badge], out: [handle] }\n`), 4)
  assert.equal(
    need(
      hallSite(2).replace(
        'vault: { kind: secure',
        'vault: { kind: secure, screening: [person-search]',
      ),
    ),
    2,
  )
})

test('FM25 many equally short ways are walked once', () => {
  const layers = Array.from({ length: 40 }, (_, nth) => nth)
  const zones = layers.map((nth) => `  hall-${nth}: { kind: controlled }`)
  const doors = layers.flatMap((nth) =>
    ['a', 'b', 'c'].map(
      (one) =>
        `  d-${nth}-${one}: { from: ${nth === 0 ? 'street' : `hall-${nth - 1}`}, to: hall-${nth}, in: [badge], out: [handle] }`,
    ),
  )
  const site = siteOf(`site: maze
jurisdiction: ES
timezone: Europe/Madrid
hours: { mon: "08:00-18:00" }
zones:
  street: { kind: public }
${zones.join('\n')}
  room: { kind: secure, seats: 30 }
portals:
${doors.join('\n')}
  last: { from: hall-39, to: room, in: [badge, pin], out: [badge] }
`)
  const { queues } = simulateShiftChange(site, { arriving: 30, leaving: 0, window: 60, seed: 1 })
  assert.equal(queues.length, 121)
  assert.equal(queues.find(({ name }) => name === 'last')?.passages, 30)
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
