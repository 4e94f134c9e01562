import type { Item, Value } from '../model.ts'
import { plainCell, readRows, rowText } from '../csv.ts'
import { Ids } from '../ids.ts'
import { ItemRefs } from '../item-refs.ts'
import { attemptRecord, type InputFault, type Reader, type ReadOptions } from '../reading.ts'
import { faultIn } from '../records.ts'
import { textOf } from '../values.ts'
import type { Writer } from '../writing.ts'
import { rateFor, recordingOf, sampleAt, type Segment, segmentsOf } from './segments.ts'

const known = ['id', 'filename', 'start', 'stop', 'label', 'source', 'score']

/** `HH:MM:SS.fraction` in seconds. */
function secondsOfClock(text: string, fault: (reason: string) => InputFault): number {
  const [, hours, minutes, seconds] =
    /^(\d{1,4}):([0-5]\d):([0-5]\d(?:[.]\d{1,9})?)$/.exec(text) ?? []
  if (hours === undefined) throw fault('has no time as HH:MM:SS.fraction')
  return Number((Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)).toFixed(9))
}

/**
 * Reads CVAT's generic TSV of audio: `start`, `stop`, `label` and attributes by name; `transcript`
 * and `speaker` are what they say. Rows without a `filename` are of the file itself.
 */
export const readCvatTsv: Reader = async function* (input, options) {
  const refs = new ItemRefs()
  for (const file of input.names) {
    const reading = new CvatRows(file, options, refs)
    for await (const { cells, line } of readRows(input.open(file), file, '\t', options)) {
      const item = attemptRecord(options, () => reading.row(cells, line))
      if (item !== undefined) yield item
    }
    const last = reading.end()
    if (last !== undefined) yield last
  }
}

class CvatRows {
  readonly #file: string
  readonly #options: ReadOptions
  readonly #refs: ItemRefs
  readonly #ids = new Ids()
  #names: readonly string[] | undefined
  #recording: string | undefined
  #segments: Segment[] = []

  constructor(file: string, options: ReadOptions, refs: ItemRefs) {
    this.#file = file
    this.#options = options
    this.#refs = refs
  }

  row(cells: readonly string[], line: number): Item | undefined {
    const fault = faultIn({ number: line }, this.#file, 'lines')
    if (this.#names === undefined) {
      for (const name of ['start', 'stop', 'label'])
        if (!cells.includes(name)) throw fault(`has no column ${name}`)
      this.#names = cells
      return undefined
    }
    if (cells.length !== this.#names.length)
      throw fault(`has ${cells.length} cells in a table of ${this.#names.length} columns`)
    const values = new Map(this.#names.map((name, place) => [name, plainCell(cells[place] ?? '')]))
    const id = values.get('id') ?? ''
    if (id !== '' && !this.#ids.add(id, fault)) throw fault('has the id of an earlier row')
    const recording = values.get('filename') ?? this.#file
    const segment = this.#segment(values, recording, fault)
    if (recording === this.#recording) {
      this.#segments.push(segment)
      return undefined
    }
    if (this.#refs.hasHad(recording, fault))
      throw fault('stands apart from the other rows of its recording; sort the file')
    const done = this.end()
    this.#recording = recording
    this.#segments = [{ ...segment, id: 'r1' }]
    return done
  }

  #segment(
    values: ReadonlyMap<string, string>,
    recording: string,
    fault: (reason: string) => InputFault,
  ): Segment {
    const rate = rateFor(this.#options, recording)
    const at = (name: string) =>
      sampleAt(secondsOfClock(values.get(name) ?? '', fault), rate, this.#options.losses, recording)
    const [from, to] = [at('start'), at('stop')]
    if (to < from) throw fault('ends before it begins')
    const attributes: [string, Value][] = []
    for (const [name, value] of values)
      if (![...known, 'speaker', 'transcript', ''].includes(name) && value !== '')
        attributes.push([name, value])
    const [label, speaker, text] = ['label', 'speaker', 'transcript'].map((name) =>
      values.get(name),
    )
    return {
      id: `r${this.#segments.length + 1}`,
      from,
      to,
      ...(label === undefined || label === '' ? {} : { label }),
      ...(speaker === undefined || speaker === '' ? {} : { speaker }),
      ...(text === undefined || text === '' ? {} : { text }),
      attributes: Object.fromEntries(attributes),
    }
  }

  end(): Item | undefined {
    if (this.#recording === undefined) return undefined
    const file = this.#recording
    const source = { kind: 'audio', file, rate: rateFor(this.#options, file) } as const
    const item = recordingOf(file, source, this.#segments, this.#options)
    this.#recording = undefined
    this.#segments = []
    return item
  }
}

/**
 * Writes CVAT's generic TSV. Its columns are fixed by the first row, so only the attributes that the
 * schema names, `speaker` and `transcript` have columns; others are lost.
 */
export const writeCvatTsv: Writer = (options) => {
  const { out, losses, schema } = options
  const asked = [
    ...(schema?.attributes ?? []),
    ...(schema?.labels ?? []).flatMap(({ attributes = [] }) => attributes),
  ]
  const names = [...new Set(asked.map(({ name }) => name))].filter(
    (name) => ![...known, 'speaker', 'transcript'].includes(name),
  )
  let id = 0
  let begun = false
  const begin = () => {
    if (!begun) out('', rowText([...known, 'speaker', 'transcript', ...names], '\t'))
    begun = true
  }
  return {
    add(item) {
      const found = segmentsOf(item, options, ['speaker', 'text', 'label', 'attributes'])
      if (found === undefined) return
      begin()
      if (found.segments.length === 0) losses.note('unlabelled', item.item_ref)
      const { rate, file = item.item_ref } = found.source
      for (const {
        id: region,
        from,
        to,
        label = '',
        speaker = '',
        text = '',
        attributes = {},
      } of found.segments) {
        const place = `${item.item_ref}/${region}`
        const values = names.map((name) =>
          Object.hasOwn(attributes, name) ? textOf(attributes[name] ?? '') : '',
        )
        for (const [name, value] of Object.entries(attributes)) {
          if (!names.includes(name)) losses.note('attributes', place)
          else if (typeof value !== 'string' || value === '') losses.note('values', place)
        }
        if (label === '') losses.note('label-missing', place)
        if (/\r/.test(text)) losses.note('values', place)
        out(
          '',
          rowText(
            [
              String(++id),
              file,
              clockText(from, rate),
              clockText(to, rate),
              label,
              'manual',
              '',
              speaker,
              text,
              ...values,
            ],
            '\t',
          ),
        )
      }
    },
    end: begin,
  }
}

function clockText(sample: number, rate: number): string {
  const whole = Math.floor(sample / rate)
  const two = (value: number) => String(value).padStart(2, '0')
  const decimals = ((sample - whole * rate) / rate)
    .toFixed(9)
    .slice(2)
    .replace(/0+$/, '')
    .padEnd(3, '0')
  return `${two(Math.floor(whole / 3600))}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}.${decimals}`
}
