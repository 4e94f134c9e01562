import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { Refusal } from '../refusal.ts'
import { type MeasureOptions } from './answer.ts'
import { Dictionary } from './dictionary.ts'
import { measureTable } from './measure.ts'
import { type TableFormat } from './row.ts'
import { readRows } from './rows.ts'

/** The bytes of a text in pieces of the given length. */
export async function* inPieces(text: string | Uint8Array, length = 7): AsyncIterable<Uint8Array> {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text
  for (let k = 0; k < bytes.length; k += length) {
    yield bytes.slice(k, k + length)
    await Promise.resolve()
  }
}

async function rowsOf(
  text: string | Uint8Array,
  format: TableFormat,
  columns: string[],
  piece = 7,
) {
  const rows: string[][] = []
  await readRows(inPieces(text, piece), { format, required: columns }, (row) => {
    rows.push([String(row.line), ...columns.map((_, k) => row.text(k))])
  })
  return rows
}

const measure = (text: string, options: MeasureOptions, format: TableFormat = 'csv') =>
  measureTable(inPieces(text), format, options)

const small = `item,rater,value,language
1,ada,cat,en
1,ben,cat,en
2,ada,cat,en
2,ben,dog,en
3,ada,dog,de
3,ben,dog,de
4,ada,cat,de
4,ben,cat,de
`

test('AG1 the package imports nothing but its own files, so it runs in a browser', () => {
  const root = new URL('../', import.meta.url)
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' })
  const sources = names.filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
  assert.ok(sources.length > 15)
  for (const name of sources)
    for (const [, from] of readFileSync(new URL(name, root), 'utf8').matchAll(/ from '([^']+)'/g))
      assert.match(from ?? '', /^[.]{1,2}\/.+[.]ts$/, name)
})

test('AG10 CSV is read with quotes, doubled quotes, commas and line ends inside, CRLF and a byte order mark', async () => {
  const text = '\uFEFFitem,note,rater\r\n1,"a ""b"", c\nd",x\r\n\r\n"2",é,"y"\r\n'
  for (const piece of [1, 2, 3, 1000])
    assert.deepEqual(await rowsOf(text, 'csv', ['rater', 'item', 'note'], piece), [
      ['2', 'x', '1', 'a "b", c\nd'],
      ['5', 'y', '2', 'é'],
    ])
})

