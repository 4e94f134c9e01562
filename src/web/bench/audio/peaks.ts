/** One resolution of the waveform. */
interface Level {
  readonly samplesPerPair: number
  readonly pairs: number
  readonly offset: number
}

/** Bytes of the peaks file, `to` exclusive. */
export type FetchBytes = (from: number, to: number) => Promise<Uint8Array>

const magic = 'CPK1'
const headBytes = 24
const levelBytes = 12
/** The first fetch: enough for the coarse levels of many hours. */
const firstBytes = 64 * 1024
const chunkBytes = 32 * 1024
/** 4 MiB of a waveform in memory at most, however long the recording. */
const keptChunks = 128

/**
 * A waveform that the server made, read by range. All numbers are little-endian: "CPK1", u32
 * samples per second, u32 channels, u32 levels, f64 samples per channel; then for each level, coarse
 * first, u32 samples per pair, u32 pairs, u32 offset; then the pairs, for each channel the smallest
 * and the largest sample as int8.
 */
export class Peaks {
  readonly rate: number
  readonly channels: number
  readonly samples: number
  readonly #levels: readonly Level[]
  readonly #fetch: FetchBytes
  readonly #chunks = new Map<number, Int8Array>()
  readonly #coming = new Set<number>()
  #onMore: () => void = () => undefined

  private constructor(first: Uint8Array, fetch: FetchBytes) {
    const view = new DataView(first.buffer, first.byteOffset, first.byteLength)
    const name = String.fromCharCode(...first.subarray(0, 4))
    if (first.length < headBytes || name !== magic)
      throw new Error('The waveform is not in the layout CPK1.')
    this.rate = view.getUint32(4, true)
    this.channels = view.getUint32(8, true)
    this.samples = view.getFloat64(16, true)
    const count = view.getUint32(12, true)
    const plausible =
      this.rate > 0 &&
      this.channels > 0 &&
      this.channels <= 64 &&
      Number.isSafeInteger(this.samples) &&
      this.samples >= 0 &&
      count > 0 &&
      count <= 16 &&
      first.length >= headBytes + count * levelBytes
    if (!plausible) throw new Error('The head of the waveform is damaged.')
    this.#levels = Array.from({ length: count }, (_, n) => {
      const at = headBytes + n * levelBytes
      return {
        samplesPerPair: view.getUint32(at, true),
        pairs: view.getUint32(at + 4, true),
        offset: view.getUint32(at + 8, true),
      }
    })
    this.#fetch = fetch
    for (let chunk = 0; (chunk + 1) * chunkBytes <= first.length; chunk++)
      this.#keep(chunk, first.subarray(chunk * chunkBytes, (chunk + 1) * chunkBytes))
    if (first.length < firstBytes)
      this.#keep(
        Math.floor(first.length / chunkBytes),
        first.subarray(Math.floor(first.length / chunkBytes) * chunkBytes),
      )
  }

  /** Fetches the first kilobytes, which already draw the whole recording. */
  static async open(fetch: FetchBytes): Promise<Peaks> {
    return new Peaks(await fetch(0, firstBytes), fetch)
  }

  /** Calls back whenever finer peaks have come that an earlier read had to do without. */
  whenMore(listener: () => void): void {
    this.#onMore = listener
  }

  /**
   * The smallest and largest value, -128 to 127, of one channel in each of `columns` equal stretches
   * from sample `from`. Draws from the finest level that the stretch needs; what is not here yet is
   * fetched, and drawn coarser meanwhile.
   */
  columns(from: number, samplesPerColumn: number, columns: number, channel: number): Int8Array {
    const out = new Int8Array(columns * 2)
    const wanted = Math.max(
      0,
      this.#levels.findLastIndex(({ samplesPerPair }) => samplesPerPair >= samplesPerColumn),
    )
    const fine = Math.min(this.#levels.length - 1, wanted + 1)
    for (let column = 0; column < columns; column++) {
      const start = from + column * samplesPerColumn
      if (start >= this.samples || start + samplesPerColumn <= 0) continue
      for (let level = fine; level >= 0; level--)
        if (this.#column(level, start, start + samplesPerColumn, channel, out, column)) break
    }
    return out
  }

  #column(
    index: number,
    from: number,
    to: number,
    channel: number,
    out: Int8Array,
    column: number,
  ): boolean {
    const level = this.#levels[index]
    if (level === undefined) return false
    const first = Math.max(0, Math.floor(from / level.samplesPerPair))
    const last = Math.min(level.pairs, Math.max(first + 1, Math.ceil(to / level.samplesPerPair)))
    let [low, high] = [127, -128]
    for (let pair = first; pair < last; pair++) {
      const at = level.offset + (pair * this.channels + channel) * 2
      const smallest = this.#byte(at)
      const largest = this.#byte(at + 1)
      if (smallest === undefined || largest === undefined) return false
      if (smallest < low) low = smallest
      if (largest > high) high = largest
    }
    if (low > high) return true
    out[column * 2] = low
    out[column * 2 + 1] = high
    return true
  }

  #byte(at: number): number | undefined {
    const chunk = Math.floor(at / chunkBytes)
    const known = this.#chunks.get(chunk)
    if (known === undefined) this.#ask(chunk)
    return known?.[at - chunk * chunkBytes]
  }

  #ask(chunk: number): void {
    if (this.#coming.has(chunk) || this.#coming.size >= 16) return
    this.#coming.add(chunk)
    this.#fetch(chunk * chunkBytes, (chunk + 1) * chunkBytes).then(
      (bytes) => {
        this.#coming.delete(chunk)
        this.#keep(chunk, bytes)
        this.#onMore()
      },
      () => {
        // What did not come is drawn coarser and asked for again at the next drawing.
        this.#coming.delete(chunk)
      },
    )
  }

  #keep(chunk: number, bytes: Uint8Array): void {
    const oldest = this.#chunks.keys().next()
    if (this.#chunks.size >= keptChunks && oldest.done !== true) this.#chunks.delete(oldest.value)
    this.#chunks.set(chunk, new Int8Array(bytes))
  }
}
