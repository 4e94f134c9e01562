import { parquetReadObjects, snappyUncompress } from 'hyparquet'
import { ByteWriter, ParquetWriter } from 'hyparquet-writer'
import { attemptRecord, InputFault, type Reader } from './reading.ts'
import { readBytes } from './bytes.ts'
import { type Column, columns, lastItem, rowsOf, TableItems, type TableRow } from './table.ts'
import type { Writer } from './writing.ts'

const rowGroup = 10_000

/** Columns that hold numbers; all others hold text. */
const numeric: readonly string[] = ['from', 'to', 'from_utf16', 'to_utf16']

const root = { name: 'root', num_children: columns.length }
const text = { type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' } as const
const integer = { type: 'INT64', repetition_type: 'OPTIONAL' } as const

/** Writes the table of regions as Parquet, in row groups of 10,000 rows. It loses nothing. */
export const writeParquet: Writer = ({ out }) => {
  const bytes = new ByteWriter()
  const schema = [
    root,
    ...columns.map((name) => ({ name, ...(numeric.includes(name) ? integer : text) })),
  ]
  const parquet = new ParquetWriter({ writer: bytes, schema, createdBy: 'cloister' })
  let rows: TableRow[] = []
  const flush = () => {
    if (rows.length > 0)
      void parquet.write({
        columnData: columns.map((name) => ({ name, data: rows.map((row) => cellOf(row, name)) })),
        rowGroupSize: rowGroup,
      })
    rows = []
    // The footer needs where things stand in the file, not the bytes: what is written may leave.
    out('', bytes.getBytes().slice())
    bytes.index = 0
  }
  return {
    add(item) {
      rows.push(...rowsOf(item))
      if (rows.length >= rowGroup) flush()
    },
    end() {
      flush()
      void parquet.finish()
      out('', bytes.getBytes().slice())
    },
  }
}

function cellOf(row: TableRow, name: Column): string | bigint | null {
  const cell = row[name]
  return numeric.includes(name) ? (cell === '' ? null : BigInt(cell)) : cell
}

/**
 * Reads the table of regions from a Parquet file of at most 256 MiB, row group by row group. A page
 * that says it is longer than 256 MiB when it is decompressed is refused before it is.
 */
export const readParquet: Reader = async function* (input, options) {
  for (const file of input.names) {
    const bytes = await readBytes(input.open(file), file)
    const items = new TableItems()
    const buffer = {
      byteLength: bytes.length,
      slice: (from: number, to?: number) => bytes.slice(from, to).buffer,
    }
    for (let start = 0, more = true; more; start += rowGroup) {
      const rows = await readGroup(buffer, start, file)
      for (const [place, row] of rows.entries()) {
        const item = attemptRecord(options, () =>
          items.add(row, (reason) => new InputFault(file, `row ${start + place + 1}`, reason)),
        )
        if (item !== undefined) yield item
      }
      more = rows.length === rowGroup
    }
    const last = lastItem(items, options)
    if (last !== undefined) yield last
  }
}

const longestPage = 256 * 1024 * 1024

const compressors = {
  SNAPPY: (page: Uint8Array, length: number): Uint8Array => {
    if (length > longestPage) throw new RangeError(`a page is longer than ${longestPage} bytes`)
    const plain = new Uint8Array(length)
    snappyUncompress(page, plain)
    return plain
  },
}

interface ParquetBuffer {
  readonly byteLength: number
  slice(from: number, to?: number): ArrayBuffer
}

async function readGroup(
  file: ParquetBuffer,
  start: number,
  name: string,
): Promise<Partial<TableRow>[]> {
  try {
    const rows = await parquetReadObjects({
      file,
      rowStart: start,
      rowEnd: start + rowGroup,
      compressors,
    })
    return rows.map((row) =>
      Object.fromEntries(
        Object.entries(row).flatMap(([column, value]) =>
          typeof value === 'string' ? [[column, value]] : [],
        ),
      ),
    )
  } catch (error) {
    if (error instanceof RangeError && error.message.startsWith('a page'))
      throw new InputFault(name, '', `has a page longer than ${longestPage} bytes`)
    throw new InputFault(name, '', 'is not a Parquet file, or is damaged')
  }
}
