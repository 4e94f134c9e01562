import assert from 'node:assert/strict'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import canonicalize from 'canonicalize'
import { registerKey, signIn } from '../../../cli/stage/sign-in.ts'
import { simulatedSite } from '../../../simulator/site.ts'
import { startSimulator } from '../../../simulator/simulator.ts'
import { loadCredentials } from '../../../workstation/credentials.ts'
import { callDoor, doorAgent } from '../../../workstation/door.ts'
import { passFor } from '../../../../test/support/pass.ts'
import { shippedText, siteOf } from '../../../../test/support/sites.ts'
import { codeOf, dbOf, testServer, type TestServer } from '../../../../test/support/server.ts'
import { transact } from '../../kernel/db.ts'
import type { Caller } from '../access/index.ts'
import { sha256 } from '../audit/index.ts'
import { approvePresence, requestCorrection } from './guards.ts'
import { facilityFacts, lookAround, writeMuster } from './index.ts'

async function inhabited(t: TestContext) {
  const server = await testServer(t)
  const { browser, program } = await server.workstation('ws-1')
  const { code, person = '' } = await codeOf(
    server.operator('POST', '/officers', { name: 'Ada Moreno' }),
  )
  const simulator = await startSimulator({
    site: simulatedSite(siteOf(shippedText('demonstration'))),
    people: [{ id: person, credential: 'badge-ada', zones: ['lobby', 'search', 'floor-1'] }],
    ...{ buildingDoor: server.building, dir: join(server.folder, 'controllers') },
    clock: () => server.now(),
    code: async (id) => (await codeOf(server.operator('POST', `/devices/${id}/code`))).code,
  })
  t.after(() => simulator.close())
  return { server, browser, program, simulator, person, code }
}

/** What the gate would be told of this person at this workstation now. */
async function factsOf(server: TestServer, caller: Partial<Caller>, projectCode = 'aurora') {
  const db = dbOf(server, 'inside')
  return transact(db, async (tx) => {
    const { serial } = await tx
      .selectFrom('facility.certificate')
      .select('serial')
      .where('subject', '=', 'ws-1')
      .where('revoked_at', 'is', null)
      .executeTakeFirstOrThrow()
    return facilityFacts.read(tx, {
      caller: {
        ...{ door: 'inside', kind: 'person', id: null, session: 'ses_x', workstation: 'ws-1' },
        ...{ certificate: serial, address: '127.0.0.1', signedInAt: server.now() },
        ...caller,
      },
      action: 'annotation.task.next',
      resource: { type: 'Project', id: 'prj_x' },
      located: { project: 'prj_x', projectCode, item: null },
      now: server.now(),
    })
  })
}

test('FA1 somebody who walks in through the doors is where the doors say, with the factors used', async (t) => {
  const { server, browser, simulator, person, code } = await inhabited(t)
  assert.deepEqual(await simulator.walk(person, 'floor-1'), {
    ...{ person, zone: 'floor-1', arrived: true },
  })
  await registerKey(browser, code)
  await signIn(browser, 'Ada Moreno')
  const { facts } = await factsOf(server, { id: person })
  assert.deepEqual(facts.presence, {
    ...{ zone: 'floor-1', factors: ['badge', 'biometric'], asSignedIn: true },
  })
  assert.deepEqual(facts.workstation, {
    ...{ zone: 'floor-1', enrolled: true, soleAddress: true },
    ...{ postureFresh: true, postureGood: true },
  })
  await simulator.walk(person, 'lobby')
  const after = await factsOf(server, { id: person })
  assert.equal(after.facts.presence?.zone, 'lobby')
  assert.deepEqual(server.faults, [])
})

test('FA21 a session holds in the presence in which it was opened, and in none that began later', async (t) => {
  const { server, simulator, person } = await inhabited(t)
  await simulator.walk(person, 'floor-1')
  const holds = async (signedInAt: Date) =>
    (await factsOf(server, { id: person, signedInAt })).facts.presence?.asSignedIn
  const signedInAt = server.now()
  assert.equal(await holds(signedInAt), true)
  await simulator.walk(person, 'lobby')
  await simulator.walk(person, 'floor-1')
  assert.equal(await holds(signedInAt), false, 'who left and came back signs in anew')
  assert.equal(await holds(server.now()), true)
})

