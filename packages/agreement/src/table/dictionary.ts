import { Refusal } from '../refusal.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

/**
 * Gives every distinct name a code, 0, 1, 2 … in the order of first appearance. Names are kept as
 * bytes in one arena, so that millions of them cost their length and some twenty bytes each. A new
 * name that is no UTF-8 is refused.
 */
export class Dictionary {
  #arena: Uint8Array<ArrayBuffer> = new Uint8Array(1024)
  #ends: Int32Array<ArrayBuffer> = new Int32Array(64)
  #slots: Int32Array<ArrayBuffer> = new Int32Array(128).fill(-1)
  size = 0

  /** The code of the name in bytes `from` to `to`, new if it was not seen before. */
  codeOfBytes(bytes: Uint8Array, from: number, to: number): number {
    let slot = hashOf(bytes, from, to) & (this.#slots.length - 1)
    for (;;) {
      const code = this.#slots[slot]
      if (code < 0) return this.#append(slot, bytes, from, to)
      if (this.#equals(code, bytes, from, to)) return code
      slot = (slot + 1) & (this.#slots.length - 1)
    }
  }

  codeOf(name: string): number {
    const bytes = encoder.encode(name)
    return this.codeOfBytes(bytes, 0, bytes.length)
  }

  /** The name of a code. */
  name(code: number): string {
    return decoder.decode(this.#arena.subarray(this.#startOf(code), this.#ends[code]))
  }

  names(): string[] {
    return Array.from({ length: this.size }, (_, code) => this.name(code))
  }

  #startOf(code: number): number {
    return code === 0 ? 0 : this.#ends[code - 1]
  }

  #equals(code: number, bytes: Uint8Array, from: number, to: number): boolean {
    const start = this.#startOf(code)
    const length = to - from
    if (this.#ends[code] - start !== length) return false
    for (let k = 0; k < length; k++) if (this.#arena[start + k] !== bytes[from + k]) return false
    return true
  }

  #append(slot: number, bytes: Uint8Array, from: number, to: number): number {
    checkText(bytes.subarray(from, to))
    const start = this.size === 0 ? 0 : this.#ends[this.size - 1]
    const end = start + to - from
    if (end > this.#arena.length) {
      const arena = new Uint8Array(Math.max(end, this.#arena.length * 2))
      arena.set(this.#arena)
      this.#arena = arena
    }
    if (this.size === this.#ends.length) {
      const ends = new Int32Array(this.#ends.length * 2)
      ends.set(this.#ends)
      this.#ends = ends
    }
    this.#arena.set(bytes.subarray(from, to), start)
    this.#ends[this.size] = end
    this.#slots[slot] = this.size
    const code = this.size++
    if (this.size * 2 > this.#slots.length) this.#rehash(this.#slots.length * 2)
    return code
  }

  #rehash(size: number): void {
    this.#slots = new Int32Array(size).fill(-1)
    for (let code = 0; code < this.size; code++) {
      let slot = hashOf(this.#arena, this.#startOf(code), this.#ends[code]) & (size - 1)
      while (this.#slots[slot] >= 0) slot = (slot + 1) & (size - 1)
      this.#slots[slot] = code
    }
  }
}

function checkText(bytes: Uint8Array): void {
  try {
    decoder.decode(bytes)
  } catch {
    throw new Refusal('the text is not valid UTF-8.')
  }
}

function hashOf(bytes: Uint8Array, from: number, to: number): number {
  let hash = 0x811c9dc5
  for (let k = from; k < to; k++) hash = Math.imul(hash ^ bytes[k], 0x01000193)
  return (hash ^ (hash >>> 15)) >>> 0
}
