import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { generateSigningKey, logSigner, proveEntry, signNote } from '@cloister/transparency-log'
import { openHandover } from '../../test/support/handover.ts'
import { readerOf, sampleKeys, sampleLog } from '../../test/support/sample-log.ts'
import { manifestText } from '../shared/package/manifest.ts'
import { tarEnd, tarHeader, tarPadding } from '../shared/package/tar.ts'
import { checkLog } from './offline.ts'
import { openPackage } from './open-package.ts'
import { checkPackage } from './package.ts'

const root = new URL('../..', import.meta.url).pathname

function scratch(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'package-'))
  t.after(() => {
    rmSync(folder, { recursive: true })
  })
  return folder
}

interface Member {
  readonly name: string
  /** Places of the header, the content and the filling behind it. */
  readonly header: number
  readonly content: number
  readonly size: number
  readonly end: number
}

/** The files of a package, as the format places them: 512 bytes of header, content, filling up to 512. */
function membersOf(bytes: Buffer): Member[] {
  const members: Member[] = []
  for (let at = 0; bytes[at] !== 0;) {
    const text = (from: number, length: number) =>
      bytes.toString('latin1', at + from, at + from + length).replace(/\0.*$/s, '')
    const [name, size] = [text(0, 100), Number.parseInt(text(124, 12), 8)]
    const content = at + 512
    const end = content + Math.ceil(size / 512) * 512
    members.push({ name, header: at, content, size, end })
    at = end
  }
  return members
}

const flipped = (bytes: Buffer, at: number) => {
  const changed = Buffer.from(bytes)
  changed.writeUInt8((changed[at] ?? 0) ^ 1, at)
  return changed
}

/** A real package with its policy, and what the check says of a changed copy of it. */
async function delivered(t: TestContext) {
  const h = await openHandover(t)
  const { file } = await h.deliver(['play Ada', 'play Ben'])
  const folder = scratch(t)
  const changed = join(folder, 'changed.tar')
  const bytes = readFileSync(file)
  const check = async (of: Buffer) => {
    writeFileSync(changed, of)
    const { report, lines } = await checkPackage(changed, h.policy)
    return { sound: report.sound, file: report['file'], lines }
  }
  assert.equal((await check(bytes)).sound, true)
  return { h, folder, changed, bytes, check, members: membersOf(bytes) }
}

test('PK4 one changed bit of any file of a package is found, and that file is named', async (t) => {
  const { bytes, check, members } = await delivered(t)
  assert.deepEqual(
    members.map(({ name }) => name),
    [
      ...['manifest.note', 'proofs/release.tlog-proof', 'proofs/approval.tlog-proof'],
      ...['checkpoint', 'payload.age'],
    ],
  )
  for (const { name, content, size } of members)
    for (const part of [0, 0.1, 0.3, 0.5, 0.7, 0.9, 1]) {
      const at = content + Math.round(part * (size - 1))
      const found = await check(flipped(bytes, at))
      assert.deepEqual([found.sound, found.file], [false, name], `byte ${at - content} of ${name}`)
      assert.match(found.lines.join('\n'), new RegExp(`^${name}: `))
    }
})

test('PK5 one changed bit of a header, of the filling behind a file or of the end is found as well', async (t) => {
  const { bytes, check, members } = await delivered(t)
  for (const { name, header, content, size, end } of members) {
    const places = [header, header + 100, header + 124, header + 148, header + 257, header + 345]
    if (end > content + size) places.push(content + size, end - 1)
    for (const at of places)
      assert.equal((await check(flipped(bytes, at))).sound, false, `${name}, byte ${at - header}`)
  }
  assert.equal((await check(flipped(bytes, bytes.length - 1))).sound, false, 'the last byte')
})

test('PK6 a package that is cut, that lacks a file, has one more, one twice or in another place is refused by name', async (t) => {
  const { bytes, check, members } = await delivered(t)
  const piece = ({ header, end }: Member) => bytes.subarray(header, end)
  const end = bytes.subarray(members.at(-1)?.end)
  const [manifest, release, approval, checkpoint, payload] = members.map(piece)
  assert.ok(manifest && release && approval && checkpoint && payload)
  const of = (...pieces: Buffer[]) => check(Buffer.concat([...pieces, end]))
  for (const { name, header, content, size, end: after } of members)
    for (const at of [header, header + 100, content, content + size - 1, after - 1].filter(
      (place) => place < after,
    )) {
      const found = await check(bytes.subarray(0, at))
      assert.equal(found.sound, false, `cut ${at - header} bytes into ${name}`)
    }
  const named = async (found: Promise<{ sound: boolean; file: unknown }>) => {
    const { sound, file } = await found
    return [sound, file]
  }
  for (const [at, { name }] of members.entries()) {
    const others = members.filter((_, place) => place !== at).map(piece)
    const missing = name === 'manifest.note' ? members[1]?.name : name
    assert.deepEqual(await named(of(...others)), [false, missing], `without ${name}`)
    const double = members.flatMap((one, place) =>
      place === at ? [piece(one), piece(one)] : [piece(one)],
    )
    assert.deepEqual(await named(of(...double)), [false, name], `${name} twice`)
  }
  const more = Buffer.from(release)
  more.write('proofs/release.tlog-proog', 0, 'latin1')
  more.fill(' ', 148, 156)
  const sum = more.subarray(0, 512).reduce((all, byte) => all + byte, 0)
  more.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  assert.deepEqual(await named(of(manifest, release, more, approval, checkpoint, payload)), [
    false,
    'proofs/release.tlog-proog',
  ])
  assert.deepEqual(await named(of(release, manifest, approval, checkpoint, payload)), [
    ...[false, 'proofs/release.tlog-proof'],
  ])
  assert.equal((await of(manifest, approval, release, checkpoint, payload)).sound, true)
  assert.equal((await check(Buffer.alloc(0))).sound, false)
  assert.equal((await check(Buffer.concat([bytes, Buffer.from('more')]))).sound, false)
})

