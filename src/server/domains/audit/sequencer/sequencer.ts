import { setTimeout as sleep } from 'node:timers/promises'
import {
  appendEntries,
  checkSignatures,
  foldNodes,
  leafHash,
  LogFault,
  type LogState,
  type NoteSigner,
  noteVerifier,
  parseNote,
  partialWidth,
  restoreState,
  rootOf,
  signCheckpoint,
  tileLevels,
  tileWidth,
} from '@cloister/transparency-log'
import type { Client } from 'pg'
import type { Clock } from '../../../kernel/clock.ts'
import { projectionOf } from '../leaf.ts'
import {
  inTransaction,
  insertBatch,
  lastCheckpoint,
  leavesFrom,
  takeLock,
  takePending,
  tilesFrom,
} from './store.ts'

export interface SequencerOptions {
  /** A connection of its own as `cloister_sequencer`; the lock lives and dies with it. */
  readonly connect: () => Promise<Client>
  /** The log's key; its name is the log's origin. */
  readonly signer: NoteSigner
  readonly now: Clock
  /** Receives each fault that it tries to outlive: a database that is away. */
  readonly onFault: (error: unknown) => void
}

/** Something that works until it is told to stop. */
export interface Running {
  /** Resolves after `close`; rejects with a LogFault where going on would spoil the log. */
  readonly ended: Promise<void>
  /** Finishes the batch in hand. Safe to call twice. */
  close(): Promise<void>
}

/** How often the queue is looked at, and how many leaves one checkpoint takes in at most. */
const tick = 50
const batchSize = 1024

/**
 * Gives the leaves that wait their place in the log: one sequencer for each database, the others
 * wait for its lock. Leaves, tiles and signed checkpoint commit together, on the connection that
 * holds the lock, so that one that lost it can write nothing. At each start the tree is rebuilt from
 * the stored leaves and tiles and must give the root of the last checkpoint, which must bear the
 * signature of this key.
 */
export function startSequencer(options: SequencerOptions): Running {
  const stop = new AbortController()
  const stopped = () => stop.signal.aborted
  let session: Client | null = null
  let leading = false

  async function term(): Promise<void> {
    const own = await options.connect()
    session = own
    try {
      if (stopped()) return
      await takeLock(own)
      leading = true
      let state = await restore(own, options.signer)
      while (!stopped()) {
        const before = state.size
        state = await fold(own, state, options)
        if (state.size - before < batchSize) await pause(tick, stop.signal)
      }
    } finally {
      leading = false
      await own.end().catch(() => undefined)
    }
  }

  async function run(): Promise<void> {
    while (!stopped())
      try {
        await term()
      } catch (error) {
        if (error instanceof LogFault) throw error
        if (stopped()) return
        options.onFault(error)
        await pause(1_000, stop.signal)
      }
  }

  const ended = run()
  ended.catch(() => undefined)
  return {
    ended,
    async close() {
      stop.abort()
      // Whoever still waits for the lock is woken by losing the connection.
      if (!leading) void session?.end().catch(() => undefined)
      await ended.catch(() => undefined)
    },
  }
}

/** One batch: from the queue into the log, all of it or nothing. */
async function fold(
  session: Client,
  state: LogState,
  { signer, now }: SequencerOptions,
): Promise<LogState> {
  return inTransaction(session, async () => {
    const bodies = await takePending(session, batchSize)
    if (bodies.length === 0) return state
    const signedAt = now()
    const { state: next, root, tiles } = appendEntries(state, bodies)
    await insertBatch(session, {
      first: state.size,
      leaves: bodies.map((body) => ({ ...projectionOf(body, signedAt), body })),
      tiles,
      checkpoint: {
        size: next.size,
        root,
        signedAt,
        note: signCheckpoint(signer, next.size, root),
      },
    })
    return next
  })
}

/** The state of the stored log, checked against its last checkpoint. */
async function restore(session: Client, signer: NoteSigner): Promise<LogState> {
  const last = await lastCheckpoint(session)
  const size = last?.size ?? 0
  const tail = await leavesFrom(session, size - partialWidth(size, 0))
  const edges: Uint8Array[] = [Buffer.concat(tail.map(leafHash))]
  for (let level = 1; level < tileLevels(size); level++) {
    const first = Math.floor(size / tileWidth ** (level + 1)) * tileWidth
    const tiles = await tilesFrom(session, level - 1, first)
    edges.push(Buffer.concat(tiles.map(foldNodes)))
  }
  const state = restoreState(size, edges)
  if (last === null) return state
  if (Buffer.compare(rootOf(state), last.root) !== 0)
    throw new LogFault(`the stored log does not give the root of its checkpoint of ${size} entries`)
  const own = checkSignatures(parseNote(Buffer.from(last.note)), [noteVerifier(signer.verifierKey)])
  if (own.length === 0)
    throw new LogFault(`the log was signed with another key than that of '${signer.name}'`)
  return state
}

/** Waits, or less long when told to stop. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined)
}
