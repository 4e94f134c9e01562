import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test, type TestContext } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { sql } from 'kysely'
import { WebSocket } from 'ws'
import { entriesOf, hearSignals, said, staffed } from '../../../../test/support/staff.ts'
import { codeOf, testServer } from '../../../../test/support/server.ts'
import { createHash, sign } from 'node:crypto'
import { SoftwareKey } from '../../../workstation/software-key.ts'
import { transact } from '../../kernel/db.ts'
import type { Browser } from '../../../cli/stage/browser.ts'
import { registerKey, signIn, stepUp } from '../../../cli/stage/sign-in.ts'

const hour = 3_600_000
const stranger = `per_${'a'.repeat(26)}`

/** Where an act stands: nobody, somebody without the right, and the person of another's page. */
async function kindOf(page: Browser, method: 'GET' | 'POST', path: string, sent?: object) {
  const { status, kind, body } = await said(page, method, path, sent)
  return [status, kind, ...(body['conditions'] === undefined ? [] : [body['conditions']])]
}

test('ID1 the operator alone makes the first security officer, whose code opens a key', async (t) => {
  const server = await testServer(t)
  const { browser } = await server.workstation('ws-1')
  assert.deepEqual(await kindOf(browser, 'POST', '/officers', { name: 'Mallory' }), [
    404,
    'not-found',
  ])
  assert.equal((await server.operator('POST', '/officers', { name: '' })).status, 422)
  assert.equal((await server.operator('POST', '/officers', { name: 'A', x: 1 })).status, 422)
  const made = await codeOf(server.operator('POST', '/officers', { name: 'Olga Officer' }))
  assert.match(made.code, /^([a-z2-7]{5}-){3}[a-z2-7]{5}$/)
  await registerKey(browser, made.code)
  await signIn(browser, 'Olga Officer')
  const { body } = await said(browser, 'GET', '/standing')
  assert.deepEqual(body, {
    ...{ person: made.person, name: 'Olga Officer', roles: ['security'], door: 'inside' },
    ...{ workstation: 'ws-1', demonstration: true, steppedUp: true },
  })
  assert.deepEqual(await entriesOf(server, 'identity.officer.create'), [
    ['done', 'operator', 'Site::site'],
  ])
})

test('ID2 a one-time code opens one key, once, in time, and nothing else', async (t) => {
  const { server, officer, page } = await staffed(t)
  const tab = page()
  const ana = await said(officer.page, 'POST', '/people', { name: 'Ana', roles: [] })
  const code = String(ana.body['code'])
  const begun = (sent: object) => kindOf(tab, 'POST', '/keys/begin', sent)
  assert.deepEqual(await begun({ code: 'aaaaa-aaaaa-aaaaa-aaaaa' }), [403, 'code-refused'])
  assert.deepEqual(await begun({}), [422, 'invalid-input'])
  assert.deepEqual(await begun({ code, person: stranger }), [422, 'invalid-input'])
  const machine = await codeOf(server.operator('POST', '/workstations/ws-2/code'))
  assert.deepEqual(await begun({ code: machine.code }), [403, 'code-refused'])
  await registerKey(tab, code.toUpperCase())
  assert.deepEqual(await begun({ code }), [403, 'code-refused'])
  const late = await said(officer.page, 'POST', '/people', { name: 'Ben', roles: [] })
  server.advance(8 * hour + 1000)
  assert.deepEqual(await begun({ code: late.body['code'] }), [403, 'code-refused'])
})

test('ID3 a sign-in takes a known key that verified its user, and an answer counts once and for five minutes', async (t) => {
  const { server, officer, page } = await staffed(t)
  const tab = page()
  const answered = async (wait = 0) => {
    const { body } = await said(tab, 'POST', '/session/begin', {})
    const signed = await said(tab, 'POST', '/software-key/sign', {
      ...(body['options'] as object),
      userName: officer.name,
    })
    server.advance(wait)
    return { id: String(body['id']), answer: signed.body }
  }
  const finish = (sent: object) => kindOf(tab, 'POST', '/session/finish', sent)
  const good = await answered()
  assert.deepEqual(await finish({ ...good, person: officer.id }), [422, 'invalid-input'])
  const other = await answered()
  assert.deepEqual(await finish({ id: other.id, answer: good.answer }), [401, 'sign-in-failed'])
  assert.deepEqual(await finish({ ...good, answer: { ...good.answer, id: 'AAAA' } }), [
    401,
    'sign-in-failed',
  ])
  const fresh = await answered()
  assert.deepEqual(await finish(fresh), [200, 'done'])
  assert.match(String(tab.cookie), /^__Host-cloister=[A-Za-z0-9_-]{43}$/)
  assert.deepEqual(await finish(fresh), [401, 'sign-in-failed'])
  assert.deepEqual(await finish(await answered(5 * 60_000)), [401, 'sign-in-failed'])
})

