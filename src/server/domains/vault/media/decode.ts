import { refuse, type SoundBounds, type SoundDescription } from './sound.ts'
import { startThread } from './thread.ts'
import type { Reply, Request } from './worker.ts'

export interface DecodedRecording<Kept> {
  readonly description: SoundDescription
  /** Waveform peaks in the layout of peaks.ts. */
  readonly peaks: Uint8Array
  /** What `keep` answered. */
  readonly kept: Kept
}

/** A decoder that says nothing for so long is taken to be stuck; the longest honest step takes a fraction of it. */
const patience = 60_000

/**
 * Decodes a recording (WAV, FLAC, MP3, Ogg Opus or Vorbis) in a thread of its own, in constant memory but
 * for the peaks. `keep` gets the PCM as it comes, in the form that `sha256` of the description is over;
 * nothing of the file but its sound passes, so no metadata does. A recording that is refused ends the PCM
 * with the fault, so a `keep` that makes durable at the end only has kept nothing.
 * @throws VaultFault 'media-refused' with a reason: unknown form, cut, damaged, out of bounds.
 */
export async function decodeRecording<Kept>(
  file: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  bounds: SoundBounds,
  keep: (pcm: AsyncIterable<Uint8Array>) => Promise<Kept>,
): Promise<DecodedRecording<Kept>> {
  const decoder = startDecoder(bounds)
  let done: (Reply & { kind: 'done' }) | undefined
  const pcm = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const bytes of file) {
      if (bytes.length === 0) continue
      let reply = await decoder.ask({ kind: 'bytes', bytes: Uint8Array.from(bytes) })
      for (; reply.kind === 'pcm'; reply = await decoder.ask({ kind: 'more' })) yield* reply.pieces
    }
    let reply = await decoder.ask({ kind: 'end' })
    for (; reply.kind === 'pcm'; reply = await decoder.ask({ kind: 'end' })) yield* reply.pieces
    if (reply.kind === 'done') done = reply
  }
  try {
    const kept = await keep(pcm())
    if (done === undefined) throw new Error('The recording was not read to its end.')
    return { description: done.description, peaks: done.peaks, kept }
  } finally {
    await decoder.stop()
  }
}

/** Decodes a recording only to know it. @throws as `decodeRecording` does. */
export async function describeRecording(
  file: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  bounds: SoundBounds,
): Promise<{ description: SoundDescription; peaks: Uint8Array }> {
  const { description, peaks } = await decodeRecording(file, bounds, async (pcm) => {
    let bytes = 0
    for await (const piece of pcm) bytes += piece.length
    return bytes
  })
  return { description, peaks }
}

interface Decoder {
  ask(request: Request): Promise<Reply>
  stop(): Promise<unknown>
}

function startDecoder(bounds: SoundBounds): Decoder {
  const worker = startThread('worker', {
    workerData: bounds,
    resourceLimits: { maxOldGenerationSizeMb: 256 },
    // Decoders print what they meet in a file; that is neither for the log nor for the terminal.
    stdout: true,
    stderr: true,
  })
  let settle: { resolve(reply: Reply): void; reject(error: Error): void } | undefined
  let gone = false
  const fail = () => {
    gone = true
    settle?.reject(refuse('Its decoder failed.'))
  }
  worker.on('message', (reply: Reply) => {
    if (reply.kind === 'refused') settle?.reject(refuse(reply.reason))
    else settle?.resolve(reply)
  })
  worker.on('error', fail)
  worker.on('exit', fail)
  return {
    ask: (request) =>
      new Promise<Reply>((resolve, reject) => {
        if (gone) throw refuse('Its decoder failed.')
        const stuck = setTimeout(() => {
          reject(refuse('Its decoder makes no progress.'))
        }, patience)
        settle = {
          resolve(reply) {
            clearTimeout(stuck)
            resolve(reply)
          },
          reject(error) {
            clearTimeout(stuck)
            reject(error)
          },
        }
        worker.postMessage(request)
      }),
    stop: () => worker.terminate(),
  }
}
