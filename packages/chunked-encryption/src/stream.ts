import { randomBytes } from 'node:crypto'
import { deriveMessageKey, keyForHead, type MessageKey, openChunks, sealChunks } from './chunks.ts'
import { batchChunks, chunkBytes, headBytes, saltBytes, sealedChunkBytes } from './layout.ts'
import { regroup } from './regroup.ts'
import { Unopenable } from './unopenable.ts'

type Pieces = AsyncIterable<Uint8Array> | Iterable<Uint8Array>

/**
 * Seals a stream of any length in constant memory: besides the caller's current piece it holds one
 * chunk of 16 KiB, and it gives out pieces of at most 256 KiB and their tags.
 * A fault of the source ends the stream with that fault; what came out until then cannot be opened.
 */
export async function* sealStream(
  key: Uint8Array,
  context: Uint8Array,
  plaintext: Pieces,
): AsyncGenerator<Uint8Array, void, undefined> {
  const salt = randomBytes(saltBytes)
  const message = deriveMessageKey(key, context, salt)
  yield Buffer.concat([salt, message.commitment])
  let number = 0
  for await (const group of regroup(plaintext, 0, chunkBytes, batchChunks * chunkBytes)) {
    yield sealChunks(message, number, group)
    number += group.length / chunkBytes
  }
}

/**
 * Opens a stream in constant memory. Every byte that comes out is authentic and at its place; that
 * the message is complete is known only when the stream ends without a fault, so a reader must not
 * act on a prefix as if it were the whole.
 * @throws Unopenable at the first chunk that is not the sealed one, and at a missing end.
 */
export async function* openStream(
  key: Uint8Array,
  context: Uint8Array,
  sealed: Pieces,
): AsyncGenerator<Uint8Array, void, undefined> {
  const groups = regroup(sealed, headBytes, sealedChunkBytes, batchChunks * sealedChunkBytes)
  let message: MessageKey | undefined
  let number = 0
  let ended = false
  for await (const group of groups) {
    if (message === undefined) {
      message = keyForHead(key, context, group)
      continue
    }
    ended = group.length % sealedChunkBytes !== 0
    const opened = openChunks(message, number, group)
    number += group.length / sealedChunkBytes
    if (opened.length > 0) yield opened
  }
  if (!ended)
    throw new Unopenable('cut', 'The sealed message ends after a full chunk; its end is missing.')
}
