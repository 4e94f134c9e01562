import { randomBytes as cryptoBytes, randomFillSync, randomInt } from 'node:crypto'

/** Cryptographic randomness: `size` fresh bytes. */
export function randomBytes(size: number): Uint8Array {
  return new Uint8Array(cryptoBytes(size))
}

/** A whole number from `low` to `high`, both included, each equally likely. */
export function randomBetween(low: number, high: number): number {
  return randomInt(low, high + 1)
}

/** Drawn ahead, each byte handed out once: asking the system for each id costs more than the id. */
const ahead = Buffer.alloc(4096)
let used = ahead.length

function idBytes(): Uint8Array {
  if (used === ahead.length) {
    randomFillSync(ahead)
    used = 0
  }
  used += 16
  return ahead.subarray(used - 16, used)
}

const base32 = 'abcdefghijklmnopqrstuvwxyz234567'

/**
 * A new name for a thing: the prefix, `_`, and 128 random bits in 26 characters of lowercase
 * base32 (RFC 4648 alphabet, unpadded). It tells nothing about when or in which order it was made.
 */
export function newId(prefix: string): string {
  if (!/^[a-z][a-z0-9]{0,15}$/.test(prefix))
    throw new RangeError(`'${prefix}' cannot begin an id; use a short lowercase word`)
  let bits = 0
  let held = 0
  let text = ''
  for (const byte of idBytes()) {
    held = (held << 8) | byte
    for (bits += 8; bits >= 5; bits -= 5) text += base32.charAt((held >> (bits - 5)) & 31)
    held &= (1 << bits) - 1
  }
  return `${prefix}_${text}${base32.charAt((held << (5 - bits)) & 31)}`
}
