import type { Item } from './model.ts'
import { isObject } from './checked.ts'
import { type LabelSchema, schemaRef } from './label-schema.ts'
import type { Controls } from './label-studio/controls.ts'
import type { Losses } from './losses.ts'
import type { Unit } from './offsets.ts'

/** What a reader reads from: one file, or the files of a folder by their relative names. */
export interface InputFiles {
  readonly names: readonly string[]
  open(name: string): AsyncIterable<Uint8Array>
}

/** What a reader needs beside its input. */
export interface ReadOptions {
  readonly losses: Losses
  /** Called with each record that is refused. Throwing it ends the reading; returning goes on. */
  readonly refuse: (fault: InputFault) => void
  readonly schema?: LabelSchema
  /** The names of a Label Studio configuration, where results use others than `controlsOf` gives. */
  readonly controls?: Controls
  /** Samples per second, for formats that count seconds and do not say it. */
  readonly rate?: number
  /** What offsets into a text count, where a format leaves it open. */
  readonly unit?: Unit
  /** SHA-256 of a text in lower-case hex; where it is given, text annotations carry the hash. */
  readonly sha256?: (text: string) => string
}

/** Yields the items of an input in its order, holding no more than one record of it. */
export type Reader = (input: InputFiles, options: ReadOptions) => AsyncGenerator<Item>

/** What was wrong with the input, and where. Says places, never content. */
export class InputFault extends Error {
  override readonly name = 'InputFault'
  readonly file: string
  /** Such as `line 3` or `record 17, byte 40`; empty when it is the file as a whole. */
  readonly place: string
  readonly reason: string

  constructor(file: string, place: string, reason: string) {
    super(`${file}${place === '' ? '' : `, ${place}`}: ${reason}`)
    this.file = file
    this.place = place
    this.reason = reason
  }
}

/** The longest single record that is held in memory. */
export const longestRecord = 256 * 1024 * 1024

/** A piece of the input with its number, counted from 1. */
export interface Numbered {
  readonly number: number
  readonly text: string
}

/** The lines of a UTF-8 input, without their ends (LF or CR LF) and without a leading mark. */
export async function* readLines(
  bytes: AsyncIterable<Uint8Array>,
  file: string,
): AsyncGenerator<Numbered> {
  let number = 0
  for await (const line of splitLines(bytes, file)) {
    number++
    const text = decodeUtf8(line, file, `line ${number}`)
    yield { number, text: text.endsWith('\r') ? text.slice(0, -1) : text }
  }
}

const lineFeed = 0x0a

async function* splitLines(bytes: AsyncIterable<Uint8Array>, file: string) {
  const held = new Held(file)
  for await (const chunk of withoutMark(bytes, file)) {
    let from = 0
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, from)) {
      yield held.close(chunk.subarray(from, end))
      from = end + 1
    }
    held.add(chunk.subarray(from))
  }
  if (held.length > 0) yield held.close(new Uint8Array())
}

/** The beginning of a record whose end is in a later chunk. */
class Held {
  readonly #file: string
  #parts: Uint8Array[] = []
  length = 0

  constructor(file: string) {
    this.#file = file
  }

