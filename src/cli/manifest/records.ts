import { createHash } from 'node:crypto'
import { isUtf8 } from 'node:buffer'
import { createReadStream } from 'node:fs'
import { type Encoding, longestRecord } from '#shared/imports.ts'
import { utf8Fault } from '#shared/utf8.ts'
import { Fault } from '../terminal.ts'

export type Form = 'jsonl' | 'csv'

/** One record of a manifest and the line that it begins on, counted from 1; or why it cannot be read. */
export type ManifestRecord =
  | { readonly line: number; readonly text: string }
  | { readonly line: number; readonly refused: string }

/** Told by the name's ending. @throws Fault for any other */
export function formOf(path: string): Form {
  if (/\.(jsonl|ndjson)$/i.test(path)) return 'jsonl'
  if (/\.csv$/i.test(path)) return 'csv'
  throw new Fault(`${path}: name a manifest .jsonl or .csv, by what is in it`, 2)
}

/** A manifest's bytes as they pass, counted and hashed. */
export class PassingFile {
  readonly #path: string
  readonly #digest = createHash('sha256')
  bytes = 0

  constructor(path: string) {
    this.#path = path
  }

  async *read(): AsyncGenerator<Buffer> {
    for await (const piece of createReadStream(this.#path, { highWaterMark: 256 * 1024 })) {
      if (!Buffer.isBuffer(piece)) continue
      this.#digest.update(piece)
      this.bytes += piece.length
      yield piece
    }
  }

  /** Of all that was read, in hexadecimal; asked once, at the end. */
  sha256(): string {
    return this.#digest.digest('hex')
  }
}

/**
 * Refuses a manifest that is in another encoding than UTF-8, before anything of it is taken in.
 * Halves of surrogate pairs are left to their rows. @throws Fault with line and byte
 */
export async function checkUtf8(path: string, pieces: AsyncIterable<Buffer>): Promise<void> {
  let line = 1
  let lineBytes = 0
  let tail = Buffer.alloc(0)
  const check = (bytes: Buffer) => {
    let from = 0
    for (let fault = utf8Fault(bytes); fault !== undefined; fault = utf8Fault(bytes, from)) {
      from = fault.at + 3
      if (fault.surrogate) continue
      const before = bytes.subarray(0, fault.at)
      const start = before.lastIndexOf(10) + 1
      const byte = fault.at - start + (start === 0 ? lineBytes : 0) + 1
      throw new Fault(
        `${path}: line ${line + newlines(before)}, byte ${byte} is not UTF-8; if the file is in ISO 8859-1, say --encoding latin1`,
      )
    }
  }
  for await (const piece of pieces) {
    const bytes = tail.length === 0 ? piece : Buffer.concat([tail, piece])
    const whole = wholeSequences(bytes)
    if (!isUtf8(bytes.subarray(0, whole))) check(bytes.subarray(0, whole))
    const last = bytes.subarray(0, whole).lastIndexOf(10)
    line += newlines(bytes.subarray(0, whole))
    lineBytes = last === -1 ? lineBytes + whole : whole - last - 1
    tail = Buffer.from(bytes.subarray(whole))
  }
  if (tail.length > 0) check(tail)
}

/** How many bytes at the front are not a sequence that has only begun. */
function wholeSequences(bytes: Buffer): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] ?? 0
    if (byte < 0x80) return bytes.length
    if (byte >= 0xc0) {
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2
      return length > back ? bytes.length - back : bytes.length
    }
  }
  return bytes.length
}

function newlines(bytes: Buffer): number {
  let count = 0
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) count++
  return count
}

/** The records of a manifest in order, without empty ones, each bounded in length. */
export async function* readRecords(
  pieces: AsyncIterable<Buffer>,
  form: Form,
  encoding: Encoding,
): AsyncGenerator<ManifestRecord> {
  let first = true
  for await (const { line, bytes } of split(pieces, form === 'csv' ? csvEnd() : lineEnd)) {
    let record = bytes
    if (
      first &&
      encoding === 'utf-8' &&
      record?.subarray(0, 3).toString('latin1') === '\xef\xbb\xbf'
    )
      record = record.subarray(3)
    first = false
    if (record === null) yield { line, refused: `row: is longer than ${longestRecord} bytes` }
    else if (encoding === 'utf-8' && !isUtf8(record)) yield { line, refused: brokenAt(record) }
    else {
      const text = record.toString(encoding === 'utf-8' ? 'utf8' : 'latin1').replace(/\r$/, '')
      if (text.trim() !== '') yield { line, text }
    }
  }
}

function brokenAt(record: Buffer): string {
  const fault = utf8Fault(record)
  return fault?.surrogate === true
    ? `row: byte ${fault.at + 1} begins half of a surrogate pair (CESU-8)`
    : `row: byte ${(fault?.at ?? 0) + 1} is not UTF-8`
}

/** Where the record that is being read ends: the place of its newline, or -1. */
type FindEnd = (bytes: Buffer, from: number) => number

function lineEnd(bytes: Buffer, from: number): number {
  return bytes.indexOf(10, from)
}

const [newline, quote, comma] = [10, 34, 44]

/** RFC 4180: a newline within quotes belongs to its field. Remembers where it stands between pieces. */
function csvEnd(): FindEnd {
  let state: 'start' | 'plain' | 'quoted' | 'quote' = 'start'
  return (bytes, from) => {
    for (let at = from; at < bytes.length; at++) {
      const byte = bytes[at]
      if (state === 'quoted') {
        if (byte === quote) state = 'quote'
      } else if (byte === newline) {
        state = 'start'
        return at
      } else if (byte === comma) state = 'start'
      else if (byte === quote && state !== 'plain') state = 'quoted'
      else state = 'plain'
    }
    return -1
  }
}

async function* split(pieces: AsyncIterable<Buffer>, findEnd: FindEnd) {
  let parts: Buffer[] = []
  let length = 0
  let [line, begun] = [1, 1]
  const add = (part: Buffer) => {
    length += part.length
    if (length <= longestRecord) parts.push(part)
    else parts = []
  }
  const take = () => {
    const bytes = length > longestRecord ? null : Buffer.concat(parts)
    const record = { line: begun, bytes }
    parts = []
    length = 0
    return record
  }
  for await (const piece of pieces) {
    let start = 0
    for (let end = findEnd(piece, 0); end !== -1; end = findEnd(piece, start)) {
      add(piece.subarray(start, end))
      yield take()
      line += newlines(piece.subarray(start, end + 1))
      begun = line
      start = end + 1
    }
    line += newlines(piece.subarray(start))
    add(piece.subarray(start))
  }
  if (length > 0) yield take()
}

/** The fields of a CSV record, or undefined where a quote stands wrong. */
export function csvFields(record: string): string[] | undefined {
  const fields: string[] = []
  for (let at = 0; ; at++) {
    const quoted = record[at] === '"'
    const end = quoted ? quotedEnd(record, at) : record.indexOf(',', at)
    const stop = end === -1 && !quoted ? record.length : end
    const field = record.slice(at, stop)
    if (stop === -1 || (!quoted && field.includes('"'))) return undefined
    fields.push(quoted ? field.slice(1, -1).replaceAll('""', '"') : field)
    at = stop
    if (at === record.length) return fields
    if (record[at] !== ',') return undefined
  }
}

/** The place after the quote that closes the field, or -1. */
function quotedEnd(record: string, from: number): number {
  for (let at = record.indexOf('"', from + 1); at !== -1; at = record.indexOf('"', at + 2))
    if (record[at + 1] !== '"') return at + 1
  return -1
}
