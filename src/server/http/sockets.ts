import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { Problem } from '#shared/problems.ts'
import type { Caller } from '../domains/access/index.ts'
import type { OnSignal } from '../kernel/signals.ts'

export interface SignalSockets {
  /** Takes over an upgrade of `/signals`; refuses everything else by closing the connection. */
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
  /** Passes a notification on: `person:…`, `workstation:…`, `site`; null means that some may be lost. */
  readonly onSignal: OnSignal
  /** Runs the listener on every signal that concerns the caller; the answer stops it. */
  watch(caller: Caller, listener: () => void): () => void
  readonly open: number
  close(): void
}

interface Watcher {
  readonly topics: ReadonlySet<string>
  readonly tell: () => void
}

/** A page that hears nothing for two seconds blanks; it is told at least this often that all is well. */
const beat = 700

/**
 * The sockets on which pages hear that what they may do has changed. A signal holds no content. The
 * first word on each is `changed`, said when every later one will be heard.
 * `admit` does what a request's first steps do (certificate, Origin, session): null closes.
 */
export function openSignalSockets(
  admit: (request: IncomingMessage) => Promise<Caller | null>,
): SignalSockets {
  const server = new WebSocketServer({ noServer: true, maxPayload: 1024, perMessageDeflate: false })
  const watchers = new Set<Watcher>()
  const timer = setInterval(() => {
    for (const client of server.clients) {
      // A page that does not drain its socket is as good as gone.
      if (client.bufferedAmount > 65_536) client.terminate()
      else if (client.readyState === client.OPEN) client.send('.')
    }
  }, beat)

  function watch(topics: ReadonlySet<string>, tell: () => void): () => void {
    const watcher = { topics, tell }
    watchers.add(watcher)
    return () => {
      watchers.delete(watcher)
    }
  }

  async function take(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const isOurs = new URL(request.url ?? '/', 'http://door').pathname === '/signals'
    const caller = isOurs ? await admit(request).catch(tooMany) : null
    if (caller === null || caller instanceof Problem || socket.destroyed) {
      const status = caller === null ? '403 Forbidden' : '429 Too Many Requests'
      const after = caller instanceof Problem ? Number(caller.details['retryAfter']) : 0
      const when = after > 0 ? `retry-after: ${after}\r\n` : ''
      socket.end(`HTTP/1.1 ${status}\r\n${when}connection: close\r\ncontent-length: 0\r\n\r\n`)
      return
    }
    const topics = topicsOf(caller)
    server.handleUpgrade(request, socket, head, (client: WebSocket) => {
      const forget = watch(topics, () => {
        client.send('changed')
      })
      client.on('close', forget)
      client.on('error', forget)
      client.on('message', () => {
        client.terminate()
      })
      // Whatever was signalled since this page asked last went by while no line was open.
      client.send('changed')
    })
  }

  return {
    upgrade(request, socket, head) {
      socket.on('error', () => socket.destroy())
      take(request, socket, head).catch(() => socket.destroy())
    },
    onSignal(payload) {
      for (const watcher of watchers)
        if (payload === null || watcher.topics.has(payload)) watcher.tell()
    },
    watch: (caller, listener) => watch(topicsOf(caller), listener),
    get open() {
      return server.clients.size
    },
    close() {
      clearInterval(timer)
      for (const client of server.clients) client.terminate()
      server.close()
    },
  }
}

function tooMany(error: unknown): Problem {
  if (error instanceof Problem && error.kind === 'too-many-requests') return error
  throw error
}

function topicsOf(caller: Caller): ReadonlySet<string> {
  const topics = new Set(['site'])
  if (caller.kind === 'person' && caller.id !== null) topics.add(`person:${caller.id}`)
  if (caller.workstation !== null) topics.add(`workstation:${caller.workstation}`)
  return topics
}
