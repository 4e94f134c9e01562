import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import type { ReceivedEvent } from '../../../shared/facility.ts'
import {
  nobodyPresent,
  openGaps,
  presenceOf,
  recompute,
  step,
  type Portals,
  type PresenceFinding,
  type PresenceInput,
  type PresenceState,
} from './presence.ts'

const portals: Portals = new Map([
  ['turnstile', { from: 'lobby', to: 'search', controllerId: 'controller-turnstile' }],
  ['floor-door', { from: 'search', to: 'floor-1', controllerId: 'controller-floor-door' }],
])
const start = Date.parse('2026-11-21T09:00:00.000Z')
const at = (seconds: number) => new Date(start + seconds * 1000).toISOString()

/** Ada goes through a portal `occurred` seconds into the day; the server hears of it at `received`. */
function taken(
  portalId: 'turnstile' | 'floor-door',
  seq: number,
  occurred: number,
  change: Partial<ReceivedEvent> = {},
): { type: 'event'; event: ReceivedEvent } {
  const portal = portals.get(portalId)!
  const [zoneFrom, zoneTo] =
    change.side === 'out' ? [portal.to, portal.from] : [portal.from, portal.to]
  return {
    type: 'event',
    event: {
      ...{ source: 'test', controllerId: portal.controllerId, epoch: 'e1', seq, portalId },
      ...{ occurredAt: at(occurred), receivedAt: at(occurred), replayed: false, clockOffsetMs: 0 },
      ...{ side: 'in', zoneFrom, zoneTo, kind: 'ACCESS_TAKEN', result: 'success' },
      ...{ credentialIds: ['b1'], factors: ['badge', 'biometric'], personId: 'p_ada' },
      ...change,
    },
  }
}
const confirmed = (portalId: string, epoch = 'e1', when = -60): PresenceInput => ({
  type: 'epoch-confirmed',
  ...{ controllerId: `controller-${portalId}`, epoch, by: 'p_guard', at: at(when) },
})
const opened = [confirmed('turnstile'), confirmed('floor-door')]
const correction = (
  change: Partial<PresenceInput & { type: 'correction' }> = {},
): PresenceInput => ({
  ...{ type: 'correction', id: 'c1', person: 'p_ada', zone: null, by: ['p_guard', 'p_mara'] },
  ...{ reason: 'she left through the fire exit', at: at(100) },
  ...change,
})

/** Steps through the inputs in the order given. */
function run(...inputs: PresenceInput[]) {
  let state: PresenceState = nobodyPresent
  const findings: PresenceFinding[] = []
  let changes = 0
  for (const input of inputs) {
    const next = step(state, input, portals)
    state = next.state
    findings.push(...next.findings)
    changes += next.changes.length
  }
  return { state, changes, kinds: findings.map(({ kind }) => kind), findings }
}
const ada = (state: PresenceState) => presenceOf(state, 'p_ada')