test('ID4 a session is worth nothing at another workstation, and ends after twelve hours', async (t) => {
  const { server, officer } = await staffed(t)
  const { browser: elsewhere } = await server.workstation('ws-2')
  const { bytes, status } = await elsewhere.bytes('GET', '/standing', undefined, {
    cookie: String(officer.page.cookie),
  })
  assert.equal(status, 401, bytes.toString())
  assert.deepEqual(await kindOf(officer.page, 'GET', '/standing'), [200, 'done'])
  server.advance(12 * hour)
  assert.deepEqual(await kindOf(officer.page, 'GET', '/standing'), [401, 'not-signed-in'])
})

test('ID5 signing in anew ends the session before, and signing out ends the last', async (t) => {
  const { officer, page } = await staffed(t)
  const tab = page()
  await signIn(tab, officer.name)
  assert.deepEqual(await kindOf(officer.page, 'GET', '/standing'), [401, 'not-signed-in'])
  const cookie = String(tab.cookie)
  assert.deepEqual(await kindOf(tab, 'POST', '/session/end', {}), [200, 'done'])
  assert.equal(tab.cookie, null)
  const { status } = await tab.bytes('GET', '/standing', undefined, { cookie })
  assert.equal(status, 401)
  assert.deepEqual(await kindOf(tab, 'POST', '/session/end', {}), [401, 'not-signed-in'])
})

test('ID6 a sensitive act asks for the key again after five minutes, and takes only the own one', async (t) => {
  const { server, officer, hire } = await staffed(t)
  const ana = await hire('Ana')
  server.advance(5 * 60_000 + 1000)
  const revoke = () => kindOf(officer.page, 'POST', `/people/${ana.id}/revoke`, {})
  assert.deepEqual(await revoke(), [403, 'step-up-needed'])
  assert.equal((await said(officer.page, 'GET', '/standing')).body['steppedUp'], false)
  await assert.rejects(stepUp(officer.page, ana.name), { kind: 'sign-in-failed' })
  assert.deepEqual(await revoke(), [403, 'step-up-needed'])
  await stepUp(officer.page, officer.name)
  assert.deepEqual(await revoke(), [200, 'done'])
})

test('ID7 a recruiter admits people, and only a security officer asks for roles on the site', async (t) => {
  const { officer, hire, page } = await staffed(t)
  const rosa = await hire('Rosa', ['recruiter'])
  const ana = await hire('Ana')
  const admit = (by: Browser, sent: object) => kindOf(by, 'POST', '/people', sent)
  const plain = { name: 'Ben', roles: [] }
  assert.deepEqual(await admit(page(), plain), [401, 'not-signed-in'])
  assert.deepEqual(await admit(ana.page, plain), [403, 'access-denied', ['unpermitted']])
  assert.deepEqual(await admit(rosa.page, { name: 'Mallory', roles: ['security'] }), [
    ...[403, 'access-denied', ['unpermitted']],
  ])
  assert.deepEqual(await admit(rosa.page, { name: 'Ben', roles: ['king'] }), [422, 'invalid-input'])
  assert.deepEqual(await admit(rosa.page, plain), [200, 'done'])
  assert.deepEqual(await kindOf(page(), 'GET', '/people'), [401, 'not-signed-in'])
  assert.deepEqual(await kindOf(ana.page, 'GET', '/people'), [
    ...[403, 'access-denied', ['unpermitted']],
  ])
  const { people } = (await said(officer.page, 'GET', '/people')).body as {
    people: { name: string; roles: string[]; keys: number; revoked: boolean }[]
  }
  const rows = people.map(({ name, roles, keys, revoked }) => [name, roles.join(), keys, revoked])
  assert.deepEqual(rows.sort(), [
    ['Ana', '', 1, false],
    ['Ben', '', 0, false],
    ['Olga Officer', 'security', 1, false],
    ['Otto Officer', 'security', 1, false],
    ['Rosa', 'recruiter', 1, false],
  ])
})

