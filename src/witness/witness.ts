import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import {
  addCheckpoint,
  cosigner,
  keptCheckpoint,
  LogFault,
  longestCosignRequest,
  noteVerifier,
  type NoteVerifier,
  type Witness,
} from '@cloister/transparency-log'
import { openRegister, originHash, type Register, WitnessFault } from './register.ts'

export interface WitnessOptions {
  /** The directory of this witness, made on first use. One witness runs on it at a time. */
  readonly dir: string
  /** The name of its key, like a URL without scheme. */
  readonly name: string
  /** The verifier keys of the logs that it cosigns. */
  readonly logs: readonly string[]
  readonly host: string
  /** 0 for any free port. */
  readonly port: number
  /** Milliseconds since 1970, for the time in cosignatures. */
  readonly now: () => number
  /** Told of each request that failed inside the witness; the client is told only that it did. */
  readonly onFault: (error: unknown) => void
}

export interface RunningWitness {
  readonly vkey: string
  readonly url: string
  /** Finishes what is being kept, then lets go of port and directory. */
  close(): Promise<void>
}

/**
 * Starts a witness (C2SP tlog-witness) and returns once it listens. Throws a WitnessFault with one
 * clear line when a key is none, the directory is in use or damaged, or the address is not free.
 */
export async function startWitness(options: WitnessOptions): Promise<RunningWitness> {
  const logs = options.logs.map(readLogKey)
  const register = await openRegister(options.dir, options.name)
  try {
    const witness = await readWitness(register, logs, options.now)
    const server = createServer(limits, (request, response) => {
      answer(witness, request, response).catch((error: unknown) => {
        options.onFault(error)
        if (response.headersSent) response.destroy()
        else send(response, 500, 'the witness could not keep the checkpoint; nothing was signed\n')
      })
    })
    server.maxConnections = 256
    await listen(server, options.host, options.port)
    return {
      vkey: witness.cosigner.verifierKey,
      url: urlOf(server),
      async close() {
        await new Promise<void>((done) => {
          server.close(() => {
            done()
          })
          server.closeIdleConnections()
        })
        await register.close()
      },
    }
  } catch (error) {
    await register.close()
    throw error
  }
}

/** Bounds in milliseconds and bytes on a client that is slow or talks too much. */
const limits = {
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 8_192,
}

function readLogKey(key: string): NoteVerifier {
  try {
    const log = noteVerifier(key)
    if (log.kind === 'log') return log
    throw new LogFault(`the key of '${log.name}' is not that of a log`)
  } catch (error) {
    throw error instanceof LogFault ? new WitnessFault(error.message) : error
  }
}

async function readWitness(
  register: Register,
  logs: readonly NoteVerifier[],
  now: () => number,
): Promise<Witness> {
  let origin = 'its key'
  try {
    const witness = { logs, cosigner: cosigner(register.signingKey, now), store: register }
    for (const { name } of logs) {
      origin = name
      const kept = await register.latest(name)
      if (kept !== null) keptCheckpoint(witness, name, kept)
    }
    return witness
  } catch (error) {
    if (!(error instanceof LogFault)) throw error
    throw new WitnessFault(
      `the witness does not start, because what it kept of ${origin} is damaged (${error.message}); start a new one with a new directory`,
    )
  }
}

async function answer(
  witness: Witness,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.url === '/add-checkpoint') {
    if (request.method !== 'POST') {
      refuse(request, response, 405, 'POST a checkpoint here\n')
      return
    }
    const body = await readBody(request)
    if (body === null) {
      refuse(request, response, 413, 'the request is too long\n')
      return
    }
    const reply = await addCheckpoint(witness, body)
    send(response, reply.status, reply.body, reply.type)
    return
  }
  const hash = /^\/([0-9a-f]{64})\/checkpoint$/.exec(request.url ?? '')?.[1]
  const log = witness.logs.find(({ name }) => originHash(name) === hash)
  const kept = log === undefined ? null : await witness.store.latest(log.name)
  if (kept === null) {
    refuse(request, response, 404, 'there is nothing here\n')
    return
  }
  if (request.method !== 'GET') {
    refuse(request, response, 405, 'GET a checkpoint here\n')
    return
  }
  send(response, 200, kept)
}

/** The body of a request, or null when it is longer than any good one. */
async function readBody(request: IncomingMessage): Promise<Uint8Array | null> {
  const parts: Uint8Array[] = []
  let length = 0
  const chunks: AsyncIterable<unknown> = request.iterator({ destroyOnReturn: false })
  for await (const part of chunks) {
    if (!(part instanceof Uint8Array)) return null
    length += part.length
    if (length > longestCosignRequest) return null
    parts.push(part)
  }
  return Buffer.concat(parts)
}

/** Answers without reading on, and closes the connection when there is more to read. */
function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  line: string,
): void {
  if (!request.complete) response.setHeader('Connection', 'close')
  send(response, status, line)
}

function send(
  response: ServerResponse,
  status: number,
  body: string,
  type = 'text/plain; charset=utf-8',
): void {
  response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store' }).end(body)
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((done, failed) => {
    server.once('error', (error) => {
      failed(new WitnessFault(`cannot listen on ${host}, port ${port}: ${error.message}`))
    })
    server.listen(port, host, done)
  })
}

function urlOf(server: Server): string {
  const address = server.address()
  if (address === null || typeof address === 'string')
    throw new WitnessFault('no address to listen on')
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address
  return `http://${host}:${address.port}`
}
