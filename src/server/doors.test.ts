import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type OutgoingHttpHeaders, request as httpRequest } from 'node:http'
import { Agent, request as httpsRequest } from 'node:https'
import { connect as connectPlain } from 'node:net'
import { afterEach, before, test } from 'node:test'
import { connect } from 'node:tls'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { actOf, type Door as DoorName } from '#shared/actions.ts'
import { problems } from '#shared/problems.ts'
import { wholeFile } from '../../test/support/database.ts'
import { type House, openHouse } from '../../test/support/house.ts'
import { shippedText } from '../../test/support/sites.ts'
import type { Door } from '../workstation/door.ts'
import type { RouteAct } from './http/door.ts'
import type { Route } from './open.ts'

interface Answer {
  readonly status: number
  readonly type: string
  readonly text: string
}
interface Sent {
  readonly method: string
  readonly path: string
  readonly headers?: OutgoingHttpHeaders
  readonly body?: string | Buffer
}
type Ask = (sent: Sent) => Promise<Answer>

/** One act's address, with the doors that have it. */
interface Address extends Omit<Route, 'door' | 'act'> {
  readonly doors: readonly DoorName[]
  readonly act: RouteAct
}

let house: House
let doors: Readonly<Record<DoorName, Ask>>
/** The addresses of acts, as the server itself lists them. */
let acts: readonly Address[]

before(async () => {
  house = await openHouse(wholeFile)
  const through = ({ ca, host, port }: Door): Ask => {
    const agent = new Agent({ keepAlive: true, ca, minVersion: 'TLSv1.3', maxSockets: 4 })
    wholeFile.after(() => {
      agent.destroy()
      return Promise.resolve()
    })
    return (sent) => ask(sent, { agent, host, port })
  }
  const { inside, building, outside } = house.network
  doors = {
    ...{ inside: through(inside), building: through(building), outside: through(outside) },
    operator: (sent) => ask(sent, { socketPath: house.operatorSocket }),
  }
  acts = actsOf(house.server.routes)
  const body = JSON.stringify({ file: shippedText('demonstration') })
  const { status } = await doors.operator({ method: 'POST', path: '/site', headers: json, body })
  assert.equal(status, 200)
})

afterEach(() => {
  assert.deepEqual(house.faults.splice(0), [], 'faults that were answered with 500')
})

function actsOf(routes: readonly Route[]): Address[] {
  const found = new Map<string, Address>()
  for (const { door, act, ...route } of routes) {
    // Fastify adds a HEAD to every GET.
    if (act === undefined || route.method === 'HEAD') continue
    const key = `${route.method} ${route.url}`
    const before = found.get(key)?.doors ?? []
    found.set(key, { ...route, act, doors: [...before, door] })
  }
  return [...found.values()]
}

function ask(
  { method, path, headers = {}, body }: Sent,
  to: { agent: Agent; host: string; port: number } | { socketPath: string },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const begin = 'agent' in to ? httpsRequest : httpRequest
    const out = begin({ ...to, method, path, headers }, (answer) => {
      const pieces: Buffer[] = []
      answer.on('data', (piece: Buffer) => pieces.push(piece))
      answer.on('error', reject)
      answer.on('end', () => {
        const text = Buffer.concat(pieces).toString('utf8')
        const type = String(answer.headers['content-type'])
        resolve({ status: answer.statusCode ?? 0, type, text })
        // A body that was announced and refused is never sent.
        out.destroy()
      })
    })
    out.on('error', reject)
    // A length that is only announced: the refusal must come before any of it.
    if (headers['content-length'] !== undefined && body === undefined) out.flushHeaders()
    else out.end(body)
  })
}

/** The kind of a refusal, which must be a whole problem document of the catalogue. */
function kindOf({ status, type, text }: Answer, what: string): string {
  assert.match(type, /^application\/problem\+json/, `${what}: ${String(status)} ${text}`)
  const body = JSON.parse(text) as Record<string, unknown>
  const kind = String(body['type']).replace('/problems/', '')
  assert.ok(kind in problems, `${what}: ${text}`)
  const known = problems[kind as keyof typeof problems]
  assert.deepEqual(
    [body['status'], status, body['title']],
    [known.status, status, known.title],
    what,
  )
  assert.equal(typeof body['instance'], 'string', what)
  return kind
}

