import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { openRoom, refusal, taskIn } from '../../../../test/support/room.ts'

test('WF10 work is shown only while vetting, agreements, courses, certificate and shift are on record and in force', async (t) => {
  const room = await openRoom(t)
  await room.addTexts(['one'], 'en')
  const ana = await room.hire({ roles: ['annotator'], languages: ['en'] })
  const { task } = taskIn(await ana.post(`/projects/${room.project}/next`))
  const admin = room.database.db('cloister_admin')
  const shown = async () => {
    const answer = await ana.get(`/tasks/${task}`)
    return answer.status === 200 ? 'shown' : refusal(answer)
  }
  const without = (condition: string) => ({ kind: 'access-denied', conditions: [condition] })
  const { at } = room.now
  const past = new Date(at.getTime() - 2 * 86_400_000).toISOString().slice(0, 10)
  const yearAgo = new Date(at.getTime() - 365 * 86_400_000 - 1000)
  const mine = sql`person = ${ana.id}`
  const published = { agreement: 'confidentiality', title: 'Confidentiality' }
  const sign = (version: number) =>
    sql`insert into workforce.signature values (${ana.id}, ${published.agreement}, ${version}, ${at})`
  const publish = (version: number) =>
    sql`insert into workforce.agreement values (${published.agreement}, ${version}, ${published.title}, ${at})`
  const pass = (score: number, on: Date) =>
    sql`insert into workforce.pass values (${ana.id}, 'handling', ${score}, ${on})`
  const steps = [
    [sql`update workforce.vetting set expires = ${past} where ${mine}`, 'admission'],
    [sql`update workforce.vetting set expires = '2999-12-31' where ${mine}`, null],
    [sql`update workforce.vetting set result = 'not-cleared' where ${mine}`, 'admission'],
    [sql`update workforce.vetting set result = 'cleared' where ${mine}`, null],
    [publish(1), 'admission'],
    [sign(1), null],
    [publish(2), 'admission'],
    [sign(2), null],
    [sql`insert into workforce.course values ('handling', 80)`, 'admission'],
    [pass(79, at), 'admission'],
    [pass(80, yearAgo), 'admission'],
    [pass(80, new Date(at.getTime() - 1000)), null],
    [sql`update workforce.certificate set expires = ${past} where ${mine}`, 'admission'],
    [sql`update workforce.certificate set expires = '2999-12-31' where ${mine}`, null],
    [sql`update workforce.certificate set language = 'de' where ${mine}`, 'admission'],
    [sql`update workforce.certificate set language = 'en' where ${mine}`, null],
    [sql`update workforce.certificate set kind = 'audio' where ${mine}`, 'admission'],
    [sql`update workforce.certificate set kind = 'text' where ${mine}`, null],
    [
      sql`update workforce.shift set ends = ${new Date(at.getTime() - 1000)} where ${mine}`,
      'hours',
    ],
    [
      sql`update workforce.shift set ends = ${new Date(at.getTime() + 3_600_000)} where ${mine}`,
      null,
    ],
  ] as const
  assert.equal(await shown(), 'shown')
  for (const [place, [step, condition]] of steps.entries()) {
    await step.execute(admin)
    const expected = condition === null ? 'shown' : without(condition)
    assert.deepEqual(await shown(), expected, `step ${String(place)}`)
  }
})
