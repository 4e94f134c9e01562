import { Held, withoutMark } from './bytes.ts'
import { InputFault } from './reading.ts'

/** How an input falls into records: JSON objects in an array or one after another, or lines. */
export type Cut = 'objects' | 'lines'

/** A run of whole records of one file. */
export interface Batch {
  readonly file: string
  /** The number of the first of them, counted from 1. */
  readonly first: number
  /** Of the batch alone: whoever takes the batch may pass them on. */
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Where each record begins and ends in the bytes, by turns. */
  readonly bounds: ArrayLike<number>
}

/**
 * The records of an input in runs of about one chunk, without a leading mark; nothing but the run at
 * hand is kept. An array that is cut off, holds anything but objects or nests deeper than 100 levels
 * is refused, after the records that stand before.
 */
export async function* cutRecords(
  bytes: AsyncIterable<Uint8Array>,
  file: string,
  cut: Cut,
): AsyncGenerator<Batch> {
  const held = new Held(file)
  const cutter = cut === 'lines' ? new LineCutter() : new ObjectCutter(file)
  let first = 1
  for await (const chunk of withoutMark(bytes, file)) {
    const before = held.length
    const bounds: number[] = []
    const fault = faultOf(() => {
      cutter.cut(chunk, before, bounds)
    })
    const end = bounds.at(-1)
    if (end !== undefined) {
      yield { file, first, bytes: held.close(chunk.subarray(0, end - before)), bounds }
      first += bounds.length / 2
    }
    if (fault !== undefined) throw fault
    if (cutter.open >= 0) held.add(chunk.subarray(Math.max(0, cutter.open - before)))
  }
  cutter.end()
  if (held.length > 0) {
    const bounds = [0, held.length]
    yield { file, first, bytes: held.close(new Uint8Array()), bounds }
  }
}

function faultOf(act: () => void): InputFault | undefined {
  try {
    act()
    return undefined
  } catch (error) {
    if (error instanceof InputFault) return error
    throw error
  }
}

/**
 * Finds the bounds of records in a stream of chunks. Places count from the beginning of what is held
 * of earlier chunks, which is the beginning of the record that is open, and go on through the chunk.
 */
interface Cutter {
  /** Where the record begins that the last chunk did not end, or -1. */
  readonly open: number
  /** Takes a chunk that follows `before` bytes that are held, and adds the bounds that it ends. */
  cut(chunk: Uint8Array, before: number, bounds: number[]): void
  /** Refuses an input that ends here and should not. */
  end(): void
}

const [lineFeed, carriageReturn] = [0x0a, 0x0d]

/**
 * Lines with what ends them: LF, CR LF or CR, also mixed in one file, as text comes from Unix, Windows
 * and old Macs. Form feed, NEL and the separators of Unicode are text.
 */
class LineCutter implements Cutter {
  open = 0
  /** Whether what is held ends in a CR, which an LF may belong to. */
  #pending = false

  cut(chunk: Uint8Array, before: number, bounds: number[]): void {
    let from = -before
    const close = (end: number) => {
      bounds.push(before + from, before + end)
      from = end
    }
    if (this.#pending && chunk.length > 0) close(chunk[0] === lineFeed ? 1 : 0)
    let feed = chunk.indexOf(lineFeed, Math.max(0, from))
    let turn = chunk.indexOf(carriageReturn, Math.max(0, from))
    while (feed >= 0 || (turn >= 0 && turn + 1 < chunk.length)) {
      if (feed >= 0 && (turn < 0 || feed < turn)) close(feed + 1)
      else close(feed === turn + 1 ? feed + 1 : turn + 1)
      if (feed >= 0 && feed < from) feed = chunk.indexOf(lineFeed, from)
      if (turn >= 0 && turn < from) turn = chunk.indexOf(carriageReturn, from)
    }
    this.#pending = chunk.length === 0 ? this.#pending : turn >= 0
    this.open = before + from
  }

  end(): void {
    // The last line needs no end.
  }
}

/** Deeper than any format goes, and far from where reading it again could exhaust the stack. */
const deepest = 100

class ObjectCutter implements Cutter {
  open = -1
  readonly #file: string
  #number = 0
  #depth = 0
  /** Depth at which records stand: 1 inside an array, 0 one after another, unknown before the first byte. */
  #outer: 0 | 1 | undefined
  #closed = false
  #inString = false
  /** Whether the chunk before ended in the first half of an escape. */
  #escaped = false

  constructor(file: string) {
    this.#file = file
  }

  cut(chunk: Uint8Array, before: number, bounds: number[]): void {
    if (this.open > 0) this.open = 0
    const { length } = chunk
    let at = this.#inString ? this.#endOfString(chunk, 0) : 0
    while (at < length) {
      const byte = chunk[at] ?? 0
      if (byte === quote) {
        if (this.open < 0) this.#stray(byte)
        at = this.#endOfString(chunk, at + 1)
        continue
      }
      if (byte === 0x7b || byte === 0x5b) {
        if (this.open < 0 && this.#begins(byte)) this.open = before + at
        if (++this.#depth > deepest) this.#fail(`nests deeper than ${deepest} levels`)
      } else if (byte === 0x7d || byte === 0x5d) {
        if (this.open < 0) this.#closeArray(byte)
        else if (--this.#depth === this.#outer) {
          bounds.push(this.open, before + at + 1)
          this.open = -1
          this.#number++
        }
      } else if (this.open < 0 && !isBetween(byte)) this.#stray(byte)
      at++
    }
  }

  /** Takes an opening bracket between records: true when one begins, false for the array. */
  #begins(byte: number): boolean {
    if (this.#outer === undefined) {
      this.#outer = byte === 0x5b ? 1 : 0
      if (byte === 0x5b) return false
    }
    if (this.#closed || byte === 0x5b) this.#stray(byte)
    return true
  }

  /** Where the string that `start` stands in ends; the end of the chunk when it goes on after it. */
  #endOfString(chunk: Uint8Array, start: number): number {
    let at = this.#escaped ? start + 1 : start
    this.#escaped = false
    this.#inString = true
    for (;;) {
      const end = nextQuote(chunk, at)
      let slashes = 0
      while (end - slashes > at && chunk[end - slashes - 1] === 0x5c) slashes++
      if (end >= chunk.length) {
        this.#escaped = slashes % 2 === 1
        return chunk.length
      }
      at = end + 1
      if (slashes % 2 === 1) continue
      this.#inString = false
      return at
    }
  }

  #closeArray(byte: number): void {
    if (this.#closed || this.#outer !== 1 || byte !== 0x5d) this.#stray(byte)
    this.#closed = true
    this.#depth = 0
  }

  #stray(byte: number): never {
    this.#fail(`has '${String.fromCharCode(byte)}' where an object of JSON should begin`)
  }

  #fail(reason: string): never {
    throw new InputFault(this.#file, `after record ${this.#number}`, reason)
  }

  end(): void {
    if (this.open >= 0 || (this.#outer === 1 && !this.#closed))
      this.#fail('ends in the middle: the file is cut off')
  }
}

const quote = 0x22

/** The next quotation mark; near ones are found sooner without the call that finds far ones sooner. */
function nextQuote(chunk: Uint8Array, from: number): number {
  const near = Math.min(from + 24, chunk.length)
  for (let at = from; at < near; at++) if (chunk[at] === quote) return at
  const far = chunk.indexOf(quote, near)
  return far < 0 ? chunk.length : far
}

/** White space, or the comma between elements. */
function isBetween(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09 || byte === 0x2c
}
