import { checkCount, LogFault } from './fault.ts'
import { hashLength, tileWidth } from './hash.ts'

/**
 * Reads the files of a log by their path in the C2SP tlog-tiles layout (`checkpoint`,
 * `tile/0/x001/234`, `tile/entries/000.p/12`). Null where there is none. A reader bounds what it
 * returns: no file of a log is longer than `longestFile`.
 */
export interface TileReader {
  read(path: string): Promise<Uint8Array | null>
}

/** The longest entry in bytes: its length stands in a bundle as a 16-bit number. */
export const longestEntry = 0xffff

/** The longest file of a log in bytes: a bundle of 256 entries of the longest kind. */
export const longestFile = tileWidth * (2 + longestEntry)

/** The place of an unfinished tile, and its width in hashes (1 to 255). */
export interface PartialTile {
  readonly level: number
  readonly index: number
  readonly width: number
}

/** How many levels of tiles a tree of this size has: 0 when empty, 1 below 256 leaves, and so on. */
export function tileLevels(size: number): number {
  let levels = 0
  for (let nodes = size; nodes > 0; nodes = Math.floor(nodes / tileWidth)) levels++
  return levels
}

/** The number of hashes in the unfinished tile of a level: floor(size / 256^level) mod 256. */
export function partialWidth(size: number, level: number): number {
  return Math.floor(size / tileWidth ** level) % tileWidth
}

/** The unfinished tiles of a tree of this size, lowest level first; tiles without hashes are left out. */
export function partialTiles(size: number): PartialTile[] {
  checkCount(size, 'the size of the tree')
  return Array.from({ length: tileLevels(size) }, (_, level) => ({
    level,
    index: Math.floor(size / tileWidth ** (level + 1)),
    width: partialWidth(size, level),
  })).filter(({ width }) => width > 0)
}

/** The path of a tile, `tile/<level>/<index>` or with `.p/<width>` behind it for an unfinished one. */
export function tilePath(level: number, index: number, width = tileWidth): string {
  if (!Number.isInteger(level) || level < 0 || level > 63)
    throw new LogFault('the level of a tile is a whole number from 0 to 63')
  return `tile/${level}/${numberPath(index)}${widthPath(width)}`
}

/** The path of the bundle that holds the entries under a tile of level 0. */
export function bundlePath(index: number, width = tileWidth): string {
  return `tile/entries/${numberPath(index)}${widthPath(width)}`
}

function numberPath(index: number): string {
  checkCount(index, 'the index of a tile')
  const digits = String(index)
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/.{3}/g) ?? []
  return groups.map((group, at) => (at === groups.length - 1 ? group : `x${group}`)).join('/')
}

function widthPath(width: number): string {
  if (!Number.isInteger(width) || width < 1 || width > tileWidth)
    throw new LogFault('the width of a tile is a whole number from 1 to 256')
  return width === tileWidth ? '' : `.p/${width}`
}

/** Writes 1 to 256 entries as a bundle: each behind its length as a 16-bit big-endian number. */
export function encodeBundle(entries: readonly Uint8Array[]): Uint8Array {
  if (entries.length < 1 || entries.length > tileWidth)
    throw new LogFault('a bundle holds 1 to 256 entries')
  const parts = entries.flatMap((entry) => {
    if (entry.length > longestEntry)
      throw new LogFault(`an entry holds at most ${longestEntry} bytes`)
    return [Uint8Array.of(entry.length >> 8, entry.length & 0xff), entry]
  })
  return Uint8Array.from(Buffer.concat(parts))
}

/**
 * The place of each of the first `count` entries in a bundle, as [from, to) without the length.
 * Throws a LogFault that names `path` and the entry (counted from `firstIndex`) where the bundle is
 * torn, and where bytes follow although `exact` says that nothing may.
 */
export function bundleRanges(
  bundle: Uint8Array,
  count: number,
  at: { path: string; firstIndex: number; exact: boolean },
): [number, number][] {
  const ranges: [number, number][] = []
  let offset = 0
  for (let i = 0; i < count; i++) {
    const high = bundle[offset]
    const low = bundle[offset + 1]
    const to = high === undefined || low === undefined ? Infinity : offset + 2 + high * 256 + low
    if (to > bundle.length)
      throw new LogFault(
        `entry ${at.firstIndex + i} is cut off: ${at.path} ends at byte ${bundle.length}`,
        { path: at.path, index: at.firstIndex + i, bytes: [offset, bundle.length] },
      )
    ranges.push([offset + 2, to])
    offset = to
  }
  if (at.exact && offset !== bundle.length)
    throw new LogFault(
      `${at.path} has ${bundle.length - offset} bytes too many after its last entry`,
      {
        path: at.path,
        bytes: [offset, bundle.length],
      },
    )
  return ranges
}

/** A file of the log as it was found: the path under which it stood, and its bytes. */
export interface Found {
  readonly path: string
  readonly bytes: Uint8Array
  /** Whether it holds exactly the width that was asked for, and not the full tile in its place. */
  readonly exact: boolean
}

/**
 * Reads a tile or bundle of a given width; where the unfinished one is gone, the full one that has
 * taken its place. Throws a LogFault that names the path when neither is there.
 */
export async function readWidth(
  reader: TileReader,
  pathOf: (width?: number) => string,
  width: number,
): Promise<Found> {
  const path = pathOf(width)
  const bytes = await reader.read(path)
  if (bytes !== null) return { path, bytes, exact: true }
  if (width < tileWidth) {
    const full = await reader.read(pathOf())
    if (full !== null) return { path: pathOf(), bytes: full, exact: false }
  }
  throw new LogFault(`${path} is missing`, { path })
}

/** Reads the first `width` hashes of a tile, and checks that the file has the length it must have. */
export async function readTile(
  reader: TileReader,
  level: number,
  index: number,
  width: number,
): Promise<Found> {
  const found = await readWidth(reader, (w) => tilePath(level, index, w), width)
  const expected = (found.exact ? width : tileWidth) * hashLength
  if (found.bytes.length !== expected)
    throw new LogFault(`${found.path} has ${found.bytes.length} bytes and must have ${expected}`, {
      path: found.path,
      bytes: [Math.min(found.bytes.length, expected), Math.max(found.bytes.length, expected)],
    })
  return { ...found, bytes: found.bytes.subarray(0, width * hashLength) }
}
