const encoder = new TextEncoder()

/** Output as it comes, gathered to one run of bytes: text is encoded piece by piece, which is far faster than joining it first. */
export class Gathered {
  #bytes: Uint8Array<ArrayBuffer>
  length = 0

  /** `expected`: how many bytes will come, as far as is known. */
  constructor(expected = 0) {
    this.#bytes = new Uint8Array(expected)
  }

  add(data: string | Uint8Array): void {
    // No UTF-16 unit takes more than three bytes of UTF-8.
    const most = typeof data === 'string' ? 3 * data.length : data.length
    if (this.#bytes.length - this.length < most) this.#grow(most)
    const free = this.#bytes.subarray(this.length)
    if (typeof data === 'string') this.length += encoder.encodeInto(data, free).written
    else {
      free.set(data)
      this.length += data.length
    }
  }

  #grow(most: number): void {
    const bytes = new Uint8Array(Math.max(2 * this.#bytes.length, this.length + most, 4096))
    bytes.set(this.bytes())
    this.#bytes = bytes
  }

  /** What has been gathered, good until more is added. */
  bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.length)
  }

  empty(): void {
    this.length = 0
  }
}
