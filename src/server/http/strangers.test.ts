import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { request } from 'node:https'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { WebSocket } from 'ws'
import { testDatabase } from '../../../test/support/database.ts'
import { plainSeal } from '../../../test/support/log-doors.ts'
import { codeOf, expectDone, testServer, type TestServer } from '../../../test/support/server.ts'
import { Browser } from '../../cli/stage/browser.ts'
import { registerKey, signIn } from '../../cli/stage/sign-in.ts'
import { loadCredentials } from '../../workstation/credentials.ts'
import { startDesk } from '../../workstation/desk.ts'
import { callDoor, type Door, doorAgent } from '../../workstation/door.ts'
import { keepDetails } from '../domains/audit/index.ts'
import { networkOf } from './networks.ts'
import { Buckets, Nobodys, openStrangers } from './strangers.ts'

const limit = { burst: 5, perSecond: 0.5 }

interface Answer {
  readonly status: number
  readonly after: string | undefined
  readonly body: Record<string, unknown>
}

/** A request on a connection of its own, without a client certificate. */
function ask(door: Door, path: string, headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { host, port, ca } = door
    const out = request({ host, port, ca, path, headers, agent: false }, (answer) => {
      const pieces: Buffer[] = []
      answer.on('data', (piece: Buffer) => pieces.push(piece))
      answer.on('end', () => {
        resolve({
          ...{ status: answer.statusCode ?? 0, after: answer.headers['retry-after'] },
          body: JSON.parse(Buffer.concat(pieces).toString()) as Record<string, unknown>,
        })
      })
    })
    out.on('error', reject)
    out.end()
  })
}

