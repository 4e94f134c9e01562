import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { collect, converted } from '../../../../test/support/conversion.ts'
import { sharedData } from '../../../../test/support/tools.ts'
import {
  checkAnnotation,
  formatNamed,
  type Item,
  type LabelSchema,
  Losses,
  parseLabelConfig,
  parseLabelSchema,
  readLabelStudio,
  sameAnnotation,
  writeLabelConfig,
  writeLabelStudio,
} from '../index.ts'
import { controlsOf } from './controls.ts'

const { path: suite, skip } = sharedData('formats/label-studio')

test(
  'AF31 every configuration of the suite is read, and every annotation with it',
  { skip },
  async (t) => {
    for (const name of readdirSync(suite)) {
      const config = readFileSync(join(suite, name, 'config.xml'), 'utf8')
      const { schema, controls } = parseLabelConfig(config, name, new Losses())
      assert.ok(parseLabelSchema(schema).ok, name)
      const options = { schema, controls }
      for (const file of readdirSync(join(suite, name, 'annotations')))
        await t.test(`${name}/${file}`, async () => {
          const text = readFileSync(join(suite, name, 'annotations', file), 'utf8')
          if (name === 'classification_mixed') {
            await assert.rejects(collect(readLabelStudio, { file: text }, options), /has no text/)
            return
          }
          const { items } = await collect(readLabelStudio, { file: text }, options)
          for (const { annotation, source, prediction } of items) {
            assert.ok(annotation !== undefined)
            const known = source.kind === 'text' ? { text: source.text } : {}
            if (prediction === undefined)
              assert.deepEqual(checkAnnotation(schema, annotation, known), [])
          }
          const again = await collect(
            readLabelStudio,
            converted(writeLabelStudio, items, options).files,
            options,
          )
          assert.deepEqual(again.items.map(said), items.map(said))
        })
      await t.test(`${name}/tasks.json`, async () => {
        const text = readFileSync(join(suite, name, 'tasks.json'), 'utf8')
        if (name === 'classification_mixed') return
        const { items } = await collect(readLabelStudio, { file: text }, options)
        assert.ok(items.length > 0)
      })
    }
  },
)

function said({ annotation, prediction, turned_down }: Item) {
  return { annotation: sorted(annotation), prediction, turned_down }
}

function sorted(annotation: Item['annotation']) {
  return annotation === undefined
    ? undefined
    : { ...annotation, regions: [...annotation.regions].sort((a, b) => (a.id < b.id ? -1 : 1)) }
}

const schema: LabelSchema = {
  name: 'calls',
  version: 1,
  kind: 'audio',
  labels: [
    {
      name: 'speech',
      color: '#aabbcc',
      shortcut: '1',
      attributes: [{ name: 'noise', type: 'choice', options: ['clean', 'noisy'] }],
    },
    { name: 'x', title: 'The x', hint: 'rare', count: { max: 2 } },
  ],
  attributes: [{ name: 'pace', type: 'number', min: 0, max: 9, step: 1 }],
  answers: [
    {
      name: 'lang',
      type: 'choice',
      options: [{ name: 'ha', title: 'Hausa', shortcut: 'h' }, 'yo'],
      required: true,
    },
    {
      name: 'topics',
      type: 'choice',
      options: [{ name: 'a', options: ['b', 'c'] }, 'd'],
      multiple: true,
    },
    { name: 'stars', type: 'rating', max: 7 },
    { name: 'day', type: 'date' },
    { name: 'why', type: 'text', when: { question: 'lang', is: ['ha', 'yo'] } },
    { name: 'order', type: 'ranking', buckets: ['good', 'bad'] },
  ],
  tiers: ['agent', 'caller'],
  transcripts: [{ name: 'verbatim', required: true }],
  relations: [{ name: 'answers' }],
}

test('AF31 a schema comes back from the configuration that is written for it', () => {
  const losses = new Losses()
  const xml = writeLabelConfig(schema, losses)
  const back = parseLabelConfig(xml, 'calls', losses)
  assert.deepEqual(back.schema, schema)
  assert.deepEqual(losses.list(), [])
  const written = controlsOf(schema).controls.map((control) =>
    Object.fromEntries(Object.entries(control).filter(([name]) => name !== 'label')),
  )
  assert.deepEqual(back.controls.controls, written)
})

test('AF31 rules that a configuration cannot hold, and styles, are said to be lost', () => {
  const losses = new Losses()
  writeLabelConfig({ ...schema, overlap: 'none', labels: [{ name: 'a', inside: ['a'] }] }, losses)
  parseLabelConfig(
    '<View><Style>.x{}</Style><Header value="h"/><Text name="t" value="$t"/></View>',
    'c',
    losses,
  )
  assert.deepEqual(
    losses.list().map(({ code, examples }) => [code, examples]),
    [
      ['rules', ['calls', 'a']],
      ['style', ['Style', 'Header']],
    ],
  )
})