/** A signed package whose release and approval are whatever a log holds at 0 and 1. */
async function packageOfEntries(folder: string, entries: readonly string[]) {
  const log = sampleLog(2, sampleKeys(), (index) => Buffer.from(entries[index] ?? ''))
  const key = logSigner(generateSigningKey('example.org/delivery', 'log'))
  const checkpoint = Buffer.from(log.files.get('checkpoint') ?? [])
  const prove = async (index: number) =>
    Buffer.from(await proveEntry(readerOf(log.files), checkpoint, index))
  const evidence: [string, Buffer][] = [
    ['proofs/release.tlog-proof', await prove(0)],
    ['proofs/approval.tlog-proof', await prove(1)],
    ['checkpoint', checkpoint],
  ]
  const payload = Buffer.from('sealed')
  const measure = (bytes: Buffer) => ({
    size: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  })
  const { size, sha256 } = measure(payload)
  const note = signNote(
    manifestText({
      ...{ delivery: ids.delivery, project: ids.project, code: 'ada', batches: [], items: 0 },
      ...{ createdAt: '2026-11-22T00:00:00Z', recipient: sha256, contents: [] },
      ...{ releasedBy: ids.mara, approvedBy: ids.noor },
      payload: { size, sha256, plainSize: size, plainSha256: sha256 },
      evidence: evidence.map(([name, bytes]) => ({ name, ...measure(bytes) })),
    }),
    [key],
  )
  const files: [string, Buffer][] = [
    ['manifest.note', Buffer.from(note)],
    ...evidence,
    ['payload.age', payload],
  ]
  const [file, policy] = [join(folder, 'entries.tar'), join(folder, 'policy')]
  const parts = files.flatMap(([name, bytes]) => [
    ...[tarHeader(name, bytes.length), bytes, tarPadding(bytes.length)],
  ])
  writeFileSync(file, Buffer.concat([...parts, tarEnd]))
  writeFileSync(policy, `${log.policy.toString()}delivery ${key.verifierKey}\n`)
  return { file, policy }
}

const idOf = (kind: string, letter: string) => `${kind}_${letter.repeat(26)}`
const ids = {
  delivery: idOf('dlv', 'a'),
  project: idOf('prj', 'b'),
  mara: idOf('prs', 'c'),
  noor: idOf('prs', 'd'),
}

test('PK11 a proved entry that is no act of this delivery, or nothing readable, is a finding that names its proof', async (t) => {
  const folder = scratch(t)
  const act = (action: string, actor: string, more: object = {}) =>
    JSON.stringify({
      ...{ action, actor, resource: `Delivery::${ids.delivery}`, project: ids.project },
      ...{ outcome: 'done', ...more },
    })
  const [release, approval] = [act('delivery.release', ids.mara), act('delivery.approve', ids.noor)]
  const check = async (first: string, second: string) => {
    const { file, policy } = await packageOfEntries(folder, [first, second])
    const { report, lines } = await checkPackage(file, policy)
    return [report.sound, report['file'], lines.join('\n')]
  }
  assert.equal((await check(release, approval))[0], true)
  const spoilt = ['not JSON', '{"action":', '', '\xff', 'null', '[]', '"text"', '17']
  for (const text of spoilt) {
    const name = 'proofs/approval.tlog-proof'
    const words = `${name}: the proved entry is no JSON object`
    assert.deepEqual(await check(release, text), [false, name, words], text)
  }
  for (const other of [approval, act('delivery.release', ids.mara, { outcome: 'refused' }), '{}']) {
    const name = 'proofs/release.tlog-proof'
    const words = `${name}: the proved entry is not that of this delivery`
    assert.deepEqual(await check(other, approval), [false, name, words], other)
  }
})

