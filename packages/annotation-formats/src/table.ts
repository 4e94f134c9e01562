import type { Item, Region } from './model.ts'
import { parseItem } from './annotation.ts'
import { isObject } from './checked.ts'
import { plainCell, readRows, rowText } from './csv.ts'
import { ItemRefs } from './item-refs.ts'
import { TextIndex } from './offsets.ts'
import { attemptRecord, type InputFault, type Reader, type ReadOptions } from './reading.ts'
import { faultIn } from './records.ts'
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

/** Puts items together again from their rows. An item with a row that is refused is left out. */
export class TableItems {
  readonly #options: ReadOptions
  readonly #refs: ItemRefs
  #open: OpenItem | undefined
  /** Set where rows belong to an item that is left out. */
  #isSpoiled = false

  constructor(options: ReadOptions, refs: ItemRefs) {
    this.#options = options
    this.#refs = refs
  }

  /** Takes a row; the item that it ends, if it ends one. */
  add(row: Partial<TableRow>, fault: (reason: string) => InputFault): Item | undefined {
    const begins = row.item !== undefined && row.item !== ''
    const done = begins ? this.end() : undefined
    if (begins) this.#isSpoiled = false
    const taken = attemptRecord(this.#options, () => this.#take(row, begins, fault))
    if (taken === undefined) this.spoil()
    return done
  }

  /** Leaves out the item at hand, of which a row is missing. */
  spoil(): void {
    this.#open = undefined
    this.#isSpoiled = true
  }

  #take(row: Partial<TableRow>, begins: boolean, fault: (reason: string) => InputFault): true {
    if (begins) {
      const item = parsedCell(row.item, fault)
      if (!isObject(item)) throw fault('has an item column that is no JSON object')
      this.#open = { item, regions: [], fault }
    }
    if (this.#isSpoiled) return true
    if (this.#open === undefined) throw fault('has no item column; this is not a table of regions')
    if (row.region !== undefined && row.region !== '')
      this.#open.regions.push({
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
    return true
  }

  /** The item at hand, where it is whole and good. */
  end(): Item | undefined {
    const open = this.#open
    this.#open = undefined
    if (open === undefined) return undefined
    const item = attemptRecord(this.#options, () => itemOf(open))
    return item !== undefined && this.#refs.take(item, this.#options, open.fault) ? item : undefined
  }
}

/** An item whose rows are being read. */
interface OpenItem {
  readonly item: Readonly<Record<string, unknown>>
  readonly regions: unknown[]
  /** A fault of its first row. */
  readonly fault: (reason: string) => InputFault
}

function itemOf({ item: { annotation, ...rest }, regions, fault }: OpenItem): Item {
  const whole = isObject(annotation) ? { ...rest, annotation: { ...annotation, regions } } : rest
  const parsed = parseItem(whole)
  if (parsed.ok) return parsed.value
  const [{ path, message } = { path: '', message: 'is not an item' }] = parsed.findings
  throw fault(`${path === '' ? 'it' : path} ${message}`)
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
  const refs = new ItemRefs({ runs: true })
  for (const file of input.names) {
    const items = new TableItems(options, refs)
    const inside = {
      refuse: (fault: InputFault) => {
        items.spoil()
        options.refuse(fault)
      },
    }
    let names: readonly string[] | undefined
    for await (const { cells, line } of readRows(input.open(file), file, ',', inside)) {
      const fault = faultIn({ number: line }, file, 'lines')
      if (names === undefined) {
        if (!cells.includes('item'))
          throw fault('has no item column; this is not a table of regions')
        names = cells
        continue
      }
      if (cells.length !== names.length) {
        inside.refuse(fault(`has ${cells.length} cells in a table of ${names.length} columns`))
        continue
      }
      const row: Partial<TableRow> = Object.fromEntries(
        names.map((name, place): [string, string] => [name, plainCell(cells[place] ?? '')]),
      )
      const item = items.add(row, fault)
      if (item !== undefined) yield item
    }
    const last = items.end()
    if (last !== undefined) yield last
  }
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
