import { LogFault, proveEntry } from '@cloister/transparency-log'
import type { LogEntry, LogExport, LogFound, LogPage, LogSearch } from '#shared/audit.ts'
import { Problem } from '#shared/problems.ts'
import type { Tx } from '../../kernel/db.ts'
import type { Pass } from '../access/index.ts'
import { entryIn } from './leaf.ts'
import {
  detailStanding,
  leafAt,
  leavesWithin,
  newestCheckpoint,
  newestCosigned,
  newestLeafOf,
  searchLeaves,
} from './store.ts'
import { storedTiles } from './tiles.ts'

const pageSize = 100

/** A page of entries, newest first; `next` is what to ask with as `after` for the page behind it. */
export async function searchLog(
  _pass: Pass<'audit.log.search'>,
  tx: Tx,
  query: LogSearch,
): Promise<LogPage> {
  const rows = await searchLeaves(tx, query, pageSize + 1)
  const entries = rows
    .slice(0, pageSize)
    .map(({ index, body }) => ({ index, entry: entryIn(body) }))
  return { entries, next: rows.length > pageSize ? (entries.at(-1)?.index ?? null) : null }
}

/** One entry, with its exact bytes and what is known of its details and of its witness. */
export async function readEntry(
  _pass: Pass<'audit.log.search'>,
  tx: Tx,
  index: number,
): Promise<LogFound> {
  const body = await leafAt(tx, index)
  if (body === null) throw new Problem('not-found')
  const entry = entryIn(body)
  const { details = null } = entry ?? {}
  return {
    ...{ index, entry, body: body.toString('base64') },
    details: details === null ? 'none' : await detailStanding(tx, Buffer.from(details, 'base64')),
    cosigned: index < ((await newestCosigned(tx))?.size ?? 0),
  }
}

/**
 * One entry as a `.tlog-proof` under the newest cosigned checkpoint.
 * @throws Problem `not-found`, `not-ready` where the witness has not come so far
 */
export async function proveIndex(
  _pass: Pass<'audit.log.prove'>,
  tx: Tx,
  index: number,
): Promise<string> {
  if ((await leafAt(tx, index)) === null) throw new Problem('not-found')
  const checkpoint = await newestCosigned(tx)
  if (checkpoint === null || index >= checkpoint.size)
    throw new Problem('not-ready', { cosigned: checkpoint?.size ?? 0 })
  try {
    return await proveEntry(storedTiles(tx), Buffer.from(checkpoint.note), index)
  } catch (error) {
    // A stored log that does not give its own root is our fault, not the asker's.
    if (error instanceof LogFault) throw new Problem('internal', {}, { cause: error })
    throw error
  }
}

/** The newest entry of an act that was done to a resource, as far as the log was written. */
export async function newestEntryOf(
  tx: Tx,
  action: string,
  resource: string,
): Promise<LogEntry | null> {
  const index = await newestLeafOf(tx, action, resource)
  const body = index === null ? null : await leafAt(tx, index)
  return body === null ? null : entryIn(body)
}

/**
 * The proof of the newest entry of an act that was done to a resource, and the cosigned checkpoint it
 * stands under; null while the witness has not come so far.
 */
export async function proofOf(
  tx: Tx,
  action: string,
  resource: string,
): Promise<{ proof: string; checkpoint: string } | null> {
  const index = await newestLeafOf(tx, action, resource)
  const checkpoint = await newestCosigned(tx)
  if (index === null || checkpoint === null || index >= checkpoint.size) return null
  const proof = await proveEntry(storedTiles(tx), Buffer.from(checkpoint.note), index)
  return { proof, checkpoint: checkpoint.note }
}

/** The newest checkpoint as a signed note: cosigned where any is. */
export async function readCheckpoint(tx: Tx): Promise<string> {
  const note = (await newestCosigned(tx))?.note ?? (await newestCheckpoint(tx))?.note
  if (note === undefined) throw new Problem('not-ready')
  return note
}

/** A piece of the log: as many entries from an index on as fit into one answer, before `until`. */
export async function exportLog(
  _pass: Pass<'audit.log.export'>,
  tx: Tx,
  policy: string,
  { from, until }: { from: number; until: number | null },
): Promise<LogExport> {
  const newest = (await newestCosigned(tx)) ?? (await newestCheckpoint(tx))
  if (newest === null) throw new Problem('not-ready')
  const end = Math.min(until ?? newest.size, newest.size)
  const bodies = await leavesWithin(tx, from, end)
  return {
    ...{ checkpoint: newest.note, size: newest.size, policy },
    entries: bodies.map((body) => body.toString('base64')),
  }
}
