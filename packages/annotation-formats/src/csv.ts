import { attemptRecord, InputFault, type ReadOptions } from './reading.ts'
import { type Line, readLines } from './records.ts'

/** A row of a table and the line that it begins on. */
export interface Row {
  readonly cells: readonly string[]
  readonly line: number
}

/**
 * The rows of comma- or tab-separated values (RFC 4180), one at a time. Cells in quotes may hold
 * separators, quotes and line ends, which stay as they are. A row with a line that is refused is left
 * out as a whole.
 */
export async function* readRows(
  bytes: AsyncIterable<Uint8Array>,
  file: string,
  separator: ',' | '\t',
  options: Pick<ReadOptions, 'refuse'>,
): AsyncGenerator<Row> {
  const splitter = new RowSplitter(file, separator)
  const inside = {
    refuse: (fault: InputFault) => {
      splitter.spoil()
      options.refuse(fault)
    },
  }
  for await (const run of readLines(bytes, file, inside))
    for (const line of run) {
      const row = attemptRecord(inside, () => splitter.line(line))
      if (row !== undefined) yield row
    }
  attemptRecord(options, () => {
    splitter.end()
  })
}

class RowSplitter {
  readonly #file: string
  readonly #separator: string
  #cells: string[] = []
  /** A cell in quotes that goes on in the next line. */
  #open: string | undefined
  #first = 0
  #isSpoiled = false

  constructor(file: string, separator: string) {
    this.#file = file
    this.#separator = separator
  }

  /** Notes that a line was refused: where it is part of a row, the row is not whole. */
  spoil(): void {
    if (this.#open === undefined) this.#cells = []
    else this.#isSpoiled = true
  }

  line({ text, number, end }: Line): Row | undefined {
    let at = 0
    if (this.#open === undefined) {
      if (text === '') return undefined
      this.#first = number
    } else {
      at = this.#quoted(text, 0, this.#open, end)
      if (at < 0) return undefined
    }
    while (at <= text.length) {
      if (text[at] === '"') {
        at = this.#quoted(text, at + 1, '', end)
        if (at < 0) return undefined
      } else {
        const next = text.indexOf(this.#separator, at)
        this.#cells.push(text.slice(at, next < 0 ? text.length : next))
        at = next < 0 ? text.length + 1 : next + 1
      }
    }
    const row = this.#isSpoiled ? undefined : { cells: this.#cells, line: this.#first }
    this.#cells = []
    this.#isSpoiled = false
    return row
  }

  /** Takes a cell up to its closing quote; where the next cell begins, or -1 when the line ends first. */
  #quoted(text: string, start: number, before: string, end: string): number {
    let cell = before
    let at = start
    for (;;) {
      const quote = text.indexOf('"', at)
      if (quote < 0) {
        this.#open = cell + text.slice(at) + end
        if (this.#open.length > 100_000_000)
          this.#fail('has a cell longer than 100,000,000 characters')
        return -1
      }
      cell += text.slice(at, quote)
      if (text[quote + 1] === '"') {
        cell += '"'
        at = quote + 2
        continue
      }
      this.#open = undefined
      this.#cells.push(cell)
      const after = text[quote + 1]
      if (after !== undefined && after !== this.#separator)
        this.#fail('has text after a closing quote')
      return after === undefined ? text.length + 1 : quote + 2
    }
  }

  #fail(reason: string): never {
    throw new InputFault(this.#file, `line ${this.#first}`, reason)
  }

  end(): void {
    if (this.#open !== undefined) this.#fail('has a quote that is never closed')
  }
}

/** What a spreadsheet would take for a formula (OWASP, CSV Injection). */
const formula = /^'*[=+\-@\t\r]/

/**
 * A row as text. A cell that a spreadsheet would run as a formula gets a leading apostrophe, which
 * `plainCell` takes away again.
 */
export function rowText(cells: readonly string[], separator: ',' | '\t'): string {
  const written = cells.map((cell) => {
    const safe = formula.test(cell) ? `'${cell}` : cell
    return /[",\t\n\r]/.test(safe) || safe !== safe.trim()
      ? `"${safe.replaceAll('"', '""')}"`
      : safe
  })
  return `${written.join(separator)}\n`
}

/** A cell without the apostrophe that keeps it from being a formula. */
export function plainCell(cell: string): string {
  return cell.startsWith("'") && formula.test(cell.slice(1)) ? cell.slice(1) : cell
}
