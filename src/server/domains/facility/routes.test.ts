import assert from 'node:assert/strict'
import { access, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Check } from 'typebox/value'
import { SiteNow } from '#shared/gatehouse.ts'
import type { Browser } from '../../../cli/stage/browser.ts'
import { simulatedSite } from '../../../simulator/site.ts'
import { startSimulator } from '../../../simulator/simulator.ts'
import { loadCredentials, renew } from '../../../workstation/credentials.ts'
import { callDoor, doorAgent } from '../../../workstation/door.ts'
import { shippedText, siteOf } from '../../../../test/support/sites.ts'
import { entriesOf, said, staffed } from '../../../../test/support/staff.ts'
import { codeOf, dbOf } from '../../../../test/support/server.ts'
import { openSignals } from '../../kernel/signals.ts'
import { startKeeper } from './index.ts'

/** Two guards, and Ana who works here with a badge of her own; the building runs. */
async function guarded(t: TestContext) {
  const staff = await staffed(t)
  const { server } = staff
  const gil = await staff.hire('Gil Guard', ['guard'])
  const ana = await staff.hire('Ana Moreno')
  await server.operator('POST', `/people/${ana.id}/badges`, { credential: 'badge-ana' })
  const simulator = await startSimulator({
    site: simulatedSite(siteOf(shippedText('demonstration'))),
    people: [{ id: ana.id, credential: 'badge-ana', zones: ['lobby', 'search', 'floor-1'] }],
    ...{ buildingDoor: server.building, dir: join(server.folder, 'controllers') },
    clock: () => server.now(),
    code: async (id) => (await codeOf(server.operator('POST', `/devices/${id}/code`))).code,
  })
  t.after(() => simulator.close())
  const site = async (): Promise<SiteNow> => {
    const { body } = await said(gil.page, 'GET', '/site')
    assert.ok(Check(SiteNow, body), JSON.stringify(body))
    return body
  }
  return { ...staff, gil, ana, simulator, site }
}

const asked = async (page: Browser, method: 'GET' | 'POST', path: string, sent?: object) => {
  const { status, kind } = await said(page, method, path, sent)
  return [status, kind]
}

/** Nobody but a guard: not signed in, signed in without the role, and from where guards do not sit. */
async function onlyGuards(
  { page, ana }: Awaited<ReturnType<typeof guarded>>,
  method: 'GET' | 'POST',
  path: string,
  sent?: object,
): Promise<void> {
  assert.deepEqual(await asked(page(), method, path, sent), [401, 'not-signed-in'], path)
  assert.deepEqual(await asked(ana.page, method, path, sent), [403, 'access-denied'], path)
}

test('FA10 a guard locks a zone and opens it again: it counts as not calm at once, its controllers are told, and each act has its entry', async (t) => {
  const all = await guarded(t)
  const { server, gil, simulator, site } = all
  const path = '/zones/floor-1/lockdown'
  await onlyGuards(all, 'POST', path, { on: true })
  const lock = (on: boolean, zone = 'floor-1') =>
    asked(gil.page, 'POST', `/zones/${zone}/lockdown`, { on })
  const locked = async () => (await site()).zones.find(({ zone }) => zone === 'floor-1')?.lockdown
  assert.deepEqual(await lock(false), [409, 'already-done'])
  assert.deepEqual(await lock(true), [200, 'done'])
  assert.equal(await locked(), true)
  assert.deepEqual(await lock(true), [409, 'already-done'])
  for (const zone of ['nowhere', 'street', 'toString'])
    assert.deepEqual((await lock(true, zone))[0] === 200, false, zone)
  const walk = async () => {
    await simulator.tick()
    await simulator.tick()
    return (await simulator.walk(all.ana.id, 'floor-1')).arrived
  }
  assert.equal(await walk(), false, 'the door stays shut')
  assert.deepEqual(await lock(false), [200, 'done'])
  assert.equal(await locked(), false)
  assert.equal(await walk(), true)
  const entries = (await entriesOf(server, 'facility.lockdown.set')).map(([outcome, who]) =>
    who === gil.id ? outcome : 'refused',
  )
  assert.equal(entries.filter((outcome) => outcome === 'done').length, 2)
  assert.deepEqual(server.faults, [])
})

