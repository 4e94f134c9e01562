import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { ReceivedEvent } from '../../../shared/facility.ts'
import {
  newWatch,
  openAlarms,
  silentControllers,
  watch,
  type Detection,
  type Watched,
  type WatchedSite,
} from './detectors.ts'
import { nobodyPresent, step, type Portals, type PresenceInput, type Verdict } from './presence.ts'

const portals: Portals = new Map([
  ['main-door', { from: 'street', to: 'lobby', controllerId: 'controller-main-door' }],
  ['floor-door', { from: 'lobby', to: 'floor-1', controllerId: 'controller-floor-door' }],
  ['fire-1', { from: 'floor-1', to: 'street', controllerId: 'controller-fire-1' }],
])
const site: WatchedSite = {
  controllers: ['controller-floor-door'],
  emergencyPortals: new Set(['fire-1']),
  publicZones: new Set(['street']),
  visitors: new Set(['p_visitor']),
  walkingMs: () => 20_000,
  acknowledgeMs: 60_000,
  correctionsPerDay: 2,
}
const start = Date.parse('2026-11-21T09:00:00.000Z')
const at = (seconds: number) => new Date(start + seconds * 1000).toISOString()
const counters = new Map<string, number>()

function event(portalId: string, seconds: number, change: Partial<ReceivedEvent>): Watched {
  const { from, to, controllerId } = portals.get(portalId)!
  const seq = (counters.get(portalId) ?? 0) + 1
  counters.set(portalId, seq)
  return {
    type: 'event',
    event: {
      ...{ source: 'test', controllerId, epoch: 'e1', seq, replayed: false, clockOffsetMs: 0 },
      ...{ occurredAt: at(seconds), receivedAt: at(seconds), portalId, side: 'in' },
      ...{ zoneFrom: from, zoneTo: to, kind: 'OPENED', result: 'information' },
      ...{ credentialIds: ['b1'], factors: [], personId: 'p_ada' },
      ...change,
    },
  }
}
const enter = (portalId: string, seconds: number, change: Partial<ReceivedEvent> = {}) =>
  event(portalId, seconds, { kind: 'ACCESS_TAKEN', result: 'success', ...change })
const heartbeat = (seconds: number, clockOffsetMs = 0): Watched => ({
  type: 'heartbeat',
  receivedAt: at(seconds),
  heartbeat: {
    ...{ controllerId: 'controller-floor-door', epoch: 'e1', lastSeq: 0, buffered: 0 },
    ...{ at: at(seconds), clockOffsetMs },
  },
})
const tick = (seconds: number): Watched => ({ type: 'tick', at: at(seconds) })

function isPresenceInput(input: Watched): input is PresenceInput {
  return ['event', 'correction', 'epoch-confirmed', 'gap-explained'].includes(input.type)
}
const confirm = (controllerId: string, epoch = 'e1'): Watched => ({
  ...{ type: 'epoch-confirmed', controllerId, epoch, by: 'p_guard', at: at(0) },
})

/** Presence and detectors side by side, as the server runs them. */
function run(watched: WatchedSite, ...inputs: Watched[]) {
  let state = newWatch(at(0))
  let presence = nobodyPresent
  const detections: Detection[] = []
  for (const input of inputs) {
    const before = presence
    let verdict: Verdict | undefined
    if (isPresenceInput(input)) {
      const next = step(presence, input, portals)
      presence = next.state
      verdict = next.verdict
    }
    const seen = watch(state, input, { before, after: presence, verdict }, watched)
    state = seen.state
    detections.push(...seen.detections)
  }
  return { state, detections, ids: detections.map(({ detector }) => detector) }
}
const quiet = { ...site, controllers: [] }

