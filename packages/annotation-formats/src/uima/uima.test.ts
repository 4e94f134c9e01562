import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { collect, converted } from '../../../../test/support/conversion.ts'
import { sharedData } from '../../../../test/support/tools.ts'
import { formatNamed, type Item } from '../index.ts'

function format(name: string) {
  const found = formatNamed(name)
  assert.ok(found !== undefined)
  return found
}

/** What an annotation says, in an order of its own and with regions for their ids. */
function said({ annotation }: Item) {
  const { regions = [], relations = [] } = annotation ?? {}
  const sorted = ({ attributes = {}, ...rest }: { attributes?: object }) => ({
    ...rest,
    attributes: Object.entries(attributes).sort(),
  })
  const plain = new Map(regions.map(({ id, ...region }) => [id, JSON.stringify(sorted(region))]))
  const joined = relations.map(({ from, to, ...rest }) =>
    JSON.stringify([plain.get(from), plain.get(to), sorted(rest)]),
  )
  return { regions: [...plain.values()].sort(), relations: joined.sort() }
}

const suite = sharedData('formats/webanno-tsv')

/** Cases whose two files say different things, and why. */
const differing: Record<string, string> = {
  sampleSlotAnnotation1: 'its XMI is an empty file',
  testAnnotationWithLeadingWhitespaceAtStart: 'TSV moves the annotation to its first token',
  testDependencyWithValues: 'XMI joins tokens, TSV their parts of speech',
  testSingleTokenRelationWithMultipleFeatureValues: 'joins tokens, which are no annotations here',
  testZeroWidthAnnotationBeforeFirstTokenIsMovedToBeginOfFirstToken: 'TSV moves the annotation',
}

test(
  'AF70 every TSV of the WebAnno suite says what the XMI beside it says',
  { skip: suite.skip },
  async (t) => {
    for (const name of readdirSync(suite.path))
      await t.test(name, async () => {
        const file = (ending: string) =>
          readFileSync(join(suite.path, name, `reference.${ending}`), 'utf8')
        const tsv = await collect(format('webanno-tsv').read, { 'a.tsv': file('tsv') })
        const [item] = tsv.items
        assert.ok(item !== undefined)
        if (name in differing) return
        const xmi = await collect(format('uima-cas-xmi').read, {
          'a.xmi': spanLayer(file('xmi'), file('tsv')),
        })
        assert.deepEqual(said(item), said(xmi.items[0]!))
      })
  },
)

/** The XMI of some cases holds as named entities, or under another name, what the TSV beside it holds. */
function spanLayer(xmi: string, tsv: string): string {
  const named = xmi.replaceAll(' intValue=', ' integerValue=')
  return tsv.includes('.NamedEntity') && !tsv.includes('T_SP=webanno.custom.Span')
    ? named
    : named.replaceAll(/<\w+:NamedEntity /g, '<custom:Span ')
}

const jsonSuite = sharedData('formats/uima-cas-json')

test(
  'AF70 every CAS of the JSON suite says what the XMI beside it says',
  { skip: jsonSuite.skip },
  async (t) => {
    for (const name of readdirSync(jsonSuite.path))
      await t.test(name, async () => {
        const read = (file: string) => readFileSync(join(jsonSuite.path, name, file), 'utf8')
        if (name === 'casWithTextAndAnnotations') {
          // Its XMI has annotations of a text that it does not hold.
          const refused = collect(format('uima-cas-xmi').read, { 'a.xmi': read('debug.xmi') })
          await assert.rejects(refused, /past the text/)
          return
        }
        const json = await collect(format('uima-cas-json').read, { 'a.json': read('data.json') })
        const xmi = await collect(format('uima-cas-xmi').read, { 'a.xmi': read('debug.xmi') })
        const [one, other] = [json.items[0], xmi.items[0]]
        assert.ok(one !== undefined && other !== undefined)
        assert.deepEqual(said(one), said(other))
        const again = await collect(
          format('uima-cas-json').read,
          converted(format('uima-cas-json').write, [one]).files,
        )
        assert.deepEqual(again.items.map(said), [said(one)])
      })
  },
)

const table = (rows: string) =>
  `#FORMAT=WebAnno TSV 3.3\n#T_SP=webanno.custom.Span|value\n\n\n#Text=I 😊 .\n${rows}`

