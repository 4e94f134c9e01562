import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Action } from '../src/shared/actions.ts'
import { termsMembers } from '../src/shared/projects.ts'
import { transactIn } from './support/opened.ts'
import { passFor } from './support/pass.ts'
import { openRoom, taskIn } from './support/room.ts'
import { testServer } from './support/server.ts'
import { listenTo } from './support/signals.ts'
import type { Pass } from '../src/server/domains/access/index.ts'
import { setTerms } from '../src/server/domains/projects/clients.ts'
import { setState, setTeamMember } from '../src/server/domains/projects/projects.ts'
import {
  certify,
  publishAgreement,
  publishCourse,
  recordCourse,
  setShift,
  setVetting,
  signAgreement,
} from '../src/server/domains/workforce/admission.ts'
import { endAlarms, raiseAlarm } from '../src/server/domains/facility/alarms.ts'
import { transact, type Tx } from '../src/server/kernel/db.ts'

interface Turn {
  readonly what: string
  readonly off: (tx: Tx) => Promise<unknown>
  readonly on: (tx: Tx) => Promise<unknown>
}

test('GATE13 each act that ends what somebody works by, and each that mends it, signals them', async (t) => {
  const room = await openRoom(t)
  await room.addTexts(['one'], 'en')
  const ana = await room.hire({ roles: ['annotator'], languages: ['en'] })
  const { task } = taskIn(await ana.post(`/projects/${room.project}/next`))
  const db = room.database.db('cloister_admin')
  const signals = await listenTo(t, room.database)
  const signalledBy = async (work: (tx: Tx) => Promise<unknown>) => {
    const heard = await signals.during(() => transactIn(db, room.project, work))
    return heard.some((said) => said === `person:${ana.id}` || said === 'site')
  }
  const as =
    <A extends Action>(
      action: A,
      work: (pass: Pass<A>, tx: Tx) => Promise<unknown>,
      actor = 'per_boss',
    ) =>
    async (tx: Tx) =>
      work(await passFor(tx, action, { actor, now: () => room.now.at }), tx)

  const { begins, ends } = await db
    .selectFrom('workforce.shift')
    .select(['begins', 'ends'])
    .where('person', '=', ana.id)
    .executeTakeFirstOrThrow()
  const vetting = (result: 'cleared' | 'not-cleared') =>
    as('workforce.vetting.set', (pass, tx) =>
      setVetting(pass, tx, ana.id, {
        ...{ kind: 'record', jurisdiction: 'ES', result, expires: '2999-12-31' },
      }),
    )
  const certificate = (expires: string) =>
    as('workforce.certificate.set', (pass, tx) =>
      certify(pass, tx, ana.id, { language: 'en', kind: 'text', expires }),
    )
  const shift = (end: Date) =>
    as('workforce.shift.set', (pass, tx) =>
      setShift(pass, tx, ana.id, { begins: begins.toISOString(), ends: end.toISOString() }),
    )
  const team = (roles: readonly 'annotator'[]) =>
    as('projects.team.set', (pass, tx) =>
      setTeamMember(pass, tx, room.project, { person: ana.id, roles }),
    )
  const state = (to: 'open' | 'paused') =>
    as('projects.state.set', (pass, tx) => setState(pass, tx, room.project, to))
  const nda = { agreement: 'nda-of-this-test', version: 1 }
  const course = 'course-of-this-test'
  const turns: readonly Turn[] = [
    { what: 'vetting', off: vetting('not-cleared'), on: vetting('cleared') },
    { what: 'certificate', off: certificate('2020-01-01'), on: certificate('2999-01-01') },
    { what: 'shift', off: shift(new Date(begins.getTime() + 1)), on: shift(ends) },
    {
      what: 'agreement',
      off: as('workforce.agreement.publish', (pass, tx) =>
        publishAgreement(pass, tx, { ...nda, title: 'NDA' }),
      ),
      on: as('workforce.agreement.sign', (pass, tx) => signAgreement(pass, tx, nda), ana.id),
    },
    {
      what: 'course',
      off: as('workforce.course.publish', (pass, tx) =>
        publishCourse(pass, tx, { course, passMark: 50 }),
      ),
      on: as('workforce.course.pass', (pass, tx) =>
        recordCourse(pass, tx, ana.id, { course, score: 90 }),
      ),
    },
    {
      what: 'terms',
      off: as('projects.client.terms.set', (pass, tx) => setTerms(pass, tx, room.client, {})),
      on: as('projects.client.terms.set', (pass, tx) =>
        setTerms(pass, tx, room.client, {
          ...Object.fromEntries(termsMembers.map((member) => [member, 'agreed'])),
          endsOn: '2999-12-31',
        }),
      ),
    },
    { what: 'team', off: team([]), on: team(['annotator']) },
    { what: 'state', off: state('paused'), on: state('open') },
  ]
  const answer = async () => (await ana.get(`/tasks/${task}`)).status === 200
  for (const { what, off, on } of turns) {
    assert.equal(await answer(), true, `before ${what}`)
    assert.equal(await signalledBy(off), true, `${what} ended in silence`)
    assert.equal(await answer(), false, `${what} is no condition`)
    assert.equal(await signalledBy(on), true, `${what} was mended in silence`)
  }
  assert.equal(await answer(), true)
})

test('FA25 the guards hear of an alarm’s beginning and of its end, also where it is of no zone', async (t) => {
  const server = await testServer(t)
  const db = server.database.db('cloister_admin')
  const guards = await db
    .selectFrom('facility.workstation')
    .select('workstation')
    .where('purpose', '=', 'guard')
    .execute()
  assert.notEqual(guards.length, 0)
  const signals = await listenTo(t, server.database)
  const alarm = { kind: 'disk-full', subject: 'the disk', zones: [] } as const
  const now = server.now()
  const during = (work: (tx: Tx) => Promise<void>) => signals.during(() => transact(db, work))
  const told = guards.map(({ workstation }) => `workstation:${workstation}`)
  assert.deepEqual(await during((tx) => raiseAlarm(tx, alarm, now)), told)
  assert.deepEqual(await during((tx) => raiseAlarm(tx, alarm, now)), [])
  assert.deepEqual(await during((tx) => endAlarms(tx, [alarm.kind], alarm.subject, now)), told)
  assert.deepEqual(await during((tx) => endAlarms(tx, [alarm.kind], alarm.subject, now)), [])
})
