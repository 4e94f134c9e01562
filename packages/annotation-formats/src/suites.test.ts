import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { collect, converted } from '../../../test/support/conversion.ts'
import { sharedData } from '../../../test/support/tools.ts'
import {
  type Annotation,
  formatNamed,
  InputFault,
  Losses,
  parseLabelConfig,
  sameAnnotation,
} from './index.ts'

/*
 * The suites that the makers of the formats publish, case by case, against docs/formats/suites.md:
 * a case that does not come back and is not listed there fails, and so does one that is listed and
 * comes back.
 */

/** What a case came to: nothing where all is as the suite has it, else the losses, or one word. */
type Outcome = readonly string[]
const refused: Outcome = ['refused']
const differs: Outcome = ['differs']

/** A file of a suite and the format that it is in; `options` as a person would give them. */
interface SuiteFile {
  readonly file: string
  readonly format: string
  readonly options?: object
}

interface Suite {
  readonly title: string
  readonly folder: string
  readonly files: (path: string) => readonly SuiteFile[]
  readonly outcomes: (path: string) => Promise<Map<string, Outcome>>
}

function format(name: string) {
  return formatNamed(name) ?? assert.fail(name)
}

/** What a reading came to: its items, or that it was refused. */
async function attempt<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    assert.ok(error instanceof InputFault, String(error))
    return undefined
  }
}

function read(path: string, { file, format: name, options = {} }: SuiteFile) {
  return collect(format(name).read, { [file]: readFileSync(join(path, file)) }, options)
}

/** The losses, or the refusal, of each file that has any; cases are named by `caseOf`. */
async function lossesOf(
  path: string,
  files: readonly SuiteFile[],
  caseOf = (file: string) => file,
): Promise<Map<string, Outcome>> {
  const codes = new Map<string, Set<string>>()
  for (const each of files) {
    const found = await attempt(() => read(path, each))
    const said = found === undefined ? refused : found.losses.map(({ code }) => code)
    const name = caseOf(each.file)
    if (said.length > 0) codes.set(name, new Set([...(codes.get(name) ?? []), ...said]))
  }
  return new Map([...codes].map(([name, all]) => [name, [...all].sort()]))
}

function labelStudioFiles(path: string): SuiteFile[] {
  return readdirSync(path).flatMap((name) => {
    const config = readFileSync(join(path, name, 'config.xml'), 'utf8')
    const options = parseLabelConfig(config, name, new Losses())
    const annotations = readdirSync(join(path, name, 'annotations'))
    return [`${name}/tasks.json`, ...annotations.map((each) => `${name}/annotations/${each}`)].map(
      (file) => ({ file, format: 'label-studio', options }),
    )
  })
}

/** Whether two files of one case, in two formats, say the same. */
async function compared(
  one: () => Promise<Annotation>,
  other: () => Promise<Annotation>,
): Promise<Outcome> {
  const [first, second] = [await attempt(one), await attempt(other)]
  if (first === undefined || second === undefined) return refused
  return sameAnnotation(first, second) ? [] : differs
}

async function casesOf(path: string, compare: (name: string) => Promise<Outcome>) {
  const outcomes = new Map<string, Outcome>()
  for (const name of readdirSync(path)) {
    const outcome = await compare(name)
    if (outcome.length > 0) outcomes.set(name, outcome)
  }
  return outcomes
}

async function annotationIn(name: string, file: string): Promise<Annotation> {
  const { items } = await collect(format(name).read, { a: file })
  return items[0]?.annotation ?? assert.fail('no annotation')
}

/** Some XMI of the suite names its layer, or a feature of it, otherwise than the TSV beside it. */
function namedAsInTsv(xmi: string, tsv: string): string {
  const named = xmi.replaceAll(' intValue=', ' integerValue=')
  return tsv.includes('.NamedEntity') && !tsv.includes('T_SP=webanno.custom.Span')
    ? named
    : named.replaceAll(/<\w+:NamedEntity /g, '<custom:Span ')
}

const rate = 1_000_000

