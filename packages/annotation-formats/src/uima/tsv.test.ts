import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { collect, converted } from '../../../../test/support/conversion.ts'
import { formatNamed, type Item, sameAnnotation } from '../index.ts'

function format(name: string) {
  const found = formatNamed(name)
  assert.ok(found !== undefined)
  return found
}

/** Whatever the order and ids of their regions. */
function sayTheSame(one: Item, other: Item): void {
  assert.ok(one.annotation !== undefined && other.annotation !== undefined)
  assert.ok(
    sameAnnotation(one.annotation, other.annotation),
    `${JSON.stringify(one)}\nis not\n${JSON.stringify(other)}`,
  )
}

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
  sayTheSame(read, edited)
  const layout = item.meta?.['webanno_layout']
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
    fc.constant('CH=webanno.custom.Span|referenceRelation|value'),
  )
  const numbers = fc.oneof(fc.string(), fc.constantFrom('a1=1 a2=1', 'a1=1-1 a2=1-2', 'a2=9'))
  await fc.assert(
    fc.asyncProperty(odd, layers, numbers, async (rows, names, given) => {
      const meta = { webanno_layout: { sentences: rows, layers: names, numbers: given } }
      const { text, losses } = written({ ...item, meta })
      assert.deepEqual(losses, [])
      const [same] = (await collect(format('webanno-tsv').read, { 'a.tsv': text })).items
      assert.ok(same !== undefined)
      sayTheSame(same, item)
    }),
  )
})

const linked = `#FORMAT=WebAnno TSV 3.3
#T_CH=webanno.custom.Link|referenceRelation|referenceType
#T_RL=webanno.custom.Dependency|how|BT_de.example.segmentation.type.Token


#Text=Ada and Bo sing
1-1\t0-3\tAda\t*->1-1\t*[1]\t_\t_\t
1-2\t4-7\tand\t_\t_\t_\t_\t
1-3\t8-10\tBo\t*->1-2\t*[1]\t*\t1-4\t
1-4\t11-15\tsing\t_\t_\t_\t_\t
`

test('AF71 chains and relations of tokens are written as such while they are such, and never lost', async () => {
  const read = async (text: string) =>
    (await collect(format('webanno-tsv').read, { 'a.tsv': text })).items[0] ?? assert.fail()
  const write = (each: Item) => {
    const { files, losses } = converted(format('webanno-tsv').write, [each])
    assert.deepEqual(losses, [])
    return Buffer.from(files['a.tsv'] ?? []).toString('utf8')
  }
  const item = await read(linked)
  const { annotation } = item
  assert.ok(annotation !== undefined)
  assert.deepEqual(
    annotation.relations?.map(({ type, from, to }) => [type, from, to]),
    [
      ['webanno.custom.Dependency', 't1-4', 't1-3'],
      ['next', 'a1', 'a2'],
    ],
  )
  assert.equal(write(item), linked)
  const { relations = [], regions } = annotation
  for (const left of [relations.slice(0, 1), relations.slice(1), []]) {
    const edited = { ...item, annotation: { schema: annotation.schema, regions, relations: left } }
    sayTheSame(await read(write(edited)), edited)
  }
})

test('AF70 slots of a CAS are slots in TSV, also where a span has none', async () => {
  const place = (id: string, from: number, label: string) => ({
    id,
    anchor: { text: [[from, from + 1] as const] },
    label,
  })
  const item: Item = {
    item_ref: 'a',
    source: { kind: 'text', text: 'a b c d' },
    annotation: {
      schema: 'imported@1',
      regions: [place('1', 0, 'a.Host'), place('2', 2, 'a.Host'), place('3', 4, 'a.Span')],
      relations: [
        { type: 'who', from: '1', to: '3', attributes: { link: 'links' } },
        { type: 'whom', from: '1', to: '2', attributes: { link: 'links' } },
      ],
    },
  }
  const { files, losses } = converted(format('webanno-tsv').write, [item])
  assert.deepEqual(losses, [])
  assert.match(Buffer.from(files['a.tsv'] ?? []).toString(), /LinksLink[|]uima[.]tcas[.]Annotation/)
  const { items } = await collect(format('webanno-tsv').read, files)
  sayTheSame(items[0] ?? assert.fail(), item)
})
