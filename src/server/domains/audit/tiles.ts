import {
  encodeBundle,
  foldNodes,
  hashLength,
  leafHash,
  type TileReader,
  tileWidth,
} from '@cloister/transparency-log'
import type { Tx } from '../../kernel/db.ts'
import { bodiesOf, tilesOf } from './store.ts'

/**
 * The stored log as the files of C2SP tlog-tiles: full tiles as they lie there, unfinished ones and
 * bundles made when they are asked for. What the log does not reach yet is not there (null).
 */
export function storedTiles(tx: Tx): TileReader {
  return {
    async read(path) {
      const match =
        /^tile\/(entries|[0-9]{1,2})\/((?:x[0-9]{3}\/)*[0-9]{3})(?:[.]p\/([0-9]{1,3}))?$/.exec(path)
      if (match === null) return null
      const [, kind = '', digits = '', partial] = match
      const index = Number(digits.replaceAll(/[x/]/g, ''))
      const width = partial === undefined ? tileWidth : Number(partial)
      if (width < 1 || width > tileWidth) return null
      return kind === 'entries' ? bundle(tx, index, width) : tile(tx, Number(kind), index, width)
    },
  }
}

async function bundle(tx: Tx, index: number, width: number): Promise<Uint8Array | null> {
  const bodies = await bodiesOf(tx, index * tileWidth, width)
  return bodies.length < width ? null : encodeBundle(bodies)
}

async function tile(
  tx: Tx,
  level: number,
  index: number,
  width: number,
): Promise<Uint8Array | null> {
  const [full] = await tilesOf(tx, level, index, 1)
  if (full !== undefined) return full.subarray(0, width * hashLength)
  if (width === tileWidth) return null
  if (level === 0) {
    const bodies = await bodiesOf(tx, index * tileWidth, width)
    return bodies.length < width ? null : Buffer.concat(bodies.map(leafHash))
  }
  const below = await tilesOf(tx, level - 1, index * tileWidth, width)
  return below.length < width ? null : Buffer.concat(below.map(foldNodes))
}
