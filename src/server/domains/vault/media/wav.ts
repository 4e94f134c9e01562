import { Arrived, ascii, viewOf } from './reader.ts'
import { refuse, type Sound, toInt16 } from './sound.ts'

/** What every format's parser does with the bytes of a file, in pieces of a few kilobytes. */
export interface Parser {
  push(bytes: Uint8Array): Promise<void> | void
  /** Says that no more bytes come. @throws VaultFault 'media-refused' when the file is not whole. */
  end(): Promise<void> | void
}

type ReadSample = (view: DataView, at: number) => number

const mostFormatBytes = 4096
/** The GUID of WAVE_FORMAT_EXTENSIBLE after its first two bytes, which are the old format tag. */
const guidTail = '000000001000800000aa00389b71'

/**
 * WAV by the RIFF specification (Microsoft and IBM, 1991; extensible form: Microsoft, 2001): integer
 * PCM of 8, 16, 24 and 32 bits, floating point of 32 and 64, A-law and µ-law (ITU-T G.711). Every chunk but
 * `fmt ` and `data` is passed over.
 */
export function parseWav(sound: Sound): Parser {
  const arrived = new Arrived()
  let read: ReadSample | undefined
  let sampleBytes = 0
  let frameBytes = 0
  let riffRead = false
  let skip = 0
  let soundLeft: number | undefined
  const header = (): boolean => {
    if (!riffRead) {
      const riff = arrived.take(12)
      if (riff !== undefined) riffRead = true
      return riff !== undefined
    }
    const head = arrived.peek(8)
    if (head === undefined) return false
    const name = ascii(head, 0, 4)
    const size = viewOf(head).getUint32(4, true)
    if (name === 'fmt ') {
      if (size < 16 || size > mostFormatBytes) throw refuse('Its fmt chunk has no known form.')
      const chunk = arrived.peek(8 + size)
      if (chunk === undefined) return false
      if (read !== undefined) throw refuse('It has two fmt chunks.')
      const format = readFormat(chunk.subarray(8))
      ;({ read, sampleBytes } = format)
      frameBytes = sampleBytes * format.channels
      sound.begin(format.rate, format.channels)
    } else if (name === 'data' && soundLeft === undefined) {
      if (read === undefined) throw refuse('Its data chunk comes before its fmt chunk.')
      if (size === 0xffffffff) throw refuse('It does not state its length.')
      if (size % frameBytes !== 0) throw refuse('Its data chunk ends within a sample.')
      sound.expect(size / frameBytes)
      soundLeft = size
      arrived.take(8)
      return true
    }
    arrived.take(8)
    skip = size + (size % 2)
    return true
  }
  const body = (): boolean => {
    if (skip > 0) {
      const passed = arrived.takeUpTo(skip).length
      skip -= passed
      return passed > 0
    }
    if (soundLeft !== undefined && soundLeft > 0 && read !== undefined) {
      const whole = Math.min(soundLeft, arrived.length - (arrived.length % frameBytes))
      if (whole === 0) return false
      soundLeft -= whole
      sound.take(samplesOf(arrived.takeUpTo(whole), sampleBytes, read))
      return true
    }
    return header()
  }
  return {
    push(bytes) {
      arrived.add(bytes)
      while (body());
    },
    end() {
      if (soundLeft === undefined) throw refuse('It ends before its sound begins.')
      if (soundLeft > 0) throw refuse(`It is cut: ${soundLeft} bytes of sound are missing.`)
    },
  }
}

function samplesOf(bytes: Uint8Array, sampleBytes: number, read: ReadSample): Int16Array {
  const view = viewOf(bytes)
  const samples = new Int16Array(bytes.length / sampleBytes)
  for (let i = 0; i < samples.length; i++) samples[i] = read(view, i * sampleBytes)
  return samples
}

function readFormat(chunk: Uint8Array) {
  const view = viewOf(chunk)
  let tag = view.getUint16(0, true)
  const channels = view.getUint16(2, true)
  const rate = view.getUint32(4, true)
  const frameBytes = view.getUint16(12, true)
  const bits = view.getUint16(14, true)
  if (tag === 0xfffe) {
    if (chunk.length < 40) throw refuse('Its extensible fmt chunk is cut.')
    if (Buffer.from(chunk.subarray(26, 40)).toString('hex') !== guidTail)
      throw refuse('Its extensible format is not a known one.')
    tag = view.getUint16(24, true)
  }
  const read = readers[`${tag}/${bits}`]
  if (read === undefined) throw refuse(`WAV format ${tag} with ${bits} bits is not taken.`)
  if (frameBytes !== (channels * bits) / 8) throw refuse('Its fmt chunk contradicts itself.')
  return { read, channels, rate, sampleBytes: bits / 8 }
}

/** By format tag and bits, a sample as a signed 16-bit number, rounded as `toInt16` rounds. */
const readers: Readonly<Record<string, ReadSample>> = {
  '1/8': (view, at) => (view.getUint8(at) - 128) * 256,
  '1/16': (view, at) => view.getInt16(at, true),
  '1/24': (view, at) =>
    Math.min(32767, (view.getInt16(at + 1, true) * 256 + view.getUint8(at) + 128) >> 8),
  '1/32': (view, at) => toInt16(view.getInt32(at, true) / 2 ** 31),
  '3/32': (view, at) => toInt16(view.getFloat32(at, true)),
  '3/64': (view, at) => toInt16(view.getFloat64(at, true)),
  '6/8': (view, at) => fromALaw(view.getUint8(at)),
  '7/8': (view, at) => fromMuLaw(view.getUint8(at)),
}

/** ITU-T G.711, table 1: 13-bit values in the upper bits of 16. */
function fromALaw(code: number): number {
  const value = code ^ 0x55
  const segment = (value >> 4) & 7
  const step = (value & 15) * 16 + 8
  const size = segment === 0 ? step : (step + 256) << (segment - 1)
  return value & 0x80 ? size : -size
}

/** ITU-T G.711, table 2: 14-bit values in the upper bits of 16. */
function fromMuLaw(code: number): number {
  const value = ~code & 0xff
  const size = ((((value & 15) << 3) + 132) << ((value >> 4) & 7)) - 132
  return value & 0x80 ? -size : size
}
