import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Browser } from '../../../cli/stage/browser.ts'
import { registerKey, signIn, stepUp } from '../../../cli/stage/sign-in.ts'
import {
  type Colleague,
  entriesOf,
  said,
  staffed,
  type Staffed,
} from '../../../../test/support/staff.ts'
import { codeOf } from '../../../../test/support/server.ts'

const hour = 3_600_000
const powers = ['security', 'releaser', 'manager', 'guard'] as const

test('ID30 a second self whom one officer admits has no power, and so approves nothing', async (t) => {
  const staff = await staffed(t)
  const { officer, hire, page } = staff
  const ana = await hire('Ana')
  const made = await said(officer.page, 'POST', '/people', { name: 'Olga again', roles: powers })
  assert.equal(made.status, 200)
  const again = String(made.body['person'])
  const tab = page()
  await registerKey(tab, String(made.body['code']))
  await signIn(tab, 'Olga again')
  assert.deepEqual((await said(tab, 'GET', '/standing')).body['roles'], [])

  const replacement = `/people/${ana.id}/key-replacement`
  assert.deepEqual(await kindOf(officer.page, replacement), [200, 'done'])
  assert.deepEqual(await kindOf(tab, `${replacement}/approval`), [403, 'access-denied'])
  for (const by of [officer.page, tab]) assert.notEqual((await confirm(by, again, powers))[0], 200)
  assert.deepEqual(await confirm(officer.page, again, powers), [409, 'four-eyes'])
  assert.deepEqual((await said(tab, 'GET', '/standing')).body['roles'], [])

  const second = await staff.second()
  assert.deepEqual(await confirm(second.page, again, powers), [200, 'done'])
  assert.deepEqual(await kindOf(tab, `${replacement}/approval`), [200, 'done'])
})

test('ID31 an officer confirms what waits, for somebody with a key, at a workstation and with a fresh key', async (t) => {
  const { server, officer, second, page } = await staffed(t)
  const made = await said(officer.page, 'POST', '/people', { name: 'Gus', roles: ['guard'] })
  const [gus, code] = [String(made.body['person']), String(made.body['code'])]
  const otto = await second()
  assert.deepEqual(await confirm(otto.page, gus, ['guard']), [409, 'not-ready'])
  await registerKey(page(), code)
  assert.deepEqual(await confirm(otto.page, gus, ['guard', 'manager']), [409, 'conflict'])
  assert.deepEqual(await confirm(otto.page, gus, ['manager']), [409, 'conflict'])
  assert.deepEqual(await confirm(otto.page, gus, []), [422, 'invalid-input'])
  assert.deepEqual(await confirm(page(), gus, ['guard']), [401, 'not-signed-in'])
  server.advance(5 * 60_000 + 1000)
  assert.deepEqual(await confirm(otto.page, gus, ['guard']), [403, 'step-up-needed'])
  await stepUp(otto.page, otto.name)
  assert.deepEqual(await waitingOf(otto.page, gus), [{ role: 'guard', requestedBy: officer.id }])
  assert.deepEqual(await confirm(otto.page, gus, ['guard']), [200, 'done'])
  assert.deepEqual(await waitingOf(otto.page, gus), [])
  assert.deepEqual(await confirm(otto.page, gus, ['guard']), [409, 'conflict'])
  const done = (await entriesOf(server, 'identity.role.confirm')).filter(([how]) => how === 'done')
  assert.deepEqual(done, [['done', otto.id, `Person::${gus}`]])
})

test('ID31 no code of whoever admitted somebody makes a key once their roles are in force', async (t) => {
  const { server, officer, second, page } = await staffed(t)
  const { body } = await said(officer.page, 'POST', '/people', { name: 'Gus', roles: ['guard'] })
  const gus = String(body['person'])
  await registerKey(page(), String(body['code']))
  // As if another had been made for the same person before: codes end with the confirmation.
  await server.database
    .db('cloister_inside')
    .updateTable('identity.code')
    .set({ used_at: null })
    .where('subject', '=', gus)
    .execute()
  assert.deepEqual(await confirm((await second()).page, gus, ['guard']), [200, 'done'])
  await assert.rejects(registerKey(page(), String(body['code'])), { kind: 'code-refused' })
})

