import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { collect, converted, type Files } from '../../../../test/support/conversion.ts'
import { sharedData } from '../../../../test/support/tools.ts'
import { formatNamed, type Item } from '../index.ts'

function format(name: string) {
  const found = formatNamed(name)
  assert.ok(found !== undefined)
  return found
}

/** What the regions of an item say, without their ids. */
function said(item: Item | undefined) {
  return item?.annotation?.regions.map(({ anchor, transcripts = {}, attributes = {} }) => {
    assert.ok('audio' in anchor)
    return { ...anchor.audio, tier: anchor.tier, ...transcripts, ...attributes }
  })
}

const grids = sharedData('formats/textgrid')
const rate = 10_000

test(
  'AF50 the long and the short form of the suite hold the same tiers',
  { skip: grids.skip },
  async () => {
    const read = (name: string) => {
      const text = readFileSync(join(grids.path, name), 'utf8')
      return collect(format('textgrid').read, { 'a.TextGrid': text }, { rate: 1_000_000 })
    }
    const long = await read('long_format.TextGrid')
    const short = await read('short_format.TextGrid')
    assert.deepEqual(long.items, short.items)
    assert.ok((long.items[0]?.annotation?.regions.length ?? 0) > 100)
    for (const variant of ['long', 'short']) {
      const { files, losses } = converted(format('textgrid').write, long.items, { variant })
      assert.deepEqual(losses, [])
      const back = await collect(format('textgrid').read, files, { rate: 1_000_000 })
      assert.deepEqual(
        new Set(said(back.items[0])?.map((each) => JSON.stringify(each))),
        new Set(said(long.items[0])?.map((each) => JSON.stringify(each))),
      )
      // What is written once is written the same ever after, byte for byte.
      assert.deepEqual(converted(format('textgrid').write, back.items, { variant }).files, files)
    }
  },
)

const grid = (intervals: string) =>
  `File type = "ooTextFile"\nObject class = "TextGrid"\n\n0\n2\n<exists>\n1\n"IntervalTier"\n"a"\n0\n2\n${intervals}`

test('AF50 a TextGrid is read in UTF-16 by its mark, with quotes, line ends and comments', async () => {
  const text = grid('2\n0\n1\n"say ""hi"" 😊\nthere"\n! a comment "x"\n1\n2\n""\n')
  const utf16 = Buffer.from(`\ufeff${text}`, 'utf16le')
  const files: Files[] = [
    { 'a.TextGrid': text },
    { 'a.TextGrid': utf16 },
    { 'a.TextGrid': Buffer.from(utf16).swap16() },
  ]
  for (const each of files) {
    const { items } = await collect(format('textgrid').read, each, { rate })
    assert.deepEqual(said(items[0]), [
      { from: 0, to: rate, tier: 'a', transcript: 'say "hi" 😊\nthere' },
    ])
  }
})

test('AF50 who speaks when comes through a TextGrid, though nothing is said of what', async () => {
  const rttm = 'SPEAKER one 1 0.5 1.0 <NA> <NA> Ada <NA> <NA>\n'
  const { items } = await collect(format('rttm').read, { f: rttm }, { rate })
  const { files, losses } = converted(format('textgrid').write, items)
  assert.deepEqual(losses, [])
  const back = await collect(format('textgrid').read, files, { rate })
  assert.deepEqual(back.items[0]?.annotation?.regions, items[0]?.annotation?.regions)
})

for (const [what, intervals, message] of [
  ['intervals that overlap', '2\n0\n1\n"a"\n0.5\n2\n"b"\n', /line 18: has intervals that overlap/],
  ['a reversed interval', '1\n1\n0\n"a"\n', /ends before it begins/],
  ['a cut in the middle', '2\n0\n1\n"a"\n1\n', /cut off/],
  ['a text where a time should be', '1\n"x"\n0\n"a"\n', /no number/],
] as const)
  test(`AF51 a TextGrid with ${what} is refused with its line`, async () => {
    await assert.rejects(
      collect(format('textgrid').read, { 'a.TextGrid': grid(intervals) }, { rate }),
      message,
    )
  })

const meetings = sharedData('formats/meeting-transcripts')

