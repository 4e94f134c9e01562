import { Problem } from '#shared/problems.ts'
import { type Connection, openDb, sendAlong, type Tx } from '../../kernel/db.ts'
import { type Entry, leafOf } from './entry.ts'
import { insertPending, insertPendingBatch } from './store.ts'

/**
 * Writes the entry in the transaction of the change it speaks of: both become durable, or neither.
 * Nobody waits for the row alone: an entry that could not be written undoes the change at its commit.
 */
export function record(tx: Tx, entry: Entry): void {
  sendAlong(tx, insertPending(tx, leafOf(entry)))
}

/** Makes entries durable that stand alone: reveals and refusals. */
export interface Recorder {
  /**
   * Resolves when the entry is durable; entries that arrive while one batch is being written share
   * the next commit.
   * @throws Problem `log-unavailable` when it could not be written; the act must then not go on
   */
  append(entry: Entry): Promise<void>
  /** Closes the connection; entries that were appended before are written. */
  close(): Promise<void>
}

/** Over a connection of its own: whoever waits for an entry may hold one of the door's, and all of them may. */
export function openRecorder(connection: Connection): Recorder {
  const db = openDb(connection, { pool: 1 })
  const waiting: { body: Buffer; resolve: () => void; reject: (error: Error) => void }[] = []
  let writing = false

  async function drain(): Promise<void> {
    writing = true
    while (waiting.length > 0) {
      const batch = waiting.splice(0, 2000)
      try {
        await insertPendingBatch(
          db,
          batch.map((w) => w.body),
        )
        for (const w of batch) w.resolve()
      } catch (cause) {
        for (const w of batch) w.reject(new Problem('log-unavailable', {}, { cause }))
      }
    }
    writing = false
  }

  return {
    append(entry) {
      const body = leafOf(entry)
      return new Promise<void>((resolve, reject) => {
        waiting.push({ body, resolve, reject })
        if (!writing) void drain()
      })
    },
    close: () => db.destroy(),
  }
}
