import canonicalize from 'canonicalize'
import { sendAlong, type Tx } from '../../kernel/db.ts'
import { randomBytes } from '../../kernel/random.ts'
import { detailsHash, sha256, type Stamp } from './stamp.ts'
import { insertDetail } from './store.ts'

/** Seals bytes under the log's key of a project (null: of the site), bound to their hash. */
export type Seal = (tx: Tx, project: string | null, hash: Buffer, bytes: Buffer) => Promise<Buffer>

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

/**
 * Keeps what an entry says beside its leaf, in the transaction of its act, and answers the hash that
 * stands in the leaf (`detailsHash`), or null when there is nothing to keep. Words are kept sealed; the
 * hash over them is SHA-256(salt ‖ canonical JSON). The stamps of this transaction that no entry has
 * taken yet are those of this one.
 */
export async function keepDetails(
  tx: Tx,
  seal: Seal,
  words: Readonly<Record<string, unknown>>,
  project: string | null,
): Promise<Buffer | null> {
  const said = Object.keys(words).length === 0 ? null : await sealWords(tx, seal, words, project)
  return keep(tx, said, project)
}

/** The same for an entry that has stamps and no words. */
export function keepStamps(tx: Tx): Buffer | null {
  return keep(tx, null, null)
}

function keep(
  tx: Tx,
  said: { salt: Buffer; words: Buffer; sealed: Buffer } | null,
  project: string | null,
): Buffer | null {
  const stamps = waiting.get(tx) ?? []
  waiting.delete(tx)
  if (said === null && stamps.length === 0) return null
  const hash = detailsHash(said?.words ?? null, stamps)
  const detail = { hash, project, words: said?.words ?? null }
  const sealed = { salt: said?.salt ?? null, sealed: said?.sealed ?? null }
  sendAlong(tx, insertDetail(tx, { ...detail, ...sealed }, stamps))
  return hash
}

/**
 * Keeps what another act's entry says in the same transaction: stamps that wait are left to the entry
 * of the act under way.
 */
export async function besides<T>(tx: Tx, keeping: () => Promise<T>): Promise<T> {
  const own = waiting.get(tx) ?? []
  waiting.delete(tx)
  try {
    return await keeping()
  } finally {
    waiting.set(tx, [...own, ...(waiting.get(tx) ?? [])])
  }
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
