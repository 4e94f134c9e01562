import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { codePoints, nastyText, pieces } from '../../../../test/support/annotations.ts'
import { collect, converted } from '../../../../test/support/conversion.ts'
import { formatNamed, type Item, parseLabelSchema, sameAnnotation } from '../index.ts'

const parsed = parseLabelSchema({
  name: 'test',
  version: 1,
  kind: 'text',
  labels: [{ name: 'person' }, { name: 'act' }],
  attributes: [
    { name: 'sure', options: ['yes', 'no'] },
    { name: 'seen', options: ['here', 'there', 'nowhere'], multiple: true },
    { name: 'size', type: 'number' },
  ],
  answers: [
    { name: 'intent', options: ['play', 'stop'] },
    { name: 'topics', options: ['music', 'weather', 'news'], multiple: true },
    { name: 'quality', type: 'rating', max: 5 },
    { name: 'remark', type: 'text' },
  ],
})

const plain = { noNullPrototype: true, requiredKeys: [] }
const some = (options: string[]) => fc.uniqueArray(fc.constantFrom(...options), { maxLength: 3 })
const attributes = fc.record(
  {
    sure: fc.constantFrom('yes', 'no'),
    seen: some(['here', 'there', 'nowhere']),
    size: fc.integer({ min: -9, max: 9 }),
  },
  plain,
)
const answers = fc.record(
  {
    intent: fc.constantFrom('play', 'stop'),
    topics: some(['music', 'weather', 'news']),
    quality: fc.integer({ min: 1, max: 5 }),
    remark: nastyText.filter((text) => !/\p{Surrogate}/u.test(text)),
  },
  plain,
)

const items = nastyText
  .filter((text) => codePoints(text) > 0 && !/\p{Surrogate}/u.test(text))
  .chain((text): fc.Arbitrary<Item> => {
    const region = fc.record({ places: pieces(codePoints(text), 1), attributes })
    const label = fc.option(fc.constantFrom('person', 'act'), { nil: undefined })
    return fc
      .tuple(fc.array(fc.tuple(region, label), { maxLength: 4 }), answers)
      .map(([regions, said]) => ({
        item_ref: 'q-1',
        source: { kind: 'text', text },
        annotation: {
          schema: 'test@1',
          regions: regions.map(([{ places, attributes: given }, name], place) => ({
            id: `r${place}`,
            anchor: { text: places },
            ...(name === undefined ? {} : { label: name }),
            ...(Object.keys(given).length === 0 ? {} : { attributes: given }),
          })),
          ...(Object.keys(said).length === 0 ? {} : { answers: said }),
        },
      }))
  })

test('AF32 JSON_MIN gives any annotation of its schema back the same, or says what it lost', async () => {
  const format = formatNamed('label-studio-min')
  assert.ok(parsed.ok && format !== undefined)
  const { value: schema } = parsed
  let whole = 0
  await fc.assert(
    fc.asyncProperty(items, async (item) => {
      const there = converted(format.write, [item], { schema })
      const back = await collect(format.read, there.files, { schema })
      if (there.losses.length + back.losses.length > 0) return
      whole++
      const [read] = back.items
      assert.equal(back.items.length, 1)
      assert.ok(read !== undefined)
      assert.deepEqual(read.source, item.source)
      assert.ok(
        read.annotation !== undefined &&
          item.annotation !== undefined &&
          sameAnnotation(read.annotation, item.annotation),
        `${JSON.stringify(read)}\nis not\n${JSON.stringify(item)}`,
      )
    }),
    { numRuns: 300 },
  )
  assert.ok(whole > 50, `only ${whole} came back whole`)
})
