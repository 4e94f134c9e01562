import { MPEGDecoder } from 'mpg123-decoder'
import { Arrived, ascii, viewOf } from './reader.ts'
import { refuse, type Sound } from './sound.ts'
import type { Parser } from './wav.ts'

/** What a frame header says (ISO/IEC 11172-3, 2.4.2.3; 13818-3, 2.4.2.3). */
interface FrameHeader {
  readonly bytes: number
  readonly rate: number
  readonly mono: boolean
  readonly version: number
  readonly samples: number
}
const headerBytes = 4
const rates = [44_100, 48_000, 32_000]
/** kbit/s of layer III by bitrate index: MPEG-1, and MPEG-2 and 2.5. */
const bitrates = [
  [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
]
/** Tags that stand behind the last frame; what follows them is not sound. */
const tailTags = ['TAG', 'APETAGEX', 'LYRICS', 'ID3', '3DI']

/**
 * MP3: MPEG-1, 2 and 2.5 layer III of one rate throughout. Every frame must follow the one before it,
 * so that damage is refused where a decoder would pass over it; a file without the Xing header that
 * states its number of frames may still have lost whole frames at its end, which nothing can tell.
 */
export function parseMp3(sound: Sound): Parser {
  const arrived = new Arrived()
  const decoder = new MPEGDecoder()
  let first: FrameHeader | undefined
  let stated: number | undefined
  let frames = 0
  let tail = false

  const frame = async (): Promise<boolean> => {
    const head = arrived.peek(headerBytes)
    if (head === undefined) return false
    if (isTail(head)) {
      tail = true
      return false
    }
    const header = readHeader(head, arrived.position)
    const bytes = arrived.peek(header.bytes)
    if (bytes === undefined) return false
    arrived.take(header.bytes)
    if (first === undefined) {
      first = header
      await decoder.ready
      sound.begin(header.rate, header.mono ? 1 : 2)
      stated = statedFrames(bytes, header)
      if (stated !== undefined) sound.expect(stated * header.samples)
    } else if (!sameForm(first, header))
      throw refuse(`Its rate, version or channels change at byte ${arrived.position}.`)
    frames++
    const { channelData, errors } = decoder.decode(bytes)
    if (errors.length > 0) throw refuse(`It is damaged: frame ${frames} does not decode.`)
    sound.takeChannels(header.mono ? channelData.slice(0, 1) : channelData)
    return true
  }
  return {
    async push(bytes) {
      if (tail) return
      arrived.add(bytes)
      while (await frame());
    },
    end() {
      if (first === undefined) throw refuse('It ends before its sound begins.')
      if (!tail && arrived.length > 0 && !isTail(arrived.takeUpTo(arrived.length)))
        throw refuse('It is cut: its last frame is not whole.')
      const decoded = stated === undefined ? frames : frames - 1
      if (stated !== undefined && decoded < stated)
        throw refuse(`It is cut: ${decoded} of ${stated} frames are there.`)
    },
  }
}

function isTail(head: Uint8Array): boolean {
  const text = ascii(head, 0, head.length)
  return tailTags.some((tag) => text.startsWith(tag.slice(0, text.length))) || /^\0+$/.test(text)
}

function sameForm(one: FrameHeader, other: FrameHeader): boolean {
  return one.rate === other.rate && one.mono === other.mono && one.version === other.version
}

function readHeader(head: Uint8Array, position: number): FrameHeader {
  const word = viewOf(head).getUint32(0)
  const version = (word >>> 19) & 3
  const layer = (word >>> 17) & 3
  const bitrateIndex = (word >>> 12) & 15
  const rate = rates[(word >>> 10) & 3]
  if (word >>> 21 !== 0x7ff || version === 1 || layer !== 1 || rate === undefined)
    throw refuse(`There is no MP3 frame at byte ${position}.`)
  if (bitrateIndex === 0) throw refuse('MP3 of free format is not taken.')
  const kilobits = bitrates[version === 3 ? 0 : 1]?.[bitrateIndex - 1]
  if (kilobits === undefined) throw refuse(`There is no MP3 frame at byte ${position}.`)
  const actual = version === 3 ? rate : version === 2 ? rate / 2 : rate / 4
  const samples = version === 3 ? 1152 : 576
  const padding = (word >>> 9) & 1
  const bytes = Math.floor((samples / 8) * ((kilobits * 1000) / actual)) + padding
  return { bytes, rate: actual, mono: ((word >>> 6) & 3) === 3, version, samples }
}

/** The number of frames that a Xing or Info header states; it stands in a frame of its own. */
function statedFrames(frame: Uint8Array, { version, mono }: FrameHeader): number | undefined {
  const at = headerBytes + (version === 3 ? (mono ? 17 : 32) : mono ? 9 : 17)
  if (frame.length < at + 12) return undefined
  const mark = ascii(frame, at, at + 4)
  const view = viewOf(frame)
  return (mark === 'Xing' || mark === 'Info') && (view.getUint32(at + 4) & 1) === 1
    ? view.getUint32(at + 8)
    : undefined
}
