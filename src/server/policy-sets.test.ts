import assert from 'node:assert/strict'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { runCommand } from '../../test/support/command.ts'
import { testDatabase } from '../../test/support/database.ts'
import { testSequencer, untilSize } from '../../test/support/records.ts'
import { sampleKeys } from '../../test/support/sample-log.ts'
import { hashOfPolicies } from './domains/access/index.ts'
import { policiesFolder } from './installation.ts'
import type { Part } from './kernel/config.ts'
import { recordPolicySet } from './policy-sets.ts'

test('GATE12 a start under another set of policies than the log names last is an entry with both sets and an alarm', async (t) => {
  const database = await testDatabase(t)
  const admin = database.db('cloister_admin')
  const sequencer = testSequencer(database, sampleKeys())
  t.after(() => sequencer.close())
  let size = 0
  const start = async (sha256: string, entry: boolean, ...parts: Part[]) => {
    const connect = (role: Parameters<typeof database.connection>[0]) => database.connection(role)
    await recordPolicySet({ parts, sha256 }, connect, () => new Date())
    size += entry ? 1 : 0
    await untilSize(admin, size)
  }
  const alarms = async () => {
    const rows = await admin.selectFrom('facility.alarm').select(['kind', 'subject']).execute()
    return rows.map(({ kind, subject }) => `${kind} ${subject}`)
  }
  const [one, two] = ['a'.repeat(64), 'b'.repeat(64)]
  await start(one, true, 'inside', 'building', 'operator', 'jobs')
  await start(one, false, 'operator')
  await start(two, false, 'building', 'sequencer')
  assert.deepEqual(await alarms(), [])
  await start(two, true, 'inside')
  assert.deepEqual(await alarms(), [`policies-changed ${two}`])
  await start(one, true, 'outside')
  await start(one, false, 'jobs')
  const leaves = await admin.selectFrom('audit.leaf').select('body').orderBy('index').execute()
  assert.deepEqual(
    leaves.map(({ body }) => {
      const { actor, action, door, outcome, policies } = JSON.parse(body.toString()) as Record<
        string,
        unknown
      >
      return [actor, action, door, outcome, policies]
    }),
    [
      ['operator', [one]],
      ['inside', [two, one]],
      ['outside', [one, two]],
    ].map(([door, sets]) => ['operator', 'site.policies.change', door, 'done', sets]),
  )
})

test('GATE12 a set is known by every byte of its schema and policies, and the command says which it is', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'cloister-policies-'))
  t.after(() => rm(folder, { recursive: true }))
  await cp(policiesFolder, folder, { recursive: true })
  const own = hashOfPolicies(folder)
  assert.equal(own, hashOfPolicies(policiesFolder))
  await writeFile(join(folder, 'cases', 'more.json'), '[]')
  assert.equal(hashOfPolicies(folder), own, 'cases decide nothing')
  for (const name of ['access.cedar', 'schema.cedarschema']) {
    const text = await readFile(join(folder, name), 'utf8')
    await writeFile(join(folder, name), `${text} `)
    assert.notEqual(hashOfPolicies(folder), own, name)
    await writeFile(join(folder, name), text)
  }
  const { said } = await runCommand('policy', 'check', folder)
  assert.ok(said.includes(own), said)
})
