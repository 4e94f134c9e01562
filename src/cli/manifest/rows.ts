import { Compile } from 'typebox/compile'
import { Type } from 'typebox'
import { FileRow, faultOfRow, TextRow } from '#shared/imports.ts'
import { Fault } from '../terminal.ts'
import { csvFields, type Form, type ManifestRecord } from './records.ts'

/** A row of a manifest, counted from 0: with its text, with the name of its file, or not to be taken in. */
export type ManifestRow = { readonly row: number; readonly line: number } & (
  | { readonly text: TextRow }
  | { readonly described: FileRow; readonly file: string }
  | { readonly refused: string }
)

const columns = [
  'item_ref',
  'subject_refs',
  'language',
  'kind',
  'text',
  'file',
  'sha256',
  'meta',
] as const
const needed = ['item_ref', 'subject_refs', 'language', 'kind'] as const

/** Reads records as rows. @throws Fault for a CSV whose first record is not a header of these columns */
export async function* readRows(
  path: string,
  records: AsyncIterable<ManifestRecord>,
  form: Form,
): AsyncGenerator<ManifestRow> {
  let row = 0
  let header: readonly string[] | undefined
  for await (const record of records) {
    const { line } = record
    if (form === 'csv' && header === undefined) {
      header = headerOf(path, record)
      continue
    }
    const read = 'refused' in record ? record : readRecord(record.text, header)
    yield { row, line, ...read }
    row++
  }
}

function headerOf(path: string, record: ManifestRecord): readonly string[] {
  const header = 'text' in record ? csvFields(record.text) : undefined
  const known = header?.every((name) => columns.some((column) => column === name))
  const complete = needed.every((column) => header?.includes(column))
  if (header === undefined || known !== true || !complete || new Set(header).size < header.length)
    throw new Fault(
      `${path}: line ${record.line}: a CSV manifest begins with a header of ${columns.join(', ')}, the first four of them always`,
    )
  return header
}

type Read =
  | { readonly text: TextRow }
  | { readonly described: FileRow; readonly file: string }
  | { readonly refused: string }

function readRecord(text: string, header: readonly string[] | undefined): Read {
  const read = header === undefined ? parseJson(text, 'row') : fromCsv(text, header)
  return 'refused' in read ? read : checkRow(read.value)
}

function parseJson(text: string, field: string): { value: unknown } | { refused: string } {
  try {
    return { value: JSON.parse(text) }
  } catch {
    return { refused: `${field}: is not JSON` }
  }
}

function fromCsv(
  text: string,
  header: readonly string[],
): { value: unknown } | { refused: string } {
  const fields = csvFields(text)
  if (fields === undefined) return { refused: 'row: a quote stands where none may (RFC 4180)' }
  if (fields.length !== header.length)
    return { refused: `row: has ${fields.length} fields where the header has ${header.length}` }
  const value: Record<string, unknown> = {}
  for (const [index, name] of header.entries()) {
    const field = fields[index] ?? ''
    if (name === 'subject_refs') value[name] = field.split(' ').filter((part) => part !== '')
    else if (name === 'meta' && field !== '') {
      const meta = parseJson(field, 'meta')
      if ('refused' in meta) return meta
      value[name] = meta.value
    } else if (field !== '') value[name] = field
  }
  // An empty cell says nothing, unless no file is named: then the text itself is empty.
  if (header.includes('text') && value['text'] === undefined && value['file'] === undefined)
    value['text'] = ''
  return { value }
}

const textRow = Compile(TextRow)
const fileRow = Compile(
  Type.Object(
    { ...FileRow.properties, file: Type.String({ minLength: 1, maxLength: 1000 }) },
    { additionalProperties: false },
  ),
)

function checkRow(value: unknown): Read {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { refused: 'row: is not an object' }
  if ('file' in value && 'text' in value) return { refused: 'row: has both text and file' }
  if (!('file' in value) && !('text' in value)) return { refused: 'row: has neither text nor file' }
  if (!('file' in value)) {
    if (!textRow.Check(value)) return { refused: faultOfShape(textRow.Errors(value)) }
    const fault = faultOfRow(value)
    return fault === undefined ? { text: value } : { refused: fault }
  }
  if (!fileRow.Check(value)) return { refused: faultOfShape(fileRow.Errors(value)) }
  const { file, ...described } = value
  const fault = faultOfRow(described)
  return fault === undefined ? { described, file } : { refused: fault }
}

/** Field and expectation of the first fault; never what stood there. */
function faultOfShape(errors: readonly { instancePath: string; message: string }[]): string {
  const [first] = errors
  const field = first?.instancePath.split('/')[1] ?? ''
  return `${field === '' ? 'row' : field}: ${first?.message ?? 'is not of the expected shape'}`
}
