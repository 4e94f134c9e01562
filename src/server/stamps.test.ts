import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { said, staffed } from '../../test/support/staff.ts'
import { dbOf } from '../../test/support/server.ts'
import { transactOverAll } from './domains/access/index.ts'
import { type RowReader, sha256 } from './domains/audit/index.ts'
import { stampedSite } from './domains/facility/index.ts'
import { identityReaders } from './domains/identity/index.ts'
import { projectsReaders } from './domains/projects/index.ts'
import { workforceReaders } from './domains/workforce/index.ts'

const readers = [...identityReaders, ...workforceReaders, ...projectsReaders, stampedSite]
const day = 86_400_000

test('AU70 each row that the gate decides by is bound to the entry that last changed it, and one changed otherwise is found', async (t) => {
  const { server, officer, hire } = await staffed(t)
  const rosa = await hire('Rosa', ['recruiter', 'guard'])
  const mara = await hire('Mara', ['manager'])
  const ana = await hire('Ana')
  const leaver = await hire('Leo')
  const put = async (by: typeof rosa, method: 'POST' | 'PUT', path: string, sent: object) => {
    const { status, kind, body } = await said(by.page, method, path, sent)
    assert.equal(status, 200, `${path} ${kind}`)
    return body
  }
  const now = server.now().getTime()
  const at = (ms: number) => new Date(now + ms).toISOString()
  const expires = at(100 * day).slice(0, 10)
  const of = `/people/${ana.id}`
  await put(officer, 'POST', `/people/${rosa.id}/roles/end`, { roles: ['guard'] })
  await put(officer, 'POST', `/people/${leaver.id}/revoke`, {})
  const vetting = { kind: 'background', jurisdiction: 'ES', result: 'cleared', expires }
  await put(rosa, 'PUT', `${of}/vetting`, { ...vetting, result: 'not-cleared' })
  await put(rosa, 'PUT', `${of}/vetting`, vetting)
  await put(rosa, 'POST', '/courses', { course: 'clean-room', passMark: 80 })
  await put(rosa, 'POST', `${of}/courses`, { course: 'clean-room', score: 95 })
  await put(rosa, 'PUT', `${of}/certificates`, { language: 'en', kind: 'text', expires })
  await put(rosa, 'PUT', `${of}/shifts`, { begins: at(0), ends: at(day / 3) })
  await put(rosa, 'POST', '/agreements', { agreement: 'nda', version: 1, title: 'Silence' })
  await put(ana, 'POST', '/agreements/signature', { agreement: 'nda', version: 1 })
  const { client } = await put(mara, 'POST', '/clients', { name: 'Client' })
  await put(mara, 'PUT', `/clients/${String(client)}/terms`, {})
  await put(mara, 'POST', `/clients/${String(client)}/people`, { person: leaver.id })
  const wanted = { client, code: 'aurora', kind: 'text', instruction: 'Label the items.' }
  const { project } = await put(mara, 'POST', '/projects', wanted)
  const team = `/projects/${String(project)}/team`
  await put(mara, 'PUT', team, { person: ana.id, roles: ['annotator', 'reviewer'] })
  await put(mara, 'PUT', team, { person: ana.id, roles: ['annotator'] })
  assert.deepEqual(await loose(), [])
  assert.deepEqual(await unworded(), [], 'every change says what it changed')

  const admin = server.database.db('cloister_admin')
  const tampering: readonly (readonly [string, ReturnType<typeof sql>])[] = [
    ['person', sql`update identity.person set revoked_at = null where id = ${leaver.id}`],
    ['role', sql`insert into identity.role values (${ana.id}, 'auditor', 'x', now(), 'y', now())`],
    ['key', sql`update identity.key set person = ${ana.id} where person = ${leaver.id}`],
    ['vetting', sql`update workforce.vetting set expires = '2999-12-31'`],
    ['agreement', sql`update workforce.agreement set title = 'Nothing'`],
    ['signature', sql`delete from workforce.signature`],
    ['course', sql`update workforce.course set pass_mark = 1`],
    ['course-pass', sql`update workforce.pass set score = 100`],
    ['certificate', sql`update workforce.certificate set language = 'de'`],
    ['shift', sql`update workforce.shift set ends = ends + interval '1 hour'`],
    ['terms', sql`update projects.terms set complete = not complete`],
    [
      'client-person',
      sql`insert into projects.client_person values (${String(client)}, ${ana.id})`,
    ],
    ['project', sql`update projects.project set state = 'open'`],
    ['instruction', sql`update projects.instruction set subject = 'Anything.'`],
    ['team', sql`update projects.team set role = 'reviewer'`],
    ['site', sql`update facility.zone set kind = 'secure' where kind = 'public'`],
  ]
  assert.deepEqual(
    tampering.map(([kind]) => kind),
    [...readers.map(({ kind }) => kind)].sort((a, b) => order(a) - order(b)),
  )
  for (const [, change] of tampering) await change.execute(admin)
  assert.deepEqual([...new Set(await loose())].sort(), readers.map(({ kind }) => kind).sort())

  function order(kind: string) {
    return tampering.findIndex(([one]) => one === kind)
  }

  /** The kinds of rows that differ from their newest stamp, or have none. */
  function loose(): Promise<string[]> {
    return transactOverAll(dbOf(server, 'operator'), async (tx) => {
      const found: string[] = []
      for (const reader of readers) {
        const { rows: stamps } = await sql<{ subject: string; hash: Buffer | null }>`
          select distinct on (subject) subject, hash from audit.stamp where kind = ${reader.kind}
           order by subject, number desc`.execute(tx)
        const rows = await everyRow(reader)
        const vouched = new Map(stamps.map(({ subject, hash }) => [subject, hash]))
        for (const name of new Set([...rows.keys(), ...vouched.keys()])) {
          const [row, stamp] = [rows.get(name), vouched.get(name)]
          if ((row?.toString('hex') ?? null) !== (stamp?.toString('hex') ?? null))
            found.push(reader.kind)
        }
      }
      return found

      async function everyRow(reader: RowReader) {
        const rows = new Map<string, Buffer>()
        for (let after = ''; ;) {
          const page = await reader.read(tx, after, 2)
          for (const { id, content } of page) rows.set((after = id), sha256(content))
          if (page.length < 2) return rows
        }
      }
    })
  }

  /** Changes of people, rules, terms and the site whose entry has nothing beside it. */
  async function unworded(): Promise<string[]> {
    const { rows } = await sql<{ body: Buffer }>`select body from audit.pending`.execute(
      server.database.db('cloister_sequencer'),
    )
    return rows
      .map(({ body }) => JSON.parse(body.toString()) as Record<string, unknown>)
      .filter(({ details, outcome }) => details === null && outcome === 'done')
      .map(({ action }) => String(action))
      .filter((action) =>
        /^(workforce|projects|facility\.(site|badge)|identity\.officer)/.test(action),
      )
      .filter((action) => !/\.(read|list)$/.test(action))
  }
})
