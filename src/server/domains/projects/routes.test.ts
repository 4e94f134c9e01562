import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { transactIn } from '../../../../test/support/opened.ts'
import { openRoom, refusal, taskIn } from '../../../../test/support/room.ts'
import { entriesOf, hearSignals, said, staffed } from '../../../../test/support/staff.ts'
import type { Browser } from '../../../cli/stage/browser.ts'
import type { Terms } from '#shared/projects.ts'
import { sql } from 'kysely'
import { projectFacts } from './store.ts'

const terms: Terms = {
  ...{ subject: 'Voice queries', purpose: 'Training a recogniser', legalBasis: 'Art. 6(1)(f)' },
  ...{ dataCategories: 'Recordings', subjectCategories: 'Users', endsOn: '2030-12-31' },
  ...{ retentionDays: 30, atTheEnd: 'erase', contact: 'dpo@client.example' },
}
const schema = { name: 'spans', kind: 'text', labels: [{ name: 'artist' }] }

async function withManager(t: TestContext) {
  const staff = await staffed(t)
  const mara = await staff.hire('Mara', ['manager'])
  const made = await said(mara.page, 'POST', '/clients', { name: 'Client' })
  return { ...staff, mara, client: String(made.body['client']) }
}

async function begin(page: Browser, client: string, code: string): Promise<string> {
  const wanted = { client, code, kind: 'text', instruction: 'Mark every artist.' }
  const { body } = await said(page, 'POST', '/projects', wanted)
  return String(body['project'])
}

async function kindOf(page: Browser, method: 'GET' | 'POST' | 'PUT', path: string, sent?: object) {
  const { status, kind } = await said(page, method, path, sent)
  return [status, kind]
}

test('PR1 terms are kept in versions, and complete when no part that the law names is missing', async (t) => {
  const { server, mara, client } = await withManager(t)
  const keep = (of: object) => said(mara.page, 'PUT', `/clients/${client}/terms`, of)
  const kept = async () => {
    const { clients } = (await said(mara.page, 'GET', '/clients')).body as {
      clients: { client: string; terms: object | null; termsState: string }[]
    }
    const own = clients.find((one) => one.client === client)
    return [own?.terms, own?.termsState]
  }
  assert.deepEqual(await kept(), [null, 'incomplete'])
  for (const member of Object.keys(terms)) {
    const rest = Object.fromEntries(Object.entries(terms).filter(([name]) => name !== member))
    assert.equal((await keep(rest)).kind, 'done')
    assert.deepEqual(await kept(), [rest, 'incomplete'], member)
  }
  assert.equal((await keep(terms)).kind, 'done')
  assert.deepEqual(await kept(), [terms, 'complete'])
  const past = { ...terms, endsOn: '2026-01-31' }
  assert.equal((await keep(past)).kind, 'done')
  assert.deepEqual(await kept(), [past, 'ended'])
  assert.equal((await keep({ ...terms, retentionDays: -1 })).kind, 'invalid-input')
  assert.equal((await keep({ ...terms, price: 1 })).kind, 'invalid-input')
  const both = await Promise.all([keep(terms), keep({ ...terms, retentionDays: 31 })])
  assert.deepEqual(
    both.map(({ kind }) => kind),
    ['done', 'done'],
  )
  const rows = await server.database
    .db('cloister_admin')
    .selectFrom('projects.terms')
    .select(['version', 'set_by'])
    .orderBy('version')
    .execute()
  const versions = Array.from({ length: Object.keys(terms).length + 4 }, (_, n) => n + 1)
  assert.deepEqual(
    rows,
    versions.map((version) => ({ version, set_by: mara.id })),
  )
})

