import {
  Kysely,
  PostgresDialect,
  type IsolationLevel,
  type PostgresPoolClient,
  type Transaction,
} from 'kysely'
import pg from 'pg'
import { setTimeout as sleep } from 'node:timers/promises'
import { Problem } from '../../shared/problems.ts'
import { codeOf } from './fault.ts'
import { randomBetween } from './random.ts'
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

/**
 * A pool of at most `pool` connections. What it throws for a lost or unreachable database is the
 * Problem `database-unavailable`, for a full disk `storage-full`; every other error is PostgreSQL's own.
 */
export function openDb(connection: Connection, { pool }: { readonly pool: number }): Db {
  const inner = new pg.Pool({
    ...configOf(connection),
    max: pool,
    statement_timeout: statementTimeout,
    idle_in_transaction_session_timeout: idleTransactionTimeout,
  })
  inner.on('error', () => undefined)
  return new Kysely<Tables>({
    dialect: new PostgresDialect({
      pool: {
        connect: async () => guard(await inner.connect().catch(rethrow)),
        end: () => inner.end(),
      },
    }),
  })
}

/** A client as Kysely takes it, with honest errors. */
function guard(client: pg.PoolClient): PostgresPoolClient {
  const ignore = () => undefined
  client.on('error', ignore)
  async function query(text: string, values: unknown[]): Promise<pg.QueryResult> {
    const result = await client.query(text, values).catch(rethrow)
    if (text === 'commit' && result.command !== 'COMMIT')
      throw new Error('The transaction had failed before its commit; nothing was kept.')
    return result
  }
  return {
    // Kysely also declares cursors, which only a dialect configured for them asks for.
    // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion
    query: query as unknown as PostgresPoolClient['query'],
    release() {
      client.off('error', ignore)
      client.release()
    },
  }
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
    try {
      const transaction = db.transaction()
      return await (
        isolation === undefined ? transaction : transaction.setIsolationLevel(isolation)
      ).execute(work)
    } catch (error) {
      if (attempt >= retries || !['40001', '40P01'].includes(codeOf(error) ?? '')) throw error
      await sleep(randomBetween(5, 20 * 2 ** Math.min(attempt, 5)))
    }
  }
}
