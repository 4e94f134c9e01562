import type { Item } from '../model.ts'
import { addTo } from '../groups.ts'
import { Names } from '../names.ts'
import { Ids } from '../ids.ts'
import {
  attemptRecord,
  InputFault,
  type InputFiles,
  type Reader,
  type ReadOptions,
} from '../reading.ts'
import { faultIn, readLines } from '../records.ts'
import { secondsText } from '../seconds.ts'
import type { Writer } from '../writing.ts'
import { columnsOf } from './tables.ts'
import { rateFor, recordingOf, sampleAt, secondsIn, type Segment, segmentsOf } from './segments.ts'

/** How much of a directory is held in memory, and refused past it. */
interface KaldiBounds {
  readonly utterances: number
  /** Characters of one file of the directory, keys and values together. */
  readonly characters: number
}

const bounds: KaldiBounds = { utterances: 5_000_000, characters: 256 * 1024 * 1024 }

/**
 * Reads a Kaldi data directory: `segments`, `text`, `utt2spk` and `wav.scp`. It is sorted by
 * speaker, so its utterances are held in memory to be put together by recording: at most 5,000,000,
 * and 256 Mi characters in each other file. More is refused.
 * An entry of `wav.scp` that is a shell pipe is left out: it is never run.
 */
export const readKaldi: Reader = kaldiReader(bounds)

/** The reader of Kaldi data directories with bounds of its own. */
export function kaldiReader(most: KaldiBounds): Reader {
  return async function* (input, options) {
    const texts = await column(input, 'text', options, most)
    const speakers = await column(input, 'utt2spk', options, most)
    const files = await column(input, 'wav.scp', options, most)
    const recordings = new Map<string, Segment[]>()
    const ids = new Ids(most.utterances)
    for await (const { fault, columns } of rows(input, 'segments', options)) {
      const [id = ''] = columns
      const isNew = ids.add(id, fault)
      attemptRecord(options, () => {
        if (!isNew) throw fault('has an utterance a second time')
        const [, recording, start = '', end = ''] = columns
        if (recording === undefined) throw fault('has not the columns of segments')
        const rate = rateFor(options, recording)
        const at = (time: string) =>
          sampleAt(secondsIn(time, fault), rate, options.losses, recording)
        const [from, to] = [at(start), at(end)]
        if (to < from) throw fault('ends before it begins')
        const [speaker, text] = [speakers.get(id), texts.get(id)]
        const known = {
          ...(speaker === undefined ? {} : { speaker }),
          ...(text === undefined ? {} : { text }),
        }
        addTo(recordings, recording, { id, from, to, ...known })
      })
    }
    for (const [recording, segments] of recordings)
      yield itemOf(recording, segments, files.get(recording), options)
  }
}

function itemOf(
  recording: string,
  segments: readonly Segment[],
  file: string | undefined,
  options: ReadOptions,
): Item {
  const isPipe = file?.trimEnd().endsWith('|') === true
  if (isPipe) options.losses.note('unknown', `wav.scp, ${recording}`)
  const named = file === undefined || isPipe ? {} : { file }
  return recordingOf(
    recording,
    { kind: 'audio', ...named, rate: rateFor(options, recording) },
    segments,
    options,
  )
}

interface KaldiRow {
  readonly columns: readonly string[]
  /** What stands after the first column. */
  readonly rest: string
  readonly fault: (reason: string) => InputFault
}

/** The rows of one file of the directory. */
async function* rows(
  input: InputFiles,
  name: string,
  options: ReadOptions,
): AsyncGenerator<KaldiRow> {
  const file = input.names.find((each) => each === name || each.endsWith(`/${name}`))
  if (file === undefined) {
    if (name === 'segments')
      throw new InputFault(
        name,
        '',
        'is not there; a data directory without segments holds no times',
      )
    return
  }
  for await (const run of readLines(input.open(file), file, options))
    for (const line of run) {
      const columns = columnsOf(line.text)
      const rest = line.text.replace(/^[ \t]*[^ \t]+[ \t]*/, '').replace(/[ \t]+$/, '')
      if (columns.length > 0) yield { columns, rest, fault: faultIn(line, file, 'lines') }
    }
}

/** A file of keys, each with what stands after it. */
async function column(
  input: InputFiles,
  name: string,
  options: ReadOptions,
  most: KaldiBounds,
): Promise<Map<string, string>> {
  const values = new Map<string, string>()
  let characters = 0
  for await (const { columns, rest, fault } of rows(input, name, options)) {
    const [key = ''] = columns
    characters += key.length + rest.length
    if (values.size >= most.utterances || characters > most.characters)
      throw fault(
        `is past the ${most.utterances} lines or ${most.characters} characters that are read`,
      )
    if (values.has(key)) options.refuse(fault('has a key a second time'))
    else values.set(key, rest)
  }
  return values
}