test(
  'AF50 one meeting as STM, SegLST and RTTM says the same in each',
  { skip: meetings.skip },
  async () => {
    const read = async (name: string, file: string) => {
      const text = readFileSync(join(meetings.path, file), 'utf8')
      const { items, losses } = await collect(format(name).read, { [file]: text }, { rate })
      assert.deepEqual(losses, [])
      return items
    }
    const stm = await read('stm', 'hyp.stm')
    const seglst = await read('seglst', 'hyp.seglst.json')
    const rttm = await read('rttm', 'hyp.rttm')
    assert.deepEqual(
      stm.map(({ item_ref }) => item_ref),
      ['recordingA', 'recordingB'],
    )
    const plain = seglst.map((item) =>
      said(item)?.map((each) => ({ ...each, custom_key: undefined })),
    )
    assert.deepEqual(
      plain,
      stm.map((item) => said(item)?.map((each) => ({ ...each, custom_key: undefined }))),
    )
    const spoken = stm.map((item) => said(item)?.map(({ from, to, tier }) => ({ from, to, tier })))
    assert.deepEqual(rttm.map(said), spoken)
    const uem = await read('uem', 'uem.uem')
    assert.deepEqual(uem.map(said), [
      [{ from: rate, to: 4.5 * rate, tier: undefined }],
      [{ from: 0, to: 10 * rate, tier: undefined }],
    ])
  },
)

test(
  'AF50 every table of the suite is read and comes back the same',
  { skip: meetings.skip },
  async (t) => {
    for (const file of readdirSync(meetings.path)) {
      const name = ['stm', 'ctm', 'rttm', 'uem', 'seglst'].find(
        (each) => file.endsWith(`.${each}`) || file.endsWith(`.${each}.json`),
      )
      // Kaldi's text files have no times of their own.
      if (name === undefined) continue
      await t.test(file, async () => {
        const text = readFileSync(join(meetings.path, file), 'utf8')
        const { items } = await collect(format(name).read, { [file]: text }, { rate })
        const { files } = converted(format(name).write, items)
        const back = await collect(format(name).read, files, { rate })
        const sorted = (all: Item[]) =>
          all.map((item) =>
            said(item)
              ?.map((each) => JSON.stringify(each))
              .sort(),
          )
        assert.deepEqual(sorted(back.items), sorted(items))
      })
    }
  },
)

for (const [name, line, message] of [
  ['stm', 'rec 1 spk 2.0 1.0 words', /line 1: ends before it begins/],
  ['stm', 'rec 1 spk x 1.0 words', /no time/],
  ['ctm', 'rec 1 -1 1.0 words', /a time before 0/],
  ['rttm', 'SPEAKER rec 1 0', /no time|columns/],
] as const)
  test(`AF51 ${name} with '${line.slice(0, 24)}' is refused with its line`, async () => {
    await assert.rejects(collect(format(name).read, { f: line }, { rate }), message)
  })

test('AF50 WebVTT voices and characters, and SubRip as it is found', async () => {
  const vtt = await collect(
    format('webvtt').read,
    { 'a.vtt': 'WEBVTT\n\nc1\n00:00:00.400 --> 00:00:02.100\n<v Agent>a &lt; b &amp; c</v>\n' },
    { rate },
  )
  assert.deepEqual(said(vtt.items[0]), [
    { from: 4000, to: 21000, tier: 'Agent', transcript: 'a < b & c' },
  ])
  const srt =
    '\ufeff1\r\n00:00:00,400 --> 00:00:02,100\r\none\r\ntwo\r\n\r\n2\r\n00:00:03,000 --> 00:00:04,000\r\nthree\r\n'
  const { items } = await collect(format('srt').read, { 'a.srt': srt }, { rate })
  assert.deepEqual(
    items[0]?.annotation?.regions.map(({ transcripts }) => transcripts?.['transcript']),
    ['one\ntwo', 'three'],
  )
})

const eaf = (body: string, head = '') =>
  `<?xml version="1.0"?>${head}<ANNOTATION_DOCUMENT AUTHOR="Ada" DATE="x" FORMAT="3.0"><HEADER TIME_UNITS="milliseconds"><MEDIA_DESCRIPTOR MEDIA_URL="file:///home/ada/a.wav" MIME_TYPE="audio/x-wav"/></HEADER>${body}</ANNOTATION_DOCUMENT>`

