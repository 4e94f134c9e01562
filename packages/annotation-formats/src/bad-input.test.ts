import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  because,
  bad,
  documents,
  entity,
  refused,
  type Subject,
  testBadInput,
} from '../../../test/support/bad-input.ts'
import { converted } from '../../../test/support/conversion.ts'
import { formats, type Item } from './index.ts'

const json = (value: unknown) => JSON.stringify(value)
const noTokensOffsets = 'it has no offsets: tokens stand one after another'

/** A format of records that are JSON objects, given a record for each reference and span. */
function objects(
  of: (id: number, text: string, span: [number, number] | undefined) => object,
  backwards: RegExp,
): Subject {
  const two = [of(1, 'Zoë😊', undefined), of(2, 'x', undefined)]
  const file = (all: readonly object[]) => ({ a: all.map((each) => `${json(each)}\n`).join('') })
  const spanned = (span: [number, number]) => file([of(1, 'Zoë😊', span), of(2, 'x', undefined)])
  return {
    good: file(two),
    damaged: 'a',
    kept: ['2'],
    cells: {
      'cut off': bad(
        { a: json(two[0]) + json(two[1]).slice(0, -2) },
        /after record 1: .*cut off/,
        'ends',
      ),
      'an id twice': bad(
        file([...two, of(1, 'again', undefined)]),
        /record 3: has the id of an earlier item/,
        ['1', '2'],
      ),
      'one name in two folders': because.oneFile,
      'an offset past the end': bad(spanned([0, 99]), /record 1: .*past/, ['2']),
      'an offset inside a surrogate pair': because.codePoints,
      'a reversed span': bad(spanned([3, 1]), backwards, ['2']),
      'an overlap in a tier': because.noTier,
      'an entity': because.noXml,
    },
  }
}

const labelStudio = objects(
  (id, text, span) => ({
    id,
    data: { text },
    annotations: [
      {
        result:
          span === undefined
            ? []
            : [
                {
                  id: 'r',
                  from_name: 'l',
                  type: 'labels',
                  value: { start: span[0], end: span[1], labels: ['x'] },
                },
              ],
      },
    ],
  }),
  /record 1: has a region that/,
)

const spans = (id: number, text: string, span: [number, number] | undefined) => ({
  id,
  text,
  spans: span === undefined ? [] : [{ start: span[0], end: span[1], label: 'x' }],
})

const item = (item_ref: string, text: string, span?: readonly [number, number]) => ({
  item_ref,
  source: { kind: 'text', text },
  annotation: {
    schema: 's@1',
    regions: span === undefined ? [] : [{ id: 'r', anchor: { text: [span] }, label: 'x' }],
  },
})

const lines = (...all: readonly object[]) => ({ a: all.map((each) => `${json(each)}\n`).join('') })

const webAnno = (word: string, rows = `1-1\t0-${word.length}\t${word}\tx\t\n`) =>
  `#FORMAT=WebAnno TSV 3.3\n#T_SP=webanno.custom.Span|value\n\n\n#Text=${word}\n${rows}`

const cas = (text: string, begin = 0, end = 1, id = 2) =>
  json({
    '%FEATURE_STRUCTURES': [
      { '%ID': 1, '%TYPE': 'uima.cas.Sofa', sofaString: text },
      { '%ID': 2, '%TYPE': 'a.B', '@sofa': 1, begin: 0, end: 1 },
      { '%ID': id === 2 ? 3 : 2, '%TYPE': 'a.B', '@sofa': 1, begin, end },
    ],
  })

const xmi = (text: string, begin = 0, end = 1, id = 3) =>
  `<?xml version="1.0"?>\n<xmi:XMI xmlns:xmi="http://www.omg.org/XMI" xmlns:c="http:///a.ecore">\n<c:B xmi:id="2" sofa="1" begin="0" end="1"/>\n<c:B xmi:id="${id}" sofa="1" begin="${begin}" end="${end}"/>\n<cas:Sofa xmi:id="1" sofaString="${text}"/></xmi:XMI>`

/** A table of items, the first of which says `Zoë😊`, as a writer makes it, which checks nothing. */
function tableOf(name: string, all: readonly (readonly [string, [number, number]?])[]) {
  const { write } = formats.find((each) => each.name === name) ?? assert.fail(name)
  const items = all.map(([ref, span = [0, 1]]): Item => {
    const source = { kind: 'text', text: ref === '1' ? 'Zoë😊' : 'x' } as const
    return { ...item(ref, source.text, span), source }
  })
  return converted(write, items)
}

const parquetOf = (...all: readonly (readonly [string, [number, number]?])[]) =>
  tableOf('parquet', all).files['out'] ?? assert.fail()
const csv = tableOf('csv', [['1'], ['2']]).text
const csvLines = csv.split('\n')
const csvWith = (from: string, to: string) => ({ a: csv.replaceAll(from, to) })

