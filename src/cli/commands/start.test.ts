import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Command } from 'commander'
import { Fault } from '../terminal.ts'
import { addStartCommands } from './start.ts'

/** What `cloister migrate` is refused with. */
async function refusal(...args: string[]): Promise<{ message: string; exitCode: number }> {
  const program = new Command('cloister')
  addStartCommands(program)
  try {
    await program.parseAsync(['migrate', ...args], { from: 'user' })
  } catch (error) {
    if (error instanceof Fault) return error
    throw error
  }
  throw new Error('it was not refused')
}

test('IN5 the URL of a database with its password stands in a file or the environment, never on a command line', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'cloister-migrate-'))
  const before = process.env['DATABASE_URL_OWNER']
  delete process.env['DATABASE_URL_OWNER']
  t.after(async () => {
    delete process.env['DATABASE_URL_OWNER']
    if (before !== undefined) process.env['DATABASE_URL_OWNER'] = before
    await rm(folder, { recursive: true })
  })
  for (const url of [
    'postgres://owner:hunter2@db/cloister',
    'postgresql://owner:hun/ter2@db/cloister',
    'postgres://owner@db/cloister?sslmode=require&password=hunter2',
  ]) {
    const { message, exitCode } = await refusal(url)
    assert.deepEqual([exitCode, /--url-file/.test(message), /ter2/.test(message)], [2, true, false])
  }
  assert.match((await refusal()).message, /name the database/)
  const file = join(folder, 'owner.url')
  assert.match((await refusal('--url-file', file)).message, /cannot be read: ENOENT/)
  await writeFile(file, 'mysql://owner:hunter2@db/cloister\n')
  assert.equal((await refusal('--url-file', file)).message, 'write the database as postgres://…')
  assert.match(
    (await refusal('postgres://o@db/c', '--url-file', file)).message,
    /a URL or --url-file/,
  )
  // No database is there: what is said of it comes after the URL was taken.
  const url = `postgres://owner:hunter2@${encodeURIComponent(folder)}/cloister`
  await writeFile(file, `${url}\n`)
  process.env['DATABASE_URL_OWNER'] = url
  for (const args of [['--url-file', file], []]) {
    const { message, exitCode } = await refusal(...args)
    assert.equal(exitCode, 1, message)
    assert.ok(!message.includes('hunter2'), message)
  }
  assert.equal((await refusal(url.replace(':hunter2', ''))).exitCode, 1)
})
