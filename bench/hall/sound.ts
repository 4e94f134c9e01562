import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

const rate = 16_000

/** Writes a tone as WAV (RIFF), one channel of 16 bits at 16 kHz: 32,000 bytes a second after 44 of head. */
export async function writeTone(path: string, seconds: number): Promise<void> {
  const head = Buffer.alloc(44)
  const bytes = seconds * rate * 2
  head.write('RIFF', 0)
  head.writeUInt32LE(36 + bytes, 4)
  head.write('WAVEfmt ', 8)
  head.writeUInt32LE(16, 16)
  head.writeUInt16LE(1, 20)
  head.writeUInt16LE(1, 22)
  head.writeUInt32LE(rate, 24)
  head.writeUInt32LE(rate * 2, 28)
  head.writeUInt16LE(2, 32)
  head.writeUInt16LE(16, 34)
  head.write('data', 36)
  head.writeUInt32LE(bytes, 40)
  const second = Buffer.alloc(rate * 2)
  for (let i = 0; i < rate; i++) second.writeInt16LE(Math.round(9000 * Math.sin(i / 20)), 2 * i)
  function* pieces() {
    yield head
    for (let i = 0; i < seconds; i++) yield second
  }
  await pipeline(Readable.from(pieces()), createWriteStream(path))
}