test('FA2 a forced door closes its zones until it is restored and a guard has looked', async (t) => {
  const { server, simulator, person } = await inhabited(t)
  await simulator.fault({ kind: 'forced', portal: 'floor-door' })
  assert.equal((await factsOf(server, { id: person })).facts.zone?.calm, false)
  await simulator.fault({ kind: 'restored', portal: 'floor-door' })
  assert.equal((await factsOf(server, { id: person })).facts.zone?.calm, false)
  const db = dbOf(server, 'inside')
  await db
    .updateTable('facility.alarm')
    .set({ acknowledged_at: server.now(), acknowledged_by: 'per_guard', note: 'A cleaner' })
    .execute()
  assert.equal((await factsOf(server, { id: person })).facts.zone?.calm, true)
})

test('FA24 an alarm begins on any word and ends only on a sure one of the door’s own controller', async (t) => {
  const { server, simulator } = await inhabited(t)
  await simulator.fault({ kind: 'forced', portal: 'floor-door' })
  await simulator.close()
  const db = dbOf(server, 'inside')
  const standing = async () => {
    const rows = await db
      .selectFrom('facility.alarm')
      .select(['kind', 'subject'])
      .where('cleared_at', 'is', null)
      .execute()
    return rows.map(({ kind, subject }) => `${kind} ${subject}`).sort()
  }
  const highest = async (controller: string) => {
    const row = await db
      .selectFrom('facility.controller as c')
      .leftJoin('facility.stream as s', (on) =>
        on.onRef('s.controller', '=', 'c.controller').onRef('s.epoch', '=', 'c.confirmed'),
      )
      .select(['c.confirmed', 's.highest'])
      .where('c.controller', '=', controller)
      .executeTakeFirstOrThrow()
    return { epoch: row.confirmed ?? 'e1', seq: (row.highest ?? 0) + 1 }
  }
  const tell = async (controllerId: string, change: object) => {
    const held = await loadCredentials(join(server.folder, 'controllers', controllerId))
    const agent = doorAgent(server.building, held, 1)
    const event = {
      ...{ source: 'test', controllerId, ...(await highest(controllerId)), replayed: false },
      ...{ occurredAt: server.now().toISOString(), clockOffsetMs: 0, kind: 'NORMAL' },
      ...{ portalId: 'floor-door', result: 'information', credentialIds: [], factors: [] },
      ...change,
    }
    const { status } = await callDoor(server.building, agent, 'POST', '/events', [event])
    agent.destroy()
    assert.equal(status, 200)
    return standing()
  }
  const forced = ['forced-door floor-door']
  assert.deepEqual(await standing(), forced)
  const yesterday = new Date(server.now().getTime() - 86_400_000).toISOString()
  assert.deepEqual(await tell('ctl-main', {}), forced, 'of another controller')
  assert.deepEqual(await tell('ctl-floor', { replayed: true }), forced, 'replayed')
  assert.deepEqual(await tell('ctl-floor', { occurredAt: yesterday }), forced, 'late')
  assert.deepEqual(await tell('ctl-floor', { epoch: 'anew', seq: 1 }), forced, 'of a new epoch')
  const tamper = { kind: 'TAMPER', replayed: true, result: 'alarm' }
  const both = [...forced, 'tamper floor-door']
  assert.deepEqual(await tell('ctl-main', tamper), both, 'a doubtful beginning is an alarm')
  assert.deepEqual(await tell('ctl-floor', {}), [])
})

test('FA3 every event that was taken stands once with a leaf of its own, whatever is sent again', async (t) => {
  const { server, simulator, person } = await inhabited(t)
  await simulator.fault({ kind: 'duplicate', portal: 'main-door' })
  await simulator.walk(person, 'lobby')
  const db = dbOf(server, 'inside')
  const events = await db.selectFrom('facility.event').selectAll().execute()
  const pending = await server.database
    .db('cloister_sequencer')
    .selectFrom('audit.pending')
    .select('body')
    .execute()
  const leaves = pending
    .map(({ body }) => JSON.parse(body.toString()) as { resource: string; details: string })
    .filter(({ resource }) => resource.startsWith('Event::'))
  const stamps = await server.database
    .db('cloister_admin')
    .selectFrom('audit.stamp')
    .select(['subject', 'hash', 'details'])
    .where('kind', '=', 'event')
    .execute()
  const expected = events.map(({ name, event }) => {
    const hash = sha256(Buffer.from(canonicalize(event) ?? ''))
    const stamped = stamps.filter((one) => one.subject === name && one.hash?.equals(hash))
    assert.equal(stamped.length, 1, name)
    return { resource: `Event::${name}`, details: stamped[0]?.details.toString('base64') ?? '' }
  })
  const order = (a: { resource: string }, b: { resource: string }) =>
    a.resource < b.resource ? -1 : 1
  assert.ok(events.length > 5)
  assert.deepEqual(
    leaves.map(({ resource, details }) => ({ resource, details })).sort(order),
    expected.sort(order),
  )
})

