import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { importManifest } from '../../src/cli/manifest/import.ts'
import { operatorAt } from '../../src/cli/operator.ts'
import { type Db, transact } from '../../src/server/kernel/db.ts'
import { testDatabase } from '../support/database.ts'
import { beginProject } from '../support/operator-door.ts'

const root = new URL('../..', import.meta.url).pathname
const running = new Set<ChildProcess>()
after(() => {
  for (const program of running) program.kill('SIGKILL')
})

function start(...args: string[]): ChildProcess {
  const program = spawn(process.execPath, args, {
    ...{ cwd: root, stdio: ['ignore', 'pipe', 'pipe'] },
  })
  running.add(program)
  program.once('exit', () => running.delete(program))
  return program
}

async function kill(program: ChildProcess): Promise<void> {
  const gone = once(program, 'exit')
  program.kill('SIGKILL')
  await gone
}

async function rowsDone(db: Db): Promise<number> {
  const batch = await db.selectFrom('projects.batch').select('next_row').executeTakeFirst()
  return batch?.next_row ?? 0
}

/** Waits until more rows are done than before, so that the next kill strikes while others are under way. */
async function progress(db: Db, before: number): Promise<number> {
  for (let turns = 0; turns < 6000; turns++) {
    const done = await rowsDone(db)
    if (done > before) return done
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error('the import makes no progress')
}

for (const kind of ['text', 'audio'] as const)
  test(`PR32 however often server and command are killed during an import of ${kind}, the same command ends it with every item once, each with its task and all its sealed objects`, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'cloister-crash-'))
    t.after(() => rm(folder, { recursive: true }))
    const database = await testDatabase(t)
    const connection = database.connection('cloister_admin')
    assert.ok('socketDirectory' in connection)
    const db = database.db('cloister_admin')
    const project = await transact(db, (tx) => beginProject(tx, 'queries', kind))
    const all = kind === 'text' ? 12_000 : 24
    const flac = join(root, 'src/server/domains/vault/media/fixtures/mono.flac')
    await copyFile(flac, join(folder, 'a.flac'))
    const manifest = join(folder, 'm.jsonl')
    const lines = Array.from({ length: all }, (_, i) =>
      JSON.stringify({
        ...{ item_ref: `i-${i}`, subject_refs: [`s-${i % 7}`], language: 'en', kind },
        ...(kind === 'text' ? { text: `words ${i} `.repeat(20) } : { file: 'a.flac' }),
      }),
    )
    await writeFile(manifest, lines.join('\n'))
    const socket = join(folder, 'operator.sock')
    const openServer = async () => {
      const server = start(
        ...['-C', 'source', '--import', 'tsx', 'test/crash/import-server.ts'],
        ...[connection.socketDirectory, connection.database, folder],
      )
      if (server.stdout !== null) await once(server.stdout, 'data')
      return server
    }
    let server = await openServer()
    let done = 0
    for (const victim of ['server', 'command', 'server'] as const) {
      const command = start('dist/cli/main.js', 'import', 'queries', manifest, '--socket', socket)
      done = await progress(db, done)
      assert.ok(done < all, 'the import ended before it was killed')
      await kill(victim === 'server' ? server : command)
      if (victim === 'server') {
        if (command.exitCode === null) await once(command, 'exit')
        assert.equal(command.exitCode, 1)
        server = await openServer()
      }
      done = await rowsDone(db)
    }
    const ended = await importManifest(operatorAt(socket), project, manifest, 'utf-8', () => {
      // Nobody watches.
    })
    assert.deepEqual([ended.rows, ended.accepted, ended.rejected], [all, all, 0])
    await kill(server)
    const items = await db
      .selectFrom('projects.item')
      .select(['id', 'row'])
      .orderBy('row')
      .execute()
    assert.deepEqual(
      items.map(({ row }) => row),
      Array.from({ length: all }, (_, row) => row),
    )
    const tasks = await db.selectFrom('annotation.task').select('item').execute()
    assert.equal(new Set(tasks.map(({ item }) => item)).size, all)
    assert.equal(tasks.length, all)
    const assets = kind === 'text' ? 2 : 3
    const objects = await db.selectFrom('vault.object').select('owner').execute()
    assert.equal(objects.length, all * assets)
    const keys = await db
      .selectFrom('vault.owner_key')
      .select('owner')
      .where('kind', '=', 'item')
      .execute()
    assert.equal(keys.length, all)
  })