suite('detectors', () => {
  test('PE21 somebody who badges out of a zone that no door took them into is reported (D1)', () => {
    const leave = { kind: 'GRANTED', side: 'out', zoneFrom: 'floor-1', zoneTo: 'lobby' } as const
    assert.deepEqual(run(quiet, event('floor-door', 1, leave)).ids, ['D1'])
    assert.deepEqual(run(quiet, enter('floor-door', 1), event('floor-door', 50, leave)).ids, [])
    assert.deepEqual(run(quiet, event('main-door', 1, { kind: 'GRANTED' })).ids, [])
  })

  test('PE22 a visitor without the escort in the zone is reported once, until put right (D6)', () => {
    const visit = (seconds: number) => enter('main-door', seconds, { personId: 'p_visitor' })
    const { ids } = run(quiet, visit(1), tick(2), tick(3))
    assert.deepEqual(ids, ['D6'])
    const escort = enter('main-door', 1, { personId: 'p_guard', escortFor: 'p_visitor' })
    assert.deepEqual(run(quiet, escort, visit(2), tick(3)).ids, [])
    const goes = enter('floor-door', 60, { personId: 'p_guard' })
    assert.deepEqual(run(quiet, escort, visit(2), goes, tick(70)).ids, ['D6'])
  })

  test('PE23 a badge at two portals faster than a person walks is reported (D7)', () => {
    const read = { kind: 'AUTHENTICATION_FACTOR_READ' } as const
    const first = event('main-door', 0, read)
    assert.deepEqual(run(quiet, first, event('floor-door', 19.999, read)).ids, ['D7'])
    assert.deepEqual(run(quiet, first, event('floor-door', 20, read)).ids, [])
    assert.deepEqual(run(quiet, first, event('main-door', 1, read)).ids, [])
  })

  test('PE24 a silent controller and a clock that is off are reported once each (D8)', () => {
    assert.deepEqual(run(site, heartbeat(0), tick(60)).ids, [])
    const { ids, state } = run(site, heartbeat(0), tick(60.001), tick(90))
    assert.deepEqual(ids, ['D8'])
    assert.deepEqual(silentControllers(state, site, at(90)), ['controller-floor-door'])
    assert.deepEqual(run(site, tick(61), heartbeat(62), tick(63), tick(200)).ids, ['D8', 'D8'])
    assert.deepEqual(run(site, heartbeat(1, 2001), tick(2), heartbeat(3, 2500)).ids, ['D8'])
    assert.deepEqual(run(site, heartbeat(1, 3000), heartbeat(2), heartbeat(3, -3000)).ids, [
      'D8',
      'D8',
    ])
  })

  test('PE25 a forced, held or tampered door that nobody acknowledges in time is reported (D10)', () => {
    for (const kind of ['FORCED_OPEN', 'DOOR_OPEN_TOO_LONG', 'TAMPER'] as const) {
      const raised = event('floor-door', 0, { kind, result: 'alarm' })
      const { ids, state } = run(quiet, raised, tick(60), tick(61), tick(120))
      assert.deepEqual(ids, ['D10'])
      assert.deepEqual(openAlarms(state), [{ portalId: 'floor-door', kind, since: at(0) }])
      const seen: Watched = {
        type: 'acknowledged',
        portalId: 'floor-door',
        by: 'p_guard',
        at: at(30),
      }
      assert.deepEqual(run(quiet, raised, seen, tick(61)).ids, [])
      const known = confirm('controller-floor-door')
      const normal = event('floor-door', 9, { kind: 'NORMAL' })
      assert.deepEqual(run(quiet, known, raised, normal, tick(61)).ids, [])
    }
  })

  test('PE26 a person who corrects presence too often is reported (D13)', () => {
    const correct = (id: number, seconds: number): Watched => ({
      ...{ type: 'correction', id: `c${id}`, person: 'p_ada', zone: null, at: at(seconds) },
      ...{ by: ['p_guard', `p_${id}`], reason: 'left by the fire exit' },
    })
    assert.deepEqual(run(quiet, correct(1, 1), correct(2, 2)).ids, [])
    const { detections } = run(quiet, correct(1, 1), correct(2, 2), correct(3, 3), tick(4))
    assert.deepEqual(
      detections.map(({ detector, person }) => [detector, person]),
      [['D13', 'p_guard']],
    )
    assert.deepEqual(run(quiet, correct(1, 1), correct(2, 2), correct(3, 86_402)).ids, [])
  })

  test('PE27 an emergency exit opened without a fire alarm is reported (D15)', () => {
    const known = confirm('controller-main-door')
    const fire = event('main-door', 0, { kind: 'FIRE_ALARM', result: 'alarm' })
    assert.deepEqual(run(quiet, event('fire-1', 1, {})).ids, ['D15'])
    assert.deepEqual(run(quiet, known, fire, event('fire-1', 1, {})).ids, [])
    const over = event('main-door', 2, { kind: 'FIRE_ALARM_RESTORED' })
    assert.deepEqual(run(quiet, known, fire, over, event('fire-1', 3, {})).ids, ['D15'])
    assert.deepEqual(run(quiet, event('floor-door', 1, {})).ids, [])
  })

  test('PE28 an event that is doubtful or of another controller neither ends an alarm nor excuses an open exit', () => {
    const known = confirm('controller-floor-door')
    const raised = event('floor-door', 0, { kind: 'FORCED_OPEN', result: 'alarm' })
    const doubtful: Partial<ReceivedEvent>[] = [
      { controllerId: 'controller-main-door' },
      { replayed: true },
      { epoch: 'e2' },
      { clockOffsetMs: 2_001 },
      { receivedAt: at(40) },
      { occurredAt: at(-1) },
      { occurredAt: at(12) },
    ]
    for (const change of doubtful) {
      const normal = event('floor-door', 9, { kind: 'NORMAL', ...change })
      const { ids } = run(quiet, known, confirm('controller-main-door'), raised, normal, tick(61))
      assert.ok(ids.includes('D10'), JSON.stringify(change))
    }
    const exit = () => event('fire-1', 10, { kind: 'EGRESS_OPEN', result: 'alarm' })
    const fire = (change: Partial<ReceivedEvent>): Watched => {
      const told = event('floor-door', 9, { kind: 'FIRE_ALARM', ...change })
      if (told.type === 'event') delete told.event.portalId
      return told
    }
    assert.deepEqual(run(quiet, known, fire({}), exit()).ids, [])
    assert.deepEqual(run(quiet, known, fire({ replayed: true }), exit()).ids, ['D15'])
    assert.deepEqual(run(quiet, fire({}), exit()).ids, ['D15'], 'of an epoch that nobody confirmed')
  })
})
