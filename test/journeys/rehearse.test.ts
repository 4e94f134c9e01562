import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { promisify } from 'node:util'
import type { Rehearsed } from '../../src/cli/rehearsal/rehearsal.ts'
import { writeQueries } from '../support/queries.ts'
import { sharedData } from '../support/tools.ts'

const run = promisify(execFile)
const cloister = new URL('../../dist/cli/main.js', import.meta.url).pathname

async function folderFor(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rehearse-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

async function rehearse(folder: string, ...more: string[]): Promise<Rehearsed> {
  const files = ['schema', 'answers'].flatMap((name) => [
    `--${name}`,
    join(folder, name === 'schema' ? 'schema.json' : 'answers.jsonl'),
  ])
  const { stdout } = await run(
    process.execPath,
    [
      ...[cloister, 'rehearse', join(folder, 'manifest.jsonl'), ...files],
      ...['--out', join(folder, 'out'), '--annotators', '8', '--json', ...more],
    ],
    { maxBuffer: 1 << 24 },
  )
  return JSON.parse(stdout) as Rehearsed
}

const queries = sharedData('text/snips-voice-queries')
test(
  'RE1 voice queries go from import to a verified delivery, and what is opened equals the answers',
  { skip: queries.skip },
  async (t) => {
    const folder = await folderFor(t)
    // All of them but the two files whose encoding is another matter (RE4, RE5).
    const names = (await readdir(queries.path)).filter((name) => /^[A-Za-z]+[.]json$/.test(name))
    assert.equal(names.length, 7)
    const files = names.toSorted().map((name) => join(queries.path, name))
    const items = await writeQueries(folder, files)
    assert.ok(items > 600)
    const { seconds, leaves, refusals, ...done } = await rehearse(folder)
    assert.deepEqual(done, {
      ...{ items, rejected: 0, annotated: items, mistakes: 0, reviewed: items, corrected: 0 },
      ...{ delivered: items, equal: items },
      verification: { log: true, package: true, opened: true },
    })
    assert.ok(seconds > 0 && leaves > 3 * items)
    assert.deepEqual(refusals, {})
  },
)

test(
  'RE2 mistakes that annotators make are corrected by the reviewer before anything leaves',
  { skip: queries.skip },
  async (t) => {
    const folder = await folderFor(t)
    const items = await writeQueries(folder, join(queries.path, 'GetWeather.json'), { most: 40 })
    const done = await rehearse(folder, '--error-rate', '0.3', '--seed', '7')
    assert.ok(done.mistakes > 0)
    assert.equal(done.corrected, done.mistakes)
    assert.deepEqual([done.delivered, done.equal], [items, items])
  },
)

test('RE2 mistakes in a classification are corrected too; equal texts each have their own answer, and a row in no language is rejected', async (t) => {
  const folder = await folderFor(t)
  const texts = ['play it', 'play it', 'is it cold', 'book a table', 'play it', 'is it cold']
  const intents = ['play', 'weather', 'weather', 'book', 'play', 'weather']
  const lines = (of: (text: string, at: number) => object) =>
    texts.map((text, at) => JSON.stringify(of(text, at))).join('\n')
  const languages = ['en', 'de', 'english', 'en', 'de', 'en']
  await writeFile(
    join(folder, 'manifest.jsonl'),
    lines((text, at) => ({
      ...{ item_ref: `c-${at}`, subject_refs: [`s-${at}`], language: languages[at] },
      ...{ kind: 'text', text },
    })),
  )
  await writeFile(
    join(folder, 'answers.jsonl'),
    lines((_, at) => ({
      item_ref: `c-${at}`,
      annotation: {
        ...{ schema: 'intents@1', regions: [], relations: [] },
        answers: { intent: intents[at] },
      },
    })),
  )
  const intent = { name: 'intent', options: ['play', 'weather', 'book'], required: true }
  const schema = { name: 'intents', version: 1, kind: 'text', labels: [], answers: [intent] }
  await writeFile(join(folder, 'schema.json'), JSON.stringify(schema))
  const more = ['--annotators', '2', '--error-rate', '0.6', '--seed', '3']
  const { items, rejected, mistakes, corrected, delivered, equal } = await rehearse(folder, ...more)
  assert.ok(mistakes > 0)
  assert.deepEqual([items, rejected, corrected, delivered, equal], [6, 1, mistakes, 5, 5])
})

const digits = sharedData('speech/free-spoken-digits')
test(
  'RE3 spoken digits go the same way: the digit as verbatim transcript, the speaker as tier',
  { skip: digits.skip },
  async (t) => {
    const folder = await folderFor(t)
    const names = (await readdir(digits.path)).filter((name) => name.endsWith('.wav')).sort()
    const words = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine']
    const speakers = new Set<string>()
    const [manifest, answers]: [string[], string[]] = [[], []]
    for (const name of names) {
      await copyFile(join(digits.path, name), join(folder, name))
      const [digit = '0', speaker = ''] = name.split('_')
      speakers.add(speaker)
      const samples = await samplesIn(join(folder, name))
      const item_ref = name.replace('.wav', '')
      manifest.push(
        JSON.stringify({
          item_ref,
          subject_refs: [speaker],
          language: 'en',
          kind: 'audio',
          file: name,
        }),
      )
      const regions = [
        {
          ...{
            id: 'r1',
            anchor: { audio: { from: 0, to: samples }, tier: speaker },
            label: 'speech',
          },
          transcripts: { verbatim: words[Number(digit)] },
        },
      ]
      answers.push(
        JSON.stringify({
          item_ref,
          annotation: { schema: 'digits@1', regions, relations: [], answers: {} },
        }),
      )
    }
    await writeFile(join(folder, 'manifest.jsonl'), manifest.join('\n'))
    await writeFile(join(folder, 'answers.jsonl'), answers.join('\n'))
    const schema = {
      name: 'digits',
      version: 1,
      kind: 'audio',
      labels: [{ name: 'speech' }],
      tiers: [...speakers],
      transcripts: [{ name: 'verbatim', required: true }],
    }
    await writeFile(join(folder, 'schema.json'), JSON.stringify(schema))
    const done = await rehearse(folder)
    assert.deepEqual(
      [done.items, done.rejected, done.delivered, done.equal],
      [names.length, 0, names.length, names.length],
    )
    assert.deepEqual(done.verification, { log: true, package: true, opened: true })
  },
)

/** Samples of a 16-bit mono WAV file: half the bytes of its `data` chunk. */
async function samplesIn(path: string): Promise<number> {
  const bytes = await readFile(path)
  for (let at = 12; at + 8 <= bytes.length; at += 8 + bytes.readUInt32LE(at + 4))
    if (bytes.toString('latin1', at, at + 4) === 'data') return bytes.readUInt32LE(at + 4) / 2
  throw new Error(`${path} holds no samples`)
}
