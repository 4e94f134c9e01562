import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  readerOf,
  sampleKeys,
  sampleLog,
  type SampleLog,
} from '../../../test/support/sample-log.ts'
import { signCheckpoint } from './checkpoints.ts'
import { type FaultPlace, LogFault } from './fault.ts'
import { emptyRoot } from './hash.ts'
import { parsePolicy } from './policy.ts'
import type { TileReader } from './tiles.ts'
import { verifyLog } from './verify-log.ts'

const keys = sampleKeys()
const whole = sampleLog(66_000, keys)
const policy = parsePolicy(whole.policy)

/** Verifies the whole log with some files changed (null: taken away); gives the fault. */
async function faultWith(
  changes: Record<string, ((file: Uint8Array) => Uint8Array) | null>,
  log: SampleLog = whole,
  since?: Uint8Array,
): Promise<{ message: string; place: FaultPlace }> {
  const files = new Map(log.files)
  for (const [path, change] of Object.entries(changes)) {
    const file = files.get(path)
    assert.ok(file !== undefined, `${path} stands in the sample`)
    if (change === null) files.delete(path)
    else files.set(path, change(Uint8Array.from(file)))
  }
  try {
    await verifyLog(readerOf(files), policy, since === undefined ? {} : { since })
  } catch (error) {
    assert.ok(error instanceof LogFault)
    return { message: error.message, place: error.place }
  }
  assert.fail('the log was found sound')
}

const flip =
  (at: number) =>
  (file: Uint8Array): Uint8Array => {
    file[at]! ^= 1
    return file
  }

test('TL16 a sound log verifies at every size around the edges of its tiles', async () => {
  for (const size of [0, 1, 2, 255, 256, 257, 511, 512, 513, 65_536]) {
    const log = sampleLog(size, keys)
    const found = await verifyLog(readerOf(log.files), policy)
    assert.equal(found.checkpoint.size, size)
    assert.ok(Buffer.from(log.root).equals(found.checkpoint.root))
    assert.deepEqual(found.witnesses, [{ name: 'hall', time: 1_790_000_000 }])
    assert.equal(found.since, null)
  }
})

test('TL16 each file of the log is read once, and at most two tiles lie ahead of the check', async () => {
  const read: string[] = []
  const counts: number[] = []
  const reader: TileReader = {
    read(path) {
      read.push(path)
      return readerOf(whole.files).read(path)
    },
  }
  await verifyLog(reader, policy, {
    progress: (done) => counts.push(read.length - 2 * (done / 256)),
  })
  assert.deepEqual([...read].sort(), [...whole.files.keys()].sort())
  // The checkpoint, one bundle and one tile ahead, and by the end one full tile of level 1.
  assert.ok(Math.max(...counts.slice(0, -1)) <= 4, `${Math.max(...counts)}`)
})

test('TL17 a changed entry is named with its index and its bytes', async () => {
  const entry = Buffer.from(whole.entries[70]!)
  const bundle = Buffer.from(whole.files.get('tile/entries/000')!)
  const from = bundle.indexOf(entry)
  assert.deepEqual((await faultWith({ 'tile/entries/000': flip(from + 3) })).place, {
    path: 'tile/entries/000',
    index: 70,
    bytes: [from, from + entry.length],
  })
})

test('TL17 whatever else is changed or missing is named by file and bytes', async () => {
  const cases: [string, ((file: Uint8Array) => Uint8Array) | null, FaultPlace, RegExp][] = [
    [
      'tile/0/001',
      flip(5 * 32),
      { path: 'tile/0/001', index: 261, bytes: [160, 192] },
      /hash at byte 160 of tile\/0\/001 is not that of entry 261/,
    ],
    [
      'tile/1/000',
      flip(7 * 32 + 1),
      { path: 'tile/1/000', bytes: [224, 256] },
      /not the hash over tile\/0\/007/,
    ],
    ['tile/1/001.p/1', flip(0), { path: 'tile/1/001.p/1', bytes: [0, 32] }, /tile\/0\/256/],
    ['tile/2/000.p/1', flip(31), { path: 'tile/2/000.p/1', bytes: [0, 32] }, /tile\/1\/000/],
    ['tile/0/257.p/208', flip(0), { path: 'tile/0/257.p/208', index: 65_792 }, /entry 65792/],
    ['tile/0/003', null, { path: 'tile/0/003' }, /is missing/],
    ['tile/entries/003', null, { path: 'tile/entries/003' }, /is missing/],
    ['tile/1/000', null, { path: 'tile/1/000' }, /is missing/],
    [
      'tile/0/003',
      (file) => file.subarray(0, 8191),
      { path: 'tile/0/003', bytes: [8191, 8192] },
      /8191 bytes and must have 8192/,
    ],
    [
      'tile/entries/003',
      (file) => file.subarray(0, -1),
      { path: 'tile/entries/003', index: 1023 },
      /cut off/,
    ],
    [
      'tile/entries/003',
      (file) => Buffer.concat([file, file]),
      { path: 'tile/entries/003' },
      /too many/,
    ],
    ['checkpoint', null, { path: 'checkpoint' }, /missing/],
    ['checkpoint', flip(2), { path: 'checkpoint' }, /origin/],
    ['checkpoint', flip(20), { path: 'checkpoint' }, /signature/],
  ]
  for (const [path, change, place, message] of cases) {
    const fault = await faultWith({ [path]: change })
    assert.deepEqual({ ...fault.place, ...place }, fault.place, `${path}: ${fault.message}`)
    assert.match(fault.message, message)
  }
})

test('TL17 of several faults the first in the order of the entries is named', async () => {
  const { place } = await faultWith({
    'tile/entries/200': flip(2),
    'tile/0/100': null,
    'tile/1/000': flip(0),
  })
  assert.equal(place.path, 'tile/0/100')
})

test('TL17 a checkpoint over another root is a fault even when log and witness signed it', async () => {
  const other = sampleLog(66_000, keys, (index) => Buffer.from(`other ${index}`))
  const { message } = await faultWith({ checkpoint: () => other.files.get('checkpoint')! })
  assert.match(message, /not the root over the entries/)
})

test('TL18 a log continues any checkpoint it showed before', async () => {
  for (const size of [0, 1, 255, 256, 257, 1000, 65_537]) {
    const since = sampleLog(size, keys).files.get('checkpoint')!
    assert.equal((await verifyLog(readerOf(whole.files), policy, { since })).since, size)
  }
})

test('TL18 an older checkpoint need not be cosigned, but must be signed by the log', async () => {
  const uncosigned = Buffer.from(signCheckpoint(keys.log, 0, emptyRoot()))
  const found = await verifyLog(readerOf(whole.files), policy, { since: uncosigned })
  assert.equal(found.since, 0)
  const strange = sampleLog(100).files.get('checkpoint')!
  assert.match(
    (await faultWith({}, whole, strange)).message,
    /older checkpoint: no log of the policy/,
  )
})

test('TL18 a log that was cut back or rewritten is found out by the older checkpoint', async () => {
  const short = sampleLog(300, keys)
  const later = whole.files.get('checkpoint')!
  assert.match(
    (await faultWith({}, short, later)).message,
    /cut back: it showed 66000 .* shows 300/,
  )
  for (const size of [1, 256, 300, 1000]) {
    const rewritten = sampleLog(size, keys, (index) => Buffer.from(index === 0 ? 'x' : `${index}`))
    const fault = await faultWith({}, whole, rewritten.files.get('checkpoint'))
    assert.match(fault.message, new RegExp(`rewritten: its first ${size} entries`))
  }
})
