import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import type { FastifyInstance } from 'fastify'

/** Nothing from elsewhere, nothing inline, no form target, no frame, no markup from strings. */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "font-src 'self'",
  "connect-src 'self'",
  "media-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "object-src 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
}

/**
 * Serves the built pages from memory: only what was there at the start, by exact name, so that no
 * path can lead elsewhere. Any other address without a dot is the application's own and gets its page.
 */
export function serveWebApp(app: FastifyInstance, folder: string): void {
  const files = new Map<string, { bytes: Buffer; type: string }>()
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const type = types[extname(name)]
    if (type !== undefined) files.set(`/${name}`, { bytes: readFileSync(join(folder, name)), type })
  }
  const page = files.get('/index.html')
  if (page === undefined)
    throw new Error(`${folder} has no index.html; build the web application first`)
  const head = { 'content-security-policy': contentSecurityPolicy }
  app.get('/', (_, reply) => reply.headers(head).type(page.type).send(page.bytes))
  for (const [name, { bytes, type }] of files)
    app.get(name, (_, reply) => reply.headers(head).type(type).send(bytes))
  app.get('/app/*', (_, reply) => reply.headers(head).type(page.type).send(page.bytes))
}
