import { createHash } from 'node:crypto'
import { FLACDecoder, type FLACDecodedAudio } from '@wasm-audio-decoders/flac'
import { Arrived, viewOf } from './reader.ts'
import { littleEndian, refuse, type Sound, toInt16 } from './sound.ts'
import type { Parser } from './wav.ts'

interface StreamInfo {
  readonly bits: number
  readonly channels: number
  /** Samples of each channel that one frame holds at most. */
  readonly mostInFrame: number
  readonly samples: number
  readonly md5: string
}
const streamInfoBytes = 34
/** Above this a 32-bit float no longer holds every value, and the MD5 cannot be formed again. */
const mostExactBits = 24
/** The decoder wants to see this much before it begins; no frame is shorter. */
const leastFirstBytes = 8
/** No frame is shorter: header with its checksum, a constant of a bit or more for each channel, checksum. */
const leastFrameBytes = (channels: number) => 8 + channels
/** What one call of the decoder may decode to, in bytes of its own floats: small frames can hold long silence. */
const mostDecoded = 8 << 20

/**
 * FLAC (RFC 9639). Only frames reach the decoder; pictures and
 * comments are passed over, also because the decoder looks for frames in whatever it is given. Length and the MD5 that the file states are checked.
 */
export function parseFlac(sound: Sound): Parser {
  const arrived = new Arrived()
  const decoder = new FLACDecoder()
  const digest = createHash('md5')
  let info: StreamInfo | undefined
  let markerRead = false
  let skip = 0
  let lastBlock = false
  let begun = false

  const metadata = async (): Promise<boolean> => {
    if (skip > 0) {
      const passed = arrived.takeUpTo(skip).length
      skip -= passed
      return passed > 0
    }
    if (!markerRead) {
      const marker = arrived.take(4)
      markerRead = marker !== undefined
      return markerRead
    }
    const head = arrived.peek(4)
    if (head === undefined) return false
    const size = viewOf(head).getUint32(0) & 0xffffff
    const type = (head[0] ?? 0) & 0x7f
    if (info === undefined) {
      if (type !== 0 || size !== streamInfoBytes) throw refuse('It does not begin with STREAMINFO.')
      const block = arrived.peek(4 + streamInfoBytes)
      if (block === undefined) return false
      info = readStreamInfo(block.subarray(4), sound)
      await decoder.ready
    } else if (type === 0) throw refuse('It has two STREAMINFO blocks.')
    lastBlock = (head[0] ?? 0) >= 0x80
    arrived.take(4)
    skip = size
    return true
  }
  const take = ({ channelData, errors }: FLACDecodedAudio) => {
    if (errors.length > 0) throw refuse('It is damaged: a frame does not decode.')
    if (info === undefined || channelData.length === 0) return
    const samples = integers(channelData, info.bits)
    if (info.bits <= mostExactBits) digest.update(originalBytes(samples, info.bits))
    sound.take(
      info.bits === 16 ? Int16Array.from(samples) : Int16Array.from(samples, to16(info.bits)),
    )
  }
  const decode = async ({ channels, mostInFrame }: StreamInfo, bytes: Uint8Array) => {
    const frames = Math.max(1, Math.floor(mostDecoded / (4 * channels * mostInFrame)))
    const piece = frames * leastFrameBytes(channels)
    for (let at = 0; at < bytes.length; at += piece) {
      const decoded = await decoder.decode(bytes.subarray(at, at + piece))
      // What waited in the decoder from before is one frame at most, and the one that it is reading.
      if (decoded.samplesDecoded > (frames + 2) * mostInFrame)
        throw refuse('It is damaged: a frame is longer than its STREAMINFO says.')
      take(decoded)
    }
  }
  return {
    async push(bytes) {
      arrived.add(bytes)
      while ((!lastBlock || skip > 0) && (await metadata()));
      if (!lastBlock || skip > 0 || (!begun && arrived.length < leastFirstBytes)) return
      begun = true
      if (info !== undefined) await decode(info, arrived.takeUpTo(arrived.length))
    },
    async end() {
      if (info === undefined || !begun || skip > 0) throw refuse('It ends before its sound begins.')
      take(await decoder.flush())
      if (info.samples !== 0 && info.samples !== sound.samples)
        throw refuse(`It is cut or damaged: ${sound.samples} of ${info.samples} samples decode.`)
      if (info.bits <= mostExactBits && !/^0+$/.test(info.md5) && digest.digest('hex') !== info.md5)
        throw refuse('It is damaged: the sound does not have the MD5 that the file states.')
    },
  }
}

function readStreamInfo(block: Uint8Array, sound: Sound): StreamInfo {
  const view = viewOf(block)
  const packed = view.getUint32(10)
  const samples = (packed & 15) * 2 ** 32 + view.getUint32(14)
  const channels = ((packed >>> 9) & 7) + 1
  sound.begin(packed >>> 12, channels)
  sound.expect(samples)
  return {
    bits: ((packed >>> 4) & 31) + 1,
    ...{ channels, samples, mostInFrame: Math.max(16, view.getUint16(2)) },
    md5: Buffer.from(block.subarray(18, 34)).toString('hex'),
  }
}

/** Interleaved samples as the encoder saw them; the decoder divides each by the largest one. */
function integers(channels: readonly Float32Array[], bits: number): Int32Array {
  const largest = 2 ** (bits - 1) - 1
  const samples = new Int32Array((channels[0]?.length ?? 0) * channels.length)
  channels.forEach((channel, place) => {
    for (let i = 0, at = place; i < channel.length; i++, at += channels.length)
      samples[at] = Math.max(
        -largest - 1,
        Math.min(largest, Math.round((channel[i] ?? 0) * largest)),
      )
  })
  return samples
}

function to16(bits: number): (sample: number) => number {
  const scale = 2 ** (bits - 1)
  return (sample) => toInt16(sample / scale)
}

/** What the MD5 of STREAMINFO is over (RFC 9639, 8.2): little-endian, in whole bytes, sign-extended. */
function originalBytes(samples: Int32Array, bits: number): Uint8Array {
  const width = Math.ceil(bits / 8)
  if (width === 2) return littleEndian(Int16Array.from(samples))
  const bytes = Buffer.allocUnsafe(samples.length * width)
  let at = 0
  for (const sample of samples)
    for (let shift = 0; shift < width; shift++) bytes[at++] = (sample >> (8 * shift)) & 0xff
  return bytes
}
