/**
 * Waveform peaks for drawing a recording at any zoom, all numbers little-endian:
 *
 * | at | what |
 * |---|---|
 * | 0 | "CPK1" |
 * | 4 | u32 samples per second |
 * | 8 | u32 channels |
 * | 12 | u32 number of levels |
 * | 16 | f64 samples of each channel |
 * | 24 | for each level, coarse first: u32 samples per pair, u32 pairs, u32 offset of its first pair |
 *
 * A pair is, for each channel in turn, the smallest and the largest sample of its span as int8:
 * floor(smallest / 256) and ceil(largest / 256), at most 127, so that nothing audible is drawn as
 * silence. Levels follow each other without gaps, coarse first, so that the first kilobytes already draw
 * the whole recording. The last pair of a level may span fewer samples.
 */
export const peakLevels = [65_536, 16_384, 4_096, 1_024, 256, 64] as const
const headBytes = 24
const levelBytes = 12
const finest = 64
const step = 4

export interface PeakBuilder {
  /** Takes interleaved samples, whole frames of all channels. */
  take(interleaved: Int16Array): void
  /** The peaks of all that was taken, in the layout above. */
  finish(): Uint8Array
}

export function buildPeaks(rate: number, channels: number): PeakBuilder {
  const pairs = new GrowingBytes()
  const low = new Int16Array(channels).fill(32767)
  const high = new Int16Array(channels).fill(-32768)
  let samples = 0
  const close = () => {
    for (let c = 0; c < channels; c++) {
      pairs.push((low[c] ?? 0) >> 8)
      pairs.push(Math.min(127, ((high[c] ?? 0) + 255) >> 8))
    }
    low.fill(32767)
    high.fill(-32768)
  }
  return {
    take(interleaved) {
      for (let at = 0; at < interleaved.length; at += channels) {
        for (let c = 0; c < channels; c++) {
          const value = interleaved[at + c] ?? 0
          if (value < (low[c] ?? 0)) low[c] = value
          if (value > (high[c] ?? 0)) high[c] = value
        }
        if (++samples % finest === 0) close()
      }
    },
    finish() {
      if (samples % finest !== 0) close()
      return layOut(rate, channels, samples, pairs.bytes())
    },
  }
}

function layOut(rate: number, channels: number, samples: number, fine: Int8Array): Uint8Array {
  const levels = [fine]
  for (let i = 1; i < peakLevels.length; i++) levels.unshift(coarser(levels[0] ?? fine, channels))
  const dataAt = headBytes + levelBytes * levels.length
  const all = new Uint8Array(dataAt + levels.reduce((sum, level) => sum + level.length, 0))
  const view = new DataView(all.buffer)
  all.set(Buffer.from('CPK1', 'ascii'))
  view.setUint32(4, rate, true)
  view.setUint32(8, channels, true)
  view.setUint32(12, levels.length, true)
  view.setFloat64(16, samples, true)
  let offset = dataAt
  levels.forEach((level, i) => {
    const at = headBytes + levelBytes * i
    view.setUint32(at, peakLevels[i] ?? 0, true)
    view.setUint32(at + 4, level.length / (2 * channels), true)
    view.setUint32(at + 8, offset, true)
    all.set(new Uint8Array(level.buffer, level.byteOffset, level.length), offset)
    offset += level.length
  })
  return all
}

/** Every four pairs of a level become one. */
function coarser(level: Int8Array, channels: number): Int8Array {
  const width = 2 * channels
  const pairs = level.length / width
  const folded = new Int8Array(Math.ceil(pairs / step) * width)
  for (let pair = 0; pair < pairs; pair++) {
    const to = Math.floor(pair / step) * width
    const opens = pair % step === 0
    for (let c = 0; c < width; c += 2) {
      const low = level[pair * width + c] ?? 0
      const high = level[pair * width + c + 1] ?? 0
      if (opens || low < (folded[to + c] ?? 0)) folded[to + c] = low
      if (opens || high > (folded[to + c + 1] ?? 0)) folded[to + c + 1] = high
    }
  }
  return folded
}

class GrowingBytes {
  #bytes = new Int8Array(64 * 1024)
  #length = 0

  push(value: number): void {
    if (this.#length === this.#bytes.length) {
      const wider = new Int8Array(this.#bytes.length * 2)
      wider.set(this.#bytes)
      this.#bytes = wider
    }
    this.#bytes[this.#length++] = value
  }

  bytes(): Int8Array {
    return this.#bytes.subarray(0, this.#length)
  }
}