const ids: Readonly<Record<string, string>> = {
  ...{ person: 'per', project: 'prj', client: 'cli', task: 'tsk', delivery: 'del', key: 'dky' },
  ...{ batch: 'bat', alarm: 'alm' },
}
const names: Readonly<Record<string, string>> = {
  ...{ controller: 'ctl-main', zone: 'floor-1', id: 'ws-1', code: 'aurora', from: '0', index: '0' },
  keys: `prj_${'a'.repeat(26)}`,
}

/** The route's address with well-formed names of things that are not there. */
function addressOf({ url }: Pick<Route, 'url'>): string {
  return url.replaceAll(/:([a-z]+)/g, (_, name: string) => {
    const prefix = ids[name]
    const value = prefix === undefined ? names[name] : `${prefix}_${'a'.repeat(26)}`
    assert.ok(value !== undefined, `no example for :${name}`)
    return value
  })
}

const json = { 'content-type': 'application/json' }
const deep = '['.repeat(30_000)
const malformed: readonly (readonly [string, Sent['headers'], string | Buffer, string[]])[] = [
  ['broken JSON', json, '{"a":', ['invalid-input']],
  ['bytes that are no text', json, Buffer.from([0xff, 0xfe, 0, 0x80]), ['invalid-input']],
  ['JSON nested without end', json, deep, ['invalid-input']],
  ['a poisoned prototype', json, '{"__proto__":{"admin":true}}', ['invalid-input']],
  ['a poisoned constructor', json, '{"constructor":{"prototype":{"x":1}}}', ['invalid-input']],
  ['another type', { 'content-type': 'text/xml' }, '<a/>', ['unsupported-media']],
  ['a form', { 'content-type': 'multipart/form-data; boundary=x' }, '--x', ['unsupported-media']],
  ['a type that is none', { 'content-type': ';;;' }, '{}', ['unsupported-media']],
]

/** Sends something to each of the addresses at each of its doors; answers to how many. */
async function everywhere(
  addresses: readonly Address[],
  send: (ask: Ask, address: Address, place: string) => Promise<void>,
): Promise<number> {
  let count = 0
  for (const address of addresses)
    for (const door of address.doors) {
      await send(doors[door], address, `${door} ${address.method} ${address.url}`)
      count += 1
    }
  return count
}

const kindOfAct = (kind: RouteAct['kind']) => acts.filter(({ act }) => act.kind === kind)

test('DOOR1 a body that is malformed, of another type or too large is refused at every route of every door with a problem document that says which', async () => {
  const taking = kindOfAct('json').filter(({ method }) => method !== 'GET')
  const tried = await everywhere(taking, async (to, address, place) => {
    const [method, path] = [address.method, addressOf(address)]
    for (const [what, headers, body, kinds] of malformed) {
      const kind = kindOf(
        await to({ method, path, headers: headers ?? {}, body }),
        `${place}: ${what}`,
      )
      // Routes without a body's shape have nothing to refuse in one that can be read.
      const readable = what === 'a poisoned constructor'
      assert.ok(kinds.includes(kind) || readable, `${place}: ${what}: ${kind}`)
    }
    const length = { ...json, 'content-length': address.limit + 1 }
    assert.equal(kindOf(await to({ method, path, headers: length }), place), 'too-large', place)
    if (address.limit > 65_536) return
    const chunked = { ...json, 'transfer-encoding': 'chunked' }
    const body = JSON.stringify('x'.repeat(address.limit))
    assert.equal(kindOf(await to({ method, path, headers: chunked, body }), place), 'too-large')
  })
  assert.ok(tried > 80, `only ${tried} routes were tried`)
  const uploads = await everywhere(kindOfAct('upload'), async (to, address, place) => {
    for (const headers of [{ 'content-type': 'text/plain' }, { ...json }]) {
      const sent = { method: 'POST', path: addressOf(address), headers, body: '{}' }
      const kind = kindOf(await to(sent), place)
      assert.ok(['unsupported-media', 'not-found'].includes(kind), `${place}: ${kind}`)
    }
  })
  assert.ok(uploads > 0)
  const bytes = { 'content-type': 'application/octet-stream' }
  for (const [body, kind] of [
    ['{"to":', 'invalid-input'],
    ['{"to":"/x"}', 'invalid-input'],
    [Buffer.from([0xff, 0xfe]), 'invalid-input'],
    [Buffer.alloc(100_000, 32), 'too-large'],
  ] as const) {
    const answer = await doors.operator({ method: 'POST', path: '/backup', headers: bytes, body })
    assert.equal(kindOf(answer, `a backup by ${JSON.stringify(body.slice(0, 9))}`), kind)
  }
})

