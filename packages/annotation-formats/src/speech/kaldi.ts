import type { Item } from '../model.ts'
import { addTo } from '../groups.ts'
import { Names } from '../names.ts'
import { InputFault, type InputFiles, type Reader, type ReadOptions } from '../reading.ts'
import { readLines } from '../records.ts'
import { secondsText } from '../seconds.ts'
import type { Writer } from '../writing.ts'
import { rateFor, recordingOf, sampleAt, secondsIn, type Segment, segmentsOf } from './segments.ts'

const mostUtterances = 5_000_000
/** Characters of one file of the directory, keys and values together. */
const mostCharacters = 256 * 1024 * 1024

/**
 * Reads a Kaldi data directory: `segments`, `text`, `utt2spk` and `wav.scp`. It is sorted by
 * speaker, so its utterances are held in memory to be put together by recording: at most 5,000,000,
 * and 256 Mi characters in each other file. More is refused.
 * An entry of `wav.scp` that is a shell pipe is left out: it is never run.
 */
export const readKaldi: Reader = async function* (input, options) {
  const texts = await column(input, 'text')
  const speakers = await column(input, 'utt2spk')
  const files = await column(input, 'wav.scp')
  const recordings = new Map<string, Segment[]>()
  let count = 0
  for await (const { number, text } of lines(input, 'segments')) {
    const fault = (reason: string) => new InputFault('segments', `line ${number}`, reason)
    const [id = '', recording, start = '', end = ''] = text.trim().split(/\s+/)
    try {
      if (recording === undefined) throw fault('has not the columns of segments')
      if (++count > mostUtterances)
        throw fault(`is past the ${mostUtterances} utterances that are read`)
      const rate = rateFor(options, recording)
      const at = (time: string) => sampleAt(secondsIn(time, fault), rate, options.losses, recording)
      const [from, to] = [at(start), at(end)]
      if (to < from) throw fault('ends before it begins')
      const [speaker, said] = [speakers.get(id), texts.get(id)]
      const known = {
        ...(speaker === undefined ? {} : { speaker }),
        ...(said === undefined ? {} : { text: said }),
      }
      const segment = { id, from, to, ...known }
      addTo(recordings, recording, segment)
    } catch (error) {
      if (!(error instanceof InputFault)) throw error
      options.refuse(error)
    }
  }
  for (const [recording, segments] of recordings)
    yield itemOf(recording, segments, files.get(recording), options)
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

async function* lines(input: InputFiles, name: string) {
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
  for await (const line of readLines(input.open(file), file))
    if (line.text.trim() !== '') yield line
}

/** A file of keys, each with what stands after it. */
async function column(input: InputFiles, name: string): Promise<Map<string, string>> {
  const values = new Map<string, string>()
  let characters = 0
  for await (const { number, text } of lines(input, name)) {
    const [key = '', rest = ''] = /^(\S+)(?:\s+(.*))?$/.exec(text.trim())?.slice(1) ?? []
    if (values.has(key)) throw new InputFault(name, `line ${number}`, 'has a key a second time')
    characters += text.length
    if (values.size >= mostUtterances || characters > mostCharacters)
      throw new InputFault(
        name,
        `line ${number}`,
        `is past the ${mostUtterances} lines or ${mostCharacters} characters that are read`,
      )
    values.set(key, rest)
  }
  return values
}

/**
 * Writes a Kaldi data directory, sorted as by `LC_ALL=C`, with utterance ids that begin with their
 * speaker. Everything is held until the end because the directory is sorted by speaker: 5,000,000
 * utterances of 256 Mi characters at most, past which an `InputFault` ends the writing.
 */
export const writeKaldi: Writer = (options) => {
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
        if (utterances.size >= mostUtterances || characters > mostCharacters)
          throw new InputFault(
            place,
            '',
            `is past the ${mostUtterances} utterances or ${mostCharacters} characters that are sorted into one Kaldi directory`,
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