/** Waits for something that is about to happen, without timers: a test may hold those. */
async function soon(is: () => boolean): Promise<void> {
  const end = performance.now() + 20_000
  while (!is()) {
    assert.ok(performance.now() < end, `waited 20 s for ${is.toString()}`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Entries of the log and transactions of the database, so far. */
async function counted({ database }: TestServer): Promise<unknown> {
  const admin = database.db('cloister_admin')
  const entries = await admin.selectFrom('audit.pending').select('id').execute()
  const challenges = await admin.selectFrom('identity.challenge').select('id').execute()
  return { entries: entries.length, challenges: challenges.length }
}

/** Somebody with a session at the outside door. */
async function speaker(t: TestContext, server: TestServer): Promise<Browser> {
  const desk = await startDesk({
    ...{ id: 'client', listen: { host: '127.0.0.1', port: 0 }, server: server.outside },
    ...{ dir: join(server.folder, 'desk'), clock: () => server.now() },
  })
  t.after(() => desk.close())
  const page = new Browser(desk.url)
  t.after(() => {
    page.close()
  })
  const { code } = await codeOf(server.operator('POST', '/officers', { name: 'Olga' }))
  await registerKey(page, code)
  await signIn(page, 'Olga')
  return page
}

test('DOOR13 past its limit a network’s requests without session and certificate are refused with the seconds to wait, before anything is asked of the database', async (t) => {
  const server = await testServer(t, { strangers: limit })
  for (const [door, path] of [
    [server.inside, '/standing'],
    [server.building, '/commands'],
    [server.outside, '/standing'],
  ] as const) {
    for (let n = 0; n < limit.burst; n += 1) assert.equal((await ask(door, path)).status, 401)
    const { status, after, body } = await ask(door, path)
    const { instance, ...document } = body
    assert.deepEqual(
      { status, after, instance: typeof instance, document },
      {
        ...{ status: 429, after: '2', instance: 'string' },
        document: {
          ...{ type: '/problems/too-many-requests', status: 429, retryAfter: 2 },
          title: 'This network has asked too often; wait a little.',
        },
      },
    )
  }
  const { host, port, ca } = server.outside
  const socket = new WebSocket(`wss://${host}:${port}/signals`, { ca, origin: 'https://a.example' })
  const [fault] = (await once(socket, 'error')) as [Error]
  assert.match(fault.message, /429/)
  assert.equal((await ask(server.outside, '/nowhere')).status, 404, 'what is no act asks nothing')
  const before = await counted(server)
  for (let n = 0; n < 20; n += 1) assert.equal((await ask(server.outside, '/standing')).status, 429)
  assert.deepEqual(await counted(server), before)
  server.advance(2_000)
  assert.equal((await ask(server.outside, '/standing')).status, 401)
  assert.equal((await ask(server.outside, '/standing')).status, 429)
})

test('DOOR13 whom a door holds back it need not ask the database about', async (t) => {
  const strangers = openStrangers({
    ...{ door: 'outside', limit, now: () => new Date(), onFault: () => undefined },
    connection: { socketDirectory: '/nowhere', role: 'none', database: 'none' },
    sealDetails: () => Promise.resolve(null),
  })
  t.after(() => strangers.close())
  const asked = new IncomingMessage(new Socket())
  for (let n = 0; n < limit.burst; n += 1) await strangers.greet(asked, 'signals')
  await assert.rejects(strangers.greet(asked, 'signals'), { kind: 'too-many-requests' })
  asked.headers.cookie = `__Host-cloister=${randomBytes(32).toString('base64url')}`
  await assert.rejects(strangers.greet(asked, 'signals'), { kind: 'database-unavailable' })
})

test('DOOR13 forged cookies that come at once pass as few as requests without, and who is somebody gets the token back', async (t) => {
  const now = new Date()
  const strangers = openStrangers({
    ...{ door: 'outside', limit, now: () => now, onFault: () => undefined },
    connection: { socketDirectory: '/nowhere', role: 'none', database: 'none' },
    sealDetails: () => Promise.resolve(null),
  })
  t.after(() => strangers.close())
  const requests = Array.from({ length: limit.burst + 1 }, () => {
    const asked = new IncomingMessage(new Socket())
    asked.headers.cookie = `__Host-cloister=${randomBytes(32).toString('base64url')}`
    return asked
  })
  const greeted = await Promise.allSettled(
    requests.map((asked) => strangers.greet(asked, 'identity.standing.read')),
  )
  assert.equal(greeted.filter(({ status }) => status === 'fulfilled').length, limit.burst)
  const [first, ...others] = requests
  const last = others.at(-1)
  assert.ok(first !== undefined && last !== undefined)
  const place = { door: 'outside', address: '', workstation: null, certificate: null } as const
  strangers.met(first, {
    ...{ ...place, kind: 'person', id: 'per_ada', session: 'ses_a', signedInAt: now },
  })
  await strangers.greet(last, 'identity.standing.read')
  await assert.rejects(strangers.greet(last, 'identity.standing.read'), {
    kind: 'database-unavailable',
  })
})

test('DOOR14 a flood, with forged cookies too, holds back nobody with a session and no machine with a certificate, also from the same address', async (t) => {
  const server = await testServer(t, { strangers: { burst: 20, perSecond: 0.5 } })
  const { browser } = await server.workstation('ws-1')
  const page = await speaker(t, server)
  const forged = () => ({ cookie: `__Host-cloister=${randomBytes(32).toString('base64url')}` })
  const flood = [server.inside, server.outside].flatMap((door) =>
    Array.from({ length: 120 }, (_, at) => ask(door, '/standing', at % 2 === 0 ? forged() : {})),
  )
  const standing = () => page.bytes('GET', '/standing')
  const during = Array.from({ length: 10 }, standing)
  const answers = await Promise.all(flood)
  assert.deepEqual([...new Set(answers.map(({ status }) => status))].toSorted(), [401, 429])
  // Twenty for each door, and what came back or was gained while the flood went on.
  assert.ok(answers.filter(({ status }) => status === 429).length > 180)
  assert.equal((await ask(server.outside, '/standing', forged())).status, 429)
  for (const { status } of [...(await Promise.all(during)), await standing()])
    assert.equal(status, 200)
  // Nobody is signed in at this workstation; it is the machine that is known.
  for (let n = 0; n < 30; n += 1)
    assert.equal((await browser.bytes('POST', '/session/begin', {})).status, 200)
  assert.deepEqual(server.faults, [])
})

test('DOOR20 whoever shows a certificate that was revoked is held back on every connection, until the machine is enrolled anew', async (t) => {
  const server = await testServer(t, { strangers: { burst: 5, perSecond: 0.02 } })
  const { program, browser } = await server.workstation('ws-1')
  const held = await loadCredentials(join(server.folder, 'ws-1'))
  assert.ok(held)
  await expectDone(server.operator('POST', '/workstations/ws-1/revoke', {}))
  const statuses: number[] = []
  for (let n = 0; n < 20; n += 1) {
    const agent = doorAgent(server.inside, held, 1)
    statuses.push((await callDoor(server.inside, agent, 'GET', '/standing')).status)
    agent.destroy()
  }
  // The machine's own enrolment took the first of the five.
  assert.deepEqual(
    statuses,
    statuses.map((_, at) => (at < 4 ? 401 : 429)),
  )
  const { code } = await codeOf(server.operator('POST', '/workstations/ws-1/code'))
  // A certificate issued a minute ahead of the real clock would not be valid yet.
  server.advance(55_000)
  await program.enrol(code)
  for (let n = 0; n < 10; n += 1)
    assert.equal((await browser.bytes('POST', '/session/begin', {})).status, 200)
})

test('DOOR20 of certificates that stand for nobody a bounded number is remembered, and one that stands for a machine again is forgotten', () => {
  const nobodys = new Nobodys(100)
  for (let n = 0; n < 1_000; n += 1) nobodys.note(`certificate ${n}`, true)
  assert.equal(nobodys.size, 100)
  assert.deepEqual([nobodys.has('certificate 899'), nobodys.has('certificate 999')], [false, true])
  nobodys.note('certificate 999', false)
  assert.equal(nobodys.has('certificate 999'), false)
  nobodys.note('certificate 1', false)
  assert.equal(nobodys.has('certificate 1'), false)
})

test('DOOR15 what was refused to nobody is one entry for each door, kind of address and minute, and none is lost when it cannot be written at once', async (t) => {
  const database = await testDatabase(t)
  const words: Record<string, unknown>[] = []
  const faults: unknown[] = []
  let at = Date.parse('2026-11-22T10:00:00Z')
  let fail: (error: Error) => void = () => undefined
  let writing = new Promise<void>((_, reject) => {
    fail = reject
  })
  const open = (door: 'inside' | 'outside') =>
    openStrangers({
      ...{ door, limit, now: () => new Date(at), onFault: (fault: unknown) => faults.push(fault) },
      connection: database.connection(`cloister_${door}`),
      sealDetails(tx, said, project) {
        words.push({ ...said })
        return writing.then(() => keepDetails(tx, plainSeal, said, project))
      },
    })
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const outside = open('outside')
  for (let n = 0; n < 1_000; n += 1) {
    outside.refused(`203.0.113.${n % 100}`, 'identity.standing.read')
    if (n % 2 === 0) outside.refused('2001:db8::1', 'delivery.client.list')
  }
  at += 60_000
  t.mock.timers.tick(60_000)
  outside.refused('203.0.113.0', 'delivery.download')
  await soon(() => words.length > 0)
  outside.refused('198.51.100.1', 'delivery.download')
  fail(new Error('no key'))
  await soon(() => faults.length > 0)
  writing = Promise.resolve()
  words.splice(0)
  t.mock.timers.tick(60_000)
  await soon(() => words.length === 2)
  await outside.close()
  const inside = open('inside')
  inside.refused('::ffff:10.1.2.3', 'annotation.task.open')
  inside.refused('127.0.0.1', 'annotation.task.open')
  await inside.close()
  const rows = await database
    .db('cloister_admin')
    .selectFrom('audit.pending')
    .select('body')
    .orderBy('id')
    .execute()
  const entries = rows.map(({ body }) => JSON.parse(body.toString()) as Record<string, unknown>)
  assert.deepEqual(
    entries.map(({ door, actor, action, resource, outcome, policies }) => [
      ...[door, actor, action, resource, outcome, policies],
    ]),
    [
      ['outside', 'public-v4', ['1000 identity.standing.read', '2 delivery.download']],
      ['outside', 'public-v6', ['500 delivery.client.list']],
      ['inside', 'private', ['1 annotation.task.open']],
      ['inside', 'loopback', ['1 annotation.task.open']],
    ].map(([door, kind, counts]) => [
      ...[door, 'nobody', 'site.stranger.refuse', `Strangers::${String(kind)}`, 'done', counts],
    ]),
  )
  const [v4, v6] = words as { since: string; networks: Record<string, number>; others: number }[]
  assert.deepEqual([Object.keys(v4?.networks ?? {}).length, v4?.others], [50, 501])
  assert.equal(v4?.since, '2026-11-22T10:00:00.000Z', 'the moment of the first of them')
  assert.deepEqual(v6?.networks, { '2001:db8:0:0::/64': 500 })
})

test('DOOR16 however many addresses ask, a bounded number is remembered; the addresses of one /64 are one network', () => {
  const buckets = new Buckets(limit, 100)
  for (let n = 0; n < 10_000; n += 1) buckets.take(`network ${n}`, n)
  assert.equal(buckets.size, 100)
  const group = fc.integer({ min: 0, max: 0xffff }).map((one) => one.toString(16))
  const address = (...groups: string[]) => groups.join(':')
  fc.assert(
    fc.property(
      fc.tuple(group, group, group, group),
      fc.array(group, { minLength: 8 }),
      (net, host) => {
        const [one, other] = [host.slice(0, 4), host.slice(4, 8)]
        const network = networkOf(address(...net, ...one))
        assert.equal(networkOf(address(...net, ...other)), network)
        assert.equal(networkOf(`${address(...net)}::1`), network)
        assert.notEqual(
          networkOf(address(...net.slice(0, 3), net[3] === '7' ? '8' : '7', ...one)),
          network,
        )
      },
    ),
  )
  assert.equal(networkOf('::ffff:192.0.2.7'), '192.0.2.7')
  assert.equal(networkOf('fe80::1%eth0'), networkOf('fe80::2%eth1'))
  assert.equal(networkOf('::1'), '0:0:0:0::/64')
})

test('DOOR16 a bucket is full at first, gains by the second, never more than it holds, and nothing from a clock that goes back', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -5_000, max: 20_000 }), { maxLength: 60 }), (pauses) => {
      const buckets = new Buckets(limit)
      let [at, taken] = [0, 0]
      for (const pause of pauses) {
        at += pause
        if (buckets.wait('n', at) > 0) continue
        buckets.take('n', at)
        taken += 1
      }
      const passed = pauses.reduce((sum, pause) => sum + Math.max(0, pause), 0)
      assert.ok(taken <= limit.burst + (passed / 1000) * limit.perSecond)
    }),
  )
})
