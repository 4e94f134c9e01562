import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { generateSigningKey, logSigner } from '@cloister/transparency-log'
import { insertPendingBatch } from '../../src/server/domains/audit/store.ts'
import { testDatabase } from '../support/database.ts'
import { testSequencer, untilSize, verifyStored } from '../support/records.ts'
import { sampleEntry, sampleKeys } from '../support/sample-log.ts'

const root = new URL('../..', import.meta.url).pathname

/**
 * Lock, three or four readings of what is stored, begin, take, insert, commit, and the first
 * statements of the next batch.
 */
const statements = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]

test('AU6 a sequencer killed between any two of its steps loses no entry and doubles none', async (t) => {
  const database = await testDatabase(t)
  const key = generateSigningKey('example.org/records', 'log')
  const keys = { ...sampleKeys(), log: logSigner(key) }
  const admin = database.db('cloister_admin')
  const at = database.connection('cloister_sequencer')
  assert.ok('socketDirectory' in at)

  let put = 0
  for (const statement of statements)
    for (const moment of ['sent', 'answered']) {
      const fresh = Array.from({ length: 70 }, (_, i) => Buffer.from(sampleEntry(put + i)))
      await insertPendingBatch(admin, fresh)
      put += fresh.length
      const child: ChildProcess = spawn(
        process.execPath,
        [
          ...['test/crash/mortal-sequencer.mjs', at.socketDirectory, at.database],
          ...[key, String(statement), moment],
        ],
        { cwd: root, stdio: 'inherit' },
      )
      await once(child, 'exit')
      assert.equal(child.signalCode, 'SIGKILL', `${statement} ${moment}`)
    }

  const sequencer = testSequencer(database, keys)
  await untilSize(admin, put)
  await sequencer.close()
  assert.equal((await verifyStored(admin, keys)).checkpoint.size, put)
  const leaves = await admin.selectFrom('audit.leaf').select('body').execute()
  const wanted = Array.from({ length: put }, (_, i) => Buffer.from(sampleEntry(i)).toString())
  assert.deepEqual(leaves.map(({ body }) => body.toString()).sort(), wanted.sort())
})