test('AF50 EAF slots without a time stand evenly between their neighbours, and paths stay behind', async () => {
  const slots = [400, undefined, undefined, 1000].map(
    (at, place) =>
      `<TIME_SLOT TIME_SLOT_ID="t${place}"${at === undefined ? '' : ` TIME_VALUE="${at}"`}/>`,
  )
  const aligned = [0, 1, 2].map(
    (at) =>
      `<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a${at}" TIME_SLOT_REF1="t${at}" TIME_SLOT_REF2="t${at + 1}"><ANNOTATION_VALUE>w${at}</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>`,
  )
  const text = eaf(
    `<TIME_ORDER>${slots.join('')}</TIME_ORDER><TIER TIER_ID="Agent">${aligned.join('')}</TIER>`,
  )
  const { items } = await collect(format('eaf').read, { 'a.eaf': text }, { rate })
  assert.deepEqual(
    said(items[0])?.map(({ from, to }) => [from, to]),
    [
      [4000, 6000],
      [6000, 8000],
      [8000, 10000],
    ],
  )
  assert.ok(!/ada/i.test(JSON.stringify(items)))
  assert.ok(
    !/ada/i.test(
      JSON.stringify(Object.values(converted(format('eaf').write, items).files).map(String)),
    ),
  )
})

test('AF50 EAF tiers below others say more of a region, divide it in the order of their chain, or have times', async () => {
  const refer = (id: string, to: string, value: string, previous = '') =>
    `<ANNOTATION><REF_ANNOTATION ANNOTATION_ID="${id}" ANNOTATION_REF="${to}"${previous === '' ? '' : ` PREVIOUS_ANNOTATION="${previous}"`}><ANNOTATION_VALUE>${value}</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION>`
  const aligned = (id: string, from: string, to: string, value: string) =>
    `<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="${id}" TIME_SLOT_REF1="${from}" TIME_SLOT_REF2="${to}"><ANNOTATION_VALUE>${value}</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>`
  const tier = (id: string, type: string, parent: string, inside: string) =>
    `<TIER TIER_ID="${id}" LINGUISTIC_TYPE_REF="${type}"${parent === '' ? '' : ` PARENT_REF="${parent}"`}>${inside}</TIER>`
  const text = eaf(
    [
      '<TIME_ORDER><TIME_SLOT TIME_SLOT_ID="t1" TIME_VALUE="0"/><TIME_SLOT TIME_SLOT_ID="t2" TIME_VALUE="300"/><TIME_SLOT TIME_SLOT_ID="t3" TIME_VALUE="900"/></TIME_ORDER>',
      // The tier below a word stands before it in the file.
      tier('gloss', 'one', 'words', refer('g1', 'w2', 'VERB')),
      tier(
        'words',
        'parts',
        'Ada',
        refer('w3', 'a1', 'songs', 'w2') +
          refer('w1', 'a1', 'Ada') +
          refer('w2', 'a1', 'sings', 'w1'),
      ),
      tier('Ada', 'time', '', aligned('a1', 't1', 't3', 'Ada sings songs')),
      tier('noise', 'within', 'Ada', aligned('n1', 't2', 't3', 'cough')),
      '<LINGUISTIC_TYPE LINGUISTIC_TYPE_ID="time" TIME_ALIGNABLE="true"/><LINGUISTIC_TYPE LINGUISTIC_TYPE_ID="parts" CONSTRAINTS="Symbolic_Subdivision"/><LINGUISTIC_TYPE LINGUISTIC_TYPE_ID="one" CONSTRAINTS="Symbolic_Association"/><LINGUISTIC_TYPE LINGUISTIC_TYPE_ID="within" CONSTRAINTS="Included_In"/>',
    ].join(''),
  )
  const { items, losses } = await collect(format('eaf').read, { 'a.eaf': text }, { rate })
  assert.deepEqual(said(items[0]), [
    { from: 0, to: 9000, tier: 'Ada', transcript: 'Ada sings songs' },
    { from: 3000, to: 9000, tier: 'noise', transcript: 'cough' },
    { from: 0, to: 3000, tier: 'words', transcript: 'Ada' },
    { from: 3000, to: 6000, tier: 'words', transcript: 'sings', gloss: 'VERB' },
    { from: 6000, to: 9000, tier: 'words', transcript: 'songs' },
  ])
  assert.deepEqual(
    losses.map(({ code, examples }) => [code, examples]),
    [['words', ['a/words']]],
  )
  const loop = eaf(
    `<TIME_ORDER><TIME_SLOT TIME_SLOT_ID="t1" TIME_VALUE="0"/></TIME_ORDER>${tier('Ada', 'time', 'Ada', aligned('a1', 't1', 't1', 'x'))}${tier('b', 'one', 'Ada', refer('b1', 'a1', 'x', 'b2') + refer('b2', 'a1', 'y', 'b1'))}`,
  )
  const looped = await collect(format('eaf').read, { 'a.eaf': loop }, { rate })
  assert.equal(looped.items[0]?.annotation?.regions.length, 3)
})

