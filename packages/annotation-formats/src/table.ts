import type { Item, Region } from './model.ts'
import { parseItem } from './annotation.ts'
import { isObject } from './checked.ts'
import { plainCell, readRows, rowText } from './csv.ts'
import { TextIndex } from './offsets.ts'
import { attemptRecord, InputFault, type Reader, type ReadOptions } from './reading.ts'
import { textOf } from './values.ts'
import type { Writer } from './writing.ts'

/**
 * The columns of the table of regions: one row for each region, or one for an item without any. The
 * first ones are for reading and reckoning; `anchor`, `attributes`, `transcripts` and, on the first
 * row of an item, `item` hold all of the model as JSON.
 */
export const columns = [
  'item_ref',
  'by',
  'region',
  'label',
  'tier',
  'from',
  'to',
  'from_utf16',
  'to_utf16',
  'text',
  'anchor',
  'attributes',
  'transcripts',
  'item',
] as const
export type Column = (typeof columns)[number]
export type TableRow = Readonly<Record<Column, string>>

/** The rows of an item. `from` and `to` are code points or samples, the same in UTF-16 beside. */
export function rowsOf(item: Item): TableRow[] {
  const { annotation, item_ref, by = '' } = item
  const rest = JSON.stringify(
    annotation === undefined ? item : { ...item, annotation: { ...annotation, regions: [] } },
  )
  const index = item.source.kind === 'text' ? new TextIndex(item.source.text) : undefined
  const base = {
    item_ref,
    by,
    region: '',
    label: '',
    tier: '',
    from: '',
    to: '',
    from_utf16: '',
    to_utf16: '',
    text: '',
    anchor: '',
    attributes: '',
    transcripts: '',
    item: '',
  }
  const regions = annotation?.regions ?? []
  if (regions.length === 0) return [{ ...base, item: rest }]
  return regions.map(({ id, anchor, label = '', attributes, transcripts }, place) => ({
    ...base,
    region: id,
    label,
    ...placeOf(anchor, index),
    ...(transcripts === undefined
      ? {}
      : { text: textOf(Object.values(transcripts)), transcripts: JSON.stringify(transcripts) }),
    anchor: JSON.stringify(anchor),
    attributes: attributes === undefined ? '' : JSON.stringify(attributes),
    item: place === 0 ? rest : '',
  }))
}

function placeOf(anchor: Region['anchor'], index: TextIndex | undefined): Partial<TableRow> {
  if ('audio' in anchor)
    return { from: String(anchor.audio.from), to: String(anchor.audio.to), tier: anchor.tier ?? '' }
  if (!('text' in anchor) || index === undefined) return {}
  const [from, to] = [anchor.text[0]?.[0] ?? 0, anchor.text.at(-1)?.[1] ?? 0]
  const utf16 = (place: number) => String(index.convert(place, 'codePoint', 'utf16') ?? '')
  return {
    from: String(from),
    to: String(to),
    from_utf16: utf16(from),
    to_utf16: utf16(to),
    text: anchor.text.map(([start, end]) => index.slice(start, end)).join(' … '),
  }
}

/** Puts items together again from their rows. */
export class TableItems {
  #item: Record<string, unknown> | undefined
  #regions: unknown[] = []
  #place: (reason: string) => InputFault

  constructor() {
    this.#place = (reason) => new InputFault('', '', reason)
  }

  /** Takes a row; the item that it ends, if it ends one. */
  add(row: Partial<TableRow>, fault: (reason: string) => InputFault): Item | undefined {
    const begins = row.item !== undefined && row.item !== ''
    const done = begins ? this.end() : undefined
    if (begins) {
      const item = parsedCell(row.item, fault)
      if (!isObject(item)) throw fault('has an item column that is no JSON object')
      this.#item = item
      this.#regions = []
      this.#place = fault
    }
    if (this.#item === undefined) throw fault('has no item column; this is not a table of regions')
    if (row.region !== undefined && row.region !== '')
      this.#regions.push({
        id: row.region,
        anchor: parsedCell(row.anchor, fault),
        ...(row.label === undefined || row.label === '' ? {} : { label: row.label }),
        ...(row.attributes === undefined || row.attributes === ''
          ? {}
          : { attributes: parsedCell(row.attributes, fault) }),
        ...(row.transcripts === undefined || row.transcripts === ''
          ? {}
          : { transcripts: parsedCell(row.transcripts, fault) }),
      })
    return done
  }

  end(): Item | undefined {
    if (this.#item === undefined) return undefined
    const { annotation, ...rest } = this.#item
    this.#item = undefined
    const whole = isObject(annotation)
      ? { ...rest, annotation: { ...annotation, regions: this.#regions } }
      : rest
    const parsed = parseItem(whole)
    if (parsed.ok) return parsed.value
    const [{ path, message } = { path: '', message: 'is not an item' }] = parsed.findings
    throw this.#place(`${path === '' ? 'it' : path} ${message}`)
  }
}

function parsedCell(cell: string | undefined, fault: (reason: string) => InputFault): unknown {
  try {
    return JSON.parse(cell ?? '')
  } catch {
    throw fault('has a cell that is not JSON')
  }
}

/** Reads the table of regions from CSV. */
export const readCsv: Reader = async function* (input, options) {
  for (const file of input.names) {
    const items = new TableItems()
    let names: readonly string[] | undefined
    for await (const { cells, line } of readRows(input.open(file), file, ',')) {
      if (names === undefined) {
        names = cells
        continue
      }
      const known = names
      const item = attemptRecord(options, () => {
        const row = Object.fromEntries(
          known.map((name, place) => [name, plainCell(cells[place] ?? '')]),
        )
        return items.add(row, (reason) => new InputFault(file, `line ${line}`, reason))
      })
      if (item !== undefined) yield item
    }
    const last = lastItem(items, options)
    if (last !== undefined) yield last
  }
}

/** The item that the end of the input ends. */
export function lastItem(items: TableItems, options: ReadOptions): Item | undefined {
  return attemptRecord(options, () => items.end())
}

/** Writes the table of regions as CSV. Nothing in it is run as a formula. It loses nothing. */
export const writeCsv: Writer = ({ out }) => {
  let begun = false
  const begin = () => {
    if (!begun) out('', rowText(columns, ','))
    begun = true
  }
  return {
    add(item) {
      begin()
      for (const row of rowsOf(item))
        out(
          '',
          rowText(
            columns.map((name) => row[name]),
            ',',
          ),
        )
    },
    end: begin,
  }
}
