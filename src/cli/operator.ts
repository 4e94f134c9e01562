import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Fault } from './terminal.ts'

/** The operator door of a running server: its unix socket, which only the server's own user may open. */
export interface Operator {
  /** @throws Fault with the problem's words when the server refuses, or when none listens. */
  get(path: string): Promise<unknown>
  post(path: string, body: object): Promise<unknown>
  /** Sends a stream of bytes and answers the JSON that comes back. */
  send(path: string, source: Readable, type: string): Promise<unknown>
  /** The answer's bytes as they come. */
  receive(path: string, body: object): Promise<IncomingMessage>
}

/** What the server refused, in one line. */
export class OperatorRefusal extends Fault {
  readonly status: number

  constructor(status: number, words: string) {
    super(words)
    this.status = status
  }
}

/**
 * Where the operator door is: as named, else as the server's own configuration says it in the
 * environment. @throws Fault where nothing says it
 */
export function operatorSocket(named: string | undefined): string {
  const { CLOISTER_DOORS_OPERATOR_SOCKET: socket, CLOISTER_DIRECTORY: directory } = process.env
  const found =
    named ?? socket ?? (directory === undefined ? undefined : `${directory}/operator.sock`)
  if (found === undefined)
    throw new Fault("name the server's socket with --socket, or set CLOISTER_DIRECTORY", 2)
  return found
}

export function operatorAt(socketPath: string): Operator {
  const call = (method: string, path: string, type: string, write: (out: ClientRequest) => void) =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const out = request({ socketPath, path, method, headers: { 'content-type': type } }, resolve)
      out.on('error', (error) => {
        reject(
          new Fault(
            `no server answers at ${socketPath} (${error.message}); start it, or name its socket with --socket`,
          ),
        )
      })
      write(out)
    })
  const json = (method: string, path: string, body: object | null) =>
    call(method, path, 'application/json', (out) => {
      out.end(body === null ? undefined : JSON.stringify(body))
    })
  return {
    get: async (path) => answerOf(await json('GET', path, null)),
    post: async (path, body) => answerOf(await json('POST', path, body)),
    async send(path, source, type) {
      return answerOf(
        await call('POST', path, type, (out) => {
          pipeline(source, out).catch((error: unknown) => {
            out.destroy(error instanceof Error ? error : new Error('the source ended badly'))
          })
        }),
      )
    },
    async receive(path, body) {
      const answer = await json('POST', path, body)
      if (answer.statusCode !== 200) await answerOf(answer)
      return answer
    },
  }
}

const longestAnswer = 16 << 20

async function answerOf(answer: IncomingMessage): Promise<unknown> {
  const pieces: Buffer[] = []
  let length = 0
  for await (const piece of answer) {
    if (!Buffer.isBuffer(piece)) continue
    length += piece.length
    if (length > longestAnswer) throw new Fault('the server answered more than this command takes')
    pieces.push(piece)
  }
  let body: unknown
  try {
    body = JSON.parse(Buffer.concat(pieces).toString('utf8'))
  } catch {
    throw new Fault(`the server answered ${answer.statusCode ?? 0} without a document`)
  }
  if (answer.statusCode === 200) return body
  throw new OperatorRefusal(answer.statusCode ?? 0, wordsOf(body))
}

/** Names that a line lists of those that are there. */
const mostListed = 20

/** A problem document in one line: what is missing and what there is, or its title and what else it says. */
function wordsOf(body: unknown): string {
  if (typeof body !== 'object' || body === null) return 'the server refused'
  const { title, instance, ...more } = Object.fromEntries(Object.entries(body))
  const { missing, there } = more
  if (typeof missing === 'string' && Array.isArray(there)) {
    const kind = missing.split(' ')[0] ?? ''
    const listed = there.slice(0, mostListed).join(', ')
    const others = there.length > mostListed ? ` and ${there.length - mostListed} more` : ''
    return `there is no ${missing}; ${there.length === 0 ? `there is no ${kind} at all` : `there are ${listed}${others}`}`
  }
  const rest = Object.entries(more)
    .filter(([name]) => name !== 'type' && name !== 'status')
    .map(([name, value]) => `${name}: ${JSON.stringify(value)}`)
  return [`${String(title)} (${String(instance)})`, ...rest].join('; ')
}
