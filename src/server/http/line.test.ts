import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { testDatabase } from '../../../test/support/database.ts'
import { ada, logDoor, olga } from '../../../test/support/log-doors.ts'
import { Refused, type Resource } from '../domains/access/index.ts'
import { type Ground, type Operate } from './operate.ts'
import { openSignalSockets } from './sockets.ts'
import { streamOn } from './stream.ts'
import { uploadOn } from './upload.ts'

const answer = Type.Object({ taken: Type.Boolean() })
const params = Type.Object({})
const resource = (): Resource => ({ type: 'Site', id: 'site' })
const [search, prove] = ['audit.log.search', 'audit.log.prove'] as const

/** The inside door with routes of the test's own, who calls there, and what the log then holds. */
async function openDoor(
  t: TestContext,
  more: (operate: Operate, app: FastifyInstance, ground: Ground) => void,
) {
  const database = await testDatabase(t)
  const who = { is: olga }
  const clock = { ahead: 0 }
  const now = () => new Date(Date.now() + clock.ahead)
  const door = logDoor(database, 'inside', { caller: () => who.is, now, more })
  t.after(() => door.close())
  const admin = database.db('cloister_admin')
  const log = async () => {
    const rows = await admin.selectFrom('audit.pending').select('body').orderBy('id').execute()
    return rows.map(({ body }) => {
      const { action, outcome, policies } = JSON.parse(body.toString()) as Record<string, unknown>
      return [action, outcome, policies]
    })
  }
  const address = async () => {
    await door.listen({ port: 0, host: '127.0.0.1' })
    return `http://127.0.0.1:${(door.server.address() as AddressInfo).port}`
  }
  return { who, clock, door, log, address }
}

test('DOOR10 a refused further act is recorded though every connection of the door is held', async (t) => {
  const told = new EventEmitter()
  let inside = 0
  const { door, log } = await openDoor(t, (operate) => {
    operate('POST', '/further', {
      ...{ action: search, answer, resource },
      async run({ also }) {
        const all = once(told, 'all')
        if (++inside === 4) told.emit('all')
        await all
        await assert.rejects(also('projects.client.create', resource()), Refused)
        return { taken: true }
      },
    })
  })
  const asked = [1, 2, 3, 4].map(() =>
    door.inject({ method: 'POST', url: '/further', payload: {} }),
  )
  const answers = await Promise.all(asked)
  assert.deepEqual(
    answers.map(({ statusCode }) => statusCode),
    [200, 200, 200, 200],
  )
  const outcomes = (await log()).map(([action, outcome]) => `${String(action)} ${String(outcome)}`)
  assert.deepEqual(outcomes.toSorted(), [
    ...Array.from({ length: 4 }, () => `${search} done`),
    ...Array.from({ length: 4 }, () => 'projects.client.create refused'),
  ])
})

for (const when of ['before', 'after'] as const)
  test(`DOOR11 what changed ${when} the first byte of a stream ends it, and the log says why`, async (t) => {
    const sockets = openSignalSockets(() => Promise.resolve(null))
    t.after(() => {
      sockets.close()
    })
    const { who, log, address } = await openDoor(t, (_, app, ground) => {
      const leave = () => {
        who.is = { ...ada, id: olga.id }
        sockets.onSignal(`person:${olga.id ?? ''}`)
      }
      streamOn(
        app,
        ground,
        sockets,
      )('/tape', {
        ...{ action: search, params, resource, record: 'each' },
        run() {
          // Between this and the first byte the entry is written: time for somebody to leave the room.
          if (when === 'before') queueMicrotask(leave)
          async function* read() {
            yield Buffer.from('first ')
            await new Promise((resolve) => setImmediate(resolve))
            if (when === 'after') leave()
            yield Buffer.from('second')
          }
          return Promise.resolve({ length: 12, type: 'text/plain', read })
        },
      })
    })
    const reply = await fetch(`${await address()}/tape`)
    if (when === 'after') await assert.rejects(reply.text(), /terminated/)
    else assert.deepEqual([reply.status, /first|second/.test(await reply.text())], [403, false])
    assert.deepEqual(await log(), [
      [search, 'done', ['auditors']],
      [search, 'refused', ['unpermitted']],
    ])
  })

for (const [still, what] of [
  [olga, 'goes on where the gate agrees again'],
  [{ ...ada, id: olga.id }, 'ends where it does not'],
] as const)
  test(`DOOR19 a stream that outlasts its pass ${what}, though nothing was signalled`, async (t) => {
    const sockets = openSignalSockets(() => Promise.resolve(null))
    t.after(() => {
      sockets.close()
    })
    const { who, clock, log, address } = await openDoor(t, (_, app, ground) => {
      streamOn(
        app,
        ground,
        sockets,
      )('/tape', {
        ...{ action: search, params, resource, record: 'each' },
        run({ pass }) {
          async function* read() {
            yield Buffer.from('first ')
            await new Promise((resolve) => setImmediate(resolve))
            who.is = still
            clock.ahead = pass.until.getTime() - Date.now()
            yield Buffer.from('second')
          }
          return Promise.resolve({ length: 12, type: 'text/plain', read })
        },
      })
    })
    const reply = await fetch(`${await address()}/tape`)
    const done = [search, 'done', ['auditors']]
    if (still === olga) {
      assert.equal(await reply.text(), 'first second')
      assert.deepEqual(await log(), [done])
    } else {
      await assert.rejects(reply.text(), /terminated/)
      assert.deepEqual(await log(), [done, [search, 'refused', ['unpermitted']]])
    }
  })

test('DOOR12 an upload whose second decision is no is refused in the log, and what came is freed', async (t) => {
  const freed: string[] = []
  const { who, log, address } = await openDoor(t, (_, app, ground) => {
    uploadOn(app, ground)('/up', {
      ...{ action: prove, params, answer, resource, limit: 10 },
      async receive({ bytes }) {
        const pieces: Uint8Array[] = []
        for await (const piece of bytes) pieces.push(piece)
        who.is = { ...ada, id: olga.id }
        return { text: Buffer.concat(pieces).toString() }
      },
      run: () => Promise.resolve({ taken: true }),
      discard({ text }) {
        freed.push(text)
        return Promise.resolve()
      },
    })
  })
  const reply = await fetch(`${await address()}/up`, {
    ...{ method: 'POST', body: 'wave', headers: { 'content-type': 'application/octet-stream' } },
  })
  assert.equal(reply.status, 403)
  assert.deepEqual(freed, ['wave'])
  assert.deepEqual(await log(), [[prove, 'refused', ['unpermitted']]])
})
