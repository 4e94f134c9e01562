import type { Item, Value } from '../model.ts'
import { isTorn } from '../checked.ts'
import { ItemRefs } from '../item-refs.ts'
import { attemptRecord, type Reader } from '../reading.ts'
import { type ObjectRecord, readObjects } from '../records.ts'
import { secondsText } from '../seconds.ts'
import { textOf } from '../values.ts'
import type { Writer } from '../writing.ts'
import { Recordings, type Row, sorted } from './recordings.ts'
import { secondsIn, type Segment, segmentsOf } from './segments.ts'

type ReadObject = (record: ObjectRecord) => Row

/** A reader of JSON objects, one for each segment. */
function objectReader(read: ReadObject, named: boolean): Reader {
  return async function* (input, options) {
    const refs = new ItemRefs()
    for (const file of input.names) {
      const recordings = new Recordings(options, refs, named)
      const one = { names: [file], open: (name: string) => input.open(name) }
      for await (const record of readObjects(one, options)) {
        const items = attemptRecord(options, () => recordings.add(read(record), record.fault))
        yield* items ?? []
      }
      yield* recordings.end()
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
