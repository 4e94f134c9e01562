import { parquetReadObjects, snappyUncompress } from 'hyparquet'
import { ByteWriter, ParquetWriter } from 'hyparquet-writer'
import { longestRecord, readBytes } from './bytes.ts'
import { ItemRefs } from './item-refs.ts'
import { attemptReading, InputFault, type Reader } from './reading.ts'
import { type Column, columns, rowsOf, TableItems, type TableRow } from './table.ts'
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

/** How much of a Parquet file is held in memory, in bytes, and refused past it. */
interface ParquetBounds {
  readonly file: number
  /** A page when it is decompressed. */
  readonly page: number
}

/**
 * Reads the table of regions from a Parquet file of at most 256 MiB, row group by row group. A page
 * that says it is longer than 256 MiB when it is decompressed is refused before it is.
 */
export const readParquet: Reader = parquetReader({ file: longestRecord, page: longestRecord })

/** The reader of Parquet with bounds of its own. */
export function parquetReader(most: ParquetBounds): Reader {
  return async function* (input, options) {
    const refs = new ItemRefs({ runs: true })
    for (const file of input.names) {
      const bytes = await attemptReading(options, () =>
        readBytes(input.open(file), file, most.file),
      )
      if (bytes === undefined) continue
      const items = new TableItems(options, refs)
      const buffer = {
        byteLength: bytes.length,
        slice: (from: number, to?: number) => bytes.slice(from, to).buffer,
      }
      for (let start = 0, more = true; more; start += rowGroup) {
        const rows = await attemptReading(options, () => readGroup(buffer, start, file, most))
        if (rows === undefined) items.spoil()
        for (const [place, row] of rows?.entries() ?? []) {
          const number = start + place + 1
          const item = items.add(row, (reason) => new InputFault(file, `row ${number}`, reason))
          if (item !== undefined) yield item
        }
        more = rows?.length === rowGroup
      }
      const last = items.end()
      if (last !== undefined) yield last
    }
  }
}

/** Thrown where a cell of text is none, and turned into a fault of the file. */
class NotUtf8 extends Error {}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const parsers = {
  stringFromBytes: (bytes: Uint8Array): string => {
    try {
      return decoder.decode(bytes)
    } catch (cause) {
      throw new NotUtf8('not UTF-8', { cause })
    }
  },
}

/** Thrown where a page is past its bound, and turned into a fault of the file. */
class PageTooLong extends Error {}

function compressorsOf({ page: most }: ParquetBounds) {
  return {
    SNAPPY: (page: Uint8Array, length: number): Uint8Array => {
      if (length > most) throw new PageTooLong()
      const plain = new Uint8Array(length)
      snappyUncompress(page, plain)
      return plain
    },
  }
}

interface ParquetBuffer {
  readonly byteLength: number
  slice(from: number, to?: number): ArrayBuffer
}

async function readGroup(
  file: ParquetBuffer,
  start: number,
  name: string,
  most: ParquetBounds,
): Promise<Partial<TableRow>[]> {
  try {
    const rows = await parquetReadObjects({
      file,
      rowStart: start,
      rowEnd: start + rowGroup,
      compressors: compressorsOf(most),
      parsers,
    })
    return rows.map((row) =>
      Object.fromEntries(
        Object.entries(row).flatMap(([column, value]) =>
          typeof value === 'string' ? [[column, value]] : [],
        ),
      ),
    )
  } catch (error) {
    if (error instanceof NotUtf8) throw new InputFault(name, '', 'holds a text that is not UTF-8')
    if (error instanceof PageTooLong)
      throw new InputFault(name, '', `has a page longer than ${most.page} bytes`)
    throw new InputFault(name, '', 'is not a Parquet file, or is damaged')
  }
}
