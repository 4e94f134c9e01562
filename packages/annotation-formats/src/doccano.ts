import type { Item, Region, Relation, Value } from './model.ts'
import { isObject } from './checked.ts'
import { noteUncarried, spansOf, withoutLayout } from './leftovers.ts'
import { numberOf } from './label-studio/write.ts'
import type { Losses } from './losses.ts'
import { TextIndex, type Unit } from './offsets.ts'
import type { ReadOptions } from './reading.ts'
import { type ObjectRecord, objectRecords, type Records } from './records.ts'
import { microseconds } from './seconds.ts'
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

/** The answer that a bare list of categories is taken for. */
const category = 'category'

/**
 * Reads doccano's JSON Lines: spans as `label` or `labels`, `entities` with `relations`, and
 * categories. Offsets are UTF-16 code units unless `unit` says otherwise: doccano's default, where
 * the name "code point" in its source sums lengths of strings. Projects in its grapheme mode need
 * `unit: 'grapheme'`, which counts the clusters of Unicode 10 as doccano itself does (its package
 * grapheme-splitter), whatever Unicode the runtime knows.
 */
export const doccanoRecords: Records = objectRecords((options) => (record) => [
  readRecord(record, options),
])

function unitOf(unit: Unit | undefined): Unit {
  return unit === 'grapheme' ? 'grapheme10' : (unit ?? 'utf16')
}

const ownMembers = [
  'id',
  'item_ref',
  'text',
  'data',
  'filename',
  'label',
  'labels',
  'entities',
  'relations',
  'cats',
]

function readRecord(record: ObjectRecord, options: ReadOptions): Item {
  const { object } = record
  const base = { item_ref: refOf(record), ...restOf(record, ownMembers) }
  const labels = listIn(record, 'label') ?? listIn(record, 'labels') ?? []
  const words = labels.filter((each) => typeof each === 'string')
  const cats = (listIn(record, 'cats') ?? []).filter((each) => typeof each === 'string')
  if (typeof object['filename'] === 'string' && object['text'] === undefined)
    return mediaItem(base, object['filename'], words, options)
  const text = textOfRecord(record, typeof object['text'] === 'string' ? 'text' : 'data')
  const source = { kind: 'text', text } as const
  const reader = new SpanReader(text, unitOf(options.unit), (reason) => record.fault(reason))
  const spans = [...labels, ...(listIn(record, 'entities') ?? [])].filter(
    (each) => typeof each !== 'string',
  )
  const regions = spans.map((span, place) => readSpan(span, place, reader, record))
  const relations = (listIn(record, 'relations') ?? []).map((each) =>
    readRelation(each, regions, record),
  )
  const answers = categories([...words, ...cats])
  return {
    ...base,
    source,
    annotation: annotationFrom(source, options, { regions, relations, answers }),
  }
}

function categories(words: readonly string[]): Record<string, Value> {
  return words.length === 0 ? {} : { [category]: oneOrMany(words) }
}

function listIn({ object, fault }: ObjectRecord, name: string): unknown[] | undefined {
  const value = object[name]
  if (value === undefined || value === null) return undefined
  if (!Array.isArray(value)) throw fault(`has ${name} that is no list`)
  return value as unknown[]
}

function readSpan(span: unknown, place: number, reader: SpanReader, record: ObjectRecord): Region {
  if (Array.isArray(span)) return reader.region(`span-${place + 1}`, span[0], span[1], span[2])
  if (!isObject(span)) throw record.fault('has a span that is neither a list nor an object')
  const { id, start_offset, end_offset, label } = span
  const name = typeof id === 'number' || typeof id === 'string' ? String(id) : `span-${place + 1}`
  return reader.region(name, start_offset, end_offset, label)
}

