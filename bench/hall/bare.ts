/**
 * The reference of the benches `gate` and `reveal`, in a process of its own: the same framework, the
 * same TLS and the same handlers of the domain annotation over the same database, but every act is
 * allowed without asking for a fact, no entry is written, and content lies there as it is. Who calls
 * is asked all the same, and a task is found in its project: a handler could not do without. Beside
 * them it serves one file, in reads of 64 KiB.
 */
import { X509Certificate } from 'node:crypto'
import { createReadStream, statSync } from 'node:fs'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Static, TObject, TSchema } from 'typebox'
import type { Action } from '../../src/shared/actions.ts'
import { openGate, type Pass, transactUnder } from '../../src/server/domains/access/index.ts'
import {
  annotationRoutes,
  type Seals,
  taskSource,
} from '../../src/server/domains/annotation/index.ts'
import { arrivalAt } from '../../src/server/domains/facility/index.ts'
import { projectsSources } from '../../src/server/domains/projects/index.ts'
import { buildDoor } from '../../src/server/http/door.ts'
import { identifyAt } from '../../src/server/http/identify.ts'
import { demonstrationKeyRules } from '../../src/server/parties.ts'
import type { Operate, Operation } from '../../src/server/http/operate.ts'
import { rangeOf } from '../../src/server/http/stream.ts'
import { type Connection, openDb, transact } from '../../src/server/kernel/db.ts'
import { newId } from '../../src/server/kernel/random.ts'
import { doorCertificate, testAuthority } from '../../test/support/certificates.ts'
import { toPem } from '../../src/server/authority/index.ts'

export interface BareOptions {
  readonly connection: Connection
  /** The authority (PEM) whose workstations are known. */
  readonly authority: string
  /** The file served at `/file`; none for none. */
  readonly file: string | null
}
export interface BareOpened {
  readonly port: number
  readonly ca: string
}

const now = () => new Date()
const [, , given = ''] = process.argv
// Written by the bench that started this program.
const options = JSON.parse(given) as BareOptions
process.once('disconnect', () => process.exit(0))

const db = openDb(options.connection, { pool: 8 })
const everything = { decide: () => ({ allowed: true, policies: [] }), version: 'none' }
const gate = openGate(everything, [], [taskSource, ...projectsSources], now)
const identify = identifyAt({
  ...{ door: 'inside', now, rules: demonstrationKeyRules },
  arrivalOf: arrivalAt(new X509Certificate(options.authority).raw),
})
const authority = await testAuthority()
const certificate = await doorCertificate(authority)
const app = buildDoor({
  tls: { ...certificate, clientAuthority: options.authority },
  onFault: (error) => process.stderr.write(`${error.stack ?? error.message}\n`),
})

/** As http/operate has it, without gate, entry and sealing. */
const operate: Operate = (method, url, operation) => {
  app.route({
    ...{ method, url, bodyLimit: operation.limit ?? 65_536 },
    schema: {
      ...(operation.params && { params: operation.params }),
      ...(operation.body && { body: operation.body }),
      response: { 200: operation.answer },
    },
    handler: async (request, reply: FastifyReply) =>
      reply.send(await answerWith(operation, request, reply)),
  })
}

async function answerWith<
  A extends Action,
  P extends TObject,
  Q extends TObject,
  B extends TSchema,
  R extends TSchema,
>(
  operation: Operation<A, P, Q, B, R>,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  // Checked by Fastify against the shapes a moment ago.
  const shaped = { params: request.params, query: request.query, body: request.body } as {
    params: Static<P>
    query: Static<Q>
    body: Static<B>
  }
  return transact(db, async (tx) => {
    const caller = await identify(tx, request)
    const pass = await gate.admit(tx, caller, operation.action, operation.resource(shaped, caller))
    const also = <X extends A>(action: X, resource: Pass['resource']) =>
      gate.admit(tx, caller, action, resource)
    return operation.run({
      ...{ ...shaped, pass, tx, request, reply, note: () => undefined },
      quiet: () => undefined,
      // The gate's signature, for one act after the other.
      also: also as Parameters<typeof operation.run>[0]['also'],
    })
  })
}

/** Content as it is, in the rows in which it would lie sealed. */
const plain: Seals = {
  async seal(tx, { project, owner, asset, version }, bytes) {
    const id = newId('obj')
    const of = owner.kind === 'item' ? owner.item : owner.name
    await tx
      .insertInto('vault.object')
      .values({
        ...{ id, project, kind: owner.kind, owner: of, asset, version },
        ...{ length: bytes.length, sealed: Buffer.from(bytes), location: null },
      })
      .execute()
    return id
  },
  async open(tx, _pass, object) {
    const rows = tx.selectFrom('vault.object').select('sealed')
    if (typeof object === 'string') {
      const row = await rows.where('id', '=', object).executeTakeFirst()
      return row?.sealed ?? Buffer.alloc(0)
    }
    const { project, owner, asset } = object
    const row = await rows
      .where('project', '=', project)
      .where('kind', '=', owner.kind)
      .where('owner', '=', owner.kind === 'item' ? owner.item : owner.name)
      .where('asset', '=', asset)
      .orderBy('version', 'desc')
      .limit(1)
      .executeTakeFirst()
    return row?.sealed ?? Buffer.alloc(0)
  },
  find: () => Promise.reject(new Error('the reference has no recordings to be found')),
  remove: () => Promise.resolve(),
  openRange: () => Promise.reject(new Error('the reference serves no recordings from here')),
}

function serveFile(door: FastifyInstance, file: string): void {
  const { size } = statSync(file)
  door.get('/file', (request, reply) => {
    const { from, to, partial } = rangeOf(request.headers.range, size)
    reply.status(partial ? 206 : 200)
    reply.headers({ 'content-length': String(to - from), 'content-type': 'audio/wav' })
    return reply.send(createReadStream(file, { start: from, end: to - 1, highWaterMark: 65_536 }))
  })
}

annotationRoutes(operate, () => undefined, {
  ...{ gate, seals: plain, sealDetails: () => Promise.resolve(null) },
  apart: (pass, work) => transactUnder(db, pass, work),
})
if (options.file !== null) serveFile(app, options.file)
await app.listen({ host: '127.0.0.1', port: 0 })
const address = app.server.address()
const opened: BareOpened = {
  port: typeof address === 'object' && address !== null ? address.port : 0,
  ca: toPem('CERTIFICATE', authority.certificate),
}
process.send?.(opened)