test('ID8 a lost key is replaced by two people, never by one and never by its owner', async (t) => {
  const { server, officer, hire, page } = await staffed(t)
  const rosa = await hire('Rosa', ['recruiter'])
  const ana = await hire('Ana')
  const request = (by: Browser, person: string) =>
    kindOf(by, 'POST', `/people/${person}/key-replacement`, {})
  const approve = (by: Browser, person: string) =>
    said(by, 'POST', `/people/${person}/key-replacement/approval`, {})
  assert.deepEqual(await request(page(), ana.id), [401, 'not-signed-in'])
  assert.deepEqual(await request(ana.page, ana.id), [403, 'access-denied', ['unpermitted']])
  assert.deepEqual(await request(rosa.page, stranger), [404, 'not-found'])
  assert.deepEqual(await request(rosa.page, 'ana'), [422, 'invalid-input'])
  assert.equal((await approve(officer.page, ana.id)).kind, 'not-ready')

  assert.deepEqual(await request(officer.page, ana.id), [200, 'done'])
  assert.deepEqual(await request(rosa.page, ana.id), [409, 'already-done'])
  assert.equal((await approve(rosa.page, ana.id)).kind, 'access-denied')
  assert.equal((await approve(officer.page, ana.id)).kind, 'four-eyes')
  assert.deepEqual(await request(rosa.page, officer.id), [200, 'done'])
  assert.equal((await approve(officer.page, officer.id)).kind, 'four-eyes')
  assert.deepEqual(await kindOf(ana.page, 'GET', '/standing'), [200, 'done'])

  const omar = await hire('Omar', ['security'])
  const { status, body } = await approve(omar.page, ana.id)
  assert.equal(status, 200)
  assert.deepEqual(await kindOf(ana.page, 'GET', '/standing'), [401, 'not-signed-in'])
  await assert.rejects(signIn(page(), ana.name), { kind: 'sign-in-failed' })
  const { browser: other } = await server.workstation('ws-2')
  await registerKey(other, String(body['code']))
  await signIn(other, ana.name)
  assert.equal((await said(other, 'GET', '/standing')).body['person'], ana.id)
})

test('ID9 one act takes a leaver keys, session and standing', async (t) => {
  const { server, officer, hire, page } = await staffed(t)
  const ana = await hire('Ana')
  const rosa = await hire('Rosa', ['recruiter'])
  const revoke = (by: Browser, person = ana.id, sent = {}) =>
    kindOf(by, 'POST', `/people/${person}/revoke`, sent)
  assert.deepEqual(await revoke(page()), [401, 'not-signed-in'])
  assert.deepEqual(await revoke(rosa.page), [403, 'access-denied', ['unpermitted']])
  assert.deepEqual(await revoke(officer.page, stranger), [404, 'not-found'])
  assert.deepEqual(await revoke(officer.page, ana.id, { why: 'x' }), [422, 'invalid-input'])
  assert.deepEqual(await kindOf(ana.page, 'GET', '/standing'), [200, 'done'])
  assert.deepEqual(await revoke(officer.page), [200, 'done'])
  assert.deepEqual(await kindOf(ana.page, 'GET', '/standing'), [401, 'not-signed-in'])
  await assert.rejects(signIn(page(), ana.name), { kind: 'sign-in-failed' })
  assert.deepEqual(await revoke(officer.page), [409, 'already-done'])
  assert.deepEqual(
    (await entriesOf(server, 'identity.person.revoke')).sort(),
    [
      ['done', officer.id, `Person::${ana.id}`],
      ['failed', officer.id, `Person::${ana.id}`],
      ['refused', 'ws-1', `Person::${ana.id}`],
      ['refused', officer.id, `Person::${stranger}`],
      ['refused', rosa.id, `Person::${ana.id}`],
    ].sort(),
  )
})