test('FA11 an alarm is acknowledged by a guard, once, with a note that stays with it', async (t) => {
  const all = await guarded(t)
  const { gil, simulator, site, server } = all
  await simulator.fault({ kind: 'forced', portal: 'floor-door' })
  const alarm = (await site()).alarms.find(({ kind }) => kind === 'forced-door')
  assert.ok(alarm)
  const path = `/alarms/${alarm.alarm}/acknowledge`
  const note = 'A cleaner leaned on it'
  await onlyGuards(all, 'POST', path, { note, resolved: false })
  const acknowledge = (sent: object, to = path) => asked(gil.page, 'POST', to, sent)
  for (const bad of [{ note: '', resolved: true }, { note: ' ', resolved: true }, { note }])
    assert.deepEqual(await acknowledge(bad), [422, 'invalid-input'])
  const unknown = `/alarms/alm_${'a'.repeat(26)}/acknowledge`
  assert.deepEqual(await acknowledge({ note, resolved: true }, unknown), [404, 'not-found'])
  assert.deepEqual(await acknowledge({ note, resolved: false }), [200, 'done'])
  assert.deepEqual(await acknowledge({ note: 'Again', resolved: false }), [409, 'already-done'])
  const standing = (await site()).alarms.find((one) => one.alarm === alarm.alarm)
  assert.deepEqual(
    [standing?.about, standing?.acknowledgedBy, standing?.note, standing?.clearedAt],
    ['Floor door', { person: gil.id, name: 'Gil Guard' }, note, null],
  )
  assert.deepEqual(await acknowledge({ note: 'Mended', resolved: true }), [200, 'done'])
  assert.ok(!(await site()).alarms.some((one) => one.alarm === alarm.alarm), 'it is over')
  assert.deepEqual(server.faults, [])
})

test('FA12 a controller that counts anew admits nobody until a guard confirms the very epoch it speaks in', async (t) => {
  const all = await guarded(t)
  const { gil, site, server, simulator } = all
  await simulator.tick()
  const controllers = (await site()).controllers
  const main = controllers.find(({ controller }) => controller === 'ctl-main')
  assert.ok(main?.epoch)
  const path = '/controllers/ctl-main/epoch'
  await onlyGuards(all, 'POST', path, { epoch: main.epoch })
  const confirm = (epoch: string, to = path) => asked(gil.page, 'POST', to, { epoch })
  assert.deepEqual(await confirm('another'), [409, 'conflict'])
  assert.deepEqual(await confirm('NOT AN EPOCH'), [422, 'invalid-input'])
  assert.deepEqual(await confirm(main.epoch, '/controllers/ctl-none/epoch'), [404, 'not-found'])
  const credentials = await loadCredentials(join(server.folder, 'controllers', 'ctl-main'))
  assert.ok(credentials)
  const agent = doorAgent(server.building, credentials)
  t.after(() => {
    agent.destroy()
  })
  await simulator.close()
  const beat = {
    ...{ controllerId: 'ctl-main', epoch: 'fresh', lastSeq: 0, buffered: 0, clockOffsetMs: 0 },
    at: server.now().toISOString(),
  }
  assert.equal((await callDoor(server.building, agent, 'POST', '/heartbeats', beat)).status, 200)
  const standing = async () => {
    const one = (await site()).controllers.find(({ controller }) => controller === 'ctl-main')
    return [one?.epoch, one?.confirmed]
  }
  assert.deepEqual(await standing(), ['fresh', false])
  assert.deepEqual(await confirm(main.epoch), [409, 'conflict'], 'what is confirmed is what stands')
  assert.deepEqual(await confirm('fresh'), [200, 'done'])
  assert.deepEqual(await standing(), ['fresh', true])
})

test('FA13 a badge is issued by the operator, and taken back at every controller when its holder leaves', async (t) => {
  const all = await guarded(t)
  const { server, officer, ana, simulator } = all
  const issue = async (person: string, credential: string) => {
    const { status } = await server.operator('POST', `/people/${person}/badges`, { credential })
    return status
  }
  assert.equal(await issue(ana.id, 'badge two'), 422)
  assert.equal(await issue('ana', 'badge-2'), 422)
  assert.equal(await issue(`per_${'a'.repeat(26)}`, 'badge-2'), 404)
  assert.deepEqual(
    await asked(officer.page, 'POST', `/people/${ana.id}/badges`, { credential: 'badge-2' }),
    [404, 'not-found'],
    'not from a workstation',
  )
  assert.equal((await simulator.walk(ana.id, 'lobby')).arrived, true)
  assert.deepEqual(await asked(officer.page, 'POST', `/people/${ana.id}/revoke`, {}), [200, 'done'])
  await simulator.tick()
  await simulator.tick()
  const walk = await simulator.walk(ana.id, 'floor-1')
  assert.equal(walk.arrived, false)
  const badges = await dbOf(server, 'inside')
    .selectFrom('facility.badge')
    .select(['credential', 'revoked_at'])
    .execute()
  assert.ok(badges.every(({ revoked_at }) => revoked_at !== null))
})

