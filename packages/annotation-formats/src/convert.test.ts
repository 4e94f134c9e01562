import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { format as formatMarkdown } from 'prettier'
import { type encodings, formats, lossWords, refusalOf, formatNamed } from './index.ts'
import { toUtf8 } from './encodings.ts'
import { matrixPage } from './matrix.ts'

const root = new URL('../../../', import.meta.url).pathname
const scratch = mkdtempSync(join(tmpdir(), 'cloister-convert-'))
after(() => {
  rmSync(scratch, { recursive: true })
})

/** Runs `cloister convert` as it was built. */
function cloister(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    const run = ['dist/cli/main.js', 'convert', ...args]
    const child = execFile(process.execPath, run, { cwd: root }, (_, out, err) => {
      resolve({ code: child.exitCode ?? -1, out, err })
    })
  })
}

const task = (id: number, end: number) =>
  JSON.stringify({
    id,
    data: { text: 'Ada 😊 sings' },
    annotations: [
      {
        completed_by: 3,
        result: [
          {
            id: 'r',
            from_name: 'l',
            to_name: 't',
            type: 'labels',
            value: { start: 6, end, labels: ['act'] },
          },
        ],
      },
    ],
  })

test('AF60 the command converts, lists what is lost, and --strict makes it a failure', async () => {
  const [from, to] = [join(scratch, 'in.json'), join(scratch, 'out.jsonl')]
  writeFileSync(from, `[${task(1, 11)}]`)
  const done = await cloister('--from', 'label-studio', '--to', 'doccano', '--json', from, to)
  assert.equal(done.code, 0, done.err)
  const { items, losses } = JSON.parse(done.out) as { items: number; losses: { code: string }[] }
  assert.deepEqual([items, losses.map(({ code }) => code)], [1, ['annotator']])
  assert.deepEqual(JSON.parse(readFileSync(to, 'utf8')), {
    id: 1,
    text: 'Ada 😊 sings',
    label: [[7, 12, 'act']],
  })
  const strict = await cloister(
    '--from',
    'label-studio',
    '--to',
    'doccano',
    '--strict',
    '--json',
    from,
    join(scratch, 'strict'),
  )
  assert.equal(strict.code, 3)
  assert.match(strict.err, /who made the annotation is left out/)
  const listed = JSON.parse(strict.out) as { losses: { code: string }[] }
  assert.deepEqual(listed.losses, losses)
  assert.ok(!existsSync(join(scratch, 'strict')))
})

test('AF68 the command writes the schema as well, and names what a configuration loses on the way', async () => {
  const [from, to] = [join(scratch, 'schema-in.json'), join(scratch, 'schema-out.jsonl')]
  const config = join(scratch, 'acts.xml')
  writeFileSync(from, `[${task(1, 11)}]`)
  writeFileSync(
    config,
    '<View><Style>.a{}</Style><Text name="t" value="$text"/><Labels name="l" toName="t"><Label value="act"/></Labels></View>',
  )
  const ours = join(scratch, 'acts.json')
  const run = ['--from', 'label-studio', '--to', 'cloister', from, to, '--json']
  const read = await cloister(...run, '--schema', config, '--schema-out', ours)
  assert.equal(read.code, 0, read.err)
  const { losses } = JSON.parse(read.out) as { losses: { code: string; examples: string[] }[] }
  assert.deepEqual(
    losses.map(({ code, examples }) => [code, examples]),
    [['style', ['Style']]],
  )
  const schema: unknown = JSON.parse(readFileSync(ours, 'utf8'))
  assert.deepEqual(schema, { name: 'acts', version: 1, kind: 'text', labels: [{ name: 'act' }] })
  writeFileSync(ours, JSON.stringify({ ...Object(schema), overlap: 'none' }))
  const xml = join(scratch, 'back.xml')
  const strict = await cloister(...run, '--schema', ours, '--schema-out', xml, '--strict')
  assert.equal(strict.code, 3)
  assert.match(strict.err, /rules of the label schema/)
  assert.ok(!existsSync(xml))
  const written = await cloister(...run, '--schema', ours, '--schema-out', xml)
  assert.equal(written.code, 0, written.err)
  assert.match(readFileSync(xml, 'utf8'), /<Labels name="label" toName="text"><Label value="act"/)
  const without = await cloister(...run, '--schema-out', xml)
  assert.match(without.err, /--schema-out needs --schema/)
})

