import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collect, converted, type Files } from '../../../test/support/conversion.ts'
import {
  type Encoding,
  formats,
  InputFault,
  type InputFiles,
  Losses,
  parseLabelSchema,
} from './index.ts'
import { toUtf8 } from './encodings.ts'

/*
 * Every fault that input may have, against every format: where it is found, what is said, and what is
 * kept of the rest with `--keep-going`. A cell that does not apply says why.
 */

/** A damaged input: what the fault must say after `file, place: `, and the items that are kept. */
interface Bad {
  readonly files: Files
  readonly says: RegExp
  /** References of what is kept; `ends` where nothing can be told apart any more. */
  readonly kept: readonly string[] | 'ends'
}
type Cell = Bad | string

const faults = [
  'cut off',
  'an id twice',
  'an offset past the end',
  'an offset inside a surrogate pair',
  'a reversed span',
  'an overlap in a tier',
  'an entity',
] as const
type Fault = (typeof faults)[number]

/** A format's good input, in which the first of two items says `Zoë😊`. */
interface Subject {
  readonly good: Files
  /** The file in which a wrong encoding is planted. */
  readonly damaged: string
  /** What is kept when `Zoë😊` is in another encoding. */
  readonly kept: Bad['kept']
  readonly cells: Readonly<Record<Fault, Cell>>
}

function bad(files: Files, says: RegExp, kept: Bad['kept']): Bad {
  return { files, says, kept }
}

const json = (value: unknown) => JSON.stringify(value)
const noText = 'it counts no text: its anchors are times or pixels'
const noTokensOffsets = 'it has no offsets: tokens stand one after another'
const noTier = 'its regions may overlap'
const noXml = 'it is no XML'

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
      'an offset past the end': bad(spanned([0, 99]), /record 1: .*past/, ['2']),
      'an offset inside a surrogate pair': 'it counts code points, which no offset splits',
      'a reversed span': bad(spanned([3, 1]), backwards, ['2']),
      'an overlap in a tier': noTier,
      'an entity': noXml,
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

/** A table of speech: its first line says `Zoë😊`, the second is of another recording. */
function table(
  first: string,
  second: string,
  cut: RegExp,
  more: { readonly twice: Cell; readonly backwards: Cell },
): Subject {
  return {
    good: { a: `${first}\n${second}\n` },
    damaged: 'a',
    kept: ['two'],
    cells: {
      'cut off': bad({ a: `${first}\n${second.split(' ').slice(0, 3).join(' ')}` }, cut, [
        first.startsWith('SPEAKER') ? 'one' : (first.split(' ')[0] ?? ''),
      ]),
      'an id twice': more.twice,
      'an offset past the end': 'no line says how long its recording is',
      'an offset inside a surrogate pair': noText,
      'a reversed span': more.backwards,
      'an overlap in a tier': noTier,
      'an entity': noXml,
    },
  }
}

const twoFiles = (first: string, second: string, b: string) =>
  bad({ a: `${first}\n${second}\n`, b: `${b}\n` }, /^b, line 1: .*in another file/, ['one', 'two'])

/** A format of one document a file: `b` is good, and kept whenever `a` is not. */
function documents(
  ending: string,
  good: string,
  other: string,
  cells: Readonly<Record<Fault, readonly [string, RegExp] | string>>,
): Subject {
  const [a, b] = [`a${ending}`, `b${ending}`]
  return {
    good: { [a]: good, [b]: other },
    damaged: a,
    kept: ['b'],
    cells: Object.fromEntries(
      Object.entries(cells).map(([fault, cell]) => [
        fault,
        typeof cell === 'string' ? cell : bad({ [a]: cell[0], [b]: other }, cell[1], ['b']),
      ]),
    ) as Record<Fault, Cell>,
  }
}

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

const grid = (text: string, intervals = `1\n0\n2\n"${text}"\n`) =>
  `File type = "ooTextFile"\n"TextGrid"\n\n0\n2\n<exists>\n1\n"IntervalTier"\n"agent"\n0\n2\n${intervals}`

const eafOne = (text: string, { from = 1, to = 2, id = 'a2' } = {}) =>
  `<?xml version="1.0"?>\n<ANNOTATION_DOCUMENT><TIME_ORDER><TIME_SLOT TIME_SLOT_ID="t1" TIME_VALUE="0"/><TIME_SLOT TIME_SLOT_ID="t2" TIME_VALUE="900"/></TIME_ORDER>\n<TIER TIER_ID="agent">\n<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a1" TIME_SLOT_REF1="t${from}" TIME_SLOT_REF2="t${to}"><ANNOTATION_VALUE>${text}</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>\n<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="${id}" TIME_SLOT_REF1="t1" TIME_SLOT_REF2="t2"><ANNOTATION_VALUE>x</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>\n</TIER></ANNOTATION_DOCUMENT>`

