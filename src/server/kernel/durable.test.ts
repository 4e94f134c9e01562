import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtemp, readdir, readFile, readlink, rm, stat, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { replaceFile } from './durable.ts'

async function scratch(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'cloister-durable-'))
  t.after(() => rm(dir, { recursive: true }))
  return dir
}

const openFiles = async () =>
  Promise.all(
    (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
  )

test('KE90 a file is replaced as a whole, or stays what it was', async (t) => {
  const path = join(await scratch(t), 'file')
  await replaceFile(path, 'one', 0o600)
  assert.equal((await stat(path)).mode & 0o777, 0o600)
  await replaceFile(path, Buffer.from('two'), 0o600)
  // What is written there meets a disk without room.
  await symlink('/dev/full', `${path}.new`)
  await assert.rejects(replaceFile(path, 'three', 0o600), { code: 'ENOSPC' })
  assert.equal(await readFile(path, 'utf8'), 'two')
  assert.ok(!(await openFiles()).includes('/dev/full'), 'nothing is left open')
})

const strace = spawnSync('strace', ['-V']).status === 0

test(
  'KE90 what a file is replaced with, and its name, are on the disk before anybody goes on',
  { skip: strace ? false : 'strace is not installed' },
  async (t) => {
    const dir = await scratch(t)
    const program = `import { stampDirectory } from './src/server/stamp.ts'
      await stampDirectory(${JSON.stringify(dir)}, { demonstration: true, make: true })`
    const { status, stderr } = spawnSync(
      'strace',
      [
        ...['-f', '-y', '-e', 'trace=fsync,rename,renameat,renameat2', process.execPath],
        ...['-C', 'source', '--import', 'tsx', '--input-type=module', '-e', program],
      ],
      { cwd: new URL('../../..', import.meta.url).pathname, encoding: 'utf8' },
    )
    assert.equal(status, 0, stderr)
    const calls = stderr.split('\n').flatMap((line) => {
      const [, call, what] = /(fsync|rename)\w*\(.*?(stamp[.]json[.]new|>)/.exec(line) ?? []
      return line.includes(dir) && call !== undefined ? [`${call} ${String(what)}`] : []
    })
    assert.deepEqual(calls, ['fsync stamp.json.new', 'rename stamp.json.new', 'fsync >'])
  },
)