  add(part: Uint8Array): void {
    if (part.length === 0) return
    this.length += part.length
    if (this.length > longestRecord)
      throw new InputFault(this.#file, '', `has a record longer than ${longestRecord} bytes`)
    // A reader may use its chunk again, so what is kept is a copy.
    this.#parts.push(part.slice())
  }

  close(last: Uint8Array): Uint8Array {
    if (this.length === 0) return last
    const whole = new Uint8Array(this.length + last.length)
    let at = 0
    for (const part of [...this.#parts, last]) {
      whole.set(part, at)
      at += part.length
    }
    this.#parts = []
    this.length = 0
    return whole
  }
}

/** Drops a UTF-8 mark (EF BB BF); refuses the marks of UTF-16. */
async function* withoutMark(bytes: AsyncIterable<Uint8Array>, file: string) {
  let head: Uint8Array | undefined = new Uint8Array()
  for await (const chunk of bytes) {
    if (head === undefined) {
      yield chunk
      continue
    }
    const start: Uint8Array = new Uint8Array([...head, ...chunk.subarray(0, 3)])
    if (start.length < 3 && head.length + chunk.length < 3) {
      head = start
      continue
    }
    refuseUtf16(start, file)
    const marked = start[0] === 0xef && start[1] === 0xbb && start[2] === 0xbf
    if (!marked && head.length > 0) yield head
    yield marked ? chunk.subarray(3 - head.length) : chunk
    head = undefined
  }
  if (head !== undefined && head.length > 0) {
    refuseUtf16(head, file)
    yield head
  }
}

function refuseUtf16([first, second]: Uint8Array, file: string): void {
  const little = first === 0xff && second === 0xfe
  if (little || (first === 0xfe && second === 0xff))
    throw new InputFault(
      file,
      'byte 0',
      `is UTF-16; say so with --encoding utf-16${little ? 'le' : 'be'}`,
    )
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The text of these bytes. Refuses what is not UTF-8 with the first bad byte, counted from 0. */
export function decodeUtf8(bytes: Uint8Array, file: string, place: string): string {
  try {
    return decoder.decode(bytes)
  } catch {
    const at = `byte ${firstBadByte(bytes)}`
    throw new InputFault(
      file,
      place === '' ? at : `${place}, ${at}`,
      'is not UTF-8; if it is another encoding, name it with --encoding',
    )
  }
}

/** Where the first sequence begins that is not UTF-8 (RFC 3629 section 4). */
export function firstBadByte(bytes: Uint8Array): number {
  let at = 0
  while (at < bytes.length) {
    const length = sequenceLength(bytes, at)
    if (length === 0) return at
    at += length
  }
  return at
}

function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0
  if (first < 0x80) return 1
  const length = first >= 0xc2 && first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0
  if (length === 0 || first < 0xc2) return 0
  const second = bytes[at + 1] ?? 0
  const least = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80
  const most = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf
  if (second < least || second > most) return 0
  for (let next = 2; next < length; next++) if (((bytes[at + next] ?? 0) & 0xc0) !== 0x80) return 0
  return length
}

/** The whole text of a file that is one document, at most 256 MiB, without a leading mark. */
export async function readWhole(bytes: AsyncIterable<Uint8Array>, file: string): Promise<string> {
  const held = new Held(file)
  for await (const chunk of withoutMark(bytes, file)) held.add(chunk)
  return decodeUtf8(held.close(new Uint8Array()), file, '')
}

/**
 * The elements of a JSON array, or the values of JSON Lines, each as its own text; nothing but the
 * element at hand is kept. Refuses a file that ends inside an element.
 */
export async function* readJsonElements(
  bytes: AsyncIterable<Uint8Array>,
  file: string,
): AsyncGenerator<Numbered> {
  const splitter = new ElementSplitter(file)
  for await (const chunk of withoutMark(bytes, file))
    for (const element of splitter.push(chunk)) yield element
  splitter.end()
}

class ElementSplitter {
  readonly #file: string
  readonly #held: Held
  #number = 0
  #depth = 0
  /** Depth at which elements stand: 1 inside an array, 0 in JSON Lines, unknown before the first byte. */
  #outer: 0 | 1 | undefined
  #closed = false
  #inString = false
  /** Whether the chunk before ended in the first half of an escape. */
  #escaped = false

  constructor(file: string) {
    this.#file = file
    this.#held = new Held(file)
  }

  *push(chunk: Uint8Array): Generator<Numbered> {
    let from = this.#depth > (this.#outer ?? 0) ? 0 : -1
    let at = 0
    while (at < chunk.length) {
      if (this.#inString) {
        at = this.#endOfString(chunk, at)
        continue
      }
      const byte = chunk[at] ?? 0
      if (byte === 0x22) {
        if (from < 0) this.#stray(byte)
        this.#inString = true
      } else if (byte === 0x7b || byte === 0x5b) {
        if (from < 0 && this.#begins(byte)) from = at
        this.#depth++
      } else if (byte === 0x7d || byte === 0x5d) {
        if (from < 0) this.#closeArray(byte)
        else if (--this.#depth === this.#outer) {
          yield this.#element(chunk.subarray(from, at + 1))
          from = -1
        }
      } else if (from < 0 && !isBetween(byte)) this.#stray(byte)
      at++
    }
    if (from >= 0) this.#held.add(chunk.subarray(from))
  }

  /** Takes an opening bracket between elements: true when an element begins, false for the array. */
  #begins(byte: number): boolean {
    if (this.#outer === undefined) {
      this.#outer = byte === 0x5b ? 1 : 0
      if (byte === 0x5b) return false
    }
    if (this.#closed || byte === 0x5b) this.#stray(byte)
    return true
  }

  /** Goes past the end of the string at hand; to the end of the chunk when it goes on after it. */
  #endOfString(chunk: Uint8Array, start: number): number {
    let at = this.#escaped ? start + 1 : start
    this.#escaped = false
    for (;;) {
      const quote = chunk.indexOf(0x22, at)
      const end = quote < 0 ? chunk.length : quote
      let slashes = 0
      while (end - slashes > at && chunk[end - slashes - 1] === 0x5c) slashes++
      const isEscaped = slashes % 2 === 1
      if (quote < 0) {
        this.#escaped = isEscaped
        return chunk.length
      }
      at = quote + 1
      if (isEscaped) continue
      this.#inString = false
      return at
    }
  }

  #element(last: Uint8Array): Numbered {
    const number = ++this.#number
    const bytes = this.#held.close(last)
    return { number, text: decodeUtf8(bytes, this.#file, `record ${number}`) }
  }

  #closeArray(byte: number): void {
    if (this.#closed || this.#outer !== 1 || byte !== 0x5d) this.#stray(byte)
    this.#closed = true
    this.#depth = 0
  }

  #stray(byte: number): never {
    throw new InputFault(
      this.#file,
      `after record ${this.#number}`,
      `has '${String.fromCharCode(byte)}' where an object of JSON should begin`,
    )
  }

  end(): void {
    if (this.#held.length > 0 || (this.#outer === 1 && !this.#closed))
      throw new InputFault(
        this.#file,
        `after record ${this.#number}`,
        'ends in the middle: the file is cut off',
      )
  }
}

/** White space, or the comma between elements. */
function isBetween(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09 || byte === 0x2c
}

/** The value of one record of JSON; what is not JSON is refused with the record's number. */
export function parseRecord({ number, text }: Numbered, file: string, unit = 'record'): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new InputFault(file, `${unit} ${number}`, 'is not JSON')
  }
}

/**
 * Runs `read` on one record. A fault of this record alone is handed to `refuse`, which decides
 * whether the reading goes on without it.
 */
export function attemptRecord<T>(options: ReadOptions, read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof InputFault)) throw error
    options.refuse(error)
    return undefined
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

