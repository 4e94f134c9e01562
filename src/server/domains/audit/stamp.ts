import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'

/** What the log vouches for: that the row of this kind and id holds what has this hash; null: that it is gone. */
export interface Stamp {
  readonly kind: string
  readonly subject: string
  readonly hash: Uint8Array | null
  readonly salt: Uint8Array
}

/** What a column may hold to have one canonical form. */
export type Column = string | number | boolean | null | Date | Uint8Array | readonly string[]

/** A row's content in one form: canonical JSON, times in UTC with milliseconds, bytes in Base64. */
export function rowBytes(row: Readonly<Record<string, Column>>): Buffer {
  const plain = Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      value instanceof Date
        ? value.toISOString()
        : value instanceof Uint8Array
          ? Buffer.from(value).toString('base64')
          : value,
    ]),
  )
  return Buffer.from(canonicalize(plain) ?? '', 'utf8')
}

export function sha256(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

/**
 * What stands in the leaf for these words and stamps: SHA-256(kind ‖ words ‖ s₁ ‖ …), where kind is a
 * byte, 1 for words, 2 for stamps, 3 for both. All that follows has 32 bytes, so that no other words
 * and stamps, more of them, fewer or in another order, give the same.
 */
export function detailsHash(words: Uint8Array | null, stamps: readonly Stamp[]): Buffer {
  const kind = Uint8Array.of((words === null ? 0 : 1) + (stamps.length === 0 ? 0 : 2))
  return sha256(kind, words ?? new Uint8Array(0), ...stamps.map(stampHash))
}

/** SHA-256(salt ‖ canonical JSON of [kind, id, hash in Base64 or null]). */
export function stampHash({ kind, subject, hash, salt }: Stamp): Buffer {
  const text = hash === null ? null : Buffer.from(hash).toString('base64')
  return sha256(salt, Buffer.from(canonicalize([kind, subject, text]) ?? '', 'utf8'))
}
