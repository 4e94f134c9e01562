import assert from 'node:assert/strict'
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { test, type TestContext } from 'node:test'
import type { FastifyRequest } from 'fastify'
import { sql } from 'kysely'
import pg from 'pg'
import Type from 'typebox'
import { good, marked, nextIn, openRoom, refusal, taskIn } from '../../test/support/room.ts'
import { bound, fillProjects } from '../../test/support/two-projects.ts'
import { ProjectMade } from '../shared/projects.ts'
import { type Caller, Refused } from './domains/access/index.ts'
import { deliverySource } from './domains/delivery/index.ts'
import { projectsRoutes } from './domains/projects/index.ts'
import { transact, type Tx } from './kernel/db.ts'
import { admitted, type Operate } from './http/operate.ts'

const Counted = Type.Record(Type.String(), Type.Number())
const Project = Type.Object({ project: Type.String() })
const project = ({ params }: { params: { project: string } }) =>
  ({ type: 'Project', id: params.project }) as const

/** How many rows of project `b`, and of any project, an act's transaction finds in the tables of a domain. */
async function found(tx: Tx, domain: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = { all: 0 }
  for (const [table, column, id] of bound.filter(([name]) => name.startsWith(`${domain}.`))) {
    const { rows } = await sql<{ all: number; other: number }>`
      select count(*) as all, count(*) filter (where ${sql.raw(column)} = ${`${id}_b`}) as other
        from ${sql.raw(table)}`.execute(tx)
    counts[table] = rows[0]?.other ?? -1
    counts['all'] = (counts['all'] ?? 0) + (rows[0]?.all ?? 0)
  }
  return counts
}

/** Acts as they are, on a project of the person's own, whose code asks for the rows of every project. */
function waywardRoutes(operate: Operate): void {
  const shapes = { params: Project, answer: Counted, resource: project }
  for (const [domain, action] of [
    ['projects', 'projects.read'],
    ['annotation', 'annotation.progress.read'],
    ['delivery', 'delivery.list'],
    ['vault', 'annotation.task.next'],
  ] as const)
    operate('GET', `/wayward/:project/${domain}`, {
      ...{ action, ...shapes },
      run: ({ tx }) => found(tx, domain),
    })
  operate('POST', '/wayward/:project/team', {
    ...{ action: 'projects.team.set', ...shapes },
    async run({ tx, params, pass }) {
      const member = {
        person: pass.actor,
        role: 'annotator',
        set_by: 'x',
        set_at: pass.at,
      } as const
      await tx
        .insertInto('projects.team')
        .values([
          { ...member, project: params.project },
          { ...member, project: 'prj_b' },
        ])
        .execute()
      return {}
    },
  })
  operate('GET', '/wayward/own', {
    ...{ action: 'annotation.work.read', answer: Counted },
    resource: (_, caller) => ({ type: 'Person', id: caller.id ?? 'nobody' }),
    run: async ({ tx }) => ({
      ...(await found(tx, 'annotation')),
      ...(await found(tx, 'projects')),
    }),
  })
}

/** A room at work on its own project, and project `b` beside it, with a row in each table. */
async function besideAnother(t: TestContext) {
  const room = await openRoom(t, 'text', {
    sources: [],
    resources: [deliverySource],
    routes(operate) {
      waywardRoutes(operate)
      projectsRoutes(operate)
    },
  })
  await fillProjects(room.admin, ['b'])
  await room.addTexts(['play Ada', 'play Ben'])
  const ana = await room.hire({ roles: ['annotator'] })
  const mara = await room.hire({ site: ['manager'] })
  taskIn(await ana.post(`/projects/${room.project}/next`))
  return { room, ana, mara }
}

test('ROW8 an act of any domain whose code asks for rows of another project is given none', async (t) => {
  const { room, ana, mara } = await besideAnother(t)
  const ask = async (who: typeof ana, domain: string) =>
    good(Counted, await who.get(`/wayward/${room.project}/${domain}`))
  for (const [domain, who] of [
    ['projects', mara],
    ['annotation', mara],
    ['delivery', mara],
    ['vault', ana],
  ] as const) {
    const { all = 0, ...others } = await ask(who, domain)
    assert.ok(domain === 'delivery' || all > 0, `${domain}: its own rows are there`)
    assert.deepEqual([...new Set(Object.values(others))], [0], domain)
  }
  const { all = 0, ...others } = good(Counted, await ana.get('/wayward/own'))
  assert.ok(all > 0)
  assert.deepEqual([...new Set(Object.values(others))], [0], 'across the projects of her teams')
})

test('ROW9 an act whose code writes into another project keeps nothing, and its failure is recorded', async (t) => {
  const { room, mara } = await besideAnother(t)
  await assert.rejects(mara.post(`/wayward/${room.project}/team`), /row-level security policy/)
  const team = await room.admin
    .selectFrom('projects.team')
    .selectAll()
    .where('person', '=', mara.id)
    .execute()
  assert.deepEqual(team, [])
  const last = (await room.log()).at(-1)
  assert.deepEqual(
    [last?.['action'], last?.['outcome'], last?.['project']],
    ['projects.team.set', 'failed', room.project],
  )
})