test('FA4 a revoked workstation is nobody at once, until it is enrolled anew', async (t) => {
  const server = await testServer(t)
  const { browser } = await server.workstation('ws-1')
  const begin = () => browser.bytes('POST', '/session/begin', {})
  assert.equal((await begin()).status, 200)
  await server.operator('POST', '/workstations/ws-1/revoke')
  assert.notEqual((await begin()).status, 200)
})

test('FA5 a controller speaks for itself only, and a stranger not at all', async (t) => {
  const { server, person } = await inhabited(t)
  const credentials = await loadCredentials(join(server.folder, 'controllers', 'ctl-main'))
  assert.ok(credentials)
  const agent = doorAgent(server.building, credentials)
  t.after(() => {
    agent.destroy()
  })
  const event = {
    ...{ source: 'test', controllerId: 'ctl-floor', epoch: 'e1', seq: 1, replayed: false },
    ...{ occurredAt: server.now().toISOString(), clockOffsetMs: 0, kind: 'ACCESS_TAKEN' },
    ...{ portalId: 'floor-door', side: 'in', zoneFrom: 'search', zoneTo: 'floor-1' },
    ...{ result: 'success', credentialIds: [], factors: ['badge', 'biometric'], personId: person },
  }
  const { status } = await callDoor(server.building, agent, 'POST', '/events', [event])
  assert.equal(status, 403)
  const stranger = doorAgent(server.building, undefined)
  t.after(() => {
    stranger.destroy()
  })
  assert.equal((await callDoor(server.building, stranger, 'POST', '/events', [event])).status, 401)
  assert.equal((await presenceRow(server, person))?.zone, undefined)
})

async function presenceRow(server: TestServer, person: string) {
  return dbOf(server, 'inside')
    .selectFrom('facility.presence')
    .selectAll()
    .where('person', '=', person)
    .executeTakeFirst()
}

test('FA6 an old posture report, a bad one and one that was sent before are not good enough', async (t) => {
  const server = await testServer(t)
  const { program } = await server.workstation('ws-1')
  const posture = async () => {
    const { workstation } = (await factsOf(server, {})).facts
    return [workstation?.postureFresh, workstation?.postureGood]
  }
  assert.deepEqual(await posture(), [true, true])
  await program.simulatePosture({
    ...{ malware: 'ok', diskEncryption: 'ok', usb: 'bad' },
    ...{ network: 'ok', browserPolicy: 'ok', patches: 'ok' },
  })
  assert.deepEqual(await posture(), [true, false])
  server.advance(121_000)
  assert.deepEqual(await posture(), [false, false])
})

test('FA7 a project is served only in the zones and hours of the site file', async (t) => {
  const server = await testServer(t)
  await server.workstation('ws-1')
  const zone = async (code: string) => (await factsOf(server, {}, code)).facts.zone
  assert.deepEqual(
    [(await zone('aurora'))?.serves, (await zone('cassiopeia'))?.serves, (await zone(''))?.serves],
    [true, false, false],
  )
  const file = shippedText('demonstration').replace("'00:00-24:00'", "'06:00-22:00'")
  assert.equal((await server.operator('POST', '/site', { file })).status, 200)
  const monday = Date.parse('2027-01-11T05:00:00Z')
  server.advance(monday - server.now().getTime())
  assert.equal((await zone('aurora'))?.open, true)
  server.advance(-60_000)
  assert.equal((await zone('aurora'))?.open, false)
})

