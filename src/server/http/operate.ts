import type { Socket } from 'node:net'
import { isDeepStrictEqual } from 'node:util'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Static, TObject, TSchema } from 'typebox'
import { type Action, actOf, type Door } from '#shared/actions.ts'
import { Problem } from '#shared/problems.ts'
import {
  closeRows,
  type Caller,
  type Gate,
  type Pass,
  Refused,
  type Resource,
} from '../domains/access/index.ts'
import { type Entry, record, type Recorder } from '../domains/audit/index.ts'
import { type Db, transact, type Tx } from '../kernel/db.ts'
import { Spent } from '../kernel/spent.ts'
import type { Identify } from './caller.ts'

/** What the shapes have let through, typed. */
export interface Shaped<P, Q, B> {
  readonly params: P
  readonly query: Q
  readonly body: B
}

export interface Call<A extends Action, P, Q, B> extends Shaped<P, Q, B> {
  readonly pass: Pass<A>
  readonly tx: Tx
  /** Asks the gate for a further act in this transaction, with a log entry of its own. */
  readonly also: <X extends Action>(action: X, resource: Resource) => Promise<Pass<X>>
  /** Words and numbers for the sealed details beside this act's log entry. */
  readonly note: (details: Readonly<Record<string, unknown>>) => void
  /** Says that this answer tells nothing and changed nothing; acts that are marked so then leave no entry. */
  readonly quiet: () => void
  /** For the few answers that set a cookie or a status. */
  readonly reply: FastifyReply
  readonly request: FastifyRequest
}

/** A route: method, address, shapes, the thing acted on, and the domain's function. Nothing else. */
export interface Operation<
  A extends Action,
  P extends TObject,
  Q extends TObject,
  B extends TSchema,
  R extends TSchema,
> {
  readonly action: A
  readonly params?: P
  readonly query?: Q
  readonly body?: B
  /** What leaves: undeclared members are stripped. */
  readonly answer: R
  /** Largest body in bytes; 64 KiB where nothing is said. */
  readonly limit?: number
  resource(
    shaped: Shaped<Static<P>, Static<Q>, Static<B>>,
    caller: { readonly id: string | null },
  ): Resource
  run(call: Call<A, Static<P>, Static<Q>, Static<B>>): Promise<Static<R>>
}

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

export type Operate = <
  A extends Action,
  R extends TSchema,
  P extends TObject = TObject,
  Q extends TObject = TObject,
  B extends TSchema = TObject,
>(
  method: Method,
  url: string,
  operation: Operation<A, P, Q, B, R>,
) => void

/** What every route of a door stands on. */
export interface Ground {
  readonly door: Door
  readonly db: Db
  readonly gate: Gate
  readonly recorder: Recorder
  readonly identify: Identify
  /** Keeps words and stamps beside the log in the same transaction; answers their hash, or null for none. */
  readonly sealDetails: (
    tx: Tx,
    details: Readonly<Record<string, unknown>>,
    project: string | null,
  ) => Promise<Uint8Array | null>
  readonly now: () => Date
  /** Counts what is refused to nobody; absent where nobody is nobody: at the operator's door. */
  readonly strangers?: { refused(address: string, action: Action): void }
}

/**
 * The one way from a request to a domain (DESIGN.md section 4): shape, caller, transaction, gate,
 * domain, log entry, commit, answer. An act that is not for this door gets no route here at all.
 * A GET reveals: its entry is made durable by itself before the answer leaves, sharing a commit
 * with others (but for a quiet answer); everything else changes: its entry commits with the change or not at all.
 * What fails is undone, but for what was Spent.
 */
export function operateOn(app: FastifyInstance, ground: Ground): Operate {
  return (method, url, operation) => {
    if (!actOf(operation.action).doors.some((door) => door === ground.door)) return
    app.route({
      method,
      url,
      config: { act: { action: operation.action, kind: 'json' } },
      schema: {
        ...(operation.params && { params: operation.params }),
        ...(operation.query && { querystring: operation.query }),
        ...(operation.body && { body: operation.body }),
        response: { 200: operation.answer },
      },
      ...(operation.limit !== undefined && { bodyLimit: operation.limit }),
      handler: async (request, reply: FastifyReply) =>
        reply.send(await answerWith(ground, operation, method, request, reply)),
    })
  }
}

async function answerWith<
  A extends Action,
  P extends TObject,
  Q extends TObject,
  B extends TSchema,
  R extends TSchema,
