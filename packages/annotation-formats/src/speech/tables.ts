import type { Item, Value } from '../model.ts'
import { isTorn } from '../checked.ts'
import { Names } from '../names.ts'
import {
  attemptRecord,
  InputFault,
  type Numbered,
  type ObjectRecord,
  type Reader,
  type ReadOptions,
  readLines,
  readObjects,
} from '../reading.ts'
import { secondsText } from '../seconds.ts'
import { textOf } from '../values.ts'
import type { WriteOptions, Writer } from '../writing.ts'
import {
  type Kept,
  rateFor,
  recordingOf,
  sampleAt,
  secondsIn,
  type Segment,
  segmentsOf,
} from './segments.ts'

/** A line of a table of speech: which recording, when, and what is said of it; times in seconds. */
interface Row extends Omit<Segment, 'id' | 'from' | 'to'> {
  readonly recording: string
  readonly start: number
  readonly end: number
}

/** Segments that are held so that the rows of one recording need not stand together. */
const mostHeld = 100_000

/**
 * Gathers rows into items. Up to 100,000 rows may stand in any order; past that, whole recordings
 * leave memory, and a later row of one of them is refused.
 */
class Recordings {
  readonly #options: ReadOptions
  readonly #named: boolean
  readonly #open = new Map<string, { rate: number; segments: Segment[] }>()
  readonly #gone = new Set<string>()
  #held = 0

  /** `named`: the recording's name is that of its file. */
  constructor(options: ReadOptions, named = false) {
    this.#options = options
    this.#named = named
  }

