import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { VaultFault } from './fault.ts'

export const keyBytes = 32
const nonceBytes = 12
const tagBytes = 16
/** version(1) ‖ nonce(12) ‖ ciphertext(32) ‖ tag(16) */
export const wrappedBytes = 1 + nonceBytes + keyBytes + tagBytes
const version = 1

/**
 * Wraps a key of 32 bytes under another with AES-256-GCM (NIST SP 800-38D) and a random nonce of 96
 * bits, bound to `context`. A wrapping key must not be used for more than 2³² wraps.
 */
export function wrapKey(under: Uint8Array, key: Uint8Array, context: Uint8Array): Uint8Array {
  if (key.length !== keyBytes) throw new RangeError(`A key has ${keyBytes} bytes.`)
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv('aes-256-gcm', under, nonce)
  cipher.setAAD(context)
  const sealed = cipher.update(key)
  cipher.final()
  return packWrapped(nonce, Buffer.concat([sealed, cipher.getAuthTag()]))
}

/** @throws VaultFault 'key-refused' when anything differs: the wrapping key, the context, one bit. */
export function unwrapKey(under: Uint8Array, wrapped: Uint8Array, context: Uint8Array): Uint8Array {
  const { nonce, sealed } = unpackWrapped(wrapped)
  const decipher = createDecipheriv('aes-256-gcm', under, nonce)
  decipher.setAAD(context)
  decipher.setAuthTag(sealed.subarray(keyBytes))
  const key = decipher.update(sealed.subarray(0, keyBytes))
  try {
    decipher.final()
  } catch {
    key.fill(0)
    throw new VaultFault('key-refused')
  }
  return key
}

/** The stored form of a wrapped key, whoever computed it. */
export function packWrapped(nonce: Uint8Array, sealed: Uint8Array): Uint8Array {
  return Uint8Array.from(Buffer.concat([Uint8Array.of(version), nonce, sealed]))
}

/** @throws VaultFault 'key-refused' when length or version are not those of a wrapped key. */
export function unpackWrapped(wrapped: Uint8Array): { nonce: Uint8Array; sealed: Uint8Array } {
  if (wrapped.length !== wrappedBytes || wrapped[0] !== version)
    throw new VaultFault('key-refused', 'It does not have the form of a wrapped key.')
  return { nonce: wrapped.subarray(1, 1 + nonceBytes), sealed: wrapped.subarray(1 + nonceBytes) }
}
