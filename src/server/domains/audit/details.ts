import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import type { Tx } from '../../kernel/db.ts'
import { randomBytes } from '../../kernel/random.ts'
import { insertDetail, insertStamps } from './store.ts'

/** Seals bytes under the log's key of a project (null: of the site), bound to their hash. */
export type Seal = (tx: Tx, project: string | null, hash: Buffer, bytes: Buffer) => Promise<Buffer>

/** What the log vouches for: that the row of this kind and id holds what has this hash; null: that it is gone. */
export interface Stamp {
  readonly kind: string
  readonly subject: string
  readonly hash: Uint8Array | null
  readonly salt: Uint8Array
}

const waiting = new WeakMap<Tx, Stamp[]>()

/**
 * Puts a row under the protection of the log: the entry of this transaction's act will hold a salted
 * hash of it. To be called with every change of the row, with the SHA-256 of `rowBytes` of what it
 * holds afterwards, or null when it was removed. Takes effect with `keepDetails`.
 */
export function stamp(tx: Tx, kind: string, subject: string, hash: Uint8Array | null): void {
  const stamps = waiting.get(tx) ?? []
  waiting.set(tx, stamps)
  stamps.push({ kind, subject, hash, salt: randomBytes(16) })
}

/** What a column may hold to have one canonical form. */
type Column = string | number | boolean | null | Date | Uint8Array | readonly string[]

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
 * Keeps what an entry says beside its leaf, in the transaction of its act, and answers the hash that
 * stands in the leaf, or null when there is nothing to keep. Words are kept sealed; the hash over
 * them is SHA-256(salt ‖ canonical JSON). With stamps of this transaction it is SHA-256(words ‖ s₁ ‖ …),
 * with 32 zero bytes for no words and each s from `stampHash`.
 */
export async function keepDetails(
  tx: Tx,
  seal: Seal,
  words: Readonly<Record<string, unknown>>,
  project: string | null,
): Promise<Buffer | null> {
  const stamps = waiting.get(tx) ?? []
  waiting.delete(tx)
  const said = Object.keys(words).length === 0 ? null : await sealWords(tx, seal, words, project)
  if (said === null && stamps.length === 0) return null
  const hash = detailsHash(said?.words ?? null, stamps)
  await insertDetail(tx, {
    ...{ hash, project, words: said?.words ?? null },
    ...{ salt: said?.salt ?? null, sealed: said?.sealed ?? null },
  })
  if (stamps.length > 0) await insertStamps(tx, hash, stamps)
  return hash
}

async function sealWords(
  tx: Tx,
  seal: Seal,
  said: Readonly<Record<string, unknown>>,
  project: string | null,
) {
  const salt = Buffer.from(randomBytes(16))
  const bytes = Buffer.from(canonicalize(said) ?? '{}', 'utf8')
  const words = sha256(salt, bytes)
  return { salt, words, sealed: await seal(tx, project, words, bytes) }
}

/** What stands in the leaf for these words and stamps. */
export function detailsHash(words: Uint8Array | null, stamps: readonly Stamp[]): Buffer {
  if (stamps.length === 0 && words !== null) return Buffer.from(words)
  return sha256(words ?? new Uint8Array(32), ...stamps.map(stampHash))
}

/** SHA-256(salt ‖ canonical JSON of [kind, id, hash in Base64 or null]). */
export function stampHash({ kind, subject, hash, salt }: Stamp): Buffer {
  const text = hash === null ? null : Buffer.from(hash).toString('base64')
  return sha256(salt, Buffer.from(canonicalize([kind, subject, text]) ?? '', 'utf8'))
}
