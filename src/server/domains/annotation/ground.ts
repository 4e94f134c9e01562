import type { Gate, Pass } from '../access/index.ts'
import type { Tx } from '../../kernel/db.ts'
import type { Place, Vault } from '../vault/index.ts'

/** What annotation asks of the vault. An item's text, or the rendition of its sound, is its `content`. */
export type Seals = Pick<Vault, 'seal' | 'open' | 'openRange' | 'find' | 'remove'>

/** Keeps words sealed beside the log; answers their hash for the leaf. */
export type SealWords = (
  tx: Tx,
  words: Readonly<Record<string, unknown>>,
  project: string | null,
) => Promise<Uint8Array | null>

/** What the domain's acts stand on beside the database. */
export interface Ground {
  readonly gate: Gate
  readonly seals: Seals
  /** Writes the entry of a closed recording: the words go sealed beside it. */
  readonly recordClose: (tx: Tx, closed: Closed) => Promise<void>
  /** Does work under the pass in a transaction of its own, for what happens after an answer has begun. */
  readonly apart: <T>(pass: Pass, work: (tx: Tx) => Promise<T>) => Promise<T>
}

/** Asks the gate for opening a further task in the same request; recorded as an act of its own. */
export type AdmitOpening = (task: string) => Promise<Pass<'annotation.task.open'>>

/** A recording that was open to somebody, and the bytes of it that left, as pairs from and up to. */
export interface Closed {
  readonly task: string
  readonly project: string
  readonly item: string
  readonly person: string
  readonly workstation: string | null
  readonly zone: string | null
  readonly openedAt: Date
  readonly closedAt: Date
  readonly sent: readonly (readonly [from: number, to: number])[]
}

/** Where something that was written about an item is sealed. */
export function placeOf(
  { project, item }: { readonly project: string; readonly item: string },
  asset: string,
  version: number,
): Place {
  return { project, owner: { kind: 'item', item }, asset, version }
}
