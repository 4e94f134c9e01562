import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { Rehearsed } from '../../src/cli/rehearsal/rehearsal.ts'
import { writeQueries } from '../support/queries.ts'
import { sharedData } from '../support/tools.ts'

const cloister = new URL('../../dist/cli/main.js', import.meta.url).pathname
const queries = sharedData('text/snips-voice-queries')

async function folderFor(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rehearse-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

interface Run {
  readonly code: number | null
  readonly said: string
  readonly done: Rehearsed | null
}

async function rehearse(folder: string, out: string, ...more: string[]): Promise<Run> {
  const at = (name: string) => join(folder, name)
  const args = [
    ...[cloister, 'rehearse', at('manifest.jsonl'), '--schema', at('schema.json')],
    ...['--answers', at('answers.jsonl'), '--out', at(out), '--annotators', '2', '--json'],
  ]
  const child: ChildProcess = spawn(process.execPath, [...args, ...more], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [printed, said]: [string[], string[]] = [[], []]
  child.stdout?.on('data', (piece: Buffer) => printed.push(piece.toString()))
  child.stderr?.on('data', (piece: Buffer) => said.push(piece.toString()))
  await once(child, 'close')
  const done = child.exitCode === 0 ? (JSON.parse(printed.join('')) as Rehearsed) : null
  return { code: child.exitCode, said: said.join(''), done }
}

const sound = { log: true, package: true, opened: true }

test(
  'RE4 queries in ISO 8859-1 are refused with line and byte until their encoding is named; then each goes the same way',
  { skip: queries.skip },
  async (t) => {
    const folder = await folderFor(t)
    const source = join(queries.path, 'PlayMusic.latin-1.json')
    const items = await writeQueries(folder, source, { encoding: 'latin1' })
    const bytes = await readFile(join(folder, 'manifest.jsonl'))
    const first = bytes.findIndex((byte) => byte >= 0x80)
    const line = bytes.subarray(0, first).toString('latin1').split('\n')
    const refused = await rehearse(folder, 'refused')
    assert.equal(refused.code, 1)
    const place = `line ${String(line.length)}, byte ${String((line.at(-1)?.length ?? 0) + 1)}`
    assert.ok(refused.said.includes(`${place} is not UTF-8`), refused.said)
    assert.ok(refused.said.includes('--encoding latin1'))

    const { done, said } = await rehearse(folder, 'out', '--encoding', 'latin1')
    assert.ok(done !== null, said)
    assert.deepEqual(
      [done.items, done.rejected, done.delivered, done.equal],
      [items, 0, items, items],
    )
    assert.deepEqual(done.verification, sound)
  },
)

test(
  'RE5 of queries with one row of broken UTF-8 that row is refused by its name, and the others go the same way',
  { skip: queries.skip },
  async (t) => {
    const folder = await folderFor(t)
    const items = await writeQueries(folder, join(queries.path, 'PlayMusic.broken-utf-8.json'))
    const bytes = await readFile(join(folder, 'manifest.jsonl'))
    const broken = bytes.indexOf(Buffer.from([0xed, 0xa0])) // the first half of a surrogate pair
    assert.ok(broken > 0)
    const row = bytes.subarray(0, broken).toString('latin1').split('\n').length
    const { done, said } = await rehearse(folder, 'out')
    assert.ok(done !== null, said)
    assert.deepEqual(
      [done.items, done.rejected, done.delivered, done.equal],
      [items, 1, items - 1, items - 1],
    )
    assert.deepEqual(done.verification, sound)
    const told = await readFile(join(folder, 'manifest.jsonl.rejected.jsonl'), 'utf8')
    const [reason, ...others] = told.trimEnd().split('\n')
    assert.deepEqual(others, [])
    const { row: named, line, reason: why } = JSON.parse(reason ?? '') as Record<string, unknown>
    assert.deepEqual([named, line], [row, row])
    assert.match(String(why), /surrogate/)
  },
)
