import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  holdEpochs,
  openDirectory,
  openRootFile,
  openVault,
} from '../../src/server/domains/vault/index.ts'
import { readConfig } from '../../src/server/kernel/config.ts'
import { openDb } from '../../src/server/kernel/db.ts'
import { newId } from '../../src/server/kernel/random.ts'
import { startInstallation } from '../../src/server/start.ts'
import { scratchDirectory } from '../support/cluster.ts'
import { testDatabase } from '../support/database.ts'
import { keyActs } from '../support/key-workshop.ts'
import { openVaultIn } from '../support/operator-door.ts'
import { transactIn } from '../support/opened.ts'
import { passFor } from '../support/pass.ts'

const root = new URL('../..', import.meta.url).pathname
const project = 'prj_a'
const words = (id: string) => Buffer.from(`what was said in ${id}`)

test('VA80 a rolling that is killed again and again, each time a few statements later, goes on where it stopped and loses no key', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'cloister-crash-'))
  t.after(() => rm(folder, { recursive: true }))
  const database = await testDatabase(t)
  const at = database.connection('cloister_jobs')
  assert.ok('socketDirectory' in at)
  const db = database.db('cloister_jobs')
  const vault = await openVaultIn(folder)
  const ids = Array.from({ length: 2300 }, (_, n) => `itm_${String(n)}`)
  const arrival = await transactIn(db, project, (tx) => vault.receive(tx, project, ids))
  for (const id of ids) arrival.seal(id, 'content', words(id))
  await transactIn(db, project, (tx) => arrival.keep(tx))
  const keys = { id: project, located: { project } }
  await transactIn(db, project, async (tx) =>
    vault.epochs.begin(await passFor(tx, 'vault.epoch.begin', keys), tx),
  )
  vault.close()

  let killed = 0
  for (let statement = 2; ; statement += 6) {
    const child: ChildProcess = spawn(
      process.execPath,
      [
        ...['-C', 'source', '--import', 'tsx', 'test/support/mortal-roll.ts'],
        ...[at.socketDirectory, at.database, folder, project, String(statement)],
      ],
      { cwd: root, stdio: 'inherit' },
    )
    await once(child, 'exit')
    if (child.signalCode === null) {
      assert.equal(child.exitCode, 0)
      break
    }
    assert.equal(child.signalCode, 'SIGKILL')
    killed += 1
  }
  assert.ok(killed >= 3, `it was killed only ${String(killed)} times`)

  const admin = database.db('cloister_admin')
  const epochs = await admin.selectFrom('vault.owner_key').select('epoch').distinct().execute()
  assert.deepEqual(epochs, [{ epoch: 2 }])
  const files = await readdir(join(folder, 'keys'), { recursive: true, withFileTypes: true })
  assert.equal(files.filter((entry) => entry.isFile()).length, 1)
  const fresh = await openVaultIn(folder)
  const rows = await admin.selectFrom('vault.object').select(['id', 'owner']).execute()
  assert.equal(rows.length, 2300)
  for (const { id, owner } of rows.filter((_, n) => n % 23 === 0))
    assert.deepEqual(
      await transactIn(db, project, async (tx) => {
        const located = { project, item: owner }
        return fresh.open(tx, await passFor(tx, 'annotation.task.open', { located }), id)
      }),
      words(owner),
    )
  fresh.close()
  const acts = await keyActs(admin)
  const of = (action: string) => acts.filter((act) => act.includes(` ${action} `)).length
  // Three batches of items, and the keys of the project's classes with one of them or after.
  assert.ok(of('vault.epoch.rewrap') >= 3 && of('vault.epoch.rewrap') <= 5, acts.join('\n'))
  assert.deepEqual([of('vault.epoch.end'), of('vault.key.destroy')], [1, 1])
})

