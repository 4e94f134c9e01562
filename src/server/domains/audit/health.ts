import type { Clock } from '../../kernel/clock.ts'
import type { Tx } from '../../kernel/db.ts'
import type { FactSource } from '../access/index.ts'
import { oldestUnwitnessed } from './store.ts'

/** An entry may stand without a cosignature this long before confidential acts close. */
const longestLag = 60_000

export interface LogHealth {
  /** False when an entry has waited for its cosignature for more than a minute. */
  readonly well: boolean
  /** Since when the oldest entry without a cosignature stands there; null when there is none. */
  readonly unwitnessedSince: Date | null
  /** Entries under the newest cosigned checkpoint. */
  readonly cosigned: number
  /** Whether that oldest entry waits for the sequencer (or for the witness). */
  readonly behind: 'nobody' | 'sequencer' | 'witness'
}

/** How far the log and its witness are behind what was done; a quiet log is behind nothing. */
export async function logHealth(tx: Tx, now: Date): Promise<LogHealth> {
  const { leaf, pending, cosigned } = await oldestUnwitnessed(tx)
  const waiting = [leaf, pending].filter((since) => since !== null)
  const since = waiting.length === 0 ? null : new Date(Math.min(...waiting.map(Number)))
  const behind = since === null ? 'nobody' : leaf === null ? 'sequencer' : 'witness'
  return { well: isWell(since, now), unwitnessedSince: since, cosigned, behind }
}

function isWell(since: Date | null, now: Date): boolean {
  return since === null || now.getTime() - since.getTime() <= longestLag
}

/**
 * Tells the gate whether the log is witnessed. Asks the database at most once a second. While an
 * entry waits, the fact ends a minute after it; while none does, it cannot turn for a minute.
 */
export function logFacts(clock: Clock): FactSource {
  let known: { since: Date | null; at: number } | null = null
  return {
    fills: ['log'],
    async read(tx) {
      const now = clock()
      if (known === null || Math.abs(now.getTime() - known.at) >= 1_000) {
        const { unwitnessedSince } = await logHealth(tx, now)
        known = { since: unwitnessedSince, at: now.getTime() }
      }
      const witnessed = isWell(known.since, now)
      const until = new Date((known.since ?? new Date(known.at)).getTime() + longestLag)
      return { facts: { log: { witnessed } }, until: witnessed ? until : null }
    },
  }
}
