import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Static, TObject } from 'typebox'
import { type Action, actOf } from '#shared/actions.ts'
import { Problem } from '#shared/problems.ts'
import type { Pass, Resource } from '../domains/access/index.ts'
import { transact, type Tx } from '../kernel/db.ts'
import { entryOf, type Ground, recordFailure } from './operate.ts'
import type { SignalSockets } from './sockets.ts'

/** Bytes to be sent, of known length, from any place on. */
export interface Streamed {
  readonly length: number
  readonly type: string
  /** Offered as a download under this name, which must say nothing confidential. */
  readonly fileName?: string
  /** The bytes from `from` up to and without `to`, in pieces of at most a few hundred KiB. */
  read(from: number, to: number): AsyncIterable<Uint8Array>
  /** Called once when the answer has ended, with the range that really left. */
  sent?(from: number, to: number): void
}

export interface StreamOperation<A extends Action, P extends TObject> {
  readonly action: A
  readonly params: P
  resource(params: Static<P>): Resource
  /** `each`: an entry for every answer. `opening`: the domain has recorded the opening and records the close. */
  readonly record: 'each' | 'opening'
  run(call: { pass: Pass<A>; tx: Tx; params: Static<P> }): Promise<Streamed>
}

export type StreamOut = <A extends Action, P extends TObject>(
  url: string,
  operation: StreamOperation<A, P>,
) => void

/**
 * Routes that send media, tiles and deliveries. The entry is durable before the first byte; the
 * stream is cut when the pass ends or when a signal finds that the gate no longer agrees.
 */
export function streamOn(app: FastifyInstance, ground: Ground, sockets: SignalSockets): StreamOut {
  return (url, operation) => {
    if (!actOf(operation.action).doors.some((door) => door === ground.door)) return
    app.route({
      method: 'GET',
      url,
      config: { act: { action: operation.action, kind: 'stream' } },
      schema: { params: operation.params },
      handler: (request, reply) => send(ground, sockets, operation, request, reply),
    })
  }
}

async function send<A extends Action, P extends TObject>(
  ground: Ground,
  sockets: SignalSockets,
  operation: StreamOperation<A, P>,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  // Checked by Fastify against operation.params a moment ago.
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion
  const params = request.params as Static<P>
  const held: { pass: Pass<A> | null } = { pass: null }
  const doubt = { raised: false }
  try {
    const { pass, streamed } = await transact(ground.db, async (tx) => {
      const caller = await ground.identify(tx, request)
      // Heard from before the decision on: nothing that changes after it is missed.
      const forget = sockets.watch(caller, () => {
        doubt.raised = true
      })
      reply.raw.once('close', forget)
      const pass = await ground.gate.admit(tx, caller, operation.action, operation.resource(params))
      held.pass = pass
      return { pass, streamed: await operation.run({ pass, tx, params }) }
    })
    const range = rangeOf(request.headers.range, streamed.length)
    if (operation.record === 'each')
      await ground.recorder.append(entryOf(pass, ground.now(), 'done', null))
    reply.status(range.partial ? 206 : 200)
    reply.headers({
      'accept-ranges': 'bytes',
      'content-length': String(range.to - range.from),
      'content-type': streamed.type,
      ...(range.partial && {
        'content-range': `bytes ${range.from}-${range.to - 1}/${streamed.length}`,
      }),
      ...(streamed.fileName !== undefined && {
        'content-disposition': `attachment; filename="${streamed.fileName.replaceAll(/[^\w.-]/g, '_')}"`,
      }),
    })
    return await reply.send(
      Readable.from(guarded(ground, doubt, pass, streamed, range), { objectMode: false }),
    )
  } catch (error) {
    await recordFailure(ground, held.pass, error)
    throw error
  }
}

/** The bytes, as long as the gate agrees: asked again at the pass's end and when a signal raised a doubt. */
async function* guarded(
  ground: Ground,
  doubt: { raised: boolean },
  first: Pass,
  streamed: Streamed,
  range: { from: number; to: number },
): AsyncGenerator<Uint8Array> {
  let pass = first
  let sent = 0
  try {
    for await (const piece of streamed.read(range.from, range.to)) {
      if (doubt.raised || pass.until <= ground.now()) {
        doubt.raised = false
        pass = await transact(ground.db, (tx) => ground.gate.renew(tx, pass))
      }
      sent += piece.length
      yield piece
    }
  } catch (error) {
    await recordFailure(ground, pass, error)
    throw error
  } finally {
    streamed.sent?.(range.from, range.from + sent)
  }
}

/** One byte range of RFC 9110 section 14, or the whole; several ranges are answered with the whole. */
export function rangeOf(
  header: string | undefined,
  length: number,
): { from: number; to: number; partial: boolean } {
  const whole = { from: 0, to: length, partial: false }
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '')
  if (match === null) return whole
  const [, first = '', last = ''] = match
  if (first === '' && last === '') return whole
  const from = first === '' ? Math.max(0, length - Number(last)) : Number(first)
  const to = first === '' || last === '' ? length : Math.min(length, Number(last) + 1)
  if (from >= to) throw new Problem('range-refused', { length })
  return { from, to, partial: true }
}
