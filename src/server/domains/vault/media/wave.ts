import type { OpenedSource } from '@cloister/chunked-encryption'
import type { SoundDescription } from './sound.ts'

type WaveForm = Pick<SoundDescription, 'rate' | 'channels' | 'samples'>
export const waveHeadBytes = 44

/** The 44 bytes before the PCM of a recording that make it a WAV file of 16 bits. */
export function waveHead({ rate, channels, samples }: WaveForm): Uint8Array {
  const head = Buffer.alloc(waveHeadBytes)
  const frameBytes = 2 * channels
  head.write('RIFF', 0, 'ascii')
  head.writeUInt32LE(waveHeadBytes - 8 + samples * frameBytes, 4)
  head.write('WAVEfmt ', 8, 'ascii')
  head.writeUInt32LE(16, 16)
  head.writeUInt16LE(1, 20)
  head.writeUInt16LE(channels, 22)
  head.writeUInt32LE(rate, 24)
  head.writeUInt32LE(rate * frameBytes, 28)
  head.writeUInt16LE(frameBytes, 32)
  head.writeUInt16LE(16, 34)
  head.write('data', 36, 'ascii')
  head.writeUInt32LE(samples * frameBytes, 40)
  return head
}

/**
 * Presents opened PCM as a WAV file: the same promises for ranges, 44 bytes longer. The length need not be
 * known while the PCM is made, which is why the head is not sealed with it.
 * @throws RangeError when the PCM is not as long as the description says.
 */
export function asWave(pcm: OpenedSource, form: WaveForm): OpenedSource {
  const head = waveHead(form)
  if (pcm.length !== form.samples * form.channels * 2)
    throw new RangeError('The PCM is not that of this recording.')
  const length = waveHeadBytes + pcm.length
  return {
    length,
    async *range(from, to) {
      if (!(from >= 0 && from <= to && to <= length))
        throw new RangeError(`A range lies within 0 and ${length}.`)
      if (from < Math.min(to, waveHeadBytes)) yield head.subarray(from, Math.min(to, waveHeadBytes))
      if (to > waveHeadBytes)
        yield* pcm.range(Math.max(0, from - waveHeadBytes), to - waveHeadBytes)
    },
  }
}
