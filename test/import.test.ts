import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { testDatabase } from './support/database.ts'
import { beginProject, openOperatorDoor } from './support/operator-door.ts'
import { passFor } from './support/pass.ts'
import { writeQueries } from './support/queries.ts'
import { sharedData } from './support/tools.ts'
import { importManifest, undoBatch } from '../src/cli/manifest/import.ts'
import { operatorAt } from '../src/cli/operator.ts'
import { transact } from '../src/server/kernel/db.ts'
import { clamav, type Scanner } from '../src/server/domains/vault/index.ts'

const root = new URL('..', import.meta.url).pathname

interface Run {
  readonly code: number | null
  readonly out: string
  readonly said: string
}

async function openImports(t: TestContext, kind: 'text' | 'audio' = 'text', scanner?: Scanner) {
  const folder = await mkdtemp(join(tmpdir(), 'cloister-import-'))
  const database = await testDatabase(t)
  const door = await openOperatorDoor((role) => database.connection(role), folder, scanner)
  t.after(async () => {
    await door.close()
    await rm(folder, { recursive: true })
  })
  const db = database.db('cloister_admin')
  const project = await transact(db, (tx) => beginProject(tx, 'queries', kind))
  const run = async (...args: string[]): Promise<Run> => {
    const command = spawn(
      process.execPath,
      [...['dist/cli/main.js', 'import', 'queries'], ...[...args, '--socket', door.socket]],
      { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] },
    )
    let [out, said] = ['', '']
    command.stdout.on('data', (text) => (out += String(text)))
    command.stderr.on('data', (text) => (said += String(text)))
    await once(command, 'close')
    return { code: command.exitCode, out, said }
  }
  const operator = operatorAt(door.socket)
  const take = (manifest: string, encoding: 'utf-8' | 'latin1' = 'utf-8') =>
    importManifest(operator, project, manifest, encoding, () => undefined)
  const undo = (batch: string) => undoBatch(operator, project, batch)
  const write = async (name: string, content: string | Uint8Array) => {
    await writeFile(join(folder, name), content)
    return join(folder, name)
  }
  /** Every item as the vault opens it, by the client's reference. */
  const items = () =>
    transact(db, async (tx) => {
      const rows = await tx.selectFrom('projects.item').selectAll().orderBy('row').execute()
      const all = []
      for (const row of rows) {
        const located = { project, item: row.id }
        const pass = await passFor(tx, 'annotation.task.open', { located })
        const owner = { kind: 'item', item: row.id } as const
        const open = async (asset: string) => {
          const found = await door.vault.find(tx, { project, owner, asset })
          return found === undefined ? undefined : door.vault.open(tx, pass, found.id)
        }
        const words = JSON.parse(String(await open('reference'))) as Record<string, unknown>
        const content = (await open('content')) ?? Buffer.alloc(0)
        all.push({ row, words, content, peaks: await open('peaks') })
      }
      return all
    })
  const rejected = async (manifest: string) =>
    (await readFile(`${manifest}.rejected.jsonl`, 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
  const count = async (table: 'annotation.task' | 'vault.object' | 'vault.owner_key') =>
    (await db.selectFrom(table).selectAll().execute()).length
  return { folder, db, project, run, take, undo, write, items, rejected, count, door }
}

const row = (ref: string, more: object = {}) => ({
  ...{ item_ref: ref, subject_refs: [`s-${ref}`], language: 'en-gb', kind: 'text' },
  ...more,
})
const jsonl = (rows: readonly unknown[]) => rows.map((one) => `${JSON.stringify(one)}\n`).join('')

test('PR20 a manifest in JSONL arrives exact: text, references, subjects, language, length, hash and a task for each', async (t) => {
  const { run, write, items, count } = await openImports(t)
  const texts = ['plain', 'line\r\nends stay', 'naïve 😀 ﷺ', '', '\ufeffwith a mark']
  const manifest = await write(
    'm.jsonl',
    `\ufeff${jsonl(texts.map((text, i) => row(`q-${i}`, { text, meta: { n: i } })))}`,
  )
  const done = await run(manifest, '--json')
  assert.equal(done.code, 0, done.said)
  const answer = JSON.parse(done.out) as Record<string, unknown>
  assert.deepEqual(
    { ...answer, batch: '' },
    {
      ...{ batch: '', rows: 5, accepted: 5, present: 0, rejected: 0 },
      ...{ rejectedFile: null, scanned: false },
    },
  )
  assert.match(done.said, /nothing was scanned/)
  const found = await items()
  assert.deepEqual(
    found.map(({ content }) => content.toString('utf8')),
    texts,
  )
  assert.deepEqual(
    found.map(({ row }) => [row.length, row.language, row.rate, row.state]),
    [5, 15, 9, 0, 12].map((length) => [length, 'en-GB', null, 'free']),
  )
  assert.deepEqual(found[2]?.words, {
    ...{ item_ref: 'q-2', subject_refs: ['s-q-2'], meta: { n: 2 } },
  })
  assert.equal(await count('annotation.task'), 5)
})

test('PR21 a manifest in CSV is read by RFC 4180: quotes, line ends within fields, several subjects', async (t) => {
  const { take, write, items, rejected } = await openImports(t)
  const manifest = await write(
    'm.csv',
    'item_ref,subject_refs,language,kind,text\r\n' +
      'a,s1 s2,en,text,"say ""hi"",\r\nthen go"\r\n' +
      'b,s1,en,text,a stray " quote\r\n' +
      'c,s1,en,text,too,many\r\n' +
      'd,s3,en,text,last',
  )
  assert.equal((await take(manifest)).rejected, 2)
  const found = await items()
  assert.deepEqual(
    found.map(({ words, content }) => [words['item_ref'], words['subject_refs'], String(content)]),
    [
      ['a', ['s1', 's2'], 'say "hi",\r\nthen go'],
      ['d', ['s3'], 'last'],
    ],
  )
  assert.deepEqual(
    (await rejected(manifest)).map(({ row, line }) => [row, line]),
    [
      [2, 4],
      [3, 5],
    ],
  )
})

test('PR22 faulty rows go to a file beside the manifest with row, line, field and reason and without their content; the good ones stay', async (t) => {
  const { run, write, items, rejected } = await openImports(t)
  const manifest = await write(
    'm.jsonl',
    jsonl([
      row('good', { text: 'one' }),
      row('no-language', { text: 'x', language: 'en-a-a-' }),
      row('image', { kind: 'audio', text: 'x' }),
      { item_ref: 'nobody', language: 'en', kind: 'text', text: 'secret words' },
      row('hash', { text: 'x', sha256: '0'.repeat(64) }),
      row('both', { text: 'x', file: 'y' }),
      row('half', { text: 'a\ud83d' }),
      row('bell\u0007', { text: 'x' }),
    ]) +
      '\n{"item_ref": broken\n' +
      jsonl([row('last', { text: 'two' }), row('good', { text: 'another' })]),
  )
  const done = await run(manifest, '--json')
  assert.equal(done.code, 3, done.said)
  assert.deepEqual(
    (await items()).map(({ words }) => words['item_ref']),
    ['good', 'last'],
  )
  const reasons = await rejected(manifest)
  assert.deepEqual(
    reasons.map(({ file, row, line, field }) => [file, row, line, field]),
    [
      ['m.jsonl', 2, 2, 'language'],
      ['m.jsonl', 3, 3, 'kind'],
      ['m.jsonl', 4, 4, 'row'],
      ['m.jsonl', 5, 5, 'sha256'],
      ['m.jsonl', 6, 6, 'row'],
      ['m.jsonl', 7, 7, 'text'],
      ['m.jsonl', 8, 8, 'item_ref'],
      ['m.jsonl', 9, 10, 'row'],
      ['m.jsonl', 11, 12, 'item_ref'],
    ],
  )
  assert.doesNotMatch(JSON.stringify(reasons), /secret|nobody|bell/)
})

test('PR23 what is not UTF-8 is refused whole, with line and byte, until its encoding is named; then it arrives exact', async (t) => {
  const { take, write, items } = await openImports(t)
  const text = jsonl([row('a', { text: 'plain' }), row('b', { text: 'Música ÿ' })])
  const manifest = await write('m.jsonl', Buffer.from(text, 'latin1'))
  const byte = text.split('\n')[1]?.indexOf('ú') ?? 0
  const told = new RegExp(`line 2, byte ${byte + 1} is not UTF-8`)
  await assert.rejects(take(manifest), { name: 'Fault', message: told })
  assert.equal((await items()).length, 0)
  assert.equal((await take(manifest, 'latin1')).accepted, 2)
  assert.equal(String((await items())[1]?.content), 'Música ÿ')
})

test('PR24 half of a surrogate pair written as bytes is refused naming the row, the others kept', async (t) => {
  const { take, write, items, rejected } = await openImports(t)
  const lines = jsonl([
    row('a', { text: 'one' }),
    row('b', { text: 'XX' }),
    row('c', { text: 'two' }),
  ])
  const bytes = Buffer.from(lines, 'utf8')
  const at = bytes.indexOf('XX')
  const emoji = Buffer.from([0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80])
  const manifest = await write(
    'm.jsonl',
    Buffer.concat([bytes.subarray(0, at), emoji, bytes.subarray(at + 2)]),
  )
  assert.equal((await take(manifest)).rejected, 1)
  assert.deepEqual(
    (await items()).map(({ words }) => words['item_ref']),
    ['a', 'c'],
  )
  const [reason] = await rejected(manifest)
  assert.deepEqual([reason?.['row'], reason?.['line']], [2, 2])
  assert.match(String(reason?.['reason']), /surrogate/)
})

const snips = sharedData('text/snips-voice-queries')

test(
  'PR23 real queries in ISO 8859-1 are refused by the command with line and byte, and arrive exact once the encoding is named',
  { skip: snips.skip },
  async (t) => {
    const { run, items, folder } = await openImports(t)
    const source = join(snips.path, 'PlayMusic.latin-1.json')
    const all = await writeQueries(folder, source, { encoding: 'latin1' })
    const manifest = join(folder, 'manifest.jsonl')
    const refused = await run(manifest)
    assert.equal(refused.code, 1)
    assert.match(refused.said, /line 1, byte \d+ is not UTF-8; .*--encoding latin1/)
    assert.deepEqual(await items(), [])
    assert.equal((await run(manifest, '--encoding', 'latin1')).code, 0)
    const rows = (await readFile(manifest, 'latin1')).split('\n')
    assert.equal(rows.length, all)
    assert.deepEqual(
      (await items()).map(({ content }) => content.toString('utf8')),
      rows.map((line) => (JSON.parse(line) as { text: string }).text),
    )
  },
)

test(
  'PR24 of real queries with a broken row that row is named, and the others arrive exact',
  { skip: snips.skip },
  async (t) => {
    const { run, items, folder, rejected } = await openImports(t)
    const all = await writeQueries(folder, join(snips.path, 'PlayMusic.broken-utf-8.json'))
    const manifest = join(folder, 'manifest.jsonl')
    assert.equal((await run(manifest)).code, 3)
    const rows = (await readFile(manifest, 'utf8')).split('\n')
    const broken = rows.findIndex((line) => line.includes('\ufffd'))
    assert.deepEqual(
      (await rejected(manifest)).map(({ row, line }) => [row, line]),
      [[broken + 1, broken + 1]],
    )
    const kept = rows.filter((_, at) => at !== broken)
    assert.equal(kept.length, all - 1)
    assert.deepEqual(
      (await items()).map(({ content }) => content.toString('utf8')),
      kept.map((line) => (JSON.parse(line) as { text: string }).text),
    )
  },
)

test('PR25 the same manifest again changes nothing, and a manifest that repeats items takes in the new ones only', async (t) => {
  const { take, write, items, count } = await openImports(t)
  const first = await write(
    'm.jsonl',
    jsonl([row('a', { text: 'one' }), row('b', { text: 'two' })]),
  )
  await take(first)
  const objects = await count('vault.object')
  const again = await take(first)
  assert.deepEqual([again.rows, again.accepted, again.present], [2, 2, 0])
  assert.equal(await count('vault.object'), objects)
  const second = await write(
    'n.jsonl',
    jsonl([
      row('b', { text: 'two' }),
      row('c', { text: 'three' }),
      row('c', { text: 'three' }),
      row('a', { text: 'one', subject_refs: ['other'] }),
    ]),
  )
  const more = await take(second)
  assert.deepEqual([more.accepted, more.present, more.rejected], [1, 2, 1])
  assert.equal((await items()).length, 3)
})

test('PR34 an import that was begun in one encoding goes on in no other', async (t) => {
  const { take, undo, write, items, db } = await openImports(t)
  const manifest = await write('m.jsonl', jsonl([row('a', { text: 'café' })]))
  const { batch } = await take(manifest)
  await db.updateTable('projects.batch').set({ state: 'importing' }).execute()
  const other = { name: 'Fault', message: new RegExp(`begun as utf-8.*undo ${batch}`) }
  await assert.rejects(take(manifest, 'latin1'), other)
  assert.equal((await take(manifest)).batch, batch)
  await undo(batch)
  await take(manifest, 'latin1')
  assert.deepEqual(
    (await items()).map(({ content }) => content.toString('utf8')),
    ['cafÃ©'],
  )
})

test('PR25 two manifests that come at once and share items take each of them in once', async (t) => {
  const { take, write, count } = await openImports(t)
  const many = Array.from({ length: 1500 }, (_, at) => row(`r${at}`, { text: `text ${at}` }))
  const first = await write('m.jsonl', jsonl(many))
  const second = await write('n.jsonl', jsonl([...many, row('last', { text: 'last' })]))
  const done = await Promise.all([take(first), take(second)])
  assert.equal(done[0].accepted + done[1].accepted, many.length + 1)
  assert.equal(done[0].present + done[1].present, many.length)
  assert.deepEqual([await count('annotation.task'), await count('vault.object')], [1501, 3002])
})

test('PR26 files are named relative to the manifest; what climbs out, is absolute, linked away or no file is refused', async (t) => {
  const { take, write, items, rejected, folder } = await openImports(t)
  await mkdir(join(folder, 'texts'))
  await write('texts/a.txt', 'from a file\r\n')
  await write('texts/b.txt', Buffer.from([0x61, 0xff]))
  await symlink('/etc/hostname', join(folder, 'texts/away.txt'))
  await symlink('a.txt', join(folder, 'texts/near.txt'))
  const files = [
    ...['texts/a.txt', 'texts/near.txt', '../x', '/etc/hostname', 'texts/away.txt', 'texts'],
    ...['texts/none.txt', 'texts/b.txt'],
  ]
  const manifest = await write('m.jsonl', jsonl(files.map((file, i) => row(`f-${i}`, { file }))))
  assert.equal((await take(manifest)).rejected, 6)
  assert.deepEqual(
    (await items()).map(({ content }) => String(content)),
    ['from a file\r\n', 'from a file\r\n'],
  )
  assert.deepEqual(
    (await rejected(manifest)).map(({ row, field }) => [row, field]),
    [3, 4, 5, 6, 7, 8].map((row) => [row, 'file']),
  )
})

test('PR27 recordings arrive as WAV with peaks, sample count and rate; what is no recording is rejected by its row', async (t) => {
  const { take, write, items, rejected, folder } = await openImports(t, 'audio')
  const fixtures = join(root, 'src/server/domains/vault/media/fixtures')
  const names = ['mono.flac', 'mono.mp3', 'stereo.ogg', 'mono.opus']
  for (const name of names) await copyFile(join(fixtures, name), join(folder, name))
  await write('noise.wav', 'not a recording at all, whatever its name says about it')
  const rows = [...names, 'noise.wav'].map((file) => row(file, { kind: 'audio', file }))
  const manifest = await write('m.jsonl', jsonl(rows))
  assert.deepEqual((await take(manifest)).accepted, 4)
  for (const { row, content, peaks } of await items()) {
    assert.equal(content.toString('latin1', 0, 4), 'RIFF')
    assert.equal(content.readUInt32LE(24), row.rate)
    const channels = content.readUInt16LE(22)
    assert.equal(content.length, 44 + row.length * channels * 2)
    const hash = createHash('sha256').update(content.subarray(44)).digest()
    assert.deepEqual(row.content_sha256, hash)
    assert.equal(peaks?.toString('latin1', 0, 4), 'CPK1')
    assert.equal(peaks.readUInt32LE(8), channels)
  }
  assert.deepEqual(
    (await rejected(manifest)).map(({ row, field }) => [row, field]),
    [[5, 'file']],
  )
})

test('PR28 an undone batch leaves no item, task, key or ciphertext, and its manifest can come again', async (t) => {
  const { take, undo, run, write, db, count } = await openImports(t)
  const manifest = await write(
    'm.jsonl',
    jsonl([row('a', { text: 'one' }), row('b', { text: 'two' })]),
  )
  const { batch } = await take(manifest)
  const keys = await count('vault.owner_key')
  assert.equal(await undo(batch), 2)
  assert.equal(await count('annotation.task'), 0)
  assert.equal(await count('vault.object'), 0)
  assert.equal(await count('vault.owner_key'), keys - 2)
  assert.equal((await db.selectFrom('projects.subject').selectAll().execute()).length, 0)
  const undone = await run('--undo', batch, '--json')
  assert.deepEqual([undone.code, JSON.parse(undone.out)], [0, { batch, removed: 0 }])
  const again = await take(manifest)
  assert.deepEqual([again.accepted, again.batch === batch], [2, false])
})

test('PR29 a batch on which somebody has begun to work, or that holds an item that is not free, is not undone', async (t) => {
  const { take, undo, write, db, count } = await openImports(t)
  const { batch } = await take(await write('m.jsonl', jsonl([row('a', { text: 'one' })])))
  await db.updateTable('projects.item').set({ state: 'held' }).execute()
  await assert.rejects(undo(batch), { name: 'Fault' })
  await db.updateTable('projects.item').set({ state: 'free' }).execute()
  await db.updateTable('annotation.task').set({ state: 'submitted' }).execute()
  await assert.rejects(undo(batch), { name: 'Fault' })
  assert.equal(await count('annotation.task'), 1)
  assert.equal(await count('vault.object'), 2)
})

test('PR30 a scanner that finds something, or gives no verdict, lets nothing in', async (t) => {
  const infected: Scanner = {
    scan: () => Promise.resolve({ kind: 'infected', signature: 'Test' }),
    through: () => {
      throw new Error('not reached')
    },
  }
  const silent = clamav({ address: { path: '/nonexistent/clamd' }, patience: 1000 })
  for (const scanner of [infected, silent]) {
    const { take, write, items } = await openImports(t, 'text', scanner)
    const manifest = await write('m.jsonl', jsonl([row('a', { text: 'one' })]))
    await assert.rejects(take(manifest), { name: 'Fault', message: /scanner/ })
    assert.deepEqual(await items(), [])
  }
})

test('PR31 without complete terms or an instruction, or into a closed project, nothing is taken in', async (t) => {
  const { take, write, db, items } = await openImports(t)
  await db.updateTable('projects.terms').set({ complete: false }).execute()
  const manifest = await write('m.jsonl', jsonl([row('a', { text: 'one' })]))
  await assert.rejects(take(manifest), { name: 'Fault', message: /terms/ })
  const ended = JSON.stringify({ endsOn: '2020-12-31' })
  await db.updateTable('projects.terms').set({ complete: true, body: ended }).execute()
  await assert.rejects(take(manifest), { name: 'Fault', message: /terms/ })
  await db.updateTable('projects.terms').set({ body: '{}' }).execute()
  await db.updateTable('projects.project').set({ state: 'closed' }).execute()
  await assert.rejects(take(manifest), { name: 'Fault', message: /open project/ })
  assert.deepEqual(await items(), [])
})
