import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import {
  appendEntries,
  bundlePath,
  emptyState,
  encodeBundle,
  longestCheckpoint,
  type LogState,
  openCheckpoint,
  parseCheckpoint,
  parseNote,
  partialTiles,
  partialTilesOf,
  type Policy,
  readTile,
  restoreState,
  rootOf,
  tileLevels,
  tilePath,
  tileWidth,
} from '@cloister/transparency-log'
import { Check } from 'typebox/value'
import { LogExport } from '#shared/audit.ts'
import { directoryReader, readNamed } from './offline.ts'
import type { Operator } from './operator.ts'
import { Fault } from './terminal.ts'

export interface Exported {
  readonly origin: string
  readonly size: number
  /** How many entries were there from an earlier export. */
  readonly continued: number
}

/**
 * Writes the log into a directory as C2SP tlog-tiles, or continues what an earlier export left there.
 * Only entries are fetched; tiles are computed from them here, and the checkpoint is written last and
 * only if it has the root that they give. Constant memory.
 */
export async function exportLog(
  door: Operator,
  dir: string,
  progress: (done: number, size: number) => void,
): Promise<Exported> {
  const before = await earlierExport(dir)
  const { checkpoint, size, policy } = await ask(door, before.base.size, before.base.size)
  const { origin, root } = parseCheckpoint(parseNote(Buffer.from(checkpoint)).text)
  if (size < before.size)
    throw new Fault(
      `${dir} holds ${before.size} entries and the server's log ${size}: not the same log`,
    )
  let state = before.base
  for await (const entries of bundles(door, state.size, size)) {
    const first = state.size
    const next = appendEntries(state, entries)
    await put(dir, bundlePath(first / tileWidth, entries.length), encodeBundle(entries))
    for (const { level, index, hashes } of next.tiles)
      await put(dir, tilePath(level, index), hashes)
    state = next.state
    progress(state.size, size)
  }
  if (state.size !== size || Buffer.compare(rootOf(state), root) !== 0)
    throw new Fault(
      `the entries do not give the root of the server's checkpoint; what lies in ${dir} was changed, or the log was`,
    )
  for (const { level, index, width, hashes } of partialTilesOf(state))
    await put(dir, tilePath(level, index, width), hashes)
  await put(dir, 'policy', Buffer.from(policy))
  await put(dir, 'checkpoint.new', Buffer.from(checkpoint))
  await rename(join(dir, 'checkpoint.new'), join(dir, 'checkpoint'))
  await removeOutgrown(dir, before.size, size)
  return { origin, size, continued: before.size }
}

/**
 * Whether the log of a policy has signed a checkpoint over the entry of an index, or does within ten
 * seconds: entries take their place before the checkpoint over them is signed.
 */
export async function isSigned(door: Operator, policy: Policy, index: number): Promise<boolean> {
  for (let tries = 40; tries > 0; tries -= 1) {
    const { checkpoint } = await ask(door, 0, 0)
    if (index < openCheckpoint(Buffer.from(checkpoint), policy).checkpoint.size) return true
    await pause(250)
  }
  return false
}

/** What lies in the directory, and the state at its last full bundle, from where it is continued. */
async function earlierExport(dir: string): Promise<{ size: number; base: LogState }> {
  const reader = directoryReader(dir)
  const found = await reader.read('checkpoint')
  if (found === null) return { size: 0, base: emptyState() }
  const note = await readNamed(join(dir, 'checkpoint'), 'the checkpoint', longestCheckpoint)
  const { size } = parseCheckpoint(parseNote(note).text)
  const base = size - (size % tileWidth)
  const edges: Uint8Array[] = []
  for (let level = 0; level < tileLevels(base); level++) {
    const tile = partialTiles(base).find((partial) => partial.level === level)
    const none = new Uint8Array(0)
    edges.push(
      tile === undefined ? none : (await readTile(reader, level, tile.index, tile.width)).bytes,
    )
  }
  return { size, base: restoreState(base, edges) }
}

async function ask(door: Operator, from: number, until: number | null): Promise<LogExport> {
  const answer = await door.post('/log/export', { from, until })
  if (!Check(LogExport, answer)) throw new Fault('the server answered something that is no log')
  return answer
}

/** The entries from an index on, in bundles of 256; the last may be shorter. */
async function* bundles(door: Operator, from: number, size: number): AsyncGenerator<Buffer[]> {
  let held: Buffer[] = []
  let next = from
  while (next < size) {
    const { entries } = await ask(door, next, size)
    if (entries.length === 0) throw new Fault(`the server has no entry ${next}`)
    next += entries.length
    held.push(...entries.map((entry) => Buffer.from(entry, 'base64')))
    for (; held.length >= tileWidth; held = held.slice(tileWidth)) yield held.slice(0, tileWidth)
  }
  if (held.length > 0) yield held
}

async function put(dir: string, path: string, bytes: Uint8Array): Promise<void> {
  const file = join(dir, path)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, bytes)
}

/** Unfinished tiles and bundles of the earlier export that are finished now, or longer. */
async function removeOutgrown(dir: string, before: number, size: number): Promise<void> {
  if (before === size) return
  const tiles = partialTiles(before)
  const last = tiles.find(({ level }) => level === 0)
  const old = tiles.map(({ level, index, width }) => tilePath(level, index, width))
  if (last !== undefined) old.push(bundlePath(last.index, last.width))
  const now = new Set(
    partialTiles(size).map(({ level, index, width }) => tilePath(level, index, width)),
  )
  for (const path of old) if (!now.has(path)) await rm(join(dir, path), { force: true })
}