test('ID32 a role is added to somebody in the same way, taken away by one officer, and never by its holder', async (t) => {
  const { officer, second, hire } = await staffed(t)
  const rosa = await hire('Rosa', ['recruiter'])
  const otto = await second()
  const grant = (by: Colleague, to: Colleague) =>
    kindOf(by.page, `/people/${to.id}/roles`, { roles: ['manager'] })
  const end = (by: Colleague, of: Colleague, role: string) =>
    kindOf(by.page, `/people/${of.id}/roles/end`, { roles: [role] })
  assert.deepEqual(await grant(rosa, officer), [403, 'access-denied'])
  assert.deepEqual(await grant(officer, officer), [409, 'four-eyes'])
  assert.deepEqual(await grant(officer, rosa), [200, 'done'])
  assert.deepEqual(await grant(otto, rosa), [409, 'already-done'])
  assert.deepEqual(await rolesOf(rosa), ['recruiter'])
  assert.deepEqual(await confirm(officer.page, rosa.id, ['manager']), [409, 'four-eyes'])
  assert.deepEqual(await confirm(otto.page, rosa.id, ['manager']), [200, 'done'])
  assert.deepEqual(await rolesOf(rosa), ['manager', 'recruiter'])
  assert.deepEqual(await end(officer, rosa, 'manager'), [200, 'done'])
  assert.deepEqual(await end(officer, rosa, 'manager'), [409, 'already-done'])
  assert.deepEqual(await end(officer, officer, 'security'), [409, 'four-eyes'])
  assert.deepEqual(await rolesOf(rosa), ['recruiter'])
})

test('ID33 the operator makes two officers; a further one takes a reason and raises an alarm', async (t) => {
  const { server, second, page } = await staffed(t)
  const made = (body: object) => server.operator('POST', '/officers', body)
  // Olga has her key: the second officer may be made, and again once a code has lapsed unused.
  const first = await codeOf(made({ name: 'Nobody came' }))
  assert.equal((await made({ name: 'One too many' })).status, 409)
  server.advance(8 * 3_600_000 + 1000)
  await assert.rejects(registerKey(page(), first.code), { kind: 'code-refused' })
  await second()
  assert.equal((await made({ name: 'Mallory' })).status, 409)
  assert.equal((await made({ name: 'Mallory', reason: 'lost' })).status, 422)
  assert.deepEqual(await alarms(server), [])
  const reason = 'Both officers lost their keys in the fire of this night.'
  const late = await codeOf(made({ name: 'Lea', reason }))
  assert.deepEqual(await alarms(server), [{ subject: late.person, detail: { reason } }])
  const tab = page()
  await registerKey(tab, late.code)
  await signIn(tab, 'Lea')
  assert.deepEqual((await said(tab, 'GET', '/standing')).body['roles'], ['security'])
})

test('ID34 a session ends with its shift, whether that was planned before the sign-in or changed after it', async (t) => {
  const { server, hire } = await staffed(t)
  const rosa = await hire('Rosa', ['recruiter'])
  const ana = await hire('Ana')
  const began = server.now().getTime()
  const shift = async (from: number, to: number) => {
    const at = (hours: number) => new Date(began + hours * hour).toISOString()
    const sent = { begins: at(from), ends: at(to) }
    assert.equal((await said(rosa.page, 'PUT', `/people/${ana.id}/shifts`, sent)).status, 200)
  }
  const standing = async () => (await said(ana.page, 'GET', '/standing')).status
  // Ana is early: her session is that of the shift to come.
  await shift(1, 4)
  await signIn(ana.page, ana.name)
  server.advance(3 * hour)
  assert.equal(await standing(), 200)
  server.advance(hour)
  assert.equal(await standing(), 401)

  await shift(4, 10)
  await signIn(ana.page, ana.name)
  await shift(4, 5)
  server.advance(hour / 2)
  assert.equal(await standing(), 200)
  server.advance(hour / 2)
  assert.equal(await standing(), 401)
})

function alarms(server: Staffed['server']) {
  return server.database
    .db('cloister_inside')
    .selectFrom('facility.alarm')
    .select(['subject', 'detail'])
    .where('kind', '=', 'officer-made')
    .execute()
}

async function rolesOf({ page }: Colleague) {
  return (await said(page, 'GET', '/standing')).body['roles']
}

async function waitingOf(by: Browser, person: string) {
  const { people } = (await said(by, 'GET', '/people')).body as {
    people: { person: string; waiting: unknown[] }[]
  }
  return people.find((one) => one.person === person)?.waiting
}

function confirm(by: Browser, person: string, roles: readonly string[]) {
  return kindOf(by, `/people/${person}/roles/confirmation`, { roles })
}

async function kindOf(by: Browser, path: string, sent: object = {}) {
  const { status, kind } = await said(by, 'POST', path, sent)
  return [status, kind]
}