const entity =
  '<?xml version="1.0"?>\n<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'

const voc = (name: string, [xmin, xmax] = [1, 2]) =>
  `<annotation><filename>a.png</filename>\n<object><name>${name}</name><bndbox><xmin>${xmin}</xmin><ymin>1</ymin><xmax>${xmax}</xmax><ymax>2</ymax></bndbox></object></annotation>`

const kaldi = (segments: string, text = 'ada-1 Zoë😊\nben-1 yes\n') => ({
  'wav.scp': 'one a.wav\ntwo b.wav\n',
  segments,
  text,
  utt2spk: 'ada-1 ada\nben-1 ben\n',
})

const coco = (images: readonly object[], annotations: readonly object[] = []) =>
  json({ images, categories: [{ id: 1, name: 'Zoë😊' }], annotations })
const images = [
  { id: 1, item_ref: 'one' },
  { id: 2, item_ref: 'two' },
]
const boxOn = (image: number, bbox: readonly number[], id = image) => ({
  id,
  image_id: image,
  category_id: 1,
  bbox,
})

const csv = converted(formats.find(({ name }) => name === 'csv')?.write ?? assert.fail(), [
  { ...item('1', 'Zoë😊', [0, 1]), source: { kind: 'text', text: 'Zoë😊' } },
  { ...item('2', 'x', [0, 1]), source: { kind: 'text', text: 'x' } },
]).text
const csvLines = csv.split('\n')
const csvWith = (from: string, to: string) => ({ a: csv.replaceAll(from, to) })

