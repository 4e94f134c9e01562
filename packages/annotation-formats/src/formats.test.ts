import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { anyItem, codePoints, pieces, plainName } from '../../../test/support/annotations.ts'
import { collect, converted } from '../../../test/support/conversion.ts'
import {
  type Annotation,
  type Format,
  formatNamed,
  formats,
  type Item,
  parseItem,
  parseLabelSchema,
  sameAnnotation,
  type WriteOptions,
} from './index.ts'

/** The schema that makes the names of answers known where a format needs it. */
function schemaOf({ name }: Format, { source }: Item) {
  if (name !== 'label-studio-min') return undefined
  const labels = [{ name: 'x' }]
  const parsed = parseLabelSchema({ name: 'test', version: 1, kind: source.kind, labels })
  assert.ok(parsed.ok)
  return parsed.value
}

async function roundTrip(format: Format, item: Item, more: Partial<WriteOptions> = {}) {
  const schema = schemaOf(format, item)
  const there = converted(format.write, [item], {
    ...(schema === undefined ? {} : { schema }),
    ...more,
  })
  const rate = item.source.kind === 'audio' ? { rate: item.source.rate } : {}
  const back = await collect(format.read, there.files, {
    ...rate,
    ...(schema === undefined ? {} : { schema }),
  })
  return { lost: [...there.losses, ...back.losses].map(({ code }) => code), items: back.items }
}

/** What the item says, without the names of schema and source that a format may give anew. */
function saidBy({ annotation }: Item): Annotation {
  assert.ok(annotation !== undefined)
  return {
    schema: '',
    regions: annotation.regions.map((region) => ({ attributes: {}, transcripts: {}, ...region })),
    relations: annotation.relations ?? [],
    answers: annotation.answers ?? {},
  }
}

for (const format of formats) {
  test(`AF40 ${format.name} gives any annotation back the same, or says what it lost`, async () => {
    await fc.assert(
      fc.asyncProperty(anyItem, async (item) => {
        const { lost, items } = await roundTrip(format, item)
        for (const each of items)
          assert.deepEqual(
            parseItem(JSON.parse(JSON.stringify(each))).ok,
            true,
            JSON.stringify(parseItem(each)),
          )
        if (lost.length > 0) return
        const [back] = items
        assert.ok(back !== undefined)
        assert.equal(items.length, 1)
        assert.ok(
          sameAnnotation(saidBy(back), saidBy(item)),
          `${JSON.stringify(back)}\nis not\n${JSON.stringify(item)}`,
        )
        if (item.source.kind === 'text') assert.deepEqual(back.source, item.source)
      }),
      { numRuns: 150 },
    )
  })

  if (format.kinds.includes('text'))
    test(`AF41 ${format.name} carries labelled spans of any text without loss of place`, async () => {
      await fc.assert(
        fc.asyncProperty(labelledText(format), async (item) => {
          const { lost, items } = await roundTrip(format, item)
          assert.deepEqual(lost, [])
          assert.deepEqual(
            items.map((each) => each.source),
            [item.source],
          )
          const places = (of: Item | undefined) =>
            of?.annotation?.regions
              .map(({ anchor, label }) => JSON.stringify([anchor, label]))
              .sort()
          assert.deepEqual(places(items[0]), places(item))
        }),
        { numRuns: 100 },
      )
    })
}

/** Texts with spans that every format of text must carry: labelled, apart, of words. */
function labelledText({ counts }: Format): fc.Arbitrary<Item> {
  const word = fc.constantFrom('a', 'Bo', '😊', 'e\u0301', 'שלום', '中', '👩‍👩‍👧', '1')
  const words = fc.array(word, { minLength: 1, maxLength: 8 })
  const free = fc.array(fc.constantFrom('a', '😊', ' ', '\n', '\r\n', '\u00a0', 'é', '.'), {
    minLength: 1,
    maxLength: 12,
  })
  const text = counts.startsWith('tokens')
    ? words.map((all) => all.join(' '))
    : free.map((all) => all.join(''))
  return text.chain((whole) => {
    const spans = counts.startsWith('tokens')
      ? fc.nat(whole.split(' ').length - 1).map((place): [number, number][] => {
          const before = whole.split(' ').slice(0, place)
          const from = codePoints(before.join(' ')) + (place > 0 ? 1 : 0)
          return [[from, from + codePoints(whole.split(' ')[place] ?? '')]]
        })
      : pieces(codePoints(whole))
    return fc.tuple(spans, plainName).map(([places, label]) => ({
      item_ref: 'a',
      source: { kind: 'text' as const, text: whole },
      annotation: {
        schema: 'test@1',
        regions: places.map((place, at) => ({ id: `r${at}`, anchor: { text: [place] }, label })),
      },
    }))
  })
}

interface Said {
  readonly tier?: string
  readonly transcripts?: { readonly transcript: string }
  readonly label?: string
  readonly attributes?: Readonly<Record<string, string | number>>
}

const speaker = plainName.map((tier) => ({ tier }))
const words = fc
  .array(fc.constantFrom('good', 'morning', '<b>', '"hi"', '😊', 'שלום', '&', '{um}', ';;'), {
    minLength: 1,
    maxLength: 4,
  })
  .map((all) => ({ transcripts: { transcript: all.join(' ') } }))