test('ID20 a sign-in at which the key did not verify its user is refused', async (t) => {
  const { officer, page } = await staffed(t)
  const tab = page()
  const key = new SoftwareKey(new URL(tab.url).origin)
  const ana = await said(officer.page, 'POST', '/people', { name: 'Ana', roles: [] })
  const { code } = ana.body
  const begin = async (path: string, sent = {}) => {
    const { body } = await said(tab, 'POST', path, sent)
    return body as { id: string; options: never }
  }
  const again = await begin('/keys/begin', { code })
  const registered = { code, id: again.id, answer: key.register(again.options) }
  assert.deepEqual(await kindOf(tab, 'POST', '/keys/finish', registered), [200, 'done'])
  const held = key.credentials.at(-1)
  assert.ok(held)
  const answer = async (verified: boolean) => {
    const { id, options } = await begin('/session/begin')
    const good = key.sign(options, held.userName)
    // The flags stand 32 bytes into the authenticator data (WebAuthn Level 3, 6.1); 4 is "user verified".
    const data = Buffer.from(good.response.authenticatorData, 'base64url')
    data[32] = verified ? 0x05 : 0x01
    const client = Buffer.from(good.response.clientDataJSON, 'base64url')
    const bytes = Buffer.concat([data, createHash('sha256').update(client).digest()])
    const signature = sign('sha256', bytes, held.privateKey).toString('base64url')
    const own = { ...good.response, authenticatorData: data.toString('base64url'), signature }
    return { id, answer: { ...good, response: own } }
  }
  const finish = async (verified: boolean) =>
    kindOf(tab, 'POST', '/session/finish', await answer(verified))
  assert.deepEqual(await finish(false), [401, 'sign-in-failed'])
  assert.deepEqual(await finish(true), [200, 'done'])
})

/** A key of Ana's own beside the workstation's, and what its answers come to on pages where nobody signed in. */
async function withOwnKey(t: TestContext) {
  const { server, officer, page } = await staffed(t)
  const { origin } = new URL(page().url)
  const key = new SoftwareKey(origin)
  const { body } = await said(officer.page, 'POST', '/people', { name: 'Ana', roles: [] })
  const code = String(body['code'])
  const begin = async (path: string, sent = {}) =>
    (await said(page(), 'POST', path, sent)).body as { id: string; options: never }
  const finish = (path: string, sent: object) => kindOf(page(), 'POST', path, sent)
  const register = async () => {
    const { id, options } = await begin('/keys/begin', { code })
    return { code, id, answer: key.register(options) }
  }
  const answered = async (held = key) => {
    const { id, options } = await begin('/session/begin')
    return { id, answer: held.sign(options) }
  }
  const copied = () => new SoftwareKey(origin, undefined, key.credentials)
  return { server, finish, register, answered, copied }
}

test('ID38 a copy of a key, whose count of signatures has not risen, is refused, and the log says so', async (t) => {
  const { server, finish, register, answered, copied } = await withOwnKey(t)
  assert.deepEqual(await finish('/keys/finish', await register()), [200, 'done'])
  const copy = copied()
  const enter = async (key?: SoftwareKey) => finish('/session/finish', await answered(key))
  assert.deepEqual(await enter(), [200, 'done'])
  const before = await entriesOf(server, 'identity.session.begin')
  assert.deepEqual(await enter(copy), [401, 'sign-in-failed'])
  const after = await entriesOf(server, 'identity.session.begin')
  assert.deepEqual(after.slice(before.length), [
    ['done', 'ws-1', 'Site::site'],
    ['failed', 'ws-1', 'Site::site'],
  ])
  assert.deepEqual(await enter(), [200, 'done'])
})

test('ID38 of a key and its copy that answer at once, one is refused', async (t) => {
  const { server, finish, register, answered, copied } = await withOwnKey(t)
  assert.deepEqual(await finish('/keys/finish', await register()), [200, 'done'])
  const both = [await answered(copied()), await answered()]
  const admin = server.database.db('cloister_admin')
  // Both are verified against the count that stood before either, and then wait for the key's row.
  const entering = await transact(admin, async (tx) => {
    await sql`select from identity.key for no key update`.execute(tx)
    let answers = 0
    const sent = both.map((one) => finish('/session/finish', one).finally(() => (answers += 1)))
    const waiting = async () =>
      (await sql`select from pg_locks where not granted`.execute(admin)).rows.length
    while ((await waiting()) + answers < sent.length) await setImmediate()
    return { sent }
  })
  assert.deepEqual((await Promise.all(entering.sent)).sort(), [
    [200, 'done'],
    [401, 'sign-in-failed'],
  ])
})