const subtitle = (head: string, point: string, word: string, times?: [number, number]) => {
  const [from, to] = times ?? [1, 2]
  return `${head}1\n00:00:0${from}${point}000 --> 00:00:0${to}${point}000\n${word}\n`
}
const cueEnds = 'a cue cut off in its words is a shorter cue, and one cut off in its times is none'
const cueNames = 'names of cues name nothing in the model and need not differ'

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
      'an offset past the end':
        'an annotation may stand apart from its text; `checkAnnotation` finds it where both are known',
      'an offset inside a surrogate pair': 'it counts code points, which no offset splits',
      'a reversed span': bad(
        lines(item('1', 'Zoë😊', [3, 1]), item('2', 'x')),
        /line 1: .*anchor/,
        ['2'],
      ),
      'an overlap in a tier': noTier,
      'an entity': noXml,
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
      'an offset past the end': noTokensOffsets,
      'an offset inside a surrogate pair': noTokensOffsets,
      'a reversed span': noTokensOffsets,
      'an overlap in a tier': 'a token has one tag',
      'an entity': noXml,
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
        'an offset past the end': noTokensOffsets,
        'an offset inside a surrogate pair': noTokensOffsets,
        'a reversed span': bad(
          { a: doc('one', row('1', 'a') + row('1', 'b')) + two },
          /line 3: has the id 1 a second time/,
          ['two'],
        ),
        'an overlap in a tier': 'a token has one tag',
        'an entity': noXml,
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
        'an offset past the end': ann('T1\tx 0 99\tZ\n', /line 1: ends past the end/),
        'an offset inside a surrogate pair': 'it counts code points, which no offset splits',
        'a reversed span': ann('T1\tx 2 1\tZ\n', /line 1: ends at 1, before it begins at 2/),
        'an overlap in a tier': noTier,
        'an entity': noXml,
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
    'an overlap in a tier': noTier,
    'an entity': noXml,
  }),
  'uima-cas-json': documents('.json', cas('Zoë😊'), cas('x'), {
    'cut off': [cas('Zoë😊').slice(0, -1), /is not JSON/],
    'an id twice': [cas('Zoë😊', 0, 1, 3), /id 2: is given a second time/],
    'an offset past the end': [cas('Zoë😊', 0, 99), /id 3: ends past the text/],
    'an offset inside a surrogate pair': [cas('Zoë😊', 0, 4), /id 3: .*inside a character/],
    'a reversed span': [cas('Zoë😊', 3, 1), /id 3: ends before it begins/],
    'an overlap in a tier': noTier,
    'an entity': noXml,
  }),
  'uima-cas-xmi': documents('.xmi', xmi('Zoë😊'), xmi('x'), {
    'cut off': [xmi('Zoë😊').slice(0, -9), /line 5: is not well-formed/],
    'an id twice': [xmi('Zoë😊', 0, 1, 2), /id 2: is given a second time/],
    'an offset past the end': [xmi('Zoë😊', 0, 99), /id 3: ends past the text/],
    'an offset inside a surrogate pair': [xmi('Zoë😊', 0, 4), /id 3: .*inside a character/],
    'a reversed span': [xmi('Zoë😊', 3, 1), /id 3: ends before it begins/],
    'an overlap in a tier': noTier,
    'an entity': [entity, /line 2: has a document type declaration/],
  }),
  textgrid: documents('.TextGrid', grid('Zoë😊'), grid('x'), {
    'cut off': [grid('Zoë😊', '1\n0\n2\n'), /line 15: .*cut off/],
    'an id twice': 'names of tiers need not differ: each tier is one of its own',
    'an offset past the end': [grid('', '1\n0\n3\n"x"\n'), /line 15: .*after the end/],
    'an offset inside a surrogate pair': noText,
    'a reversed span': [grid('', '1\n2\n1\n"x"\n'), /line 15: .*ends before it begins/],
    'an overlap in a tier': [grid('', '2\n0\n1\n"x"\n0.5\n2\n"y"\n'), /line 18: .*overlap/],
    'an entity': noXml,
  }),
  eaf: documents('.eaf', eafOne('Zoë😊'), eafOne('x'), {
    'cut off': [eafOne('Zoë😊').slice(0, -9), /line 6: is not well-formed/],
    'an id twice': [eafOne('Zoë😊', { id: 'a1' }), /line 5: has the id of an earlier annotation/],
    'an offset past the end': [eafOne('Zoë😊', { to: 3 }), /line 4: names a time slot that is not/],
    'an offset inside a surrogate pair': noText,
    'a reversed span': [eafOne('Zoë😊', { from: 2, to: 1 }), /line 4: .*ends before it begins/],
    'an overlap in a tier': 'ELAN writes none, and one that is there is kept',
    'an entity': [entity, /line 2: has a document type declaration/],
  }),
  ctm: table('one 1 0 1 Zoë😊', 'two 1 0 1 x', /line 2: has not the columns of CTM/, {
    twice: twoFiles('one 1 0 1 Zoë😊', 'two 1 0 1 x', 'one 1 0 1 y'),
    backwards: bad({ a: 'one 1 0 -1 y\ntwo 1 0 1 x' }, /line 1: .*before 0/, ['two']),
  }),
  stm: table('one 1 s 0 1 Zoë😊', 'two 1 s 0 1 x', /line 2: has no time/, {
    twice: twoFiles('one 1 s 0 1 Zoë😊', 'two 1 s 0 1 x', 'one 1 s 0 1 y'),
    backwards: bad({ a: 'one 1 s 2 1 y\ntwo 1 s 0 1 x' }, /line 1: ends before it begins/, ['two']),
  }),
  rttm: (() => {
    const row = (recording: string, end: string, who: string) =>
      `SPEAKER ${recording} 1 0 ${end} <NA> <NA> ${who} <NA> <NA>`
    const [one, two] = [row('one', '1', 'Zoë😊'), row('two', '1', 'x')]
    return table(one, two, /line 2: has not the columns of RTTM/, {
      twice: twoFiles(one, two, one),
      backwards: bad({ a: `${row('one', '-1', 'y')}\n${two}` }, /line 1: .*before 0/, ['two']),
    })
  })(),
  uem: table('oneZoë😊 1 0 1', 'two 1 0 1', /line 2: has not the columns of UEM/, {
    twice: bad({ a: 'one 1 0 1\ntwo 1 0 1\n', b: 'one 1 0 1\n' }, /^b, line 1: .*another file/, [
      'one',
      'two',
    ]),
    backwards: bad({ a: 'one 1 2 1\ntwo 1 0 1' }, /line 1: ends before it begins/, ['two']),
  }),
  seglst: (() => {
    const of = (session_id: string, words: string, [start_time, end_time] = [0, 1]) => ({
      session_id,
      speaker: 's',
      start_time,
      end_time,
      words,
    })
    const two = [of('one', 'Zoë😊'), of('two', 'x')]
    return {
      good: { a: json(two) },
      damaged: 'a',
      kept: ['two'],
      cells: {
        'cut off': bad({ a: json(two).slice(0, -1) }, /after record 2: .*cut off/, 'ends'),
        'an id twice': bad(
          { a: json(two), b: json([of('one', 'y')]) },
          /^b, record 1: .*in another file/,
          ['one', 'two'],
        ),
        'an offset past the end': 'no segment says how long its recording is',
        'an offset inside a surrogate pair': noText,
        'a reversed span': bad(
          { a: json([of('one', 'y', [2, 1]), two[1]]) },
          /record 1: ends before/,
          ['two'],
        ),
        'an overlap in a tier': noTier,
        'an entity': noXml,
      },
    }
  })(),
  nemo: (() => {
    const of = (file: string, text: string, duration = 1) => ({
      audio_filepath: file,
      offset: 0,
      duration,
      text,
    })
    const two = [of('one', 'Zoë😊'), of('two', 'x')]
    return {
      good: lines(...two),
      damaged: 'a',
      kept: ['two'],
      cells: {
        'cut off': bad({ a: lines(...two).a.slice(0, -3) }, /after record 1: .*cut off/, 'ends'),
        'an id twice': bad(
          { ...lines(...two), b: json(of('one', 'y')) },
          /^b, record 1: .*another/,
          ['one', 'two'],
        ),
        'an offset past the end': 'no segment says how long its recording is',
        'an offset inside a surrogate pair': noText,
        'a reversed span': bad(lines(of('one', 'y', -1), of('two', 'x')), /record 1: .*before 0/, [
          'two',
        ]),
        'an overlap in a tier': noTier,
        'an entity': noXml,
      },
    }
  })(),
  kaldi: {
    good: kaldi('ada-1 one 0 1\nben-1 two 0 1\n'),
    damaged: 'text',
    kept: ['one', 'two'],
    cells: {
      'cut off': bad(kaldi('ada-1 one 0 1\nben-1 two 0'), /^segments, line 2: has no time/, [
        'one',
      ]),
      'an id twice': bad(
        kaldi('ada-1 one 0 1\nben-1 two 0 1\nada-1 one 1 2\n'),
        /^segments, line 3: has an utterance a second time/,
        ['one', 'two'],
      ),
      'an offset past the end': 'no file says how long a recording is',
      'an offset inside a surrogate pair': noText,
      'a reversed span': bad(kaldi('ada-1 one 2 1\nben-1 two 0 1\n'), /line 1: ends before/, [
        'two',
      ]),
      'an overlap in a tier': noTier,
      'an entity': noXml,
    },
  },
  'cvat-tsv': (() => {
    const head = 'id\tfilename\tstart\tstop\tlabel\n'
    const row = (id: number, file: string, label: string, [from, to] = [0, 1]) =>
      `${id}\t${file}\t00:00:0${from}\t00:00:0${to}\t${label}\n`
    const [one, two] = [row(1, 'one', 'Zoë😊'), row(2, 'two', 'x')]
    return {
      good: { a: head + one + two },
      damaged: 'a',
      kept: ['two'],
      cells: {
        'cut off': bad({ a: (head + one + two).slice(0, -4) }, /line 3: has 4 cells/, ['one']),
        'an id twice': bad(
          { a: head + one + two + row(1, 'two', 'y') },
          /line 4: has the id of an/,
          ['one', 'two'],
        ),
        'an offset past the end': 'no row says how long its recording is',
        'an offset inside a surrogate pair': noText,
        'a reversed span': bad(
          { a: head + row(1, 'one', 'y', [2, 1]) + two },
          /line 2: ends before/,
          ['two'],
        ),
        'an overlap in a tier': noTier,
        'an entity': noXml,
      },
    }
  })(),
  webvtt: documents(
    '.vtt',
    subtitle('WEBVTT\n\n', '.', 'Zoë😊'),
    subtitle('WEBVTT\n\n', '.', 'x'),
    {
      'cut off': ['WEBV', /line 1: does not begin with WEBVTT/],
      'an id twice': cueNames,
      'an offset past the end': 'no cue says how long its recording is',
      'an offset inside a surrogate pair': noText,
      'a reversed span': 'see below: the other cues of the file are kept',
      'an overlap in a tier': noTier,
      'an entity': noXml,
    },
  ),
  srt: documents('.srt', subtitle('', ',', 'Zoë😊'), subtitle('', ',', 'x'), {
    'cut off': cueEnds,
    'an id twice': cueNames,
    'an offset past the end': 'no cue says how long its recording is',
    'an offset inside a surrogate pair': noText,
    'a reversed span': 'see below: the other cues of the file are kept',
    'an overlap in a tier': noTier,
    'an entity': noXml,
  }),
  coco: {
    good: { a: coco(images) },
    damaged: 'a',
    kept: [],
    cells: {
      'cut off': bad({ a: coco(images).slice(0, -1) }, /^a: .*cut off/, []),
      'an id twice': bad(
        { a: coco([...images, ...images.slice(0, 1)]) },
        /image 1: .*given before/,
        ['one', 'two'],
      ),
      'an offset past the end':
        'a shape may reach over the edge of its image, as it does in COCO itself',
      'an offset inside a surrogate pair': noText,
      'a reversed span': bad({ a: coco(images, [boxOn(1, [1, 1, -1, 1])]) }, /image 1: has a box/, [
        'two',
      ]),
      'an overlap in a tier': noTier,
      'an entity': noXml,
    },
  },
  yolo: (() => {
    const good = {
      'classes.txt': 'singer\nZoë😊\n',
      'sizes.txt': 'a 10 10\nb 10 10\n',
      'a.txt': '0 0.5 0.5 1 1\n',
      'b.txt': '',
    }
    const first = (text: string, says: RegExp) => bad({ ...good, 'a.txt': text }, says, ['b'])
    return {
      good,
      damaged: 'classes.txt',
      kept: 'ends',
      cells: {
        'cut off': first('0 0.5 0.5 1', /^a[.]txt, line 1: has neither a box nor a polygon/),
        'an id twice': bad(
          { ...good, 'x/a.txt': '' },
          /^x\/a[.]txt: has the id of an earlier item/,
          ['a', 'b'],
        ),
        'an offset past the end': first('0 0.5 0.5 1 1.5', /line 1: has a place outside 0 to 1/),
        'an offset inside a surrogate pair': noText,
        'a reversed span': first('0 0.5 0.5 -1 1', /line 1: has a place outside 0 to 1/),
        'an overlap in a tier': noTier,
        'an entity': noXml,
      },
    }
  })(),
  voc: documents('.xml', voc('Zoë😊'), voc('x'), {
    'cut off': [voc('Zoë😊').slice(0, -9), /line 2: is not well-formed/],
    'an id twice': 'its objects have no ids; for its files see below',
    'an offset past the end': 'a shape may reach over the edge of its image',
    'an offset inside a surrogate pair': noText,
    'a reversed span': [voc('Zoë😊', [2, 1]), /line 2: has an object without a box/],
    'an overlap in a tier': noTier,
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
      'an offset past the end':
        'an annotation may stand apart from its text; `checkAnnotation` finds it where both are known',
      'an offset inside a surrogate pair': 'it counts code points, which no offset splits',
      'a reversed span': bad(csvWith('[[0,1]]', '[[1,0]]'), /line 2: .*anchor/, []),
      'an overlap in a tier': noTier,
      'an entity': noXml,
    },
  },
  parquet: {
    good: converted(formats.find(({ name }) => name === 'parquet')?.write ?? assert.fail(), [])
      .files,
    damaged: '',
    kept: [],
    cells: {
      'cut off': bad({ a: 'PAR1 no' }, /^a: is not a Parquet file/, []),
      'an id twice': 'its rows are put together by the same code as those of CSV',
      'an offset past the end': 'its rows are put together by the same code as those of CSV',
      'an offset inside a surrogate pair': 'it counts code points, which no offset splits',
      'a reversed span': 'its rows are put together by the same code as those of CSV',
      'an overlap in a tier': noTier,
      'an entity': noXml,
    },
  },
}

