import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dbOf, testServer } from '../../../../test/support/server.ts'
import { lookAround } from './keeper.ts'

test('FA20 a certificate that ends within four hours raises an alarm once, until it is replaced or revoked', async (t) => {
  const server = await testServer(t)
  await server.workstation('ws-1')
  await server.workstation('ws-2')
  const db = dbOf(server, 'inside')
  const look = async () => {
    for (let times = 0; times < 2; times += 1)
      await lookAround({ db, data: server.folder, now: () => server.now() })
    const rows = await db
      .selectFrom('facility.alarm')
      .select('subject')
      .where('kind', '=', 'certificate-ending')
      .where('cleared_at', 'is', null)
      .execute()
    return rows.map(({ subject }) => subject).sort()
  }
  assert.deepEqual(await look(), [])
  const [first] = await db
    .selectFrom('facility.certificate')
    .select('not_after')
    .orderBy('not_after')
    .execute()
  const left = (first?.not_after.getTime() ?? 0) - server.now().getTime()
  server.advance(left - 4 * 3_600_000 - 60_000)
  assert.deepEqual(await look(), [])
  server.advance(2 * 60_000)
  assert.deepEqual(await look(), ['workstation ws-1', 'workstation ws-2'])
  assert.equal((await server.operator('POST', '/workstations/ws-2/revoke', {})).status, 200)
  assert.deepEqual(await look(), ['workstation ws-1'])
  const raised = await db
    .selectFrom('facility.alarm')
    .select('subject')
    .where('kind', '=', 'certificate-ending')
    .execute()
  assert.equal(raised.length, 2, 'each once')
})
