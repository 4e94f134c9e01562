import { checkCount, LogFault } from './fault.ts'
import { emptyRoot, foldNodes, hashLength, leafHash, nodeHash, tileWidth } from './hash.ts'
import { longestEntry, type PartialTile, partialWidth, tileLevels } from './tiles.ts'

/**
 * Everything needed to go on appending to a tree of `size` leaves, at most 53 hashes and 8 KiB for
 * each level. Values are never changed in place.
 */
export interface LogState {
  readonly size: number
  /** The compact range: the roots of the perfect subtrees that make up the tree, largest first. */
  readonly range: readonly Uint8Array[]
  /** For each level the hashes of its unfinished tile, one after another; empty where it is full. */
  readonly edges: readonly Uint8Array[]
}

/** A tile that has become full and will never change again. */
export interface FullTile {
  readonly level: number
  /** The place of the tile in its level. */
  readonly index: number
  /** 256 hashes, 8,192 bytes. */
  readonly hashes: Uint8Array
  /** The hash over the whole tile, which is its entry in the level above. */
  readonly root: Uint8Array
}

export interface Appended {
  readonly state: LogState
  readonly root: Uint8Array
  /** The leaf hash of each new entry, in order. */
  readonly leaves: readonly Uint8Array[]
  /** The tiles that these entries completed, each before the tile above it. */
  readonly tiles: readonly FullTile[]
}

/** The state of a log without entries. */
export function emptyState(): LogState {
  return { size: 0, range: [], edges: [] }
}

/**
 * Rebuilds the state of a tree of `size` leaves from what a restart finds: `edges[0]` the hashes of
 * the last `size mod 256` leaves, `edges[l]` the roots of the last tiles of level l - 1 which do not
 * fill a tile of level l. Throws a LogFault where an edge has another width than `size` asks for.
 */
export function restoreState(size: number, edges: readonly Uint8Array[]): LogState {
  checkCount(size, 'the size of the tree')
  const levels = tileLevels(size)
  const whole: Uint8Array[] = []
  for (let level = 0; level < Math.max(levels, edges.length); level++) {
    const edge = edges[level] ?? new Uint8Array(0)
    const width = partialWidth(size, level)
    if (edge.length !== width * hashLength)
      throw new LogFault(
        `level ${level} of a tree of ${size} leaves ends in ${width} hashes, not in ${edge.length / hashLength}`,
      )
    if (level < levels) whole.push(Uint8Array.from(edge))
  }
  const range: Uint8Array[] = []
  for (const edge of whole.toReversed()) {
    let taken = 0
    for (let span = tileWidth / 2; span >= 1; span /= 2) {
      if (Math.floor(edge.length / hashLength / span) % 2 === 0) continue
      range.push(foldNodes(edge.subarray(taken * hashLength, (taken + span) * hashLength)))
      taken += span
    }
  }
  return { size, range, edges: whole }
}

/** The Merkle tree hash of the whole tree (RFC 9162, 2.1.1), from the compact range. */
export function rootOf(state: LogState): Uint8Array {
  return (
    state.range.reduceRight<Uint8Array | null>(
      (right, left) => (right === null ? left : nodeHash(left, right)),
      null,
    ) ?? emptyRoot()
  )
}

/** The root of a tree from the unfinished tiles of all its levels, lowest first. */
export function rootOfEdges(edges: readonly Uint8Array[]): Uint8Array {
  let carry = new Uint8Array(0)
  for (const edge of edges) {
    const nodes = Buffer.concat([edge, carry])
    if (nodes.length > 0) carry = Uint8Array.from(foldNodes(nodes))
  }
  return carry.length === 0 ? emptyRoot() : carry
}

/**
 * Adds entries (each at most 65,535 bytes) behind the tree and gives the new state with everything
 * that must be stored with it: the full tiles and, from the root, a checkpoint. Pure: on a fault
 * nothing has happened. About one leaf hash and one node hash for each entry.
 */
export function appendEntries(state: LogState, entries: readonly Uint8Array[]): Appended {
  for (const [place, entry] of entries.entries())
    if (entry.length > longestEntry)
      throw new LogFault(
        `an entry holds at most ${longestEntry} bytes; put what is longer in by its hash`,
        { index: state.size + place },
      )
  checkCount(state.size + entries.length, 'the size of the tree')
  const range = [...state.range]
  const open = state.edges.map((edge) => [...hashesOf(edge)])
  const leaves: Uint8Array[] = []
  const tiles: FullTile[] = []

  // A node of height 8·level is an entry of a tile of that level; it closes the full tile below it.
  const place = (level: number, index: number, node: Uint8Array): void => {
    if (level > 0) {
      tiles.push({
        level: level - 1,
        index,
        hashes: Buffer.concat(open[level - 1] ?? []),
        root: node,
      })
      open[level - 1] = []
    }
    const tile = open[level]
    if (tile === undefined) open[level] = [node]
    else tile.push(node)
  }
  let size = state.size
  for (const entry of entries) {
    let node = leafHash(entry)
    leaves.push(node)
    place(0, size, node)
    let index = size
    for (let height = 1; index % 2 === 1; height++) {
      const left = range.pop()
      if (left === undefined) throw new LogFault('the compact range does not belong to this size')
      node = nodeHash(left, node)
      index = (index - 1) / 2
      if (height % 8 === 0) place(height / 8, index, node)
    }
    range.push(node)
    size++
  }
  const edges = open.map((hashes) => Buffer.concat(hashes))
  const after = { size, range, edges }
  return { state: after, root: rootOf(after), leaves, tiles }
}

/** The unfinished tiles of this state with their hashes, lowest level first: what an export adds to the full ones. */
export function partialTilesOf(state: LogState): (PartialTile & { hashes: Uint8Array })[] {
  return state.edges.flatMap((hashes, level) =>
    hashes.length === 0
      ? []
      : [
          {
            level,
            index: Math.floor(state.size / tileWidth ** (level + 1)),
            width: hashes.length / hashLength,
            hashes,
          },
        ],
  )
}

/** The hashes of a tile, one by one. */
export function hashesOf(tile: Uint8Array): Uint8Array[] {
  return Array.from({ length: tile.length / hashLength }, (_, i) =>
    tile.subarray(i * hashLength, (i + 1) * hashLength),
  )
}
