import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { anyItem, codePoints, pieces, plainName } from '../../../test/support/annotations.ts'
import { collect, converted } from '../../../test/support/conversion.ts'
import {
  type Annotation,
  type Format,
  formats,
  type Item,
  parseItem,
  parseLabelSchema,
  sameAnnotation,
} from './index.ts'

/** The schema that makes the names of answers known where a format needs it. */
const parsed = parseLabelSchema({ name: 'test', version: 1, kind: 'text', labels: [{ name: 'x' }] })
assert.ok(parsed.ok)
const schemaOf = ({ name }: Format) => (name === 'label-studio-min' ? parsed.value : undefined)

async function roundTrip(format: Format, item: Item) {
  const schema = schemaOf(format)
  const there = converted(format.write, [item], schema)
  const kind = item.source.kind === 'audio' ? { rate: item.source.rate } : {}
  const named =
    format.layout === 'document'
      ? { [`a${format.endings[0]}`]: there.files['out'] ?? '' }
      : there.files
  const back = await collect(
    format.read,
    format.layout === 'document' && there.files['out'] === undefined ? there.files : named,
    {
      ...kind,
      ...(schema === undefined ? {} : { schema }),
    },
  )
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
  const schema = schemaOf(format)
  if (schema !== undefined) continue
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
