import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  type KeyObject,
  timingSafeEqual,
} from 'node:crypto'
import {
  chunkBytes,
  commitmentBytes,
  headBytes,
  mostChunks,
  saltBytes,
  sealedChunkBytes,
  tagBytes,
} from './layout.ts'
import { Unopenable } from './unopenable.ts'

const aead = 'aes-256-gcm'
const keyBytes = 32
const nonceBytes = 12
const label = Buffer.from('c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0', 'ascii')

/** What one message is sealed with; derived, never stored. */
export interface MessageKey {
  readonly key: KeyObject
  readonly baseNonce: Uint8Array
  readonly commitment: Uint8Array
}

/** Derives a message's key, base nonce and commitment: HKDF-Expand with SHA-512 (RFC 5869, 2.3). */
export function deriveMessageKey(
  inputKey: Uint8Array,
  context: Uint8Array,
  salt: Uint8Array,
): MessageKey {
  if (inputKey.length !== keyBytes)
    throw new RangeError(`An input key has ${keyBytes} bytes, not ${inputKey.length}.`)
  if (salt.length !== saltBytes)
    throw new RangeError(`A salt has ${saltBytes} bytes, not ${salt.length}.`)
  const expand = (before: Uint8Array, counter: number) =>
    createHmac('sha512', inputKey)
      .update(before)
      .update(label)
      .update(salt)
      .update(context)
      .update(Uint8Array.of(counter))
      .digest()
  const first = expand(new Uint8Array(0), 1)
  const material = Buffer.concat([first, expand(first, 2)])
  const key = createSecretKey(material.subarray(0, keyBytes))
  const baseNonce = Uint8Array.from(material.subarray(keyBytes, keyBytes + nonceBytes))
  const rest = material.subarray(keyBytes + nonceBytes)
  const commitment = Uint8Array.from(rest.subarray(0, commitmentBytes))
  material.fill(0)
  first.fill(0)
  return { key, baseNonce, commitment }
}

/**
 * Derives the key of the message that begins with `head`, and checks the commitment.
 * @throws Unopenable 'not-sealed' when the head is short, 'not-this-key' when the commitment differs.
 */
export function keyForHead(
  inputKey: Uint8Array,
  context: Uint8Array,
  head: Uint8Array,
): MessageKey {
  if (head.length < headBytes)
    throw new Unopenable('not-sealed', `A sealed message has at least ${headBytes} bytes.`)
  const message = deriveMessageKey(inputKey, context, head.subarray(0, saltBytes))
  if (!timingSafeEqual(message.commitment, head.subarray(saltBytes, headBytes)))
    throw new Unopenable(
      'not-this-key',
      'The sealed message was made with another key or context, or its head was altered.',
    )
  return message
}

function nonceOf(message: MessageKey, number: number): Buffer {
  if (number >= mostChunks) throw new RangeError(`A message has at most ${mostChunks} chunks.`)
  const nonce = Buffer.from(message.baseNonce)
  // 38 bits of counter: bitwise operators would cut it at 32.
  nonce.writeUInt32BE((nonce.readUInt32BE(8) ^ (number % 2 ** 32)) >>> 0, 8)
  nonce.writeUInt8(nonce.readUInt8(7) ^ Math.floor(number / 2 ** 32), 7)
  return nonce
}

/** Seals `plaintext` as the chunks from `first` on; only the last of them may be short. */
export function sealChunks(message: MessageKey, first: number, plaintext: Uint8Array): Buffer {
  const chunks = Math.max(1, Math.ceil(plaintext.length / chunkBytes))
  const sealed = Buffer.allocUnsafe(plaintext.length + chunks * tagBytes)
  for (let k = 0; k < chunks; k++) {
    const cipher = createCipheriv(aead, message.key, nonceOf(message, first + k))
    const body = cipher.update(plaintext.subarray(k * chunkBytes, (k + 1) * chunkBytes))
    cipher.final()
    sealed.set(body, k * sealedChunkBytes)
    sealed.set(cipher.getAuthTag(), k * sealedChunkBytes + body.length)
  }
  return sealed
}

/**
 * Opens the chunks from `first` on that stand in `sealed`; only the last of them may be short.
 * All are authenticated before any byte is given out.
 * @throws Unopenable 'altered', naming the chunk.
 */
export function openChunks(message: MessageKey, first: number, sealed: Uint8Array): Buffer {
  const chunks = Math.ceil(sealed.length / sealedChunkBytes)
  const opened = Buffer.allocUnsafe(Math.max(0, sealed.length - chunks * tagBytes))
  for (let k = 0; k < chunks; k++) {
    const chunk = sealed.subarray(k * sealedChunkBytes, (k + 1) * sealedChunkBytes)
    const body = chunk.length - tagBytes
    if (body < 0) throw new Unopenable('not-sealed', 'The sealed message ends within a tag.')
    const decipher = createDecipheriv(aead, message.key, nonceOf(message, first + k))
    decipher.setAuthTag(chunk.subarray(body))
    opened.set(decipher.update(chunk.subarray(0, body)), k * chunkBytes)
    try {
      decipher.final()
    } catch {
      opened.fill(0)
      throw new Unopenable('altered', `Chunk ${first + k} of the sealed message was altered.`)
    }
  }
  return opened
}
