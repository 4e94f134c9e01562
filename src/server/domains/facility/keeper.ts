import { mkdir, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { transact, type Db, type Tx } from '../../kernel/db.ts'
import { replaceFile } from '../../kernel/durable.ts'
import type { Signals } from '../../kernel/signals.ts'
import { logHealth } from '../audit/index.ts'
import { namesOf } from '../identity/index.ts'
import { endAlarms, raiseAlarm } from './alarms.ts'
import { silentMs } from './detectors.ts'
import { takeInputs } from './events.ts'
import { loadRecord, presenceChannel } from './fold.ts'
import { certificatesEndingBefore } from './machines/store.ts'
import { musterCsv, musterText, type MusterSheet } from './muster.ts'
import { allControllers, standingAlarms, takeTurn } from './store.ts'
import { watchedSite } from './site.ts'

export interface KeeperOptions {
  /** As the role of the inside door. */
  readonly db: Db
  readonly signals: Signals
  /** Where `muster.txt` and `muster.csv` are kept; made if it is not there. */
  readonly directory: string
  /** The directory whose disk must not run full. */
  readonly data: string
  readonly now: () => Date
  readonly onFault: (error: unknown) => void
}

export interface Keeper {
  close(): Promise<void>
}

/** Between two writings of the muster list after changes, and without any. */
const soonestMs = 1_000
const latestMs = 60_000
const lookEveryMs = 5_000
/** Machines renew when a third of the day is left; with less than this left one has failed to. */
const endingMs = 4 * 3_600_000
const leastFree = 0.05

/**
 * Keeps what must be true without anybody asking: the muster list on disk, at most a second behind
 * every change and a minute old otherwise, and the alarms that silence, clocks, certificates, a log
 * without its witness and a full disk give. One in an installation.
 */
export async function startKeeper(options: KeeperOptions): Promise<Keeper> {
  const { db, signals, directory, now, onFault } = options
  await mkdir(directory, { recursive: true, mode: 0o700 })
  let moved = true
  let written = -Infinity
  let looked = -Infinity
  let ended = false
  const forget = await signals.listen(presenceChannel, () => {
    moved = true
  })

  async function turn(): Promise<void> {
    const at = now().getTime()
    if (at - written >= latestMs || (moved && at - written >= soonestMs)) {
      moved = false
      written = at
      await writeMuster(db, directory, now())
    }
    if (at - looked >= lookEveryMs) {
      looked = at
      await lookAround(options)
    }
  }

  let turning = Promise.resolve()
  const timer = setInterval(() => {
    turning = turning.then(() => (ended ? undefined : turn())).catch(onFault)
  }, 250)
  return {
    async close() {
      ended = true
      forget()
      clearInterval(timer)
      await turning
    },
  }
}

/** Writes the muster list as of now: the old file or the new one, never half of one. */
export async function writeMuster(db: Db, directory: string, now: Date): Promise<void> {
  const lists = await transact(db, async (tx) => {
    const site = await watchedSite(tx)
    if (site === null) return null
    const record = await loadRecord(tx)
    const controllers = await allControllers(tx)
    const sheet: MusterSheet = {
      ...{ site: site.name, at: now.toISOString(), zones: site.inner, outside: site.publicZones },
      names: await namesOf(tx, [...record.people.keys()]),
      silent: controllers
        .filter(({ heard_at: heard }) => now.getTime() - (heard?.getTime() ?? 0) > silentMs)
        .map(({ controller }) => controller),
    }
    return { 'muster.txt': musterText(record, sheet), 'muster.csv': musterCsv(record, sheet) }
  })
  if (lists === null) return
  for (const [name, text] of Object.entries(lists))
    await replaceFile(join(directory, name), text, 0o600)
}

/** Lets time pass for the detectors, and looks at certificates, the log's witness and the disk. */
export async function lookAround({
  db,
  data,
  now,
}: Pick<KeeperOptions, 'db' | 'data' | 'now'>): Promise<void> {
  const { bavail, blocks } = await statfs(data)
  await transact(db, async (tx) => {
    const saved = await takeTurn(tx)
    const at = now()
    const tick = { type: 'tick', at: at.toISOString() } as const
    await takeInputs(tx, { saved, controller: null, inputs: [tick], at })
    await lookAtCertificates(tx, at)
    await lookAtLog(tx, at)
    if (blocks > 0 && bavail / blocks < leastFree)
      await raiseAlarm(tx, { kind: 'disk-full', subject: 'data', zones: [] }, at)
    else await endAlarms(tx, ['disk-full'], 'data', at)
  })
}

async function lookAtCertificates(tx: Tx, at: Date): Promise<void> {
  const ending = await certificatesEndingBefore(tx, at, new Date(at.getTime() + endingMs))
  const subjects = ending.map(({ kind, subject }) => `${kind} ${subject}`)
  for (const subject of subjects)
    await raiseAlarm(tx, { kind: 'certificate-ending', subject, zones: [] }, at)
  for (const { subject } of await standingAlarms(tx, ['certificate-ending']))
    if (!subjects.includes(subject)) await endAlarms(tx, ['certificate-ending'], subject, at)
}

/** While this stands, confidential acts are closed; it ends by itself with the next cosignature. */
async function lookAtLog(tx: Tx, at: Date): Promise<void> {
  const { well, behind } = await logHealth(tx, at)
  if (well) {
    await endAlarms(tx, ['witness-silent'], 'log', at)
    return
  }
  const detail = { behind: behind === 'witness' ? 'witness' : 'log' } as const
  await raiseAlarm(tx, { kind: 'witness-silent', subject: 'log', detail, zones: [] }, at)
}
