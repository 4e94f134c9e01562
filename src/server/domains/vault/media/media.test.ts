import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { sharedData } from '../../../../../test/support/tools.ts'
import { VaultFault } from '../fault.ts'
import { decodeRecording, describeRecording } from './decode.ts'
import { parseRecording } from './parse.ts'
import { buildPeaks, peakLevels } from './peaks.ts'
import { soundBounds, type SoundBounds } from './sound.ts'
import { asWave, waveHead } from './wave.ts'

const fixture = (name: string) => readFileSync(new URL(`./fixtures/${name}`, import.meta.url))
const refused = { kind: 'media-refused' }

/** Parses in this thread, cut into pieces, and answers with all that came out. */
async function parse(file: Uint8Array, pieceBytes = 2048, bounds: SoundBounds = soundBounds) {
  const parsing = parseRecording(bounds)
  const pcm: Uint8Array[] = []
  for (let at = 0; at < file.length; at += pieceBytes) {
    await parsing.push(file.subarray(at, at + pieceBytes))
    pcm.push(...(parsing.sound?.drain() ?? []))
  }
  const sound = await parsing.end()
  pcm.push(...sound.drain())
  return { pcm: Buffer.concat(pcm), ...sound.describe() }
}

interface WaveForm {
  tag: number
  bits: number
  channels?: number
  rate?: number
  extensible?: boolean
}

/** Builds a WAV file around sound that is already in its form. */
function wav(form: WaveForm, data: Uint8Array, before: Uint8Array = new Uint8Array(0)): Buffer {
  const { tag, bits, channels = 1, rate = 8000, extensible = false } = form
  const format = Buffer.alloc(extensible ? 40 : 16)
  format.writeUInt16LE(extensible ? 0xfffe : tag, 0)
  format.writeUInt16LE(channels, 2)
  format.writeUInt32LE(rate, 4)
  format.writeUInt32LE((rate * channels * bits) / 8, 8)
  format.writeUInt16LE((channels * bits) / 8, 12)
  format.writeUInt16LE(bits, 14)
  if (extensible) {
    format.writeUInt16LE(22, 16)
    format.writeUInt16LE(bits, 18)
    format.writeUInt16LE(tag, 24)
    Buffer.from('000000001000800000aa00389b71', 'hex').copy(format, 26)
  }
  const body = Buffer.concat([chunk('fmt ', format), before, chunk('data', data)])
  return Buffer.concat([Buffer.from('RIFF'), size(body.length + 4), Buffer.from('WAVE'), body])
}

function size(bytes: number): Buffer {
  const four = Buffer.alloc(4)
  four.writeUInt32LE(bytes)
  return four
}

function chunk(name: string, data: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(name), size(data.length), data, Buffer.alloc(data.length % 2)])
}

function int16(...samples: number[]): Buffer {
  const bytes = Buffer.alloc(samples.length * 2)
  samples.forEach((sample, i) => bytes.writeInt16LE(sample, 2 * i))
  return bytes
}

const { path: speech, skip } = sharedData('speech/free-spoken-digits')
test(
  'VA40 recorded speech decodes to exactly the samples that stand in the file',
  { skip },
  async () => {
    const names = readdirSync(speech).filter((name) => name.endsWith('.wav'))
    assert.equal(names.length, 60)
    for (const name of names) {
      const file = readFileSync(join(speech, name))
      const at = file.indexOf('data')
      const sound = file.subarray(at + 8, at + 8 + file.readUInt32LE(at + 4))
      const { pcm, description } = await parse(file)
      assert.ok(pcm.equals(sound), name)
      const sha256 = createHash('sha256').update(sound).digest('hex')
      const samples = sound.length / 2
      assert.deepEqual(description, { codec: 'wav', rate: 8000, channels: 1, samples, sha256 })
    }
  },
)

