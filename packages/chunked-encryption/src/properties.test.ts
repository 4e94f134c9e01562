import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  batchChunks,
  chunkBytes,
  chunkStart,
  headBytes,
  plaintextLength,
  sealedChunkBytes,
  sealedLength,
  sealedSpan,
} from './layout.ts'
import { deriveMessageKey, openChunks, sealChunks } from './chunks.ts'
import { openSource } from './source.ts'
import { openStream, sealStream } from './stream.ts'
import { Unopenable } from './unopenable.ts'
import { open, seal } from './whole.ts'

const key = randomBytes(32)
const context = Buffer.from('one recording')

async function gather(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = []
  for await (const piece of pieces) all.push(Uint8Array.from(piece))
  return Buffer.concat(all)
}

function sourceOf(sealed: Uint8Array, reads: [number, number][] = []) {
  return {
    size: sealed.length,
    read(from: number, to: number) {
      reads.push([from, to])
      return Promise.resolve(sealed.subarray(from, to))
    },
  }
}

/** Lengths close to where chunks and batches end, and anything else up to 600 KiB. */
const length = fc.oneof(
  fc
    .tuple(fc.integer({ min: 0, max: 36 }), fc.integer({ min: -2, max: 2 }))
    .map(([chunks, off]) => Math.max(0, chunks * chunkBytes + off)),
  fc.integer({ min: 0, max: 600 * 1024 }),
)

test('CE3 every range equals the slice of the plaintext', async () => {
  await fc.assert(
    fc.asyncProperty(
      length,
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.nat(),
      async (n, share, more) => {
        const plaintext = randomBytes(n)
        const opened = await openSource(key, context, sourceOf(seal(key, context, plaintext)))
        assert.equal(opened.length, n)
        const from = Math.floor(share * n)
        const to = Math.min(n, from + (more % (n + 1)))
        assert.ok(plaintext.subarray(from, to).equals(await gather(opened.range(from, to))))
      },
    ),
    { numRuns: 120 },
  )
})

test('CE3 a range outside the message is refused', async () => {
  const opened = await openSource(key, context, sourceOf(seal(key, context, randomBytes(10))))
  for (const [from, to] of [
    [-1, 2],
    [0, 11],
    [5, 4],
    [0.5, 2],
    [0, Number.NaN],
  ] as const)
    await assert.rejects(gather(opened.range(from, to)), RangeError)
  assert.throws(() => sealedSpan(0, 11, 10), RangeError)
  assert.throws(() => sealedSpan(3, 3, 10), RangeError)
})

test('CE4 a stream cut anywhere into pieces seals and opens to the same bytes', async () => {
  await fc.assert(
    fc.asyncProperty(
      length,
      fc.array(fc.integer({ min: 0, max: 70_000 }), { minLength: 1, maxLength: 12 }),
      async (n, sizes) => {
        const plaintext = randomBytes(n)
        const sealed = await gather(sealStream(key, context, inPieces(plaintext, sizes)))
        assert.equal(sealed.length, sealedLength(n))
        assert.ok(plaintext.equals(open(key, context, sealed)))
        assert.ok(plaintext.equals(await gather(openStream(key, context, inPieces(sealed, sizes)))))
      },
    ),
    { numRuns: 60 },
  )
})

/** Hands out one buffer again and again, as a file reader may. */
function* inPieces(whole: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  const reused = new Uint8Array(70_000)
  for (let at = 0, turn = 0; at < whole.length; turn++) {
    const size = Math.min(
      whole.length - at,
      turn > 500 ? 70_000 : (sizes[turn % sizes.length] ?? 1),
    )
    reused.set(whole.subarray(at, at + size))
    yield reused.subarray(0, size)
    at += size
  }
}

test('CE5 any altered byte is refused and no wrong byte is given out', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 5 * chunkBytes }),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      async (n, place, change) => {
        const plaintext = randomBytes(n)
        const sealed = Buffer.from(seal(key, context, plaintext))
        const at = place % sealed.length
        sealed[at] = (sealed[at] ?? 0) ^ change
        assert.throws(() => open(key, context, sealed), Unopenable)
        await refusedWithPrefixOnly(plaintext, sealed)
      },
    ),
    { numRuns: 150 },
  )
})

test('CE5 chunks that were swapped, dropped, repeated, cut or appended are refused', async () => {
  const plaintext = randomBytes(4 * chunkBytes + 77)
  const sealed = Buffer.from(seal(key, context, plaintext))
  const other = Buffer.from(seal(key, context, randomBytes(4 * chunkBytes + 77)))
  const head = sealed.subarray(0, headBytes)
  const chunks = [0, 1, 2, 3, 4].map((k) => sealed.subarray(chunkStart(k), chunkStart(k + 1)))
  const foreign = other.subarray(chunkStart(1), chunkStart(2))
  const pick = (...order: number[]) =>
    Buffer.concat([head, ...order.map((k) => chunks[k] ?? foreign)])
  const damaged = [
    pick(1, 0, 2, 3, 4),
    pick(0, 2, 3, 4),
    pick(0, 1, 1, 2, 3, 4),
    pick(0, 1, 2, 4, 3),
    pick(0, 9, 2, 3, 4),
    pick(0, 1, 2, 3, 4, 4),
    pick(0, 1, 2, 3),
    pick(4),
    Buffer.concat([sealed, Buffer.from([0])]),
    Buffer.concat([sealed, randomBytes(sealedChunkBytes)]),
    Buffer.concat([other.subarray(0, headBytes), ...chunks]),
  ]
  for (let cut = 0; cut < sealed.length; cut += 997) damaged.push(sealed.subarray(0, cut))
  for (const message of damaged) {
    assert.throws(() => open(key, context, message), Unopenable)
    await refusedWithPrefixOnly(plaintext, message)
  }
})

