/** Runs in a thread of its own: takes a recording in pieces and gives back its PCM, each on request. */
import { parentPort, workerData } from 'node:worker_threads'
import { VaultFault } from '../fault.ts'
import { parseRecording } from './parse.ts'
import type { Sound, SoundBounds, SoundDescription } from './sound.ts'

export type Request = { kind: 'bytes'; bytes: Uint8Array } | { kind: 'more' } | { kind: 'end' }
export type Reply =
  | { kind: 'pcm'; pieces: Uint8Array[] }
  | { kind: 'hungry' }
  | { kind: 'done'; description: SoundDescription; peaks: Uint8Array }
  | { kind: 'refused'; reason: string }

/** Decoders answer each call with all it decodes to; small calls keep a bomb small. */
const sliceBytes = 2048
const replyBytes = 256 * 1024

export function serve(port: NonNullable<typeof parentPort>, bounds: SoundBounds): void {
  const parsing = parseRecording(bounds)
  let waiting: Uint8Array = new Uint8Array(0)
  const step = async (): Promise<Reply> => {
    while (waiting.length > 0 && (parsing.sound?.pendingBytes ?? 0) < replyBytes) {
      const slice = waiting.subarray(0, sliceBytes)
      waiting = waiting.subarray(sliceBytes)
      await parsing.push(slice)
    }
    const pieces = parsing.sound?.drain() ?? []
    return pieces.length > 0 ? { kind: 'pcm', pieces } : { kind: 'hungry' }
  }
  let ended: Sound | undefined
  const answer = async (request: Request): Promise<Reply> => {
    if (request.kind === 'bytes') waiting = request.bytes
    if (request.kind !== 'end') return step()
    if (ended !== undefined) return { kind: 'done', ...ended.describe() }
    ended = await parsing.end()
    return { kind: 'pcm', pieces: ended.drain() }
  }
  port.on('message', (request: Request) => {
    answer(request).then(
      (reply) => {
        port.postMessage(reply, reply.kind === 'pcm' ? buffersOf(reply.pieces) : [])
      },
      (error: unknown) => {
        const known = error instanceof VaultFault && error.kind === 'media-refused'
        const reason = known ? error.detail : 'Its decoder failed.'
        port.postMessage({ kind: 'refused', reason } satisfies Reply)
      },
    )
  })
}

function isBounds(value: unknown): value is SoundBounds {
  return (
    typeof value === 'object' && value !== null && 'mostSeconds' in value && 'mostChannels' in value
  )
}

/** Each piece has a buffer of its own and is not used here again, so it moves instead of being copied. */
function buffersOf(pieces: readonly Uint8Array[]): ArrayBuffer[] {
  return pieces.flatMap(({ buffer }) => (buffer instanceof ArrayBuffer ? [buffer] : []))
}

const given: unknown = workerData
if (parentPort !== null && isBounds(given)) serve(parentPort, given)
