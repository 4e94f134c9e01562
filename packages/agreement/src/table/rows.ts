import { Refusal } from '../refusal.ts'
import { CsvReader } from './csv.ts'
import { JsonlReader } from './jsonl.ts'
import { fault, type ReadOptions, refusalAt, type Row } from './row.ts'

/** A record may be this long; a longer one is a quote that was never closed. */
const longestRecord = 16 * 1024 * 1024

const newline = 10

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
