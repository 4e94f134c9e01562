import { STATUS_CODES } from 'node:http'
import type { ServerOptions } from 'node:https'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { VaultFault, type VaultFaultKind } from '../domains/vault/index.ts'
import type { Action } from '#shared/actions.ts'
import { Problem, type ProblemKind, problems } from '#shared/problems.ts'

/** Which act a route is for, and what goes through it. */
export interface RouteAct {
  readonly action: Action
  readonly kind: 'json' | 'upload' | 'stream'
}

declare module 'fastify' {
  interface FastifyContextConfig {
    readonly act?: RouteAct
  }
}

export interface DoorOptions {
  /** Server certificate and key, and the authority whose client certificates are known here; absent on the unix socket. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly clientAuthority: string }
  /** Receives what must not leave: the full error, with the request's number. */
  readonly onFault: (error: Error, requestId: string) => void
}

/**
 * A listener with the house's manners: strict shapes, TLS 1.3 with an optional client certificate
 * (a missing one is answered with a problem document, not a closed socket), every fault as an
 * RFC 9457 document, nothing cached, nothing embedded.
 */
export function buildDoor(options: DoorOptions): FastifyInstance {
  const { tls, onFault } = options
  const https: ServerOptions | null =
    tls === undefined
      ? null
      : {
          ...{ cert: tls.cert, key: tls.key, ca: tls.clientAuthority },
          ...{ requestCert: true, rejectUnauthorized: false, minVersion: 'TLSv1.3' },
        }
  const refuse = (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
    const problem = problemOf(error)
    const { status } = problems[problem.kind]
    const { retryAfter } = problem.details
    if (typeof retryAfter === 'number') reply.header('retry-after', String(retryAfter))
    // What is not the sender's doing is the operator's to know, also where the document says it all.
    if (status >= 500)
      onFault(error instanceof Error ? error : new Error(String(error)), request.id)
    reply
      .status(status)
      .headers(answerHeaders)
      .type(documentType)
      .send({ ...problem.details, ...documentOf(problem.kind, request.id) })
  }
  const app: FastifyInstance = Fastify({
    https,
    logger: false,
    bodyLimit: 65_536,
    // The operator's own socket takes uploads that last as long as a recording takes to decode.
    requestTimeout: tls === undefined ? 0 : 60_000,
    connectionTimeout: tls === undefined ? 0 : 120_000,
    genReqId: () => crypto.randomUUID(),
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false, allErrors: false } },
    routerOptions: { maxParamLength: 128 },
    frameworkErrors(error, request, reply) {
      refuse(error, request, reply)
    },
    clientErrorHandler: answerUnreadable,
  })
  app.addHook('onSend', async (request, reply) => {
    reply.headers(answerHeaders)
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store')
    reply.header('x-request-number', request.id)
  })
  // Nothing is decompressed here: what was packed is not what its length says.
  app.addHook('onRequest', (request, _reply, done) => {
    const coding = request.headers['content-encoding'] ?? 'identity'
    done(
      coding === 'identity' ? undefined : new Problem('unsupported-media', { coding: 'identity' }),
    )
  })
  app.setErrorHandler(refuse)
  app.setNotFoundHandler(() => {
    throw new Problem('not-found')
  })
  return app
}

const documentType = 'application/problem+json; charset=utf-8'

function documentOf(kind: ProblemKind, instance: string) {
  const { status, title } = problems[kind]
  return { type: `/problems/${kind}`, title, status, instance }
}

/** What cannot be read as a request at all has no reply of its own: its document is written by hand. */
function answerUnreadable(error: Error, socket: Duplex): void {
  const code = 'code' in error ? error.code : ''
  if (code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const kind = code === 'HPE_HEADER_OVERFLOW' ? 'too-large' : 'invalid-input'
  const body = JSON.stringify(documentOf(kind, crypto.randomUUID()))
  const { status } = problems[kind]
  const head = [
    ...[`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`, 'connection: close'],
    ...[`content-type: ${documentType}`, `content-length: ${Buffer.byteLength(body)}`],
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}

const answerHeaders = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'strict-transport-security': 'max-age=31536000',
}

/** Faults of the vault that the person who asked can act on; every other is ours. */
const byFault: Partial<Record<VaultFaultKind, ProblemKind>> = {
  'object-missing': 'not-found',
  'key-destroyed': 'not-found',
  'storage-full': 'storage-full',
  'scanner-unavailable': 'scanner-unavailable',
  'media-refused': 'unsupported-media',
  infected: 'infected',
}

const byCode: Record<string, ProblemKind> = {
  FST_ERR_VALIDATION: 'invalid-input',
  FST_ERR_CTP_BODY_TOO_LARGE: 'too-large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported-media',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'invalid-input',
  FST_ERR_CTP_INVALID_JSON_BODY: 'invalid-input',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'invalid-input',
  FST_ERR_MAX_PARAM_LENGTH: 'not-found',
  FST_ERR_BAD_URL: 'not-found',
}

function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (error instanceof VaultFault) return new Problem(byFault[error.kind] ?? 'internal')
  if (!(error instanceof Error)) return new Problem('internal')
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const kind = byCode[code]
  if (kind !== undefined)
    return new Problem(kind, kind === 'invalid-input' ? { where: placeOf(error) } : {})
  const status = 'statusCode' in error ? error.statusCode : undefined
  if (status === 400 || error instanceof SyntaxError) return new Problem('invalid-input')
  return new Problem('internal')
}

/** Where in the request the shape was broken; never what stood there. */
function placeOf(error: Error): string {
  const context = 'validationContext' in error ? String(error.validationContext) : 'body'
  const faults: unknown = 'validation' in error ? error.validation : undefined
  const first: unknown = Array.isArray(faults) ? faults[0] : undefined
  const path =
    typeof first === 'object' && first !== null && 'instancePath' in first
      ? String(first.instancePath)
      : ''
  return `${context}${path}`
}

/** The SHA-256 of the certificate that `peerCertificate` answers, or null. */
export function fingerprintOf(socket: object): string | null {
  return isTls(socket) && socket.authorized ? socket.getPeerCertificate().fingerprint256 : null
}

/** A connection of TLS 1.3 shows its certificate once; reading it out costs as much as a statement. */
const shown = new WeakMap<object, Uint8Array>()

/** The client certificate of this connection, if its chain was accepted; DER, or null. */
export function peerCertificate(socket: object): Uint8Array | null {
  if (!isTls(socket) || !socket.authorized) return null
  const before = shown.get(socket)
  if (before !== undefined) return before
  const { raw } = socket.getPeerCertificate()
  if (!Buffer.isBuffer(raw)) return null
  shown.set(socket, raw)
  return raw
}

function isTls(socket: object): socket is TLSSocket {
  return 'getPeerCertificate' in socket
}
