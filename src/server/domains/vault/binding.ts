import { createHash } from 'node:crypto'

const encoder = new TextEncoder()

/**
 * The bytes that bind a key or an object to its place: each part as UTF-8 after its length as a
 * big-endian unsigned 32-bit number, so that no two lists of parts give the same bytes.
 * @throws RangeError for an empty part: a place without a name would bind nothing.
 */
export function bind(...parts: readonly string[]): Uint8Array {
  const pieces: Uint8Array[] = []
  for (const part of parts) {
    const bytes = encoder.encode(part)
    if (bytes.length === 0) throw new RangeError('A part of a binding is empty.')
    const length = new Uint8Array(4)
    new DataView(length.buffer).setUint32(0, bytes.length)
    pieces.push(length, bytes)
  }
  return Uint8Array.from(Buffer.concat(pieces))
}

/** A short public name of secret bytes, of which it reveals nothing that helps to find them. */
export function fingerprint(label: string, secret: Uint8Array): string {
  return createHash('sha256').update(bind(label)).update(secret).digest('hex').slice(0, 32)
}
