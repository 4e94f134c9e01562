import type { SealedSource } from '@cloister/chunked-encryption'

/** Where large sealed objects lie. A store sees ciphertext and names that mean nothing. */
export interface ObjectStore {
  /**
   * Stores a sealed stream and answers with a new, random location, after the bytes are durable.
   * A fault, of the stream or of the disk, leaves no object.
   * @throws VaultFault 'storage-full'.
   */
  put(sealed: AsyncIterable<Uint8Array>): Promise<{ location: string; size: number }>
  /** Opens an object for reading at any place; the caller closes it. @throws VaultFault 'object-missing'. */
  open(location: string): Promise<StoredObject>
  /** Deletes durably. False when there was nothing to delete. */
  remove(location: string): Promise<boolean>
  /** Every location in the store, or those written before a moment, in no promised order. */
  list(before?: Date): AsyncIterable<string>
  /** Deletes what a crash left half written before `moment`; answers how many. */
  sweep(before: Date): Promise<number>
}

export interface StoredObject extends SealedSource {
  close(): Promise<void>
}
