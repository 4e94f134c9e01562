import { keyForHead, type MessageKey, openChunks } from './chunks.ts'
import {
  batchChunks,
  chunkBytes,
  chunkStart,
  headBytes,
  lastChunk,
  plaintextLength,
  sealedSpan,
} from './layout.ts'
import { Unopenable } from './unopenable.ts'

/** Sealed bytes that can be read at any place: a file, a row, an object in a store. */
export interface SealedSource {
  /** Length in bytes of the sealed message. */
  readonly size: number
  /** The bytes from `from` up to, not including, `to`; both lie within 0 … size. */
  read(from: number, to: number): Promise<Uint8Array>
}

/** A sealed message whose key, context and length have been checked. */
export interface OpenedSource {
  /** Length in bytes of the plaintext, authenticated. */
  readonly length: number
  /**
   * The plaintext from `from` up to, not including, `to`, in pieces. The first piece takes one chunk,
   * later ones up to sixteen, so that it comes soon and the rest comes fast.
   * @throws RangeError when the range does not lie within 0 … length.
   * @throws Unopenable before giving out any byte of a batch with a chunk that was altered.
   */
  range(from: number, to: number): AsyncGenerator<Uint8Array, void, undefined>
}

/**
 * Opens a sealed message for reading ranges. Checks the commitment and opens the last chunk, which
 * proves the length; reads nothing else until a range is asked for.
 * @throws Unopenable when head, length or last chunk are not those of a message sealed with this key
 * and context.
 */
export async function openSource(
  key: Uint8Array,
  context: Uint8Array,
  source: SealedSource,
): Promise<OpenedSource> {
  const length = plaintextLength(source.size)
  const message = keyForHead(key, context, await readExactly(source, 0, headBytes))
  const last = lastChunk(length)
  openChunks(message, last, await readExactly(source, chunkStart(last), source.size))
  return { length, range: (from, to) => openRange(message, source, length, from, to) }
}

async function* openRange(
  message: MessageKey,
  source: SealedSource,
  length: number,
  from: number,
  to: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from < 0 || to < from)
    throw new RangeError('A range begins at 0 or later and does not end before it begins.')
  if (to > length) throw new RangeError(`The range ends at ${to}, the message at ${length}.`)
  let batch = 1
  for (let at = from; at < to;) {
    const first = lastChunk(at)
    const until = Math.min(first + batch, lastChunk(to - 1) + 1)
    const start = first * chunkBytes
    const end = Math.min(until * chunkBytes, to)
    const span = sealedSpan(at, end, length)
    const sealed = await readExactly(source, span.from, span.to)
    yield openChunks(message, first, sealed).subarray(at - start, end - start)
    at = end
    batch = Math.min(batch * 2, batchChunks)
  }
}

async function readExactly(source: SealedSource, from: number, to: number): Promise<Uint8Array> {
  const bytes = await source.read(from, to)
  if (bytes.length !== to - from)
    throw new Unopenable('cut', `The sealed message has no bytes ${from} to ${to} any more.`)
  return bytes
}
