import type { TestContext } from 'node:test'
import pg from 'pg'

/** How often the transactions of a test waited for the database, and what they asked of it. */
export interface RoundTrips {
  /** The longest chain of statements of one transaction each of which was sent after an answer. */
  readonly waits: number
  readonly statements: number
}

/**
 * Counts at the database's driver while the work runs; one transaction at a time. A statement's
 * depth is one more than that of the deepest whose answer had come when it was sent: statements that
 * are sent together are one round trip, whatever the clock says.
 */
export async function countRoundTrips(
  t: TestContext,
  work: () => Promise<unknown>,
): Promise<RoundTrips> {
  const counted = { waits: 0, statements: 0 }
  let answered = 0
  const original: unknown = Object.getOwnPropertyDescriptor(pg.Client.prototype, 'query')?.value
  if (typeof original !== 'function') throw new Error('the driver has another way to ask')
  const counting = t.mock.method(
    pg.Client.prototype,
    'query',
    function (this: pg.Client, ...args: unknown[]): unknown {
      const depth = answered + 1
      counted.waits = Math.max(counted.waits, depth)
      counted.statements += 1
      const answer: unknown = Reflect.apply(original, this, args)
      const done = () => {
        answered = Math.max(answered, depth)
      }
      if (answer instanceof Promise) answer.then(done, done)
      else if (answer instanceof pg.Query) answer.once('end', done)
      return answer
    },
  )
  try {
    await work()
  } finally {
    counting.mock.restore()
  }
  return counted
}
