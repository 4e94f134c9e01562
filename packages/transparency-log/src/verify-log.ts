import { LogFault } from './fault.ts'
import { digestInto, emptyRoot, foldNodes, hashLength, sameBytes, tileWidth } from './hash.ts'
import { openCheckpoint, type Policy, trustCheckpoint, type TrustedCheckpoint } from './policy.ts'
import {
  bundlePath,
  bundleRanges,
  type Found,
  readTile,
  readWidth,
  tilePath,
  type TileReader,
} from './tiles.ts'
import { rootOfEdges } from './tree.ts'

export interface VerifyOptions {
  /** A checkpoint kept from earlier, as its signed note: the log must continue it. */
  readonly since?: Uint8Array
  /** Called about once for every 256 entries with the number checked so far, and the whole. */
  readonly progress?: (done: number, size: number) => void
}

export interface VerifiedLog extends TrustedCheckpoint {
  /** The size of the older checkpoint that the log was found to continue; null when none was given. */
  readonly since: number | null
}

/**
 * Checks a whole log against a policy: the signatures and the quorum on its checkpoint, every entry
 * against the tiles of level 0, every tile against the one above, the root against the checkpoint,
 * and, with `since`, that the log continues that checkpoint. Streams, in the memory of a few tiles.
 * Throws a LogFault for the first fault in the order of the entries, naming file, entry and bytes.
 */
export async function verifyLog(
  reader: TileReader,
  policy: Policy,
  options: VerifyOptions = {},
): Promise<VerifiedLog> {
  const note = await reader.read('checkpoint')
  if (note === null) throw new LogFault('checkpoint is missing', { path: 'checkpoint' })
  const trusted = inFile('checkpoint', () => trustCheckpoint(note, policy))
  const { origin, size, root } = trusted.checkpoint
  const since = options.since === undefined ? null : readSince(options.since, policy, origin, size)
  const growing = new GrowingTree(reader)
  if (since?.size === 0) checkSince(since, emptyRoot())

  const tiles = Math.ceil(size / tileWidth)
  const read = (index: number) =>
    readLeafTile(reader, index, Math.min(tileWidth, size - index * tileWidth))
  let next = tiles > 0 ? read(0) : null
  for (let index = 0; next !== null; index++) {
    const files: LeafTile = await next
    next = index + 1 < tiles ? read(index + 1) : null
    // The fault of a tile further on is told when its turn comes; until then nobody awaits it.
    next?.catch(() => undefined)
    const { leaves, wrong, range } = hashEntries(files)
    if (range !== undefined) {
      const hashes = Uint8Array.from(leaves)
      const holds = await proofOfTile(reader, files, growing, trusted.checkpoint)
      throw faultOf(files, { wrong, range, tileIsWrong: !holds(files.tile.bytes) && holds(hashes) })
    }
    const first = index * tileWidth
    if (since !== null && since.size > first && since.size <= first + files.width)
      checkSince(since, growing.rootWith(leaves.subarray(0, (since.size - first) * hashLength)))
    if (files.width === tileWidth) await growing.push(1, foldNodes(leaves))
    else growing.last = Uint8Array.from(leaves)
    options.progress?.(first + files.width, size)
  }
  await growing.checkUnfinished()
  if (!sameBytes(growing.rootWith(growing.last), root))
    throw new LogFault('the root of the checkpoint is not the root over the entries', {
      path: 'checkpoint',
    })
  return { ...trusted, since: since?.size ?? null }
}

interface LeafTile {
  readonly index: number
  readonly width: number
  readonly bundle: Found
  readonly tile: Found
}

async function readLeafTile(reader: TileReader, index: number, width: number): Promise<LeafTile> {
  const [bundle, tile] = await Promise.all([
    readWidth(reader, (w) => bundlePath(index, w), width),
    readTile(reader, 0, index, width),
  ])
  return { index, width, bundle, tile }
}

let message = new Uint8Array(0)
const leafHashes = Buffer.alloc(tileWidth * hashLength)

/**
 * The leaf hashes of a bundle, valid until the next call, and the first that differs from the tile's,
 * with its entry's bytes; `range` is undefined when none does.
 */
function hashEntries({ index, width, bundle, tile }: LeafTile) {
  const firstIndex = index * tileWidth
  const { path, exact } = bundle
  const ranges = bundleRanges(bundle.bytes, width, { path, firstIndex, exact })
  if (message.length < bundle.bytes.length) message = new Uint8Array(bundle.bytes.length)
  message.set(bundle.bytes)
  for (const [i, [from, to]] of ranges.entries()) {
    // The byte before an entry is its length, read already: it gives its place to the prefix.
    message[from - 1] = 0
    digestInto(message.subarray(from - 1, to), leafHashes, i * hashLength)
  }
  const leaves = leafHashes.subarray(0, width * hashLength)
  const wrong = firstDifference(leaves, tile.bytes)
  return { leaves, wrong, range: ranges[wrong] }
}

