import { parseFlac } from './flac.ts'
import { parseMp3 } from './mp3.ts'
import { parseOgg } from './ogg.ts'
import { Arrived, ascii } from './reader.ts'
import { type Codec, refuse, Sound, type SoundBounds } from './sound.ts'
import { type Parser, parseWav } from './wav.ts'

/** Enough of a file to tell what it is: an Ogg page head with one segment, and the codec's name. */
const headBytes = 36
const id3HeadBytes = 10

export interface Parsing {
  push(bytes: Uint8Array): Promise<void>
  /** Says that no more bytes come, and answers with the sound, checked as far as the format allows. */
  end(): Promise<Sound>
  /** The sound so far, once its format is known. */
  readonly sound: Sound | undefined
}

/** Tells by its first bytes what a recording is, and parses it. An ID3v2 tag in front is passed over. */
export function parseRecording(bounds: SoundBounds): Parsing {
  const arrived = new Arrived()
  let parser: Parser | undefined
  let sound: Sound | undefined
  let skip = 0
  const begin = (): boolean => {
    if (skip > 0) {
      const passed = arrived.takeUpTo(skip).length
      skip -= passed
      return passed > 0
    }
    const head = arrived.peek(headBytes)
    if (head === undefined) return false
    if (ascii(head, 0, 3) === 'ID3') {
      skip = id3HeadBytes + syncsafe(head.subarray(6, 10)) + ((head[5] ?? 0) & 16 ? 10 : 0)
      return true
    }
    const codec = codecOf(head)
    sound = new Sound(codec, bounds)
    parser = parserFor(codec, sound)
    return false
  }
  return {
    get sound() {
      return sound
    },
    async push(bytes) {
      if (parser !== undefined) {
        await parser.push(bytes)
        return
      }
      arrived.add(bytes)
      while (begin());
      // `begin` may just have set it; the compiler does not look into closures.
      await (parser as Parser | undefined)?.push(arrived.takeUpTo(arrived.length))
    },
    async end() {
      if (parser === undefined || sound === undefined)
        throw refuse('It is too short to be a recording.')
      await parser.end()
      return sound
    },
  }
}

/** ID3v2.4, 6.2: four bytes of seven bits each. */
function syncsafe(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte) => sum * 128 + (byte & 127), 0)
}

function codecOf(head: Uint8Array): Codec {
  const start = ascii(head, 0, 4)
  if (start === 'RIFF' && ascii(head, 8, 12) === 'WAVE') return 'wav'
  if (start === 'fLaC') return 'flac'
  if (start === 'OggS') {
    const name = ascii(head, 28, 36)
    if (name === 'OpusHead') return 'opus'
    if (name.startsWith('\x01vorbis')) return 'vorbis'
    throw refuse('Of Ogg, only Opus and Vorbis are taken.')
  }
  if (head[0] === 0xff && ((head[1] ?? 0) & 0xe0) === 0xe0) return 'mp3'
  throw refuse('It is none of WAV, FLAC, MP3, Ogg Opus and Ogg Vorbis.')
}

function parserFor(codec: Codec, sound: Sound): Parser {
  switch (codec) {
    case 'wav':
      return parseWav(sound)
    case 'flac':
      return parseFlac(sound)
    case 'mp3':
      return parseMp3(sound)
    case 'opus':
    case 'vorbis':
      return parseOgg(sound, codec)
  }
}
