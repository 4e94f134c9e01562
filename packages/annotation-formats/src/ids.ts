import type { InputFault } from './reading.ts'

/** The most ids that are told apart: 256 MiB of them. */
const mostIds = 24_000_000

/**
 * The ids of an input, as 64-bit hashes: 8 bytes for each in a table that is a quarter to three
 * quarters full, never the ids themselves. Of a million ids two that differ are taken for one with a
 * chance of three in a hundred million (n² / 2⁶⁵). What is past `most` is refused.
 */
export class Ids {
  readonly #most: number
  #low = new Uint32Array(1024)
  #high = new Uint32Array(1024)
  #count = 0

  constructor(most = mostIds) {
    this.#most = most
  }

  /** Takes an id; false when it was taken before. */
  add(id: string, fault: (reason: string) => InputFault): boolean {
    return this.addHash(...hashOf(id), fault)
  }

  addHash(low: number, high: number, fault: (reason: string) => InputFault): boolean {
    // Two zeros are a place that is free.
    const taken: readonly [number, number] = low === 0 && high === 0 ? [1, 0] : [low, high]
    if (!this.#put(...taken)) return false
    if (++this.#count > this.#most)
      throw fault(`is past the ${this.#most} ids of one input that are told apart; divide it`)
    if (this.#count * 4 > this.#low.length * 3) this.#grow()
    return true
  }

  #put(low: number, high: number): boolean {
    const [lows, highs] = [this.#low, this.#high]
    const last = lows.length - 1
    let at = low & last
    while (lows[at] !== 0 || highs[at] !== 0) {
      if (lows[at] === low && highs[at] === high) return false
      at = (at + 1) & last
    }
    lows[at] = low
    highs[at] = high
    return true
  }

  #grow(): void {
    const [lows, highs] = [this.#low, this.#high]
    this.#low = new Uint32Array(2 * lows.length)
    this.#high = new Uint32Array(2 * lows.length)
    for (let at = 0; at < lows.length; at++) {
      const [low, high] = [lows[at] ?? 0, highs[at] ?? 0]
      if (low !== 0 || high !== 0) this.#put(low, high)
    }
  }
}

/** A text as two numbers of 32 bits, each mixed in its own way as MurmurHash3 does (A. Appleby, 2011). */
export function hashOf(text: string): [low: number, high: number] {
  let low = 0x2f0b4c47
  let high = 0x7ed55d16
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    low = Math.imul(turned(low ^ Math.imul(unit + 1, 0xcc9e2d51), 13), 5) + 0x6b64e654
    high = Math.imul(turned(high ^ Math.imul(unit + 1, 0x1b873593), 17), 9) + 0x38495ab5
  }
  return [mixed(low ^ text.length), mixed(high + text.length)]
}

function turned(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by))
}

/** The finalizer of MurmurHash3. */
function mixed(value: number): number {
  const once = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35)
  return (twice ^ (twice >>> 16)) >>> 0
}