/** Says which leaf hashes are those that the log stands by: the tile above a full tile knows, else the root. */
async function proofOfTile(
  reader: TileReader,
  { index, width }: LeafTile,
  growing: GrowingTree,
  { size, root }: { size: number; root: Uint8Array },
): Promise<(leaves: Uint8Array) => boolean> {
  if (width < tileWidth) return (leaves) => sameBytes(growing.rootWith(leaves), root)
  const above = Math.floor(index / tileWidth)
  const full = Math.floor(size / tileWidth)
  const parents = await readTile(reader, 1, above, Math.min(tileWidth, full - above * tileWidth))
  const at = (index % tileWidth) * hashLength
  const parent = parents.bytes.subarray(at, at + hashLength)
  return (leaves) => sameBytes(foldNodes(leaves), parent)
}

/** An entry and its hash differ: where the log stands by the entry, the tile is at fault, else the entry. */
function faultOf(
  { index, bundle, tile }: LeafTile,
  found: { wrong: number; range: readonly [number, number]; tileIsWrong: boolean },
): LogFault {
  const { wrong, range, tileIsWrong } = found
  const [number, at] = [index * tileWidth + wrong, wrong * hashLength]
  if (tileIsWrong)
    return new LogFault(
      `the hash at byte ${at} of ${tile.path} is not that of entry ${number}, which the log stands by`,
      { path: tile.path, index: number, bytes: [at, at + hashLength] },
    )
  return new LogFault(
    `entry ${number} (bytes ${range[0]} to ${range[1]} of ${bundle.path}) does not have the hash at byte ${at} of ${tile.path}`,
    { path: bundle.path, index: number, bytes: range },
  )
}

/** The levels above the leaves, each with the hashes of its unfinished tile. */
class GrowingTree {
  readonly #reader: TileReader
  readonly #levels: { bytes: Buffer; width: number; index: number }[] = []
  /** The hashes of the unfinished tile of level 0. */
  last: Uint8Array = new Uint8Array(0)

  constructor(reader: TileReader) {
    this.#reader = reader
  }

  /** Takes the hash over the next full tile of the level below, and checks the tile that this fills. */
  async push(level: number, hash: Uint8Array): Promise<void> {
    const at = (this.#levels[level - 1] ??= {
      bytes: Buffer.alloc(tileWidth * hashLength),
      width: 0,
      index: 0,
    })
    at.bytes.set(hash, at.width * hashLength)
    at.width++
    if (at.width < tileWidth) return
    await this.#check(level, at)
    at.width = 0
    at.index++
    await this.push(level + 1, foldNodes(at.bytes))
  }

  async checkUnfinished(): Promise<void> {
    for (const [at, level] of this.#levels.entries())
      if (level.width > 0) await this.#check(at + 1, level)
  }

  /** The root of the tree so far with these leaf hashes behind it. */
  rootWith(leaves: Uint8Array): Uint8Array {
    const edges = this.#levels.map(({ bytes, width }) => bytes.subarray(0, width * hashLength))
    return rootOfEdges([leaves, ...edges])
  }

  async #check(
    level: number,
    { bytes, width, index }: { bytes: Buffer; width: number; index: number },
  ): Promise<void> {
    const tile = await readTile(this.#reader, level, index, width)
    const wrong = firstDifference(bytes.subarray(0, width * hashLength), tile.bytes)
    if (wrong < 0) return
    const range: [number, number] = [wrong * hashLength, (wrong + 1) * hashLength]
    throw new LogFault(
      `bytes ${range[0]} to ${range[1]} of ${tile.path} are not the hash over ${tilePath(level - 1, index * tileWidth + wrong)}`,
      { path: tile.path, bytes: range },
    )
  }
}

/** The place of the first hash in which two rows of hashes of one length differ; -1 when they are equal. */
function firstDifference(a: Uint8Array, b: Uint8Array): number {
  if (sameBytes(a, b)) return -1
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return Math.floor(i / hashLength)
  return -1
}

interface Since {
  readonly size: number
  readonly root: Uint8Array
}

function readSince(note: Uint8Array, policy: Policy, origin: string, size: number): Since {
  const { checkpoint } = inFile('the older checkpoint', () => openCheckpoint(note, policy))
  if (checkpoint.origin !== origin)
    throw new LogFault('the older checkpoint is that of another log', { path: 'checkpoint' })
  if (checkpoint.size > size)
    throw new LogFault(
      `the log was cut back: it showed ${checkpoint.size} entries earlier and shows ${size} now`,
      { path: 'checkpoint' },
    )
  return checkpoint
}

function checkSince(since: Since, root: Uint8Array): void {
  if (!sameBytes(since.root, root))
    throw new LogFault(
      `the log was rewritten: its first ${since.size} entries are not those of the older checkpoint, although the log signed both`,
      { path: 'checkpoint' },
    )
}

/** Puts the name of the file in front of a fault found in it. */
function inFile<T>(path: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof LogFault) throw new LogFault(`${path}: ${error.message}`, { path })
    throw error
  }
}
