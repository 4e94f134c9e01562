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

/** A refusal that names the line of the file. */
export function refusalAt(line: number, message: string): Refusal {
  return new Refusal(`line ${line}: ${message}`, line)
}

/** The columns in the order in which rows number them. */
export function columnsOf({ required, optional = [], order }: ReadOptions): readonly string[] {
  return order ?? [...required, ...optional]
}

/** Throws the fault of a line, or hands it to the reader's `onFault`. */
export function fault(options: ReadOptions, line: number, message: string): void {
  if (options.onFault === undefined) throw refusalAt(line, message)
  options.onFault({ line, message })
}

const decoder = new TextDecoder('utf-8', { fatal: true })

/** The text of UTF-8 bytes; refuses what is none. */
export function decode(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch {
    throw new Refusal('the text is not valid UTF-8.')
  }
}

/** A finite number from a column's text; refuses anything else without repeating it. */
export function toNumber(text: string, column: string): number {
  const value = text.trim() === '' ? NaN : Number(text)
  if (!Number.isFinite(value))
    throw new Refusal(`'${column}' is not a finite number. Write it like 3 or 0.25.`)
  return value
}