test('VA41 every form of WAV becomes 16 bits by rounding, plain and extensible', async () => {
  const float32 = Buffer.alloc(20)
  const float64 = Buffer.alloc(40)
  ;[0, 0.5, -1, 1, 2].forEach((value, i) => {
    float32.writeFloatLE(value, 4 * i)
    float64.writeDoubleLE(value, 8 * i)
  })
  const floats = int16(0, 16384, -32768, 32767, 32767)
  const int32 = Buffer.alloc(16)
  ;[0, 0x12345678, -0x80000000, 0x7fffffff].forEach((value, i) => int32.writeInt32LE(value, 4 * i))
  const int24 = Buffer.from([0, 0, 0, 0x7f, 1, 0, 0x80, 1, 0, 0, 0, 0x80, 0xff, 0xff, 0x7f])
  const cases: [WaveForm, Buffer, Buffer][] = [
    [{ tag: 1, bits: 8 }, Buffer.from([0, 128, 255]), int16(-32768, 0, 32512)],
    [{ tag: 1, bits: 16 }, int16(-32768, 5, 32767), int16(-32768, 5, 32767)],
    [{ tag: 1, bits: 24 }, int24, int16(0, 1, 2, -32768, 32767)],
    [{ tag: 1, bits: 32 }, int32, int16(0, 0x1234, -32768, 32767)],
    [{ tag: 3, bits: 32 }, float32, floats],
    [{ tag: 3, bits: 64 }, float64, floats],
    [{ tag: 6, bits: 8 }, Buffer.from([0xd5, 0x55, 0xaa, 0x2a]), int16(8, -8, 32256, -32256)],
    [{ tag: 7, bits: 8 }, Buffer.from([0xff, 0x7f, 0x80, 0x00]), int16(0, 0, 32124, -32124)],
  ]
  for (const [form, data, expected] of cases)
    for (const extensible of [false, true]) {
      const { pcm } = await parse(wav({ ...form, extensible }, data), 7)
      assert.deepEqual(pcm, expected, JSON.stringify({ ...form, extensible }))
    }
})

test('VA42 FLAC gives the encoded samples; MP3, Opus and Vorbis give as many as were encoded', async () => {
  const known: Record<string, [string, number, number, number]> = {
    'mono.flac': ['flac', 16_000, 1, 8000],
    'stereo24.flac': ['flac', 44_100, 2, 2646],
    'mono.mp3': ['mp3', 16_000, 1, 8000],
    'stereo.mp3': ['mp3', 44_100, 2, 17_640],
    'mono.ogg': ['vorbis', 16_000, 1, 8000],
    'stereo.ogg': ['vorbis', 44_100, 2, 17_640],
    'mono.opus': ['opus', 48_000, 1, 24_000],
    'stereo.opus': ['opus', 48_000, 2, 19_200],
  }
  for (const [name, form] of Object.entries(known)) {
    const { description, pcm } = await parse(fixture(name))
    const { codec, rate, channels, samples, sha256 } = description
    assert.deepEqual([codec, rate, channels, samples], form, name)
    assert.equal(pcm.length, samples * channels * 2)
    assert.equal(createHash('sha256').update(pcm).digest('hex'), sha256)
  }
})

test('VA42 what was decoded sounds like what was encoded', async () => {
  const original = samplesOf((await parse(fixture('mono.flac'))).pcm)
  for (const name of ['mono.mp3', 'mono.ogg']) {
    const decoded = samplesOf((await parse(fixture(name))).pcm)
    assert.ok(likeness(original, decoded) > 0.97, `${name}: ${likeness(original, decoded)}`)
    assert.ok(likeness(original.subarray(7), decoded) < 0.97, `${name} is in time`)
  }
})

function samplesOf(pcm: Buffer): Int16Array {
  return Int16Array.from({ length: pcm.length / 2 }, (_, i) => pcm.readInt16LE(2 * i))
}

/** The correlation of two recordings, sample by sample: 1 for the same, 0 for strangers. */
function likeness(one: Int16Array, other: Int16Array): number {
  let [dot, ones, others] = [0, 0, 0]
  for (let i = 0; i < Math.min(one.length, other.length); i++) {
    const [a = 0, b = 0] = [one[i], other[i]]
    dot += a * b
    ones += a * a
    others += b * b
  }
  return dot / Math.sqrt(ones * others)
}

const names = ['mono.flac', 'stereo24.flac', 'mono.mp3', 'mono.ogg', 'stereo.opus'] as const

test('VA43 a recording that is cut is refused, wherever it is cut', async () => {
  const files = [...names.map(fixture), wav({ tag: 1, bits: 16 }, Buffer.alloc(2000, 1))]
  for (const file of files)
    for (let cut = 0; cut < file.length; cut += 1 + Math.floor(file.length / 9))
      await assert.rejects(parse(file.subarray(0, cut)), refused, `${cut} of ${file.length}`)
})