test('DOOR17 a body that was packed is refused unread at every route, however small it is', async () => {
  const bombs = {
    gzip: gzipSync(Buffer.alloc(50 << 20, 32)),
    deflate: deflateSync('{"a":1}'),
    br: brotliCompressSync(Buffer.alloc(50 << 20, 32)),
  }
  const taking = acts.filter(({ method }) => method !== 'GET')
  const tried = await everywhere(taking, async (to, { act, method, ...address }, place) => {
    const type = act.kind === 'upload' ? 'application/octet-stream' : 'application/json'
    for (const [coding, body] of Object.entries(bombs)) {
      const headers = { 'content-type': type, 'content-encoding': coding }
      const answer = await to({ method, path: addressOf(address), headers, body })
      assert.equal(kindOf(answer, place), 'unsupported-media', `${place}: ${coding}`)
      assert.match(answer.text, /"coding":"identity"/)
    }
  })
  assert.ok(tried > 80, `only ${tried} routes were tried`)
})

test('DOOR2 an act has an address at its own doors only, under its own method, and names that are malformed or endless lead nowhere', async () => {
  for (const { act, doors: found, url } of acts)
    assert.deepEqual([...found].sort(), [...actOf(act.action).doors].sort(), url)
  const routes = house.server.routes
  const declared = new Set(routes.map(({ door, method, url }) => `${door} ${method} ${url}`))
  for (const { method: own, url } of routes) {
    const path = addressOf({ url })
    for (const [door, to] of Object.entries(doors)) {
      const others = ['PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND']
      for (const method of declared.has(`${door} ${own} ${url}`) ? others : [own]) {
        if (declared.has(`${door} ${method} ${url}`)) continue
        const answer = await to({ method, path })
        if (method === 'HEAD') assert.equal(answer.status, problems['not-found'].status)
        else assert.equal(kindOf(answer, `${door} ${method} ${url}`), 'not-found')
      }
    }
  }
  const named = acts.filter(({ url }) => url.includes(':'))
  await everywhere(named, async (to, { method, url }, place) => {
    for (const name of ['x'.repeat(200), '%00', '%zz', '..%2f..%2fetc%2fpasswd', '%F0%28%8C%28']) {
      const answer = await to({
        method,
        path: url.replaceAll(/:[a-z]+/g, name),
        ...(method !== 'GET' && { headers: json, body: '{}' }),
      })
      const kind = kindOf(answer, `${place} with ${name}`)
      assert.ok(['not-found', 'invalid-input'].includes(kind), `${place} with ${name}: ${kind}`)
      assert.ok(!answer.text.includes('passwd'), 'what was asked for is not repeated')
    }
  })
})

test('DOOR3 no path leads to a file that is not a page', async () => {
  for (const path of [
    ...['/../package.json', '/..%2fpackage.json', '/%2e%2e/%2e%2e/etc/passwd', '//etc/passwd'],
    ...['/app/../../package.json', '/index.html%00.js', '/.git/config', '/\\..\\package.json'],
  ])
    for (const [name, to] of Object.entries(doors)) {
      const answer = await to({ method: 'GET', path })
      if (answer.status === 200) assert.match(answer.text, /^<!doctype html><title>test/, path)
      else kindOf(answer, `${name} ${path}`)
    }
})

test('DOOR4 cookies and headers that are malformed, endless or foreign make nobody of the caller', async () => {
  const cookies = [
    ...[
      '__Host-cloister=',
      '__Host-cloister=%zz',
      '__Host-cloister="',
      `__Host-cloister=${'A'.repeat(9000)}`,
    ],
    ...[';;;===', '__Host-cloister=a; __Host-cloister=b', 'x=y; '.repeat(1500), '\xff\xfe=\x80'],
  ]
  for (const name of ['inside', 'outside'] as const)
    for (const cookie of cookies) {
      const answer = await doors[name]({ method: 'GET', path: '/standing', headers: { cookie } })
      assert.equal(kindOf(answer, `${name}: ${cookie.slice(0, 30)}`), 'not-signed-in')
    }
  const claims = { 'x-forwarded-for': '10.0.0.1', 'x-ssl-client-cert': 'ws-1', 'x-person': 'per_x' }
  for (const [door, method, path] of [
    ['inside', 'GET', '/site'],
    ['building', 'GET', '/commands'],
  ] as const) {
    const answer = await doors[door]({ method, path, headers: claims })
    assert.equal(kindOf(answer, door), 'not-signed-in')
  }
})

