import type { IncomingMessage, ServerResponse } from 'node:http'
import { request as httpsRequest, type Agent } from 'node:https'
import type { Socket } from 'node:net'
import { pipeline, type Duplex } from 'node:stream'
import type { Door } from './door.ts'
import { answerProblem, problemDocument } from './problem.ts'

/** Where requests go: the inside door, and the agent that holds the certificate (none before enrolment). */
export interface Upstream {
  readonly door: Door
  agent(): Agent | undefined
}

/** Headers of one connection (RFC 9110 section 7.6.1), and `expect`, which this hop answers itself. */
const hopByHop: ReadonlySet<string> = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding'],
  ...['upgrade', 'proxy-authenticate', 'proxy-authorization', 'expect'],
])
/** Claims about the sender that only the door itself may make. */
const claims = /^(forwarded|via|x-forwarded-.*|x-real-ip|x-client-.*|x-ssl-.*|x-cloister-.*)$/

const unreachable = [
  'server-unreachable',
  502,
  'The server cannot be reached.',
  'Tell the guard post; this workstation tries again by itself.',
] as const
const notEnrolled = [
  'workstation-not-enrolled',
  503,
  'This workstation has no valid certificate.',
  'Ask the operator for a one-time code and enrol it again.',
] as const

/**
 * Passes one request to the inside door and the answer back, both as streams: nothing is collected,
 * looked into or logged, a slow side slows the other, and a side that breaks off breaks the other.
 * Host, cookies, ranges and conditions pass unchanged.
 */
export function passOn(upstream: Upstream, request: IncomingMessage, response: ServerResponse) {
  const agent = upstream.agent()
  if (agent === undefined) {
    answerProblem(response, ...notEnrolled)
    return
  }
  const call = httpsRequest({
    ...{ host: upstream.door.host, port: upstream.door.port, agent },
    ...{ method: request.method, path: request.url, setHost: false },
    headers: headersOf(request, request.headers['transfer-encoding'] !== undefined),
  })
  call.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage, passing(answer.rawHeaders))
    pipeline(answer, response, () => undefined)
  })
  call.on('error', () => {
    if (response.headersSent) response.destroy()
    else answerProblem(response, ...unreachable)
  })
  response.on('close', () => {
    if (!response.writableFinished) call.destroy()
  })
  pipeline(request, call, () => undefined)
}

/** Passes a WebSocket handshake on and, once the door accepts it, joins the two connections. */
export function passUpgradeOn(
  upstream: Upstream,
  request: IncomingMessage,
  client: Socket,
  head: Uint8Array,
): void {
  client.on('error', () => client.destroy())
  const agent = upstream.agent()
  if (agent === undefined) {
    refuseUpgrade(client, ...notEnrolled)
    return
  }
  const call = httpsRequest({
    ...{ host: upstream.door.host, port: upstream.door.port, agent },
    ...{ method: 'GET', path: request.url, setHost: false },
    headers: [...headersOf(request, false), 'Connection', 'Upgrade', 'Upgrade', 'websocket'],
  })
  call.on('upgrade', (answer, server, serverHead) => {
    const headers = [...passing(answer.rawHeaders), 'Connection', 'Upgrade', 'Upgrade', 'websocket']
    client.write(headText(101, 'Switching Protocols', headers))
    join(client, head, server, serverHead)
  })
  call.on('response', (answer) => {
    const headers = [...passing(answer.rawHeaders), 'Connection', 'close']
    client.write(headText(answer.statusCode ?? 502, answer.statusMessage ?? '', headers))
    pipeline(answer, client, () => undefined)
  })
  call.on('error', () => {
    refuseUpgrade(client, ...unreachable)
  })
  client.on('close', () => call.destroy())
  call.end()
}

/** Answers a handshake that will not become a WebSocket, and hangs up. */
export function refuseUpgrade(
  client: Duplex,
  kind: string,
  status: number,
  title: string,
  detail: string,
): void {
  if (client.destroyed || client.writableEnded) return
  const body = problemDocument(kind, status, title, detail)
  const headers = ['Content-Type', 'application/problem+json; charset=utf-8', 'Connection', 'close']
  client.end(
    headText(status, title, [...headers, 'Content-Length', `${Buffer.byteLength(body)}`]) + body,
  )
}

function join(client: Socket, head: Uint8Array, server: Duplex, serverHead: Uint8Array): void {
  client.setNoDelay(true)
  client.setTimeout(0)
  if (serverHead.length > 0) client.write(serverHead)
  if (head.length > 0) server.write(head)
  pipeline(client, server, () => client.destroy())
  pipeline(server, client, () => server.destroy())
}

/** Headers for the door. A body of unknown length stays framed as such, whatever the method. */
function headersOf(request: IncomingMessage, chunked: boolean): string[] {
  const headers = passing(request.rawHeaders).filter(
    (_, index, all) => !claims.test((all[index - (index % 2)] ?? '').toLowerCase()),
  )
  return chunked ? [...headers, 'Transfer-Encoding', 'chunked'] : headers
}

/** Name and value in turn, without those that belong to one connection only. */
function passing(raw: readonly string[]): string[] {
  const pairs = raw.flatMap((name, index) =>
    index % 2 === 0 ? [[name, raw[index + 1] ?? ''] as const] : [],
  )
  const named = pairs
    .filter(([name]) => name.toLowerCase() === 'connection')
    .flatMap(([, value]) => value.split(',').map((token) => token.trim().toLowerCase()))
  return pairs
    .filter(([name]) => !hopByHop.has(name.toLowerCase()) && !named.includes(name.toLowerCase()))
    .flat()
}

function headText(status: number, reason: string, headers: readonly string[]): string {
  const lines = headers.flatMap((name, index) =>
    index % 2 === 0 ? [`${name}: ${headers[index + 1] ?? ''}`] : [],
  )
  return `${[`HTTP/1.1 ${status} ${reason}`, ...lines].join('\r\n')}\r\n\r\n`
}
