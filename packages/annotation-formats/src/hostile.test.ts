import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { plainName } from '../../../test/support/annotations.ts'
import { collect, converted, type Files } from '../../../test/support/conversion.ts'
import {
  formatNamed,
  formats,
  InputFault,
  type Item,
  parseLabelSchema,
  sameAnnotation,
} from './index.ts'

function format(name: string) {
  const found = formatNamed(name)
  assert.ok(found !== undefined)
  return found
}

const line = (value: object) => ({ 'a.jsonl': JSON.stringify(value) })
const brat = (ann: string): Files => ({ 'a.txt': 'Bo 😊 Li', 'a.ann': ann })

/** Input that must be refused, with what the refusal says of the place and the reason. */
const hostile: [string, string, Files, RegExp][] = [
  [
    'doccano',
    'an offset inside a surrogate pair',
    line({ text: 'a😊', label: [[0, 2, 'x']] }),
    /record 1: .*inside a character/,
  ],
  [
    'doccano',
    'an offset past the end',
    line({ text: 'ab', label: [[0, 3, 'x']] }),
    /record 1: .*past the text/,
  ],
  [
    'doccano',
    'a reversed span',
    line({ text: 'ab', label: [[2, 1, 'x']] }),
    /ends at 1, before it begins at 2/,
  ],
  [
    'doccano',
    'one id twice',
    line({
      text: 'ab',
      entities: [
        { id: 1, start_offset: 0, end_offset: 1, label: 'x' },
        { id: 1, start_offset: 1, end_offset: 2, label: 'x' },
      ],
    }),
    /two spans with one id/,
  ],
  [
    'doccano',
    'a relation to nowhere',
    line({ text: 'ab', entities: [], relations: [{ from_id: 1, to_id: 2, type: 'x' }] }),
    /not there/,
  ],
  [
    'spacy',
    'an offset with a fraction',
    line({ text: 'ab', ents: [{ start: 0.5, end: 1, label: 'x' }] }),
    /record 1/,
  ],
  [
    'spacy',
    'half a surrogate pair',
    { 'a.jsonl': '{"text":"\\ud83d"}' },
    /half of a surrogate pair/,
  ],
  [
    'prodigy',
    'an audio span that runs backwards',
    line({ audio: 'a.wav', audio_spans: [{ start: 2, end: 1 }] }),
    /ends before it begins/,
  ],
  ['brat', 'an offset past the end', brat('T1\tX 0 9\tBo'), /a[.]ann, line 1: ends past the end/],
  ['brat', 'a reversed span', brat('T1\tX 2 1\tBo'), /line 1: ends at 1, before it begins at 2/],
  [
    'brat',
    'one id twice',
    brat('T1\tX 0 2\tBo\nT1\tX 0 2\tBo'),
    /line 2: has the id T1 a second time/,
  ],
  [
    'brat',
    'a relation to nowhere',
    brat('R1\tx Arg1:T1 Arg2:T2'),
    /names a region that is not there/,
  ],
  ['conll-2003', 'a token without a tag', { 'a.conll': 'Bo\n' }, /line 1: has no token with a tag/],
  [
    'conll-u',
    'a row of nine columns',
    { 'a.conllu': '1\tBo\t_\t_\t_\t_\t_\t_\t_\n' },
    /line 1: has not the ten columns/,
  ],
  [
    'coco',
    'a box of three numbers',
    {
      'a.json':
        '{"images":[{"id":1}],"categories":[{"id":1,"name":"x"}],"annotations":[{"image_id":1,"category_id":1,"bbox":[1,2,3]}]}',
    },
    /image 1: has a box/,
  ],
  [
    'yolo',
    'a class that is not named',
    { 'classes.txt': 'x\n', 'a.txt': '1 0.5 0.5 1 1\n' },
    /line 1: has a class that is not named/,
  ],
  [
    'voc',
    'an entity',
    { 'a.xml': '<!DOCTYPE a [<!ENTITY x "y">]><annotation/>' },
    /document type declaration/,
  ],
  [
    'csv',
    'a quote that is never closed',
    { 'a.csv': 'item_ref,item\na,"{' },
    /line 2: has a quote that is never closed/,
  ],
  [
    'parquet',
    'bytes that are no Parquet',
    { 'a.parquet': 'PAR1 no PAR1' },
    /is not a Parquet file/,
  ],
  [
    'uima-cas-json',
    'an offset inside a surrogate pair',
    {
      'a.json':
        '{"%FEATURE_STRUCTURES":[{"%ID":1,"%TYPE":"uima.cas.Sofa","sofaString":"a😊"},{"%ID":2,"%TYPE":"a.B","@sofa":1,"begin":0,"end":2}]}',
    },
    /id 2: ends past the text or inside a character/,
  ],
]

