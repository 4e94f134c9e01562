import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Type } from 'typebox'
import { Refusal, Server } from './server.ts'

const Shape = Type.Object({ version: Type.Integer() })

function answering(status: number, body: unknown) {
  const asked: { address: string; init: RequestInit }[] = []
  const server = new Server((address, init) => {
    asked.push({ address, init })
    return Promise.resolve(Response.json(body, { status }))
  })
  return { server, asked }
}

async function refused(work: Promise<unknown>): Promise<Refusal> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof Refusal)
  return error
}

test('WEB10 an answer of another shape than promised is refused', async () => {
  const { server } = answering(200, { version: 'three' })
  assert.equal((await refused(server.ask('GET', '/x', Shape))).kind, 'unexpected')
})

test('WEB10 a problem document becomes a refusal with its kind and conditions', async () => {
  const type = '/problems/access-denied'
  const { server } = answering(403, { type, conditions: ['presence', 3], instance: 'n1' })
  const refusal = await refused(server.ask('GET', '/x', Shape))
  const { kind, conditions, faults, number, version } = refusal
  assert.deepEqual(
    { kind, conditions, faults, number, version },
    { kind: 'access-denied', conditions: ['presence'], faults: [], number: 'n1', version: null },
  )
})

test('WEB10 what is not ready says what is missing, and how much of it', async () => {
  const told = { type: '/problems/not-ready', missing: 'acceptance', open: 3 }
  const { missing, open } = await refused(answering(409, told).server.ask('POST', '/x', Shape, {}))
  assert.deepEqual([missing, open], ['acceptance', 3])
  const strange = { ...told, missing: 3, open: '3' }
  const other = await refused(answering(409, strange).server.ask('POST', '/x', Shape, {}))
  assert.deepEqual([other.missing, other.open], [null, null])
})

test('WEB10 a kind that is not in the table is not taken for one', async () => {
  for (const type of ['/problems/toString', 'about:blank', 7])
    assert.equal(
      (await refused(answering(500, { type }).server.ask('GET', '/x', Shape))).kind,
      'unexpected',
    )
})

test('WEB10 a write that got no answer is asked once', async () => {
  let times = 0
  const server = new Server(() => {
    times++
    return Promise.reject(new TypeError('network'))
  })
  assert.equal((await refused(server.ask('POST', '/x', Shape, {}))).kind, 'unreachable')
  assert.equal(times, 1)
})

test('WEB10 whoever listens hears that nobody is signed in', async () => {
  const { server } = answering(401, { type: '/problems/not-signed-in' })
  let heard = 0
  server.onSignedOut(() => heard++)
  await refused(server.ask('GET', '/x', Shape))
  assert.equal(heard, 1)
})
