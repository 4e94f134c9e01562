import type { Item, Region, Relation, Value } from './model.ts'
import { isObject } from './checked.ts'
import { numberOf } from './label-studio/write.ts'
import { noteUncarried, type Span, spansOf, tokensOf, withoutLayout } from './leftovers.ts'
import type { Losses } from './losses.ts'
import { TextIndex } from './offsets.ts'
import type { ReadOptions } from './reading.ts'
import { type ObjectRecord, objectRecords, type Records } from './records.ts'
import { isBetweenSamples, microseconds, samplesOf, secondsOf } from './seconds.ts'
import {
  annotationFrom,
  oneOrMany,
  refOf,
  restOf,
  SpanReader,
  textOfRecord,
  wordOf,
} from './spans-json.ts'
import { textsOf } from './values.ts'
import type { Writer } from './writing.ts'

/** The answer that categories of a text are taken for. */
const category = 'category'

/**
 * Reads JSON Lines for spaCy: `ents`, `entities` or `spans` (also by group), and `cats` of which
 * those of 0.5 and more hold. Offsets are code points.
 */
export const spacyRecords: Records = objectRecords((options) => (record) => [
  readSpacyRecord(record, options),
])

/**
 * Reads Prodigy's JSON Lines: `spans` and `relations` of texts, `audio_spans` and `transcript` of
 * recordings, options with `accept`, and whether the answer was accept, reject or ignore.
 */
export const prodigyRecords: Records = objectRecords((options) => (record) => [
  readProdigyRecord(record, options),
])