for (const [name, what, files, message] of hostile)
  test(`AF54 ${name} with ${what} is refused with its place`, async () => {
    await assert.rejects(collect(format(name).read, files, { rate: 8000 }), (error) => {
      assert.ok(error instanceof InputFault, String(error))
      assert.match(error.message, message)
      return true
    })
  })

const some = parseLabelSchema({ name: 's', version: 1, kind: 'text', labels: [] })

test('AF54 no input of bytes or of odd JSON makes a reader fail in another way than by a fault', async () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.json({ maxDepth: 3 }).map((text) => new TextEncoder().encode(text)),
    fc
      .constantFrom(
        '[{}]',
        '{"text":1}',
        '{"data":[]}',
        '<a/>',
        'WEBVTT\n\n00:',
        '1\t2\n',
        '#FORMAT=WebAnno TSV 3.3\n1-1\t0-1\ta\t*',
      )
      .map((text) => new TextEncoder().encode(text)),
  )
  assert.ok(some.ok)
  const { value: schema } = some
  for (const { read, endings } of formats)
    await fc.assert(
      fc.asyncProperty(bytes, async (content) => {
        const files = Object.fromEntries(endings.map((ending) => [`a${ending}`, content]))
        try {
          await collect(read, files, { schema })
        } catch (error) {
          assert.ok(
            error instanceof InputFault,
            String(error instanceof Error ? error.stack : error),
          )
        }
      }),
      { numRuns: 25 },
    )
})

const grid = fc.integer({ min: 0, max: 100 })
const shapes = fc.oneof(
  fc
    .tuple(grid, grid, grid, grid)
    .map(([left, top, width, height]) => ({ box: [left, top, width, height] as const })),
  fc.array(fc.tuple(grid, grid), { minLength: 3, maxLength: 6 }).map((polygon) => ({ polygon })),
)

for (const name of ['label-studio', 'coco', 'yolo', 'voc', 'csv', 'parquet'])
  test(`AF43 ${name} keeps every box, and every polygon that it knows, on its pixels`, async () => {
    const region = fc
      .tuple(shapes, plainName)
      .map(([image, label]) => ({ anchor: { image }, label }))
    await fc.assert(
      fc.asyncProperty(fc.array(region, { minLength: 1, maxLength: 4 }), async (regions) => {
        const kept =
          name === 'voc' ? regions.filter(({ anchor }) => 'box' in anchor.image) : regions
        const item: Item = {
          item_ref: 'a',
          source: {
            kind: 'image',
            width: 200,
            height: 250,
            ...(name === 'coco' ? { file: 'a.png' } : {}),
          },
          annotation: {
            schema: 'imported@1',
            regions: kept.map((each, place) => ({ id: `r${place}`, ...each })),
          },
        }
        const { files, losses } = converted(format(name).write, [item])
        const back = await collect(format(name).read, files)
        assert.deepEqual([...losses, ...back.losses], [])
        assert.ok(
          sameAnnotation(back.items[0]!.annotation!, item.annotation!),
          JSON.stringify([back.items[0], item]),
        )
        assert.deepEqual(back.items[0]?.source, item.source)
      }),
      { numRuns: 60 },
    )
  })
