import type { Value } from '../model.ts'
import { Names } from '../names.ts'
import { ItemRefs } from '../item-refs.ts'
import { attemptRecord, type InputFault, type Reader } from '../reading.ts'
import { faultIn, readLines } from '../records.ts'
import { secondsText } from '../seconds.ts'
import { textOf } from '../values.ts'
import type { WriteOptions, Writer } from '../writing.ts'
import { Recordings, type Row, sorted } from './recordings.ts'
import { type Kept, secondsIn, type Segment, segmentsOf } from './segments.ts'

type ReadLine = (columns: string[], fault: (reason: string) => InputFault) => Row | undefined

/** A reader of lines of so many columns, and what stands behind them; `;;` begins a comment. */
function lineReader(most: number, read: ReadLine): Reader {
  return async function* (input, options) {
    const refs = new ItemRefs()
    for (const file of input.names) {
      const recordings = new Recordings(options, refs)
      for await (const run of readLines(input.open(file), file, options))
        for (const line of run) {
          const columns = columnsOf(line.text, most)
          if (columns.length === 0 || line.text.startsWith(';;')) continue
          const items = attemptRecord(options, () => {
            const fault = faultIn(line, file, 'lines')
            const row = read(columns, fault)
            if (row !== undefined) return recordings.add(row, fault)
            options.losses.note('unknown', `${file}, line ${line.number}`)
            return []
          })
          if (items !== undefined && items.length > 0) yield* items
        }
      yield* recordings.end()
    }
  }
}

/**
 * The columns of a line, between spaces and tabs; any other white space is part of one. Past `most`
 * columns the rest of the line is one more, with single spaces.
 */
export function columnsOf(line: string, most = Infinity): string[] {
  const columns: string[] = []
  for (let at = 0; ;) {
    while (isBlank(line, at)) at++
    if (at >= line.length) return columns
    if (columns.length === most) return [...columns, singleSpaced(line.slice(at))]
    const from = at
    while (at < line.length && !isBlank(line, at)) at++
    columns.push(line.slice(from, at))
  }
}

function isBlank(line: string, at: number): boolean {
  const code = line.charCodeAt(at)
  return code === 0x20 || code === 0x09
}

function singleSpaced(text: string): string {
  // Few lines have more, and finding out is cheaper than putting them together anew.
  return /\t| {2}| $/.test(text) ? columnsOf(text).join(' ') : text
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
  5,
  ([recording = '', channel, speaker, start = '', end = '', said = ''], fault) => {
    if (speaker === undefined) throw fault('has not the columns of STM')
    const [label, conditions] = /^<([^ ]*)>(?: |$)/.exec(said) ?? []
    const attributes = {
      ...channelOf(channel).attributes,
      ...(conditions === undefined || conditions === '' ? {} : { conditions }),
    }
    return {
      recording,
      speaker,
      start: secondsIn(start, fault),
      end: secondsIn(end, fault),
      text: label === undefined ? said : said.slice(label.length),
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
  6,
  ([recording = '', channel, start = '', duration = '', word, confidence], fault) => {
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
      of.losses.note('wordless', of.place)
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
  9,
  (
    [type, recording = '', channel, start = '', duration = '', , , speaker = '', confidence],
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
  4,
  ([recording = '', channel, start = '', end], fault) => {
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
