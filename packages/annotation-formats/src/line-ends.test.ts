import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collect, converted, type Files } from '../../../test/support/conversion.ts'
import { formatNamed, type Reader } from './index.ts'

/** A format of lines: a good file, whose text says `sings`, and lines after it that are refused. */
interface Subject {
  readonly good: Files
  /** The file of lines. */
  readonly name: string
  readonly bad: string
  /** How many lines of `bad` stand before the one that is at fault. */
  readonly before?: number
  readonly says: RegExp
  /** Signs that the format itself takes for the end of a word or line, and why. */
  readonly apart?: RegExp
}

const csv = converted(formatNamed('csv')?.write ?? assert.fail(), [
  {
    item_ref: 'q-1',
    source: { kind: 'text', text: 'Ada rests' },
    annotation: {
      schema: 's@1',
      regions: [{ id: 'r', anchor: { text: [[0, 3]] }, label: 'she sings' }],
    },
  },
]).text

const one = (text: string) => ({ a: text })
const conllU = (word: string) => `1\t${word}${'\t_'.repeat(8)}\n`

const subjects: Readonly<Record<string, Subject>> = {
  cloister: {
    good: one('{"item_ref":"q-1","source":{"kind":"text","text":"Ada sings"}}\n'),
    name: 'a',
    bad: '{\n',
    says: /is not JSON/,
  },
  'conll-2003': {
    good: one('-DOCSTART- -X- -X- O\n\nAda _ _ B-x\nsings _ _ O\n'),
    name: 'a',
    bad: 'bad\n',
    says: /has no token/,
  },
  'conll-u': {
    good: one(`# newdoc id = q-1\n${conllU('sings')}\n`),
    name: 'a',
    bad: '1\tx\n',
    says: /ten columns/,
  },
  brat: {
    good: {
      'a.txt': 'Ada sings\r\nand\rrests\n',
      'a.ann': 'T1\tx 0 3\tAda\n#1\tAnnotatorNotes T1\tsings\n',
    },
    name: 'a.ann',
    bad: 'T2\tx\n',
    says: /has no offsets/,
  },
  'webanno-tsv': {
    good: one(
      '#FORMAT=WebAnno TSV 3.3\n#T_SP=webanno.custom.Span|value\n\n\n#Text=Ada sings\n1-1\t0-3\tAda\tsings\t\n',
    ),
    name: 'a',
    bad: 'bad\n',
    says: /neither a row/,
  },
  ctm: { good: one(';; x\nrec 1 0 1 sings\n'), name: 'a', bad: 'rec 1\n', says: /columns of CTM/ },
  stm: { good: one('rec 1 s 0 1 Ada sings\n'), name: 'a', bad: 'rec 1\n', says: /columns of STM/ },
  rttm: {
    good: one('SPEAKER rec 1 0 1 <NA> <NA> sings <NA> <NA>\n'),
    name: 'a',
    bad: 'SPEAKER rec 1 0 1\n',
    says: /columns of RTTM/,
  },
  uem: { good: one('sings 1 0 1\n'), name: 'a', bad: 'rec 1\n', says: /columns of UEM/ },
  kaldi: {
    good: { segments: 'ada-1 rec 0 1\n', text: 'ada-1 Ada sings\n' },
    name: 'text',
    bad: 'ada-1 again\n',
    says: /a key a second time/,
  },
  'cvat-tsv': {
    good: one('start\tstop\tlabel\n00:00:00\t00:00:01\tsings\n'),
    name: 'a',
    bad: '1\t2\n',
    says: /has 2 cells/,
  },
  webvtt: {
    good: one('WEBVTT\n\n00:00.000 --> 00:01.000\nAda sings\n\n'),
    name: 'a',
    bad: '00:02.000 --> 00:01.000\nx\n',
    says: /run backwards/,
  },
  srt: {
    good: one('1\n00:00:00,000 --> 00:00:01,000\nAda sings\n\n'),
    name: 'a',
    bad: '2\n00:00:02,000 --> 00:00:01,000\nx\n',
    before: 1,
    says: /run backwards/,
  },
  yolo: {
    good: { 'classes.txt': 'sings\n', 'sizes.txt': 'a 9 9\n', 'a.txt': '0 0.5 0.5 1 1\n' },
    name: 'a.txt',
    bad: '9 0 0 1 1\n',
    says: /class that is not named/,
  },
  csv: { good: one(csv), name: 'a', bad: 'x\n', says: /has 1 cells/ },
}

