import {
  type DatabaseConnection,
  DummyDriver,
  type IsolationLevel,
  Kysely,
  PostgresDialect,
  type PostgresPoolClient,
  Transaction,
} from 'kysely'
import pg from 'pg'
import { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Problem } from '../../shared/problems.ts'
import { codeOf } from './fault.ts'
import { randomBetween } from './random.ts'
import { type Answer, ask, type Statement } from './statement.ts'
import type { Tables } from './tables.ts'

export type { Tables } from './tables.ts'

/** Where a database is and as whom to enter it: a Unix socket with peer authentication, or a URL. */
export type Connection =
  | { readonly socketDirectory: string; readonly role: string; readonly database: string }
  | { readonly url: string }

export type Db = Kysely<Tables>
export type Tx = Transaction<Tables>

/** A statement may run this long, and a transaction may stand idle this long, in milliseconds. */
const statementTimeout = 30_000
const idleTransactionTimeout = 15_000

/**
 * How values come back: int8 as a number, and an error where it is past 2^53 (cast it to text in
 * the statement); timestamps as Date, dates as `YYYY-MM-DD`, bytea as Buffer, numeric as text.
 */
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid: number) => parsers.get(oid) ?? standardParser(oid),
}

const standardParser: (oid: number) => (text: string) => unknown = pg.types.getTypeParser

/** PostgreSQL's text form of a one-dimensional array. */
function textArray(text: string): (string | null)[] {
  const parsed = standardParser(1009)(text)
  if (!Array.isArray(parsed)) throw new TypeError('PostgreSQL sent no array where one was due')
  return parsed.map((member: unknown) => (typeof member === 'string' ? member : null))
}

const parsers = new Map<number, (text: string) => unknown>([
  [20, safeInteger],
  [1016, (text) => textArray(text).map((member) => (member === null ? null : safeInteger(member)))],
  [1082, String],
  [1182, textArray],
])

function safeInteger(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value))
    throw new RangeError('An int8 past 2^53 came back; cast it to text in the statement.')
  return value
}

function configOf(connection: Connection): pg.ClientConfig {
  const place =
    'url' in connection
      ? { connectionString: connection.url }
      : {
          host: connection.socketDirectory,
          port: 5432,
          user: connection.role,
          database: connection.database,
        }
  return {
    ...place,
    types,
    application_name: 'cloister',
    keepAlive: true,
    connectionTimeoutMillis: 5_000,
  }
}

/** One connection of its own, for what a pool cannot do: LISTEN, locks of a session, migrations. The caller ends it. */
export async function openClient(connection: Connection): Promise<pg.Client> {
  const client = new pg.Client(configOf(connection))
  // Without a listener a lost connection would end the process; the next statement reports it.
  client.on('error', () => undefined)
  try {
    await client.connect()
  } catch (error) {
    throw asProblem(error)
  }
  return client
}

/** A bare pool for a library that brings its own statements; `actAs` takes on another role at once. */
export function openPool(
  connection: Connection,
  { size, actAs, ...limits }: pg.ClientConfig & { readonly size: number; readonly actAs?: string },
): pg.Pool {
  const role = actAs === undefined ? {} : { options: `-c role=${actAs}` }
  const pool = new pg.Pool({ ...configOf(connection), ...limits, ...role, max: size })
  // A connection lost while nobody uses it is replaced; one in use tells its user. Neither ends us.
  const ignore = () => undefined
  pool.on('error', ignore)
  pool.on('connect', (client) => client.on('error', ignore))
  return pool
}

/**
 * A connection keeps the plan of a statement, and tables grow: one that was empty when it was first
 * asked, and read from end to end in no time, has thousands of rows within a minute of work.
 */
const keptPlans = '-c enable_seqscan=off'

/**
 * A pool of at most `pool` connections. What it throws for a lost or unreachable database is the
 * Problem `database-unavailable`, for a full disk `storage-full`; every other error is PostgreSQL's own.
 */