/** The cues of the WebVTT suite, as its own answers give them. */
async function cues(path: string): Promise<Map<string, Outcome>> {
  const expected = readFileSync(join(path, 'test.js'), 'utf8')
  const cases = [
    ...expected.matchAll(/file-layout\/([\w-]+\.vtt)", "file-layout\/([\w-]+\.json)"/g),
  ]
  assert.ok(cases.length > 10)
  const outcomes = new Map<string, Outcome>()
  for (const [, file = '', answer = ''] of cases) {
    const { cues } = JSON.parse(readFileSync(join(path, answer), 'utf8')) as {
      cues: { startTime: number; endTime: number; text: string }[]
    }
    const { items, faults } = await collect(
      format('webvtt').read,
      { [file]: readFileSync(join(path, file)) },
      { rate, keepGoing: true },
    )
    // What the suite expects to be no WebVTT has no cues in its answer.
    if (items.length === 0) assert.match(faults.join(), /does not begin with WEBVTT/)
    const found = items[0]?.annotation?.regions.map(({ anchor, transcripts }) => [
      anchor,
      transcripts?.['transcript'],
    ])
    const wanted = cues.map(({ startTime, endTime, text }) => [
      { audio: { from: startTime * rate, to: endTime * rate } },
      text,
    ])
    if (JSON.stringify(found ?? []) !== JSON.stringify(wanted)) outcomes.set(file, differs)
  }
  return outcomes
}

const tables = ['stm', 'ctm', 'rttm', 'uem', 'seglst']

function meetingFiles(path: string): SuiteFile[] {
  return readdirSync(path).flatMap((file) => {
    if (file.startsWith('text_')) return [{ file, format: 'kaldi', options: { rate } }]
    const name = tables.find((each) => file.endsWith(`.${each}`) || file.endsWith(`.${each}.json`))
    return name === undefined ? [] : [{ file, format: name, options: { rate } }]
  })
}

function filesNamed(path: string, formats: Readonly<Record<string, string>>): SuiteFile[] {
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .sort()
    .flatMap((file) => {
      const found = Object.entries(formats).find(([ending]) => file.endsWith(ending))
      return found === undefined ? [] : [{ file, format: found[1], options: { rate } }]
    })
}

const suites: readonly Suite[] = [
  {
    title: 'Label Studio Frontend',
    folder: 'formats/label-studio',
    files: labelStudioFiles,
    outcomes: (path) =>
      lossesOf(path, labelStudioFiles(path), (file) => file.split('/')[0] ?? file),
  },
  {
    title: 'INCEpTION WebAnno TSV',
    folder: 'formats/webanno-tsv',
    files: (path) => filesNamed(path, { '.tsv': 'webanno-tsv', '.xmi': 'uima-cas-xmi' }),
    outcomes: (path) =>
      casesOf(path, (name) => {
        const [tsv, xmi] = ['tsv', 'xmi'].map((ending) =>
          readFileSync(join(path, name, `reference.${ending}`), 'utf8'),
        )
        assert.ok(tsv !== undefined && xmi !== undefined)
        return compared(
          () => annotationIn('webanno-tsv', tsv),
          () => annotationIn('uima-cas-xmi', namedAsInTsv(xmi, tsv)),
        )
      }),
  },
  {
    title: 'dkpro-cassis CAS JSON',
    folder: 'formats/uima-cas-json',
    files: (path) => filesNamed(path, { '.json': 'uima-cas-json', '.xmi': 'uima-cas-xmi' }),
    outcomes: (path) =>
      casesOf(path, (name) => {
        const file = (of: string) => readFileSync(join(path, name, of), 'utf8')
        return compared(
          () => annotationIn('uima-cas-json', file('data.json')),
          () => annotationIn('uima-cas-xmi', file('debug.xmi')),
        )
      }),
  },
  {
    title: 'vtt.js',
    folder: 'formats/webvtt',
    files: (path) => filesNamed(path, { '.vtt': 'webvtt' }),
    outcomes: cues,
  },
  {
    title: 'textgrid',
    folder: 'formats/textgrid',
    files: (path) => filesNamed(path, { '.TextGrid': 'textgrid' }),
    outcomes: (path) => lossesOf(path, filesNamed(path, { '.TextGrid': 'textgrid' })),
  },
  {
    title: 'MeetEval',
    folder: 'formats/meeting-transcripts',
    files: meetingFiles,
    outcomes: (path) => lossesOf(path, meetingFiles(path)),
  },
]

const page = readFileSync(new URL('../../../docs/formats/suites.md', import.meta.url), 'utf8')

/** The rows of the table below a heading of the page, for one suite, by the case that each names. */
function listed(heading: string, suite: string): Map<string, string> {
  const below = page.slice(page.indexOf(heading))
  assert.ok(below.startsWith(heading), heading)
  const end = below.indexOf('\n#', 1)
  const rows = below
    .slice(0, end < 0 ? undefined : end)
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .filter(([, title]) => title === suite)
  const cases = new Map<string, string>()
  for (const [, , names = '', why = ''] of rows)
    for (const name of names.split(', ')) {
      assert.ok(why !== '' && !cases.has(name), `${suite}: ${name}`)
      cases.set(name, why)
    }
  return cases
}

/** What a reason says a case comes to: the losses that it names, else one word. */
function outcomeIn(why: string): Outcome {
  const codes = [...why.matchAll(/`([a-z-]+)`/g)].map(([, code = '']) => code)
  return codes.length > 0 ? codes.sort() : why.includes('refused') ? refused : differs
}

for (const { title, folder, files, outcomes } of suites) {
  const { path, skip } = sharedData(folder)

  test(
    `AF72 every case of ${title} comes to what the page of the suites says`,
    { skip },
    async () => {
      assert.ok(files(path).length > 1)
      const known = listed('# Reference suites', title)
      const expected = [...known].map(([name, why]): [string, Outcome] => [name, outcomeIn(why)])
      assert.deepEqual(new Map(await outcomes(path)), new Map(expected))
    },
  )

  test(
    `AF71 every file of ${title} is written again byte for byte, but those that the page names`,
    { skip },
    async () => {
      const changed: string[] = []
      for (const each of files(path))
        if ((await attempt(() => isWrittenAgain(path, each))) !== true) changed.push(each.file)
      const all = changed.length === files(path).length
      assert.deepEqual(
        new Set(listed('## Written again byte for byte', title).keys()),
        new Set(all ? ['every file'] : changed),
      )
    },
  )
}

async function isWrittenAgain(path: string, each: SuiteFile): Promise<boolean> {
  const { items } = await read(path, each)
  // The way through our own lines changes nothing.
  const lines = converted(format('cloister').write, items).files
  const { items: back } = await collect(format('cloister').read, lines)
  const { files } = converted(format(each.format).write, back, each.options)
  const bytes = readFileSync(join(path, each.file))
  return Object.values(files).some((written) => bytes.equals(written))
}
