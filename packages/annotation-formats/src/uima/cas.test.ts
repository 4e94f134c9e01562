import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { annotationOf } from '../../../../test/support/annotations.ts'
import { collect, converted } from '../../../../test/support/conversion.ts'
import { isObject } from '../checked.ts'
import { formatNamed, type Item, sameAnnotation } from '../index.ts'

function format(name: string) {
  return formatNamed(name) ?? assert.fail(name)
}

const dkpro = 'de.tudarmstadt.ukp.dkpro.core.api'
const pos = `${dkpro}.lexmorph.type.pos.POS`
const annotation = 'uima.tcas.Annotation'
const document = {
  '%TYPES': {
    [pos]: {
      '%NAME': pos,
      '%SUPER_TYPE': annotation,
      PosValue: { '%NAME': 'PosValue', '%RANGE': 'uima.cas.String', '%DESCRIPTION': 'its own' },
    },
  },
  '%FEATURE_STRUCTURES': [
    { '%ID': 7, '%TYPE': 'uima.cas.Sofa', sofaID: '_InitialView', sofaString: 'Ada 😊 sings' },
    {
      '%ID': 8,
      '%TYPE': `${dkpro}.metadata.type.DocumentMetaData`,
      '@sofa': 7,
      begin: 0,
      end: 12,
      documentId: 'song',
    },
    { '%ID': 20, '%TYPE': `${dkpro}.segmentation.type.Sentence`, '@sofa': 7, begin: 0, end: 12 },
    {
      '%ID': 21,
      '%TYPE': `${dkpro}.segmentation.type.Token`,
      '@sofa': 7,
      begin: 0,
      end: 3,
      '@pos': 31,
    },
    { '%ID': 22, '%TYPE': `${dkpro}.segmentation.type.Token`, '@sofa': 7, begin: 7, end: 12 },
    { '%ID': 31, '%TYPE': pos, '@sofa': 7, begin: 0, end: 3, PosValue: 'NE' },
    { '%ID': 32, '%TYPE': pos, '@sofa': 7, begin: 7, end: 12, PosValue: 'VV' },
    {
      '%ID': 40,
      '%TYPE': `${dkpro}.syntax.type.dependency.Dependency`,
      '@sofa': 7,
      begin: 0,
      end: 3,
      '@Governor': 22,
      '@Dependent': 21,
      DependencyType: 'nsubj',
    },
    { '%ID': 50, '%TYPE': 'uima.cas.Sofa', sofaID: 'spoken', sofaString: 'Ada' },
    { '%ID': 51, '%TYPE': pos, '@sofa': 50, begin: 0, end: 3, PosValue: 'NE' },
  ],
  '%VIEWS': {
    _InitialView: { '%SOFA': 7, '%MEMBERS': [8, 20, 21, 22, 31, 32, 40] },
    spoken: { '%SOFA': 50, '%MEMBERS': [51] },
  },
}

async function readJson(text: string): Promise<Item> {
  const { items, losses } = await collect(format('uima-cas-json').read, { 'a.json': text })
  assert.deepEqual(losses, [])
  return items[0] ?? assert.fail()
}

function write(name: string, item: Item) {
  const { files, losses } = converted(format(name).write, [item])
  const file = files['a.json'] ?? files['a.xmi'] ?? assert.fail()
  return { text: Buffer.from(file).toString('utf8'), losses: losses.map(({ code }) => code) }
}

/** The item without its first region. */
function edited(item: Item): Item {
  const { annotation } = item
  assert.ok(annotation !== undefined)
  return { ...item, annotation: { ...annotation, regions: annotation.regions.slice(1) } }
}

