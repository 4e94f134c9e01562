import assert from 'node:assert/strict'
import type { AddressInfo } from 'node:net'
import { Agent, request } from 'node:http'
import { test } from 'node:test'
import { testDatabase } from '../../../test/support/database.ts'
import { type Caller, openGate } from '../domains/access/index.ts'
import { transact } from '../kernel/db.ts'
import { buildDoor } from './door.ts'
import { admitted } from './operate.ts'

const callerNamed = (id: string): Caller => ({
  ...{ door: 'inside', kind: 'person', id, session: `ses_${id}`, signedInAt: null },
  ...{ workstation: 'ws-1', certificate: null, address: '127.0.0.1' },
})

test('GATE11 the gate is asked beforehand about who spoke last on a connection, and that counts only for exactly them', async (t) => {
  const db = (await testDatabase(t)).db('cloister_inside')
  const asked: string[] = []
  const decide = ({ id }: { id: string }) => {
    asked.push(id)
    return { allowed: id !== 'mallory', policies: [] }
  }
  const gate = openGate({ decide }, [], [], () => new Date())
  const app = buildDoor({ onFault: () => undefined })
  app.get('/', (incoming) =>
    transact(db, async (tx) => {
      const identify = () => Promise.resolve(callerNamed(String(incoming.headers['x-person'])))
      const site = () => ({ type: 'Site', id: 'site' }) as const
      const pass = await admitted({ identify, gate }, tx, incoming, 'annotation.work.read', site)
      return { actor: pass.actor, session: pass.caller.session }
    }),
  )
  t.after(() => app.close())
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.after(() => {
    agent.destroy()
  })
  const ask = (person: string) =>
    new Promise<string>((resolve, reject) => {
      const out = request({ host: '127.0.0.1', port, agent, headers: { 'x-person': person } })
      out.on('error', reject)
      out.on('response', (response) => {
        const pieces: Buffer[] = []
        response.on('data', (piece: Buffer) => pieces.push(piece))
        response.on('end', () => {
          const body = Buffer.concat(pieces).toString('utf8')
          resolve(response.statusCode === 200 ? body : String(response.statusCode))
        })
      })
      out.end()
    })
  const said = (id: string) => JSON.stringify({ actor: id, session: `ses_${id}` })
  assert.equal(await ask('ada'), said('ada'))
  assert.equal(await ask('ada'), said('ada'))
  assert.equal(await ask('mallory'), '403')
  assert.equal(await ask('ben'), said('ben'))
  assert.deepEqual(asked, ['ada', 'ada', 'ada', 'mallory', 'mallory', 'ben'])
})
