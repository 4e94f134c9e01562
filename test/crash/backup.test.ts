import assert from 'node:assert/strict'
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test, type TestContext } from 'node:test'
import { insertPendingBatch, newestCheckpoint } from '../../src/server/domains/audit/store.ts'
import {
  openDirectory,
  openRootFile,
  openVault,
  type Vault,
} from '../../src/server/domains/vault/index.ts'
import { readConfig } from '../../src/server/kernel/config.ts'
import { type Db, openClient, openDb, transact } from '../../src/server/kernel/db.ts'
import { startInstallation } from '../../src/server/start.ts'
import { scratchDirectory } from '../support/cluster.ts'
import { runCommand } from '../support/command.ts'
import { passFor } from '../support/pass.ts'
import { verifyStored } from '../support/records.ts'
import { sampleEntry } from '../support/sample-log.ts'

const large = Buffer.alloc(600_000, 'confidential ')
const place = {
  ...{
    project: 'prj_a',
    owner: { kind: 'item' as const, item: 'itm_a' },
    asset: 'media',
    version: 1,
  },
} as const

const scratches: string[] = []
// Within a test, `after` would belong to that test and come before the stop of what runs in the folder.
after(async () => {
  for (const dir of scratches) await rm(dir, { recursive: true })
})

function scratch(): string {
  const dir = scratchDirectory()
  scratches.push(dir)
  return dir
}

interface Running {
  readonly db: Db
  readonly vault: Vault
  /** The log's verifier key. */
  readonly logKey: string
  stop(): Promise<void>
}

/** The product itself as a demonstration in a directory, and beside it what a test looks at it with. */
async function start(t: TestContext, directory: string): Promise<Running> {
  const read = readConfig(
    {
      ...{ CLOISTER_DEMONSTRATION: 'true', CLOISTER_DIRECTORY: directory },
      ...{ CLOISTER_DOORS_INSIDE_PORT: '0', CLOISTER_DOORS_BUILDING_PORT: '0' },
      CLOISTER_DOORS_OUTSIDE_PORT: '0',
    },
    () => '',
  )
  assert.ok('config' in read)
  let stopped: Promise<void> | undefined
  // Once it is being stopped, a database that is away is no fault any more.
  const fail = (error: unknown) => {
    if (stopped === undefined) throw error
  }
  const now = () => new Date()
  const started = await startInstallation(read.config, { now, onFault: fail, onDeath: fail })
  const socketDirectory = join(directory, 'postgres/run')
  const db = openDb({ socketDirectory, role: 'cloister_admin', database: 'cloister' }, { pool: 4 })
  const keys = join(directory, 'keys')
  const vault = openVault({
    root: await openRootFile({
      file: join(keys, 'root.key'),
      secret: { kind: 'credential', file: join(keys, 'root.credential') },
      ...{ demonstration: true, create: false },
    }),
    ...{ tenant: started.tenant, objects: await openDirectory(join(directory, 'objects')), now },
    keys: await openDirectory(join(keys, 'projects')),
  })
  const stop = () =>
    (stopped ??= (async () => {
      vault.close()
      await db.destroy()
      await started.close()
    })())
  t.after(stop)
  return { db, vault, logKey: /^log (.+)$/m.exec(started.policy)?.[1] ?? '', stop }
}

const put = (db: Db, from: number) =>
  insertPendingBatch(
    db,
    Array.from({ length: 300 }, (_, i) => Buffer.from(sampleEntry(from + i))),
  )

/** Ends one WAL file after another and lets go of them, as a busy database does. */
async function endWal(socketDirectory: string, signal: AbortSignal): Promise<void> {
  const client = await openClient({ socketDirectory, role: 'cloister_admin', database: 'cloister' })
  while (!signal.aborted) {
    await client.query(`select pg_logical_emit_message(false, 'test', 'busy'), pg_switch_wal()`)
    await client.query('checkpoint')
  }
  await client.end()
}

const sizeOf = async (db: Db) => (await transact(db, newestCheckpoint))?.size ?? 0

async function untilAtLeast(db: Db, size: number): Promise<void> {
  while ((await sizeOf(db)) < size) await new Promise((wait) => setTimeout(wait, 20))
}

const open = ({ db, vault }: Running, object: string) =>
  transact(db, async (tx) => {
    const located = { project: 'prj_a', item: 'itm_a' }
    return vault.open(tx, await passFor(tx, 'annotation.media.read', { located }), object)
  })

