import { decodeUtf8 } from './bytes.ts'
import { isObject } from './checked.ts'
import { type Batch, type Cut, cutRecords } from './cut.ts'
import { ItemRefs } from './item-refs.ts'
import type { Item } from './model.ts'
import { namelessRef } from './names.ts'
import {
  attemptRecord,
  InputFault,
  type InputFiles,
  type Reader,
  type ReadOptions,
} from './reading.ts'

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
  /** True where records of one item that follow each other are several annotations of it. */
  readonly runs: boolean
  /** A function that turns a record into items; faults are thrown. */
  readonly open: (options: ReadOptions) => (record: Numbered, file: string) => readonly Item[]
}

/** The reader of a format of records. */
export function readerOf({ cut, runs, open }: Records): Reader {
  return async function* (input, options) {
    const read = open(options)
    const refs = new ItemRefs({ runs })
    for (const file of input.names)
      for await (const batch of cutRecords(input.open(file), file, cut))
        for (const record of recordsIn(batch, cut, options)) {
          const items = attemptRecord(options, () => read(record, file)) ?? []
          const [item] = items
          if (item !== undefined && refs.take(item, options, faultIn(record, file, cut)))
            yield* items
        }
  }
}

/** A fault of one record. */
export function faultIn({ number }: Pick<Numbered, 'number'>, file: string, cut: Cut) {
  return (reason: string) => new InputFault(file, `${wordFor(cut)} ${number}`, reason)
}

function wordFor(cut: Cut): string {
  return cut === 'lines' ? 'line' : 'record'
}

/** The records of a batch as text; those that are not UTF-8 are refused and left out. */
export function* recordsIn(
  { file, first, bytes, bounds }: Batch,
  cut: Cut,
  options: Pick<ReadOptions, 'refuse'>,
): Generator<Numbered> {
  for (let place = 0; place < bounds.length; place += 2) {
    const number = first + place / 2
    const record = bytes.subarray(bounds[place], bounds[place + 1])
    const text = attemptRecord(options, () => decodeUtf8(record, file, `${wordFor(cut)} ${number}`))
    if (text !== undefined) yield { number, text }
  }
}

/** A line of an input, its end apart: LF, CR LF, CR or, at the end of the file, nothing. */
export interface Line extends Numbered {
  readonly end: string
}

/**
 * The lines of an input, in runs of about one chunk. Those that are not UTF-8 are refused and left out.
 */
export async function* readLines(
  bytes: AsyncIterable<Uint8Array>,
  file: string,
  options: Pick<ReadOptions, 'refuse'>,
): AsyncGenerator<Iterable<Line>> {
  for await (const batch of cutRecords(bytes, file, 'lines')) yield linesIn(batch, options)
}

function* linesIn(batch: Batch, options: Pick<ReadOptions, 'refuse'>): Generator<Line> {
  const whole = plainText(batch)
  if (whole === undefined) {
    for (const { number, text } of recordsIn(batch, 'lines', options)) {
      const end = text.endsWith('\r\n') ? 2 : /[\r\n]$/.test(text) ? 1 : 0
      const length = text.length - end
      yield { number, text: text.slice(0, length), end: text.slice(length) }
    }
    return
  }
  let number = batch.first
  for (let from = 0; from < whole.length; number++) {
    const feed = whole.indexOf('\n', from)
    const to = feed < 0 ? whole.length : feed
    yield { number, text: whole.slice(from, to), end: feed < 0 ? '' : '\n' }
    from = to + 1
  }
}

/** A batch as one text, which is far quicker; undefined where a line must be looked at alone. */
function plainText({ bytes }: Batch): string | undefined {
  try {
    const text = decodeUtf8(bytes, '', '')
    return text.includes('\r') ? undefined : text
  } catch (error) {
    if (error instanceof InputFault) return undefined
    throw error
  }
}

/** The lines of a text that is held whole, without their ends: LF, CR LF or CR. */
export function linesOf(text: string): string[] {
  // Few texts hold a CR, and a regular expression takes far longer to find that out.
  return text.includes('\r') ? text.split(/\r\n|\n|\r/) : text.split('\n')
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
  /** What the item is called that has no reference of its own. */
  readonly ref: string
  /** The fault of this record that says why it is refused. */
  readonly fault: (reason: string) => InputFault
}

/** How a format is read of which each record is a JSON object. */
export function objectRecords(
  open: (options: ReadOptions) => (record: ObjectRecord) => readonly Item[],
  runs = true,
): Records {
  return {
    cut: 'objects',
    runs,
    open: (options) => {
      const read = open(options)
      return (record, file) => read(objectIn(record, file, options))
    },
  }
}

function objectIn(record: Numbered, file: string, options: ReadOptions): ObjectRecord {
  const { number } = record
  const fault = faultIn(record, file, 'objects')
  const object = parseRecord(record, file)
  if (!isObject(object)) throw fault('is no JSON object')
  return { object, file, number, ref: namelessRef(number, file, options), fault }
}

/** The JSON objects of the input's files, one after another; those that are none are refused. */
export async function* readObjects(
  input: InputFiles,
  options: ReadOptions,
): AsyncGenerator<ObjectRecord> {
  for (const file of input.names)
    for await (const batch of cutRecords(input.open(file), file, 'objects'))
      for (const record of recordsIn(batch, 'objects', options)) {
        const object = attemptRecord(options, () => objectIn(record, file, options))
        if (object !== undefined) yield object
      }
}
