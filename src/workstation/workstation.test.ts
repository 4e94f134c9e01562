import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test, type TestContext } from 'node:test'
import { WebSocket, WebSocketServer } from 'ws'
import { startTestDoor, until, type TestDoor } from '../../test/support/doors.ts'
import { codeOf, testServer } from '../../test/support/server.ts'
import type { PostureChecks } from '../shared/facility.ts'
import { callDoor, doorAgent } from './door.ts'
import { readPosture } from './posture.ts'
import { startWorkstation, type Workstation, type WorkstationOptions } from './workstation.ts'

const code = 'ws3-one-time-code'
const good: PostureChecks = {
  ...{ malware: 'ok', diskEncryption: 'ok', usb: 'ok' },
  ...{ network: 'ok', browserPolicy: 'ok', patches: 'ok' },
}

async function scratch(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'cloister-workstation-'))
  t.after(() => rm(dir, { recursive: true }))
  return dir
}

/** Workstation 3 in front of a real door, enrolled by code. */
async function workstation(
  t: TestContext,
  change: Partial<WorkstationOptions> = {},
): Promise<{ door: TestDoor; ws3: Workstation; dir: string }> {
  const door = await startTestDoor(t)
  const dir = change.dir ?? (await scratch(t))
  door.codes.set(code, { kind: 'workstation', id: 'ws-3' })
  const ws3 = await startWorkstation({
    ...{ id: 'ws-3', listen: { host: '127.0.0.1', port: 0 }, server: door.door, dir, code },
    clock: () => new Date(),
    ...change,
  })
  t.after(() => ws3.close())
  return { door, ws3, dir }
}

/** Sends a request as the browser on this machine would. */
async function ask(
  ws3: Workstation,
  path: string,
  options: {
    method?: string
    headers?: Record<string, string | string[]>
    body?: string | Buffer
  } = {},
): Promise<{ status: number; headers: IncomingMessage['headers']; body: Buffer }> {
  const { port, host } = new URL(ws3.url)
  const call = httpRequest({
    ...{ host: '127.0.0.1', port, path, method: options.method ?? 'GET' },
    headers: { host, ...options.headers },
  })
  call.end(options.body)
  const [answer] = (await once(call, 'response')) as [IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of answer) chunks.push(chunk as Buffer)
  return { status: answer.statusCode!, headers: answer.headers, body: Buffer.concat(chunks) }
}