/** The JSON objects of the input's files, one after another; those that are none are refused. */
export async function* readObjects(
  input: InputFiles,
  options: ReadOptions,
): AsyncGenerator<ObjectRecord> {
  for (const file of input.names)
    for await (const element of readJsonElements(input.open(file), file)) {
      const { number } = element
      const object = attemptRecord(options, () => {
        const value = parseRecord(element, file)
        if (!isObject(value)) throw new InputFault(file, `record ${number}`, 'is no JSON object')
        return value
      })
      const fault = (reason: string) => new InputFault(file, `record ${number}`, reason)
      if (object !== undefined) yield { object, file, number, fault }
    }
}

/** The name of the schema that what was read is said to follow. */
export function schemaNameOf({ schema }: ReadOptions): string {
  return schema === undefined ? 'imported@1' : schemaRef(schema)
}

/** The whole text of a document that may also be UTF-16, as its mark says. */
export async function readText(bytes: AsyncIterable<Uint8Array>, file: string): Promise<string> {
  const held = new Held(file)
  for await (const chunk of bytes) held.add(chunk)
  const whole = held.close(new Uint8Array())
  const [first, second] = whole
  if (first === 0xff && second === 0xfe) return decodeMarked(whole, 'utf-16le', file)
  if (first === 0xfe && second === 0xff) return decodeMarked(whole, 'utf-16be', file)
  const marked = first === 0xef && second === 0xbb && whole[2] === 0xbf
  return decodeUtf8(marked ? whole.subarray(3) : whole, file, '')
}

function decodeMarked(bytes: Uint8Array, encoding: 'utf-16le' | 'utf-16be', file: string): string {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes)
  } catch {
    throw new InputFault(file, '', 'is marked as UTF-16 and is not')
  }
}

/** The whole of a file, at most 256 MiB. */
export async function readBytes(
  bytes: AsyncIterable<Uint8Array>,
  file: string,
): Promise<Uint8Array> {
  const held = new Held(file)
  for await (const chunk of bytes) held.add(chunk)
  return held.close(new Uint8Array())
}
