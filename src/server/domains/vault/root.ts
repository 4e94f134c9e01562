/**
 * The key above all keys of an installation. It never leaves its holder: the holder wraps and
 * unwraps project keys with it.
 */
export interface RootKey {
  /** Public name of this key, the same at each opening. */
  readonly id: string
  /** Whether it was made for the demonstration. A real installation refuses such a key, and the other way round. */
  readonly demonstration: boolean
  /** Wraps 32 bytes, bound to `context`; the answer opens only with the same context. */
  wrap(key: Uint8Array, context: Uint8Array): Promise<Uint8Array>
  /** @throws VaultFault 'key-refused' when wrapped bytes or context are not those of a wrap. */
  unwrap(wrapped: Uint8Array, context: Uint8Array): Promise<Uint8Array>
  /** Wipes what is held in memory. Later wraps are refused. */
  close(): Promise<void>
}
