import type { Timers } from '../bench/core/session.ts'

/** What the line says: ask again; no word for too long; words are coming again. */
export type Word = 'changed' | 'silent' | 'heard'

/** As much of a WebSocket as the line needs. */
export interface Socket {
  onmessage: ((event: { readonly data: unknown }) => void) | null
  onclose: (() => void) | null
  close(): void
}

/** The server speaks at least each 0.7 s; past this, what is shown may no longer be allowed. */
const longestSilence = 2000
/** A socket that says nothing for so long is given up: a cut cable does not close it for minutes. */
const longestHope = 5000
const soonest = 300
const latest = 5000

/**
 * The signal line from the server: it carries no content, only that all is well or that what this
 * person may do has changed. Opens itself again whenever it breaks or falls dumb, until `close`.
 */
export class SignalLine {
  readonly #open: () => Socket
  readonly #timers: Timers
  readonly #listeners = new Set<(word: Word) => void>()
  #socket: Socket | null = null
  #endWatch: () => void = () => undefined
  #endHope: () => void = () => undefined
  #endWait: () => void = () => undefined
  #wait = soonest
  #silent = false
  #closed = false

  constructor(open: () => Socket, timers: Timers) {
    this.#open = open
    this.#timers = timers
    this.#watch()
    this.#connect()
  }

  /** True from the end of the longest silence until the next word. */
  get silent(): boolean {
    return this.#silent
  }

  subscribe(listener: (word: Word) => void): () => void {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  close(): void {
    this.#closed = true
    this.#endWatch()
    this.#endWait()
    this.#listeners.clear()
    this.#drop()
  }

  #connect(): void {
    const socket = this.#open()
    this.#socket = socket
    this.#hope()
    socket.onmessage = ({ data }) => {
      this.#wait = soonest
      this.#watch()
      this.#hope()
      if (this.#silent) {
        this.#silent = false
        this.#tell('heard')
      }
      // A word that is not known can only mean that something is new.
      if (data !== '.') this.#tell('changed')
    }
    socket.onclose = () => {
      this.#again()
    }
  }

  #again(): void {
    this.#drop()
    if (this.#closed) return
    this.#endWait()
    this.#endWait = this.#timers.after(this.#wait, () => {
      this.#connect()
    })
    this.#wait = Math.min(latest, this.#wait * 2)
  }

  /** Lets go of the socket; whatever it still says or does is not heard. */
  #drop(): void {
    this.#endHope()
    const socket = this.#socket
    this.#socket = null
    if (socket === null) return
    socket.onmessage = null
    socket.onclose = null
    socket.close()
  }

  #hope(): void {
    this.#endHope()
    this.#endHope = this.#timers.after(longestHope, () => {
      this.#again()
    })
  }

  #watch(): void {
    this.#endWatch()
    this.#endWatch = this.#timers.after(longestSilence, () => {
      this.#silent = true
      this.#tell('silent')
    })
  }

  #tell(word: Word): void {
    for (const listener of this.#listeners) listener(word)
  }
}

/** The browser's own socket to this page's origin. */
export function openSignals(): Socket {
  const socket = new WebSocket('/signals')
  const line: Socket = {
    onmessage: null,
    onclose: null,
    close() {
      socket.close()
    },
  }
  socket.onmessage = (event: MessageEvent<unknown>) => line.onmessage?.(event)
  socket.onclose = () => line.onclose?.()
  return line
}
