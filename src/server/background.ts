import { join } from 'node:path'
import type { logSigner } from '@cloister/transparency-log'
import { transactOverAll } from './domains/access/index.ts'
import { closeLeftListening, closeRecorder } from './domains/annotation/index.ts'
import { proofOf, startCosigning, startSequencer } from './domains/audit/index.ts'
import { buildDelivery, resumeBuilds, sweepDrafts } from './domains/delivery/index.ts'
import { startKeeper } from './domains/facility/index.ts'
import { type KeyWorkshop, rollDueKeys, rollKeys, type Vault } from './domains/vault/index.ts'
import type { Connect } from './databases.ts'
import type { Config } from './kernel/config.ts'
import { openClient, openDb, transact, type Tx } from './kernel/db.ts'
import { enqueue, startJobs } from './kernel/jobs.ts'
import { openSignals } from './kernel/signals.ts'
import type { Installation, Server } from './open.ts'

/** Where full errors go, with the name of the work that they belong to. */
type OnFault = (error: unknown, where: string) => void

/** What the work that nobody waits for stands on. */
export interface Backstage {
  readonly connect: Connect
  readonly now: () => Date
  readonly onFault: OnFault
}

/** Something to end; ended once. */
export type End = () => Promise<void>

/** The one sequencer of this database, and the exchange with its witness. */
export function startLog(
  { connect, now, onFault }: Backstage,
  signer: ReturnType<typeof logSigner>,
  witness: { readonly url: string; readonly key: string } | null,
): End {
  const fault = (error: unknown) => {
    onFault(error, 'log')
  }
  const sequencer = startSequencer({
    connect: () => openClient(connect('cloister_sequencer')),
    ...{ signer, now, onFault: fault },
  })
  sequencer.ended.catch(fault)
  if (witness === null) return () => sequencer.close()
  const db = openDb(connect('cloister_sequencer'), { pool: 1 })
  const cosigning = startCosigning({ db, witness, now, onFault: fault })
  cosigning.ended.catch(fault)
  return async () => {
    await cosigning.close()
    await db.destroy()
    await sequencer.close()
  }
}

/** A draft that nobody has written to for so long belongs to no build that is still under way. */
const longestBuildMs = 24 * 3_600_000

/** Jobs, each done once by whichever process takes it. */
export async function startWork(
  config: Config,
  { connect, now, onFault }: Backstage,
  shop: {
    readonly vault: Vault
    readonly signingKey: string
    readonly sealDetails: ReturnType<Installation['sealDetails']>
  },
  { gate }: Server,
): Promise<End> {
  const packages = join(config.directory, 'deliveries')
  const sweep = () => sweepDrafts(packages, new Date(now().getTime() - longestBuildMs))
  // Alone, no other process builds, and nothing is being built yet.
  await (config.alone ? sweepDrafts(packages) : sweep())
  const db = openDb(connect('cloister_jobs'), { pool: 2 })
  // What is due in any project is looked for in all; each piece of work is then done under its own pass.
  const everywhere: KeyWorkshop['everywhere'] = (work) => transactOverAll(db, work)
  await everywhere(resumeBuilds)
  const workshop = { ...shop, db, gate, packages, proofOf, now }
  const { vault, sealDetails } = shop
  const keyShop = { db, gate, everywhere, epochs: vault.epochs, sealDetails, now }
  const recordClose = closeRecorder(sealDetails)
  // What a killed process left half done goes on now, and not in an hour.
  await transact(db, (tx) => enqueue(tx, 'vault.epochs', {}, { key: 'vault epochs' }))
  const jobs = await startJobs(
    connect('cloister_jobs'),
    {
      'delivery.build': async (payload, signal, last) => {
        if (typeof payload !== 'object' || payload === null) return
        if ('delivery' in payload && 'by' in payload) {
          const order = { id: String(payload.delivery), by: String(payload.by) }
          await buildDelivery(workshop, order, signal, last)
        }
      },
      'delivery.sweep': sweep,
      'vault.roll': async (payload, signal) => {
        if (typeof payload !== 'object' || payload === null) return
        if ('project' in payload && 'by' in payload)
          await rollKeys(keyShop, String(payload.project), String(payload.by), signal)
      },
      'vault.epochs': () => rollDueKeys(keyShop, config.epochDays),
      async 'annotation.listening'(_, signal) {
        const close = (tx: Tx) => closeLeftListening({ recordClose }, tx, now())
        while (!signal.aborted && (await everywhere(close)) > 0);
      },
    },
    {
      concurrency: config.workers.jobs,
      hourly: ['vault.epochs', 'delivery.sweep'],
      minutely: ['annotation.listening'],
      onFailure: (kind, error) => {
        onFault(error, kind)
      },
      onFault: (error) => {
        onFault(error, 'jobs')
      },
    },
  )
  return async () => {
    await jobs.stop()
    await db.destroy()
  }
}

/** The muster list and the alarms that silence gives. */
export async function keepBuilding(
  config: Config,
  { connect, now, onFault }: Backstage,
): Promise<End> {
  const db = openDb(connect('cloister_inside'), { pool: 1 })
  const signals = await openSignals(connect('cloister_inside'))
  const keeper = await startKeeper({
    ...{ db, signals, now, directory: join(config.directory, 'muster'), data: config.directory },
    onFault: (error) => {
      onFault(error, 'building')
    },
  })
  return async () => {
    await keeper.close()
    await signals.close()
    await db.destroy()
  }
}
