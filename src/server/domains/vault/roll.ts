import { setTimeout as pause } from 'node:timers/promises'
import type { Action } from '#shared/actions.ts'
import { Problem } from '#shared/problems.ts'
import { type Db, transact, type Tx } from '../../kernel/db.ts'
import { enqueue } from '../../kernel/jobs.ts'
import { type Caller, type Gate, type Pass, Refused } from '../access/index.ts'
import { type Entry, record } from '../audit/index.ts'
import type { Epochs } from './epochs.ts'
import { epochsOf } from './store.ts'

/** What the rolling of keys stands on. */
export interface KeyWorkshop {
  readonly db: Db
  readonly gate: Gate
  readonly epochs: Epochs
  /** Does work that looks through every project. */
  readonly everywhere: <T>(work: (tx: Tx) => Promise<T>) => Promise<T>
  /** Keeps words sealed beside the log and answers the hash for the leaf. */
  readonly sealDetails: (
    tx: Tx,
    words: Readonly<Record<string, unknown>>,
    project: string | null,
  ) => Promise<Uint8Array | null>
  readonly now: () => Date
}

const day = 86_400_000
/** For keys that somebody holds at this moment, in milliseconds. */
const patience = 100
const mostPauses = 50
/** In whose name the calendar begins an epoch. */
const schedule = 'schedule'

/** Orders the rolling of a project's key to its end, in the transaction that began the epoch. */
export async function orderRoll(tx: Tx, project: string, by: string): Promise<void> {
  await enqueue(tx, 'vault.roll', { project, by }, { key: `roll ${project}`, attempts: 25 })
}

/**
 * Takes the rolling of a project's key to its end: re-wraps what waits, ends the earlier epochs and
 * destroys their keys. Each batch commits with its entry, so that what was cut off anywhere goes on
 * from there; two at once do no harm.
 * @throws Problem 'not-ready' when others hold keys, or a backup is being taken, for long: to be tried later
 */
export async function rollKeys(
  shop: KeyWorkshop,
  project: string,
  by: string,
  signal: AbortSignal,
): Promise<void> {
  const step = stepOf(shop, project, by)
  for (let pauses = 0; ;) {
    signal.throwIfAborted()
    const moved = await step('vault.epoch.rewrap', async (pass, tx) => {
      const keys = await shop.epochs.rewrap(pass, tx)
      return keys === 0 ? null : { keys }
    })
    if (moved !== null) continue
    try {
      await step('vault.epoch.end', async (pass, tx) => {
        const ended = await shop.epochs.end(pass, tx)
        return ended.length === 0 ? null : { ended }
      })
      break
    } catch (error) {
      const busy = error instanceof Problem && error.kind === 'not-ready'
      if (!busy || ++pauses > mostPauses) throw error
      await pause(patience, undefined, { signal })
    }
  }
  await step('vault.key.destroy', async (pass, tx) => {
    const destroyed = await shop.epochs.destroy(pass, tx)
    return destroyed.length === 0 ? null : { destroyed }
  })
}

/**
 * Begins the next epoch wherever the newest is older than `days`, and takes up again every rolling
 * that did not come to its end. A project where that fails holds no other up.
 * @throws AggregateError with what failed, when every project had its turn
 */
export async function rollDueKeys(shop: KeyWorkshop, days: number): Promise<void> {
  const due = shop.now().getTime() - days * day
  const faults: unknown[] = []
  const all = await shop.everywhere((tx) => epochsOf(tx, null))
  for (const { project, begun_at, begun_by, earlier, condemned } of all)
    try {
      if (earlier.length + condemned.length > 0)
        await transact(shop.db, (tx) => orderRoll(tx, project, begun_by))
      else if (begun_at.getTime() <= due) await beginDue(shop, project)
    } catch (error) {
      if (error instanceof Problem && error.kind === 'database-unavailable') throw error
      faults.push(error)
    }
  if (faults.length > 0)
    throw new AggregateError(faults, `the keys of ${faults.length} projects were not rolled`)
}

async function beginDue(shop: KeyWorkshop, project: string): Promise<void> {
  await stepOf(
    shop,
    project,
    schedule,
  )('vault.epoch.due', async (pass, tx) => {
    const epoch = await shop.epochs.begin(pass, tx)
    await orderRoll(tx, project, schedule)
    return { epoch }
  })
}

/**
 * One act of the job in a transaction of its own, with its entry; null is nothing done, and is not
 * recorded. A refusal or failure is recorded after the rollback, but for `not-ready`: the act was not
 * due yet, and comes again.
 */
function stepOf({ db, gate, sealDetails, now }: KeyWorkshop, project: string, by: string) {
  const caller: Caller = {
    ...{ door: 'operator', kind: 'job', id: by, session: null, signedInAt: null },
    ...{ workstation: null, certificate: null, address: 'local' },
  }
  const entryOf = (
    action: Action,
    of: string | null,
    ending: Pick<Entry, 'outcome' | 'policies' | 'details'>,
  ): Entry => ({
    ...{ time: now(), actor: by, action, resource: `Keys::${project}` },
    ...{ project: of, item: null, door: caller.door, workstation: null, zone: null },
    ...ending,
  })
  return async <A extends Action>(
    action: A,
    work: (pass: Pass<A>, tx: Tx) => Promise<Readonly<Record<string, unknown>> | null>,
  ) => {
    const held: { pass: Pass<A> | null } = { pass: null }
    try {
      return await transact(db, async (tx) => {
        const pass = await gate.admit(tx, caller, action, { type: 'Keys', id: project })
        held.pass = pass
        const words = await work(pass, tx)
        if (words === null) return null
        const details = await sealDetails(tx, words, pass.project)
        const { policies } = pass
        record(tx, entryOf(action, pass.project, { outcome: 'done', policies, details }))
        return words
      })
    } catch (error) {
      const ending = endingOf(error, held.pass)
      if (ending !== null)
        await transact(db, (tx) => {
          record(tx, entryOf(action, ending.of, ending))
          return Promise.resolve()
        })
      throw error
    }
  }
}

function endingOf(error: unknown, pass: Pass | null) {
  if (error instanceof Refused) {
    const { located, policies } = error.refusal
    return { of: located.project, outcome: 'refused', policies, details: null } as const
  }
  const kind = error instanceof Problem ? error.kind : 'internal'
  if (pass === null || kind === 'not-ready') return null
  return { of: pass.project, outcome: 'failed', policies: [kind], details: null } as const
}