test('AF71 a CAS is written again as its program spells it, and as a loss only where more is left', async () => {
  const spellings = [
    JSON.stringify(document),
    JSON.stringify(document, null, 2).replaceAll('"sofaString": ', '"sofaString" : '),
    JSON.stringify(document).replaceAll('😊', '\\uD83D\\uDE0A'),
    JSON.stringify(document).replaceAll('😊', '\\ud83d\\ude0a'),
  ]
  for (const text of spellings) {
    const item = await readJson(text)
    assert.deepEqual(write('uima-cas-json', item), { text, losses: [] })
    // The other view has no place in the model.
    assert.deepEqual(write('uima-cas-json', edited(item)).losses, ['unknown'])
    assert.deepEqual(converted(format('spacy').write, [item]).losses[0]?.code, 'attributes')
    assert.ok(converted(format('spacy').write, [item]).losses.some((l) => l.code === 'unknown'))
    assert.doesNotMatch(converted(format('spacy').write, [item]).text, /layout|spoken/)
  }
})

test('AF73 a CAS that is edited keeps tokens, sentences, details and declared types, with their references', async () => {
  const item = await readJson(JSON.stringify(document))
  const { text } = write('uima-cas-json', edited(item))
  const cas = JSON.parse(text) as {
    '%TYPES': Record<string, unknown>
    '%FEATURE_STRUCTURES': Record<string, unknown>[]
  }
  const named = (type: string) =>
    cas['%FEATURE_STRUCTURES'].filter((each) => String(each['%TYPE']).endsWith(type))
  assert.deepEqual(cas['%TYPES'][pos], document['%TYPES'][pos])
  assert.equal(named('.Sentence').length, 1)
  assert.equal(named('.DocumentMetaData')[0]?.['documentId'], 'song')
  const [first, second, ...more] = named('.Token')
  assert.equal(more.length, 0)
  // What it pointed to is gone, and the relation still joins the tokens.
  assert.equal(first?.['@pos'], undefined)
  const [dependency] = named('.Dependency')
  assert.deepEqual(
    [dependency?.['@Governor'], dependency?.['@Dependent']],
    [second?.['%ID'], first?.['%ID']],
  )
  const again = await readJson(text)
  assert.ok(
    sameAnnotation(again.annotation ?? assert.fail(), edited(item).annotation ?? assert.fail()),
  )

  const xmi = write('uima-cas-xmi', item).text
  assert.match(xmi, /:Sentence xmi:id="\d+" sofa="1" begin="0" end="12"\/>/)
  assert.match(xmi, /:DocumentMetaData .*documentId="song"/)
  const { items } = await collect(format('uima-cas-xmi').read, { 'a.xmi': xmi })
  assert.ok(sameAnnotation(items[0]?.annotation ?? assert.fail(), item.annotation ?? assert.fail()))
})

test('AF73 whatever stands where a layout should, an item is written as it is', async () => {
  const item = await readJson(JSON.stringify(document))
  const { uima_layout } = item.meta ?? {}
  assert.ok(isObject(uima_layout))
  const odd = fc.record(
    {
      form: fc.constantFrom('json', 'xmi', 'odd', 1),
      file: fc.oneof(fc.string(), fc.constantFrom('{}', '<xmi:XMI/>', '[]', '')),
      at: fc.oneof(fc.integer(), fc.double(), fc.constant('1')),
      spelling: fc.oneof(fc.integer({ min: -1, max: 4 }), fc.constant('toString')),
      sum: fc.string(),
    },
    { requiredKeys: [] },
  )
  const source = { kind: 'text', text: 'Ada 😊 sings' } as const
  await fc.assert(
    fc.asyncProperty(
      odd,
      annotationOf(source),
      fc.constantFrom('json', 'xmi'),
      async (wrong, other, form) => {
        const name = `uima-cas-${form}`
        const plain = { ...item, annotation: other, meta: {} }
        const meta = { uima_layout: { ...uima_layout, ...wrong } }
        const [one, two] = await Promise.all(
          [plain, { ...plain, meta }].map(async (each) => {
            const { files } = converted(format(name).write, [each])
            const { items } = await collect(format(name).read, files)
            return items[0]?.annotation ?? assert.fail()
          }),
        )
        assert.ok(sameAnnotation(one ?? assert.fail(), two ?? assert.fail()))
      },
    ),
  )
})
