/**
 * Where things stand in a sealed message, as https://c2sp.org/chunked-encryption defines it:
 * salt(24) ‖ commitment(32) ‖ chunk 0 ‖ chunk 1 ‖ … Every chunk but the last holds 16 KiB of
 * plaintext and a tag of 16 bytes; the last holds fewer, possibly none, and so marks the end.
 */
import { Unopenable } from './unopenable.ts'

export const saltBytes = 24
export const commitmentBytes = 32
export const headBytes = saltBytes + commitmentBytes
export const tagBytes = 16
export const chunkBytes = 16_384
export const sealedChunkBytes = chunkBytes + tagBytes

/** Chunks handled in one step: enough that the cost of a step fades, small enough to stay 256 KiB. */
export const batchChunks = 16

/** A message has at most 2³⁸ chunks, so its plaintext stays under 4 PiB and every offset is exact. */
export const mostChunks = 2 ** 38
const mostPlaintext = mostChunks * chunkBytes - 1

/**
 * Bytes that a sealed message takes for `plaintext` bytes.
 * @throws RangeError when the number is not whole, negative, or not below 4 PiB.
 */
export function sealedLength(plaintext: number): number {
  if (!Number.isSafeInteger(plaintext) || plaintext < 0 || plaintext > mostPlaintext)
    throw new RangeError(`A message has 0 to ${mostPlaintext} bytes, not ${plaintext}.`)
  return headBytes + plaintext + tagBytes * (lastChunk(plaintext) + 1)
}

/**
 * Plaintext bytes of a sealed message of `sealed` bytes. Arithmetic only: the answer is what an
 * unharmed message of this length would hold, not yet authenticated.
 * @throws Unopenable ('cut' when the message ends after a full chunk, 'not-sealed' when no message
 * has this length).
 */
export function plaintextLength(sealed: number): number {
  if (!Number.isSafeInteger(sealed) || sealed < headBytes)
    throw new Unopenable('not-sealed', `A sealed message has at least ${headBytes} bytes.`)
  const body = sealed - headBytes
  const rest = body % sealedChunkBytes
  if (rest === 0)
    throw new Unopenable('cut', 'The sealed message ends after a full chunk; its end is missing.')
  const full = (body - rest) / sealedChunkBytes
  if (rest < tagBytes || full >= mostChunks)
    throw new Unopenable('not-sealed', `No sealed message is ${sealed} bytes long.`)
  return full * chunkBytes + rest - tagBytes
}

/** The number of the last chunk of a message with `plaintext` bytes. */
export function lastChunk(plaintext: number): number {
  return Math.floor(plaintext / chunkBytes)
}

/** Where chunk `number` begins in the sealed message. */
export function chunkStart(number: number): number {
  return headBytes + number * sealedChunkBytes
}

/**
 * The sealed bytes, whole chunks, that hold the plaintext from `from` up to `to` of a message with
 * `length` bytes of plaintext.
 * @throws RangeError when the range is empty or does not lie within 0 … length.
 */
export function sealedSpan(from: number, to: number, length: number): { from: number; to: number } {
  if (!(from >= 0 && from < to && to <= length))
    throw new RangeError(`A range lies within 0 and ${length} and is not empty.`)
  return {
    from: chunkStart(lastChunk(from)),
    to: Math.min(chunkStart(lastChunk(to - 1) + 1), sealedLength(length)),
  }
}
