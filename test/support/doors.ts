import { verify, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'
import type { TestContext } from 'node:test'
import type { TSchema } from 'typebox'
import { Check } from 'typebox/value'
import {
  identifyPeer,
  issueForPeer,
  toPem,
  type Authority,
  type Peer,
  type PeerKind,
} from '../../src/server/authority/index.ts'
import {
  AccessEvents,
  EnrolmentRequest,
  Heartbeat,
  postureBytes,
  PostureReport,
  RenewalRequest,
  type AccessEvent,
  type Command,
} from '../../src/shared/facility.ts'
import type { Door } from '../../src/workstation/door.ts'
import { doorCertificate, minutes, testAuthority } from './certificates.ts'

/** A real TLS 1.3 door that speaks the routes of the inside and the building door, and keeps all it hears. */
export interface TestDoor {
  readonly door: Door
  readonly authority: Authority
  /** One-time codes and whom each may enrol. */
  readonly codes: Map<string, { kind: PeerKind; id: string }>
  readonly revoked: Set<string>
  /** Peers that were given a certificate, in order. */
  readonly enrolled: string[]
  /** Every event in every delivery, duplicates too. */
  readonly events: AccessEvent[]
  readonly heartbeats: Heartbeat[]
  readonly reports: PostureReport[]
  readonly commands: Command[]
  /** Commands that each controller has asked past. */
  readonly done: Map<string, number>
  /** Answers what the product's own routes do not: for tests of the proxy. */
  onRequest: (request: IncomingMessage, response: ServerResponse, peer: Peer | undefined) => void
  onUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
  /** Goes away: no TCP connection any more, until `comeBack`. */
  goAway(): Promise<void>
  comeBack(): Promise<void>
}

/** Starts a door on a free port of loopback, closed when the test ends. */
export async function startTestDoor(t: TestContext, lifetimeMinutes = 60): Promise<TestDoor> {
  const authority = await testAuthority()
  const ca = toPem('CERTIFICATE', authority.certificate)
  const { key, cert } = await doorCertificate(authority)
  let server: Server
  const sockets = new Set<Duplex>()
  const listen = async (port: number) => {
    server = createServer({
      ...{ key, cert, ca, requestCert: true, rejectUnauthorized: false, minVersion: 'TLSv1.3' },
    })
    server.on('secureConnection', (socket) => {
      sockets.add(socket)
      socket.on('error', () => socket.destroy())
      socket.on('close', () => sockets.delete(socket))
    })
    server.on('request', (request, response) => {
      void answer(test, lifetimeMinutes, request, response)
    })
    server.on('upgrade', (request, socket, head: Buffer) => {
      test.onUpgrade(request, socket, head)
    })
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    return address.port
  }
  const goAway = async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')
  }
  const port = await listen(0)
  t.after(() => (server.listening ? goAway() : undefined))
  const test: TestDoor = {
    ...{ door: { host: '127.0.0.1', port, ca }, authority, codes: new Map(), revoked: new Set() },
    ...{ enrolled: [], events: [], heartbeats: [], reports: [], commands: [], done: new Map() },
    onRequest: (_, response) => response.writeHead(404).end(),
    onUpgrade: (_, socket) => socket.destroy(),
    goAway,
    comeBack: async () => {
      await listen(port)
    },
  }
  return test
}

async function answer(
  test: TestDoor,
  lifetimeMinutes: number,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const peer = peerOf(test, request)
  const { pathname, searchParams } = new URL(request.url ?? '/', 'https://door')
  const reply = (status: number, body: unknown) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  const issue = async (to: { kind: PeerKind; id: string }, csr: string) => {
    const validity = minutes(lifetimeMinutes)
    const { certificate } = await issueForPeer(test.authority, { ...to, request: csr }, validity)
    test.enrolled.push(`${to.kind} ${to.id}`)
    reply(201, { certificate: toPem('CERTIFICATE', certificate), ca: test.door.ca })
  }
  const routes: Record<string, () => Promise<unknown>> = {
    'POST /enrolment': async () => {
      const body = await read(EnrolmentRequest, request)
      const allowed = test.codes.get(body?.code ?? '')
      if (body === undefined || allowed === undefined) return reply(403, {})
      test.codes.delete(body.code)
      return issue(allowed, body.csr)
    },
    'POST /enrolment/renewal': async () => {
      const body = await read(RenewalRequest, request)
      return body === undefined || peer === undefined ? reply(403, {}) : issue(peer, body.csr)
    },
    'POST /events': async () => {
      const body = await read(AccessEvents, request)
      if (body?.every(({ controllerId }) => controllerId === peer?.id) !== true)
        return reply(422, {})
      test.events.push(...body)
      return reply(200, { accepted: body.length })
    },
    'POST /heartbeats': async () => {
      const body = await read(Heartbeat, request)
      if (body === undefined || body.controllerId !== peer?.id) return reply(422, {})
      test.heartbeats.push(body)
      return reply(200, {})
    },
    'GET /commands': () => {
      const after = Number(searchParams.get('after'))
      if (peer?.kind !== 'device') return Promise.resolve(reply(403, {}))
      test.done.set(peer.id, Math.max(after, test.done.get(peer.id) ?? 0))
      const commands = test.commands.filter(
        ({ controllerId, number }) => controllerId === peer.id && number > after,
      )
      return Promise.resolve(reply(200, { commands }))
    },
    'POST /posture': async () => {
      if (peer === undefined) return reply(401, {})
      const body = await read(PostureReport, request)
      if (body === undefined || body.workstation !== peer.id) return reply(422, {})
      const key = new X509Certificate(peerBytes(request) ?? '').publicKey
      const signature = Buffer.from(body.signature, 'base64')
      if (!verify('sha256', postureBytes(body), { key, dsaEncoding: 'ieee-p1363' }, signature))
        return reply(422, {})
      test.reports.push(body)
      return reply(200, {})
    },
  }
  const route = routes[`${request.method ?? ''} ${pathname}`]
  if (route === undefined) test.onRequest(request, response, peer)
  else await route()
}

function peerOf(test: TestDoor, request: IncomingMessage): Peer | undefined {
  const raw = peerBytes(request)
  if (raw === undefined) return undefined
  const trust = { authority: test.authority.certificate, revoked: test.revoked, now: new Date() }
  const seen = identifyPeer(raw, trust)
  return 'peer' in seen ? seen.peer : undefined
}

function peerBytes({ socket }: IncomingMessage): Buffer | undefined {
  if (!(socket instanceof TLSSocket)) return undefined
  const certificate: { raw?: Buffer } = socket.getPeerCertificate()
  return certificate.raw
}

async function read<S extends TSchema>(shape: S, request: IncomingMessage) {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const body: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'))
  return Check(shape, body) ? body : undefined
}

/** Waits until something is so; fails after ten seconds. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  for (let turns = 0; turns < 1000; turns++) {
    if (holds()) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error(`waited in vain until ${what}`)
}
