import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test, type TestContext } from 'node:test'
import { startTestDoor, until, type TestDoor } from '../../test/support/doors.ts'
import { presenceOf, recompute, type PresenceInput } from '../server/domains/facility/index.ts'
import type { AccessEvent } from '../shared/facility.ts'
import { route, type SimulatedPortal, type SimulatedSite } from './building.ts'
import { startControl } from './control.ts'
import { startSimulator, type Simulator, type SimulatorOptions } from './simulator.ts'

const door = (
  id: string,
  from: string,
  to: string,
  factors: Pick<SimulatedPortal, 'in' | 'out'>,
  emergency = false,
): SimulatedPortal => ({ id, from, to, ...factors, controller: `controller-${id}`, emergency })

const site: SimulatedSite = {
  name: 'demonstration',
  outside: 'street',
  screening: ['search'],
  lockers: ['lobby'],
  portals: [
    door('main-door', 'street', 'lobby', { in: ['badge'], out: ['badge'] }),
    door('turnstile', 'lobby', 'search', { in: ['badge'], out: ['badge'] }),
    door('floor-door', 'search', 'floor-1', { in: ['badge', 'biometric'], out: ['badge'] }),
    door('fire-1', 'floor-1', 'street', { in: [], out: [] }, true),
  ],
}
const people = [
  { id: 'p_ada', credential: 'b1', zones: ['lobby', 'search', 'floor-1'] },
  { id: 'p_mallory', credential: 'b2', zones: ['lobby', 'search'] },
]

async function building(
  t: TestContext,
  change: Partial<SimulatorOptions> = {},
): Promise<{ test: TestDoor; simulator: Simulator; dir: string; options: SimulatorOptions }> {
  const test = await startTestDoor(t)
  const dir = await mkdtemp(join(tmpdir(), 'cloister-simulator-'))
  t.after(() => rm(dir, { recursive: true }))
  const options: SimulatorOptions = {
    ...{ site, people, buildingDoor: test.door, dir, clock: () => new Date() },
    code: (id) => {
      test.codes.set(`one-time-code-${id}`, { kind: 'device', id })
      return Promise.resolve(`one-time-code-${id}`)
    },
    ...change,
  }
  const simulator = await startSimulator(options)
  t.after(() => simulator.close())
  return { test, simulator, dir, options }
}

const kinds = (events: readonly AccessEvent[]) => events.map(({ kind }) => kind)
const of = ({ events }: TestDoor, portal: string) =>
  events.filter(({ controllerId }) => controllerId === `controller-${portal}`)

/** What the server's presence makes of everything that arrived, every controller confirmed. */
function presenceFrom(test: TestDoor, person: string) {
  const epochs = new Map(test.events.map(({ controllerId, epoch }) => [controllerId, epoch]))
  const inputs: PresenceInput[] = [...epochs].map(([controllerId, epoch]) => ({
    ...{ type: 'epoch-confirmed', controllerId, epoch, by: 'p_guard' },
    at: '2026-01-01T00:00:00.000Z',
  }))
  for (const event of test.events)
    inputs.push({ type: 'event', event: { ...event, receivedAt: event.occurredAt } })
  const portals = new Map(
    site.portals.map(({ id, from, to, controller }) => [
      id,
      { from, to, controllerId: controller },
    ]),
  )
  return presenceOf(recompute(inputs, portals).state, person)
}