const parsed = parseLabelSchema({ name: 's', version: 1, kind: 'text', labels: [{ name: 'x' }] })
assert.ok(parsed.ok)
const { value: schema } = parsed
const options = { rate: 8000 }

async function refused(name: string, { files, says, kept }: Bad): Promise<void> {
  const { read } = formats.find((each) => each.name === name) ?? assert.fail(name)
  const more = name === 'label-studio-min' ? { ...options, schema } : options
  await assert.rejects(collect(read, files, more), (error) => {
    assert.ok(error instanceof InputFault, String(error))
    assert.match(error.message, says)
    assert.ok(Object.keys(files).includes(error.file), error.message)
    assert.doesNotMatch(error.message, /Zoë|sings/, 'no content in a fault')
    return true
  })
  if (kept === 'ends') {
    await assert.rejects(collect(read, files, { ...more, keepGoing: true }), InputFault)
    return
  }
  const { items, faults: said } = await collect(read, files, { ...more, keepGoing: true })
  assert.deepEqual(
    items.map(({ item_ref }) => item_ref),
    kept,
  )
  assert.match(said.join('\n'), says)
}

test('AF27 parquet: a text that is not UTF-8 is refused, and nothing else is put in its place', async () => {
  const { write } = formats.find((each) => each.name === 'parquet') ?? assert.fail()
  const { source, ...rest } = item('1', 'Zoë', [0, 1])
  const { files } = converted(write, [{ ...rest, source: { kind: 'text', text: source.text } }])
  const bytes = Buffer.from(files['out'] ?? assert.fail())
  const at = bytes.indexOf('Zoë')
  assert.ok(at > 0)
  bytes[at + 2] = 0xff
  await refused('parquet', bad({ a: bytes }, /^a: holds a text that is not UTF-8/, []))
})

