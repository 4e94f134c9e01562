import { Refusal } from '../refusal.ts'
import { type Dictionary } from './dictionary.ts'
import { columnsOf, decode, fault, type ReadOptions, refusalAt, type Row, toNumber } from './row.ts'

const newline = 10

/** Reads one JSON object a line; hands itself out as the row at hand. */
export class JsonlReader implements Row {
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
    return toNumber(this.text(column), this.#columns[column])
  }

  code(column: number, dictionary: Dictionary): number {
    return dictionary.codeOf(this.text(column))
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
