import { Refusal } from '../refusal.ts'
import { type Dictionary } from './dictionary.ts'

/** How the rows of a file are written. */
export type TableFormat = 'csv' | 'jsonl'

/** One row of a table. Columns are asked for by their place in the list given to readRows. */
export interface Row {
  /** Where the row begins, counted from 1. */
  readonly line: number
  /** Whether the column is there and not empty. */
  has(column: number): boolean
  /** The column as text; '' where it is empty or absent. */
  text(column: number): string
  /** The column as a finite number; refuses anything else. */
  number(column: number): number
  /** The code of the column's text in the dictionary. */
  code(column: number, dictionary: Dictionary): number
}

/** A fault in one line of a table. */
export interface LineFault {
  readonly line: number
  readonly message: string
}

export interface ReadOptions {
  readonly format: TableFormat
  readonly required: readonly string[]
  readonly optional?: readonly string[]
  /** The columns in the order in which rows number them; required, then optional, unless said. */
  readonly order?: readonly string[]
  /** Called for each line at fault, which is then left out; without it the first fault is thrown. */
  readonly onFault?: ((fault: LineFault) => void) | undefined
}

/** A record may be this long; a longer one is a quote that was never closed. */
const longestRecord = 16 * 1024 * 1024

/** A refusal that names the line of the file. */
export function refusalAt(line: number, message: string): Refusal {
  return new Refusal(`line ${line}: ${message}`, line)
}

/**
 * Reads a table from a stream of bytes and hands its rows to `onRow`, one after another; memory does
 * not grow with the file. CSV follows RFC 4180 (quotes, CRLF or LF, a byte order mark is skipped)
 * with a header line; JSONL has one object a line. Columns may stand in any order; others are
 * ignored. `onRow` may throw a Refusal, which becomes a fault of that line.
 *
 * Refuses, whatever `onFault`: a header without a required column, and a record over 16 MiB.
 */
export async function readRows(
  source: AsyncIterable<Uint8Array>,
  options: ReadOptions,
  onRow: (row: Row) => void,
): Promise<void> {
  const reader = options.format === 'csv' ? new CsvReader(options) : new JsonlReader(options)
  const deliver = (row: Row) => {
    try {
      onRow(row)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      fault(options, row.line, error.message)
    }
  }
  let kept: Uint8Array = new Uint8Array(0)
  for await (const chunk of source) {
    const buffer = new Uint8Array(kept.length + chunk.length)
    buffer.set(kept)
    buffer.set(chunk, kept.length)
    kept = buffer.subarray(reader.take(buffer, deliver))
    if (kept.length > longestRecord)
      throw refusalAt(reader.line, 'the record is longer than 16 MiB. Is a quote left open?')
  }
  if (kept.length > 0) {
    const last = new Uint8Array(kept.length + 1)
    last.set(kept)
    last[kept.length] = newline
    const taken = reader.take(last, deliver)
    if (taken < last.length) fault(options, reader.line, 'a quote is left open at the end.')
  }
  reader.finish()
}

function columnsOf({ required, optional = [], order }: ReadOptions): readonly string[] {
  return order ?? [...required, ...optional]
}

function fault(options: ReadOptions, line: number, message: string): void {
  if (options.onFault === undefined) throw refusalAt(line, message)
  options.onFault({ line, message })
}

const newline = 10
const carriageReturn = 13
const quote = 34
const comma = 44
const decoder = new TextDecoder('utf-8', { fatal: true })

function decode(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch {
    throw new Refusal('the text is not valid UTF-8.')
  }
}

function toNumber(text: string): number {
  const value = text.trim() === '' ? NaN : Number(text)
  if (!Number.isFinite(value))
    throw new Refusal(`'${text.slice(0, 40)}' is not a finite number. Write it like 3 or 0.25.`)
  return value
}

class CsvReader implements Row {
  line = 1
  readonly #options: ReadOptions
  #buffer: Uint8Array = new Uint8Array(0)
  #fields = 0
  #from = new Int32Array(16)
  #to = new Int32Array(16)
  /** Field number of each wanted column, −1 where it is absent; undefined before the header. */
  #places: Int32Array | undefined
  #headerFields = 0
  /** Whether the record at hand has text after a closing quote. */
  #broken = false

  constructor(options: ReadOptions) {
    this.#options = options
  }

  /** Takes whole records from the buffer; answers where the first unfinished one begins. */
  take(buffer: Uint8Array, deliver: (row: Row) => void): number {
    this.#buffer = buffer
    let start = 0
    if (
      this.#places === undefined &&
      buffer[0] === 0xef &&
      buffer[1] === 0xbb &&
      buffer[2] === 0xbf
    )
      start = 3
    for (;;) {
      const lineHere = this.line
      const end = this.#split(start)
      if (end < 0) return start
      const blank = this.#fields === 1 && this.#from[0] === this.#to[0]
      if (!blank) this.#record(lineHere, deliver)
      start = end
    }
  }

