import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testDatabase } from '../../test/support/database.ts'
import { standingOf } from './kernel/migrate.ts'

test('IN3 a database says as whom it is entered, what that role may do, and whether it keeps what it answers', async (t) => {
  const database = await testDatabase(t)
  const at = (role: 'cloister_outside' | 'cloister_inside' | 'cloister_admin') => {
    const connection = database.connection(role)
    assert.ok('socketDirectory' in connection)
    const { socketDirectory, database: name } = connection
    return standingOf({ url: `postgres://${role}@${encodeURIComponent(socketDirectory)}/${name}` })
  }
  const outside = await at('cloister_outside')
  assert.deepEqual(
    { ...outside, major: 0, clock: null },
    {
      ...{ role: 'cloister_outside', mighty: false, reachesVault: false, major: 0, clock: null },
      ...{ encoding: 'UTF8', durable: outside.durable },
    },
  )
  assert.ok(outside.major >= 15)
  assert.ok(Math.abs(outside.clock.getTime() - Date.now()) < 60_000)
  assert.equal((await at('cloister_inside')).reachesVault, true)
  assert.equal((await at('cloister_admin')).mighty, true)
})
