import { createHash } from 'node:crypto'

/**
 * The bytes that bind a key or an object to its place: each part as UTF-8 after its length as a
 * big-endian unsigned 32-bit number, so that no two lists of parts give the same bytes.
 * @throws RangeError for an empty part: a place without a name would bind nothing.
 */
export function bind(...parts: readonly string[]): Uint8Array {
  let length = 0
  for (const part of parts) length += 4 + Buffer.byteLength(part, 'utf8')
  const bytes = Buffer.alloc(length)
  let at = 0
  for (const part of parts) {
    if (part === '') throw new RangeError('A part of a binding is empty.')
    const written = bytes.write(part, at + 4, 'utf8')
    bytes.writeUInt32BE(written, at)
    at += 4 + written
  }
  return bytes
}

/** A short public name of secret bytes, of which it reveals nothing that helps to find them. */
export function fingerprint(label: string, secret: Uint8Array): string {
  return createHash('sha256').update(bind(label)).update(secret).digest('hex').slice(0, 32)
}
