import {
  bad,
  because,
  type Cell,
  documents,
  entity,
  type Subject,
  testBadInput,
} from '../../../../test/support/bad-input.ts'
import { formats } from '../index.ts'

const json = (value: unknown) => JSON.stringify(value)
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
      'one name in two folders': because.oneFile,
      'an offset past the end': because.noLength,
      'an offset inside a surrogate pair': because.noText,
      'a reversed span': more.backwards,
      'an overlap in a tier': because.noTier,
      'an entity': because.noXml,
    },
  }
}

const twoFiles = (first: string, second: string, b: string) =>
  bad({ a: `${first}\n${second}\n`, b: `${b}\n` }, /^b, line 1: .*in another file/, ['one', 'two'])

const grid = (text: string, intervals = `1\n0\n2\n"${text}"\n`) =>
  `File type = "ooTextFile"\n"TextGrid"\n\n0\n2\n<exists>\n1\n"IntervalTier"\n"agent"\n0\n2\n${intervals}`

const eafOne = (text: string, { from = 1, to = 2, id = 'a2' } = {}) =>
  `<?xml version="1.0"?>\n<ANNOTATION_DOCUMENT><TIME_ORDER><TIME_SLOT TIME_SLOT_ID="t1" TIME_VALUE="0"/><TIME_SLOT TIME_SLOT_ID="t2" TIME_VALUE="900"/></TIME_ORDER>\n<TIER TIER_ID="agent">\n<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a1" TIME_SLOT_REF1="t${from}" TIME_SLOT_REF2="t${to}"><ANNOTATION_VALUE>${text}</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>\n<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="${id}" TIME_SLOT_REF1="t1" TIME_SLOT_REF2="t2"><ANNOTATION_VALUE>x</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>\n</TIER></ANNOTATION_DOCUMENT>`

const kaldi = (segments: string, text = 'ada-1 Zoë😊\nben-1 yes\n') => ({
  'wav.scp': 'one a.wav\ntwo b.wav\n',
  segments,
  text,
  utt2spk: 'ada-1 ada\nben-1 ben\n',
})

const subtitle = (head: string, point: string, word: string, times?: readonly [number, number]) => {
  const [from, to] = times ?? [1, 2]
  return `${head}1\n00:00:0${from}${point}000 --> 00:00:0${to}${point}000\n${word}\n`
}
const cueNames = 'names of cues name nothing in the model and need not differ'

const subjects: Readonly<Record<string, Subject>> = {
  textgrid: documents('.TextGrid', grid('Zoë😊'), grid('x'), {
    'cut off': [grid('Zoë😊', '1\n0\n2\n'), /line 15: .*cut off/],
    'an id twice': 'names of tiers need not differ: each tier is one of its own',
    'an offset past the end': [grid('', '1\n0\n3\n"x"\n'), /line 15: .*after the end/],
    'an offset inside a surrogate pair': because.noText,
    'a reversed span': [grid('', '1\n2\n1\n"x"\n'), /line 15: .*ends before it begins/],
    'an overlap in a tier': [grid('', '2\n0\n1\n"x"\n0.5\n2\n"y"\n'), /line 18: .*overlap/],
    'an entity': because.noXml,
  }),
  eaf: documents('.eaf', eafOne('Zoë😊'), eafOne('x'), {
    'cut off': [eafOne('Zoë😊').slice(0, -9), /line 6: is not well-formed/],
    'an id twice': [eafOne('Zoë😊', { id: 'a1' }), /line 5: has the id of an earlier annotation/],
    'an offset past the end': [eafOne('Zoë😊', { to: 3 }), /line 4: names a time slot that is not/],
    'an offset inside a surrogate pair': because.noText,
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
        'one name in two folders': because.oneFile,
        'an offset past the end': because.noLength,
        'an offset inside a surrogate pair': because.noText,
        'a reversed span': bad(
          { a: json([of('one', 'y', [2, 1]), two[1]]) },
          /record 1: ends before/,
          ['two'],
        ),
        'an overlap in a tier': because.noTier,
        'an entity': because.noXml,
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
        'one name in two folders': because.oneFile,
        'an offset past the end': because.noLength,
        'an offset inside a surrogate pair': because.noText,
        'a reversed span': bad(lines(of('one', 'y', -1), of('two', 'x')), /record 1: .*before 0/, [
          'two',
        ]),
        'an overlap in a tier': because.noTier,
        'an entity': because.noXml,
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
      'one name in two folders': because.oneFile,
      'an offset past the end': because.noLength,
      'an offset inside a surrogate pair': because.noText,
      'a reversed span': bad(kaldi('ada-1 one 2 1\nben-1 two 0 1\n'), /line 1: ends before/, [
        'two',
      ]),
      'an overlap in a tier': because.noTier,
      'an entity': because.noXml,
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
        'one name in two folders': because.oneFile,
        'an offset past the end': because.noLength,
        'an offset inside a surrogate pair': because.noText,
        'a reversed span': bad(
          { a: head + row(1, 'one', 'y', [2, 1]) + two },
          /line 2: ends before/,
          ['two'],
        ),
        'an overlap in a tier': because.noTier,
        'an entity': because.noXml,
      },
    }
  })(),
  webvtt: documents(
    '.vtt',
    subtitle('WEBVTT\n\n', '.', 'Zoë😊'),
    subtitle('WEBVTT\n\n', '.', 'x'),
    {
      'cut off': [
        `${subtitle('WEBVTT\n\n', '.', 'x')}\n00:00:02.000 --> 00:0`,
        /^a[.]vtt, line 7: has no times where they should be/,
        ['a', 'b'],
      ],
      'an id twice': cueNames,
      'an offset past the end': because.noLength,
      'an offset inside a surrogate pair': because.noText,
      'a reversed span': [
        subtitle('WEBVTT\n\n', '.', 'x', [2, 1]),
        /^a[.]vtt, line 4: .*run backwards/,
        ['a', 'b'],
      ],
      'an overlap in a tier': because.noTier,
      'an entity': because.noXml,
    },
  ),
  srt: documents('.srt', subtitle('', ',', 'Zoë😊'), subtitle('', ',', 'x'), {
    'cut off': [
      `${subtitle('', ',', 'x')}\n2\n00:00:02,000 --> 00:0`,
      /^a[.]srt, line 5: has no times where they should be/,
      ['a', 'b'],
    ],
    'an id twice': cueNames,
    'an offset past the end': because.noLength,
    'an offset inside a surrogate pair': because.noText,
    'a reversed span': [
      subtitle('', ',', 'x', [2, 1]),
      /^a[.]srt, line 2: .*run backwards/,
      ['a', 'b'],
    ],
    'an overlap in a tier': because.noTier,
    'an entity': because.noXml,
  }),
}

testBadInput(
  formats.filter(({ kinds }) => kinds.includes('audio') && !kinds.includes('text')),
  subjects,
)