export function openDb(connection: Connection, { pool }: { readonly pool: number }): Db {
  const inner = openPool(connection, {
    size: pool,
    statement_timeout: statementTimeout,
    idle_in_transaction_session_timeout: idleTransactionTimeout,
    // A statement goes out when it is asked for, not when the one before it was answered.
    pipeline: true,
    options: keptPlans,
    stream: () => new GatheringSocket(),
  })
  return new Kysely<Tables>({
    dialect: new PostgresDialect({
      pool: {
        connect: async () => guard(await inner.connect().catch(rethrow)),
        end: () => inner.end(),
      },
    }),
  })
}

/** Sends what is written within one turn of the event loop at once: statements that go together are one packet. */
class GatheringSocket extends Socket {
  #gathering = false

  /** The driver calls this before each statement, and `uncork` after it. */
  override cork(): void {
    if (this.#gathering) return
    this.#gathering = true
    super.cork()
    // Runs when the promises that are due have been served, and what they send is written.
    process.nextTick(() => {
      this.#gathering = false
      super.uncork()
    })
  }

  override uncork(): void {
    // The end of the turn does.
  }
}

/**
 * A client as Kysely takes it, with honest errors. What begins a transaction is not waited for by
 * what only reads: that is sent right behind it, and fails where it failed. Everything else waits
 * until the transaction has begun, for where it has not (PostgreSQL may cancel any statement, the
 * first too) each would be kept by itself. Whatever follows one that waits, waits as well: the
 * order of the calls is the order on the wire.
 */
function guard(client: pg.PoolClient): PostgresPoolClient {
  let begun: Promise<unknown> = Promise.resolve()
  let waiting = 0
  let over = ''
  async function untilBegun(): Promise<void> {
    waiting += 1
    try {
      await begun
    } finally {
      waiting -= 1
    }
  }
  async function query(
    text: string,
    values: unknown[],
  ): Promise<pg.QueryResult | Answer | typeof beginning> {
    if (/^(begin|start transaction)/.test(text)) {
      // With a name it is sent as other statements are, and in one packet with the first of them.
      begun = client.query({ name: text, text }).catch(rethrow)
      begun.catch(() => undefined)
      return beginning
    }
    const undoes = text === 'rollback'
    // Kysely says so once the end was answered; before that, a late statement would be kept by itself.
    if (over !== '' && !undoes)
      throw new Error(`The transaction is over: ${over} was already sent.`)
    if (undoes || text === 'commit') over = text
    // Without parameters it is sent as it is, and may be several statements.
    const statement = values.length === 0 ? undefined : statementOf(text)
    if (waiting > 0 || !(statement?.onlyReads ?? onlyReads.test(text)))
      await untilBegun().catch((error: unknown) => {
        if (!undoes) throw error
      })
    const result = await (
      statement === undefined
        ? client.query(text, values)
        : ask(client, statement, values, types.getTypeParser)
    ).catch(rethrow)
    if (!undoes) await begun
    if (text === 'commit' && result.command !== 'COMMIT')
      throw new Error('The transaction had failed before its commit; nothing was kept.')
    return result
  }
  return {
    // Kysely also declares cursors, which only a dialect configured for them asks for.
    // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion
    query: query as unknown as PostgresPoolClient['query'],
    release() {
      client.release()
    },
  }
}

/**
 * From tables, or for the transaction alone. Functions of ours that change something (they order
 * jobs, send signals) are called without `from`.
 */
const onlyReads = /^\s*select\s+(set_config\(|[^]*\bfrom\b)/i

const beginning = { command: 'BEGIN', rowCount: 0, rows: [] }

/** Statements by their text, so that each connection has PostgreSQL parse and plan one of them once. */
const statements = new Map<string, Statement>()
const mostStatements = 1000

function statementOf(text: string): Statement | undefined {
  const known = statements.get(text)
  if (known !== undefined || statements.size >= mostStatements) return known
  const name = `s${statements.size}`
  const statement = { text, name, onlyReads: onlyReads.test(text), columns: null }
  statements.set(text, statement)
  return statement
}

function rethrow(error: unknown): never {
  throw asProblem(error)
}

const lostSystemCalls = ['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE', 'ETIMEDOUT', 'EACCES']
const lostWords =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed)/

function asProblem(error: unknown): unknown {
  const code = codeOf(error) ?? ''
  if (code === '53100') return new Problem('storage-full', {}, { cause: error })
  const lost =
    /^(08...|57P0[123]|53300)$/.test(code) ||
    lostSystemCalls.includes(code) ||
    (error instanceof Error && lostWords.test(error.message))
  return lost ? new Problem('database-unavailable', {}, { cause: error }) : error
}

export interface TransactOptions {
  /** How often to repeat the work after a serialization failure or a deadlock. Left out: never. */
  readonly retries?: number
  readonly isolation?: IsolationLevel
}

/**
 * Does the work in one transaction: all of it is kept or nothing. A work that swallowed a failed
 * statement is an error, not a silent rollback. With `retries` the caller promises that the work
 * may be done again from its start. Where the connection is lost during the commit itself, nobody
 * can say here whether it was kept; it is never repeated.
 */
export async function transact<T>(
  db: Db,
  work: (tx: Tx) => Promise<T>,
  { retries = 0, isolation }: TransactOptions = {},
): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    const behind: Promise<unknown>[] = []
    const after: (() => Promise<void>)[] = []
    try {
      const transaction = db.transaction()
      const answer = await (
        isolation === undefined ? transaction : transaction.setIsolationLevel(isolation)
      ).execute(async (tx) => {
        const own = pipelined(tx, await tx.getExecutor().provideConnection(itself))
        unawaited.set(own, behind)
        afterwards.set(own, after)
        return await work(own)
      })
      for (const one of after) await one().catch(() => undefined)
      return answer
    } catch (failure) {
      // A statement that nobody waited for says better than the commit why nothing was kept.
      const error: unknown = await Promise.all(behind).then(
        () => failure,
        (first: unknown) => first,
      )
      if (attempt >= retries || !['40001', '40P01'].includes(codeOf(error) ?? '')) throw error
      await sleep(randomBetween(5, 20 * 2 ** Math.min(attempt, 5)))
    }
  }
}

