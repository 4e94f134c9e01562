import { type Dictionary } from './dictionary.ts'
import { columnsOf, decode, fault, type ReadOptions, refusalAt, type Row, toNumber } from './row.ts'

const newline = 10
const carriageReturn = 13
const quote = 34
const comma = 44
/** Reads CSV by RFC 4180 from buffers of its own; hands itself out as the row at hand. */
export class CsvReader implements Row {
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
        `the header lacks ${missing.map((m) => `'${m}'`).join(', ')}. The first line must name the columns.`,
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
    return toNumber(this.text(column), columnsOf(this.#options)[column])
  }

  code(column: number, dictionary: Dictionary): number {
    const k = this.#place(column)
    if (k < 0) return dictionary.codeOf('')
    return this.#isQuoted(k)
      ? dictionary.codeOf(this.#fieldText(k))
      : dictionary.codeOfBytes(this.#buffer, this.#from[k], this.#to[k])
  }
}
