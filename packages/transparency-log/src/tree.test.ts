import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { LogFault } from './fault.ts'
import { leafHash } from './hash.ts'
import {
  appendEntries,
  emptyState,
  type FullTile,
  type LogState,
  partialTilesOf,
  restoreState,
  rootOf,
  rootOfEdges,
} from './tree.ts'
import { encodeBundle, partialTiles, tilePath } from './tiles.ts'

interface TreeVectors {
  leaves: { index: number; hash: string }[]
  roots: { size: number; root: string }[]
}
interface TileVectors {
  tiles: { level: number; index: number; width: number; path: string; sha256: string }[]
  bundles: { index: number; width: number; sha256: string }[]
}
const vectors = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../vectors/${name}`, import.meta.url), 'utf8'))
const entryAt = (index: number): Uint8Array => Buffer.from(`entry ${index}`)
const entriesTo = (size: number): Uint8Array[] => Array.from({ length: size }, (_, i) => entryAt(i))
const sha256 = (...parts: Uint8Array[]): Buffer =>
  parts.reduce((digest, part) => digest.update(part), createHash('sha256')).digest()

/** RFC 9162, 2.1.1, word for word. */
function recursiveRoot(entries: readonly Uint8Array[]): Buffer {
  const [first, second] = entries
  if (first === undefined) return sha256()
  if (second === undefined) return sha256(Uint8Array.of(0), first)
  let k = 1
  while (k * 2 < entries.length) k *= 2
  return sha256(
    Uint8Array.of(1),
    recursiveRoot(entries.slice(0, k)),
    recursiveRoot(entries.slice(k)),
  )
}

test('TL1 leaf hashes and roots are those of the vectors, up to 70,000 entries', () => {
  const { leaves, roots } = vectors('tree.json') as TreeVectors
  for (const { index, hash } of leaves)
    assert.equal(Buffer.from(leafHash(entryAt(index))).toString('base64'), hash)
  let state = emptyState()
  for (const { size, root } of roots) {
    state = appendEntries(state, entriesTo(size).slice(state.size)).state
    assert.equal(Buffer.from(rootOf(state)).toString('base64'), root, `root at ${size}`)
    assert.ok(Buffer.from(rootOf(state)).equals(rootOfEdges(state.edges)))
  }
})

test('TL1 the root equals the recursive definition at every size up to 300', () => {
  const entries = entriesTo(300)
  let state = emptyState()
  for (let size = 0; size <= 300; size++) {
    assert.ok(recursiveRoot(entries.slice(0, size)).equals(rootOf(state)), `root at ${size}`)
    state = appendEntries(state, entries.slice(size, size + 1)).state
  }
})

test('TL2 entries appended in any batches give one state, and no state changes afterwards', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(400), { maxLength: 6 }), (batches) => {
      const all = entriesTo(batches.reduce((sum, batch) => sum + batch, 0))
      let state = emptyState()
      const tiles: FullTile[] = []
      const before: [LogState, string][] = []
      for (const batch of batches) {
        before.push([state, JSON.stringify(state)])
        const appended = appendEntries(state, all.slice(state.size, state.size + batch))
        tiles.push(...appended.tiles)
        state = appended.state
      }
      const atOnce = appendEntries(emptyState(), all)
      assert.deepEqual({ state, tiles }, { state: atOnce.state, tiles: atOnce.tiles })
      assert.ok(recursiveRoot(all).equals(atOnce.root))
      for (const [old, text] of before) assert.equal(JSON.stringify(old), text)
    }),
    { numRuns: 30 },
  )
})

test('TL2 an entry past 65,535 bytes is refused and nothing is appended', () => {
  assert.throws(() => appendEntries(emptyState(), [new Uint8Array(65_536)]), LogFault)
  assert.equal(appendEntries(emptyState(), [new Uint8Array(65_535)]).state.size, 1)
})

test('TL3 full and unfinished tiles and bundles are those of the vectors', () => {
  const { tiles, bundles } = vectors('tiles.json') as TileVectors
  const entries = entriesTo(70_000)
  const { state, tiles: full } = appendEntries(emptyState(), entries)
  const made = new Map([
    ...full.map((tile) => [tilePath(tile.level, tile.index), tile.hashes] as const),
    ...partialTilesOf(state).map(
      (tile) => [tilePath(tile.level, tile.index, tile.width), tile.hashes] as const,
    ),
  ])
  assert.equal(made.size, 273 + 1 + 3)
  for (const { level, index, width, path, sha256: digest } of tiles) {
    assert.equal(tilePath(level, index, width), path)
    assert.equal(sha256(made.get(path)!).toString('hex'), digest, path)
  }
  for (const { index, width, sha256: digest } of bundles) {
    const bundle = encodeBundle(entries.slice(index * 256, index * 256 + width))
    assert.equal(sha256(bundle).toString('hex'), digest)
  }
  assert.deepEqual(
    partialTiles(70_000),
    partialTilesOf(state).map(({ level, index, width }) => ({ level, index, width })),
  )
})

test('TL3 each full tile comes once, below before above, and its root is its entry above', () => {
  const { tiles, state } = appendEntries(emptyState(), entriesTo(256 * 257))
  const level1 = tiles.find(({ level }) => level === 1)
  assert.equal(tiles.filter(({ level }) => level === 0).length, 257)
  for (const { level, index, root } of tiles) {
    const above = level === 0 ? (index < 256 ? level1?.hashes : state.edges[1]) : state.edges[2]
    const at = (index % 256) * 32
    assert.ok(Buffer.from(above!.subarray(at, at + 32)).equals(root), `${level}/${index}`)
  }
})

test('TL4 a state restored from its unfinished tiles goes on as if nothing had happened', () => {
  const entries = entriesTo(70_000)
  let state = emptyState()
  for (const size of [0, 1, 2, 255, 256, 257, 300, 511, 512, 65_535, 65_536, 65_537, 70_000]) {
    state = appendEntries(state, entries.slice(state.size, size)).state
    const restored = restoreState(size, state.edges)
    assert.deepEqual(
      restored.range.map((hash) => Buffer.from(hash)),
      state.range.map((hash) => Buffer.from(hash)),
    )
    const more = [entryAt(size), entryAt(size + 1)]
    assert.deepEqual(appendEntries(restored, more).root, appendEntries(state, more).root)
  }
})

test('TL4 edges that do not belong to the size are refused', () => {
  const { state } = appendEntries(emptyState(), entriesTo(300))
  assert.throws(() => restoreState(301, state.edges), /level 0 .* 45 hashes, not in 44/)
  assert.throws(() => restoreState(300, state.edges.slice(0, 1)), LogFault)
  assert.throws(() => restoreState(300, [...state.edges, new Uint8Array(32)]), LogFault)
  assert.throws(() => restoreState(-1, []), LogFault)
  assert.throws(() => restoreState(2 ** 53, []), LogFault)
})