function readSpacyRecord(record: ObjectRecord, options: ReadOptions): Item {
  const text = textOfRecord(record)
  const source = { kind: 'text', text } as const
  const { ents, entities, spans, cats } = record.object
  const lists = [ents, entities, ...(isObject(spans) ? Object.values(spans) : [spans])]
  const regions = readSpans(lists.flatMap(listOf), text, record, options)
  const chosen = Object.entries(isObject(cats) ? cats : {}).filter(
    ([, score]) => Number(score) >= 0.5,
  )
  if (Object.values(isObject(cats) ? cats : {}).some((score) => score !== 0 && score !== 1))
    options.losses.note('values', refOf(record))
  const answers = chosen.length === 0 ? {} : { [category]: oneOrMany(chosen.map(([name]) => name)) }
  const taken = ['text', 'ents', 'entities', 'spans', 'cats', 'tokens', 'id', 'item_ref']
  return {
    item_ref: refOf(record),
    source,
    annotation: annotationFrom(source, options, { regions, answers }),
    ...restOf(record, taken),
  }
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

function readSpans(
  spans: readonly unknown[],
  text: string,
  record: ObjectRecord,
  options: ReadOptions,
): Region[] {
  const reading = new SpanReader(text, options.unit ?? 'codePoint', (reason) =>
    record.fault(reason),
  )
  return spans.map((span, place) => {
    const id = `span-${place + 1}`
    if (Array.isArray(span)) return reading.region(id, span[0], span[1], span[2])
    if (!isObject(span)) throw record.fault('has a span that is neither a list nor an object')
    return reading.region(id, span['start'], span['end'], span['label'])
  })
}

/** Writes JSON Lines for spaCy: `ents`, or the span group `sc` where spans overlap, and `cats`. */
export const writeSpacy: Writer = ({ out, losses }) => ({
  add(item) {
    if (item.source.kind !== 'text') {
      losses.note('kind', item.item_ref)
      return
    }
    noteUncarried(item, losses, ['answers', 'meta'])
    const spans = spansOf(item, losses, { pieces: 'split', keepEmpty: true })
    const written = spans.map(({ from, to, label }) => ({ start: from, end: to, label }))
    const cats = categoriesOf(item, losses)
    const record = {
      ...withoutLayout(item),
      ...(numberOf(item.item_ref) === undefined
        ? { item_ref: item.item_ref }
        : { id: Number(item.item_ref) }),
      text: item.source.text,
      ...(overlaps(spans) ? { spans: { sc: written } } : { ents: written }),
      ...(cats.length === 0 ? {} : { cats: Object.fromEntries(cats.map((name) => [name, 1])) }),
    }
    out('', `${JSON.stringify(record)}\n`)
  },
  end() {
    // Lines stand alone: there is nothing to close.
  },
})

function overlaps(spans: readonly Span[]): boolean {
  const sorted = [...spans].sort((a, b) => a.from - b.from || a.to - b.to)
  return sorted.some((span, place) => place > 0 && span.from < (sorted[place - 1]?.to ?? 0))
}

function categoriesOf({ item_ref, annotation }: Item, losses: Losses): string[] {
  const { answers = {} } = annotation ?? {}
  if (Object.keys(answers).some((name) => name !== category)) losses.note('answers', item_ref)
  return Object.hasOwn(answers, category) ? textsOf(answers[category] ?? []) : []
}

const prodigyMembers = [
  ...[
    'text',
    'audio',
    'sample_rate',
    'tokens',
    'spans',
    'relations',
    'audio_spans',
    'transcript',
    'options',
  ],
  ...['accept', 'answer', 'label', 'item_ref', 'id', '_input_hash', '_task_hash', '_annotator_id'],
  ...['_session_id', '_view_id', '_timestamp', '_is_binary'],
]

function readProdigyRecord(record: ObjectRecord, options: ReadOptions): Item {
  const { object } = record
  const by = object['_annotator_id']
  const answer = object['answer']
  const base = {
    item_ref: refOf(record),
    ...(typeof by === 'string' && by !== '' ? { by } : {}),
    ...(answer === 'reject' ? { turned_down: 'rejected' as const } : {}),
    ...(answer === 'ignore' ? { turned_down: 'skipped' as const } : {}),
    ...restOf(record, prodigyMembers),
  }
  const accepted = listOf(object['accept']).map(String)
  const answers: Record<string, Value> =
    accepted.length === 0 ? {} : { [category]: oneOrMany(accepted) }
  if (typeof object['audio'] === 'string') return audioRecord(record, base, answers, options)
  const text = textOfRecord(record)
  const source = { kind: 'text', text } as const
  const regions = readSpans(listOf(object['spans']), text, record, options)
  const relations = listOf(object['relations']).map((each) => readRelation(each, regions, record))
  return {
    ...base,
    source,
    annotation: annotationFrom(source, options, { regions, relations, answers }),
  }
}

function readRelation(
  relation: unknown,
  regions: readonly Region[],
  record: ObjectRecord,
): Relation {
  const ends = isObject(relation) ? [relation['head_span'], relation['child_span']] : []
  const [from, to] = ends.map((span) =>
    isObject(span)
      ? regions.find(
          ({ anchor, label = '' }) =>
            'text' in anchor &&
            anchor.text[0]?.[0] === span['start'] &&
            anchor.text.at(-1)?.[1] === span['end'] &&
            label === wordOf(span['label']),
        )
      : undefined,
  )
  if (from === undefined || to === undefined)
    throw record.fault('has a relation whose head_span or child_span is none of its spans')
  return { type: isObject(relation) ? wordOf(relation['label']) : '', from: from.id, to: to.id }
}

function audioRecord(
  record: ObjectRecord,
  base: Omit<Item, 'source'>,
  answers: Record<string, Value>,
  options: ReadOptions,
): Item {
  const { audio, audio_spans: spans, transcript, sample_rate: said } = record.object
  const known = typeof said === 'number' && Number.isInteger(said) && said > 0 ? said : options.rate
  if (known === undefined) options.losses.note('rate-assumed', base.item_ref)
  const rate = known ?? microseconds
  const source = { kind: 'audio', file: wordOf(audio), rate } as const
  const regions = listOf(spans).map((span, place): Region => {
    const { start, end, label } = isObject(span) ? span : {}
    if (typeof start !== 'number' || typeof end !== 'number' || start < 0 || end < start)
      throw record.fault('has an audio span that ends before it begins')
    if (isBetweenSamples(start, rate) || isBetweenSamples(end, rate))
      options.losses.note('times', base.item_ref)
    const anchor = { audio: { from: samplesOf(start, rate), to: samplesOf(end, rate) } }
    return { id: `span-${place + 1}`, anchor, ...(typeof label === 'string' ? { label } : {}) }
  })
  const all = typeof transcript === 'string' ? { ...answers, transcript } : answers
  return { ...base, source, annotation: annotationFrom(source, options, { regions, answers: all }) }
}

/** Writes Prodigy's JSON Lines: texts with tokens that fit the spans, recordings with audio spans. */
export const writeProdigy: Writer = ({ out, losses }) => ({
  add(item) {
    const { source, item_ref, turned_down, by } = item
    if (source.kind !== 'text' && source.kind !== 'audio') {
      losses.note('kind', item_ref)
      return
    }
    noteUncarried(item, losses, [
      'answers',
      'meta',
      'relations',
      'turned-down',
      'annotator',
      'label-missing',
    ])
    const record = {
      ...withoutLayout(item),
      ...(numberOf(item_ref) === undefined ? { item_ref } : { id: Number(item_ref) }),
      ...(source.kind === 'text'
        ? textMembers(item, source.text, losses)
        : audioMembers(item, losses)),
      ...(by === undefined ? {} : { _annotator_id: by }),
      answer:
        turned_down === undefined ? 'accept' : turned_down === 'rejected' ? 'reject' : 'ignore',
    }
    out('', `${JSON.stringify(record)}\n`)
  },
  end() {
    // Lines stand alone: there is nothing to close.
  },
})

function acceptMembers(item: Item, losses: Losses): object {
  const accept = categoriesOf(item, losses)
  return accept.length === 0 ? {} : { options: accept.map((id) => ({ id, text: id })), accept }
}

function textMembers(item: Item, text: string, losses: Losses): object {
  const index = new TextIndex(text)
  const labelled = spansOf(item, losses, { pieces: 'split', keepEmpty: true })
  const bare = (item.annotation?.regions ?? []).filter(({ label }) => label === undefined)
  for (const { id } of bare) losses.note('label-missing', `${item.item_ref}/${id}`)
  const tokens = tokensOf(index, labelled)
  const starts = new Map(tokens.map(({ from }, id) => [from, id]))
  const ends = new Map(tokens.map(({ to }, id) => [to, id]))
  const spans = labelled.map(({ from, to, label }) => {
    const [first, last] = [starts.get(from), ends.get(to)]
    const inTokens =
      first === undefined || last === undefined || from === to
        ? {}
        : { token_start: first, token_end: last }
    return { start: from, end: to, ...inTokens, label }
  })
  const ofRegion = new Map(labelled.map(({ region }, place) => [region.id, spans[place]]))
  const relations = (item.annotation?.relations ?? []).flatMap(({ from, to, type }) => {
    const [head, child] = [ofRegion.get(from), ofRegion.get(to)]
    if (head === undefined || child === undefined) {
      losses.note('relations', item.item_ref)
      return []
    }
    const places = { head: head.token_end ?? 0, child: child.token_end ?? 0 }
    return [{ ...places, head_span: head, child_span: child, label: type }]
  })
  return {
    text,
    tokens: tokens.map(({ from, to }, id) => ({
      text: index.slice(from, to),
      start: from,
      end: to,
      id,
      ws: index.slice(to, to + 1) === ' ',
    })),
    spans,
    ...(relations.length === 0 ? {} : { relations }),
    ...acceptMembers(item, losses),
  }
}

function audioMembers(item: Item, losses: Losses): object {
  const { source, annotation, item_ref } = item
  if (source.kind !== 'audio') return {}
  const { file = item_ref, rate } = source
  const { transcript, ...answers } = annotation?.answers ?? {}
  const rest = annotation === undefined ? item : { ...item, annotation: { ...annotation, answers } }
  const audio_spans = (annotation?.regions ?? []).flatMap(({ anchor, label }) =>
    'audio' in anchor
      ? [
          {
            start: secondsOf(anchor.audio.from, rate),
            end: secondsOf(anchor.audio.to, rate),
            ...(label === undefined ? {} : { label }),
          },
        ]
      : [],
  )
  const said = typeof transcript === 'string' ? { transcript } : {}
  return { audio: file, sample_rate: rate, audio_spans, ...said, ...acceptMembers(rest, losses) }
}