const ends = ['\n', '\r\n', '\r']

/** Ways in which the lines of a text may end. */
const ways: Readonly<Record<string, (text: string) => string>> = {
  'LF alone': (text) => text,
  'CR LF': (text) => text.replaceAll('\n', '\r\n'),
  'CR alone': (text) => text.replaceAll('\n', '\r'),
  'CR LF, LF and CR mixed': (text) => {
    let line = 0
    // An LF after a line that ended in CR would belong to it.
    return text.replaceAll(/\n+/g, (run) => (ends[line++ % 3] ?? '').repeat(run.length))
  },
}

function reader(name: string): Reader {
  return formatNamed(name)?.read ?? assert.fail(name)
}

const lineNumber = (text: string) => text.split(/\r\n|\n|\r/).length

for (const [format, { good, name, bad, before = 0, says }] of Object.entries(subjects)) {
  const text = String(good[name])

  test(`AF25 ${format} is the same with lines that end in LF, CR LF, CR or in all of them, and counts them`, async () => {
    const right = await collect(reader(format), good, { rate: 8000 })
    assert.ok(JSON.stringify(right.items).includes('sings'))
    for (const [way, turn] of Object.entries(ways)) {
      const { items } = await collect(
        reader(format),
        { ...good, [name]: turn(text) },
        { rate: 8000 },
      )
      assert.deepEqual(items, right.items, way)
      const refused = collect(
        reader(format),
        { ...good, [name]: turn(text) + turn(bad) },
        { rate: 8000 },
      )
      await assert.rejects(refused, (error) => {
        assert.match(String(error), says, way)
        assert.ok(
          String(error).includes(`${name}, line ${lineNumber(text) + before}: `),
          `${way}: ${String(error)}`,
        )
        return true
      })
    }
  })

  test(`AF25 ${format} takes form feed, NEL and the separators of Unicode for text`, async () => {
    for (const sign of ['\f', '\v', '\u0085', '\u2028', '\u2029']) {
      const planted = Object.fromEntries(
        Object.entries(good).map(([file, of]) => [
          file,
          String(of).replaceAll('sings', `si${sign}ngs`),
        ]),
      )
      if (format === 'cloister' && (sign === '\f' || sign === '\v')) {
        // JSON holds control characters in strings as escapes alone (RFC 8259, section 7).
        await assert.rejects(collect(reader(format), planted), /line 1: is not JSON/)
        continue
      }
      const { items } = await collect(reader(format), planted, { rate: 8000 })
      const said = JSON.stringify(items)
      assert.ok(
        said.includes(JSON.stringify(`si${sign}ngs`).slice(1, -1)),
        `${JSON.stringify(sign)}: ${said}`,
      )
      const refused = collect(
        reader(format),
        { ...planted, [name]: String(planted[name]) + bad },
        { rate: 8000 },
      )
      await assert.rejects(refused, new RegExp(`line ${lineNumber(text) + before}: `))
    }
  })
}

test('AF25 a cell in quotes keeps the line ends that it holds, whatever ends its row', async () => {
  const label = 'a\nb\r\nc\rd'
  const region = { id: 'r', anchor: { text: [[0, 1] as const] }, label }
  const item = {
    item_ref: 'q-1',
    source: { kind: 'text' as const, text: 'x' },
    annotation: { schema: 's@1', regions: [region] },
  }
  const { text } = converted(formatNamed('csv')?.write ?? assert.fail(), [item])
  for (const end of ends) {
    const lines = text.replace(/\n(?=q-1)/, end).replace(/\n$/, end)
    for (const chunk of [lines, `${lines}${end}`])
      assert.deepEqual((await collect(reader('csv'), { a: chunk })).items, [item])
  }
})