test('AF51 EAF with entities is refused, and no entity is read', async () => {
  const bomb = eaf(
    '<TIER TIER_ID="&x;"/>',
    '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
  )
  await assert.rejects(collect(format('eaf').read, { 'a.eaf': bomb }), /document type declaration/)
})

const kaldi = {
  'wav.scp': 'rec1 sph2pipe -f wav /x/a.sph |\nrec2 b.wav\n',
  segments: 'ada-rec1-1 rec1 0.40 2.10\nada-rec2-1 rec2 0 1\nben-rec1-1 rec1 1 2\n',
  text: 'ada-rec1-1 good morning\nada-rec2-1 hm\nben-rec1-1 yes\n',
  utt2spk: 'ada-rec1-1 ada\nada-rec2-1 ada\nben-rec1-1 ben\n',
}

test('AF52 a pipe in wav.scp is left out and never run', async () => {
  const { items, losses } = await collect(format('kaldi').read, kaldi, { rate })
  assert.deepEqual(
    items.map(({ source }) => source),
    [
      { kind: 'audio', rate },
      { kind: 'audio', file: 'b.wav', rate },
    ],
  )
  assert.deepEqual(
    losses.map(({ code, examples }) => [code, examples]),
    [['unknown', ['wav.scp, rec1']]],
  )
  assert.deepEqual(said(items[0]), [
    { from: 4000, to: 21000, tier: 'ada', transcript: 'good morning' },
    { from: rate, to: 2 * rate, tier: 'ben', transcript: 'yes' },
  ])
})

test('AF52 a Kaldi directory is sorted by bytes, utterances begin with their speaker', () => {
  const segment = (id: string, tier: string, from: number) => ({
    id,
    anchor: { audio: { from, to: from + 100 }, tier },
    transcripts: { transcript: 'x' },
  })
  const item: Item = {
    item_ref: 'rec',
    source: { kind: 'audio', file: 'a.wav', rate },
    annotation: {
      schema: 's@1',
      regions: [
        segment('1', 'b', 0),
        segment('2', 'B', 0),
        segment('3', 'é', 0),
        segment('4', 'z', 0),
      ],
    },
  }
  const { files } = converted(format('kaldi').write, [item])
  const lines = Buffer.from(files['utt2spk'] ?? [])
    .toString()
    .trim()
    .split('\n')
    .map((line) => line.split(' '))
  assert.deepEqual(
    lines.map(([, speaker]) => speaker),
    ['B', 'b', 'z', 'é'],
  )
  for (const [utterance = '', speaker = ''] of lines) assert.ok(utterance.startsWith(speaker))
})

test('AF53 no cell of CSV or TSV is run as a formula, and each comes back as it was', async () => {
  const dangers = ['=1+1', '+1', '-1', '@x', "'=1", '\tx', 'a"b', 'a,b\nc']
  const item: Item = {
    item_ref: '=cmd()',
    source: { kind: 'audio', file: '@SUM(A1)', rate },
    annotation: {
      schema: 's@1',
      regions: dangers.map((label, place) => ({
        id: `=${place}`,
        anchor: { audio: { from: place, to: place + 1 } },
        label,
      })),
    },
  }
  for (const name of ['csv', 'cvat-tsv']) {
    const { files, text } = converted(format(name).write, [item])
    assert.ok(!/(^|[,\t\n])"?[=+\-@]/.test(text), text)
    const { items } = await collect(format(name).read, files, { rate })
    assert.deepEqual(
      items[0]?.annotation?.regions.map(({ label }) => label),
      dangers,
    )
  }
})

test('AF51 lines of a recording may stand anywhere in a small file, and near each other in a large one', async () => {
  const line = (recording: string, at: number) => `${recording} 1 s ${at} ${at + 1} x\n`
  const { items } = await collect(
    format('stm').read,
    { f: line('a', 0) + line('b', 0) + line('a', 1) },
    { rate },
  )
  assert.deepEqual(
    items.map(({ item_ref, annotation }) => [item_ref, annotation?.regions.length]),
    [
      ['a', 2],
      ['b', 1],
    ],
  )
  const many =
    line('a', 0) + Array.from({ length: 100_001 }, (_, at) => line('b', at)).join('') + line('a', 1)
  await assert.rejects(
    collect(format('stm').read, { f: many }, { rate }),
    /line 100003: stands too far/,
  )
})
