import { randomBytes } from 'node:crypto'
import { deriveMessageKey, keyForHead, openChunks, sealChunks } from './chunks.ts'
import { chunkBytes, headBytes, plaintextLength, saltBytes, sealedLength } from './layout.ts'

/**
 * Seals a message that fits in memory.
 * @param key 32 uniformly random bytes.
 * @param context Bytes that opening must repeat exactly; they are bound, not stored.
 * @returns `sealedLength(plaintext.length)` bytes.
 */
export function seal(key: Uint8Array, context: Uint8Array, plaintext: Uint8Array): Uint8Array {
  return sealWithSalt(key, context, plaintext, randomBytes(saltBytes))
}

/** For test vectors only: a salt that repeats under one key breaks the secrecy of both messages. */
export function sealWithSalt(
  key: Uint8Array,
  context: Uint8Array,
  plaintext: Uint8Array,
  salt: Uint8Array,
): Uint8Array {
  sealedLength(plaintext.length)
  const message = deriveMessageKey(key, context, salt)
  const whole = plaintext.length - (plaintext.length % chunkBytes)
  const parts = [salt, message.commitment]
  if (whole > 0) parts.push(sealChunks(message, 0, plaintext.subarray(0, whole)))
  parts.push(sealChunks(message, whole / chunkBytes, plaintext.subarray(whole)))
  return Buffer.concat(parts)
}

/**
 * Opens a message that fits in memory: all of it, or nothing.
 * @throws Unopenable when it is not exactly what was sealed with this key and context.
 */
export function open(key: Uint8Array, context: Uint8Array, sealed: Uint8Array): Uint8Array {
  plaintextLength(sealed.length)
  const message = keyForHead(key, context, sealed.subarray(0, headBytes))
  return openChunks(message, 0, sealed.subarray(headBytes))
}
