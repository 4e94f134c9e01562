import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { Logger, parseCronItems, run, runMigrations, type Runner } from 'graphile-worker'
import type { Pool, PoolClient } from 'pg'
import { openPool, type Connection, type Tx } from './db.ts'

/**
 * The work of one kind of job. Repeated after a failure, so it must bear being begun twice; `last`
 * says that it is not tried again when it fails now.
 */
export type JobWork = (payload: unknown, signal: AbortSignal, last: boolean) => Promise<void>

export interface JobOrder {
  /** Of several waiting jobs with one key only the latest is done. */
  readonly key?: string
  /** How often it is tried before it is given up; the pauses grow from seconds to hours. */
  readonly attempts?: number
}

export interface JobOptions {
  readonly concurrency: number
  readonly hourly?: readonly string[]
  readonly minutely?: readonly string[]
  /** Hears of each attempt that failed, and whether it was the last. */
  readonly onFailure: (kind: string, error: unknown, last: boolean) => void
  /** Hears when the work itself came to a stand. */
  readonly onFault: (error: unknown) => void
}

export interface RunningJobs {
  /** Takes no new job, waits for those under way, and closes the connections. */
  stop(): Promise<void>
}

/** The library's own log would print payloads. */
const silent = new Logger(() => () => undefined)

/** Makes or updates the tables of the job library, acting as the role that owns them. */
export async function migrateJobs(administrator: Connection): Promise<void> {
  const pool = openPool(administrator, { size: 1, actAs: 'cloister_jobs' })
  try {
    await runMigrations({ pgPool: pool, logger: silent })
  } finally {
    await pool.end()
  }
}

/**
 * When a connection breaks at the wrong moment the job library gives the one that it listens on back
 * twice, and the pool throws at that, where nobody can catch it. Here the second time is nothing.
 */
export function forgiving(pool: Pool): Pool {
  const connect = pool.connect.bind(pool)
  const givenOnce = (client: PoolClient) => {
    const release = client.release.bind(client)
    let given = false
    client.release = (error) => {
      if (given) return
      given = true
      release(error)
    }
    return client
  }
  const forgive = (told?: Told) => {
    if (told === undefined) return connect().then(givenOnce)
    connect((error, client) => {
      const kept = client && givenOnce(client)
      told(error, kept, (reason?: Error | boolean) => {
        kept?.release(reason)
      })
    })
    return undefined
  }
  return Object.assign(pool, { connect: forgive })
}

type Told = Parameters<Pool['connect']>[0]

/**
 * Orders a job in the transaction that wants it: it is done after that commits, and never when it
 * is rolled back. The payload is kept as JSON outside every sealed object, so it holds ids only.
 */
export async function enqueue(
  tx: Tx,
  kind: string,
  payload: Readonly<Record<string, unknown>>,
  { key, attempts = 10 }: JobOrder = {},
): Promise<void> {
  const [text, jobKey] = [JSON.stringify(payload), key ?? null]
  await tx
    .selectNoFrom((eb) =>
      eb
        .fn('jobs.enqueue', [
          eb.val(kind),
          eb.cast(eb.val(text), 'json'),
          eb.cast(eb.val(jobKey), 'text'),
          eb.cast(eb.val(attempts), 'integer'),
        ])
        .as('ordered'),
    )
    .execute()
}

/** How long after a runner ended of itself the next one is begun. */
const pauseMs = 1_000

/**
 * Does the jobs of the given kinds, at most `concurrency` at a time, as the role of the connection
 * (`cloister_jobs`). Kinds in `hourly` and `minutely` are also ordered that often, with an empty payload, by however
 * many processes run jobs. While the database is away the work stands still, and goes on when it is
 * back; a job that was done and could not be taken off the list meanwhile is done again, hours later.
 */
export async function startJobs(
  connection: Connection,
  kinds: Readonly<Record<string, JobWork>>,
  options: JobOptions,
): Promise<RunningJobs> {
  const pool = forgiving(openPool(connection, { size: options.concurrency + 2 }))
  const begin = () => beginRunner(pool, kinds, options)
  const stopping = new AbortController()
  const kept = keepRunning(await begin(), begin, stopping.signal, options.onFault)
  const closed = kept.then(() => pool.end())
  return {
    stop() {
      stopping.abort()
      return closed
    },
  }
}

/** Ends when told to, with the runner of that time; one that ended before is followed by the next. */
async function keepRunning(
  first: Runner,
  begin: () => Promise<Runner>,
  signal: AbortSignal,
  onFault: (error: unknown) => void,
): Promise<void> {
  const stopped = once(signal, 'abort')
  const over = () => signal.aborted
  for (let runner: Runner | null = first; !over(); runner = null) {
    try {
      runner ??= await begin()
      await Promise.race([runner.promise, stopped])
      if (over()) await runner.stop()
    } catch (error) {
      onFault(error)
    }
    if (!over()) await Promise.race([pause(pauseMs), stopped])
  }
}

async function beginRunner(
  pgPool: Pool,
  kinds: Readonly<Record<string, JobWork>>,
  { concurrency, hourly = [], minutely = [], onFailure }: JobOptions,
): Promise<Runner> {
  const runner = await run({
    ...{ pgPool, concurrency, logger: silent, noHandleSignals: true },
    // Only what is batched, be it by nothing, is waited for at the end, and heard of when it fails.
    preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
    parsedCronItems: parseCronItems([
      ...hourly.map((task) => ({ task, match: '7 * * * *' })),
      ...minutely.map((task) => ({ task, match: '* * * * *' })),
    ]),
    taskList: Object.fromEntries(
      Object.entries(kinds).map(([kind, work]) => [
        kind,
        (payload, { abortSignal, job }) =>
          work(payload, abortSignal, job.attempts >= job.max_attempts),
      ]),
    ),
  })
  runner.events.on('job:error', ({ job, error }) => {
    onFailure(job.task_identifier, error, job.attempts >= job.max_attempts)
  })
  return runner
}
