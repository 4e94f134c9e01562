/** The bytes of a standard, padded Base64 text (RFC 4648, 4), or null when it is anything but that. */
export function fromBase64(text: string): Uint8Array | null {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : null
}

/** Bytes as standard, padded Base64 (RFC 4648, 4). */
export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}

/** A number written as ASCII decimal without leading zeros, up to 2^53 - 1; null for anything else. */
export function fromDecimal(text: string): number | null {
  const value = /^(0|[1-9][0-9]{0,15})$/.test(text) ? Number(text) : NaN
  return Number.isSafeInteger(value) ? value : null
}
