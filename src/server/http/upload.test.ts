import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { Type } from 'typebox'
import { testDatabase } from '../../../test/support/database.ts'
import { Problem } from '#shared/problems.ts'
import { openGate } from '../domains/access/index.ts'
import { openRecorder } from '../domains/audit/index.ts'
import { buildDoor } from './door.ts'
import { uploadOn } from './upload.ts'

test('DOOR7 a stream that came and is not kept is refused and recorded with its own fault, also where it cannot be freed', async (t) => {
  const database = await testDatabase(t)
  const db = database.db('cloister_operator')
  const now = () => new Date()
  const faults: Error[] = []
  const app = buildDoor({ onFault: (error) => faults.push(error) })
  const recorder = openRecorder(database.connection('cloister_operator'))
  t.after(async () => {
    await app.close()
    await recorder.close()
  })
  const upload = uploadOn(app, {
    ...{ door: 'operator', db, now, recorder },
    gate: openGate({ decide: () => ({ allowed: true, policies: ['test'] }) }, [], [], now),
    identify: () =>
      Promise.resolve({
        ...{ door: 'operator', kind: 'operator', id: 'operator', session: null, signedInAt: null },
        ...{ workstation: null, certificate: null, address: 'local' },
      }),
    sealDetails: (_tx, details) =>
      Promise.resolve(createHash('sha256').update(JSON.stringify(details)).digest()),
  })
  upload('/backup', {
    action: 'site.backup',
    params: Type.Object({}),
    answer: Type.Object({}),
    limit: 1000,
    resource: () => ({ type: 'Site', id: 'site' }),
    async receive({ bytes }) {
      for await (const piece of bytes) assert.ok(piece.length > 0)
      return {}
    },
    run: () => Promise.reject(new Problem('conflict')),
    discard: () => Promise.reject(new Error('the disk is gone')),
  })
  const answered = await app.inject({
    ...{ method: 'POST', url: '/backup', payload: Buffer.from('a stream') },
    headers: { 'content-type': 'application/octet-stream' },
  })
  assert.deepEqual(
    [answered.statusCode, answered.json<{ type: string }>().type],
    [409, '/problems/conflict'],
  )
  const rows = await database
    .db('cloister_admin')
    .selectFrom('audit.pending')
    .select('body')
    .execute()
  const entries = rows.map(({ body }) => JSON.parse(body.toString()) as Record<string, unknown>)
  assert.deepEqual(
    entries.map(({ action, outcome, policies }) => [action, outcome, policies]),
    [['site.backup', 'failed', ['conflict']]],
  )
  assert.deepEqual(faults, [])
})
