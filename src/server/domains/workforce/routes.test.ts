import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { entriesOf, said, staffed } from '../../../../test/support/staff.ts'
import { dbOf } from '../../../../test/support/server.ts'
import type { Browser } from '../../../cli/stage/browser.ts'
import { transact } from '../../kernel/db.ts'
import { readAdmission } from './admission.ts'

const stranger = `per_${'a'.repeat(26)}`
const day = 86_400_000
const dayOf = (moment: number) => new Date(moment).toISOString().slice(0, 10)

async function withRecruiter(t: TestContext) {
  const staff = await staffed(t)
  return { ...staff, rosa: await staff.hire('Rosa', ['recruiter']), ana: await staff.hire('Ana') }
}

async function kindOf(page: Browser, method: 'GET' | 'POST' | 'PUT', path: string, sent?: object) {
  const { status, kind, body } = await said(page, method, path, sent)
  return [status, kind, ...(body['where'] === undefined ? [] : [body['where']])]
}

const expires = dayOf(Date.now() + 300 * day)
const vetting = { kind: 'criminal-record', jurisdiction: 'DE', result: 'cleared', expires }
const agreement = { agreement: 'confidentiality', version: 1, title: 'Confidentiality' }
const certificate = { language: 'en', kind: 'text', expires }
const shift = (from: number, hours: number) => ({
  begins: new Date(from).toISOString(),
  ends: new Date(from + hours * 3_600_000).toISOString(),
})

/** Every act that records something about admission: its address, a good body, and a bad one. */
const acts = [
  ['PUT', '/people/PERSON/vetting', vetting, { ...vetting, document: 'scan.pdf' }],
  ['POST', '/agreements', agreement, { ...agreement, version: 0 }],
  ['POST', '/courses', { course: 'handling', passMark: 80 }, { course: 'x', passMark: 101 }],
  ['POST', '/people/PERSON/courses', { course: 'handling', score: 90 }, { course: 'handling' }],
  ['PUT', '/people/PERSON/certificates', certificate, { ...certificate, language: 'english' }],
  ['PUT', '/people/PERSON/shifts', shift(Date.now(), 8), { begins: 'now', ends: 'later' }],
] as const

test('WF1 only recruiters and security officers record what admits a person, each record with its entry', async (t) => {
  const { server, officer, rosa, ana, page } = await withRecruiter(t)
  for (const [method, path, good, bad] of acts) {
    const of = (person: string) => path.replace('PERSON', person)
    assert.deepEqual(await kindOf(page(), method, of(ana.id), good), [401, 'not-signed-in'], path)
    assert.deepEqual(
      await kindOf(ana.page, method, of(rosa.id), good),
      [403, 'access-denied'],
      path,
    )
    const [status, kind] = await kindOf(rosa.page, method, of(ana.id), bad)
    assert.deepEqual([status, kind], [422, 'invalid-input'], path)
    if (path !== of(stranger))
      assert.deepEqual(await kindOf(rosa.page, method, of(stranger), good), [404, 'not-found'])
    assert.deepEqual(await kindOf(rosa.page, method, of(ana.id), good), [200, 'done'], path)
  }
  assert.deepEqual(await kindOf(officer.page, 'PUT', `/people/${ana.id}/vetting`, vetting), [
    ...[200, 'done'],
  ])
  const entries = [
    ['done', rosa.id, `Person::${ana.id}`],
    ['refused', ana.id, `Person::${rosa.id}`],
    ['refused', rosa.id, `Person::${stranger}`],
    ['refused', 'ws-1', `Person::${ana.id}`],
  ]
  assert.deepEqual((await entriesOf(server, 'workforce.certificate.set')).sort(), entries.sort())
})

test('WF2 nobody records their own vetting, course, certificate or shift', async (t) => {
  const { rosa } = await withRecruiter(t)
  await rosa.page.post('/courses', { course: 'handling', passMark: 80 })
  for (const [method, path, good] of acts)
    if (path.includes('PERSON'))
      assert.deepEqual(
        await kindOf(rosa.page, method, path.replace('PERSON', rosa.id), good),
        [409, 'four-eyes'],
        path,
      )
})

test('WF3 an agreement is signed for oneself and in the version in force; a new version asks again', async (t) => {
  const { rosa, ana, page } = await withRecruiter(t)
  const sign = (by: Browser, sent: object) => kindOf(by, 'POST', '/agreements/signature', sent)
  const agreed = async () => (await said(rosa.page, 'GET', `/people/${ana.id}/admission`)).body
  const [first, second] = [1, 2].map((version) => ({ agreement: 'confidentiality', version }))
  assert.ok(first !== undefined && second !== undefined)
  assert.deepEqual(await sign(ana.page, first), [404, 'not-found'])
  await rosa.page.post('/agreements', agreement)
  assert.equal((await agreed())['agreed'], false)
  assert.deepEqual(await sign(page(), first), [401, 'not-signed-in'])
  assert.deepEqual(await sign(ana.page, { ...first, person: rosa.id }), [
    ...[422, 'invalid-input', 'body'],
  ])
  assert.deepEqual(await sign(ana.page, second), [409, 'conflict'])
  assert.deepEqual(await sign(ana.page, first), [200, 'done'])
  assert.equal((await agreed())['agreed'], true)
  assert.deepEqual(await kindOf(rosa.page, 'POST', '/agreements', agreement), [
    ...[409, 'already-done'],
  ])
  await rosa.page.post('/agreements', { ...agreement, version: 2 })
  const after = await agreed()
  assert.deepEqual([after['agreed'], after['unsigned']], [false, [{ ...agreement, version: 2 }]])
})

