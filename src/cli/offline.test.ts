import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { sampleKeys, sampleLog } from '../../test/support/sample-log.ts'

const root = new URL('../..', import.meta.url).pathname
const scratch = mkdtempSync(join(tmpdir(), 'offline-'))
const keys = sampleKeys()
const log = sampleLog(700, keys)
const at = (name: string): string => join(scratch, name)

before(() => {
  for (const [path, bytes] of log.files) {
    const file = at(join('export', path))
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, bytes)
  }
  writeFileSync(at('policy'), log.policy)
  writeFileSync(at('earlier'), sampleLog(300, keys).files.get('checkpoint')!)
  writeFileSync(
    at('strange'),
    sampleLog(300, keys, () => Buffer.from('x')).files.get('checkpoint')!,
  )
})
after(() => {
  rmSync(scratch, { recursive: true })
})

interface Run {
  status: number | null
  out: string
  error: string
}
function run(cwd: string, ...args: string[]): Run {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  return { status, out: stdout, error: stderr }
}
const cloister = (...args: string[]): Run => run(root, 'dist/cli/main.js', ...args)

test('TL26 a sound exported log is said to be sound, with size, root and witnesses', () => {
  const found = cloister('log', 'verify', at('export'), '--policy', at('policy'), '--json')
  assert.deepEqual(JSON.parse(found.out), {
    sound: true,
    origin: 'example.org/records',
    size: 700,
    root: Buffer.from(log.root).toString('base64'),
    witnesses: [{ name: 'hall', time: 1_790_000_000 }],
    since: null,
  })
  const words = cloister(
    'log',
    'verify',
    at('export'),
    '--policy',
    at('policy'),
    '--since',
    at('earlier'),
  )
  assert.deepEqual(words, {
    status: 0,
    out: 'The log is sound: example.org/records with 700 entries.\ncosigned by hall at 2026-09-21T14:13:20.000Z\ncontinues the checkpoint of 300 entries\n',
    error: '',
  })
})

test('TL26 the first fault is one line and exit code 1, and its place stands in the JSON', () => {
  const bundle = at('export/tile/entries/001')
  const whole = readFileSync(bundle)
  const spoiled = Buffer.from(whole)
  spoiled[5]! ^= 1
  writeFileSync(bundle, spoiled)
  try {
    const words = cloister('log', 'verify', at('export'), '--policy', at('policy'))
    assert.deepEqual([words.status, words.out], [1, ''])
    assert.match(words.error, /^cloister: entry 256 \(bytes 2 to \d+ of tile\/entries\/001\) .*\n$/)
    const json = cloister('log', 'verify', at('export'), '--policy', at('policy'), '--json')
    const { sound, path, index } = JSON.parse(json.out) as Record<string, unknown>
    assert.deepEqual([json.status, sound, path, index], [1, false, 'tile/entries/001', 256])
  } finally {
    writeFileSync(bundle, whole)
  }
  const rewritten = cloister(
    'log',
    'verify',
    at('export'),
    '--policy',
    at('policy'),
    '--since',
    at('strange'),
  )
  assert.equal(rewritten.status, 1)
  assert.match(rewritten.error, /^cloister: the log was rewritten/)
})

test('TL26 files that are missing or no policy are named, with exit code 2 where nothing was checked', () => {
  const missing = cloister('log', 'verify', at('export'), '--policy', at('none'))
  assert.deepEqual(missing, {
    status: 2,
    out: '',
    error: `cloister: the policy ${at('none')} cannot be read: it does not exist\n`,
  })
  assert.equal(cloister('log', 'verify', at('nowhere'), '--policy', at('policy')).status, 2)
  assert.match(
    cloister('log', 'verify', at('export'), '--policy', at('earlier')).error,
    /^cloister: policy, line 1: /,
  )
})

test('TL27 one entry is proved from an export, and a file that exists is left alone', () => {
  const out = at('entry-333.tlog-proof')
  const proved = cloister('log', 'prove', at('export'), '333', '--out', out, '--json')
  assert.deepEqual([proved.status, JSON.parse(proved.out)], [0, { index: 333, out }])
  const again = cloister('log', 'prove', at('export'), '334', '--out', out)
  assert.deepEqual([again.status, again.error], [2, `cloister: ${out} exists already\n`])
  const beyond = cloister('log', 'prove', at('export'), '700', '--out', at('beyond'))
  assert.deepEqual(
    [beyond.status, beyond.error],
    [1, 'cloister: the log has 700 entries, so there is no entry 700\n'],
  )
  assert.equal(cloister('log', 'prove', at('export'), '-1', '--out', at('beyond')).status, 2)
  assert.ok(!readdirSync(scratch).includes('beyond'))
})

test('TL28 the verifier is one file that runs alone in an empty directory', () => {
  const alone = at('alone')
  mkdirSync(alone)
  const built = run(root, 'tools/verifier.mjs', alone)
  assert.deepEqual([built.status, built.error], [0, ''])
  assert.deepEqual(readdirSync(alone), ['cloister-verify.mjs'])
  const imports = readFileSync(join(alone, 'cloister-verify.mjs'), 'utf8').matchAll(
    /(?:from|import\(|require\() ?"([^"]+)"/g,
  )
  for (const [, name] of imports) assert.match(name!, /^node:/)

  const verifier = (...args: string[]): Run => run(alone, 'cloister-verify.mjs', ...args)
  const sound = verifier('log', at('export'), '--policy', at('policy'), '--since', at('earlier'))
  assert.match(sound.out, /^The log is sound: example.org\/records with 700 entries.\n/)
  const proof = at('entry-7.tlog-proof')
  assert.equal(cloister('log', 'prove', at('export'), '7', '--out', proof).status, 0)
  const holds = verifier('proof', proof, '--policy', at('policy'))
  assert.deepEqual([holds.status, holds.error], [0, ''])
  assert.ok(holds.out.endsWith(`\n${Buffer.from(log.entries[7]!).toString()}\n`))

  writeFileSync(at('entry'), log.entries[8]!)
  const other = verifier('proof', proof, '--policy', at('policy'), '--entry', at('entry'), '--json')
  assert.equal(other.status, 1)
  assert.equal((JSON.parse(other.out) as { sound: boolean }).sound, false)
  for (const args of [
    ['log', 'x'],
    ['nothing'],
    ['toString'],
    [],
    ['log', 'x', '--policy', 'y', '--what'],
  ])
    assert.equal(verifier(...args).status, 2, args.join(' '))
  assert.match(verifier('--help').out, /Exit code: 0 sound/)
})
