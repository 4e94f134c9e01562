import { OggVorbisDecoder } from '@wasm-audio-decoders/ogg-vorbis'
import { OggOpusDecoder } from 'ogg-opus-decoder'
import { Arrived, ascii, viewOf } from './reader.ts'
import { refuse, type Sound } from './sound.ts'
import type { Parser } from './wav.ts'

interface Page {
  readonly bytes: Uint8Array
  readonly body: Uint8Array
  /** Lengths of the body's segments; a packet ends with the first that is shorter than 255. */
  readonly lacing: Uint8Array
  readonly continued: boolean
  readonly first: boolean
  readonly last: boolean
  /** Samples of each channel up to the end of this page; undefined when no packet ends here. */
  readonly granule: number | undefined
  readonly serial: number
  readonly sequence: number
}
const pageHeadBytes = 27
const opusRate = 48_000

interface OggDecoder {
  readonly ready: Promise<void>
  decode(bytes: Uint8Array): Promise<Decoded> | Decoded
  flush(): Promise<Decoded>
}
interface Decoded {
  readonly channelData: Float32Array[]
  readonly errors: readonly unknown[]
}

/**
 * Ogg (RFC 3533) with one Opus (RFC 7845) or Vorbis I stream. Every page must have its checksum and its
 * place in the sequence, and the last one must be marked as such; streams that are chained or
 * multiplexed are refused. The number of samples must be the one that the last page states.
 */
export function parseOgg(sound: Sound, codec: 'opus' | 'vorbis'): Parser {
  const arrived = new Arrived()
  const decoder: OggDecoder = codec === 'opus' ? new OggOpusDecoder() : new OggVorbisDecoder()
  const opus = new OpusClock()
  let previous: Page | undefined
  let preSkip = 0

  const page = async (): Promise<boolean> => {
    const next = takePage(arrived)
    if (next === undefined) return false
    checkOrder(previous, next)
    if (previous === undefined) {
      await decoder.ready
      preSkip = readIdentification(next.body, codec, sound)
    } else if (codec === 'opus') opus.add(next)
    const end = next.granule === undefined ? undefined : next.granule - preSkip
    if (end !== undefined) {
      sound.expect(end)
      // A decoder fills up with silence whatever the last page claims, so the claim is checked first.
      if (
        codec === 'opus' &&
        next.last &&
        next.granule !== undefined &&
        next.granule > opus.samples
      )
        throw refuse('It states more samples than it holds.')
    }
    previous = next
    take(await decoder.decode(next.bytes))
    if (next.last) take(await decoder.flush())
    return true
  }
  const take = ({ channelData, errors }: Decoded) => {
    if (errors.length > 0) throw refuse('It is damaged: a packet does not decode.')
    // The last packet is padded; the position of the last page says where the sound ends.
    const room =
      previous?.last === true ? statedSamples() - sound.samples : Number.POSITIVE_INFINITY
    sound.takeChannels(channelData.map((channel) => channel.subarray(0, Math.max(0, room))))
  }
  const statedSamples = () => (previous?.granule ?? 0) - preSkip
  return {
    async push(bytes) {
      arrived.add(bytes)
      while (await page());
    },
    end() {
      if (arrived.length > 0 || previous?.last !== true)
        throw refuse('It is cut: its last page is missing or not whole.')
      if (statedSamples() !== sound.samples)
        throw refuse(`It is damaged: ${sound.samples} of ${statedSamples()} samples decode.`)
    },
  }
}

