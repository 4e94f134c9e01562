import type { FactSource } from '../access/index.ts'
import { admissionFacts } from './store.ts'

/** Vetting, agreements, training, certificate for the item's language and kind, and the shift. */
export const workforceFacts: FactSource = {
  fills: ['admission', 'shift'],
  async read(tx, { caller, located, now }) {
    if (caller.kind !== 'person' || caller.id === null) return { facts: {} }
    const { language = null, taskType = null } = located
    const row = await admissionFacts(tx, caller.id, language, taskType, now)
    if (row === undefined) return { facts: {} }
    const holds = (until: Date | null) => until !== null && until > now
    // Asking for the next task names no language yet: the queue hands out only what the person is certified for.
    const certified = language === null || holds(row.certified_until)
    // Where there is no course, PostgreSQL's infinity comes as a number.
    const ends = [row.vetted_until, row.trained_until, row.shift_until, row.certified_until]
    const sooner = ends.filter((end) => end !== null && Number.isFinite(Number(end)) && end > now)
    return {
      facts: {
        admission: {
          vetted: holds(row.vetted_until),
          agreed: row.agreed,
          trained: holds(row.trained_until),
          certified,
        },
        shift: { on: holds(row.shift_until) },
      },
      until: sooner.length === 0 ? null : new Date(Math.min(...sooner.map(Number))),
    }
  },
}
