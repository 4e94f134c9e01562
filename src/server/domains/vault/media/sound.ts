import { createHash } from 'node:crypto'
import { VaultFault } from '../fault.ts'
import { buildPeaks, type PeakBuilder } from './peaks.ts'

/** How long and how wide a recording may be; what passes these is refused before it costs memory. */
export interface SoundBounds {
  readonly mostSeconds: number
  readonly mostChannels: number
}
/** Four hours of stereo at 48 kHz make peaks of 58 MB, the only part of a recording held whole. */
export const soundBounds: SoundBounds = { mostSeconds: 4 * 3600, mostChannels: 8 }

const leastRate = 4_000
const mostRate = 192_000
/** A WAV file states its length in 32 bits, and the rendition must be one. */
const mostPcmBytes = 2 ** 32 - 1024

export type Codec = 'wav' | 'flac' | 'mp3' | 'opus' | 'vorbis'

/** What is known of a recording after all of it was decoded. */
export interface SoundDescription {
  readonly codec: Codec
  /** Samples per second of each channel. For Opus 48,000, the rate at which it decodes. */
  readonly rate: number
  readonly channels: number
  /** Samples of each channel, after encoder delay, pre-skip and padding were trimmed. */
  readonly samples: number
  /**
   * SHA-256, in hexadecimal, of the decoded PCM: signed 16-bit little-endian, channels interleaved,
   * nothing before or after. A sample value v in −1 … 1 becomes floor(32768 v + ½), kept within
   * −32768 … 32767.
   */
  readonly sha256: string
}

/** A refusal that a person can act on. It names places and forms, never content. */
export function refuse(reason: string): VaultFault {
  return new VaultFault('media-refused', reason)
}

/** Takes decoded samples in order, keeps to the bounds, and describes them at the end. */
export class Sound {
  readonly #codec: Codec
  readonly #bounds: SoundBounds
  readonly #digest = createHash('sha256')
  readonly #pending: Uint8Array[] = []
  #pendingBytes = 0
  #rate = 0
  #channels = 0
  #samples = 0
  #peaks: PeakBuilder | undefined

  constructor(codec: Codec, bounds: SoundBounds) {
    this.#codec = codec
    this.#bounds = bounds
  }

  get samples(): number {
    return this.#samples
  }

  /** Says once what comes. @throws VaultFault 'media-refused' outside the bounds. */
  begin(rate: number, channels: number): void {
    if (!Number.isInteger(rate) || rate < leastRate || rate > mostRate)
      throw refuse(`Its rate is ${rate} Hz; ${leastRate} to ${mostRate} are taken.`)
    if (!Number.isInteger(channels) || channels < 1 || channels > this.#bounds.mostChannels)
      throw refuse(`It has ${channels} channels; 1 to ${this.#bounds.mostChannels} are taken.`)
    this.#rate = rate
    this.#channels = channels
    this.#peaks = buildPeaks(rate, channels)
  }

  /** Refuses what is known to be too long before it is decoded. */
  expect(samples: number): void {
    if (samples > this.#bounds.mostSeconds * this.#rate)
      throw refuse(`It is longer than ${this.#bounds.mostSeconds} seconds.`)
    if (samples * this.#channels * 2 > mostPcmBytes)
      throw refuse('Decoded, it does not fit into a WAV file.')
  }

  /** Takes interleaved samples, whole frames of all channels. */
  take(interleaved: Int16Array): void {
    if (this.#peaks === undefined) throw refuse('Sound comes before its form is known.')
    if (interleaved.length === 0) return
    this.#samples += interleaved.length / this.#channels
    this.expect(this.#samples)
    this.#peaks.take(interleaved)
    const bytes = littleEndian(interleaved)
    this.#digest.update(bytes)
    this.#pending.push(bytes)
    this.#pendingBytes += bytes.length
  }

  /** Takes what a decoder gives: one array of −1 … 1 for each channel. */
  takeChannels(channels: readonly Float32Array[]): void {
    const [first] = channels
    if (first === undefined || first.length === 0) return
    if (channels.length !== this.#channels || channels.some((one) => one.length !== first.length))
      throw refuse('Its channels do not have the same length.')
    const interleaved = new Int16Array(first.length * channels.length)
    channels.forEach((channel, place) => {
      for (let i = 0, at = place; i < channel.length; i++, at += channels.length)
        interleaved[at] = toInt16(channel[i] ?? 0)
    })
    this.take(interleaved)
  }

  get pendingBytes(): number {
    return this.#pendingBytes
  }

  /** The PCM since the last call. */
  drain(): Uint8Array[] {
    this.#pendingBytes = 0
    return this.#pending.splice(0)
  }

  /** @throws VaultFault 'media-refused' when there was no sound at all. */
  describe(): { description: SoundDescription; peaks: Uint8Array } {
    if (this.#peaks === undefined || this.#samples === 0) throw refuse('It holds no sound.')
    const sha256 = this.#digest.digest('hex')
    const description = {
      codec: this.#codec,
      rate: this.#rate,
      channels: this.#channels,
      samples: this.#samples,
      sha256,
    }
    return { description, peaks: this.#peaks.finish() }
  }
}

/** @throws VaultFault 'media-refused' for what is not a number. */
export function toInt16(value: number): number {
  if (Number.isNaN(value)) throw refuse('It holds samples that are not numbers.')
  return Math.max(-32768, Math.min(32767, Math.floor(value * 32768 + 0.5)))
}

const hostIsLittle = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1

/** The bytes of samples as PCM has them, whatever this machine's own order. */
export function littleEndian(samples: Int16Array): Uint8Array {
  const bytes = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength)
  return hostIsLittle ? bytes : Buffer.from(bytes).swap16()
}