test('PK7 a package is opened by the client’s key alone, and nothing is written unless all of it is sound', async (t) => {
  const { h, folder, changed, bytes, members } = await delivered(t)
  const out = join(folder, 'opened')
  const open = (identity: string) => openPackage(changed, { policy: h.policy, identity, out })
  writeFileSync(changed, flipped(bytes, (members.at(-1)?.content ?? 0) + 700))
  const { report } = await open(h.identity)
  assert.deepEqual([report.sound, report['file']], [false, 'payload.age'])
  writeFileSync(changed, bytes)
  const { generateX25519Identity } = await import('age-encryption')
  const other = join(folder, 'other.txt')
  writeFileSync(other, await generateX25519Identity())
  assert.deepEqual((await open(other)).report['file'], 'payload.age')
  assert.deepEqual(readdirSync(folder).sort(), ['changed.tar', 'other.txt'])
  assert.equal((await open(h.identity)).report.sound, true)
})

test('PK7 a signal while a package is opened leaves nothing of it, and a folder of a like name is left alone', async (t) => {
  const { h, folder, changed, bytes } = await delivered(t)
  writeFileSync(changed, bytes)
  const out = join(folder, 'opened')
  mkdirSync(`${out}.opening`)
  writeFileSync(join(`${out}.opening`, 'mine'), '')
  const drafts = () => readdirSync(folder).filter((name) => /[.]opening-/.test(name))
  for (const [signal, exitCode] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    const opened = openPackage(changed, { policy: h.policy, identity: h.identity, out })
    const refused = assert.rejects(opened, { name: 'Fault', exitCode })
    while (drafts().length === 0) await new Promise((turn) => setImmediate(turn))
    process.emit(signal)
    await refused
    assert.deepEqual(readdirSync(folder).sort(), ['changed.tar', 'opened.opening'])
  }
  assert.deepEqual(readdirSync(`${out}.opening`), ['mine'])
  const { report } = await openPackage(changed, { policy: h.policy, identity: h.identity, out })
  assert.equal(report.sound, true)
})

test('PK8 keys that a package brings along are worth nothing: another installation’s package is refused', async (t) => {
  const [one, two] = [await delivered(t), await delivered(t)]
  writeFileSync(one.changed, two.bytes)
  const { report } = await checkPackage(one.changed, one.h.policy)
  assert.deepEqual([report.sound, report['file']], [false, 'manifest.note'])
})

test('PK9 the verifier in one file finds the same faults as the command', async (t) => {
  const { h, folder, changed, bytes, members, check } = await delivered(t)
  const built = spawnSync(process.execPath, ['tools/verifier.mjs', folder], { cwd: root })
  assert.equal(built.status, 0, String(built.stderr))
  const verify = () => {
    const { status, stdout } = spawnSync(
      process.execPath,
      ['cloister-verify.mjs', 'delivery', changed, '--policy', h.policy, '--json'],
      { cwd: folder, encoding: 'utf8', env: { PATH: process.env['PATH'] } },
    )
    return { status, report: JSON.parse(stdout) as Record<string, unknown> }
  }
  const sound = await check(bytes)
  assert.deepEqual([sound.sound, verify().status, verify().report['sound']], [true, 0, true])
  const spoilt = [
    ...members.map(({ content, size }) => flipped(bytes, content + (size >> 1))),
    bytes.subarray(0, bytes.length >> 1),
    Buffer.concat([bytes.subarray(0, members[1]?.header), bytes.subarray(members[1]?.end)]),
  ]
  for (const copy of spoilt) {
    const { file, lines } = await check(copy)
    const { status, report } = verify()
    assert.deepEqual(
      [status, report['sound'], report['file'], report['fault']],
      [1, false, file, lines.join('')],
    )
  }
})

test('PK10 one changed bit of any file of an exported log is found, and that file is named', async (t) => {
  const folder = scratch(t)
  const log = sampleLog(700)
  const put = (path: string, bytes: Uint8Array) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), bytes)
  }
  for (const [path, bytes] of log.files) put(join('export', path), bytes)
  put('policy', log.policy)
  const check = async () =>
    (await checkLog(join(folder, 'export'), { policy: join(folder, 'policy') })).report
  assert.equal((await check()).sound, true)
  for (const [path, bytes] of log.files) {
    const whole = Buffer.from(bytes)
    for (const at of [0, whole.length >> 1, whole.length - 1]) {
      put(join('export', path), flipped(whole, at))
      const { sound, path: named } = await check()
      assert.deepEqual([sound, named], [false, path], `byte ${at} of ${path}`)
    }
    for (const other of [whole.subarray(0, -1), Buffer.concat([whole, Buffer.from('x')])]) {
      put(join('export', path), other)
      const { sound, path: named } = await check()
      assert.deepEqual([sound, named], [false, path], `${path} with ${other.length} bytes`)
    }
    rmSync(join(folder, 'export', path))
    const { sound, path: named } = await check()
    assert.deepEqual([sound, named], [false, path], `without ${path}`)
    put(join('export', path), whole)
  }
  assert.equal((await check()).sound, true)
})
