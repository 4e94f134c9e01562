import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { anyItem } from '../../../test/support/annotations.ts'
import { collect, converted, inputOf } from '../../../test/support/conversion.ts'
import { InputFault, Losses, readCloister, sameAnnotation, writeCloister } from './index.ts'
import { cutRecords } from './cut.ts'
import { readLines, recordsIn } from './records.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

test('AF20 any items come back from our own lines as they went, and nothing is lost', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyItem, { maxLength: 4 }), async (any) => {
      const items = any.map((item, place) => ({ ...item, item_ref: `q-${place}` }))
      const { files, losses } = converted(writeCloister, items)
      const read = await collect(readCloister, files)
      assert.deepEqual(read.items, items)
      assert.deepEqual(losses, [])
    }),
    { numRuns: 50 },
  )
})

test('AF20 a bad line is refused with its number, and the rest is kept when asked', async () => {
  const good = '{"item_ref":"a","source":{"kind":"text","text":"x"}}'
  const files = { 'in.jsonl': `${good}\n{"item_ref":""}\n\n${good}\n{` }
  const { items, faults } = await collect(readCloister, files, { keepGoing: true })
  assert.equal(items.length, 2)
  assert.deepEqual(faults, [
    'in.jsonl, line 2: /item_ref must not be empty',
    'in.jsonl, line 5: is not JSON',
  ])
  await assert.rejects(collect(readCloister, files), /in.jsonl, line 2/)
})

const strict = {
  refuse: (fault: InputFault) => {
    throw fault
  },
}

async function lines(input: Uint8Array, chunk = 3) {
  const found: string[] = []
  for await (const run of readLines(inputOf({ f: input }, chunk).open('f'), 'f', strict))
    for (const { text } of run) found.push(text)
  return found
}

test('AF21 a mark is dropped, CR LF ends a line, and the last line needs no end', async () => {
  for (const chunk of [1, 2, 3, 4, 100])
    assert.deepEqual(await lines(bytes('\ufeffa😊\r\n\nb'), chunk), ['a😊', '', 'b'])
  assert.deepEqual(await lines(bytes('\ufeff'), 1), [])
  assert.deepEqual(await lines(bytes('ab'), 1), ['ab'])
})

const encodings: [string, number[], RegExp][] = [
  ['Latin-1', [0x61, 0x0a, 0x62, 0xe9, 0x63], /f, line 2, byte 1: is not UTF-8/],
  ['a surrogate written as UTF-8', [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x8a], /line 1, byte 0/],
  ['an overlong character', [0x61, 0xc0, 0x80], /line 1, byte 1/],
  ['a character cut off', [0x61, 0xf0, 0x9f, 0x98], /line 1, byte 1/],
  ['little-endian UTF-16', [0xff, 0xfe, 0x61, 0x00], /--encoding utf-16le/],
  ['big-endian UTF-16', [0xfe, 0xff, 0x00, 0x61], /--encoding utf-16be/],
  [
    'little-endian UTF-16 without a mark',
    [...Buffer.from('Ada sings', 'utf16le')],
    /byte 0: is UTF-16; say so with --encoding utf-16le/,
  ],
  [
    'big-endian UTF-16 without a mark',
    [...Buffer.from('Ada sings', 'utf16le').swap16()],
    /byte 0: is UTF-16; say so with --encoding utf-16be/,
  ],
]

for (const [what, input, message] of encodings)
  test(`AF21 ${what} is refused with its place`, async () => {
    for (const chunk of [1, 100])
      await assert.rejects(lines(Uint8Array.from(input), chunk), (error) => {
        assert.ok(error instanceof InputFault)
        assert.match(error.message, message)
        return true
      })
  })

async function elements(text: string, chunk: number) {
  const found: unknown[] = []
  const input = inputOf({ f: bytes(text) }, chunk).open('f')
  const refuse = (fault: InputFault) => {
    throw fault
  }
  for await (const batch of cutRecords(input, 'f', 'objects'))
    for (const each of recordsIn(batch, 'objects', { refuse })) found.push(JSON.parse(each.text))
  return found
}

const jsonObject = fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 3, noNullPrototype: true })

test('AF22 a JSON array and JSON Lines fall into their elements however the bytes arrive', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(jsonObject),
      fc.integer({ min: 1, max: 50 }),
      async (objects, chunk) => {
        const plain: unknown = JSON.parse(JSON.stringify(objects))
        assert.deepEqual(await elements(JSON.stringify(objects, null, 1), chunk), plain)
        assert.deepEqual(
          await elements(objects.map((each) => JSON.stringify(each)).join('\n'), chunk),
          plain,
        )
      },
    ),
  )
})

test('AF22 every cut of an array is refused', async () => {
  const text = '[{"a":"]}\\"{"},\n {"b":[1,{}]}]'
  assert.deepEqual(await elements(text, 4), [{ a: ']}"{' }, { b: [1, {}] }])
  for (let end = 1; end < text.length; end++)
    await assert.rejects(elements(text.slice(0, end), 7), /cut off/)
  for (const wrong of ['[1]', '[[]]', '[{}]]', '[{}]{}', 'x', '"a"', '[{}}', '{}]'])
    await assert.rejects(elements(wrong, 3), InputFault, wrong)
})

test('AF23 losses are counted, and only the first places are kept', () => {
  const losses = new Losses()
  for (let at = 0; at < 1000; at++) losses.note('relations', `item-${at}`)
  losses.note('meta', 'item-1')
  assert.deepEqual(losses.list(), [
    {
      code: 'relations',
      message: 'relations between regions are left out',
      count: 1000,
      examples: ['item-0', 'item-1', 'item-2', 'item-3', 'item-4'],
    },
    {
      code: 'meta',
      message: 'further details about the item are left out',
      count: 1,
      examples: ['item-1'],
    },
  ])
})

test('AF3 what was read is the same annotation as what was written', async () => {
  const [item] = fc.sample(anyItem, 1)
  assert.ok(item?.annotation !== undefined)
  const { items } = await collect(readCloister, converted(writeCloister, [item]).files)
  assert.ok(
    items[0]?.annotation !== undefined && sameAnnotation(items[0].annotation, item.annotation),
  )
})
