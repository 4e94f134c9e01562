import type { Item } from '../model.ts'
import { fileNameOf, itemRefOf } from '../names.ts'
import { documentReader, documentWriter } from '../documents.ts'
import { linesOf } from '../records.ts'
import { attemptRecord, InputFault, type Reader, type ReadOptions } from '../reading.ts'
import type { WriteOptions, Writer } from '../writing.ts'
import { rateFor, recordingOf, sampleAt, type Segment, segmentsOf } from './segments.ts'

interface Cue {
  readonly start: number
  readonly end: number
  readonly text: string
  readonly speaker?: string
}

function cueReader(parse: (text: string, file: string, options: ReadOptions) => Cue[]): Reader {
  return documentReader((text, file, options) => itemOf(parse(text, file, options), file, options))
}

function itemOf(cues: readonly Cue[], file: string, options: ReadOptions): Item {
  const item_ref = itemRefOf(file)
  const rate = rateFor(options, item_ref)
  const at = (seconds: number) => sampleAt(seconds, rate, options.losses, item_ref)
  const segments = cues.map(({ start, end, ...said }, place) => ({
    id: `r${place + 1}`,
    from: at(start),
    to: at(end),
    ...said,
  }))
  return recordingOf(item_ref, { kind: 'audio', rate }, segments, options)
}

const timing =
  /^\s*((?:\d{2,}:)?\d{2}:\d{2}[.]\d{3})\s*-->\s*((?:\d{2,}:)?\d{2}:\d{2}[.]\d{3})([^]*)$/

function secondsOfClock(clock: string): number | undefined {
  const parts = clock.split(':').map(Number)
  const [seconds = 0, minutes = 0, hours = 0] = parts.reverse()
  if (seconds >= 60 || minutes >= 60) return undefined
  return Math.round((hours * 3600 + minutes * 60 + seconds) * 1000) / 1000
}

/**
 * Reads WebVTT as browsers do (W3C WebVTT, section 6.1), but that nothing of it is passed over in
 * silence: a file without its signature is refused, and so is a cue without its times. Voices become tiers; other tags, settings, styles and
 * regions are left out.
 */
export const readWebVtt: Reader = cueReader((text, file, options) => {
  const lines = linesOf(text.replaceAll('\0', '\ufffd'))
  if (!/^WEBVTT($|[ \t])/.test(lines[0] ?? ''))
    throw new InputFault(file, 'line 1', 'does not begin with WEBVTT')
  const cues: Cue[] = []
  for (let at = 1; at < lines.length; at++) {
    const [line, clock1 = '', clock2 = '', settings = ''] = timing.exec(lines[at] ?? '') ?? []
    if (line === undefined) {
      const other = lines[at] ?? ''
      if (other.includes('-->'))
        options.refuse(new InputFault(file, `line ${at + 1}`, 'has no times where they should be'))
      else if (/^(STYLE|REGION)\s*$/.test(other))
        options.losses.note('style', `${file}, line ${at + 1}`)
      continue
    }
    const [start, end] = [secondsOfClock(clock1), secondsOfClock(clock2)]
    const said: string[] = []
    // A cue ends at an empty line, and where the times of another begin.
    while (at + 1 < lines.length && lines[at + 1] !== '' && !(lines[at + 1] ?? '').includes('-->'))
      said.push(lines[++at] ?? '')
    if (start === undefined || end === undefined || end < start) {
      options.refuse(
        new InputFault(
          file,
          `line ${at + 1 - said.length}`,
          'has times that are none or run backwards',
        ),
      )
      continue
    }
    if (settings.trim() !== '')
      options.losses.note('style', `${file}, line ${at + 1 - said.length}`)
    cues.push({ start, end, ...voiceOf(said.join('\n'), file, options) })
  }
  return cues
})

const entities: Record<string, string> = {
  amp: '&',
  lt: '<',
  gt: '>',
  nbsp: '\u00a0',
  lrm: '\u200e',
  rlm: '\u200f',
}

function voiceOf(
  text: string,
  file: string,
  options: ReadOptions,
): { text: string; speaker?: string } {
  const [, speaker] = /^<v(?:[.][^\s>]*)?[ \t]+([^>]*)>/.exec(text) ?? []
  const inside =
    speaker === undefined ? text : text.replace(/^<v[^>]*>/, '').replace(/<\/v>\s*$/, '')
  const plain = inside.replaceAll(/<[^>]*>/g, '')
  if (plain !== inside) options.losses.note('style', file)
  return {
    text: unescape(plain),
    ...(speaker === undefined || speaker === '' ? {} : { speaker: unescape(speaker) }),
  }
}

function unescape(text: string): string {
  return text.replaceAll(/&(\w+);/g, (whole, name: string) => entities[name] ?? whole)
}

const srtTiming = /^\s*(\d{1,3}:\d{2}:\d{2}),(\d{1,3})\s*-->\s*(\d{1,3}:\d{2}:\d{2}),(\d{1,3})/

