/** What is wrong with bytes that should be UTF-8, and where: the offset of the sequence's first byte. */
export interface Utf8Fault {
  readonly at: number
  /**
   * Half of a surrogate pair, written as three bytes as CESU-8 does: text that some program broke,
   * not text in another encoding.
   */
  readonly surrogate: boolean
}

/** The first place from `from` on where bytes are not UTF-8 (RFC 3629), or undefined. */
export function utf8Fault(bytes: Uint8Array, from = 0): Utf8Fault | undefined {
  for (let at = from; at < bytes.length;) {
    const first = bytes[at] ?? 0
    if (first < 0x80) {
      at++
      continue
    }
    const length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0
    const second = bytes[at + 1] ?? 0
    const followed =
      length > 0 &&
      at + length <= bytes.length &&
      bytes.subarray(at + 1, at + length).every((byte) => (byte & 0xc0) === 0x80)
    if (followed && first === 0xed && second >= 0xa0) return { at, surrogate: true }
    const outside =
      (first === 0xe0 && second < 0xa0) ||
      (first === 0xf0 && second < 0x90) ||
      (first === 0xf4 && second >= 0x90)
    if (!followed || outside) return { at, surrogate: false }
    at += length
  }
  return undefined
}