suite('workstation', () => {
  test('WS1 enrolment keeps a key that never left the machine in a file of its owner alone', async (t) => {
    const { door, dir } = await workstation(t)
    assert.deepEqual(door.enrolled, ['workstation ws-3'])
    const file = join(dir, 'credentials.json')
    assert.equal((await stat(file)).mode & 0o777, 0o600)
    assert.equal((await stat(dir)).mode & 0o777, 0o700)
    assert.match(await readFile(file, 'utf8'), /BEGIN PRIVATE KEY/)
    assert.equal(door.codes.size, 0)
  })

  test('WS2 a wrong code, a certificate for another name and a readable key file are refused', async (t) => {
    await assert.rejects(workstation(t, { code: 'not-the-right-code' }), /refused the enrolment/)
    const door = await startTestDoor(t)
    door.codes.set(code, { kind: 'workstation', id: 'ws-4' })
    const dir = await scratch(t)
    const options = {
      ...{ id: 'ws-3', listen: { host: '127.0.0.1', port: 0 }, server: door.door, dir, code },
      clock: () => new Date(),
    }
    await assert.rejects(startWorkstation(options), /not one for ws-3/)
    await assert.rejects(stat(join(dir, 'credentials.json')))
    await assert.rejects(
      startWorkstation({ ...options, listen: { host: '0.0.0.0', port: 0 } }),
      /127[.]0[.]0[.]1/,
    )
    await assert.rejects(startWorkstation({ ...options, id: '../ws-3' }), /label/)
    door.codes.set(code, { kind: 'workstation', id: 'ws-3' })
    await (await startWorkstation(options)).close()
    await chmod(join(dir, 'credentials.json'), 0o640)
    await assert.rejects(startWorkstation(options), /read by others/)
  })

  test('WS3 at two thirds of its life the certificate is replaced over mutual TLS, work going on', async (t) => {
    let now = new Date()
    const { door, ws3, dir } = await workstation(t, { clock: () => now })
    let finish: (() => void) | undefined
    door.onRequest = (request, response, peer) => {
      if (request.url !== '/slow') response.end(peer?.serial)
      else {
        response.write('half ')
        finish = () => void response.end('whole')
      }
    }
    const before = (await ask(ws3, '/')).body.toString()
    const slow = ask(ws3, '/slow')
    await new Promise((resolve) => setImmediate(resolve))
    now = new Date(now.getTime() + 38 * 60_000)
    await ws3.tick()
    assert.equal(door.enrolled.length, 1)
    now = new Date(now.getTime() + 2 * 60_000)
    await Promise.all([ws3.tick(), ws3.tick()])
    assert.deepEqual(door.enrolled, ['workstation ws-3', 'workstation ws-3'])
    const after = (await ask(ws3, '/')).body.toString()
    assert.match(after, /^[0-9a-f]{32}$/)
    assert.notEqual(after, before)
    assert.ok(finish !== undefined)
    finish()
    assert.equal((await slow).body.toString(), 'half whole')
    assert.match(await readFile(join(dir, 'credentials.json'), 'utf8'), /BEGIN CERTIFICATE/)
  })

  test('WS4 a second start uses the stored certificate; an expired one is not shown to the door', async (t) => {
    const { door, ws3, dir } = await workstation(t)
    await ws3.close()
    let now = new Date()
    const again = await startWorkstation({
      ...{ id: 'ws-3', listen: { host: '127.0.0.1', port: 0 }, server: door.door, dir },
      clock: () => now,
    })
    t.after(() => again.close())
    door.onRequest = (_, response, peer) => response.end(peer?.id)
    assert.equal((await ask(again, '/')).body.toString(), 'ws-3')
    now = new Date(now.getTime() + 61 * 60_000)
    const { status, headers, body } = await ask(again, '/')
    assert.equal(status, 503)
    assert.match(headers['content-type']!, /^application\/problem[+]json/)
    assert.match(body.toString(), /workstation-not-enrolled/)
  })

  test('WS5 another Host, as DNS rebinding would send it, is refused for requests and sockets', async (t) => {
    const { door, ws3 } = await workstation(t)
    let reached = 0
    door.onRequest = (_, response) => response.end(String(reached++))
    const { port } = new URL(ws3.url)
    for (const host of [
      `evil.example:${port}`,
      `127.0.0.1:${port}`,
      'ws-3.localhost',
      `ws-4.localhost:${port}`,
    ])
      assert.equal((await ask(ws3, '/', { headers: { host } })).status, 421)
    const socket = new WebSocket(`ws://127.0.0.1:${port}/signals`)
    const [error] = (await once(socket, 'error')) as [Error]
    assert.match(error.message, /421/)
    assert.equal(reached, 0)
  })

  test('WS6 headers pass unchanged but for those of the connection and claims about the sender', async (t) => {
    const { door, ws3 } = await workstation(t)
    door.onRequest = (request, response) => {
      response.setHeader('set-cookie', ['__Host-a=1; Secure', 'b=2'])
      response.setHeader('x-frame-options', 'DENY')
      response.end(JSON.stringify(request.headers))
    }
    const { headers, body } = await ask(ws3, '/path?q=%20', {
      headers: {
        ...{ cookie: '__Host-a=1; b=2', origin: ws3.url, range: 'bytes=0-3', te: 'trailers' },
        ...{ 'x-forwarded-for': '10.0.0.1', forwarded: 'for=10.0.0.1', 'x-real-ip': '10.0.0.1' },
        ...{ 'x-cloister-workstation': 'ws-9', connection: 'close, x-private', 'x-private': '1' },
      },
    })
    assert.deepEqual(headers['set-cookie'], ['__Host-a=1; Secure', 'b=2'])
    assert.equal(headers['x-frame-options'], 'DENY')
    const { connection, ...seen } = JSON.parse(body.toString()) as Record<string, string>
    assert.equal(connection, 'keep-alive')
    assert.deepEqual(seen, {
      ...{ host: new URL(ws3.url).host, cookie: '__Host-a=1; b=2' },
      ...{ origin: ws3.url, range: 'bytes=0-3' },
    })
  })

  test('WS7 bodies stream both ways, framed or of known length, and arrive exact', async (t) => {
    const { door, ws3 } = await workstation(t)
    door.onRequest = (request, response) => request.pipe(response)
    const body = randomBytes(3_000_000)
    const { body: back } = await ask(ws3, '/', { method: 'POST', body })
    assert.equal(sha256(back), sha256(body))
    for (const method of ['GET', 'DELETE', 'PUT']) {
      const chunked = await ask(ws3, '/', {
        ...{ method, headers: { 'transfer-encoding': 'chunked' } },
        body: 'GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n',
      })
      assert.match(chunked.body.toString(), /smuggled/, method)
    }
  })

  test('WS8 a slow reader slows the door: the proxy keeps no body in memory', async (t) => {
    const { door, ws3 } = await workstation(t)
    let sent = 0
    let gone = false
    const chunk = Buffer.alloc(1 << 16)
    door.onRequest = (_, response) => {
      const more = () => {
        while (!gone && sent < 1 << 30) {
          sent += chunk.length
          if (!response.write(chunk)) return
        }
      }
      response.on('drain', more)
      response.on('close', () => (gone = true))
      more()
    }
    const { port, host } = new URL(ws3.url)
    const call = httpRequest({ host: '127.0.0.1', port, headers: { host } })
    call.end()
    const [answer] = (await once(call, 'response')) as [IncomingMessage]
    answer.pause()
    let last = -1
    await until('the door stops sending', () => {
      const still = sent === last
      last = sent
      return still && sent > 0
    })
    assert.ok(sent < 64 << 20, `${sent} bytes were taken for a reader that reads nothing`)
    answer.destroy()
    await until('the door sees the reader go', () => gone)
  })

  test('WS9 a WebSocket passes through, and its refusal by the door reaches the page', async (t) => {
    const { door, ws3 } = await workstation(t)
    const sockets = new WebSocketServer({ noServer: true })
    t.after(() => {
      sockets.close()
    })
    door.onUpgrade = (request, socket, head) => {
      if (request.url === '/refused')
        socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno')
      else
        sockets.handleUpgrade(request, socket, head, (open) => {
          open.send(`${request.headers.cookie ?? ''} ${request.headers.origin ?? ''}`)
          open.on('message', (message: Buffer) => {
            open.send(message.toString().toUpperCase())
          })
        })
    }
    const { host, port } = new URL(ws3.url)
    const headers = { host, cookie: 'b=2', origin: ws3.url }
    const page = new WebSocket(`ws://127.0.0.1:${port}/signals`, { headers })
    const [hello] = (await once(page, 'message')) as [Buffer]
    assert.equal(hello.toString(), `b=2 ${ws3.url}`)
    page.send('blank')
    const [reply] = (await once(page, 'message')) as [Buffer]
    assert.equal(reply.toString(), 'BLANK')
    page.close()
    await once(page, 'close')
    const refused = new WebSocket(`ws://127.0.0.1:${port}/refused`, { headers })
    const [error] = (await once(refused, 'error')) as [Error]
    assert.match(error.message, /403/)
  })

  test('WS10 while the server is away the page gets a problem document, and works again after', async (t) => {
    const { door, ws3 } = await workstation(t)
    door.onRequest = (_, response) => response.end('here')
    assert.equal((await ask(ws3, '/')).status, 200)
    await door.goAway()
    const { status, body } = await ask(ws3, '/')
    assert.equal(status, 502)
    assert.match(body.toString(), /server-unreachable/)
    await door.comeBack()
    assert.equal((await ask(ws3, '/')).body.toString(), 'here')
  })

  test('WS11 the posture report is signed, minutely, and its sequence survives a restart', async (t) => {
    let now = new Date()
    const door = await startTestDoor(t)
    door.codes.set(code, { kind: 'workstation', id: 'ws-3' })
    const options: WorkstationOptions = {
      ...{ id: 'ws-3', listen: { host: '127.0.0.1', port: 0 }, server: door.door },
      ...{ building: door.door, dir: await scratch(t), code, clock: () => now },
    }
    const first = await startWorkstation(options)
    await first.simulatePosture(good)
    await first.simulatePosture({ ...good, usb: 'bad' })
    const told = door.reports.length
    await first.tick()
    assert.equal(door.reports.length, told)
    now = new Date(now.getTime() + 60_000)
    await first.tick()
    assert.equal(door.reports.length, told + 1)
    assert.equal(door.reports.at(-1)?.checks.usb, 'bad')
    await first.close()
    const second = await startWorkstation(options)
    await second.tick()
    await second.close()
    const numbers = door.reports.map(({ sequence }) => sequence)
    assert.deepEqual(
      numbers,
      numbers.map((_, at) => at + 1),
    )
  })

  test('WS13 whom the server has revoked is told once, sends nothing more before it is enrolled anew, and its program ends with 3', async (t) => {
    const server = await testServer(t)
    const { program } = await server.workstation('ws-2')
    const dir = await scratch(t)
    const options = {
      id: 'ws-3',
      listen: { host: '127.0.0.1', port: 0 },
      server: server.inside,
      dir,
    }
    const { code: own } = await codeOf(server.operator('POST', '/workstations/ws-3/code'))
    await (await startWorkstation({ ...options, clock: () => new Date(), code: own })).close()
    for (const id of ['ws-2', 'ws-3']) await server.operator('POST', `/workstations/${id}/revoke`)
    for (let n = 0; n < 3; n += 1) await program.simulatePosture(good)
    const [told, ...more] = server.faults.splice(0)
    assert.match(String(told), /revoked the certificate of ws-2.*enrol ws-2/)
    assert.deepEqual(more, [])
    const again = await codeOf(server.operator('POST', '/workstations/ws-2/code'))
    await program.enrol(again.code)
    await program.simulatePosture(good)
    assert.deepEqual(server.faults, [])
    const ca = join(dir, 'ca.pem')
    await writeFile(ca, server.inside.ca)
    const at = ({ host, port }: { host: string; port: number }) => `${host}:${String(port)}`
    const child = spawn(
      process.execPath,
      [
        ...['-C', 'source', '--import', 'tsx', new URL('main.ts', import.meta.url).pathname],
        ...['--id', 'ws-3', '--dir', dir, '--ca', ca, '--server', at(server.inside)],
        ...['--building', at(server.building)],
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    )
    t.after(() => child.kill())
    let said = ''
    child.stderr.on('data', (piece: Buffer) => (said += piece.toString()))
    const [status] = (await once(child, 'close')) as [number]
    assert.equal(status, 3, said)
    assert.match(said, /^workstation: .*revoked the certificate of ws-3[^\n]*\n$/)
  })

  test('WS15 a refusal that is no revocation shuts no machine out: it reports again when the server knows it again', async (t) => {
    const server = await testServer(t)
    const [faults, shutOut]: [string[], string[]] = [[], []]
    const { code: own } = await codeOf(server.operator('POST', '/workstations/ws-1/code'))
    let now = Date.now()
    const program = await startWorkstation({
      ...{ id: 'ws-1', listen: { host: '127.0.0.1', port: 0 }, code: own },
      ...{ server: server.inside, building: server.building, dir: await scratch(t) },
      clock: () => new Date(now),
      onFault: (words) => faults.push(words),
      onShutOut: (words) => shutOut.push(words),
    })
    t.after(() => program.close())
    const reports = async () => {
      const rows = server.database.db('cloister_admin').selectFrom('facility.posture')
      return (await rows.select('sequence').execute()).map(({ sequence }) => sequence)
    }
    await program.simulatePosture(good)
    assert.deepEqual(await reports(), [1])
    // The server's clock runs two months ahead for one report, so that no certificate is in date.
    const ahead = 60 * 86_400_000
    server.advance(ahead)
    await program.simulatePosture(good)
    server.advance(-ahead)
    assert.match(faults.join(), /^The posture report could not be delivered: status 401$/)
    now += 6_000
    await program.tick()
    assert.deepEqual([await reports(), shutOut, faults.length], [[3], [], 1])
  })

  test('WS14 machines of one address that enrol at once are all let in, however few a second may ask', async (t) => {
    const server = await testServer(t, { strangers: { burst: 1, perSecond: 2 } })
    const codes = await Promise.all(
      ['ws-1', 'ws-2', 'ws-3', 'ws-4'].map(async (id) => {
        const { code } = await codeOf(server.operator('POST', `/workstations/${id}/code`))
        return [id, code] as const
      }),
    )
    const { host, port, ca } = server.inside
    const agent = doorAgent({ host, port, ca }, undefined)
    t.after(() => {
      agent.destroy()
    })
    const statuses: number[] = []
    while (!statuses.includes(429))
      statuses.push((await callDoor(server.inside, agent, 'GET', '/standing')).status)
    await Promise.all(
      codes.map(async ([id, code]) => {
        const dir = await scratch(t)
        const machine = await startWorkstation({
          ...{ id, listen: { host: '127.0.0.1', port: 0 }, server: server.inside, dir, code },
          clock: () => server.now(),
        })
        await machine.close()
        assert.equal((await stat(join(dir, 'credentials.json'))).isFile(), true)
      }),
    )
  })

  test('WS12 a measured posture says unknown of what nobody measures and bad of a changed policy', async (t) => {
    const dir = await scratch(t)
    const file = join(dir, 'absent.json')
    const checks = await readPosture({ browserPolicy: { file, sha256: '0'.repeat(64) } })
    assert.deepEqual(
      [checks.malware, checks.patches, checks.network],
      ['unknown', 'unknown', 'unknown'],
    )
    assert.equal(checks.browserPolicy, 'bad')
    const own = new URL(import.meta.url).pathname
    const right = { file: own, sha256: sha256(await readFile(own)) }
    assert.equal((await readPosture({ browserPolicy: right })).browserPolicy, 'ok')
  })
})

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
