import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import {
  askWitness,
  checkSignatures,
  noteVerifier,
  parseNote,
  proveConsistency,
  signCheckpoint,
} from '@cloister/transparency-log'
import { readerOf, sampleKeys, sampleLog } from '../../test/support/sample-log.ts'
import { originHash, WitnessFault } from './register.ts'
import { type RunningWitness, startWitness } from './witness.ts'

const scratch = mkdtempSync(join(tmpdir(), 'witness-'))
after(() => {
  rmSync(scratch, { recursive: true })
})
const keys = sampleKeys()
const name = 'example.org/witness'
const hash = originHash(keys.log.name)
let count = 0
const freshDir = (): string => join(scratch, String(count++))

function start(
  dir: string,
  changes: { name?: string; logs?: string[]; port?: number } = {},
): Promise<RunningWitness> {
  const logs = [keys.log.verifierKey]
  const onFault = (): undefined => undefined
  return startWitness({
    dir,
    name,
    logs,
    host: '127.0.0.1',
    port: 0,
    now: Date.now,
    onFault,
    ...changes,
  })
}

async function cosign({ url, vkey }: RunningWitness, from: number, size: number): Promise<string> {
  const { files, root } = sampleLog(size, keys)
  const prove = (oldSize: number) => proveConsistency(readerOf(files), oldSize, size)
  const checkpoint = signCheckpoint(keys.log, size, root)
  return askWitness(
    { url, verifier: noteVerifier(vkey) },
    checkpoint,
    from,
    prove,
    AbortSignal.timeout(20_000),
  )
}

test('TL23 a witness cosigns, keeps what it cosigned and serves it, also after a new start', async () => {
  const dir = freshDir()
  const first = await start(dir)
  assert.equal((await fetch(`${first.url}/${hash}/checkpoint`)).status, 404)
  await cosign(first, 0, 10)
  await first.close()
  const second = await start(dir)
  assert.equal(second.vkey, first.vkey)
  const line = await cosign(second, 0, 300)
  const served = await fetch(`${second.url}/${hash}/checkpoint`)
  const note = await served.text()
  assert.ok(note.endsWith(line))
  assert.equal(served.headers.get('content-type'), 'text/plain; charset=utf-8')
  const verifiers = [noteVerifier(keys.log.verifierKey), noteVerifier(second.vkey)]
  assert.equal(checkSignatures(parseNote(Buffer.from(note)), verifiers).length, 2)
  await second.close()
})

test('TL23 what is asked in any other way is refused, and the witness stays up', async () => {
  const witness = await start(freshDir())
  const ask = async (path: string, init?: RequestInit): Promise<number> =>
    (await fetch(witness.url + path, init)).status
  assert.equal(await ask('/'), 404)
  assert.equal(await ask('/../key'), 404)
  assert.equal(await ask(`/${originHash('another')}/checkpoint`), 404)
  assert.equal(await ask('/add-checkpoint'), 405)
  assert.equal(await ask('/add-checkpoint', { method: 'POST', body: 'nonsense' }), 400)
  assert.equal(await ask('/add-checkpoint', { method: 'POST', body: 'x'.repeat(100_000) }), 413)
  const { size, root } = { size: 0, root: sampleLog(0, keys).root }
  const empty = `old 5\n\n${signCheckpoint(keys.log, size, root)}`
  const early = await fetch(`${witness.url}/add-checkpoint`, { method: 'POST', body: empty })
  assert.equal(early.status, 400)
  const late = empty.replace('old 5', 'old 0')
  assert.equal(await ask('/add-checkpoint', { method: 'POST', body: late }), 200)
  await cosign(witness, 0, 5)
  const behind = await fetch(`${witness.url}/add-checkpoint`, { method: 'POST', body: late })
  assert.deepEqual(
    [behind.status, behind.headers.get('content-type'), await behind.text()],
    [409, 'text/x.tlog.size', '5\n'],
  )
  await witness.close()
})

test('TL24 one witness at a time runs on a directory, and a second leaves the first in peace', async () => {
  const dir = freshDir()
  const witness = await start(dir)
  await assert.rejects(start(dir), /another witness is running/)
  await cosign(witness, 0, 3)
  await witness.close()
  await (await start(dir)).close()
})

test('TL24 a witness whose directory was taken from it signs nothing more', async () => {
  const dir = freshDir()
  const robbed = await start(dir)
  await cosign(robbed, 0, 3)
  rmSync(join(dir, 'lock'))
  const thief = await start(dir)
  await assert.rejects(cosign(robbed, 3, 4), /answered 500: the witness could not keep/)
  await cosign(thief, 3, 5)
  await thief.close()
  await robbed.close()
})

test('TL24 a damaged or half-lost directory is refused and never begun anew', async () => {
  const refuses = async (spoil: (dir: string) => void, says: RegExp): Promise<void> => {
    const dir = freshDir()
    const witness = await start(dir)
    await cosign(witness, 0, 3)
    await witness.close()
    assert.deepEqual(readdirSync(dir).sort(), ['key', 'logs'])
    spoil(dir)
    await assert.rejects(
      start(dir),
      (error: unknown) => error instanceof WitnessFault && says.test(error.message),
    )
  }
  const kept = (dir: string): string => join(dir, 'logs', hash)
  await refuses((dir) => {
    writeFileSync(kept(dir), readFileSync(kept(dir)).subarray(0, 100))
  }, /does not start, because what it kept of example.org\/records is damaged/)
  await refuses((dir) => {
    writeFileSync(kept(dir), signCheckpoint(keys.log, 1, sampleLog(1).root))
  }, /does not bear this witness/)
  await refuses((dir) => {
    rmSync(join(dir, 'key'))
  }, /key is missing although checkpoints are kept/)
  await refuses((dir) => {
    writeFileSync(join(dir, 'key'), `PRIVATE+KEY+${name}+00000000+AA==\n`)
  }, /its key is damaged/)
  await refuses((dir) => {
    chmodSync(join(dir, 'key'), 0o644)
  }, /others can read/)
})

test('TL24 names, keys and addresses that cannot be are refused in one line', async () => {
  const dir = freshDir()
  await (await start(dir)).close()
  await assert.rejects(
    start(dir, { name: 'example.org/other' }),
    /is not that of 'example.org\/other'/,
  )
  await assert.rejects(start(dir, { logs: ['nonsense'] }), WitnessFault)
  await assert.rejects(start(dir, { logs: [keys.witness.verifierKey] }), /not that of a log/)
  const other = await start(freshDir())
  await assert.rejects(start(dir, { port: Number(new URL(other.url).port) }), /cannot listen on/)
  await other.close()
  await assert.rejects(start(join(scratch, 'x'.repeat(100))), /too long/)
  await (await start(dir)).close()
})