test('ID39 a wrong answer uses its challenge up, and leaves the one-time code', async (t) => {
  const { server, finish, register, answered } = await withOwnKey(t)
  const failed = async (act: string) =>
    (await entriesOf(server, act)).filter(([outcome]) => outcome === 'failed').length
  for (const [path, act, ask] of [
    ['/keys/finish', 'identity.key.register', register],
    ['/session/finish', 'identity.session.begin', answered],
  ] as const) {
    const right = await ask()
    const wrong = { ...right, answer: { ...right.answer, id: 'AAAA' } }
    assert.deepEqual(await finish(path, wrong), [401, 'sign-in-failed'])
    assert.deepEqual(await finish(path, right), [401, 'sign-in-failed'])
    assert.equal(await failed(act), 2)
    assert.deepEqual(await finish(path, await ask()), [200, 'done'])
  }
})

test('ID21 a page hears at once that its person was revoked, and the next act there finds nobody', async (t) => {
  const { officer, hire } = await staffed(t)
  const ana = await hire('Ana')
  const hears = await hearSignals(t, ana.page)
  assert.deepEqual(await kindOf(officer.page, 'POST', `/people/${ana.id}/revoke`, {}), [
    200,
    'done',
  ])
  await hears.next()
  assert.deepEqual(await kindOf(ana.page, 'GET', '/standing'), [401, 'not-signed-in'])
})

test('ID35 a challenge that lapsed is removed when the next begins', async (t) => {
  const server = await testServer(t)
  const { browser } = await server.workstation('ws-1')
  const waiting = () =>
    server.database.db('cloister_admin').selectFrom('identity.challenge').selectAll().execute()
  for (let n = 0; n < 3; n += 1) await browser.post('/session/begin')
  assert.equal((await waiting()).length, 3)
  server.advance(5 * 60_000)
  await browser.post('/session/begin')
  assert.equal((await waiting()).length, 1)
})

test('ID25 what a foreign page asks with a person’s cookie finds nobody, and gets no signals', async (t) => {
  const { hire } = await staffed(t)
  const { page } = await hire('Ana')
  const { port, host, origin } = new URL(page.url)
  for (const foreign of ['https://evil.example', 'null', `${origin}.evil.example`, '']) {
    const headers = { origin: foreign }
    for (const [method, path] of [
      ['GET', '/standing'],
      ['POST', '/session/end'],
    ] as const)
      assert.equal((await page.bytes(method, path, {}, headers)).status, 401, `${path} ${foreign}`)
    const socket = new WebSocket(`ws://127.0.0.1:${port}/signals`, {
      headers: { host, cookie: page.cookie ?? '', ...headers },
    })
    const [fault] = (await once(socket, 'error')) as [Error]
    assert.match(fault.message, /403/, foreign)
  }
  assert.equal((await page.bytes('GET', '/standing')).status, 200)
})

test('ID36 a manager chooses people by name: of whom was revoked there is none, and nothing but names is told', async (t) => {
  const staff = await staffed(t)
  const { officer, hire, page } = staff
  const mara = await hire('Mara', ['manager'])
  const ana = await hire('Ana')
  const leaver = await hire('Leo')
  const revoked = await kindOf(officer.page, 'POST', `/people/${leaver.id}/revoke`, {})
  assert.deepEqual(revoked, [200, 'done'])
  const { id: otto, name: second } = await staff.second()
  const told = await said(mara.page, 'GET', '/names')
  assert.deepEqual(told.body, {
    people: [
      ...[ana, mara, officer].map(({ id, name }) => ({ person: id, name })),
      { person: otto, name: second },
    ],
  })
  assert.deepEqual(await kindOf(page(), 'GET', '/names'), [401, 'not-signed-in'])
  for (const one of [ana, officer])
    assert.deepEqual(await kindOf(one.page, 'GET', '/names'), [
      ...[403, 'access-denied', ['unpermitted']],
    ])
})
