import type { Gate, Pass, Refused } from '../access/index.ts'
import type { Tx } from '../../kernel/db.ts'

/** A sealed object that was opened: its plaintext by range, as long as the pass lasts. */
export interface Opened {
  /** Bytes of the plaintext, authenticated. */
  readonly length: number
  read(from: number, to: number): AsyncIterable<Uint8Array>
  close(): Promise<void>
}

/** What annotation asks of the vault. Content lies under the assets `text`, `audio` and `peaks`. */
export interface Seals {
  /** Seals bytes as one version of an asset of an item; answers the object's id. */
  seal(
    tx: Tx,
    of: { project: string; item: string; asset: string; version: number },
    bytes: Uint8Array,
  ): Promise<string>
  /** Opens against a pass that names the object's project and item; refuses every other. */
  open(tx: Tx, pass: Pass, object: string): Promise<Opened>
  /** The latest version of an asset of an item, or null. */
  find(tx: Tx, item: string, asset: string): Promise<string | null>
  /** Deletes an object that nothing names any more. */
  discard(tx: Tx, object: string): Promise<void>
}

/** What the domain's acts stand on beside the database. */
export interface Ground {
  readonly gate: Gate
  readonly seals: Seals
  /** Writes the log entry of a further act that this request did under a pass of its own. */
  readonly recordDone: (tx: Tx, pass: Pass) => Promise<void>
  readonly recordRefused: (tx: Tx, refused: Refused, at: Date) => Promise<void>
  /** Writes the entry of a closed recording: the words go sealed beside it. */
  readonly recordClose: (tx: Tx, closed: Closed) => Promise<void>
  /** Does work in a transaction of its own, for what happens after an answer has begun. */
  readonly apart: <T>(work: (tx: Tx) => Promise<T>) => Promise<T>
}

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