suite('presence', () => {
  test('PE4 only a taken event admits: a read, a grant and an opened door do not', () => {
    for (const kind of [
      'AUTHENTICATION_FACTOR_READ',
      'GRANTED',
      'OPENED',
      'ACCESS_NOT_TAKEN',
    ] as const)
      assert.equal(ada(run(...opened, taken('floor-door', 1, 0, { kind })).state), undefined)
    const refused = run(...opened, taken('floor-door', 1, 0, { result: 'denied' }))
    assert.equal(ada(refused.state), undefined)
    const { state, changes } = run(...opened, taken('floor-door', 1, 0))
    assert.equal(changes, 1)
    assert.deepEqual(ada(state), {
      ...{ person: 'p_ada', zone: 'floor-1', since: at(0), portalId: 'floor-door' },
      ...{ factors: ['badge', 'biometric'], event: 'controller-floor-door/e1/1' },
      ...{ admits: true, why: null },
    })
  })

  test('PE5 an event from another controller, of an unknown portal or with other zones is no passage', () => {
    const cases: [string, Partial<ReceivedEvent>][] = [
      ['foreign-controller', { controllerId: 'controller-turnstile' }],
      ['unknown-portal', { portalId: 'side-door' }],
      ['wrong-zones', { zoneTo: 'tech' }],
      ['nobody', { personId: undefined as unknown as string }],
      ['malformed', { occurredAt: '2026-02-30T09:00:00.000Z' }],
    ]
    for (const [kind, change] of cases) {
      const { state, kinds } = run(...opened, taken('floor-door', 1, 0, change))
      assert.equal(ada(state), undefined, kind)
      assert.deepEqual(kinds, [kind])
    }
  })

  test('PE6 late, replayed, future and clock-off passages move the record and admit nobody', () => {
    const cases: [string, Partial<ReceivedEvent>][] = [
      ['late', { receivedAt: at(30.001) }],
      ['replayed', { replayed: true }],
      ['future', { receivedAt: at(-2.001) }],
      ['clock-off', { clockOffsetMs: -2001 }],
    ]
    for (const [why, change] of cases) {
      const found = ada(run(...opened, taken('floor-door', 1, 0, change)).state)
      assert.deepEqual([found?.zone, found?.admits, found?.why], ['floor-1', false, why])
    }
    for (const change of [{ receivedAt: at(30) }, { receivedAt: at(-2) }, { clockOffsetMs: 2000 }])
      assert.equal(ada(run(...opened, taken('floor-door', 1, 0, change)).state)?.admits, true)
  })

  test('PE7 a late exit ends a presence and lists the span to look at again', () => {
    const { state, findings } = run(
      ...opened,
      taken('floor-door', 1, 0),
      taken('floor-door', 2, 60, { side: 'out', receivedAt: at(600), replayed: true }),
    )
    assert.deepEqual([ada(state)?.zone, ada(state)?.admits], ['search', false])
    const violation = findings.find(({ kind }) => kind === 'retroactive-violation')
    assert.deepEqual(violation?.review, { zone: 'floor-1', from: at(60), to: at(600) })
  })

  test('PE8 a future moment counts as its arrival, so it cannot lock a person out for years', () => {
    const { state } = run(
      ...opened,
      taken('floor-door', 1, 0, { occurredAt: '2089-01-01T00:00:00.000Z' }),
      taken('floor-door', 2, 10, { side: 'out' }),
    )
    assert.deepEqual([ada(state)?.zone, ada(state)?.admits], ['search', true])
  })

  test('PE9 the same event again changes nothing, however often it comes', () => {
    const once = run(...opened, taken('floor-door', 1, 0))
    const again = run(
      ...opened,
      taken('floor-door', 1, 0),
      taken('floor-door', 1, 0, { replayed: true }),
    )
    assert.deepEqual(again, once)
  })

  test('PE10 a missing number opens a gap that only its replay or a signed explanation closes', () => {
    const ahead = run(...opened, taken('turnstile', 1, 0), taken('turnstile', 6, 5))
    assert.deepEqual(openGaps(ahead.state), [
      { controllerId: 'controller-turnstile', epoch: 'e1', gap: { from: 2, to: 5 } },
    ])
    const replay = step(ahead.state, taken('turnstile', 3, 2, { replayed: true }), portals)
    assert.deepEqual(
      openGaps(replay.state).map(({ gap }) => gap),
      [
        { from: 2, to: 2 },
        { from: 4, to: 5 },
      ],
    )
    const explained = step(
      replay.state,
      {
        ...{ type: 'gap-explained', controllerId: 'controller-turnstile', epoch: 'e1' },
        ...{ gap: { from: 2, to: 5 }, by: 'p_guard', reason: 'power cut', at: at(90) },
      },
      portals,
    )
    assert.deepEqual(openGaps(explained.state), [])
  })

  test('PE11 a new epoch admits nobody until a guard confirms it, and an old one never again', () => {
    const fresh = taken('floor-door', 1, 0, { epoch: 'e2' })
    const { state, kinds } = run(...opened, fresh)
    assert.deepEqual([ada(state)?.zone, ada(state)?.why], ['floor-1', 'epoch-unconfirmed'])
    assert.ok(kinds.includes('new-epoch'))
    const after = run(
      ...opened,
      fresh,
      confirmed('floor-door', 'e2', 5),
      taken('floor-door', 2, 10, { epoch: 'e2', side: 'out' }),
      taken('floor-door', 3, 20, { epoch: 'e2' }),
    )
    assert.equal(ada(after.state)?.admits, true)
    const old = step(after.state, taken('floor-door', 1, 30), portals)
    assert.equal(ada(old.state)?.admits, false)
  })

  test('PE12 an event that comes after a later one of its controller, or back in time, does not admit', () => {
    const overtaken = run(
      ...opened,
      taken('floor-door', 2, 5, { personId: 'p_ben' }),
      taken('floor-door', 1, 4),
    )
    assert.equal(ada(overtaken.state)?.why, 'out-of-order')
    const back = run(
      ...opened,
      taken('floor-door', 1, 20, { personId: 'p_ben' }),
      taken('floor-door', 2, 5, { receivedAt: at(21) }),
    )
    assert.equal(ada(back.state)?.why, 'out-of-order')
    assert.ok(back.kinds.includes('clock-off'))
  })

  test('PE13 a correction takes two other people and a reason, and never meets two factors', () => {
    const inside = [...opened, taken('floor-door', 1, 0)]
    for (const change of [
      { by: ['p_guard', 'p_guard'] as const },
      { by: ['p_ada', 'p_guard'] as const },
      { reason: ' ' },
    ]) {
      const { state, kinds } = run(...inside, correction(change))
      assert.deepEqual([ada(state)?.zone, kinds.at(-1)], ['floor-1', 'refused-correction'])
    }
    assert.equal(ada(run(...inside, correction()).state)?.zone, null)
    const put = ada(run(...opened, correction({ zone: 'floor-1' })).state)
    assert.deepEqual([put?.zone, put?.factors], ['floor-1', []])
  })

  test('PE14 a passage from a zone where the person is not on record is a passback finding', () => {
    const { kinds } = run(...opened, taken('floor-door', 1, 0), taken('floor-door', 2, 9))
    assert.deepEqual(kinds, ['passback'])
  })

  test('PE15 a controller that invents epochs and gaps cannot make the state grow without end', () => {
    let { state } = run(...opened)
    for (let i = 0; i < 40; i++)
      state = step(state, taken('floor-door', 1, i, { epoch: `x${i}` }), portals).state
    assert.ok(state.streams.size <= 9)
    for (let seq = 2; seq < 2600; seq += 2)
      state = step(state, taken('turnstile', seq, 0), portals).state
    assert.equal(openGaps(state).filter(({ epoch }) => epoch === 'e1').length, 1000)
  })

  test('PE16 step by step and recomputed from a shuffled list with duplicates agree', () => {
    fc.assert(
      fc.property(day, fc.array(fc.nat(1000)), (inputs, picks) => {
        const arrived = recompute(inputs, portals)
        assert.deepEqual(run(...inputs.toSorted(bySpokenArrival)).state, arrived.state)
        const copies = picks.map((pick) => inputs[pick % inputs.length]!)
        const shuffled = [...copies, ...inputs.toReversed()]
        assert.deepEqual(recompute(shuffled, portals).state, arrived.state)
        assert.deepEqual(recompute(shuffled, portals).changes, arrived.changes)
      }),
      { numRuns: 300 },
    )
  })

  test('PE17 whatever the order of delivery, the record is the last passage that occurred', () => {
    fc.assert(
      fc.property(day, (inputs) => {
        const { state } = recompute(inputs, portals)
        for (const person of ['p_ada', 'p_ben']) {
          const last = inputs
            .flatMap((input) => (input.type === 'event' ? [input.event] : []))
            .filter(({ personId }) => personId === person)
            .map((event) => ({ event, held: [event.occurredAt, event.receivedAt].toSorted()[0]! }))
            .toSorted((a, b) => {
              const [x, y] = [a, b].map(
                ({ event, held }) =>
                  `${held} ${event.controllerId} ${String(event.seq).padStart(9, '0')}`,
              )
              return x! < y! ? -1 : 1
            })
            .at(-1)
          assert.equal(presenceOf(state, person)?.zone, last?.event.zoneTo)
        }
      }),
      { numRuns: 300 },
    )
  })

  test('PE18 nobody is admitted by a passage that was late, replayed or future', () => {
    fc.assert(
      fc.property(day, (inputs) => {
        const { changes } = recompute(inputs, portals)
        for (const { after } of changes.filter(({ after }) => after.admits)) {
          const found = inputs.find(
            (input) =>
              input.type === 'event' &&
              after.event === `${input.event.controllerId}/${input.event.epoch}/${input.event.seq}`,
          )
          assert.ok(found?.type === 'event')
          const delay = Date.parse(found.event.receivedAt) - Date.parse(found.event.occurredAt)
          assert.ok(!found.event.replayed && delay <= 30_000 && delay >= -2_000)
        }
      }),
      { numRuns: 300 },
    )
  })
})