/** As a stream and as a source: a fault, and before it nothing but a true beginning or slice. */
async function refusedWithPrefixOnly(plaintext: Buffer, sealed: Uint8Array): Promise<void> {
  let given = 0
  await assert.rejects(async () => {
    for await (const piece of openStream(key, context, [sealed])) {
      assert.ok(plaintext.subarray(given, given + piece.length).equals(piece))
      given += piece.length
    }
  }, Unopenable)
  let ranged = 0
  await assert.rejects(async () => {
    const opened = await openSource(key, context, sourceOf(sealed))
    assert.equal(opened.length, plaintext.length)
    for await (const piece of opened.range(0, opened.length)) {
      assert.ok(plaintext.subarray(ranged, ranged + piece.length).equals(piece))
      ranged += piece.length
    }
  }, Unopenable)
}

test('CE6 another key or another context opens nothing', async () => {
  const sealed = seal(key, context, randomBytes(100))
  const wrong = { name: 'Unopenable', reason: 'not-this-key' }
  assert.throws(() => open(randomBytes(32), context, sealed), wrong)
  for (const bound of ['', 'one recording.', 'one recordin'])
    assert.throws(() => open(key, Buffer.from(bound), sealed), wrong)
  await assert.rejects(gather(openStream(randomBytes(32), context, [sealed])), wrong)
  await assert.rejects(openSource(randomBytes(32), context, sourceOf(sealed)), wrong)
})

test('CE7 the length is proven before a source is handed over, by reading its head and last chunk only', async () => {
  const sealed = seal(key, context, randomBytes(10 * chunkBytes + 5))
  const reads: [number, number][] = []
  const opened = await openSource(key, context, sourceOf(sealed, reads))
  assert.equal(opened.length, 10 * chunkBytes + 5)
  assert.deepEqual(reads, [
    [0, headBytes],
    [chunkStart(10), sealed.length],
  ])
})

test('CE8 a range reads only the chunks that hold it, one at first and never more than sixteen', async () => {
  const sealed = seal(key, context, randomBytes(80 * chunkBytes))
  const reads: [number, number][] = []
  const opened = await openSource(key, context, sourceOf(sealed, reads))
  reads.length = 0
  await gather(opened.range(3 * chunkBytes + 1, 79 * chunkBytes + 1))
  const counts = reads.map(([from, to]) => (to - from) / sealedChunkBytes)
  assert.deepEqual(counts, [1, 2, 4, 8, 16, 16, 16, 14])
  assert.equal(reads[0]?.[0], chunkStart(3))
  assert.equal(reads.at(-1)?.[1], chunkStart(80))
})

test('CE9 a source that gives fewer bytes than asked for is refused as cut', async () => {
  const sealed = seal(key, context, randomBytes(3 * chunkBytes))
  let short = false
  const opened = await openSource(key, context, {
    size: sealed.length,
    read: (from, to) => Promise.resolve(sealed.subarray(from, short ? to - 1 : to)),
  })
  short = true
  await assert.rejects(gather(opened.range(0, 5)), { name: 'Unopenable', reason: 'cut' })
})

test('CE10 a stream of any length passes in pieces of bounded size', async () => {
  const piece = randomBytes(5 * 1024 * 1024)
  let largest = 0
  let total = 0
  for await (const sealed of sealStream(key, context, [piece, piece])) {
    largest = Math.max(largest, sealed.length)
    total += sealed.length
  }
  assert.equal(total, sealedLength(2 * piece.length))
  assert.equal(largest, batchChunks * sealedChunkBytes)
})

test('CE11 lengths map both ways, and lengths that no message has are refused', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (n) => {
      const plain = Math.abs(n) % 2 ** 52
      assert.equal(plaintextLength(sealedLength(plain)), plain)
    }),
  )
  for (const none of [-1, 0.5, 2 ** 52, Number.NaN, Number.POSITIVE_INFINITY])
    assert.throws(() => sealedLength(none), RangeError)
  for (const none of [0, 55, 57, 71, chunkStart(1) + 15, sealedLength(2 ** 52 - 1) + 17, 1.5])
    assert.throws(() => plaintextLength(none), { reason: 'not-sealed' }, String(none))
  for (const cut of [56, chunkStart(1), chunkStart(7)])
    assert.throws(() => plaintextLength(cut), { reason: 'cut' })
})

test('CE12 chunks beyond the 32nd bit of the counter keep nonces of their own, and none comes after the last', () => {
  const message = deriveMessageKey(key, context, randomBytes(24))
  const far = 2 ** 32 + 5
  const sealed = sealChunks(message, far, Buffer.from('far out'))
  assert.equal(openChunks(message, far, sealed).toString(), 'far out')
  for (const near of [5, 2 ** 33 + 5, far - 1])
    assert.throws(() => openChunks(message, near, sealed), { reason: 'altered' })
  assert.equal(sealChunks(message, 2 ** 38 - 1, Buffer.of(1)).length, 17)
  assert.throws(() => sealChunks(message, 2 ** 38, Buffer.of(1)), RangeError)
})

test('CE13 keys that are not 32 bytes are refused, and each sealing draws a salt of its own', () => {
  assert.throws(() => seal(new Uint8Array(16), context, new Uint8Array(1)), RangeError)
  assert.notDeepEqual(seal(key, context, Buffer.of(1)), seal(key, context, Buffer.of(1)))
})

test('CE14 a fault of the source ends the stream with that fault', async () => {
  const broken = function* () {
    yield randomBytes(40_000)
    throw new Error('the disk went away')
  }
  await assert.rejects(gather(sealStream(key, context, broken())), /the disk went away/)
})