/** The command as people give it. */
async function run(
  ...args: string[]
): Promise<{ code: number | null; said: string; fault: string }> {
  const child: ChildProcess = spawn(process.execPath, ['dist/cli/main.js', ...args, '--json'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [said, fault] = ['', '']
  child.stdout?.on('data', (piece: Buffer) => (said += piece.toString()))
  child.stderr?.on('data', (piece: Buffer) => (fault += piece.toString()))
  await once(child, 'close')
  return { code: child.exitCode, said, fault }
}

async function cloister(...args: string[]): Promise<Record<string, unknown>> {
  const { code, said, fault } = await run(...args)
  assert.equal(code, 0, fault)
  return JSON.parse(said) as Record<string, unknown>
}

test('VA82 the command takes a project’s key to its next epoch while the installation runs, and after a stated time says what is left', async (t) => {
  const directory = scratchDirectory()
  t.after(() => rm(directory, { recursive: true }))
  const port = (door: string) => ({ [`CLOISTER_DOORS_${door}_PORT`]: '0' })
  const read = readConfig(
    {
      ...{ CLOISTER_DEMONSTRATION: 'true', CLOISTER_DIRECTORY: directory },
      ...{ ...port('INSIDE'), ...port('BUILDING'), ...port('OUTSIDE') },
    },
    () => '',
  )
  assert.ok('config' in read)
  const now = () => new Date()
  const faults: unknown[] = []
  const installation = await startInstallation(read.config, {
    now,
    onDeath: (reason) => faults.push(reason),
    onFault: (error) => faults.push(error),
  })
  const postgres = { socketDirectory: join(directory, 'postgres/run'), database: 'cloister' }
  const db = openDb({ ...postgres, role: 'cloister_jobs' }, { pool: 2 })
  const credential = { kind: 'credential', file: join(directory, 'keys/root.credential') } as const
  const vault = openVault({
    ...{ tenant: installation.tenant, now },
    root: await openRootFile({
      ...{ file: join(directory, 'keys/root.key'), secret: credential },
      ...{ demonstration: true, create: false },
    }),
    objects: await openDirectory(join(directory, 'objects')),
    keys: await openDirectory(join(directory, 'keys/projects')),
  })
  try {
    const id = newId('prj')
    const owner = { kind: 'item', item: 'itm_a' } as const
    const object = await transactIn(db, id, (tx) =>
      vault.seal(tx, { project: id, owner, asset: 'content', version: 1 }, words('itm_a')),
    )
    const socket = ['--socket', installation.operatorSocket]
    const own = async () => {
      const { keys } = await cloister('keys', 'list', ...socket)
      return (keys as Record<string, unknown>[])
        .filter((row) => row['keys'] === id)
        .map(({ epoch, begunBy, earlier, condemned, waiting }) => ({
          ...{ epoch, begunBy, earlier, condemned, waiting },
        }))
    }
    const nothingLeft = { earlier: [], condemned: [], waiting: 0 }
    assert.deepEqual(await own(), [{ epoch: 1, begunBy: 'vault', ...nothingLeft }])
    const rolled = await cloister('keys', 'roll', id, ...socket)
    assert.deepEqual(rolled, { keys: id, epoch: 2, ended: true })
    assert.deepEqual(await own(), [{ epoch: 2, begunBy: 'operator', ...nothingLeft }])
    const opened = await transactIn(db, id, async (tx) => {
      const located = { project: id, item: 'itm_a' }
      return vault.open(tx, await passFor(tx, 'annotation.task.open', { located }), object)
    })
    assert.deepEqual(opened, words('itm_a'))
    const backup = await holdEpochs({ ...postgres, role: 'cloister_admin' })
    const late = await run('keys', 'roll', id, '--minutes', '0.02', ...socket)
    await backup.release()
    assert.equal(late.code, 1, late.said)
    assert.match(
      late.fault,
      /epoch 3 of .* has begun, but after 0.02 minutes .*epoch 2.*; the server goes on/,
    )
    assert.deepEqual(faults, [])
  } finally {
    vault.close()
    await db.destroy()
    await installation.close()
  }
})