/** Reads SubRip: cues with a number, times with a comma. Its markup, which has no standard, stays text. */
export const readSrt: Reader = cueReader((text, file, options) => {
  const cues: Cue[] = []
  let block: string[] = []
  const lines = linesOf(text)
  for (const [place, line] of [...lines, ''].entries()) {
    if (!/^[ \t]*$/.test(line)) block.push(line)
    else if (block.length > 0) {
      const [said, first] = [block, place - block.length + 1]
      const cue = attemptRecord(options, () => srtCue(said, file, first))
      if (cue !== undefined) cues.push(cue)
      block = []
    }
  }
  return cues
})

/** A cue of these lines, the first of which has this number. */
function srtCue(lines: readonly string[], file: string, number: number): Cue {
  const at = lines.findIndex((line) => srtTiming.test(line))
  const fault = (reason: string) =>
    new InputFault(file, `line ${number + Math.min(Math.max(at, 0), 1)}`, reason)
  const [, clock1 = '', milliseconds1 = '', clock2 = '', milliseconds2 = ''] =
    srtTiming.exec(lines[at] ?? '') ?? []
  if (at < 0 || at > 1) throw fault('has no times where they should be')
  const [start, end] = [
    secondsOfClock(`${clock1}.${milliseconds1}`),
    secondsOfClock(`${clock2}.${milliseconds2}`),
  ]
  if (start === undefined || end === undefined || end < start)
    throw fault('has times that are none or run backwards')
  return {
    start,
    end,
    text: lines
      .slice(at + 1)
      .join('\n')
      .trimEnd(),
  }
}

function clock(sample: number, rate: number, separator: string): string {
  const milliseconds = Math.round((sample * 1000) / rate)
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0')
  const [hours, minutes, seconds] = [
    milliseconds / 3_600_000,
    (milliseconds / 60_000) % 60,
    (milliseconds / 1000) % 60,
  ]
  return `${two(hours)}:${two(minutes)}:${two(seconds)}${separator}${String(milliseconds % 1000).padStart(3, '0')}`
}

type WriteCue = (
  segment: Segment,
  text: string,
  times: string,
  number: number,
  place: string,
) => string

function cueWriter(
  ending: string,
  head: string,
  separator: string,
  withSpeaker: boolean,
  write: (options: WriteOptions) => WriteCue,
): Writer {
  return documentWriter((options) => {
    const cue = write(options)
    return {
      write(item) {
        const { losses, out } = options
        const found = segmentsOf(item, options, withSpeaker ? ['speaker', 'text'] : ['text'])
        if (found === undefined) return false
        const { rate } = found.source
        const cues = [...found.segments]
          .sort((a, b) => a.from - b.from || a.to - b.to)
          .map((segment, number) => {
            const place = `${item.item_ref}/${segment.id}`
            if ([segment.from, segment.to].some((at) => !Number.isInteger((at * 1000) / rate)))
              losses.note('times', place)
            const text = oneBlock(segment.text, options, place)
            const times = `${clock(segment.from, rate, separator)} --> ${clock(segment.to, rate, separator)}`
            return cue(segment, text, times, number + 1, place)
          })
        out(`${fileNameOf(item.item_ref, losses)}${ending}`, `${head}${cues.join('\n')}`)
        return true
      },
    }
  })
}

/** Text as one block: an empty line would end the cue. */
function oneBlock(text: string | undefined, { losses }: WriteOptions, place: string): string {
  if (text === undefined) losses.note('transcripts', place)
  const block = (text ?? '')
    .split(/\r\n|\n|\r/)
    .filter((line) => line.trim() !== '')
    .join('\n')
    .replaceAll('\0', '\ufffd')
  if (block !== (text ?? '')) losses.note('values', place)
  return block
}

/** Writes WebVTT with voices, in milliseconds. */
export const writeWebVtt: Writer = cueWriter(
  '.vtt',
  'WEBVTT\n\n',
  '.',
  true,
  ({ losses }) =>
    ({ speaker }, text, times, _, place) => {
      const said = escapeCue(text)
      const voice =
        speaker === undefined ? undefined : escapeCue(speaker.replaceAll(/\s+/g, ' ')).trim()
      if (voice !== undefined && (unescape(voice) !== speaker || voice === ''))
        losses.note('names', place)
      return `${times}\n${voice === undefined || voice === '' ? said : `<v ${voice}>${said}</v>`}\n`
    },
)

function escapeCue(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** Writes SubRip with LF line ends, in milliseconds; tiers are lost. */
export const writeSrt: Writer = cueWriter(
  '.srt',
  '',
  ',',
  false,
  ({ losses }) =>
    (_, text, times, number, place) => {
      if (text !== text.trimEnd() || srtTiming.test(text)) losses.note('values', place)
      return `${number}\n${times}\n${text}\n`
    },
)
