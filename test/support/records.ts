import { type Running, startSequencer } from '../../src/server/domains/audit/index.ts'
import { type Db, openClient, transact } from '../../src/server/kernel/db.ts'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  bundlePath,
  partialTiles,
  tilePath,
  tileWidth,
  verifyLog,
  parsePolicy,
  type VerifiedLog,
} from '@cloister/transparency-log'
import { storedTiles } from '../../src/server/domains/audit/tiles.ts'
import { readerOf, type SampleKeys } from './sample-log.ts'
import type { TestDatabase } from './database.ts'

/** A real sequencer on a test's database; whoever starts it closes it. */
export function testSequencer(database: TestDatabase, keys: SampleKeys): Running {
  return startSequencer({
    connect: () => openClient(database.connection('cloister_sequencer')),
    signer: keys.log,
    now: () => new Date(),
    onFault: (error) => {
      throw error
    },
  })
}

/** Waits until the log has this many entries; the test's own end is the limit. */
export async function untilSize(db: Db, size: number): Promise<void> {
  for (;;) {
    const last = await db
      .selectFrom('audit.checkpoint')
      .select('size')
      .orderBy('size', 'desc')
      .limit(1)
      .executeTakeFirst()
    if ((last?.size ?? 0) >= size) return
    await sleep(10)
  }
}

/** Reads a stored log out as files and verifies it as a stranger would, without its witness. */
export async function verifyStored(
  db: Db,
  keys: { readonly log: { readonly verifierKey: string } },
): Promise<VerifiedLog> {
  const policy = parsePolicy(Buffer.from(`log ${keys.log.verifierKey}\nquorum none\n`))
  return transact(db, async (tx) => {
    const last = await tx
      .selectFrom('audit.checkpoint')
      .select(['size', 'note'])
      .orderBy('size', 'desc')
      .limit(1)
      .executeTakeFirstOrThrow()
    const reader = storedTiles(tx)
    const files = new Map([['checkpoint', Buffer.from(last.note)]])
    const paths = partialTiles(last.size).map((t) => tilePath(t.level, t.index, t.width))
    for (let level = 0, full = last.size; full >= 1; level++) {
      full = Math.floor(full / tileWidth)
      for (let i = 0; i < full; i++) paths.push(tilePath(level, i))
    }
    for (let first = 0; first < last.size; first += tileWidth)
      paths.push(bundlePath(first / tileWidth, Math.min(tileWidth, last.size - first)))
    for (const path of paths) {
      const bytes = await reader.read(path)
      if (bytes !== null) files.set(path, Buffer.from(bytes))
    }
    return verifyLog(readerOf(files), policy)
  })
}
