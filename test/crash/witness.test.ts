import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, test } from 'node:test'
import {
  askWitness,
  LogFault,
  noteVerifier,
  parseCheckpoint,
  parseNote,
  proveConsistency,
  signCheckpoint,
} from '@cloister/transparency-log'
import { readerOf, sampleEntry, sampleKeys, sampleLog } from '../support/sample-log.ts'

const root = new URL('../..', import.meta.url).pathname
const scratch = mkdtempSync(join(tmpdir(), 'witness-'))
const running = new Set<ChildProcess>()
after(() => {
  for (const program of running) program.kill('SIGKILL')
  rmSync(scratch, { recursive: true })
})
const keys = sampleKeys()

async function startProgram(
  dir: string,
): Promise<{ program: ChildProcess; vkey: string; url: string }> {
  const program = spawn(
    process.execPath,
    [
      ...['dist/cli/main.js', 'witness', '--json', '--dir', dir],
      ...[
        '--name',
        'example.org/witness',
        '--log',
        keys.log.verifierKey,
        '--listen',
        '127.0.0.1:0',
      ],
    ],
    { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] },
  )
  running.add(program)
  program.once('exit', () => running.delete(program))
  const lines: string[] = []
  for await (const line of createInterface({ input: program.stdout })) {
    lines.push(line)
    if (line === '}') break
  }
  const { vkey, url } = JSON.parse(lines.join('\n')) as { vkey: string; url: string }
  return { program, vkey, url }
}

// Two logs under one name that part at entry 100: whoever saw one must never be shown the other.
const honest = Array.from({ length: 200 }, (_, size) => sampleLog(size, keys))
const forked = Array.from({ length: 200 }, (_, size) =>
  sampleLog(size, keys, (index) =>
    index < 100 ? sampleEntry(index) : Buffer.from(`fork ${index}`),
  ),
)

test('TL25 a witness killed again and again during work cosigns one line only, and forgets nothing', async () => {
  const dir = join(scratch, 'killed')
  const acknowledged: { size: number; root: string }[] = []
  let vkey: string | undefined
  const largest = () => Math.max(0, ...acknowledged.map(({ size }) => size))
  // Until the logs have parted: how far a round comes is a matter of who is faster.
  for (let round = 0; round < 4 || (largest() < 120 && round < 20); round++) {
    const { program, ...witness } = await startProgram(dir)
    vkey ??= witness.vkey
    assert.equal(witness.vkey, vkey, 'the key stays')
    const known = largest()
    const latest = await fetch(`${witness.url}/${await hashOf(keys.log.name)}/checkpoint`)
    const kept =
      latest.status === 200
        ? parseCheckpoint(parseNote(Buffer.from(await latest.text())).text).size
        : 0
    assert.ok(kept >= known, `${known} were acknowledged, ${kept} are kept`)

    const enough = acknowledged.length + 15
    const press = async (logs: typeof honest, step: number): Promise<void> => {
      for (let size = kept; size < logs.length && running.has(program); size += step) {
        const { files, root: treeRoot } = logs[size]!
        const checkpoint = signCheckpoint(keys.log, size, treeRoot)
        const to = { url: witness.url, verifier: noteVerifier(witness.vkey) }
        const prove = (from: number) => proveConsistency(readerOf(files), from, size)
        try {
          await askWitness(to, checkpoint, kept, prove, AbortSignal.timeout(20_000))
          acknowledged.push({ size, root: Buffer.from(treeRoot).toString('hex') })
          if (acknowledged.length >= enough) program.kill('SIGKILL')
        } catch (error) {
          assert.ok(error instanceof LogFault, String(error))
        }
      }
    }
    const exit = once(program, 'exit')
    await Promise.all([press(honest, 1), press(forked, 1), press(forked, 3), press(honest, 2)])
    program.kill('SIGKILL')
    await exit
  }
  assert.ok(largest() > 100, `the logs had parted: ${largest()}`)
  const lines = [honest, forked].map(
    (logs) => new Set(logs.map((log) => Buffer.from(log.root).toString('hex'))),
  )
  assert.ok(
    lines.some((line) => acknowledged.every((seen) => line.has(seen.root))),
    'all that was cosigned lies on one of the two logs',
  )
})

test('TL25 a witness told to stop finishes and ends well; a second on its directory ends with one line', async () => {
  const dir = join(scratch, 'stopped')
  const { program } = await startProgram(dir)
  const second = spawn(
    process.execPath,
    [
      ...['dist/cli/main.js', 'witness', '--dir', dir],
      ...[
        '--name',
        'example.org/witness',
        '--log',
        keys.log.verifierKey,
        '--listen',
        '127.0.0.1:0',
      ],
    ],
    { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] },
  )
  const said: string[] = []
  for await (const line of createInterface({ input: second.stderr })) said.push(line)
  assert.deepEqual(said, ['cloister: another witness is running on this directory'])
  const exit = once(program, 'exit')
  program.kill('SIGTERM')
  assert.deepEqual(await exit, [0, null])
})

async function hashOf(origin: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', Buffer.from(origin))
  return Buffer.from(digest).toString('hex')
}
