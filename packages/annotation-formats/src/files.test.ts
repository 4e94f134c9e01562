import assert from 'node:assert/strict'
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
import { collect, converted, inputOf } from '../../../test/support/conversion.ts'
import { formats, InputFault, type Item, Losses, type ReadOptions } from './index.ts'
import { openInput, OutputFiles } from './node.ts'

const scratch = mkdtempSync(join(tmpdir(), 'cloister-files-'))
after(() => {
  rmSync(scratch, { recursive: true })
})
const outside = join(scratch, 'outside')
mkdirSync(outside)
writeFileSync(join(outside, 'secret.txt'), 'secret')

function itemOf(item_ref: string, kind: 'text' | 'audio' | 'image'): Item {
  const annotation = { schema: 's@1', regions: [] }
  if (kind === 'text') return { item_ref, source: { kind, text: 'Ada' }, annotation }
  if (kind === 'audio') return { item_ref, source: { kind, rate: 8000 }, annotation }
  return { item_ref, source: { kind, width: 9, height: 9 }, annotation }
}

const kinds = ['text', 'audio', 'image'] as const

/** References that a careless program would take for paths. */
const paths = [
  ...[
    '../../up',
    '/etc/passwd',
    '..',
    '.',
    'a/../../b',
    'C:\\up',
    '..\\up',
    '.hidden',
    '%2e%2e%2fup',
  ],
  ...['a\0b', 'classes', 'sizes', 'TypeSystem', 'con\n', '\u202egpj.exe', 'é'.repeat(500)],
]

for (const format of formats.filter(({ layout }) => layout !== 'file'))
  test(`AF63 ${format.name} names its files so that none leaves the folder, and gives each name back`, async () => {
    const kind = kinds.find((each) => format.kinds.includes(each)) ?? assert.fail()
    const { files, losses } = converted(
      format.write,
      paths.map((item_ref) => itemOf(item_ref, kind)),
    )
    for (const name of Object.keys(files)) {
      assert.match(name, /^[A-Za-z0-9%_-][A-Za-z0-9%._-]*$/)
      assert.ok(Buffer.byteLength(name) <= 240, name)
    }
    if (format.name === 'kaldi') return
    // Only the last is longer than a file's name may be.
    const said = losses.filter(({ code }) => code === 'names').map(({ examples }) => examples)
    assert.deepEqual(said, [paths.slice(-1)])
    const { items } = await collect(format.read, files, { rate: 8000 })
    assert.deepEqual(new Set(items.map(({ item_ref }) => item_ref)).size, paths.length)
    for (const path of paths.slice(0, -1))
      assert.ok(
        items.some(({ item_ref }) => item_ref === path),
        path,
      )
  })

test('AF63 output through a link in the folder, or over one, is refused, and what it leads to stays', async () => {
  const folder = join(scratch, 'out')
  mkdirSync(folder)
  symlinkSync(outside, join(folder, 'sub'))
  symlinkSync(join(outside, 'secret.txt'), join(folder, 'a.txt.part'))
  symlinkSync(join(outside, 'secret.txt'), join(folder, 'b.txt'))
  for (const [name, says] of [
    ['sub/x.txt', /sub\/x[.]txt: would be written outside the output folder, through a link/],
    ['a.txt', /a[.]txt[.]part: is a link where the output should be written/],
    ['../x.txt', /is a name outside the output folder/],
    ['/etc/x.txt', /is a name outside the output folder/],
    ['', /is a name outside the output folder/],
  ] as const) {
    const output = new OutputFiles(folder, true)
    output.append(name, 'new')
    await assert.rejects(output.finish(), says)
    await output.abandon()
  }
  const output = new OutputFiles(folder, true)
  output.append('b.txt', 'new')
  await output.finish()
  assert.equal(readFileSync(join(folder, 'b.txt'), 'utf8'), 'new')
  assert.deepEqual(readdirSync(outside), ['secret.txt'])
  assert.equal(readFileSync(join(outside, 'secret.txt'), 'utf8'), 'secret')
})

test('AF61 a conversion of nothing leaves an empty file or folder, and a file that holds nothing is there', async () => {
  const [file, folder] = [join(scratch, 'nothing.stm'), join(scratch, 'nothing')]
  await new OutputFiles(file, false).finish()
  await new OutputFiles(folder, true).finish()
  assert.deepEqual([readFileSync(file, 'utf8'), readdirSync(folder)], ['', []])
  const empty = new OutputFiles(folder, true)
  empty.append('a.ann', '')
  await empty.finish()
  assert.deepEqual(readdirSync(folder), ['a.ann'])
  const one = join(scratch, 'one.TextGrid')
  await new OutputFiles(one, false).finish(false)
  assert.ok(!existsSync(one))
})

test('AF63 a link in the input folder is not followed, and no file is opened that was not given', async () => {
  const folder = join(scratch, 'in')
  mkdirSync(folder)
  writeFileSync(join(folder, 'a.txt'), 'Ada')
  symlinkSync(join(outside, 'secret.txt'), join(folder, 'link.txt'))
  symlinkSync(outside, join(folder, 'below'))
  const input = await openInput(folder, ['.txt'])
  assert.deepEqual(input.names, ['a.txt'])
  assert.throws(() => input.open('../outside/secret.txt'), /is not among the input files/)
})

/** The first bytes of archives: a ZIP with a name that leads out of its folder, gzip, tar. */
const archives: Readonly<Record<string, Buffer>> = {
  zip: Buffer.concat([
    Buffer.from('504b03040a0000000000000021009a3ab7c1030000000300000009000000', 'hex'),
    Buffer.from('../up.txtAda'),
    Buffer.from('504b0506000000000100010037000000ff0000000000', 'hex'),
  ]),
  gzip: Buffer.from('1f8b0800000000000003735448490400d1e41d9804000000', 'hex'),
  tar: Buffer.concat([Buffer.from('../up.txt'), Buffer.alloc(500), Buffer.from([0xff, 0x80])]),
}

for (const format of formats)
  test(`AF28 ${format.name} reads no archive: one is refused, and nothing in it is taken out`, async () => {
    const refuse = (fault: InputFault) => {
      throw fault
    }
    const options: ReadOptions = { losses: new Losses(), refuse, rate: 8000 }
    for (const [kind, bytes] of Object.entries(archives)) {
      const names = format.endings.map((ending) => (ending.startsWith('.') ? `a${ending}` : ending))
      const files = Object.fromEntries(names.map((name) => [name, bytes]))
      const items = format.read(inputOf(files), options)
      await assert.rejects(items.next(), InputFault, kind)
    }
  })
