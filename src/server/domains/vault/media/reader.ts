/** Bytes that have arrived and are not yet understood; a parser takes from the front. */
export class Arrived {
  #bytes: Uint8Array = new Uint8Array(0)
  #position = 0

  /** Where the front stands in the file, for messages. */
  get position(): number {
    return this.#position
  }

  get length(): number {
    return this.#bytes.length
  }

  add(bytes: Uint8Array): void {
    this.#bytes = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes])
  }

  /** The first `count` bytes without taking them, or undefined when fewer have arrived. */
  peek(count: number): Uint8Array | undefined {
    return this.#bytes.length < count ? undefined : this.#bytes.subarray(0, count)
  }

  take(count: number): Uint8Array | undefined {
    const taken = this.peek(count)
    if (taken !== undefined) this.#advance(count)
    return taken
  }

  /** Takes whatever is there, up to `most` bytes. */
  takeUpTo(most: number): Uint8Array {
    const taken = this.#bytes.subarray(0, most)
    this.#advance(taken.length)
    return taken
  }

  #advance(count: number): void {
    this.#bytes = this.#bytes.subarray(count)
    this.#position += count
  }
}

export function ascii(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('latin1')
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