for (const [what, xml, message] of [
  ['a document type', '<!DOCTYPE View [<!ENTITY a "b">]><View/>', /document type/],
  ['no object', '<View><Header value="x"/></View>', /shows nothing/],
  [
    'a control without a name',
    '<View><Text name="t" value="$t"/><Choices toName="t"/></View>',
    /without a name/,
  ],
  ['XML that ends early', '<View><Text name="t"', /not well-formed/],
] as const)
  test(`AF31 a configuration with ${what} is refused`, () => {
    assert.throws(() => parseLabelConfig(xml, 'c', new Losses()), message)
  })

const task = (value: object, text = 'by 😊 Bo') =>
  JSON.stringify([
    {
      id: 1,
      data: { text },
      annotations: [
        {
          completed_by: { id: 3, email: 'a@b.c' },
          result: [{ id: 'r', from_name: 'l', to_name: 't', type: 'labels', value }],
        },
      ],
    },
  ])

test('AF30 offsets are code points, and UTF-16 where only that fits the text of the region', async () => {
  const at = async (value: object) => {
    const { items } = await collect(readLabelStudio, { f: task({ ...value, labels: ['x'] }) })
    return items[0]?.annotation?.regions[0]?.anchor
  }
  assert.deepEqual(await at({ start: 5, end: 7, text: 'Bo' }), { text: [[5, 7]] })
  assert.deepEqual(await at({ start: 6, end: 8, text: 'Bo' }), { text: [[5, 7]] })
})

test('AF30 spans past the end or reversed are refused with the record, and no e-mail is read', async () => {
  for (const [start, end] of [
    [3, 99],
    [5, 3],
    [0.5, 2],
  ])
    await assert.rejects(
      collect(readLabelStudio, { f: task({ start, end, labels: ['x'] }) }),
      /f, record 1: has a region/,
    )
  const { items } = await collect(readLabelStudio, {
    f: task({ start: 0, end: 2, labels: ['x', 'y'] }),
  })
  const [item] = items
  assert.equal(item?.by, '3')
  assert.ok(!JSON.stringify(items).includes('a@b.c'))
  assert.deepEqual(
    item.annotation?.regions.map(({ label }) => label),
    ['x', 'y'],
  )
})

test('AF30 a turned box becomes the polygon of its corners', async () => {
  const result = {
    id: 'r',
    from_name: 'l',
    type: 'rectanglelabels',
    original_width: 100,
    original_height: 100,
    value: { x: 50, y: 50, width: 20, height: 10, rotation: 90, rectanglelabels: ['x'] },
  }
  const { items, losses } = await collect(readLabelStudio, {
    f: JSON.stringify([{ data: { image: 'a.png' }, annotations: [{ result: [result] }] }]),
  })
  assert.deepEqual(items[0]?.annotation?.regions[0]?.anchor, {
    image: {
      polygon: [
        [50, 50],
        [50, 70],
        [40, 70],
        [40, 50],
      ],
    },
  })
  assert.deepEqual(
    losses.map(({ code }) => code),
    ['rotation'],
  )
})

test('AF32 JSON_MIN comes back by its schema, and cannot be read without', async () => {
  const min = formatNamed('label-studio-min')
  assert.ok(min !== undefined)
  const region = (id: string, from: number) => ({
    id,
    anchor: { audio: { from, to: from + 8000 }, tier: 'agent' },
    label: 'speech',
    attributes: { noise: 'clean', pace: 3 },
    transcripts: { verbatim: 'good morning' },
  })
  const item: Item = {
    item_ref: '12',
    source: { kind: 'audio', file: 'a.wav', rate: 8000, samples: 80000 },
    annotation: {
      schema: 'calls@1',
      regions: [region('a', 0), region('b', 4000)],
      answers: {
        lang: 'ha',
        topics: [['a', 'b'], ['d']],
        stars: 3,
        order: { good: ['x'], bad: [] },
      },
    },
    by: '7',
  }
  const { files, losses } = converted(min.write, [item], { schema })
  const { items } = await collect(min.read, files, { schema })
  assert.deepEqual(losses, [])
  const back = items[0]?.annotation
  const expected = { ...item.annotation!, source: { rate: 8000 } }
  assert.ok(back !== undefined && sameAnnotation(back, expected), JSON.stringify(back))
  assert.deepEqual([items[0]?.by, items[0]?.item_ref, items[0]?.source], ['7', '12', item.source])
  await assert.rejects(collect(min.read, files), /needs --schema/)
})