test('AF70 TSV offsets are UTF-16, and what splits a character or runs backwards is refused', async () => {
  const read = (rows: string) => collect(format('webanno-tsv').read, { 'a.tsv': table(rows) })
  const { items } = await read('1-1\t0-1\tI\t_\t\n1-2\t2-4\t😊\tfun\t\n1-3\t5-6\t.\t_\t\n')
  assert.deepEqual(items[0]?.annotation?.regions, [
    { id: 'a1', anchor: { text: [[2, 3]] }, label: 'fun' },
  ])
  await assert.rejects(read('1-1\t0-3\tI\tx\t\n'), /inside a character/)
  await assert.rejects(read('1-1\t3-0\tI\tx\t\n'), /line 6: has no offsets, or reversed ones/)
  await assert.rejects(collect(format('webanno-tsv').read, { 'a.tsv': 'x' }), /is no WebAnno TSV 3/)
})

/** Cases that are not written again byte for byte, and why; docs/formats/suites.md says the same. */
const rewritten: Record<string, string> = {
  sampleSlotAnnotation1: 'numbers the targets of slots that stand alone',
  testSingleTokenRelationWithMultipleFeatureValues: 'joins tokens, which are no annotations here',
  testStackedChain: 'chains are written as spans and relations',
}

test('AF71 a WebAnno TSV is written again byte for byte', { skip: suite.skip }, async () => {
  for (const name of readdirSync(suite.path)) {
    const tsv = readFileSync(join(suite.path, name, 'reference.tsv'), 'utf8')
    const { items } = await collect(format('webanno-tsv').read, { 'a.tsv': tsv })
    // The way through our own lines changes nothing.
    const lines = converted(format('cloister').write, items).files
    const back = await collect(format('cloister').read, lines)
    const { files } = converted(format('webanno-tsv').write, back.items)
    const same = Buffer.from(files['a.tsv'] ?? []).toString('utf8') === tsv
    assert.equal(same, !(name in rewritten), name)
  }
})

const tsvHead = '#FORMAT=WebAnno TSV 3.3\n#T_SP=webanno.custom.Span|value\n\n\n'

test('AF71 a layout that fits its text or annotation no more is left aside, and nothing is lost', async () => {
  const tsv = `${tsvHead}#Sentence.id=s1\n#Text=Ada sings\n1-1\t0-3\tAda\twho\t\n1-2\t4-9\tsings\t_\t\n1-2.1\t4-8\tsing\tact\t\n`
  const [item] = (await collect(format('webanno-tsv').read, { 'a.tsv': tsv })).items
  assert.ok(item?.annotation !== undefined)
  const written = (each: Item) => {
    const { files, losses } = converted(format('webanno-tsv').write, [each])
    return { text: Buffer.from(files['a.tsv'] ?? []).toString('utf8'), losses }
  }
  assert.equal(written(item).text, tsv)
  const more = { id: 'new', anchor: { text: [[0, 2] as const] }, label: 'part' }
  const edited = {
    ...item,
    annotation: { ...item.annotation, regions: [...item.annotation.regions, more] },
  }
  const again = written(edited)
  assert.deepEqual(again.losses, [])
  const read = (await collect(format('webanno-tsv').read, { 'a.tsv': again.text })).items[0]
  assert.ok(read !== undefined)
  assert.deepEqual(said(read), said(edited))
  const layout = item.meta?.['webanno']
  assert.ok(typeof layout === 'object' && layout !== null && 'sentences' in layout)
  const { sentences } = layout
  assert.ok(typeof sentences === 'string')
  const odd = fc.oneof(
    fc.string(),
    fc.constantFrom(
      '1\t0-9\t',
      '\t0-9\t.0-3',
      '\t9-0\t0-3',
      '\t0-9\t0-3 1-2',
      '\t0-999\t0-3 4-900',
    ),
    fc.nat(60).map((at) => sentences.slice(0, at)),
    fc.nat(60).map((at) => sentences.slice(at)),
  )
  const layers = fc.oneof(
    fc.string(),
    fc.constantFrom('SP=a.B|', 'RL=a.B|BT_a.B', 'SP=webanno.custom.Span|value'),
  )
  await fc.assert(
    fc.asyncProperty(odd, layers, async (rows, names) => {
      const meta = { webanno: { sentences: rows, layers: names } }
      const { text, losses } = written({ ...item, meta })
      assert.deepEqual(losses, [])
      const [same] = (await collect(format('webanno-tsv').read, { 'a.tsv': text })).items
      assert.ok(same !== undefined)
      assert.deepEqual(said(same), said(item))
    }),
  )
})
