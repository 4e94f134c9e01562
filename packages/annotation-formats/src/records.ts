import { decodeUtf8, Held, withoutMark } from './bytes.ts'
import { isObject } from './checked.ts'
import type { Item } from './model.ts'
import {
  attemptRecord,
  InputFault,
  type InputFiles,
  type Reader,
  type ReadOptions,
} from './reading.ts'

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

const lineFeed = 0x0a

class LineCutter implements Cutter {
  open = 0

  cut(chunk: Uint8Array, before: number, bounds: number[]): void {
    let from = 0
    for (let at = chunk.indexOf(lineFeed); at >= 0; at = chunk.indexOf(lineFeed, at + 1)) {
      bounds.push(from, before + at)
      from = before + at + 1
    }
    this.open = from
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

/** A record with its number, counted from 1. */
export interface Numbered {
  readonly number: number
  readonly text: string
}

/**
 * How a format of records is read: how its input is cut, and what makes items of one record. Nothing
 * that is said of one record hangs on another, so that runs of them may be read in any order.
 */
export interface Records {
  readonly cut: Cut
  /** A function that turns a record into items; faults are thrown. */
  readonly open: (options: ReadOptions) => (record: Numbered, file: string) => readonly Item[]
}

/** The reader of a format of records. */
export function readerOf({ cut, open }: Records): Reader {
  return async function* (input, options) {
    const read = open(options)
    for (const file of input.names)
      for await (const batch of cutRecords(input.open(file), file, cut))
        for (const record of recordsIn(batch, cut, options)) {
          const items = attemptRecord(options, () => read(record, file))
          if (items !== undefined) yield* items
        }
  }
}

/** The records of a batch as text; those that are not UTF-8 are refused and left out. */
export function* recordsIn(
  { file, first, bytes, bounds }: Batch,
  cut: Cut,
  options: Pick<ReadOptions, 'refuse'>,
): Generator<Numbered> {
  const word = cut === 'lines' ? 'line' : 'record'
  for (let place = 0; place < bounds.length; place += 2) {
    const number = first + place / 2
    const record = bytes.subarray(bounds[place], bounds[place + 1])
    const text = attemptRecord(options, () => decodeUtf8(record, file, `${word} ${number}`))
    if (text !== undefined) yield { number, text }
  }
}

/** The lines of an input, without their ends (LF or CR LF). Refuses what is not UTF-8. */
export async function* readLines(
  bytes: AsyncIterable<Uint8Array>,
  file: string,
): AsyncGenerator<Numbered> {
  for await (const batch of cutRecords(bytes, file, 'lines'))
    for (const { number, text } of recordsIn(batch, 'lines', strict))
      yield { number, text: text.endsWith('\r') ? text.slice(0, -1) : text }
}

const strict = {
  refuse: (fault: InputFault) => {
    throw fault
  },
}

/** The value of one record of JSON; what is not JSON is refused with the record's number. */
export function parseRecord({ number, text }: Numbered, file: string, unit = 'record'): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new InputFault(file, `${unit} ${number}`, 'is not JSON')
  }
}

/** A JSON object of the input, with its place. */
export interface ObjectRecord {
  readonly object: Readonly<Record<string, unknown>>
  readonly file: string
  readonly number: number
  /** The fault of this record that says why it is refused. */
  readonly fault: (reason: string) => InputFault
}

/** How a format is read of which each record is a JSON object. */
export function objectRecords(
  open: (options: ReadOptions) => (record: ObjectRecord) => readonly Item[],
): Records {
  return {
    cut: 'objects',
    open: (options) => {
      const read = open(options)
      return (record, file) => read(objectIn(record, file))
    },
  }
}

function objectIn(record: Numbered, file: string): ObjectRecord {
  const { number } = record
  const fault = (reason: string) => new InputFault(file, `record ${number}`, reason)
  const object = parseRecord(record, file)
  if (!isObject(object)) throw fault('is no JSON object')
  return { object, file, number, fault }
}

/** The JSON objects of the input's files, one after another; those that are none are refused. */
export async function* readObjects(
  input: InputFiles,
  options: ReadOptions,
): AsyncGenerator<ObjectRecord> {
  for (const file of input.names)
    for await (const batch of cutRecords(input.open(file), file, 'objects'))
      for (const record of recordsIn(batch, 'objects', options)) {
        const object = attemptRecord(options, () => objectIn(record, file))
        if (object !== undefined) yield object
      }
}