test('AF61 a fault of the input names file and record, leaves nothing, and --keep-going goes on', async () => {
  const [from, to] = [join(scratch, 'bad.json'), join(scratch, 'bad.jsonl')]
  writeFileSync(from, `[${task(1, 99)},${task(2, 11)}]`)
  const stopped = await cloister('--from', 'label-studio', '--to', 'cloister', from, to)
  assert.equal(stopped.code, 1)
  assert.match(stopped.err, /bad[.]json, record 1: has a region that ends past the end of the text/)
  assert.deepEqual(
    readdirSync(scratch).filter((name) => name.startsWith('bad.jsonl')),
    [],
  )
  const kept = await cloister(
    '--from',
    'label-studio',
    '--to',
    'cloister',
    '--keep-going',
    from,
    to,
  )
  assert.equal(kept.code, 0)
  assert.match(kept.err, /left out: .*record 1/)
  assert.equal(readFileSync(to, 'utf8').trim().split('\n').length, 1)
})

test('AF62 a pair that cannot be says what is missing', async () => {
  const { code, err } = await cloister('--from', 'stm', '--to', 'conll-u', 'a', 'b')
  assert.equal(code, 2)
  assert.match(err, /stm holds audio, conll-u only text/)
  const [stm, csv] = [formatNamed('stm'), formatNamed('csv')]
  assert.ok(stm !== undefined && csv !== undefined)
  assert.equal(refusalOf(stm, csv), undefined)
})

test('AF63 a folder is read without following links, and written within itself', async () => {
  const folder = join(scratch, 'brat')
  mkdirSync(folder)
  writeFileSync(join(scratch, 'secret.txt'), 'secret')
  writeFileSync(join(folder, 'a.txt'), 'Ada sings')
  writeFileSync(join(folder, 'a.ann'), 'T1\tPerson 0 3\tAda\n')
  symlinkSync(join(scratch, 'secret.txt'), join(folder, 'link.txt'))
  const to = join(scratch, 'items.jsonl')
  const read = await cloister('--from', 'brat', '--to', 'cloister', folder, to)
  assert.equal(read.code, 0, read.err)
  assert.ok(!readFileSync(to, 'utf8').includes('secret'))
  const item = JSON.parse(readFileSync(to, 'utf8')) as { item_ref: string }
  writeFileSync(to, JSON.stringify({ ...item, item_ref: '../../up' }))
  const back = await cloister('--from', 'cloister', '--to', 'brat', to, join(scratch, 'back'))
  assert.equal(back.code, 0, back.err)
  assert.deepEqual(readdirSync(join(scratch, 'back')).sort(), [
    '%2E.%2F..%2Fup.ann',
    '%2E.%2F..%2Fup.txt',
  ])
})

async function decoded(
  bytes: Uint8Array,
  encoding: (typeof encodings)[number],
  chunk: number,
): Promise<string> {
  // eslint-disable-next-line @typescript-eslint/require-await
  async function* chunks() {
    for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk)
  }
  const parts: Uint8Array[] = []
  for await (const part of toUtf8(chunks(), encoding, 'f')) parts.push(part)
  return Buffer.concat(parts).toString('utf8')
}

test('AF64 every encoding that can be named is read however its bytes arrive, and its faults are found', async () => {
  const text = 'Ada é 😊 中\n'
  const surrogates = [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x8a]
  const cesu = Buffer.concat([Buffer.from('Ada é '), Buffer.from(surrogates), Buffer.from(' 中\n')])
  for (const chunk of [1, 2, 3, 5, 100]) {
    assert.equal(await decoded(Buffer.from(text), 'utf-8', chunk), text)
    assert.equal(await decoded(Buffer.from(`\ufeff${text}`, 'utf16le'), 'utf-16le', chunk), text)
    assert.equal(await decoded(Buffer.from(text, 'utf16le').swap16(), 'utf-16be', chunk), text)
    assert.equal(await decoded(Buffer.from('é\x80', 'latin1'), 'latin-1', chunk), 'é\x80')
    assert.equal(await decoded(cesu, 'cesu-8', chunk), text)
    await assert.rejects(
      decoded(Buffer.from([0x61, 0xff]), 'cesu-8', chunk),
      /byte 1: is not CESU-8/,
    )
    await assert.rejects(
      decoded(Buffer.from([0x3d, 0xd8, 0x61, 0]), 'utf-16le', chunk),
      /half of a surrogate pair/,
    )
    await assert.rejects(decoded(Buffer.from([0x61]), 'utf-16le', chunk), /ends inside a character/)
  }
})

test('AF65 the page of what each format carries is what the writers say', async () => {
  const page = await formatMarkdown(matrixPage(formats, lossWords), {
    parser: 'markdown',
    semi: false,
    singleQuote: true,
    printWidth: 100,
  })
  assert.equal(readFileSync(join(root, 'docs/formats/matrix.md'), 'utf8'), page)
})