test('VA44 a damaged FLAC frame or Ogg page is refused', async () => {
  for (const name of ['mono.flac', 'mono.ogg', 'stereo.opus']) {
    const file = fixture(name)
    const firstFrame = name.endsWith('flac') ? file.indexOf(Buffer.from([0xff, 0xf8])) : 0
    for (let at = firstFrame; at < file.length; at += 1 + Math.floor(file.length / 11)) {
      const damaged = Buffer.from(file)
      damaged[at] = (damaged[at] ?? 0) ^ 16
      await assert.rejects(parse(damaged), refused, `${name} at ${at}`)
    }
  }
})

test('VA44 bytes between or behind the frames of an MP3 are refused, tags behind them are not', async () => {
  const file = fixture('mono.mp3')
  const tail = Buffer.concat([Buffer.from('TAG'), Buffer.alloc(125)])
  const { description } = await parse(file)
  assert.deepEqual((await parse(Buffer.concat([file, tail]))).description, description)
  const between = Buffer.concat([file.subarray(0, 576), Buffer.from('noise'), file.subarray(576)])
  await assert.rejects(parse(between), /There is no MP3 frame at byte 576/)
  await assert.rejects(parse(Buffer.concat([file, Buffer.from('noise')])), refused)
})

test('VA45 what is no recording is refused with a reason, and hostile bytes never do more than that', async () => {
  await assert.rejects(parse(new Uint8Array(0)), /too short/)
  await assert.rejects(parse(Buffer.from('<html>'.repeat(50))), /none of WAV/)
  await assert.rejects(parse(Buffer.alloc(1000)), /none of WAV/)
  const starts = [
    ...names.map((name) => fixture(name).subarray(0, 200)),
    wav({ tag: 1, bits: 16 }, Buffer.alloc(100)),
    Buffer.from('ID3\x04\0\0\0\0\0\x05hello'),
  ]
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...starts),
      fc.nat(200),
      fc.uint8Array({ minLength: 0, maxLength: 3000 }),
      async (start, keep, noise) => {
        await parse(Buffer.concat([start.subarray(0, keep), noise])).catch((error: unknown) => {
          assert.ok(error instanceof VaultFault, String(error))
          assert.equal(error.kind, 'media-refused')
        })
      },
    ),
    { numRuns: 120 },
  )
})

test('VA45 contradictions and unknown forms of WAV are refused', async () => {
  const sound = Buffer.alloc(8)
  const good = wav({ tag: 1, bits: 16 }, sound)
  const withBytes = (at: number, ...bytes: number[]) => {
    const file = Buffer.from(good)
    Buffer.from(bytes).copy(file, at)
    return file
  }
  const nan = Buffer.from([0, 0, 0xc0, 0x7f])
  const bad: [Buffer, RegExp][] = [
    [wav({ tag: 85, bits: 16 }, sound), /format 85/],
    [wav({ tag: 1, bits: 12 }, sound), /12 bits/],
    [wav({ tag: 1, bits: 16 }, Buffer.alloc(7)), /within a sample/],
    [wav({ tag: 1, bits: 16 }, new Uint8Array(0)), /no sound/],
    [wav({ tag: 3, bits: 32 }, nan), /not numbers/],
    [withBytes(32, 4, 0), /contradicts itself/],
    [withBytes(40, 255, 255, 255, 255), /does not state its length/],
    [withBytes(16, 2, 0, 0, 0), /fmt chunk/],
    [Buffer.concat([good.subarray(0, 12), good.subarray(36), sound, sound]), /before its fmt/],
  ]
  for (const [file, reason] of bad) await assert.rejects(parse(file), reason)
})

test('VA46 what is longer, wider, faster or slower than the bounds is refused before it is decoded', async () => {
  const bounds = { mostSeconds: 1, mostChannels: 2 }
  const second = (seconds: number) => Buffer.alloc(16_000 * seconds, 3)
  assert.ok(await parse(wav({ tag: 1, bits: 16 }, second(1)), 2048, bounds))
  const head = (file: Buffer) => file.subarray(0, 60)
  await assert.rejects(
    parse(head(wav({ tag: 1, bits: 16 }, second(2))), 60, bounds),
    /longer than 1/,
  )
  const wide = wav({ tag: 1, bits: 16, channels: 3 }, second(0))
  await assert.rejects(parse(wide, 60, bounds), /3 channels/)
  for (const rate of [0, 3999, 192_001])
    await assert.rejects(parse(wav({ tag: 1, bits: 16, rate }, second(1))), / Hz/)
  const short = { mostSeconds: 0.2, mostChannels: 8 }
  for (const name of names.filter((name) => name !== 'stereo24.flac'))
    await assert.rejects(parse(fixture(name), 2048, short), /longer than 0.2/, name)
})