/**
 * Writes a Kaldi data directory, sorted as by `LC_ALL=C`, with utterance ids that begin with their
 * speaker. Everything is held until the end because the directory is sorted by speaker: 5,000,000
 * utterances of 256 Mi characters at most, past which an `InputFault` ends the writing.
 */
export const writeKaldi: Writer = kaldiWriter(bounds)

/** The writer of Kaldi data directories with bounds of its own. */
export function kaldiWriter(most: KaldiBounds): Writer {
  return (options) => {
    const { losses, out } = options
    const names = new Names(/[^\s]/u, losses)
    const files = new Map<string, string>()
    let characters = 0
    const utterances = new Map<string, { speaker: string; segment: string; text: string }>()
    return {
      add(item) {
        const found = segmentsOf(item, options, ['speaker', 'text'])
        if (found === undefined) return
        const recording = names.of(item.item_ref, item.item_ref)
        if (found.segments.length === 0) losses.note('unlabelled', item.item_ref)
        else if (files.has(recording)) losses.note('several-annotations', item.item_ref)
        if (files.has(recording)) return
        files.set(recording, found.source.file ?? `${recording}.wav`)
        if (found.source.file === undefined || /\||\s$|^\s|\n/.test(found.source.file))
          losses.note('values', item.item_ref)
        for (const segment of found.segments) {
          const place = `${item.item_ref}/${segment.id}`
          if (segment.speaker === undefined) losses.note('tiers', place)
          if (segment.text === undefined) losses.note('transcripts', place)
          const speaker = names.of(segment.speaker ?? 'unknown', place)
          const { rate } = found.source
          const times = [segment.from, segment.to].map((at) => secondsText(at, rate, 2)).join(' ')
          const base = `${speaker}-${recording}-${ticks(segment.from, rate)}-${ticks(segment.to, rate)}`
          let id = base
          for (let count = 2; utterances.has(id); count++) id = `${base}-${count}`
          const text = (segment.text ?? '')
            .split(/\s+/u)
            .filter((word) => word !== '')
            .join(' ')
          if (text !== (segment.text ?? '')) losses.note('values', place)
          characters += id.length + text.length
          if (utterances.size >= most.utterances || characters > most.characters)
            throw new InputFault(
              place,
              '',
              `is past the ${most.utterances} utterances or ${most.characters} characters that are sorted into one Kaldi directory`,
            )
          utterances.set(id, { speaker, segment: `${recording} ${times}`, text })
        }
      },
      end() {
        const ids = [...utterances.keys()].sort(byBytes)
        const table = (value: (id: string) => string) =>
          ids.map((id) => `${id} ${value(id)}`.trimEnd() + '\n').join('')
        out(
          'wav.scp',
          [...files]
            .sort(([a], [b]) => byBytes(a, b))
            .map(([id, file]) => `${id} ${file.replaceAll(/[|\n]/g, '_').trim()}\n`)
            .join(''),
        )
        out(
          'segments',
          table((id) => utterances.get(id)?.segment ?? ''),
        )
        out(
          'text',
          table((id) => utterances.get(id)?.text ?? ''),
        )
        out(
          'utt2spk',
          table((id) => utterances.get(id)?.speaker ?? ''),
        )
        const speakers = new Map<string, string[]>()
        for (const id of ids) {
          const speaker = utterances.get(id)?.speaker ?? ''
          addTo(speakers, speaker, id)
        }
        out(
          'spk2utt',
          [...speakers]
            .sort(([a], [b]) => byBytes(a, b))
            .map(([speaker, all]) => `${speaker} ${all.join(' ')}\n`)
            .join(''),
        )
      },
    }
  }
}

/** Hundredths of a second, as utterance ids count them. */
function ticks(sample: number, rate: number): string {
  return String(Math.round((sample * 100) / rate)).padStart(7, '0')
}

const encoder = new TextEncoder()

/** The order of `LC_ALL=C`: by the bytes of UTF-8. */
function byBytes(a: string, b: string): number {
  const [one, other] = [encoder.encode(a), encoder.encode(b)]
  for (let at = 0; at < one.length && at < other.length; at++) {
    const difference = (one[at] ?? 0) - (other[at] ?? 0)
    if (difference !== 0) return difference
  }
  return one.length - other.length
}
