import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Type } from 'typebox'
import { Check } from 'typebox/value'
import { SimulatorFault } from './faults.ts'
import { UnknownInBuilding, type Simulator } from './simulator.ts'

const Errand = Type.Object(
  { person: Type.String({ maxLength: 64 }), zone: Type.String({ maxLength: 64 }) },
  { additionalProperties: false },
)
const bodyLimit = 4096

/** The simulator's own controls on loopback, for the demonstration's page and for programs. */
export interface Control {
  readonly url: string
  close(): Promise<void>
}

/**
 * Serves `GET /state`, `POST /walk {person, zone}` and `POST /fault` on 127.0.0.1. Pages of the
 * given origins may use it, and programs that send no Origin; another Host than its own is refused,
 * so that no web site can move people about through a visitor's browser.
 */
export async function startControl(
  simulator: Simulator,
  listen: { readonly port: number; readonly origins: readonly string[] },
): Promise<Control> {
  const http = createServer()
  http.listen(listen.port, '127.0.0.1')
  await once(http, 'listening')
  const address = http.address()
  if (address === null || typeof address === 'string') throw new Error('not listening on TCP')
  const hosts = ['127.0.0.1', 'localhost'].map((name) => `${name}:${address.port}`)
  http.on('request', (request, response) => {
    void serve(simulator, hosts, listen.origins, request, response)
  })
  return {
    url: `http://127.0.0.1:${address.port}`,
    async close() {
      http.close()
      http.closeAllConnections()
      await once(http, 'close')
    },
  }
}

async function serve(
  simulator: Simulator,
  hosts: readonly string[],
  origins: readonly string[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { host, origin } = request.headers
  const reply = (status: number, body: unknown) => {
    const json = status < 400 ? 'application/json' : 'application/problem+json'
    response.writeHead(status, {
      ...{ 'content-type': `${json}; charset=utf-8`, 'cache-control': 'no-store', vary: 'Origin' },
      ...(origin !== undefined && { 'access-control-allow-origin': origin }),
    })
    response.end(JSON.stringify(body))
  }
  if (!hosts.includes(host ?? '') || (origin !== undefined && !origins.includes(origin))) {
    response.writeHead(403).end()
    return
  }
  if (request.method === 'OPTIONS') {
    response.writeHead(204, {
      'access-control-allow-origin': origin ?? '',
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': 'content-type',
      vary: 'Origin',
    })
    response.end()
    return
  }
  const refuse = (status: number, title: string) => {
    reply(status, { type: 'about:blank', status, title })
  }
  try {
    if (request.method === 'GET' && request.url === '/state') {
      reply(200, simulator.state())
      return
    }
    if (request.method !== 'POST' || request.headers['content-type'] !== 'application/json') {
      refuse(404, 'GET /state, or POST JSON to /walk or /fault.')
      return
    }
    const body = await readJson(request)
    if (request.url === '/walk' && Check(Errand, body))
      reply(200, await simulator.walk(body.person, body.zone))
    else if (request.url === '/fault' && Check(SimulatorFault, body)) {
      await simulator.fault(body)
      reply(200, simulator.state())
    } else refuse(422, 'This is neither a walk nor a fault of the simulator.')
  } catch (error) {
    const known = error instanceof UnknownInBuilding || error instanceof SyntaxError
    refuse(known ? 422 : 500, known ? error.message : 'The simulator could not do this.')
  }
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    if (!(chunk instanceof Uint8Array)) continue
    size += chunk.length
    if (size > bodyLimit) throw new SyntaxError('The body is over 4 KiB.')
    chunks.push(Buffer.from(chunk))
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8'))
}