test('VA47 nothing of a file but its sound comes out', async () => {
  const marker = Buffer.from('Patient: Ada Example')
  const plain = wav({ tag: 1, bits: 16 }, int16(1, 2, 3))
  const tagged = wav({ tag: 1, bits: 16 }, int16(1, 2, 3), chunk('LIST', marker))
  assert.deepEqual(await parse(tagged, 5), await parse(plain))
  const id3 = Buffer.concat([Buffer.from('ID3\x04\0\0\0\0\0'), Buffer.of(marker.length), marker])
  const mp3 = fixture('mono.mp3')
  assert.deepEqual(await parse(Buffer.concat([id3, mp3]), 11), await parse(mp3))
  const flac = fixture('mono.flac')
  const picture = Buffer.concat([Buffer.of(6, 0, 0, marker.length), marker])
  const withPicture = Buffer.concat([flac.subarray(0, 42), picture, flac.subarray(42)])
  assert.deepEqual(await parse(withPicture, 13), await parse(flac))
})

test('VA48 the rendition is a WAV file, the same at every range, that decodes to the same sound', async () => {
  const { pcm, description } = await parse(fixture('stereo.mp3'))
  const whole = Buffer.concat([waveHead(description), pcm])
  assert.deepEqual((await parse(whole)).description, { ...description, codec: 'wav' })
  const source = {
    length: pcm.length,
    async *range(from: number, to: number) {
      yield await Promise.resolve(pcm.subarray(from, to))
    },
  }
  const wave = asWave(source, description)
  assert.equal(wave.length, whole.length)
  for (const [from, to] of [
    [0, 44],
    [0, whole.length],
    [10, 20],
    [40, 50],
    [44, 46],
    [9, 9],
    [100, 999],
  ]) {
    const parts: Uint8Array[] = []
    for await (const part of wave.range(from ?? 0, to ?? 0)) parts.push(part)
    assert.deepEqual(Buffer.concat(parts), whole.subarray(from, to), `${from}-${to}`)
  }
  await assert.rejects(wave.range(0, whole.length + 1).next(), RangeError)
  assert.throws(() => asWave(source, { ...description, samples: 5 }), RangeError)
})

test('VA49 peaks hold the smallest and largest sample of every span at every level, coarse first', () => {
  const channels = 2
  const sound = Int16Array.from({ length: channels * 70_001 }, (_, i) =>
    Math.round(32767 * Math.sin(i * i) * Math.sin(i / 9000)),
  )
  sound[900] = 1
  const builder = buildPeaks(8000, channels)
  builder.take(sound.subarray(0, 30_002))
  builder.take(sound.subarray(30_002))
  const peaks = Buffer.from(builder.finish())
  const head = [peaks.toString('latin1', 0, 4), ...[4, 8, 12].map((at) => peaks.readUInt32LE(at))]
  assert.deepEqual([...head, peaks.readDoubleLE(16)], ['CPK1', 8000, 2, 6, 70_001])
  let end = 24 + 6 * 12
  peakLevels.forEach((span, level) => {
    const [stated, pairs, offset] = [0, 4, 8].map((at) => peaks.readUInt32LE(24 + 12 * level + at))
    assert.deepEqual([stated, pairs, offset], [span, Math.ceil(70_001 / span), end])
    const expected: number[] = []
    for (let pair = 0; pair < (pairs ?? 0); pair++)
      for (let c = 0; c < channels; c++) {
        const [low, high] = extremes(sound, pair * span, (pair + 1) * span, c, channels)
        expected.push(Math.floor(low / 256), Math.min(127, Math.ceil(high / 256)))
      }
    const found = new Int8Array(peaks.subarray(end, end + expected.length))
    assert.deepEqual([...found], expected, `level ${span}`)
    end += expected.length
  })
  assert.equal(end, peaks.length)
})