test('FA14 a machine renews its own certificate, and the one before ends five minutes later', async (t) => {
  const { server } = await staffed(t)
  const dir = join(server.folder, 'ws-1')
  const before = await loadCredentials(dir)
  assert.ok(before)
  const call = async (path: string, body: object, key: typeof before | undefined) => {
    const agent = doorAgent(server.inside, key, 1)
    try {
      const answer = await callDoor(server.inside, agent, 'POST', path, body)
      return [answer.status, String((answer.body as { type?: string }).type)]
    } finally {
      agent.destroy()
    }
  }
  const csr = 'x'
  assert.deepEqual((await call('/enrolment/renewal', { csr }, undefined))[0], 401)
  assert.deepEqual(await call('/enrolment/renewal', { csr }, before), [
    ...[422, '/problems/invalid-input'],
  ])
  const kept = join(server.folder, 'renewed')
  await mkdir(kept)
  const enrolment = { kind: 'workstation', id: 'ws-1', door: server.inside, dir: kept } as const
  const after = await renew(enrolment, before)
  assert.notEqual(after.certificate, before.certificate)
  const begin = async (key: typeof before) => (await call('/session/begin', {}, key))[0]
  assert.deepEqual([await begin(before), await begin(after)], [200, 200])
  server.advance(5 * 60_000 + 1_000)
  assert.deepEqual([await begin(before), await begin(after)], [403, 200])
})

test('FA15 guards alone see who is where, and each look has its entry', async (t) => {
  const all = await guarded(t)
  const { server, gil, ana, simulator, site } = all
  await onlyGuards(all, 'GET', '/site')
  await simulator.walk(ana.id, 'floor-1')
  await simulator.tick()
  const now = await site()
  const floor = now.zones.find(({ zone }) => zone === 'floor-1')
  assert.deepEqual(
    floor?.people.map(({ person, name, factors, admits }) => ({ person, name, factors, admits })),
    [{ person: ana.id, name: 'Ana Moreno', factors: ['badge', 'biometric'], admits: true }],
  )
  const ws = now.workstations.find(({ workstation }) => workstation === 'ws-1')
  assert.deepEqual([ws?.enrolled, ws?.postureGood], [true, true])
  assert.ok(now.controllers.every(({ confirmed }) => confirmed))
  const entries = await entriesOf(server, 'facility.site.read')
  assert.deepEqual(entries.map(([outcome, who]) => `${outcome ?? ''} ${who ?? ''}`).sort(), [
    ...[`done ${gil.id}`, `refused ${ana.id}`, 'refused ws-1'].sort(),
  ])
})

test('FA16 the muster list on disk follows the doors by itself', async (t) => {
  const { server, ana, simulator } = await guarded(t)
  const directory = join(server.folder, 'muster')
  const signals = await openSignals(server.database.connection('cloister_inside'))
  const faults: unknown[] = []
  const keeper = await startKeeper({
    ...{ db: dbOf(server, 'inside'), signals, directory, data: server.folder },
    ...{ now: () => server.now(), onFault: (error) => faults.push(error) },
  })
  const text = () => readFile(join(directory, 'muster.txt'), 'utf8').catch(() => '')
  const until = async (pattern: RegExp) => {
    while (!pattern.test(await text())) await sleep(20)
  }
  await simulator.walk(ana.id, 'floor-1')
  await until(/floor-1: 1\n.*Ana Moreno/)
  await simulator.walk(ana.id, 'lobby')
  await until(/lobby: 1\n.*Ana Moreno/)
  await keeper.close()
  await signals.close()
  assert.match(await text(), /Ana Moreno/)
  await assert.rejects(access(join(directory, 'muster.txt.new')))
  assert.deepEqual(faults, [])
})
