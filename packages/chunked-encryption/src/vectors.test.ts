import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { openSource } from './source.ts'
import { openStream } from './stream.ts'
import { Unopenable } from './unopenable.ts'
import { open, sealWithSalt } from './whole.ts'

interface Vectors {
  readonly messages: readonly {
    readonly length: number
    readonly key: string
    readonly salt: string
    readonly context: string
    readonly sealed?: string
    readonly sealedLength: number
    readonly sealedSha256: string
  }[]
  readonly refused: readonly {
    readonly name: string
    readonly of: number
    readonly reason: string
    readonly edit: { readonly keep?: number; readonly flip?: number; readonly append?: string }
    readonly context?: string
  }[]
}

const vectors = JSON.parse(
  readFileSync(new URL('../vectors/vectors.json', import.meta.url), 'utf8'),
) as Vectors
const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'))
const pattern = (length: number) =>
  Uint8Array.from({ length }, (_, i) => (i + Math.floor(i / 256)) % 256)

async function drain(pieces: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const piece of pieces) assert.ok(piece.length > 0)
}

function sealedOf(place: number): Uint8Array {
  const message = vectors.messages[place]
  assert.ok(message)
  return sealWithSalt(
    bytes(message.key),
    bytes(message.context),
    pattern(message.length),
    bytes(message.salt),
  )
}

test('CE1 seals and opens every vector of the second implementation byte for byte', () => {
  assert.equal(vectors.messages.length, 14)
  vectors.messages.forEach((message, place) => {
    const sealed = sealedOf(place)
    assert.equal(sealed.length, message.sealedLength)
    if (message.sealed !== undefined) assert.deepEqual(sealed, Buffer.from(message.sealed, 'hex'))
    assert.equal(createHash('sha256').update(sealed).digest('hex'), message.sealedSha256)
    const opened = open(bytes(message.key), bytes(message.context), sealed)
    assert.ok(Buffer.from(pattern(message.length)).equals(opened))
  })
})

test('CE2 refuses every damaged vector for its reason: whole, as a stream and as a source', async () => {
  assert.equal(vectors.refused.length, 13)
  for (const { name, of, reason, edit, context } of vectors.refused) {
    const message = vectors.messages[of]
    assert.ok(message)
    const sealed = Buffer.concat([sealedOf(of), bytes(edit.append ?? '')])
    if (edit.flip !== undefined) sealed[edit.flip] = (sealed[edit.flip] ?? 0) ^ 1
    const damaged = sealed.subarray(0, edit.keep)
    const key = bytes(message.key)
    const bound = bytes(context ?? message.context)
    const because = (error: unknown) => {
      assert.ok(error instanceof Unopenable, name)
      assert.equal(error.reason, reason, name)
      return true
    }
    assert.throws(() => open(key, bound, damaged), because, name)
    await assert.rejects(drain(openStream(key, bound, [damaged])), because, name)
    const source = {
      size: damaged.length,
      read: (from: number, to: number) => Promise.resolve(damaged.subarray(from, to)),
    }
    await assert.rejects(openSource(key, bound, source), because, name)
  }
})
