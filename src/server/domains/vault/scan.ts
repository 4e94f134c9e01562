import { connect, type Socket } from 'node:net'
import { VaultFault } from './fault.ts'

/** `not-scanned` is the verdict of an installation that was told, in its configuration, to go without. */
export type Verdict =
  | { readonly kind: 'clean' }
  | { readonly kind: 'infected'; readonly signature: string }
  | { readonly kind: 'not-scanned' }

export type Pieces = AsyncIterable<Uint8Array> | Iterable<Uint8Array>

export interface Scanner {
  /**
   * Says what is in a stream, after reading it to its end where there is a scanner.
   * @throws VaultFault 'scanner-unavailable' whenever there is no verdict, whatever the cause.
   */
  scan(pieces: Pieces): Promise<Verdict>
  /**
   * Passes a stream on while it is scanned, and ends it only when it is clean (or was not to be
   * scanned), so that who stores it durably at its end has stored nothing else.
   * @throws VaultFault 'infected' or 'scanner-unavailable' in place of the end.
   */
  through(pieces: Pieces): AsyncGenerator<Uint8Array, void, undefined>
}

export interface ClamavOptions {
  /** Where clamd listens: the path of a unix socket, or a host and port. */
  readonly address: { readonly path: string } | { readonly host: string; readonly port: number }
  /** Milliseconds without any progress, of clamd or of the stream, after which there is no verdict. */
  readonly patience: number
}

const mostFrame = 1 << 20
const mostAnswer = 4096

/**
 * Scans by ClamAV's INSTREAM command (clamd(8)): each frame is its length as a big-endian unsigned
 * 32-bit number and its bytes; a frame of length 0 ends the stream. clamd bounds what it takes by
 * StreamMaxLength, MaxScanSize and MaxFileSize; a stream past the first has no verdict and is refused,
 * so set all three above the largest file to be imported.
 */
export function clamav(options: ClamavOptions): Scanner {
  return {
    async scan(pieces) {
      const session = openSession(options)
      try {
        for await (const piece of pieces) await session.send(piece)
        return await session.verdict()
      } finally {
        session.close()
      }
    },
    async *through(pieces) {
      const session = openSession(options)
      try {
        for await (const piece of pieces) {
          await session.send(piece)
          yield piece
        }
        const verdict = await session.verdict()
        if (verdict.kind === 'infected') throw new VaultFault('infected', `${verdict.signature}.`)
      } finally {
        session.close()
      }
    },
  }
}

/** For an installation whose configuration says in so many words that nothing is scanned. */
export const withoutScanner: Scanner = {
  scan: () => Promise.resolve({ kind: 'not-scanned' }),
  async *through(pieces) {
    yield* pieces
  },
}

interface Session {
  send(piece: Uint8Array): Promise<void>
  verdict(): Promise<Verdict>
  close(): void
}

function openSession({ address, patience }: ClamavOptions): Session {
  const socket = connect(address)
  const answer = collectAnswer(socket, patience)
  // Asked for in `send` and `verdict`; it may fail while nobody is waiting.
  answer.catch(() => undefined)
  socket.write('zINSTREAM\0')
  let answered = false
  answer.then(
    () => (answered = true),
    () => (answered = true),
  )
  return {
    async send(piece) {
      for (let at = 0; at < piece.length && !answered; at += mostFrame) {
        const frame = piece.subarray(at, at + mostFrame)
        const room = socket.write(frameOf(frame))
        if (!room) await Promise.race([drained(socket), answer])
      }
      // clamd speaks before the end only to refuse.
      if (answered) throw new VaultFault('scanner-unavailable', refusal(await answer))
    },
    async verdict() {
      socket.write(new Uint8Array(4))
      return readVerdict(await answer)
    },
    close() {
      socket.destroy()
    },
  }
}

/** Length and bytes in one copy: the caller may reuse its buffer as soon as it has sent it. */
function frameOf(bytes: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(4 + bytes.length)
  frame.writeUInt32BE(bytes.length)
  frame.set(bytes, 4)
  return frame
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      socket.off('drain', done)
      socket.off('close', done)
      resolve()
    }
    socket.on('drain', done)
    socket.on('close', done)
  })
}

function collectAnswer(socket: Socket, patience: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const fail = (why: string, cause?: unknown) => {
      reject(new VaultFault('scanner-unavailable', why, { cause }))
      socket.destroy()
    }
    socket.setTimeout(patience, () => {
      fail(`It made no progress for ${patience} ms.`)
    })
    socket.on('error', (error) => {
      fail('The connection failed.', error)
    })
    socket.on('close', () => {
      fail('It hung up.')
    })
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1')
      const end = text.indexOf('\0')
      if (end !== -1) resolve(text.slice(0, end))
      else if (text.length > mostAnswer) fail('Its answer is too long.')
    })
  })
}

function readVerdict(answer: string): Verdict {
  if (answer === 'stream: OK') return { kind: 'clean' }
  const found = /^stream: ([\x21-\x7e]{1,200}) FOUND$/.exec(answer)
  if (found?.[1] !== undefined) return { kind: 'infected', signature: found[1] }
  throw new VaultFault('scanner-unavailable', refusal(answer))
}

function refusal(answer: string): string {
  return answer.startsWith('INSTREAM size limit exceeded')
    ? 'The stream is longer than its StreamMaxLength.'
    : 'Its answer is not a verdict.'
}