function readRelation(
  relation: unknown,
  regions: readonly Region[],
  record: ObjectRecord,
): Relation {
  if (!isObject(relation)) throw record.fault('has a relation that is no object')
  const [from, to] = [relation['from_id'], relation['to_id']].map((id) =>
    typeof id === 'number' ? String(id) : wordOf(id),
  )
  if (!regions.some(({ id }) => id === from) || !regions.some(({ id }) => id === to))
    throw record.fault('has a relation to a span that is not there')
  return { type: wordOf(relation['type']), from: from ?? '', to: to ?? '' }
}

/** A file with bare labels: what was said in a recording, or what an image shows. */
function mediaItem(
  base: Pick<Item, 'item_ref' | 'meta'>,
  file: string,
  words: readonly string[],
  options: ReadOptions,
): Item {
  if (/[.](png|jpe?g|gif|webp|bmp|tiff?)$/i.test(file)) {
    const source = { kind: 'image', file } as const
    return {
      ...base,
      source,
      annotation: annotationFrom(source, options, { answers: categories(words) }),
    }
  }
  if (options.rate === undefined) options.losses.note('rate-assumed', base.item_ref)
  const source = { kind: 'audio', file, rate: options.rate ?? microseconds } as const
  const answers = words.length === 0 ? {} : { transcript: words.join('\n') }
  return { ...base, source, annotation: annotationFrom(source, options, { answers }) }
}

/**
 * Writes doccano's JSON Lines for texts, in UTF-16 code units or, as the variant `grapheme`, in the
 * clusters of its grapheme mode; spans that begin or end inside one are left out there. `label` with spans, or `entities`
 * where there are relations. The answer `category` becomes the categories; other answers are lost.
 */
export const writeDoccano: Writer = ({ out, losses, variant }) => ({
  add(item) {
    if (item.source.kind !== 'text') {
      losses.note('kind', item.item_ref)
      return
    }
    noteUncarried(item, losses, ['relations', 'answers', 'meta'])
    const { annotation, item_ref } = item
    const id = numberOf(item_ref)
    out(
      '',
      `${JSON.stringify({
        ...withoutLayout(item),
        ...(id === undefined ? { item_ref } : { id }),
        text: item.source.text,
        ...(annotation === undefined
          ? {}
          : labelled(
              item,
              item.source.text,
              losses,
              variant === 'grapheme' ? 'grapheme10' : 'utf16',
            )),
      })}\n`,
    )
  },
  end() {
    // Lines stand alone: there is nothing to close.
  },
})

function labelled(item: Item, text: string, losses: Losses, unit: Unit): object {
  const index = new TextIndex(text)
  const { relations = [], answers = {} } = item.annotation ?? {}
  const at = (place: number) => index.convert(place, 'codePoint', unit)
  const spans = spansOf(item, losses, { pieces: 'split', keepEmpty: true }).flatMap(
    ({ region, label, ...place }) => {
      const [from, to] = [at(place.from), at(place.to)]
      if (from !== undefined && to !== undefined) return [{ region, label, from, to }]
      losses.note('clusters', `${item.item_ref}/${region.id}`)
      return []
    },
  )
  const cats = Object.hasOwn(answers, category) ? textsOf(answers[category] ?? []) : []
  if (Object.keys(answers).some((name) => name !== category)) losses.note('answers', item.item_ref)
  if (relations.length === 0) {
    const label = spans.map(({ from, to, label: name }) => [from, to, name])
    return spans.length === 0 && cats.length > 0
      ? { label: cats }
      : { label, ...(cats.length > 0 ? { cats } : {}) }
  }
  const ids = new Map<string, number>()
  for (const [id, { region }] of spans.entries()) if (!ids.has(region.id)) ids.set(region.id, id)
  const entities = spans.map(({ from, to, label }, id) => ({
    id,
    start_offset: from,
    end_offset: to,
    label,
  }))
  const kept = relations.filter(({ from, to }) => ids.has(from) && ids.has(to))
  if (kept.length < relations.length) losses.note('relations', item.item_ref)
  const written = kept.map(({ from, to, type }, id) => ({
    id,
    from_id: ids.get(from),
    to_id: ids.get(to),
    type,
  }))
  return { entities, relations: written, ...(cats.length > 0 ? { cats } : {}) }
}