>(
  ground: Ground,
  operation: Operation<A, P, Q, B, R>,
  method: Method,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  // Fastify has just checked these against the operation's shapes; its types cannot carry that through a generic.
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion
  const shaped = { params: request.params, query: request.query, body: request.body } as Shaped<
    Static<P>,
    Static<Q>,
    Static<B>
  >
  const reveals = method === 'GET'
  const held: { pass: Pass<A> | null } = { pass: null }
  try {
    const done = await transact(ground.db, async (tx) => {
      const pass = await admitted(ground, tx, request, operation.action, (caller) =>
        operation.resource(shaped, caller),
      )
      held.pass = pass
      const noted: Record<string, unknown> = {}
      const note = (details: Readonly<Record<string, unknown>>): void => {
        Object.assign(noted, details)
      }
      const also = <X extends Action>(action: X, resource: Resource) =>
        admitAlso(ground, tx, pass, action, resource)
      let silent = false
      const quiet = () => {
        silent = actOf(operation.action).quiet === true
      }
      const call = { ...shaped, pass, tx, also, note, quiet, reply, request }
      const answer = await operation.run(call).catch(orSpent)
      if (answer instanceof Spent) {
        record(tx, failureOf(pass, ground.now(), answer))
        return { spent: answer }
      }
      const details = await ground.sealDetails(tx, noted, pass.project)
      const entry = entryOf(pass, ground.now(), 'done', details)
      if (!reveals) record(tx, entry)
      return { answer, entry, silent }
    })
    if (done.spent !== undefined) {
      // The entry was kept with it.
      held.pass = null
      throw done.spent
    }
    if (reveals && !done.silent) await ground.recorder.append(done.entry)
    return done.answer
  } catch (error) {
    await recordFailure(ground, held.pass, error)
    throw error
  }
}

function orSpent(error: unknown): Spent {
  if (error instanceof Spent) return error
  throw error
}

/** Who spoke last on a connection: who will most likely be found to speak on it now. */
const lastCallers = new WeakMap<Socket, Caller>()

/**
 * Says who calls and asks the gate. That the same caller goes on over the same connection proves
 * nothing; but the gate is asked about them at once, and what it decided stands if they are then
 * identified as exactly the same, in the same transaction. Otherwise it is asked about who they are.
 */
export async function admitted<A extends Action>(
  { identify, gate }: Pick<Ground, 'identify' | 'gate'>,
  tx: Tx,
  request: FastifyRequest,
  action: A,
  resourceOf: (caller: Caller) => Resource,
): Promise<Pass<A>> {
  const { socket } = request.raw
  const likely = lastCallers.get(socket)
  const identifying = identify(tx, request)
  const early = likely && gate.admit(tx, likely, action, resourceOf(likely))
  early?.catch(() => undefined)
  const caller = await identifying
  lastCallers.set(socket, caller)
  if (early !== undefined && isDeepStrictEqual(caller, likely)) return early
  if (early !== undefined) {
    // What was opened for somebody else is not for whoever it is now.
    await early.catch(() => undefined)
    closeRows(tx)
  }
  return gate.admit(tx, caller, action, resourceOf(caller))
}

/** A refusal of the further act is recorded like any other, and is the domain's to take or to pass on. */
async function admitAlso<X extends Action>(
  ground: Ground,
  tx: Tx,
  first: Pass,
  action: X,
  resource: Resource,
): Promise<Pass<X>> {
  try {
    const pass = await ground.gate.admit(tx, first.caller, action, resource)
    record(tx, entryOf(pass, ground.now(), 'done', null))
    return pass
  } catch (error) {
    await recordFailure(ground, null, error)
    throw error
  }
}

/**
 * The refusal is recorded after the rollback, on its own; where that fails, the failure is the answer.
 * What is refused to nobody is counted, and recorded with the others of its minute.
 */
export async function recordFailure(
  ground: Ground,
  pass: Pass | null,
  error: unknown,
): Promise<void> {
  if (error instanceof Refused && (pass === null || isRefusalOf(pass, error))) {
    const { caller, action, resource, located, zone, policies } = error.refusal
    if (caller.kind === 'nobody' && ground.strangers !== undefined) {
      ground.strangers.refused(caller.address, action)
      return
    }
    await ground.recorder.append({
      time: ground.now(),
      actor: caller.id ?? 'nobody',
      action,
      resource: `${resource.type}::${resource.id}`,
      project: located.project,
      item: located.item,
      door: caller.door,
      workstation: caller.workstation,
      zone,
      outcome: 'refused',
      policies,
      details: null,
    })
  } else if (pass !== null && !(error instanceof Problem && error.kind === 'log-unavailable'))
    await ground.recorder.append(failureOf(pass, ground.now(), error))
}

/** A pass that was not renewed: a refusal of its own act, and not of one further act of several. */
const isRefusalOf = (pass: Pass, { refusal: { action, resource } }: Refused) =>
  action === pass.action && resource.type === pass.resource.type && resource.id === pass.resource.id

function failureOf(pass: Pass, time: Date, error: unknown): Entry {
  const policies = [error instanceof Problem ? error.kind : 'internal']
  return { ...entryOf(pass, time, 'failed', null), policies }
}

/** The log entry of an act that had this pass. */
export function entryOf(
  pass: Pass,
  time: Date,
  outcome: Entry['outcome'],
  details: Uint8Array | null,
): Entry {
  return {
    time,
    actor: pass.actor,
    action: pass.action,
    resource: `${pass.resource.type}::${pass.resource.id}`,
    project: pass.project,
    item: pass.item,
    door: pass.door,
    workstation: pass.workstation,
    zone: pass.zone,
    outcome,
    policies: pass.policies,
    details,
  }
}