test('PR2 a project begins as a draft under a code of its own, with the instruction that covers it', async (t) => {
  const { mara, client } = await withManager(t)
  const project = await begin(mara.page, client, 'aurora')
  const { body } = await said(mara.page, 'GET', `/projects/${project}`)
  const { instructions, ...rest } = body as { instructions: { subject: string }[] }
  assert.deepEqual(rest, {
    ...{ project, client, code: 'aurora', kind: 'text', state: 'draft' },
    ...{ schema: null, guideline: null, items: 0, schemaBody: null, team: [], batches: [] },
  })
  assert.deepEqual(
    instructions.map(({ subject }) => subject),
    ['Mark every artist.'],
  )
  const again = { client, code: 'aurora', kind: 'text', instruction: 'x' }
  const page = mara.page
  assert.deepEqual(await kindOf(page, 'POST', '/projects', again), [409, 'already-done'])
  const nobodys = { ...again, code: 'b', client: `cli_${'a'.repeat(26)}` }
  assert.deepEqual(await kindOf(page, 'POST', '/projects', nobodys), [404, 'not-found'])
  for (const wrong of [{ code: 'Not a code' }, { instruction: '' }, { kind: 'video' }])
    assert.deepEqual(await kindOf(page, 'POST', '/projects', { ...again, code: 'c', ...wrong }), [
      ...[422, 'invalid-input'],
    ])
})

test('PR3 a label schema is checked in full and numbered; of several at once each has a number of its own', async (t) => {
  const { mara, client } = await withManager(t)
  const project = await begin(mara.page, client, 'aurora')
  const publish = (of: unknown) =>
    said(mara.page, 'POST', `/projects/${project}/schemas`, { schema: of })
  const twice = { ...schema, labels: [{ name: 'artist' }, { name: 'artist' }] }
  for (const wrong of [null, 'spans', { ...schema, kind: 'video' }, twice]) {
    const { kind, body } = await publish(wrong)
    assert.equal(kind, 'invalid-input')
    assert.equal(body['where'], 'body/schema')
  }
  const made = await Promise.all([publish(schema), publish(schema), publish(schema)])
  assert.deepEqual(made.map(({ body }) => body['version']).sort(), [1, 2, 3])
  const { body } = await said(mara.page, 'GET', `/projects/${project}`)
  assert.equal(body['schema'], 3)
})

test('PR4 a project opens once it has a schema; when its state changes, whoever works on it hears at once', async (t) => {
  const { mara, hire, client } = await withManager(t)
  const ana = await hire('Ana')
  const project = await begin(mara.page, client, 'aurora')
  const set = (state: string) => kindOf(mara.page, 'POST', `/projects/${project}/state`, { state })
  assert.deepEqual(await set('open'), [409, 'not-ready'])
  await mara.page.post(`/projects/${project}/schemas`, { schema })
  const hears = await hearSignals(t, ana.page)
  const team = { person: ana.id, roles: ['annotator'] }
  assert.deepEqual(await kindOf(mara.page, 'PUT', `/projects/${project}/team`, team), [200, 'done'])
  await hears.next()
  for (const state of ['open', 'paused', 'open', 'closed']) {
    assert.deepEqual(await set(state), [200, 'done'])
    await hears.next()
    const { body } = await said(mara.page, 'GET', `/projects/${project}`)
    assert.equal(body['state'], state)
  }
  assert.deepEqual(await set('forgotten'), [422, 'invalid-input'])
  const off = { person: ana.id, roles: [] }
  assert.deepEqual(await kindOf(mara.page, 'PUT', `/projects/${project}/team`, off), [200, 'done'])
  await hears.next()
})

test('PR5 only managers make and change clients and projects, and each act has its entry', async (t) => {
  const { server, officer, mara, hire, page, client } = await withManager(t)
  const ana = await hire('Ana')
  const project = await begin(mara.page, client, 'aurora')
  const person = ana.id
  const acts = [
    ['POST', '/clients', { name: 'Client' }, 'projects.client.create'],
    ['PUT', `/clients/${client}/terms`, terms, 'projects.client.terms.set'],
    ['POST', `/clients/${client}/people`, { person }, 'projects.client.terms.set'],
    ['GET', '/clients', undefined, 'projects.list'],
    ['GET', '/projects', undefined, 'projects.list'],
    ['GET', `/projects/${project}`, undefined, 'projects.read'],
    ['POST', `/projects/${project}/schemas`, { schema }, 'projects.schema.publish'],
    ['PUT', `/projects/${project}/team`, { person, roles: [] }, 'projects.team.set'],
    ['POST', `/projects/${project}/state`, { state: 'closed' }, 'projects.state.set'],
  ] as const
  for (const [method, path, sent, action] of acts) {
    const before = (await entriesOf(server, action)).length
    assert.deepEqual(await kindOf(page(), method, path, sent), [401, 'not-signed-in'], path)
    for (const other of [ana, officer])
      assert.deepEqual(await kindOf(other.page, method, path, sent), [403, 'access-denied'], path)
    assert.deepEqual(await kindOf(mara.page, method, path, sent), [200, 'done'], path)
    const entries = (await entriesOf(server, action)).slice(before)
    assert.deepEqual(
      entries.map(([outcome, actor]) => [outcome, actor]).sort(),
      [
        ['done', mara.id],
        ['refused', 'ws-1'],
        ['refused', ana.id],
        ['refused', officer.id],
      ].sort(),
      path,
    )
  }
})

