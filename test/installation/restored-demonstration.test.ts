import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { Browser } from '../../src/cli/stage/browser.ts'
import { signIn } from '../../src/cli/stage/sign-in.ts'
import { scratchDirectory } from '../support/cluster.ts'
import { cloister, startDemonstration } from '../support/demonstration.ts'

test('IN6 a demonstration that is backed up while it runs goes on where it is restored, with everybody in it', async (t) => {
  const folder = scratchDirectory()
  t.after(() => rm(folder, { recursive: true, force: true }))
  const [copy, keys, elsewhere] = ['copy', 'keys', 'd'].map((name) => join(folder, name))
  assert.ok(copy !== undefined && keys !== undefined && elsewhere !== undefined)
  const done = async (...args: string[]) => {
    const { code, stderr } = await cloister(...args)
    assert.equal(code, 0, stderr)
  }

  const first = await startDemonstration()
  const before = await workOf(first.seatOf('Ana'))
  await done('backup', copy, '--keys', keys, '--directory', first.directory)
  await first.stop()

  await done('restore', copy, '--directory', elsewhere)
  const refused = await cloister('start', '--demo', '--directory', elsewhere)
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /^.*no cast[.]json.*restore it with --keys.*\n$/)
  await rm(elsewhere, { recursive: true })

  await done('restore', copy, '--keys', keys, '--directory', elsewhere)
  const again = await startDemonstration(elsewhere)
  t.after(() => again.stop())
  assert.deepEqual(await workOf(again.seatOf('Ana')), before)
  const log = join(folder, 'log')
  await done('log', 'export', log, '--from', again.operatorSocket)
  await done('log', 'verify', log, '--policy', again.policy, '--database', again.operatorSocket)
})

/** Signs Ana in with the software key of her seat; her projects with what waits in each. */
async function workOf(seat: string): Promise<unknown> {
  const browser = new Browser(seat)
  try {
    await signIn(browser, 'Ana')
    return await browser.get('/work')
  } finally {
    browser.close()
  }
}