const callerOf = (kind: Caller['kind'], id: string): Caller => ({
  ...{ door: kind === 'job' ? 'operator' : 'inside', kind, id, session: 'ses_x' },
  ...{ signedInAt: new Date(0), workstation: 'ws-1', certificate: null, address: '127.0.0.1' },
})

test('ROW10 a further act opens its project beside the first; a refused one leaves all as it was', async (t) => {
  const { room, ana, mara } = await besideAnother(t)
  const projects = async (tx: Tx) => {
    const { rows } = await sql<{ id: string }>`select id from projects.project order by id`.execute(
      tx,
    )
    return rows.map(({ id }) => id)
  }
  const on = (id: string) => ({ type: 'Project', id }) as const
  const both = [room.project, 'prj_b'].sort()
  await transact(room.db, async (tx) => {
    assert.deepEqual(await projects(tx), [])
    const caller = callerOf('person', ana.id)
    await room.gate.admit(tx, caller, 'annotation.task.next', on(room.project))
    assert.deepEqual(await projects(tx), [room.project])
    const refused = (error: unknown) => error instanceof Refused
    const other = { type: 'Task', id: 'tsk_b' } as const
    await assert.rejects(room.gate.admit(tx, caller, 'annotation.task.next', on('prj_b')), refused)
    assert.deepEqual(await projects(tx), [room.project])
    await assert.rejects(room.gate.admit(tx, caller, 'annotation.task.open', other), refused)
    assert.deepEqual(await projects(tx), [room.project])
    await room.gate.admit(tx, callerOf('person', mara.id), 'projects.read', on('prj_b'))
    assert.deepEqual(await projects(tx), both)
  })
  await transact(room.database.db('cloister_jobs'), async (tx) => {
    const delivery = { type: 'Delivery', id: 'del_b' } as const
    await room.gate.admit(tx, callerOf('job', mara.id), 'delivery.build', delivery)
    assert.deepEqual(await projects(tx), ['prj_b'])
  })
})

test('ROW14 what was opened for whoever spoke last on a connection is not open for who speaks now', async (t) => {
  const { room, ana, mara } = await besideAnother(t)
  const request = { raw: new IncomingMessage(new Socket()) } as FastifyRequest
  const seen: string[] = []
  const ask = (who: string) =>
    transact(room.db, async (tx) => {
      const identify = async () => {
        await sql`select 1`.execute(tx)
        return callerOf('person', who)
      }
      const about = () => ({ type: 'Project', id: 'prj_b' }) as const
      const answer = await admitted(
        { identify, gate: room.gate },
        tx,
        request,
        'projects.read',
        about,
      )
        .then(() => 'admitted')
        .catch((error: unknown) => (error instanceof Refused ? 'refused' : String(error)))
      seen.push(`${answer} ${String(await count(tx))}`)
    })
  const count = async (tx: Tx) =>
    (await sql`select from projects.item where project = 'prj_b'`.execute(tx)).rows.length
  for (const who of [mara, mara, ana, mara, ana, ana, mara]) await ask(who.id)
  const [may, not] = ['admitted 1', 'refused 0']
  assert.deepEqual(seen, [may, may, not, may, not, not, may])
})

test('ROW11 an act that begins a project is open for the new one, which its entry names', async (t) => {
  const { room, ana, mara } = await besideAnother(t)
  const wanted = { client: room.client, code: 'fresh', kind: 'text', instruction: 'all' }
  const made = good(ProjectMade, await mara.post('/projects', wanted))
  const begun = (await room.log()).at(-1)
  assert.deepEqual(
    [begun?.['action'], begun?.['outcome'], begun?.['project']],
    ['projects.create', 'done', made.project],
  )
  const refused = await ana.post('/projects', { ...wanted, code: 'mine' })
  assert.equal(refusal(refused)['kind'], 'access-denied')
  assert.equal((await room.log()).at(-1)?.['project'], null)
})

test('ROW13 opening a transaction costs no waiting: what is asked next goes out before the answer', async (t) => {
  const { room, ana } = await besideAnother(t)
  const { task } = taskIn(await ana.post(`/projects/${room.project}/next`))
  const seen = { sent: 0, openings: 0, alone: 0 }
  const driver = pg.Client.prototype as { query: (...asked: unknown[]) => unknown }
  const send = driver.query
  t.after(() => {
    driver.query = send
  })
  driver.query = function (this: unknown, ...asked) {
    const answer = send.apply(this, asked)
    const place = (seen.sent += 1)
    if (JSON.stringify(asked[0]).includes('set_config')) {
      seen.openings += 1
      assert.ok(answer instanceof pg.Query)
      answer.once('end', () => (seen.alone += Number(seen.sent === place)))
    }
    return answer
  }
  nextIn(await ana.post(`/tasks/${task}/submit`, { annotation: marked(2), next: true }))
  // The act and the opening of the next task are in one project, which is known before it is looked up.
  assert.deepEqual([seen.openings, seen.alone], [1, 0])
})
