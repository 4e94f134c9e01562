import type { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Static, TObject, TSchema } from 'typebox'
import { type Action, actOf } from '#shared/actions.ts'
import { Problem } from '#shared/problems.ts'
import type { Pass, Resource } from '../domains/access/index.ts'
import { record } from '../domains/audit/index.ts'
import { transact, type Tx } from '../kernel/db.ts'
import { admitted, entryOf, type Ground, recordFailure } from './operate.ts'

interface Arriving<A extends Action, P> {
  readonly pass: Pass<A>
  readonly params: P
}

/** A route that takes in a stream: what is done while it comes, and what then happens in one transaction. */
export interface UploadOperation<
  A extends Action,
  P extends TObject,
  R extends TSchema,
  Received extends object,
> {
  readonly action: A
  readonly params: P
  readonly answer: R
  /** Largest body in bytes. */
  readonly limit: number
  resource(params: Static<P>): Resource
  /** Reads the stream, outside any transaction. What it leaves behind must count for nothing until `run`. */
  receive(call: Arriving<A, Static<P>> & { bytes: AsyncIterable<Uint8Array> }): Promise<Received>
  run(
    call: Arriving<A, Static<P>> & {
      tx: Tx
      received: Received
      note: (details: Readonly<Record<string, unknown>>) => void
    },
  ): Promise<Static<R>>
  /** Frees what was received when it is not kept after all. What it cannot free counts for nothing. */
  discard?(received: Received): Promise<void>
}

export type Upload = <
  A extends Action,
  P extends TObject,
  R extends TSchema,
  Received extends object,
>(
  url: string,
  operation: UploadOperation<A, P, R, Received>,
) => void

const bodyType = 'application/octet-stream'

/**
 * Routes that take in streams. The gate decides before the first byte is read, because a stream may
 * last longer than a transaction should, and again in the transaction that keeps what came.
 */
export function uploadOn(app: FastifyInstance, ground: Ground): Upload {
  // Without a parser of its own the body would be refused; this one leaves it to the operation.
  app.addContentTypeParser(bodyType, (_request, payload, done) => {
    done(null, payload)
  })
  return (url, operation) => {
    if (!actOf(operation.action).doors.some((door) => door === ground.door)) return
    app.route({
      method: 'POST',
      url,
      config: { act: { action: operation.action, kind: 'upload' } },
      schema: { params: operation.params, response: { 200: operation.answer } },
      handler: async (request, reply: FastifyReply) =>
        reply.send(await take(ground, operation, request)),
    })
  }
}

async function take<
  A extends Action,
  P extends TObject,
  R extends TSchema,
  Received extends object,
>(
  ground: Ground,
  operation: UploadOperation<A, P, R, Received>,
  request: FastifyRequest,
): Promise<unknown> {
  // Checked by Fastify against operation.params a moment ago.
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion
  const params = request.params as Static<P>
  const held: { pass: Pass<A> | null; received: Received | null } = { pass: null, received: null }
  try {
    const first = await transact(ground.db, (tx) =>
      admitted(ground, tx, request, operation.action, () => operation.resource(params)),
    )
    held.pass = first
    if (request.headers['content-type'] !== bodyType) throw new Problem('unsupported-media')
    const bytes = bounded(request.raw, operation.limit)
    const received = await operation.receive({ pass: first, params, bytes })
    held.received = received
    request.raw.resume()
    return await transact(ground.db, async (tx) => {
      const pass = await ground.gate.renew(tx, first)
      const noted: Record<string, unknown> = {}
      const note = (details: Readonly<Record<string, unknown>>): void => {
        Object.assign(noted, details)
      }
      const answer = await operation.run({ pass, tx, params, received, note })
      const details = await ground.sealDetails(tx, noted, pass.project)
      record(tx, entryOf(pass, ground.now(), 'done', details))
      return answer
    })
  } catch (error) {
    // An answer to a sender that still writes would be lost with the connection.
    request.raw.resume()
    try {
      await recordFailure(ground, held.pass, error)
    } finally {
      // Why it was not kept says more than why it could not be freed.
      if (held.received !== null) await operation.discard?.(held.received).catch(() => undefined)
    }
    throw error
  }
}

/** @throws Problem `too-large` past the limit */
async function* bounded(source: Readable, limit: number): AsyncGenerator<Uint8Array> {
  let length = 0
  for await (const piece of source.iterator({ destroyOnReturn: false })) {
    if (!(piece instanceof Uint8Array)) throw new Problem('invalid-input', { where: 'body' })
    length += piece.length
    if (length > limit) throw new Problem('too-large', { limit })
    yield piece
  }
}