suite('simulated building', () => {
  test('SI1 each portal has a controller that enrols as a device of its own, once', async (t) => {
    const { test, simulator, options } = await building(t)
    assert.deepEqual(
      test.enrolled.toSorted(),
      site.portals.map(({ controller }) => `device ${controller}`).toSorted(),
    )
    await simulator.close()
    const again = await startSimulator({ ...options, code: () => assert.fail('no code is needed') })
    await again.close()
    assert.equal(test.enrolled.length, 4)
  })

  test('SI2 a walk to the floor reports every step of every passage, and presence follows', async (t) => {
    const { test, simulator } = await building(t)
    assert.deepEqual(await simulator.walk('p_ada', 'floor-1'), {
      ...{ person: 'p_ada', zone: 'floor-1', arrived: true },
    })
    const passage = ['GRANTED', 'UNLOCKED', 'OPENED', 'ACCESS_TAKEN', 'CLOSED', 'LOCKED']
    const read = 'AUTHENTICATION_FACTOR_READ'
    assert.deepEqual(kinds(of(test, 'main-door')), [read, ...passage])
    assert.deepEqual(kinds(of(test, 'turnstile')), [
      ...['LOCKER_CLOSED', read, ...passage, 'SCREENING_PASSED'],
    ])
    assert.deepEqual(kinds(of(test, 'floor-door')), [read, read, ...passage])
    assert.deepEqual(
      of(test, 'floor-door').map(({ seq }) => seq),
      [1, 2, 3, 4, 5, 6, 7, 8],
    )
    const found = presenceFrom(test, 'p_ada')
    assert.deepEqual(
      [found?.zone, found?.factors, found?.admits],
      ['floor-1', ['badge', 'biometric'], true],
    )
    await simulator.walk('p_ada', 'street')
    assert.equal(presenceFrom(test, 'p_ada')?.zone, 'street')
    assert.equal(of(test, 'fire-1').length, 0)
  })

  test('SI3 a badge that does not open the door stops the walk, and the door says why', async (t) => {
    const { test, simulator } = await building(t)
    assert.deepEqual(await simulator.walk('p_mallory', 'floor-1'), {
      ...{ person: 'p_mallory', zone: 'search', arrived: false },
      stoppedBy: { portal: 'floor-door', reason: 'ZONE_NO_ACCESS_RIGHTS' },
    })
    assert.equal(of(test, 'floor-door').at(-1)?.kind, 'DENIED')
    await assert.rejects(simulator.walk('p_nobody', 'lobby'), /no person/)
    await assert.rejects(simulator.walk('p_ada', 'moon'), /no zone/)
    assert.equal(route(site, 'street', 'floor-1')?.length, 3)
  })

  test('SI4 while the server is away events wait, survive a restart, and arrive as replayed', async (t) => {
    const { test, simulator, options } = await building(t)
    await simulator.walk('p_ada', 'lobby')
    await test.goAway()
    await simulator.walk('p_ada', 'floor-1')
    const before = simulator.state().controllers.find(({ id }) => id === 'controller-floor-door')
    assert.deepEqual([before?.buffered, before?.online], [8, false])
    await simulator.close()
    await test.comeBack()
    const again = await startSimulator(options)
    t.after(() => again.close())
    await again.tick()
    const late = of(test, 'floor-door')
    assert.deepEqual(
      late.map(({ seq, replayed }) => [seq, replayed]),
      [1, 2, 3, 4, 5, 6, 7, 8].map((seq) => [seq, true]),
    )
    assert.deepEqual(
      [presenceFrom(test, 'p_ada')?.zone, presenceFrom(test, 'p_ada')?.admits],
      ['floor-1', false],
    )
    assert.ok(again.state().controllers.every(({ online, buffered }) => online && buffered === 0))
  })

  test('SI5 faults on request: duplicate, lost, late, clock step and a new epoch', async (t) => {
    const { test, simulator } = await building(t)
    const portal = 'main-door'
    await simulator.fault({ kind: 'duplicate', portal })
    await simulator.walk('p_ada', 'lobby')
    assert.deepEqual(
      of(test, portal).map(({ seq }) => seq),
      [1, 1, 2, 3, 4, 5, 6, 7],
    )
    await simulator.fault({ kind: 'lost', portal })
    await simulator.walk('p_ada', 'street')
    assert.deepEqual(
      of(test, portal)
        .slice(8)
        .map(({ seq }) => seq),
      [9, 10, 11, 12, 13, 14],
    )
    await simulator.fault({ kind: 'late', portal })
    await simulator.walk('p_ada', 'lobby')
    assert.equal(of(test, portal).length, 14)
    await simulator.fault({ kind: 'line-restored', portal })
    assert.ok(
      of(test, portal)
        .slice(14)
        .every(({ replayed }) => replayed),
    )
    await simulator.fault({ kind: 'clock-step', portal, ms: 60_000 })
    await simulator.fault({ kind: 'epoch-reset', portal })
    await simulator.walk('p_ada', 'street')
    const last = of(test, portal).at(-1)!
    assert.equal(last.seq, 7)
    assert.equal(last.clockOffsetMs, 60_000)
    assert.ok(Date.parse(last.occurredAt) > Date.now() + 50_000)
    assert.notEqual(last.epoch, of(test, portal)[0]!.epoch)
  })

  test('SI6 faults of the door: forced, held, restored, emergency, and a tailgater whom nobody reports', async (t) => {
    const { test, simulator } = await building(t)
    for (const kind of ['forced', 'held', 'restored'] as const)
      await simulator.fault({ kind, portal: 'floor-door' })
    await simulator.fault({ kind: 'emergency', portal: 'fire-1' })
    assert.deepEqual(kinds(test.events), [
      'FORCED_OPEN',
      'DOOR_OPEN_TOO_LONG',
      'NORMAL',
      'EGRESS_OPEN',
    ])
    await simulator.fault({ kind: 'tailgate', portal: 'floor-door', person: 'p_mallory' })
    assert.equal(test.events.length, 4)
    assert.deepEqual(simulator.state().people, [
      { id: 'p_ada', zone: 'street' },
      { id: 'p_mallory', zone: 'floor-1' },
    ])
    await assert.rejects(simulator.fault({ kind: 'held', portal: 'no-door' }), /no portal/)
  })

  test('SI7 commands are obeyed once: unlock, lockdown that leaves the way out free, revoked badge', async (t) => {
    const { test, simulator, options } = await building(t)
    const at = new Date().toISOString()
    const controllerId = 'controller-main-door'
    await simulator.walk('p_ada', 'lobby')
    const told = test.events.length
    test.commands.push(
      { kind: 'unlock', number: 1, at, controllerId, portalId: 'main-door', seconds: 5 },
      { kind: 'lockdown', number: 2, at, controllerId, on: true },
    )
    await simulator.tick()
    await simulator.tick()
    await until('the door says that it is unlocked', () => test.events.length > told)
    assert.equal(test.done.get(controllerId), 2)
    assert.deepEqual(kinds(test.events.slice(told)), ['UNLOCKED'])
    assert.equal((await simulator.walk('p_ada', 'street')).arrived, true)
    assert.equal((await simulator.walk('p_ada', 'lobby')).stoppedBy?.reason, 'THREAT_LEVEL')
    test.commands.push(
      { kind: 'lockdown', number: 3, at, controllerId, on: false },
      { kind: 'revoke-credential', number: 4, at, controllerId, credentialId: 'b1' },
    )
    await simulator.tick()
    assert.equal((await simulator.walk('p_ada', 'lobby')).stoppedBy?.reason, 'CREDENTIAL_DISABLED')
    const denied = test.events.length
    const stale = new Date(Date.now() - 6000).toISOString()
    const unlock = { kind: 'unlock', controllerId, portalId: 'main-door', seconds: 5 } as const
    test.commands.push({ ...unlock, number: 5, at: stale })
    await simulator.tick()
    await simulator.tick()
    assert.equal(test.done.get(controllerId), 5)
    assert.equal(test.events.length, denied)
    await simulator.close()
    const again = await startSimulator(options)
    t.after(() => again.close())
    assert.equal((await again.walk('p_ada', 'lobby')).stoppedBy?.reason, 'CREDENTIAL_DISABLED')
  })

  test('SI8 heartbeats say the last number, the clock and what waits', async (t) => {
    const { test, simulator } = await building(t)
    await simulator.walk('p_ada', 'lobby')
    await simulator.tick()
    const own = test.heartbeats.filter(
      ({ controllerId }) => controllerId === 'controller-main-door',
    )
    assert.equal(own.length, 1)
    const { lastSeq, clockOffsetMs, buffered } = own.at(-1)!
    assert.ok(lastSeq >= 0 && lastSeq <= 7)
    assert.deepEqual([clockOffsetMs, buffered], [0, 0])
  })

  test('SI9 the controls answer their own page and programs, and no other site', async (t) => {
    const { simulator } = await building(t)
    const origin = 'http://ws-3.localhost:4003'
    const control = await startControl(simulator, { port: 0, origins: [origin] })
    t.after(() => control.close())
    const { host } = new URL(control.url)
    const ask = (method: string, path: string, headers: Record<string, string>, body?: unknown) =>
      send(
        control.url,
        method,
        path,
        { host, 'content-type': 'application/json', ...headers },
        body,
      )
    const walked = await ask('POST', '/walk', { origin }, { person: 'p_ada', zone: 'lobby' })
    assert.deepEqual(walked, {
      status: 200,
      body: { person: 'p_ada', zone: 'lobby', arrived: true },
    })
    const { status, body } = await ask('GET', '/state', {})
    assert.equal(status, 200)
    assert.deepEqual((body as { people: unknown[] }).people[0], { id: 'p_ada', zone: 'lobby' })
    const fault = { kind: 'forced', portal: 'floor-door' }
    assert.equal((await ask('POST', '/fault', { origin }, fault)).status, 200)
    assert.equal((await ask('POST', '/walk', { origin: 'https://evil.example' }, {})).status, 403)
    assert.equal((await ask('GET', '/state', { host: 'evil.example' })).status, 403)
    for (const bad of [{}, { person: 'p_nobody', zone: 'lobby' }, 'x'.repeat(5000)])
      assert.equal((await ask('POST', '/walk', {}, bad)).status, 422)
    assert.equal((await ask('POST', '/fault', {}, { kind: 'explode' })).status, 422)
    assert.equal((await ask('POST', '/walk', { 'content-type': 'text/plain' }, {})).status, 404)
  })
})

function send(
  url: string,
  method: string,
  path: string,
  headers: Record<string, string>,
  body?: unknown,
) {
  return new Promise<{ status: number; body: unknown }>((resolve, reject) => {
    const call = httpRequest(new URL(path, url), { method, headers }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      answer.on('end', () => {
        resolve({ status: answer.statusCode!, body: text === '' ? undefined : JSON.parse(text) })
      })
    })
    call.on('error', reject)
    call.end(body === undefined ? undefined : JSON.stringify(body))
  })
}
