import { checkCount, LogFault } from './fault.ts'
import { foldNodes, hashLength, nodeHash, sameBytes, tileWidth } from './hash.ts'
import { readTile, type TileReader } from './tiles.ts'

/** The most hashes a proof can have for a tree of fewer than 2^64 leaves. */
export const longestProof = 63

/**
 * Whether `proof` (leaf to root) shows that the leaf with this hash stands at `index` in the tree of
 * `size` leaves with this root (RFC 9162, 2.1.3.2). False for anything malformed: an index outside
 * the tree, a hash that has not 32 bytes, a proof too short or too long.
 */
export function verifyInclusion(claim: {
  leaf: Uint8Array
  index: number
  size: number
  proof: readonly Uint8Array[]
  root: Uint8Array
}): boolean {
  const { leaf, index, size, proof, root } = claim
  if (!areCounts(index, size) || index >= size || !areHashes(leaf, root, ...proof)) return false
  let fn = index
  let sn = size - 1
  let hash = leaf
  for (const step of proof) {
    if (sn === 0) return false
    if (fn % 2 === 1 || fn === sn) {
      hash = nodeHash(step, hash)
      while (fn % 2 === 0 && fn !== 0) {
        fn /= 2
        sn = half(sn)
      }
    } else hash = nodeHash(hash, step)
    fn = half(fn)
    sn = half(sn)
  }
  return sn === 0 && sameBytes(hash, root)
}

/**
 * Whether `proof` shows that the tree of `newSize` leaves begins with the tree of `oldSize` leaves
 * (RFC 9162, 2.1.4.2). Equal sizes ask for equal roots and an empty proof. False for anything
 * malformed, and for an old tree without leaves when the new one has some: nothing is proved then.
 */
export function verifyConsistency(claim: {
  oldSize: number
  oldRoot: Uint8Array
  newSize: number
  newRoot: Uint8Array
  proof: readonly Uint8Array[]
}): boolean {
  const { oldSize, oldRoot, newSize, newRoot, proof } = claim
  if (!areCounts(oldSize, newSize) || !areHashes(oldRoot, newRoot, ...proof)) return false
  if (oldSize === newSize) return proof.length === 0 && sameBytes(oldRoot, newRoot)
  if (oldSize === 0 || oldSize > newSize) return false
  let fn = oldSize - 1
  let sn = newSize - 1
  while (fn % 2 === 1) {
    fn = half(fn)
    sn = half(sn)
  }
  // fn is 0 exactly when the old size is a power of two: the old root itself begins the path.
  const [first, ...rest] = fn === 0 ? [oldRoot, ...proof] : proof
  if (first === undefined) return false
  let oldHash = first
  let newHash = first
  for (const step of rest) {
    if (sn === 0) return false
    if (fn % 2 === 1 || fn === sn) {
      oldHash = nodeHash(step, oldHash)
      newHash = nodeHash(step, newHash)
      while (fn % 2 === 0 && fn !== 0) {
        fn /= 2
        sn = half(sn)
      }
    } else newHash = nodeHash(newHash, step)
    fn = half(fn)
    sn = half(sn)
  }
  return sn === 0 && sameBytes(oldHash, oldRoot) && sameBytes(newHash, newRoot)
}

/**
 * The inclusion proof of the leaf at `index` in the tree of `size` leaves, leaf to root (RFC 9162,
 * 2.1.3.1). Reads each tile once. Throws a LogFault where the index lies outside or a tile is
 * missing; it does not check the tiles, so verify what it gives against a checkpoint.
 */
export async function proveInclusion(
  reader: TileReader,
  index: number,
  size: number,
): Promise<Uint8Array[]> {
  checkCount(index, 'the index')
  checkCount(size, 'the size of the tree')
  if (index >= size)
    throw new LogFault(`the log has ${size} entries, so there is no entry ${index}`, { index })
  const tree = openTree(reader, size)
  const proof: Uint8Array[] = []
  let from = 0
  let to = size
  while (to - from > 1) {
    const middle = from + largestPowerBelow(to - from)
    if (index < middle) {
      proof.push(await tree.hashOf(middle, to))
      to = middle
    } else {
      proof.push(await tree.hashOf(from, middle))
      from = middle
    }
  }
  return proof.reverse()
}

/**
 * The proof that the tree of `newSize` leaves begins with the tree of `oldSize` leaves (RFC 9162,
 * 2.1.4.1); empty when the sizes are equal or the old tree is empty. Faults as proveInclusion.
 */
export async function proveConsistency(
  reader: TileReader,
  oldSize: number,
  newSize: number,
): Promise<Uint8Array[]> {
  checkCount(oldSize, 'the old size')
  checkCount(newSize, 'the new size')
  if (oldSize > newSize)
    throw new LogFault(`a log of ${newSize} entries cannot continue one of ${oldSize}`)
  if (oldSize === 0 || oldSize === newSize) return []
  const tree = openTree(reader, newSize)
  const proof: Uint8Array[] = []
  let from = 0
  let to = newSize
  // The reader of the proof knows the old root, so the part that equals the whole old tree is left out.
  while (to !== oldSize) {
    const middle = from + largestPowerBelow(to - from)
    if (oldSize <= middle) {
      proof.push(await tree.hashOf(middle, to))
      to = middle
    } else {
      proof.push(await tree.hashOf(from, middle))
      from = middle
    }
  }
  if (from !== 0) proof.push(await tree.hashOf(from, to))
  return proof.reverse()
}

/** Hashes of aligned ranges of leaves, from tiles that are each read once. */
function openTree(
  reader: TileReader,
  size: number,
): { hashOf(from: number, to: number): Promise<Uint8Array> } {
  const tiles = new Map<string, Promise<Uint8Array>>()
  const tile = (level: number, index: number): Promise<Uint8Array> => {
    const key = `${level}/${index}`
    const known = tiles.get(key)
    if (known !== undefined) return known
    const nodes = Math.floor(size / tileWidth ** level)
    const width = Math.min(tileWidth, nodes - index * tileWidth)
    const read = readTile(reader, level, index, width).then(({ bytes }) => bytes)
    tiles.set(key, read)
    return read
  }
  const hashOf = async (from: number, to: number): Promise<Uint8Array> => {
    const span = to - from
    const left = span === 1 ? 1 : largestPowerBelow(span)
    if (span !== 1 && span !== left * 2)
      return nodeHash(await hashOf(from, from + left), await hashOf(from + left, to))
    let level = 0
    while (tileWidth ** (level + 1) <= span) level++
    const unit = tileWidth ** level
    const first = from / unit
    const index = Math.floor(first / tileWidth)
    const start = (first - index * tileWidth) * hashLength
    const hashes = await tile(level, index)
    return foldNodes(hashes.subarray(start, start + (span / unit) * hashLength))
  }
  return { hashOf }
}

/** The largest power of two smaller than n, for n of at least 2. */
function largestPowerBelow(n: number): number {
  let power = 1
  while (power * 2 < n) power *= 2
  return power
}

function half(n: number): number {
  return Math.floor(n / 2)
}

function areCounts(...values: number[]): boolean {
  return values.every((value) => Number.isSafeInteger(value) && value >= 0)
}

function areHashes(...values: Uint8Array[]): boolean {
  return values.every((value) => value.length === hashLength)
}