test('WF4 vetting counts to its last day, where nothing is uncleared; a course for 365 days, from its mark on', async (t) => {
  const { server, rosa, ana } = await withRecruiter(t)
  const admission = async () => {
    const { body } = await said(rosa.page, 'GET', `/people/${ana.id}/admission`)
    return [body['vetted'], body['trained']]
  }
  assert.deepEqual(await admission(), [false, true])
  await rosa.page.post('/courses', { course: 'handling', passMark: 80 })
  await rosa.page.put(`/people/${ana.id}/vetting`, vetting)
  await rosa.page.post(`/people/${ana.id}/courses`, { course: 'handling', score: 79 })
  assert.deepEqual(await admission(), [true, false])
  await rosa.page.post(`/people/${ana.id}/courses`, { course: 'handling', score: 80 })
  assert.deepEqual(await admission(), [true, true])
  const lastMoment = Date.parse(`${expires}T23:59:59.999Z`)
  for (const [moment, vetted, trained] of [
    [lastMoment, true, true],
    [lastMoment + 1, false, true],
    [Date.now() + 365 * day + 1000, false, false],
  ] as const) {
    const at = new Date(moment)
    const then = await transact(dbOf(server, 'inside'), (tx) => readAdmission(tx, ana.id, at))
    assert.deepEqual([then.vetted, then.trained], [vetted, trained], at.toISOString())
  }
  assert.deepEqual(
    await kindOf(rosa.page, 'POST', `/people/${ana.id}/courses`, { course: 'other', score: 90 }),
    [404, 'not-found'],
  )
  await rosa.page.put(`/people/${ana.id}/vetting`, {
    ...vetting,
    kind: 'identity',
    result: 'not-cleared',
  })
  assert.deepEqual(await admission(), [false, true])
  assert.deepEqual(server.faults, [])
})

test('WF5 a shift ends after it begins and lasts at most twelve hours', async (t) => {
  const { rosa, ana } = await withRecruiter(t)
  const path = `/people/${ana.id}/shifts`
  const now = Date.now()
  for (const hours of [0, -1, 12.01])
    assert.deepEqual(await kindOf(rosa.page, 'PUT', path, shift(now, hours)), [
      ...[422, 'invalid-input', 'body/ends'],
    ])
  assert.deepEqual(await kindOf(rosa.page, 'PUT', path, shift(now, 12)), [200, 'done'])
})

test('WF6 only recruiters and security officers read what is recorded of a person', async (t) => {
  const { rosa, ana, page } = await withRecruiter(t)
  const read = (by: Browser, person: string) => kindOf(by, 'GET', `/people/${person}/admission`)
  assert.deepEqual(await read(page(), ana.id), [401, 'not-signed-in'])
  assert.deepEqual(await read(ana.page, rosa.id), [403, 'access-denied'])
  assert.deepEqual(await read(rosa.page, stranger), [404, 'not-found'])
  assert.deepEqual(await read(rosa.page, 'ana'), [422, 'invalid-input', 'params/person'])
  await rosa.page.put(`/people/${ana.id}/vetting`, vetting)
  await rosa.page.put(`/people/${ana.id}/certificates`, certificate)
  const { body } = await said(rosa.page, 'GET', `/people/${ana.id}/admission`)
  assert.deepEqual(body, {
    ...{ vetted: true, agreed: true, trained: true, vettings: [vetting] },
    ...{ unsigned: [], signed: [] },
    ...{ courses: [], certificates: [certificate], shifts: [] },
  })
})

test('WF7 everybody reads what is recorded of themselves, signed and unsigned, and of nobody else', async (t) => {
  const { server, rosa, ana, page } = await withRecruiter(t)
  assert.deepEqual(await kindOf(page(), 'GET', '/me/admission'), [401, 'not-signed-in'])
  await rosa.page.post('/agreements', agreement)
  await rosa.page.put(`/people/${ana.id}/certificates`, certificate)
  const read = async (by: Browser) => (await said(by, 'GET', '/me/admission')).body
  const before = await read(ana.page)
  assert.deepEqual([before['unsigned'], before['signed']], [[agreement], []])
  await ana.page.post('/agreements/signature', { agreement: 'confidentiality', version: 1 })
  const { unsigned, signed, certificates } = await read(ana.page)
  assert.deepEqual([unsigned, certificates], [[], [certificate]])
  assert.ok(Array.isArray(signed) && signed.length === 1)
  assert.deepEqual({ ...signed[0], signedAt: '' }, { ...agreement, signedAt: '' })
  assert.deepEqual((await read(rosa.page))['certificates'], [])
  assert.deepEqual(
    (await entriesOf(server, 'workforce.own.read')).sort(),
    [
      ...[ana.id, ana.id, rosa.id].map((id) => ['done', id, `Person::${id}`]),
      ['refused', 'ws-1', 'Person::ws-1'],
    ].sort(),
  )
})