const unawaited = new WeakMap<Tx, Promise<unknown>[]>()

/**
 * Lets the last statements of a transaction go out without waiting for their answers: the commit is
 * sent behind them and keeps nothing when one of them failed, and `transact` then throws its error.
 * For statements whose answers nobody needs. To be called at once with the statement begun.
 */
export function sendAlong(tx: Tx, statement: Promise<unknown>): void {
  statement.catch(() => undefined)
  const behind = unawaited.get(tx)
  if (behind === undefined) throw new Error('Statements go along with a transaction only.')
  behind.push(statement)
}

const afterwards = new WeakMap<Tx, (() => Promise<void>)[]>()

/**
 * Leaves work until this transaction has been committed, and drops it when nothing was kept: for what
 * no database can take back, such as deleting a file. `transact` returns when it is done. It must be
 * work that a crash may leave undone, for what it throws is heard by nobody.
 */
export function afterCommit(tx: Tx, work: () => Promise<void>): void {
  const waiting = afterwards.get(tx)
  if (waiting === undefined) throw new Error('Only a transaction has an afterwards.')
  waiting.push(work)
}

const itself = (connection: DatabaseConnection) => Promise.resolve(connection)
const nowhere = {
  dialect: new PostgresDialect({ pool: () => Promise.reject(new Error('no pool')) }),
}

/** The same transaction, in which statements are sent in the order of their calls without waiting for each other. */
function pipelined(tx: Tx, connection: DatabaseConnection): Tx {
  const executor = tx.getExecutor().withConnectionProvider({
    provideConnection: (consumer) => consumer(connection),
  })
  // Driver and dialect would serve transactions within this one, which Kysely refuses by itself.
  return new Transaction<Tables>({
    ...{ config: nowhere, dialect: nowhere.dialect, driver: new DummyDriver(), executor },
  })
}