function takePage(arrived: Arrived): Page | undefined {
  const head = arrived.peek(pageHeadBytes)
  if (head === undefined) return undefined
  if (ascii(head, 0, 4) !== 'OggS' || head[4] !== 0)
    throw refuse(`There is no Ogg page at byte ${arrived.position}.`)
  const segments = head[26] ?? 0
  const table = arrived.peek(pageHeadBytes + segments)?.subarray(pageHeadBytes)
  if (table === undefined) return undefined
  const bodyBytes = table.reduce((sum, segment) => sum + segment, 0)
  const position = arrived.position
  const bytes = arrived.take(pageHeadBytes + segments + bodyBytes)
  if (bytes === undefined) return undefined
  const view = viewOf(bytes)
  if (checksum(bytes) !== view.getUint32(22, true))
    throw refuse(`It is damaged: the Ogg page at byte ${position} does not have its checksum.`)
  const granule = view.getBigInt64(6, true)
  if (granule < -1n || granule > BigInt(Number.MAX_SAFE_INTEGER))
    throw refuse(`The Ogg page at byte ${position} has no possible position.`)
  const flags = bytes[5] ?? 0
  return {
    bytes: Uint8Array.from(bytes),
    body: bytes.subarray(pageHeadBytes + segments),
    lacing: Uint8Array.from(table),
    continued: (flags & 1) !== 0,
    first: (flags & 2) !== 0,
    last: (flags & 4) !== 0,
    granule: granule === -1n ? undefined : Number(granule),
    serial: view.getUint32(14, true),
    sequence: view.getUint32(18, true),
  }
}

function checkOrder(previous: Page | undefined, next: Page): void {
  if (previous === undefined) {
    if (!next.first) throw refuse('It does not begin with the first page of its stream.')
    return
  }
  if (next.first || previous.last || next.serial !== previous.serial)
    throw refuse('It holds several streams, chained or side by side.')
  if (next.sequence !== previous.sequence + 1)
    throw refuse(`It is damaged: page ${previous.sequence + 1} is missing.`)
}

/** Reads the identification packet, and answers how many samples are to be skipped at the start. */
function readIdentification(body: Uint8Array, codec: 'opus' | 'vorbis', sound: Sound): number {
  const view = viewOf(body)
  if (codec === 'opus') {
    if (body.length < 19 || (body[8] ?? 0) >= 16) throw refuse('Its Opus header has no known form.')
    sound.begin(opusRate, body[9] ?? 0)
    return view.getUint16(10, true)
  }
  if (body.length !== 30 || view.getUint32(7, true) !== 0)
    throw refuse('Its Vorbis header has no known form.')
  sound.begin(view.getUint32(12, true), body[11] ?? 0)
  return 0
}

/** Adds up how long the packets of an Opus stream are, from their first two bytes (RFC 6716, 3). */
class OpusClock {
  samples = 0
  #headerPackets = 1
  #inPacket = false

  add({ body, lacing, continued }: Page): void {
    if (!continued) this.#inPacket = false
    let at = 0
    for (const segment of lacing) {
      if (!this.#inPacket && segment > 0) this.#open(body.subarray(at, at + segment))
      this.#inPacket = segment === 255
      at += segment
    }
  }

  #open(start: Uint8Array): void {
    if (this.#headerPackets > 0) this.#headerPackets--
    else this.samples += packetSamples(start)
  }
}

function packetSamples(start: Uint8Array): number {
  const toc = start[0] ?? 0
  const config = toc >> 3
  const code = toc & 3
  const frames = code === 0 ? 1 : code === 3 ? (start[1] ?? 0) & 63 : 2
  if (config < 12) return frames * ([480, 960, 1920, 2880][config & 3] ?? 0)
  if (config < 16) return frames * ([480, 960][config & 1] ?? 0)
  return frames * ([120, 240, 480, 960][config & 3] ?? 0)
}

/** RFC 3533, section 6: the polynomial 0x04c11db7, unreflected, over the page with its checksum as zero. */
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte << 24
  for (let bit = 0; bit < 8; bit++) sum = sum & 0x80000000 ? (sum << 1) ^ 0x04c11db7 : sum << 1
  return sum
})

function checksum(page: Uint8Array): number {
  let sum = 0
  for (let i = 0; i < page.length; i++) {
    const byte = i >= 22 && i < 26 ? 0 : (page[i] ?? 0)
    sum = (sum << 8) ^ (table[(sum >>> 24) ^ byte] ?? 0)
  }
  return sum >>> 0
}
