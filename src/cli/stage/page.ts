import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Demonstration } from '../../shared/demonstration.ts'
import type { Control } from '../../simulator/control.ts'

const web = fileURLToPath(new URL('../../../dist/web/', import.meta.url))
const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}
const contentSecurityPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

/**
 * Serves the demonstration's page on loopback: the building with the people in it, and what to do
 * next. The simulated building's own control stands behind it under the same origin; another Host
 * is refused, so that no web site can move people about through a visitor's browser.
 */
export async function servePage(
  port: number,
  control: Control,
  demonstration: Demonstration,
): Promise<{ url: string; close(): Promise<void> }> {
  const http = createServer()
  http.listen(port, '127.0.0.1')
  await once(http, 'listening')
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`]
  http.on('request', (request, response) => {
    answer(hosts, control, demonstration, request, response).catch(() => {
      response.writeHead(404).end()
    })
  })
  return {
    url: `http://localhost:${port}/`,
    async close() {
      http.close()
      http.closeAllConnections()
      await once(http, 'close')
    },
  }
}

async function answer(
  hosts: readonly string[],
  control: Control,
  demonstration: Demonstration,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { host = '', origin } = request.headers
  const path = (request.url ?? '/').split('?')[0] ?? '/'
  const foreign = !hosts.includes(host) || (origin !== undefined && origin !== `http://${host}`)
  if (foreign) {
    response.writeHead(403).end()
    return
  }
  const head = {
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  }
  if (path === '/demonstration.json') {
    response
      .writeHead(200, { ...head, 'content-type': 'application/json' })
      .end(JSON.stringify(demonstration))
    return
  }
  if (['/state', '/walk', '/fault'].includes(path)) {
    await passOn(control, path, request, response)
    return
  }
  const name = path === '/' ? 'demonstration.html' : normalize(path).slice(1)
  const type = types[extname(name)]
  if (type === undefined || name.includes('..')) throw new Error('not here')
  const bytes = await readFile(join(web, name))
  response.writeHead(200, {
    ...head,
    'content-type': type,
    'content-security-policy': contentSecurityPolicy,
  })
  response.end(bytes)
}

async function passOn(
  control: Control,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of request) {
    if (!Buffer.isBuffer(piece)) continue
    size += piece.length
    if (size > 4096) throw new Error('too long')
    pieces.push(piece)
  }
  const method = request.method ?? 'GET'
  const sent = await fetch(`${control.url}${path}`, {
    method,
    ...(method === 'POST' && {
      headers: { 'content-type': 'application/json' },
      body: Buffer.concat(pieces).toString('utf8'),
    }),
  })
  response.writeHead(sent.status, {
    'content-type': 'application/json',
    'cache-control': 'no-store',
  })
  response.end(await sent.text())
}
