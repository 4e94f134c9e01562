const levels = [65_536, 16_384, 4096, 1024, 256, 64]

/** Bursts of a buzzing voice with pauses between, as 16-bit samples: enough to see and to hear. */
export function makeVoice(seconds: number, rate: number): Int16Array {
  const samples = new Int16Array(Math.floor(seconds * rate))
  for (let n = 0; n < samples.length; n++) {
    const time = n / rate
    const phrase = Math.max(0, Math.sin(time * 1.3) + 0.35 * Math.sin(time * 0.37))
    const syllable = 0.55 + 0.45 * Math.sin(time * 2 * Math.PI * 4.1)
    const pitch = 2 * Math.PI * (130 + 25 * Math.sin(time * 2.1)) * time
    const voice = Math.sin(pitch) + 0.5 * Math.sin(2 * pitch) + 0.3 * Math.sin(5 * pitch)
    samples[n] = Math.round(14_000 * Math.min(1, phrase) * syllable * (voice / 1.8))
  }
  return samples
}

/** The 44 bytes before one channel of 16-bit samples in a WAV file (RIFF, format 1: PCM). */
export function waveHead(samples: number, rate: number): Buffer {
  const head = Buffer.alloc(44)
  head.write('RIFF', 0)
  head.writeUInt32LE(36 + samples * 2, 4)
  head.write('WAVEfmt ', 8)
  head.writeUInt32LE(16, 16)
  head.writeUInt16LE(1, 20)
  head.writeUInt16LE(1, 22)
  head.writeUInt32LE(rate, 24)
  head.writeUInt32LE(rate * 2, 28)
  head.writeUInt16LE(2, 32)
  head.writeUInt16LE(16, 34)
  head.write('data', 36)
  head.writeUInt32LE(samples * 2, 40)
  return head
}

/** One channel of 16-bit samples as a WAV file. */
export function wavOf(samples: Int16Array, rate: number): Uint8Array {
  const body = Buffer.alloc(samples.length * 2)
  for (const [n, sample] of samples.entries()) body.writeInt16LE(sample, n * 2)
  return Buffer.concat([waveHead(samples.length, rate), body])
}

/** The finest peaks of samples: smallest and largest of every 64, as int8. */
export function finestPeaks(samples: Int16Array): Int8Array {
  const pairs = Math.ceil(samples.length / 64)
  const peaks = new Int8Array(pairs * 2)
  for (let pair = 0; pair < pairs; pair++) {
    const part = samples.subarray(pair * 64, pair * 64 + 64)
    peaks[pair * 2] = Math.floor(part.reduce((a, b) => Math.min(a, b)) / 256)
    peaks[pair * 2 + 1] = Math.min(127, Math.ceil(part.reduce((a, b) => Math.max(a, b)) / 256))
  }
  return peaks
}

/** A one-channel waveform file in the layout CPK1, from its finest level. */
export function peaksFile(finest: Int8Array, rate: number, samples: number): Uint8Array {
  const data = [finest]
  while (data.length < levels.length) data.unshift(fold(data[0] ?? finest))
  const headBytes = 24 + 12 * levels.length
  const file = Buffer.alloc(headBytes + data.reduce((sum, level) => sum + level.length, 0))
  file.write('CPK1', 0)
  file.writeUInt32LE(rate, 4)
  file.writeUInt32LE(1, 8)
  file.writeUInt32LE(levels.length, 12)
  file.writeDoubleLE(samples, 16)
  let offset = headBytes
  for (const [n, level] of data.entries()) {
    file.writeUInt32LE(levels[n] ?? 0, 24 + 12 * n)
    file.writeUInt32LE(level.length / 2, 28 + 12 * n)
    file.writeUInt32LE(offset, 32 + 12 * n)
    file.set(new Uint8Array(level.buffer, level.byteOffset, level.length), offset)
    offset += level.length
  }
  return file
}

function fold(level: Int8Array): Int8Array {
  const pairs = Math.ceil(level.length / 8)
  const folded = new Int8Array(pairs * 2)
  for (let pair = 0; pair < pairs; pair++) {
    const part = level.subarray(pair * 8, pair * 8 + 8)
    folded[pair * 2] = Math.min(...part.filter((_, n) => n % 2 === 0))
    folded[pair * 2 + 1] = Math.max(...part.filter((_, n) => n % 2 === 1))
  }
  return folded
}