test('KE80 a backup of a running installation is restored by command: the log verifies and goes on, a sealed object opens', async (t) => {
  const dir = scratch()
  const [old, fresh, copy, keys] = ['old', 'fresh', 'copy', 'keys'].map((name) => join(dir, name))
  assert.ok(old && fresh && copy && keys)
  const first = await start(t, old)
  const object = await transact(first.db, (tx) => first.vault.seal(tx, place, large))
  await put(first.db, 0)
  await untilAtLeast(first.db, 300)
  const during = put(first.db, 300)
  const ends = new AbortController()
  const restless = endWal(join(old, 'postgres/run'), ends.signal)
  const made = await runCommand('backup', copy, '--keys', keys, '--directory', old, '--json')
  ends.abort()
  await Promise.all([during, restless])
  const projectKeys = await readdir(join(keys, 'keys/projects'), { recursive: true })
  assert.ok(
    projectKeys.some((name) => /[0-9a-f]{40}$/.test(name)),
    'wrapped keys of projects',
  )
  assert.equal(made.code, 0, made.said)
  const said = JSON.parse(made.said) as { running: boolean; backup: { files: number } }
  assert.equal(said.running, true)
  assert.ok(said.backup.files > 500)
  assert.ok((await readdir(join(copy, 'database/pg_wal'))).length > 2, 'WAL files ended meanwhile')
  for (const name of await readdir(copy, { recursive: true, withFileTypes: true }))
    if (name.isFile())
      assert.ok(
        !(await readFile(join(name.parentPath, name.name))).includes('confidential confidential'),
        name.name,
      )
  const entries = await first.db.selectFrom('audit.pending').select('body').execute()
  const leaves = await first.db.selectFrom('audit.leaf').select('body').execute()
  const acts = [...entries, ...leaves].map(({ body }) => body.toString())
  assert.equal(acts.filter((body) => body.includes('"site.backup"')).length, 1)
  const again = await runCommand('backup', copy, '--directory', old)
  assert.deepEqual([again.code, /is not empty/.test(again.said)], [1, true], again.said)
  const third = join(dir, 'third')
  const taken = await runCommand('backup', third, '--keys', keys, '--directory', old)
  assert.deepEqual([taken.code, /is not empty/.test(taken.said)], [1, true], taken.said)
  await assert.rejects(readdir(third), { code: 'ENOENT' })
  await first.stop()

  const restored = await runCommand('restore', copy, '--keys', keys, '--directory', fresh)
  assert.equal(restored.code, 0, restored.said)
  const second = await start(t, fresh)
  const { checkpoint } = await verifyStored(second.db, { log: { verifierKey: first.logKey } })
  assert.ok(checkpoint.size >= 300)
  await put(second.db, 600)
  await untilAtLeast(second.db, checkpoint.size + 300)
  assert.ok(await verifyStored(second.db, { log: { verifierKey: second.logKey } }))
  assert.deepEqual(await open(second, object), large)
})

test('KE81 a stopped installation is backed up and restored by the same commands', async (t) => {
  const dir = scratch()
  const [old, fresh, copy, keys] = ['old', 'fresh', 'copy', 'keys'].map((name) => join(dir, name))
  assert.ok(old && fresh && copy && keys)
  const first = await start(t, old)
  const object = await transact(first.db, (tx) => first.vault.seal(tx, place, large))
  await first.stop()
  const made = await runCommand('backup', copy, '--keys', keys, '--directory', old)
  assert.equal(made.code, 0, made.said)
  const list = await readFile(join(copy, 'backup.json'), 'utf8')
  assert.ok(
    !/postmaster.pid|root[.]key|[.]sealed|projects/.test(list),
    'neither process nor key is in it',
  )
  const restored = await runCommand('restore', copy, '--keys', keys, '--directory', fresh, '--json')
  assert.equal(restored.code, 0, restored.said)
  assert.deepEqual(await open(await start(t, fresh), object), large)
})

test('KE82 a backup that is not whole, or a place that is taken, is refused before anything is written', async (t) => {
  const dir = scratch()
  const [old, fresh, copy, keys] = ['old', 'fresh', 'copy', 'keys'].map((name) => join(dir, name))
  assert.ok(old && fresh && copy && keys)
  const refused = async (pattern: RegExp, ...args: string[]) => {
    const { code, said } = await runCommand(...args)
    assert.equal(code, 1, said)
    assert.match(said, pattern)
    assert.equal(said.trim().split('\n').length, 1, said)
  }
  await refused(/holds no installation/, 'backup', copy, '--directory', join(dir, 'nothing'))
  await (await start(t, old)).stop()
  const within = join(old, 'copy')
  await refused(/lies within/, 'backup', within, '--directory', old)
  const together = ['--keys', join(copy, 'keys'), '--directory', old]
  await refused(/two folders apart/, 'backup', copy, ...together)
  const made = await runCommand('backup', copy, '--keys', keys, '--directory', old)
  assert.equal(made.code, 0, made.said)

  const back = (from: string, to: string) => ['restore', from, '--directory', to]
  await refused(/is not empty/, ...back(copy, old))
  await refused(/has no part 'database'/, ...back(keys, fresh))
  const changed = join(dir, 'changed')
  await cp(copy, changed, { recursive: true })
  await writeFile(join(changed, 'database/PG_VERSION'), '17\n')
  await refused(/PG_VERSION of the backup is changed/, ...back(changed, fresh), '--keys', keys)
  const otherKeys = join(dir, 'other-keys')
  await cp(keys, otherKeys, { recursive: true })
  await writeFile(join(otherKeys, 'keys/more'), 'x')
  await refused(/keys\/more is not part/, ...back(copy, fresh), '--keys', otherKeys)
  await rm(join(changed, 'database/PG_VERSION'))
  await refused(/PG_VERSION of the backup is missing/, ...back(changed, fresh))
  await writeFile(
    join(changed, 'database/PG_VERSION'),
    await readFile(join(copy, 'database/PG_VERSION')),
  )
  await writeFile(join(changed, 'objects/more'), 'x')
  await refused(/objects\/more is not part of the backup/, ...back(changed, fresh))
  await rm(join(changed, 'backup.json'))
  await refused(/no whole backup/, ...back(changed, fresh))
  assert.deepEqual(await readdir(join(fresh, 'postgres')), [])
  const good = await runCommand(...back(copy, fresh), '--keys', keys)
  assert.equal(good.code, 0, good.said)
})