const oneWord = plainName.map((transcript) => ({ transcripts: { transcript } }))
const labelled = plainName.map((label) => ({ label }))

/** What each format of speech must carry without loss, beside time. */
const carried: Record<string, readonly fc.Arbitrary<Said>[]> = {
  'label-studio': [speaker, words, labelled],
  textgrid: [speaker, words, labelled],
  stm: [speaker, words],
  ctm: [oneWord],
  rttm: [speaker],
  seglst: [speaker, words, labelled],
  uem: [],
  nemo: [speaker, words, labelled],
  eaf: [speaker, words, labelled],
  kaldi: [speaker, words],
  'cvat-tsv': [speaker, words, labelled],
  webvtt: [speaker, words],
  srt: [words],
  csv: [speaker, words, labelled],
  parquet: [speaker, words, labelled],
}

/** Formats that count milliseconds keep what falls on one. */
const inMilliseconds = ['eaf', 'webvtt', 'srt']

/** The schema of a project in which all regions have the one label that a format may leave out. */
const speech = parseLabelSchema({
  name: 'test',
  version: 1,
  kind: 'audio',
  labels: [{ name: 'speech' }],
})

for (const [name, parts] of Object.entries(carried))
  test(`AF42 ${name} keeps every segment on its exact samples, with all that it carries`, async () => {
    const format = formatNamed(name)
    assert.ok(format !== undefined && speech.ok)
    const { value: schema } = speech
    const segment = fc
      .tuple(fc.nat(1e7), fc.integer({ min: 1, max: 1e6 }), ...parts)
      .map(([from, length, ...said]) => {
        const { tier, ...rest }: Said = Object.assign({}, ...said) as Said
        const grid = inMilliseconds.includes(name) ? 480 : 1
        const audio = { from: from * grid, to: (from + length) * grid }
        return {
          anchor: { audio, ...(tier === undefined ? {} : { tier }) },
          label: 'speech',
          ...rest,
        }
      })
    const distinct = {
      minLength: 1,
      maxLength: 6,
      selector: ({ anchor }: { anchor: object }) => JSON.stringify(anchor),
    }
    const rates = fc.constantFrom(8000, 11025, 16000, 22050, 44100, 48000, 96000)
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(segment, distinct),
        inMilliseconds.includes(name) ? fc.constantFrom(48000, 96000) : rates,
        async (segments, rate) => {
          const regions = segments.map((each, place) => ({ id: `r${place}`, ...each }))
          const source = {
            kind: 'audio' as const,
            rate,
            ...(['nemo', 'cvat-tsv', 'kaldi'].includes(name) ? { file: 'a.wav' } : {}),
          }
          const item = { item_ref: 'a', source, annotation: { schema: 'test@1', regions } }
          const { files, losses } = converted(format.write, [item], { schema })
          const { items, losses: more } = await collect(format.read, files, { schema, rate })
          assert.deepEqual([...losses, ...more], [])
          assert.equal(items.length, 1)
          assert.ok(
            sameAnnotation(saidBy(items[0]!), saidBy(item)),
            JSON.stringify([items[0], item]),
          )
        },
      ),
      { numRuns: 60 },
    )
  })

test('AF41 doccano in its grapheme mode counts clusters, and says which spans it cannot count', async () => {
  const format = formatNamed('doccano')
  assert.ok(format !== undefined)
  const text = '👍🏽 ❤️‍🔥 Bo'
  const region = (id: string, from: number, to: number) => ({
    id,
    anchor: { text: [[from, to] as const] },
    label: 'x',
  })
  const item: Item = {
    item_ref: '1',
    source: { kind: 'text', text },
    // The second begins inside a thumb: between it and its colour.
    annotation: { schema: 'test@1', regions: [region('r1', 8, 10), region('r2', 1, 2)] },
  }
  const { files, losses } = converted(format.write, [item], { variant: 'grapheme' })
  assert.deepEqual(
    losses.map(({ code, examples }) => [code, examples]),
    [['clusters', ['1/r2']]],
  )
  assert.deepEqual(JSON.parse(Buffer.from(files['out'] ?? []).toString('utf8')), {
    id: 1,
    text,
    label: [[5, 7, 'x']],
  })
  const back = await collect(format.read, files, { unit: 'grapheme' })
  assert.deepEqual(
    back.items[0]?.annotation?.regions.map(({ anchor }) => anchor),
    [{ text: [[8, 10]] }],
  )
})

test('AF40 all formats are held to it: the names that the command knows', () => {
  // The tests above run over this very list, so that a format that is added is tested as well.
  assert.deepEqual(
    formats.map(({ name }) => name),
    [
      ...['cloister', 'label-studio', 'label-studio-min', 'doccano', 'spacy', 'prodigy'],
      ...['conll-2003', 'conll-u', 'brat', 'webanno-tsv', 'uima-cas-json', 'uima-cas-xmi'],
      ...['textgrid', 'eaf', 'ctm', 'stm', 'rttm', 'seglst', 'uem', 'kaldi', 'nemo', 'cvat-tsv'],
      ...['webvtt', 'srt', 'coco', 'yolo', 'voc', 'csv', 'parquet'],
    ],
  )
})
