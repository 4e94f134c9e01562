import type { Tx } from '../../kernel/db.ts'
import { tallyOf } from '../annotation/index.ts'

/** How far a project is from the acceptance that it promised. */
export interface Acceptance {
  readonly ready: boolean
  /** Items still without an accepted annotation. */
  readonly open: number
  readonly accepted: number
  /** Items that people put aside with a reason: in no delivery, named in its quality report. */
  readonly skipped: number
}

/** The acceptance rule "every item reviewed": each item is accepted by a reviewer or was put aside. */
export async function acceptance(tx: Tx, project: string): Promise<Acceptance> {
  const counts = { open: 0, accepted: 0, skipped: 0 }
  for (const { type, state, tasks } of await tallyOf(tx, project)) {
    if (type !== 'annotate') continue
    if (state === 'accepted') counts.accepted += tasks
    else if (state === 'skipped') counts.skipped += tasks
    else if (state !== 'withdrawn') counts.open += tasks
  }
  return { ...counts, ready: counts.open === 0 && counts.accepted > 0 }
}