test('AG10 any table survives writing and reading as CSV, however it is cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.string({ minLength: 1 }), fc.string({ unit: 'grapheme' }))),
      fc.integer({ min: 1, max: 40 }),
      async (rows, piece) => {
        const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`
        const text = ['a,b', ...rows.map((row) => row.map(quoted).join(','))].join('\n')
        const read = await rowsOf(text, 'csv', ['a', 'b'], piece)
        assert.deepEqual(
          read.map(([, a, b]) => [a, b]),
          rows,
        )
      },
    ),
  )
})

test('AG10 JSONL gives the same answer as CSV', async () => {
  const lines = small.trim().split('\n').slice(1)
  const jsonl = lines
    .map((line) => line.split(','))
    .map(([item, rater, value]) => JSON.stringify({ item: Number(item), rater, value }))
    .join('\n')
  const options = { metric: 'cohen-kappa' }
  assert.deepEqual(await measure(jsonl, options, 'jsonl'), await measure(small, options))
})

test('AG10 the dictionary gives equal names equal codes, also when it grows', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' })), (names) => {
      const dictionary = new Dictionary()
      const codes = names.map((name) => dictionary.codeOf(name))
      assert.deepEqual(
        names,
        codes.map((code) => dictionary.name(code)),
      )
      assert.equal(dictionary.size, new Set(names).size)
    }),
  )
  const large = new Dictionary()
  for (let k = 0; k < 5000; k++) assert.equal(large.codeOf(`name ${k}`), k)
  for (let k = 0; k < 5000; k++) assert.equal(large.codeOf(`name ${k}`), k)
})

test('AG6 every fault of a file is refused with its line', async () => {
  const cases: [string, RegExp][] = [
    ['item,rater,value\n1,ada,1\n1,ada,2\n', /^line 3: this rater has rated this item before/],
    ['item,rater,value\n1,ada,1\n1,ben\n', /^line 3: 2 fields where the header has 3/],
    ['item,rater\n1,ada\n', /^line 1: the header lacks 'value'/],
    ['item,rater,value\n1,ada,"x"y\n', /^line 2: text follows a closing quote/],
    ['item,rater,value\n1,ada,"x\n', /^line 2: a quote is left open/],
    ['item,rater,value\n,ada,1\n', /^line 2: the item is empty/],
    ['', /^line 1: the file is empty/],
  ]
  for (const [text, message] of cases)
    await assert.rejects(measure(text, { metric: 'fleiss-kappa' }), (e) => {
      assert.ok(e instanceof Refusal)
      assert.match(e.message, message)
      return true
    })
  const nan = 'item,rater,value\n1,ada,1\n1,ben,NaN\n'
  await assert.rejects(
    measure(nan, { metric: 'krippendorff-alpha', level: 'interval' }),
    /^Refusal: line 3: the value is not a finite number/,
  )
  await assert.rejects(
    measure('{"item":1,"rater":"a"}\n', { metric: 'fleiss-kappa' }, 'jsonl'),
    /line 1: the object lacks 'value'/,
  )
  await assert.rejects(
    measure('[1]\n', { metric: 'fleiss-kappa' }, 'jsonl'),
    /line 1: .* JSON object/,
  )
  const broken = new Uint8Array([...new TextEncoder().encode('item,rater,value\n1,a,'), 0xff, 10])
  await assert.rejects(rowsOf(broken, 'csv', ['value']), /line 2: the text is not valid UTF-8/)
  await assert.rejects(
    measureTable(inPieces(broken), 'csv', { metric: 'fleiss-kappa' }),
    /Refusal: line 2: the text is not valid UTF-8/,
  )
})

test('AG11 with keepGoing faulty lines are left out, counted and listed, and the rest is measured', async () => {
  const spoilt = small.replace('2,ada', '1,ada,cat,en\n9,zoe\n2,ada')
  const answer = await measure(spoilt, { metric: 'cohen-kappa', keepGoing: true })
  const clean = await measure(small, { metric: 'cohen-kappa' })
  const { faults, ...rest } = answer
  assert.deepEqual(rest, clean)
  assert.equal(faults?.count, 2)
  assert.deepEqual(faults.first.map(({ line }) => line).sort(), [4, 5])
})

test('AG12 groups and pairs are measured beside the whole', async () => {
  const answer = await measure(small, {
    metric: 'brennan-prediger',
    groupBy: ['language'],
    pairwise: true,
  })
  assert.deepEqual(
    answer.groups?.map(({ group, value, n }) => [group['language'], value, n]),
    [
      ['de', 1, 2],
      ['en', 0, 2],
    ],
  )
  assert.deepEqual(
    answer.pairs?.map(({ pair, value }) => [pair, value]),
    [[['ada', 'ben'], 0.5]],
  )
  assert.equal(answer.value, 0.5)
})

test('AG12 an item that a group does not hold, and raters who never meet, are undefined with the reason', async () => {
  const apart = 'item,rater,value\n1,ada,a\n2,ben,b\n'
  const answer = await measure(apart, { metric: 'cohen-kappa' })
  assert.deepEqual([answer.value, answer.n], [null, 0])
  assert.equal(answer.undefined, 'No item was rated by both raters.')
})

test('AG13 an explanation says in words how far raters agree and what they confuse', async () => {
  const rows = Array.from({ length: 60 }, (_, i) => {
    const right = ['ORG', 'PERSON', 'PRODUCT'][i % 3]!
    const other = i % 10 === 0 ? (right === 'ORG' ? 'PRODUCT' : 'ORG') : right
    return `${i},ada,${right}\n${i},ben,${other}`
  })
  const answer = await measure(`item,rater,value\n${rows.join('\n')}\n`, {
    metric: 'krippendorff-alpha',
    explain: true,
  })
  const explanation = answer['explanation'] as { sentence: string; items: unknown[] }
  assert.equal(
    explanation.sentence,
    'Annotators agree far more than chance; most disagreement (67 %) is between ORG and PRODUCT.',
  )
  assert.equal(explanation.items.length, 6)
})

test('AG6 an unknown metric, level or weight is refused with the known ones', async () => {
  await assert.rejects(measure(small, { metric: 'kapa' }), /Choose from cohen-kappa, scott-pi/)
  await assert.rejects(
    measure(small, { metric: 'krippendorff-alpha', level: 'nominel' }),
    /Choose from nominal, ordinal/,
  )
  await assert.rejects(measure(small, { metric: 'gwet-ac2' }), /AC2 needs weights/)
})

test('AG10 ordinal names need an order, and equal numbers written differently are one value', async () => {
  const named = small.replaceAll('cat', 'low').replaceAll('dog', 'high')
  await assert.rejects(
    measure(named, { metric: 'krippendorff-alpha', level: 'ordinal' }),
    /line 2: the value is not a finite number/,
  )
  const ordered = await measure(named, {
    metric: 'krippendorff-alpha',
    level: 'ordinal',
    order: ['low', 'high'],
  })
  const nominal = await measure(small, { metric: 'krippendorff-alpha' })
  assert.ok(Math.abs((ordered.value ?? 0) - (nominal.value ?? 1)) < 1e-12)
  const numbers = 'item,rater,value\n1,a,1\n1,b,1.0\n2,a,2\n2,b,2e0\n'
  const equal = await measure(numbers, { metric: 'krippendorff-alpha', level: 'interval' })
  assert.equal(equal.value, 1)
})

test('AG2 the level masi compares sets of labels by MASI', async () => {
  const text = 'item,rater,value\n1,a,x|y\n1,b,x\n2,a,z\n2,b,z\n'
  const answer = await measure(text, { metric: 'krippendorff-alpha', level: 'masi' })
  // Ratings xy, x, z, z: observed 2·(2/3)/4; expected 2·(2/3 + 4·1)/12.
  assert.ok(Math.abs((answer.value ?? 0) - (1 - 1 / 3 / (14 / 18))) < 1e-12)
})
