import { Logger, parseCronItems, run, runMigrations } from 'graphile-worker'
import { openPool, type Connection, type Tx } from './db.ts'

/** The work of one kind of job. Repeated after a failure, so it must bear being begun twice. */
export type JobWork = (payload: unknown, signal: AbortSignal) => Promise<void>

export interface JobOrder {
  /** Of several waiting jobs with one key only the latest is done. */
  readonly key?: string
  /** How often it is tried before it is given up; the pauses grow from seconds to hours. */
  readonly attempts?: number
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

/**
 * Does the jobs of the given kinds, at most `concurrency` at a time, as the role of the connection
 * (`cloister_jobs`). Kinds in `hourly` are also ordered once an hour, with an empty payload, by however
 * many processes run jobs. `onFailure` hears of each attempt that failed, and whether it was the last.
 */
export async function startJobs(
  connection: Connection,
  kinds: Readonly<Record<string, JobWork>>,
  options: {
    readonly concurrency: number
    readonly hourly?: readonly string[]
    readonly onFailure: (kind: string, error: unknown, last: boolean) => void
  },
): Promise<RunningJobs> {
  const pool = openPool(connection, { size: options.concurrency + 2 })
  const runner = await run({
    pgPool: pool,
    logger: silent,
    concurrency: options.concurrency,
    noHandleSignals: true,
    parsedCronItems: parseCronItems(
      (options.hourly ?? []).map((task) => ({ task, match: '7 * * * *' })),
    ),
    taskList: Object.fromEntries(
      Object.entries(kinds).map(([kind, work]) => [
        kind,
        (payload, { abortSignal }) => work(payload, abortSignal),
      ]),
    ),
  })
  runner.events.on('job:error', ({ job, error }) => {
    options.onFailure(job.task_identifier, error, job.attempts >= job.max_attempts)
  })
  return {
    async stop() {
      await runner.stop()
      await pool.end()
    },
  }
}
