import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { readerOf, sampleLog } from '../../../test/support/sample-log.ts'
import { sharedData } from '../../../test/support/tools.ts'
import { leafHash } from './hash.ts'
import { proveConsistency, proveInclusion, verifyConsistency, verifyInclusion } from './proofs.ts'
import { appendEntries, emptyState, rootOf } from './tree.ts'
import { readTile, type TileReader } from './tiles.ts'

const merkle = sharedData('transparency-log/merkle')
const bytes = (text: string | null): Uint8Array => Buffer.from(text ?? '', 'base64')
const vectors = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../vectors/${name}`, import.meta.url), 'utf8'))

interface InclusionCase {
  leafIdx: number
  treeSize: number
  root: string
  leafHash: string
  proof: string[] | null
  wantErr: boolean
}
interface ConsistencyCase {
  size1: number
  size2: number
  root1: string
  root2: string
  proof: string[] | null
  wantErr: boolean
}

function casesIn<T>(folder: string): [string, T][] {
  return readdirSync(join(merkle.path, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json'))
    .map((name) => [name, JSON.parse(readFileSync(join(merkle.path, folder, name), 'utf8')) as T])
}

test('TL7 every published inclusion case is judged right', { skip: merkle.skip }, () => {
  const cases = casesIn<InclusionCase>('inclusion')
  assert.equal(cases.length, 37)
  for (const [name, { leafIdx, treeSize, root, leafHash: leaf, proof, wantErr }] of cases) {
    const claim = { leaf: bytes(leaf), index: leafIdx, size: treeSize, root: bytes(root) }
    const shortRoot = claim.root.length !== 32
    const holds = verifyInclusion({ ...claim, proof: (proof ?? []).map(bytes) })
    assert.equal(holds, !wantErr && !shortRoot, name)
  }
})

test('TL8 every published consistency case is judged right', { skip: merkle.skip }, () => {
  const cases = casesIn<ConsistencyCase>('consistency')
  assert.equal(cases.length, 42)
  for (const [name, { size1, size2, root1, root2, proof, wantErr }] of cases) {
    const [oldRoot, newRoot] = [bytes(root1), bytes(root2)]
    const claim = { oldSize: size1, oldRoot, newSize: size2, newRoot }
    const shortRoot = oldRoot.length !== 32 || newRoot.length !== 32
    const holds = verifyConsistency({ ...claim, proof: (proof ?? []).map(bytes) })
    assert.equal(holds, !wantErr && !shortRoot, name)
  }
})

test('TL7 the inclusion proofs of the vectors hold, and none does for another place', () => {
  const cases = vectors('inclusion.json') as {
    size: number
    index: number
    leaf: string
    root: string
    proof: string[]
  }[]
  for (const { size, index, leaf, root, proof } of cases) {
    const claim = { leaf: bytes(leaf), index, size, root: bytes(root), proof: proof.map(bytes) }
    assert.ok(verifyInclusion(claim), `${index} of ${size}`)
    for (const other of [index - 1, index + 1, size, 2 ** 53, NaN])
      assert.ok(!verifyInclusion({ ...claim, index: other }), `${other} for ${index} of ${size}`)
  }
})

test('TL8 the consistency proofs of the vectors hold, and none does for other sizes', () => {
  const cases = vectors('consistency.json') as {
    oldSize: number
    newSize: number
    oldRoot: string
    newRoot: string
    proof: string[]
  }[]
  for (const { oldSize, newSize, oldRoot, newRoot, proof } of cases) {
    const roots = { oldRoot: bytes(oldRoot), newRoot: bytes(newRoot), proof: proof.map(bytes) }
    assert.ok(verifyConsistency({ oldSize, newSize, ...roots }), `${oldSize} to ${newSize}`)
    if (oldSize === newSize) continue
    assert.ok(!verifyConsistency({ oldSize: newSize, newSize: oldSize, ...roots }))
    assert.ok(!verifyConsistency({ oldSize: 0, newSize, ...roots, proof: [] }))
    assert.ok(!verifyConsistency({ oldSize, newSize: 2 ** 53, ...roots }))
  }
})

const log = sampleLog(2000)
const roots: Uint8Array[] = []
{
  let state = emptyState()
  for (const [index, entry] of log.entries.entries()) {
    roots[index] = rootOf(state)
    state = appendEntries(state, [entry]).state
  }
  roots[2000] = rootOf(state)
}

test('TL9 a proof made from the tiles holds for any entry at any size, and breaks with any bit', async () => {
  const sizeAndIndex = fc
    .integer({ min: 1, max: 2000 })
    .chain((size) => fc.tuple(fc.constant(size), fc.nat(size - 1), fc.nat()))
  await fc.assert(
    fc.asyncProperty(sizeAndIndex, async ([size, index, seed]) => {
      const proof = await proveInclusion(readerAt(size), index, size)
      const leaf = leafHash(log.entries[index]!)
      const claim = { leaf, index, size, proof, root: roots[size]! }
      assert.ok(verifyInclusion(claim))
      if (proof.length === 0) return
      const changed = proof.map((hash) => Uint8Array.from(hash))
      changed[seed % proof.length]![seed % 32]! ^= 1 << (seed % 8)
      assert.ok(!verifyInclusion({ ...claim, proof: changed }))
      assert.ok(!verifyInclusion({ ...claim, proof: proof.slice(1) }))
      assert.ok(!verifyInclusion({ ...claim, proof: [...proof, leaf] }))
    }),
    { numRuns: 60 },
  )
})

test('TL9 a consistency proof made from the tiles holds between any two sizes', async () => {
  const sizes = fc.tuple(fc.integer({ min: 1, max: 2000 }), fc.integer({ min: 1, max: 2000 }))
  await fc.assert(
    fc.asyncProperty(sizes, async ([a, b]) => {
      const [oldSize, newSize] = [Math.min(a, b), Math.max(a, b)]
      const proof = await proveConsistency(readerAt(newSize), oldSize, newSize)
      const claim = { oldSize, newSize, newRoot: roots[newSize]!, proof }
      assert.ok(verifyConsistency({ ...claim, oldRoot: roots[oldSize]! }))
      assert.ok(!verifyConsistency({ ...claim, oldRoot: roots[oldSize - 1]! }))
    }),
    { numRuns: 60 },
  )
})

test('TL9 no tile is read twice for one proof, and a full tile serves for an unfinished one', async () => {
  const read: string[] = []
  const counting: TileReader = {
    read(path) {
      read.push(path)
      return readerOf(log.files).read(path)
    },
  }
  await proveInclusion(counting, 700, 2000)
  assert.deepEqual(read, [...new Set(read)])
  const { path, bytes: hashes, exact } = await readTile(counting, 0, 6, 108)
  assert.deepEqual([path, hashes.length, exact], ['tile/0/006', 108 * 32, false])
  await assert.rejects(proveInclusion(counting, 1800, 1900), /tile\/0\/007.p\/108 is missing/)
})

test('TL9 an entry that the log does not have cannot be proved', async () => {
  await assert.rejects(
    proveInclusion(readerOf(log.files), 2000, 2000),
    /2000 entries, so there is no/,
  )
  await assert.rejects(proveConsistency(readerOf(log.files), 2000, 1999), /cannot continue/)
  assert.deepEqual(await proveConsistency(readerOf(log.files), 0, 2000), [])
})

/** The tiles as they stood at a smaller size, cut from those of the whole log. */
function readerAt(size: number): TileReader {
  return readerOf(
    new Map([...sampleFiles(size)].filter(([path]) => !path.startsWith('tile/entries/'))),
  )
}

const cut = new Map<number, Map<string, Uint8Array>>()
function sampleFiles(size: number): Map<string, Uint8Array> {
  const known = cut.get(size) ?? sampleLog(size, log).files
  cut.set(size, known)
  return known
}