const bySpokenArrival = (a: PresenceInput, b: PresenceInput) => {
  const [x, y] = [a, b].map((input) => (input.type === 'event' ? input.event.receivedAt : input.at))
  return x! < y! ? -1 : 1
}

/** A day of two people at two doors, each event with its own delay; no two arrive at one moment. */
const day = fc
  .array(
    fc.record({
      portalId: fc.constantFrom('turnstile' as const, 'floor-door' as const),
      side: fc.constantFrom('in' as const, 'out' as const),
      personId: fc.constantFrom('p_ada', 'p_ben'),
      delay: fc.constantFrom(0, 0, 0, 1, 20, 31, 400, -1, -5),
      lost: fc.constantFrom(false, false, false, true),
      pause: fc.integer({ min: 0, max: 90 }),
    }),
    { minLength: 1, maxLength: 40 },
  )
  .map((passages): PresenceInput[] => {
    const counters = { turnstile: 0, 'floor-door': 0 }
    let clock = 0
    const events = passages.flatMap(({ portalId, side, personId, delay, lost, pause }, index) => {
      clock += pause
      const seq = ++counters[portalId]
      const receivedAt = new Date(start + (clock + delay) * 1000 + index).toISOString()
      const change = { side, personId, receivedAt, replayed: delay > 30 }
      return lost ? [] : [taken(portalId, seq, clock, change)]
    })
    const moments = new Set<string>()
    return [
      confirmed('turnstile', 'e1', -60),
      confirmed('floor-door', 'e1', -61),
      ...events.filter(
        ({ event }) => !moments.has(event.receivedAt) && moments.add(event.receivedAt),
      ),
    ]
  })
