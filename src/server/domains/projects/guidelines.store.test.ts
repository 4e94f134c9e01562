import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { testDatabase } from '../../../../test/support/database.ts'
import { beginProject, openVaultIn } from '../../../../test/support/operator-door.ts'
import { passFor } from '../../../../test/support/pass.ts'
import { transact } from '../../kernel/db.ts'
import { publishGuideline, readGuideline } from './guidelines.ts'
import { latestGuideline } from './store.ts'

test("PR10 a guideline is sealed under the key of its project's guidelines, numbered from 1, and opens for a pass of that project only", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'cloister-guideline-'))
  t.after(() => rm(folder, { recursive: true }))
  const vault = await openVaultIn(folder)
  const database = await testDatabase(t)
  const project = await transact(database.db('cloister_admin'), (tx) =>
    beginProject(tx, 'queries', 'text'),
  )
  await transact(database.db('cloister_inside'), async (tx) => {
    const pass = await passFor(tx, 'projects.guideline.publish', { located: { project } })
    assert.equal(await publishGuideline(vault, pass, tx, 'Mark names.'), 1)
    assert.equal(await publishGuideline(vault, pass, tx, 'Mark all names. ﷺ'), 2)
    const { version, object } = (await latestGuideline(tx, project)) ?? { version: 0, object: '' }
    assert.equal(version, 2)
    const read = await passFor(tx, 'annotation.guideline.read', { located: { project } })
    assert.equal(String(await vault.open(tx, read, object)), 'Mark all names. ﷺ')
    const desk = await passFor(tx, 'projects.guideline.read', { id: project, located: { project } })
    assert.deepEqual(await readGuideline(vault, desk, tx), { version, text: 'Mark all names. ﷺ' })
    const other = await passFor(tx, 'annotation.guideline.read', {
      located: { project: 'prj_other' },
    })
    await assert.rejects(vault.open(tx, other, object), { kind: 'pass-refused' })
  })
})