function extremes(sound: Int16Array, from: number, to: number, channel: number, channels: number) {
  let [low, high] = [32767, -32768]
  for (let i = from; i < Math.min(to, sound.length / channels); i++) {
    const value = sound[i * channels + channel] ?? 0
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  return [low, high] as const
}

test('VA50 how a file is cut into pieces changes nothing', async () => {
  for (const name of names) {
    const whole = await parse(fixture(name), 1 << 20)
    for (const pieceBytes of [1, 97, 4096])
      assert.deepEqual(await parse(fixture(name), pieceBytes), whole, `${name} by ${pieceBytes}`)
  }
})

test('VA51 chained Ogg streams are refused', async () => {
  for (const name of ['mono.ogg', 'mono.opus']) {
    const twice = Buffer.concat([fixture(name), fixture(name)])
    await assert.rejects(parse(twice), /several streams/)
  }
})

test('VA52 a thread of its own gives the same sound as it is asked for, and ends with the recording', async () => {
  for (const name of names) {
    const expected = await parse(fixture(name))
    const decoded = await decodeRecording([fixture(name)], soundBounds, async (pcm) => {
      const all: Uint8Array[] = []
      for await (const piece of pcm) all.push(piece)
      return Buffer.concat(all)
    })
    assert.deepEqual(decoded.description, expected.description)
    assert.ok(decoded.kept.equals(expected.pcm))
    assert.deepEqual(Buffer.from(decoded.peaks), Buffer.from(expected.peaks))
  }
})

test('VA53 a refusal from the thread ends the sound with its reason, so that nothing is kept', async () => {
  const cut = fixture('mono.flac').subarray(0, 7000)
  let ended = false
  const keeping = decodeRecording([cut], soundBounds, async (pcm) => {
    for await (const piece of pcm) assert.ok(piece.length > 0)
    ended = true
  })
  await assert.rejects(keeping, { kind: 'media-refused', message: /cut or damaged/ })
  assert.equal(ended, false)
  await assert.rejects(describeRecording([Buffer.alloc(100)], soundBounds), /none of WAV/)
})

/** CRC-8 and CRC-16 of FLAC (RFC 9639, 9.1.8 and 9.3). */
function crc(bytes: readonly number[], width: 8 | 16): number {
  const [top, polynomial] = width === 8 ? [0x80, 0x07] : [0x8000, 0x8005]
  let sum = 0
  for (const byte of bytes) {
    sum ^= byte << (width - 8)
    for (let bit = 0; bit < 8; bit++) sum = (sum & top) !== 0 ? (sum << 1) ^ polynomial : sum << 1
    sum &= 2 ** width - 1
  }
  return sum
}

/** FLAC of silence, 48 kHz in 16 bits: each frame of `block` samples takes some thirty bytes, and STREAMINFO says `stated`. */
function silence(frames: number, channels: number, block: number, stated = block): Buffer {
  const info = Buffer.alloc(34)
  info.writeUInt16BE(stated, 0)
  info.writeUInt16BE(stated, 2)
  info.writeUInt32BE(((48_000 << 12) | ((channels - 1) << 9) | (15 << 4)) >>> 0, 10)
  const pieces = [Buffer.from('fLaC'), Buffer.from([0x80, 0, 0, info.length]), info]
  for (let number = 0; number < frames; number++) {
    const coded = number < 0x80 ? [number] : [0xc0 | (number >> 6), 0x80 | (number & 63)]
    const frame = [0xff, 0xf8, 0x7a, ((channels - 1) << 4) | 8, ...coded]
    frame.push((block - 1) >> 8, (block - 1) & 255)
    frame.push(crc(frame, 8), ...Array<number>(3 * channels).fill(0))
    const sum = crc(frame, 16)
    pieces.push(Buffer.from([...frame, sum >> 8, sum & 255]))
  }
  return Buffer.concat(pieces)
}

test('VA54 long silence in few bytes is decoded in bounded memory, and frames longer than the file says are refused', async () => {
  const file = silence(58, 8, 65_535)
  assert.ok(file.length < 2_100)
  const before = process.memoryUsage().rss
  let most = 0
  const watching = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 2)
  const { description } = await describeRecording([file], soundBounds)
  clearInterval(watching)
  assert.deepEqual([description.samples, description.channels], [58 * 65_535, 8])
  assert.ok(most - before < 250e6, `${((most - before) / 1e6).toFixed(0)} MB`)
  await assert.rejects(parse(silence(58, 8, 65_535, 4096)), /longer than its STREAMINFO says/)
  const short = await parse(silence(200, 1, 16))
  assert.equal(short.description.samples, 3_200)
})
