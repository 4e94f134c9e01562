import type { Tx } from '../../kernel/db.ts'
import { statesOfBatches } from '../annotation/index.ts'

/** Items by where they stand. */
export interface Counts {
  readonly items: number
  /** A reviewer accepted or corrected the annotation. */
  readonly accepted: number
  /** Set aside by an annotator with a reason; not delivered. */
  readonly skipped: number
  /** Annotated and not reviewed yet. */
  readonly unreviewed: number
  /** Not annotated yet, or sent back to be annotated again. */
  readonly unannotated: number
}

export interface Acceptance extends Counts {
  /** Every item is settled, and at least one is accepted. */
  readonly ready: boolean
  /** Items that still stand in the way. */
  readonly open: number
}

export interface ProjectAcceptance extends Acceptance {
  readonly batches: readonly (Acceptance & { readonly batch: string })[]
}

type States = Awaited<ReturnType<typeof statesOfBatches>>

/** Whether a project's items may be delivered, as a whole and batch by batch, in one reading. */
export async function acceptance(tx: Tx, project: string): Promise<ProjectAcceptance> {
  const states = await statesOfBatches(tx, project)
  const batches = [...new Set(states.map((row) => row.batch))].map((batch) => ({
    batch,
    ...judge(states.filter((row) => row.batch === batch)),
  }))
  return { ...judge(states), batches }
}

/** The rule itself, on numbers alone. */
export function judge(states: readonly Pick<States[number], 'state' | 'tasks'>[]): Acceptance {
  const of = (...wanted: States[number]['state'][]) =>
    states.filter((row) => wanted.includes(row.state)).reduce((sum, row) => sum + row.tasks, 0)
  const counts: Counts = {
    items: states.reduce((sum, row) => sum + row.tasks, 0),
    accepted: of('accepted'),
    skipped: of('skipped'),
    unreviewed: of('submitted'),
    unannotated: of('waiting', 'leased', 'returned', 'withdrawn'),
  }
  const open = counts.unreviewed + counts.unannotated
  return { ready: open === 0 && counts.accepted > 0, open, ...counts }
}
