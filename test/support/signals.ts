import type { TestContext } from 'node:test'
import { transact } from '../../src/server/kernel/db.ts'
import { notify, openSignals } from '../../src/server/kernel/signals.ts'
import type { TestDatabase } from './database.ts'

/** Hears what is signalled in a database. */
export interface Listener {
  /** What was signalled while this was done: all of it has come when a word said after it has. */
  during(work: () => Promise<unknown>): Promise<readonly (string | null)[]>
}

export async function listenTo(t: TestContext, database: TestDatabase): Promise<Listener> {
  const heard: (string | null)[] = []
  const waiting = new Map<string | null, () => void>()
  const signals = await openSignals(database.connection('cloister_inside'))
  t.after(() => signals.close())
  await signals.listen('cloister_signal', (said) => {
    const end = waiting.get(said)
    if (end === undefined) heard.push(said)
    else end()
  })
  let turns = 0
  return {
    async during(work) {
      heard.splice(0)
      await work()
      const end = `end of ${String((turns += 1))}`
      const ended = new Promise<void>((resolve) => waiting.set(end, resolve))
      await transact(database.db('cloister_admin'), (tx) => notify(tx, 'cloister_signal', end))
      await ended
      return [...heard]
    },
  }
}
