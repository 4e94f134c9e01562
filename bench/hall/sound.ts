import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { waveHead } from '../../test/support/sound.ts'

const rate = 16_000

/** Writes a tone as WAV (RIFF), one channel of 16 bits at 16 kHz: 32,000 bytes a second after 44 of head. */
export async function writeTone(path: string, seconds: number): Promise<void> {
  const second = Buffer.alloc(rate * 2)
  for (let i = 0; i < rate; i++) second.writeInt16LE(Math.round(9000 * Math.sin(i / 20)), 2 * i)
  function* pieces() {
    yield waveHead(seconds * rate, rate)
    for (let i = 0; i < seconds; i++) yield second
  }
  await pipeline(Readable.from(pieces()), createWriteStream(path))
}