/** What a door says to bytes that are no request. */
async function raw(door: Door, bytes: string | Buffer): Promise<string> {
  const socket = connect({ host: door.host, port: door.port, ca: door.ca, servername: 'localhost' })
  await once(socket, 'secureConnect')
  let said = ''
  socket.on('data', (piece: Buffer) => (said += piece.toString('latin1')))
  socket.on('error', () => undefined)
  socket.end(bytes)
  await once(socket, 'close')
  return said
}

test('DOOR5 what is no request at all gets a problem document or a closed connection, and the door stays open', async () => {
  const head = 'POST /session/begin HTTP/1.1\r\nhost: x\r\n'
  for (const door of Object.values(house.network)) {
    for (const [bytes, status] of [
      ['GARBAGE\r\n\r\n', 422],
      [`${head}content-length: -5\r\n\r\n`, 422],
      [`${head}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`, 422],
      [`${head}transfer-encoding: chunked\r\n\r\nzz\r\n`, 422],
      [`${head}x: ${'y'.repeat(20_000)}\r\n\r\n`, 413],
      [Buffer.alloc(4096, 0), 422],
    ] as const) {
      const said = await raw(door, bytes)
      const [first = '', ...rest] = said.split('\r\n')
      assert.match(first, new RegExp(`^HTTP/1.1 ${status} `), JSON.stringify(bytes.slice(0, 40)))
      const type = rest.find((line) => line.startsWith('content-type: '))?.slice(14) ?? ''
      kindOf({ status, type, text: said.slice(said.indexOf('\r\n\r\n') + 4) }, first)
    }
    const plain = connectPlain(door.port, door.host)
    plain.on('error', () => undefined)
    plain.end('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
    plain.resume()
    await once(plain, 'close')
    const upgrade = await raw(
      door,
      'GET //// HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
    )
    assert.ok(!upgrade.startsWith('HTTP/1.1 101'), upgrade)
  }
  for (const [name, to] of Object.entries(doors))
    assert.equal(kindOf(await to({ method: 'GET', path: '/nothing' }), name), 'not-found')
})

test('DOOR6 certificates, codes and site files that are malformed are refused with the place, and nothing is kept of them', async () => {
  const { inside, operator } = doors
  const pem = (text: string) =>
    `-----BEGIN CERTIFICATE REQUEST-----\n${text}\n-----END CERTIFICATE REQUEST-----\n`
  const codeFor = async () => {
    const answer = await operator({ method: 'POST', path: '/workstations/ws-1/code' })
    return (JSON.parse(answer.text) as { code: string }).code
  }
  for (const csr of [
    'x',
    pem(''),
    pem('AAAA'),
    pem('!!!'),
    pem(Buffer.alloc(5000, 48).toString()),
  ]) {
    const body = JSON.stringify({ code: await codeFor(), csr })
    const answer = await inside({ method: 'POST', path: '/enrolment', headers: json, body })
    assert.equal(kindOf(answer, csr.slice(0, 60)), 'invalid-input')
    assert.equal((JSON.parse(answer.text) as { where: string }).where, 'body/csr')
  }
  const wrong = JSON.stringify({ code: 'AAAA-BBBB-CCCC-DDDD', csr: 'x' })
  const refused = await inside({ method: 'POST', path: '/enrolment', headers: json, body: wrong })
  assert.equal(kindOf(refused, 'a code'), 'code-refused')
  const laughs = Array.from({ length: 9 }, (_, at) =>
    at === 0 ? 'a0: &a0 [x,x,x,x,x,x,x,x,x]' : `a${at}: &a${at} [${`*a${at - 1},`.repeat(9)}]`,
  ).join('\n')
  for (const file of ['', '[', laughs, 'a: !!js/function x', '\u0000', '- '.repeat(50_000)]) {
    const body = JSON.stringify({ file })
    const answer = await operator({ method: 'POST', path: '/site', headers: json, body })
    assert.equal(kindOf(answer, file.slice(0, 30)), 'invalid-input')
  }
  const sites = await house.database
    .db('cloister_admin')
    .selectFrom('facility.certificate')
    .select('subject')
    .execute()
  assert.deepEqual(sites, [])
})