test('PR7 whoever reads of a client reads by name who speaks for it', async (t) => {
  const { mara, hire, client } = await withManager(t)
  const carla = await hire('Carla')
  const speakers = async () => {
    const { clients } = (await said(mara.page, 'GET', '/clients')).body as {
      clients: { client: string; speakers: object[] }[]
    }
    return clients.map((one) => [one.client, one.speakers])
  }
  assert.deepEqual(await speakers(), [[client, []]])
  const person = carla.id
  const enter = () => kindOf(mara.page, 'POST', `/clients/${client}/people`, { person })
  assert.deepEqual(await enter(), [200, 'done'])
  assert.deepEqual(await enter(), [200, 'done'])
  assert.deepEqual(await speakers(), [[client, [{ person, name: 'Carla' }]]])
})

const day = (at: Date) => at.toISOString().slice(0, 10)

test('PR6 work is shown only while terms are complete, an instruction covers it, the project is open and the item free', async (t) => {
  const room = await openRoom(t)
  const [item = ''] = await room.addTexts(['one'])
  const ana = await room.hire({ roles: ['annotator'] })
  const { task } = taskIn(await ana.post(`/projects/${room.project}/next`))
  const admin = room.database.db('cloister_admin')
  const shown = async () => {
    const answer = await ana.get(`/tasks/${task}`)
    return answer.status === 200 ? 'shown' : refusal(answer)
  }
  const closed = { kind: 'access-denied', conditions: ['terms'] }
  const yesterday = new Date(room.now.at.getTime() - 86_400_000)
  for (const [change, back] of [
    [
      sql`update projects.terms set complete = false`,
      sql`update projects.terms set complete = true`,
    ],
    [
      sql`update projects.terms set body = ${JSON.stringify({ endsOn: day(yesterday) })}`,
      sql`update projects.terms set body = ${JSON.stringify({ endsOn: day(room.now.at) })}`,
    ],
    [
      sql`update projects.instruction set ends = ${yesterday}`,
      sql`update projects.instruction set ends = null`,
    ],
    ...['paused', 'closed', 'draft'].map((state) => [
      sql`update projects.project set state = ${state}`,
      sql`update projects.project set state = 'open'`,
    ]),
    ...['held', 'restricted', 'erased'].map((state) => [
      sql`update projects.item set state = ${state} where id = ${item}`,
      sql`update projects.item set state = 'free' where id = ${item}`,
    ]),
  ] as const) {
    await change.execute(admin)
    assert.deepEqual(await shown(), closed)
    await back.execute(admin)
    assert.equal(await shown(), 'shown')
  }
  const midnight = new Date(`${day(room.now.at)}T24:00:00Z`)
  const noon = new Date(midnight.getTime() + 12 * 3_600_000)
  for (const ends of [null, noon]) {
    await sql`update projects.instruction set ends = ${ends}`.execute(admin)
    const facts = await transactIn(admin, room.project, (tx) =>
      projectFacts(tx, room.project, item, ana.id, room.now.at),
    )
    assert.deepEqual([facts?.terms, facts?.until], [true, midnight])
  }
  await sql`delete from projects.team where person = ${ana.id}`.execute(admin)
  assert.deepEqual(await shown(), { kind: 'not-found' })
})