test('FA8 a wrong presence takes two other guards and a reason, and carries no factors', async (t) => {
  const server = await testServer(t)
  const db = dbOf(server, 'inside')
  const ana = `per_${'a'.repeat(26)}`
  const said = { zone: 'floor-1', reason: 'The reader was being mended' }
  const request = (actor: string) =>
    transact(db, async (tx) =>
      requestCorrection(
        await passFor(tx, 'facility.presence.correct.request', { actor }),
        tx,
        ana,
        said,
      ),
    )
  const approve = (actor: string) =>
    transact(db, async (tx) =>
      approvePresence(await passFor(tx, 'facility.presence.correct.approve', { actor }), tx, ana),
    )
  await assert.rejects(request(ana), { kind: 'four-eyes' })
  await request('per_guard1')
  await assert.rejects(request('per_guard2'), { kind: 'already-done' })
  await assert.rejects(approve('per_guard1'), { kind: 'four-eyes' })
  await assert.rejects(approve(ana), { kind: 'four-eyes' })
  assert.equal(await presenceRow(server, ana), undefined)
  await approve('per_guard2')
  const row = await presenceRow(server, ana)
  assert.deepEqual([row?.zone, row?.factors, row?.admits], ['floor-1', [], true])
})

test('FA9 the muster list stands on disk, and silence of a controller raises an alarm once', async (t) => {
  const { server, simulator, person } = await inhabited(t)
  await simulator.walk(person, 'floor-1')
  await simulator.close()
  const db = dbOf(server, 'inside')
  const directory = join(server.folder, 'state')
  await mkdir(directory)
  await writeMuster(db, directory, server.now())
  assert.match(await readFile(join(directory, 'muster.txt'), 'utf8'), /floor-1: 1\n.*Ada Moreno/)
  assert.match(await readFile(join(directory, 'muster.csv'), 'utf8'), new RegExp(person))
  server.advance(61_000)
  for (let times = 0; times < 2; times++)
    await lookAround({ db, data: server.folder, now: () => server.now() })
  const alarms = await db.selectFrom('facility.alarm').select(['kind', 'subject']).execute()
  const silent = alarms.filter(({ kind }) => kind === 'controller-silent')
  assert.deepEqual(silent.map(({ subject }) => subject).sort(), [
    'ctl-fire',
    'ctl-floor',
    'ctl-main',
    'ctl-tech',
    'ctl-turnstile',
  ])
})

test('FA22 a controller that asks and is told nothing leaves no entry, and one that is told something does', async (t) => {
  const { server, simulator } = await inhabited(t)
  await simulator.close()
  const held = await loadCredentials(join(server.folder, 'controllers', 'ctl-main'))
  const agent = doorAgent(server.building, held, 1)
  t.after(() => {
    agent.destroy()
  })
  const asked = async (after: number) => {
    const path = `/commands?after=${String(after)}`
    const { status, body } = await callDoor(server.building, agent, 'GET', path)
    assert.equal(status, 200)
    return (body as { commands: unknown[] }).commands.length
  }
  const admin = server.database.db('cloister_admin')
  const entries = async () => {
    const rows = await admin.selectFrom('audit.pending').select('body').execute()
    return rows.filter(({ body }) => body.includes('"facility.command.poll"')).length
  }
  assert.equal(await asked(0), 0)
  assert.equal(await entries(), 0)
  const order = { controllerId: 'ctl-main', number: 1, at: server.now().toISOString() }
  await admin
    .insertInto('facility.command')
    .values({
      ...{ controller: 'ctl-main', number: 1, at: server.now() },
      command: JSON.stringify({ ...order, kind: 'lockdown', on: true }),
    })
    .execute()
  assert.equal(await asked(0), 1)
  assert.equal(await entries(), 1)
  assert.equal(await asked(1), 0)
  assert.equal(await entries(), 1)
})

test('FA23 a log that nobody cosigns raises an alarm once, which ends when it is caught up with', async (t) => {
  const { server } = await inhabited(t)
  const db = dbOf(server, 'inside')
  const look = () => lookAround({ db, data: server.folder, now: () => server.now() })
  const alarms = () =>
    db
      .selectFrom('facility.alarm')
      .select(['subject', 'cleared_at'])
      .where('kind', '=', 'witness-silent')
      .execute()
  await look()
  assert.deepEqual(await alarms(), [])
  server.advance(61_000)
  await look()
  await look()
  assert.deepEqual(await alarms(), [{ subject: 'log', cleared_at: null }])
  await server.database.db('cloister_admin').deleteFrom('audit.pending').execute()
  await look()
  const [ended, ...others] = await alarms()
  assert.ok(ended?.cleared_at instanceof Date)
  assert.deepEqual(others, [])
})