test('AF27 the table has a row for every format, and in each cell a fault or the reason why there is none', () => {
  assert.deepEqual(Object.keys(subjects).sort(), formats.map(({ name }) => name).sort())
  for (const { cells } of Object.values(subjects)) {
    assert.deepEqual(Object.keys(cells).sort(), [...faults].sort())
    for (const cell of Object.values(cells)) assert.ok(typeof cell !== 'string' || cell !== '')
  }
})

for (const [name, { good, damaged, kept, cells }] of Object.entries(subjects)) {
  for (const fault of faults) {
    const cell = cells[fault]
    if (typeof cell !== 'string')
      test(`AF27 ${name}: ${fault} is refused with its place, and the rest is kept or not as the table says`, () =>
        refused(name, cell))
  }
  if (damaged === '') continue

  const text = good[damaged]
  assert.ok(typeof text === 'string' && text.includes('Zoë😊'), name)
  const [before = '', after = ''] = text.split('Zoë😊')
  const planted = (bytes: readonly number[]): Files => ({
    ...good,
    [damaged]: Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)]),
  })
  const place = /, byte \d+: is not UTF-8; .*--encoding/

  test(`AF27 ${name}: Latin-1 and CESU-8 are refused with their place, and what is read by its name is the same`, async () => {
    for (const bytes of [
      [0x5a, 0x6f, 0xeb],
      [0x5a, 0x6f, 0xc3, 0xab, 0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x8a],
    ])
      await refused(name, bad(planted(bytes), place, kept))
  })

  test(`AF27 ${name}: UTF-16 is refused by its mark or without, and read where it is named`, async () => {
    const { read } = formats.find((each) => each.name === name) ?? assert.fail(name)
    const more = name === 'label-studio-min' ? { ...options, schema } : options
    const right = await collect(read, good, more)
    const little = (mark: string, of: string) => Buffer.from(mark + of, 'utf16le')
    for (const encoding of ['utf-16le', 'utf-16be'] as const)
      for (const mark of ['\ufeff', '']) {
        const encode = (of: string): Uint8Array =>
          encoding === 'utf-16le' ? little(mark, of) : little(mark, of).swap16()
        if (name === 'textgrid' && mark !== '') {
          const marked: Files = { ...good, [damaged]: encode(text) }
          assert.deepEqual((await collect(read, marked, more)).items, right.items)
        } else {
          const says = new RegExp(`byte 0: is UTF-16; say so with --encoding ${encoding}`)
          const files: Files = { ...good, [damaged]: encode(text) }
          await assert.rejects(collect(read, files, more), says)
        }
        const all: Record<string, Uint8Array> = {}
        for (const [file, of] of Object.entries(good)) all[file] = encode(String(of))
        const named = await everything(read, all, encoding, more)
        assert.deepEqual(named, right.items)
      }
  })
}

/** What is read of files in a named encoding. */
async function everything(
  read: (typeof formats)[number]['read'],
  files: Readonly<Record<string, Uint8Array>>,
  encoding: Encoding,
  more: object,
) {
  const input: InputFiles = {
    names: Object.keys(files),
    open: (file) => toUtf8(once(files[file] ?? new Uint8Array()), encoding, file),
  }
  const refuse = (fault: InputFault) => {
    throw fault
  }
  const items = []
  for await (const each of read(input, { losses: new Losses(), refuse, ...more })) items.push(each)
  return items
}

// eslint-disable-next-line @typescript-eslint/require-await
async function* once(bytes: Uint8Array) {
  yield bytes
}