  /** Takes a row; the items that need no longer be held. */
  add(row: Row, fault: (reason: string) => InputFault): Item[] {
    const { recording, start, end, ...said } = row
    if (end < start) throw fault('ends before it begins')
    if (this.#gone.has(recording))
      throw fault('stands too far from the other lines of its recording; sort the file')
    const known = this.#open.get(recording)
    const of = known ?? { rate: rateFor(this.#options, recording), segments: [] }
    if (known === undefined) this.#open.set(recording, of)
    const at = (seconds: number) => sampleAt(seconds, of.rate, this.#options.losses, recording)
    const id = `r${of.segments.length + 1}`
    of.segments.push({ id, from: at(start), to: at(end), ...said })
    return ++this.#held > mostHeld ? this.#release(recording) : []
  }

  /** Everything but the recording at hand, of which there may be more. */
  #release(current: string): Item[] {
    const items: Item[] = []
    for (const recording of [...this.#open.keys()])
      if (recording !== current) {
        items.push(this.#item(recording))
        this.#gone.add(recording)
      }
    this.#held = this.#open.get(current)?.segments.length ?? 0
    return items
  }

  #item(recording: string): Item {
    const { rate, segments } = this.#open.get(recording) ?? { rate: 1, segments: [] }
    this.#open.delete(recording)
    const named = this.#named ? { file: recording } : {}
    return recordingOf(recording, { kind: 'audio', ...named, rate }, segments, this.#options)
  }

  end(): Item[] {
    return [...this.#open.keys()].map((recording) => this.#item(recording))
  }
}

type ReadLine = (
  columns: string[],
  line: string,
  fault: (reason: string) => InputFault,
) => Row | undefined

/** A reader of lines with columns between white space; `;;` begins a comment. */
function lineReader(read: ReadLine, lossOfSkipped = true): Reader {
  return async function* (input, options) {
    for (const file of input.names) {
      const recordings = new Recordings(options)
      for await (const line of readLines(input.open(file), file)) {
        if (line.text.trim() === '' || line.text.startsWith(';;')) continue
        const items = attemptRecord(options, () => {
          const fault = faultAt(file, line)
          const row = read(line.text.trim().split(/[ \t]+/), line.text, fault)
          if (row !== undefined) return recordings.add(row, fault)
          if (lossOfSkipped) options.losses.note('unknown', `${file}, line ${line.number}`)
          return []
        })
        for (const item of items ?? []) yield item
      }
      for (const item of recordings.end()) yield item
    }
  }
}

function faultAt(file: string, { number }: Numbered) {
  return (reason: string) => new InputFault(file, `line ${number}`, reason)
}

function channelOf(channel: string | undefined): { attributes?: Record<string, Value> } {
  return channel === undefined || channel === '1' ? {} : { attributes: { channel } }
}

/** A writer of lines for each segment, with names as the format allows them. */
function lineWriter(
  kept: readonly Kept[],
  known: readonly string[],
  write: (segment: Segment, of: LineContext) => string,
): Writer {
  return (options) => {
    const { out, losses } = options
    const names = new Names(/[^\s;<>]/u, losses)
    return {
      add(item) {
        const found = segmentsOf(item, options, kept)
        if (found === undefined) return
        if (found.segments.length === 0) losses.note('unlabelled', item.item_ref)
        const recording = names.of(item.item_ref, item.item_ref)
        const { rate } = found.source
        const lines = sorted(found.segments).map((segment) => {
          const place = `${item.item_ref}/${segment.id}`
          noteOddAttributes(segment, known, options, place)
          const { channel = '1' } = segment.attributes ?? {}
          const text = {
            time: (samples: number) => secondsText(samples, rate, 2),
            name: (name: string) => names.of(name, place),
          }
          return write(segment, {
            ...text,
            ...options,
            recording,
            place,
            channel: names.of(textOf(channel), place),
          })
        })
        out('', lines.join(''))
      },
      end() {
        // Lines stand alone: there is nothing to close.
      },
    }
  }
}

interface LineContext extends WriteOptions {
  readonly recording: string
  readonly place: string
  readonly channel: string
  time(samples: number): string
  name(name: string): string
}

function noteOddAttributes(
  { attributes = {} }: Segment,
  known: readonly string[],
  { losses }: WriteOptions,
  place: string,
): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (!known.includes(name)) losses.note('attributes', place)
    else if (name !== 'confidence' && typeof value !== 'string') losses.note('values', place)
  }
  if (attributes['channel'] === '1') losses.note('values', place)
}

function sorted(segments: readonly Segment[]): Segment[] {
  return [...segments].sort((a, b) => a.from - b.from || a.to - b.to)
}

/** Words with single spaces, as lines of columns hold them; noted where that changes the text. */
function wordsOf(text: string, { losses, place }: LineContext): string {
  const words = text
    .split(/\s+/u)
    .filter((word) => word !== '')
    .join(' ')
  if (words !== text) losses.note('values', place)
  return words
}

/** Reads STM (NIST sclite): recording, channel, speaker, begin, end, `<conditions>`, words. */
export const readStm: Reader = lineReader(
  ([recording = '', channel, speaker, start = '', end = '', ...rest], _, fault) => {
    if (speaker === undefined) throw fault('has not the columns of STM')
    const conditions = /^<.*>$/.test(rest[0] ?? '') ? rest.shift()?.slice(1, -1) : undefined
    const attributes = {
      ...channelOf(channel).attributes,
      ...(conditions === undefined || conditions === '' ? {} : { conditions }),
    }
    return {
      recording,
      speaker,
      start: secondsIn(start, fault),
      end: secondsIn(end, fault),
      text: rest.join(' '),
      attributes,
    }
  },
)

/** Writes STM. Labels and all attributes but `channel` and `conditions` are lost. */
export const writeStm: Writer = lineWriter(
  ['speaker', 'text', 'attributes'],
  ['channel', 'conditions'],
  (segment, of) => {
    const { from, to, speaker, text, attributes: { conditions } = {} } = segment
    if (speaker === undefined) of.losses.note('tiers', of.place)
    if (text === undefined) of.losses.note('transcripts', of.place)
    const said = wordsOf(text ?? '', of)
    const label =
      conditions === undefined
        ? said.startsWith('<')
          ? ['<>']
          : []
        : [`<${textOf(conditions).replaceAll(/[<>\s]/g, '_')}>`]
    if (conditions !== undefined && /[<>\s]/.test(textOf(conditions)))
      of.losses.note('values', of.place)
    return `${[of.recording, of.channel, of.name(speaker ?? 'unknown'), of.time(from), of.time(to), ...label, ...(said === '' ? [] : [said])].join(' ')}\n`
  },
)

/** Reads CTM (NIST sclite): recording, channel, begin, duration, word, confidence. */
export const readCtm: Reader = lineReader(
  ([recording = '', channel, start = '', duration = '', word, confidence], _, fault) => {
    if (word === undefined) throw fault('has not the columns of CTM')
    const begin = secondsIn(start, fault)
    const sure =
      confidence === undefined || confidence === 'NA' ? {} : { confidence: Number(confidence) }
    if ('confidence' in sure && !Number.isFinite(sure.confidence))
      throw fault('has a confidence that is no number')
    const attributes = { ...channelOf(channel).attributes, ...sure }
    return {
      recording,
      start: begin,
      end: begin + secondsIn(duration, fault),
      text: word,
      attributes,
    }
  },
)

/** Writes CTM, a line for each word; the words of a longer segment share its time evenly. */
export const writeCtm: Writer = lineWriter(
  ['text', 'attributes'],
  ['channel', 'confidence'],
  (segment, of) => {
    const { from, to, text = '', attributes: { confidence } = {} } = segment
    const words = wordsOf(text, of).split(' ')
    if (words.length > 1) of.losses.note('words', of.place)
    if (text === '') {
      of.losses.note('transcripts', of.place)
      return ''
    }
    if (confidence !== undefined && typeof confidence !== 'number')
      of.losses.note('values', of.place)
    const sure = typeof confidence === 'number' ? [confidence] : []
    const at = (place: number) => Math.round(from + ((to - from) * place) / words.length)
    return words
      .map(
        (word, place) =>
          `${[of.recording, of.channel, of.time(at(place)), of.time(at(place + 1) - at(place)), word, ...sure].join(' ')}\n`,
      )
      .join('')
  },
)

/** Reads RTTM (NIST rich transcription): the SPEAKER lines of 9 or 10 fields; other types are noted. */
export const readRttm: Reader = lineReader(
  (
    [type, recording = '', channel, start = '', duration = '', , , speaker = '', confidence],
    _,
    fault,
  ) => {
    if (type !== 'SPEAKER') return undefined
    if (speaker === '') throw fault('has not the columns of RTTM')
    const begin = secondsIn(start, fault)
    const sure =
      confidence === undefined || confidence === '<NA>' ? {} : { confidence: Number(confidence) }
    if ('confidence' in sure && !Number.isFinite(sure.confidence))
      throw fault('has a confidence that is no number')
    const attributes = { ...channelOf(channel).attributes, ...sure }
    return {
      recording,
      start: begin,
      end: begin + secondsIn(duration, fault),
      attributes,
      ...(speaker === '<NA>' ? {} : { speaker }),
    }
  },
)

/** Writes RTTM: who speaks when. What is said is lost. */
export const writeRttm: Writer = lineWriter(
  ['speaker', 'attributes'],
  ['channel', 'confidence'],
  (segment, of) => {
    const { from, to, speaker, attributes: { confidence } = {} } = segment
    if (confidence !== undefined && typeof confidence !== 'number')
      of.losses.note('values', of.place)
    const sure = typeof confidence === 'number' ? String(confidence) : '<NA>'
    const name = speaker === undefined ? '<NA>' : of.name(speaker)
    return `SPEAKER ${of.recording} ${of.channel} ${of.time(from)} ${of.time(to - from)} <NA> <NA> ${name} ${sure} <NA>\n`
  },
)

/** Reads UEM: the stretches of recordings that are to be scored. */
export const readUem: Reader = lineReader(
  ([recording = '', channel, start = '', end], _, fault) => {
    if (end === undefined) throw fault('has not the columns of UEM')
    return {
      recording,
      start: secondsIn(start, fault),
      end: secondsIn(end, fault),
      ...channelOf(channel),
    }
  },
)

/** Writes UEM: the stretches alone. */
export const writeUem: Writer = lineWriter(
  ['attributes'],
  ['channel'],
  ({ from, to }, of) => `${of.recording} ${of.channel} ${of.time(from)} ${of.time(to)}\n`,
)

type ReadObject = (record: ObjectRecord) => Row

/** A reader of JSON objects, one for each segment. */
function objectReader(read: ReadObject, named: boolean): Reader {
  return async function* (input, options) {
    for (const file of input.names) {
      const recordings = new Recordings(options, named)
      const one = { names: [file], open: (name: string) => input.open(name) }
      for await (const record of readObjects(one, options)) {
        const items = attemptRecord(options, () => recordings.add(read(record), record.fault))
        for (const item of items ?? []) yield item
      }
      for (const item of recordings.end()) yield item
    }
  }
}

function wordIn({ object, fault }: ObjectRecord, name: string): string {
  const value = object[name]
  if (typeof value !== 'string' || value === '' || isTorn(value)) throw fault(`has no ${name}`)
  return value
}

function timeIn({ object, fault }: ObjectRecord, name: string): number {
  const value = object[name]
  return secondsIn(
    typeof value === 'number' ? String(value) : typeof value === 'string' ? value : '',
    fault,
  )
}

/** Members that a format of objects has no rule for, as attributes where they are plain. */
function othersIn(
  { object, fault }: ObjectRecord,
  known: readonly string[],
): Record<string, Value> {
  const others: [string, Value][] = []
  for (const [name, value] of Object.entries(object))
    if (!known.includes(name)) {
      if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean')
        throw fault('has a further member that is neither text nor number')
      if (name !== '') others.push([name, value])
    }
  return Object.fromEntries(others)
}

const segLstMembers = ['session_id', 'speaker', 'start_time', 'end_time', 'words', 'label']

/** Reads SegLST (MeetEval): a JSON array of segments; further members become attributes. */
export const readSegLst: Reader = objectReader((record) => {
  const { words, speaker, label } = record.object
  return {
    recording: wordIn(record, 'session_id'),
    start: timeIn(record, 'start_time'),
    end: timeIn(record, 'end_time'),
    ...(typeof words === 'string' ? { text: words } : {}),
    ...(typeof speaker === 'string' ? { speaker } : {}),
    ...(typeof label === 'string' && label !== '' ? { label } : {}),
    attributes: othersIn(record, segLstMembers),
  }
}, false)

function objectWriter(
  write: (segment: Segment, item: Item, rate: number) => object,
  known: readonly string[],
  asLines: boolean,
): Writer {
  return (options) => {
    let first = true
    return {
      add(item) {
        const found = segmentsOf(item, options, ['speaker', 'text', 'label', 'attributes'])
        if (found === undefined) return
        if (found.segments.length === 0) options.losses.note('unlabelled', item.item_ref)
        for (const segment of sorted(found.segments)) {
          const place = `${item.item_ref}/${segment.id}`
          for (const [name, value] of Object.entries(segment.attributes ?? {})) {
            if (known.includes(name)) options.losses.note('attributes', place)
            else if (typeof value === 'object') options.losses.note('values', place)
          }
          if (segment.speaker === undefined) options.losses.note('tiers', place)
          if (segment.text === undefined) options.losses.note('transcripts', place)
          const text = JSON.stringify(write(segment, item, found.source.rate))
          options.out('', asLines ? `${text}\n` : `${first ? '[\n' : ',\n'}${text}`)
          first = false
        }
      },
      end() {
        if (!asLines) options.out('', first ? '[]\n' : '\n]\n')
      },
    }
  }
}

function plainAttributes(
  { attributes = {} }: Segment,
  known: readonly string[],
): Record<string, Value> {
  const kept = Object.entries(attributes).filter(([name]) => !known.includes(name))
  return Object.fromEntries(
    kept.map(([name, value]) => [name, typeof value === 'object' ? textOf(value) : value]),
  )
}

/** Writes SegLST; attributes become further members. */
export const writeSegLst: Writer = objectWriter(
  (segment, { item_ref }, rate) => ({
    session_id: item_ref,
    speaker: segment.speaker ?? 'unknown',
    start_time: secondsText(segment.from, rate),
    end_time: secondsText(segment.to, rate),
    words: segment.text ?? '',
    ...(segment.label === undefined ? {} : { label: segment.label }),
    ...plainAttributes(segment, segLstMembers),
  }),
  segLstMembers,
  false,
)

const nemoMembers = ['audio_filepath', 'offset', 'duration', 'text', 'speaker', 'label', 'item_ref']

/** Reads a NeMo manifest: a line for each segment, with its offset in the file. */
export const readNemo: Reader = objectReader((record) => {
  const { text, speaker, label, offset } = record.object
  const start = offset === undefined ? 0 : timeIn(record, 'offset')
  return {
    recording: wordIn(record, 'audio_filepath'),
    start,
    end: start + timeIn(record, 'duration'),
    ...(typeof text === 'string' ? { text } : {}),
    ...(typeof speaker === 'string' ? { speaker } : {}),
    ...(typeof label === 'string' && label !== '' ? { label } : {}),
    attributes: othersIn(record, nemoMembers),
  }
}, true)

/** Writes a NeMo manifest with every segment of every recording. */
export const writeNemo: Writer = objectWriter(
  (segment, { item_ref, source }, rate) => ({
    audio_filepath: source.kind === 'audio' ? (source.file ?? item_ref) : item_ref,
    offset: Number(secondsText(segment.from, rate)),
    duration: Number(secondsText(segment.to - segment.from, rate)),
    text: segment.text ?? '',
    speaker: segment.speaker ?? 'unknown',
    ...(segment.label === undefined ? {} : { label: segment.label }),
    ...plainAttributes(segment, nemoMembers),
  }),
  nemoMembers,
  true,
)