  /** Splits the record at `start` into fields; answers where the next begins, or −1. */
  #split(start: number): number {
    const buffer = this.#buffer
    let at = start
    let lines = 0
    this.#fields = 0
    this.#broken = false
    for (;;) {
      if (buffer[at] === quote) {
        const from = ++at
        // A quoted field ends at a quote that is not doubled.
        for (; at < buffer.length; at++) {
          if (buffer[at] === newline) lines++
          if (buffer[at] !== quote) continue
          if (buffer[at + 1] !== quote) break
          at++
        }
        this.#field(from, at++)
        if (buffer[at] === carriageReturn) at++
        if (buffer[at] !== comma && buffer[at] !== newline) this.#broken = true
      } else {
        const from = at
        at = this.#endOfPlain(at)
        const closed = buffer[at] === newline && at > from && buffer[at - 1] === carriageReturn
        this.#field(from, closed ? at - 1 : at)
      }
      at = this.#endOfPlain(at)
      if (at >= buffer.length) return -1
      if (buffer[at++] === newline) break
    }
    this.line += lines + 1
    return at
  }

  #endOfPlain(from: number): number {
    const buffer = this.#buffer
    let at = from
    while (at < buffer.length && buffer[at] !== comma && buffer[at] !== newline) at++
    return at
  }

  #field(from: number, to: number): void {
    if (this.#fields === this.#from.length) {
      const grow = (old: Int32Array) => {
        const longer = new Int32Array(old.length * 2)
        longer.set(old)
        return longer
      }
      this.#from = grow(this.#from)
      this.#to = grow(this.#to)
    }
    this.#from[this.#fields] = from
    this.#to[this.#fields++] = to
  }

  #record(line: number, deliver: (row: Row) => void): void {
    if (this.#places === undefined) {
      this.#header(line)
      return
    }
    if (this.#broken) {
      fault(this.#options, line, 'text follows a closing quote. Double the quotes inside a field.')
      return
    }
    if (this.#fields !== this.#headerFields) {
      fault(
        this.#options,
        line,
        `${this.#fields} fields where the header has ${this.#headerFields}. Quote a field that holds a comma.`,
      )
      return
    }
    const next = this.line
    this.line = line
    deliver(this)
    this.line = next
  }

  #header(line: number): void {
    const names = Array.from({ length: this.#fields }, (_, k) => this.#fieldText(k).trim())
    const { required } = this.#options
    const missing = required.filter((name) => !names.includes(name))
    if (missing.length > 0)
      throw refusalAt(
        line,
        `the header lacks ${missing.map((m) => `'${m}'`).join(', ')}; it has ${names.join(', ').slice(0, 200)}.`,
      )
    this.#places = Int32Array.from(columnsOf(this.#options), (name) => names.indexOf(name))
    this.#headerFields = this.#fields
  }

  finish(): void {
    if (this.#places === undefined)
      throw refusalAt(1, 'the file is empty; a header line is needed.')
  }

  #place(column: number): number {
    return this.#places === undefined ? -1 : this.#places[column]
  }

  has(column: number): boolean {
    const k = this.#place(column)
    return k >= 0 && this.#to[k] > this.#from[k]
  }

  text(column: number): string {
    const k = this.#place(column)
    return k < 0 ? '' : this.#fieldText(k)
  }

  #fieldText(k: number): string {
    const text = decode(this.#buffer.subarray(this.#from[k], this.#to[k]))
    return this.#isQuoted(k) ? text.replaceAll('""', '"') : text
  }

  #isQuoted(k: number): boolean {
    return this.#from[k] > 0 && this.#buffer[this.#from[k] - 1] === quote
  }

  number(column: number): number {
    return toNumber(this.text(column))
  }

  code(column: number, dictionary: Dictionary): number {
    const k = this.#place(column)
    if (k < 0) return dictionary.codeOf('')
    return this.#isQuoted(k)
      ? dictionary.codeOf(this.#fieldText(k))
      : dictionary.codeOfBytes(this.#buffer, this.#from[k], this.#to[k])
  }
}

class JsonlReader implements Row {
  line = 0
  readonly #options: ReadOptions
  readonly #columns: readonly string[]
  #value: Readonly<Record<string, unknown>> = {}

  constructor(options: ReadOptions) {
    this.#options = options
    this.#columns = columnsOf(options)
  }

  take(buffer: Uint8Array, deliver: (row: Row) => void): number {
    let start = 0
    for (;;) {
      const end = buffer.indexOf(newline, start)
      if (end < 0) return start
      this.line++
      this.#record(buffer.subarray(start, end), deliver)
      start = end + 1
    }
  }

  #record(bytes: Uint8Array, deliver: (row: Row) => void): void {
    let value: unknown
    try {
      const text = decode(bytes).trim()
      if (text === '') return
      value = JSON.parse(text)
    } catch (error) {
      const message = error instanceof Refusal ? error.message : 'this is not a JSON object.'
      fault(this.#options, this.line, message)
      return
    }
    if (!isRecord(value)) {
      fault(this.#options, this.line, 'this is not a JSON object.')
      return
    }
    const missing = this.#options.required.find((name) => value[name] === undefined)
    if (missing !== undefined) {
      fault(this.#options, this.line, `the object lacks '${missing}'.`)
      return
    }
    this.#value = value
    deliver(this)
  }

  finish(): void {
    if (this.line === 0) throw refusalAt(1, 'the file is empty.')
  }

  has(column: number): boolean {
    return this.text(column) !== ''
  }

  text(column: number): string {
    const value = this.#value[this.#columns[column]]
    if (typeof value === 'string') return value
    if (typeof value === 'number' || typeof value === 'boolean') return String(value)
    if (value == null) return ''
    if (Array.isArray(value)) return value.map(String).join('|')
    throw new Refusal(`'${this.#columns[column]}' must be a text, a number or a list.`)
  }

  number(column: number): number {
    return toNumber(this.text(column))
  }

  code(column: number, dictionary: Dictionary): number {
    return dictionary.codeOf(this.text(column))
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