const subjects: Readonly<Record<string, Subject>> = {
  cloister: {
    good: lines(item('1', 'Zoë😊'), item('2', 'x')),
    damaged: 'a',
    kept: ['2'],
    cells: {
      'cut off': bad(
        { a: `${json(item('1', 'Zoë😊'))}\n${json(item('2', 'x')).slice(0, -3)}` },
        /line 2: is not JSON/,
        ['1'],
      ),
      'an id twice': bad(
        lines(item('1', 'Zoë😊'), item('2', 'x'), item('1', 'Zoë😊')),
        /line 3: has the id of an earlier item/,
        ['1', '2'],
      ),
      'one name in two folders': because.oneFile,
      'an offset past the end': bad(
        lines(item('1', 'Zoë😊', [0, 5]), item('2', 'x')),
        /line 1: .*past the end of its text/,
        ['2'],
      ),
      'an offset inside a surrogate pair': because.codePoints,
      'a reversed span': bad(
        lines(item('1', 'Zoë😊', [3, 1]), item('2', 'x')),
        /line 1: .*anchor/,
        ['2'],
      ),
      'an overlap in a tier': because.noTier,
      'an entity': because.noXml,
    },
  },
  'label-studio': labelStudio,
  doccano: (() => {
    const of = (id: number, text: string, span: [number, number] | undefined) => ({
      id,
      text,
      label: span === undefined ? [] : [[...span, 'x']],
    })
    const subject = objects(of, /record 1: .*before it begins/)
    const torn = bad(
      { a: `${json(of(1, 'Zoë😊', [0, 4]))}\n${json(of(2, 'x', undefined))}` },
      /record 1: .*inside a character/,
      ['2'],
    )
    return {
      ...subject,
      cells: { ...subject.cells, 'an offset inside a surrogate pair': torn },
    }
  })(),
  spacy: objects(spans, /record 1: .*before it begins/),
  prodigy: objects(spans, /record 1: .*before it begins/),
  'label-studio-min': (() => {
    const of = (id: number, text: string, span: [number, number] | undefined) => ({
      id,
      text,
      ...(span === undefined ? {} : { label: [{ start: span[0], end: span[1], labels: ['x'] }] }),
    })
    return objects(of, /record 1: has a region that/)
  })(),
  'conll-2003': {
    good: { a: 'sings _ _ O\nZoë😊 _ _ B-x\n\nyes _ _ O\n' },
    damaged: 'a',
    // Sentences have no names: the second one is the first that is whole.
    kept: ['1'],
    cells: {
      'cut off': bad({ a: 'Zoë😊 _ _ B-x\n\nsings _ _ O\nye' }, /line 4: has no token/, ['1']),
      'an id twice': 'its documents have no ids',
      'one name in two folders': because.oneFile,
      'an offset past the end': noTokensOffsets,
      'an offset inside a surrogate pair': noTokensOffsets,
      'a reversed span': noTokensOffsets,
      'an overlap in a tier': 'a token has one tag',
      'an entity': because.noXml,
    },
  },
  'conll-u': (() => {
    const row = (id: string, word: string) => `${id}\t${word}${'\t_'.repeat(8)}\n`
    const doc = (ref: string, rows: string) => `# newdoc id = ${ref}\n${rows}\n`
    const [one, two] = [doc('one', row('1', 'Zoë😊')), doc('two', row('1', 'x'))]
    return {
      good: { a: one + two },
      damaged: 'a',
      kept: ['two'],
      cells: {
        'cut off': bad({ a: (one + two).slice(0, -6) }, /line 5: has not the ten columns/, ['one']),
        'an id twice': bad({ a: one + two + one }, /line 7: has the id of an earlier item/, [
          'one',
          'two',
        ]),
        'one name in two folders': because.oneFile,
        'an offset past the end': noTokensOffsets,
        'an offset inside a surrogate pair': noTokensOffsets,
        'a reversed span': bad(
          { a: doc('one', row('1', 'a') + row('1', 'b')) + two },
          /line 3: has the id 1 a second time/,
          ['two'],
        ),
        'an overlap in a tier': 'a token has one tag',
        'an entity': because.noXml,
      },
    }
  })(),
  brat: (() => {
    const good = { 'a.txt': 'sing Zoë😊', 'a.ann': 'T1\tx 5 8\tZoë\n', 'b.txt': 'x' }
    const ann = (text: string, says: RegExp) => bad({ ...good, 'a.ann': text }, says, ['b'])
    return {
      good,
      damaged: 'a.txt',
      kept: ['b'],
      cells: {
        'cut off': ann('T1\tx 0', /^a[.]ann, line 1: has no offsets/),
        'an id twice': ann('T1\tx 0 1\tZ\nA1\ty T1\nA1\tz T1\n', /line 3: has the id A1 a second/),
        'one name in two folders': bad(
          { ...good, 'x/a.txt': 'y' },
          /^x\/a[.]txt: has the id of an earlier item/,
          ['a', 'b'],
        ),
        'an offset past the end': ann('T1\tx 0 99\tZ\n', /line 1: ends past the end/),
        'an offset inside a surrogate pair': because.codePoints,
        'a reversed span': ann('T1\tx 2 1\tZ\n', /line 1: ends at 1, before it begins at 2/),
        'an overlap in a tier': because.noTier,
        'an entity': because.noXml,
      },
    }
  })(),
  'webanno-tsv': documents('.tsv', webAnno('Zoë😊'), webAnno('x'), {
    'cut off': [webAnno('Zoë😊', '1-1\t0-'), /line 6: has no offsets/],
    'an id twice': [
      webAnno('Zoë😊', '1-1\t0-3\tZoë\tx\t\n1-1\t3-5\t😊\tx\t\n'),
      /line 7: has the number 1-1 a second time/,
    ],
    'an offset past the end': [webAnno('Zoë😊', '1-1\t0-99\tZoë😊\tx\t\n'), /past the text/],
    'an offset inside a surrogate pair': [
      webAnno('Zoë😊', '1-1\t0-4\tZoë😊\tx\t\n'),
      /offsets 0-4: .*inside a character/,
    ],
    'a reversed span': [webAnno('Zoë😊', '1-1\t3-0\tZoë\tx\t\n'), /line 6: .*reversed/],
    'an overlap in a tier': because.noTier,
    'an entity': because.noXml,
  }),
  'uima-cas-json': documents('.json', cas('Zoë😊'), cas('x'), {
    'cut off': [cas('Zoë😊').slice(0, -1), /is not JSON/],
    'an id twice': [cas('Zoë😊', 0, 1, 3), /id 2: is given a second time/],
    'an offset past the end': [cas('Zoë😊', 0, 99), /id 3: ends past the text/],
    'an offset inside a surrogate pair': [cas('Zoë😊', 0, 4), /id 3: .*inside a character/],
    'a reversed span': [cas('Zoë😊', 3, 1), /id 3: ends before it begins/],
    'an overlap in a tier': because.noTier,
    'an entity': because.noXml,
  }),
  'uima-cas-xmi': documents('.xmi', xmi('Zoë😊'), xmi('x'), {
    'cut off': [xmi('Zoë😊').slice(0, -9), /line 5: is not well-formed/],
    'an id twice': [xmi('Zoë😊', 0, 1, 2), /id 2: is given a second time/],
    'an offset past the end': [xmi('Zoë😊', 0, 99), /id 3: ends past the text/],
    'an offset inside a surrogate pair': [xmi('Zoë😊', 0, 4), /id 3: .*inside a character/],
    'a reversed span': [xmi('Zoë😊', 3, 1), /id 3: ends before it begins/],
    'an overlap in a tier': because.noTier,
    'an entity': [entity, /line 2: has a document type declaration/],
  }),
  csv: {
    good: { a: csv },
    damaged: 'a',
    kept: ['2'],
    cells: {
      'cut off': bad({ a: csv.slice(0, -5) }, /line 3: has a quote that is never closed/, []),
      'an id twice': bad(
        { a: `${csv}${csvLines[1] ?? ''}\n` },
        /line 4: has the id of an earlier/,
        ['1', '2'],
      ),
      'one name in two folders': because.oneFile,
      'an offset past the end': bad(
        csvWith('[[0,1]]', '[[0,9]]'),
        /line 2: .*past the end of its text/,
        [],
      ),
      'an offset inside a surrogate pair': because.codePoints,
      'a reversed span': bad(csvWith('[[0,1]]', '[[1,0]]'), /line 2: .*anchor/, []),
      'an overlap in a tier': because.noTier,
      'an entity': because.noXml,
    },
  },
  parquet: {
    good: converted(formats.find(({ name }) => name === 'parquet')?.write ?? assert.fail(), [])
      .files,
    damaged: '',
    kept: [],
    cells: {
      'cut off': bad({ a: 'PAR1 no' }, /^a: is not a Parquet file/, []),
      'an id twice': bad(
        { a: parquetOf(['1'], ['2'], ['1']) },
        /^a, row 3: has the id of an earlier/,
        ['1', '2'],
      ),
      'one name in two folders': because.oneFile,
      'an offset past the end': bad(
        { a: parquetOf(['1', [0, 9]], ['2']) },
        /^a.*past the end of its text/,
        ['2'],
      ),
      'an offset inside a surrogate pair': because.codePoints,
      'a reversed span': bad({ a: parquetOf(['1', [1, 0]], ['2']) }, /^a.*anchor/, ['2']),
      'an overlap in a tier': because.noTier,
      'an entity': because.noXml,
    },
  },
}

testBadInput(
  formats.filter(({ kinds }) => kinds.includes('text')),
  subjects,
)

test('AF27 parquet: a text that is not UTF-8 is refused, and nothing else is put in its place', async () => {
  const bytes = Buffer.from(parquetOf(['1']))
  const at = bytes.indexOf('Zoë')
  assert.ok(at > 0)
  bytes[at + 2] = 0xff
  await refused('parquet', bad({ a: bytes }, /^a: holds a text that is not UTF-8/, []))
})
