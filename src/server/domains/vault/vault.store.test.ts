import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { testDatabase } from '../../../../test/support/database.ts'
import { transactIn } from '../../../../test/support/opened.ts'
import { passFor } from '../../../../test/support/pass.ts'
import { transact } from '../../kernel/db.ts'
import { openDirectory, openRootFile, openVault } from './index.ts'

async function openTestVault(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'cloister-vault-'))
  t.after(() => rm(folder, { recursive: true }))
  const secret = join(folder, 'credential')
  await writeFile(secret, Buffer.alloc(32, 7), { mode: 0o600 })
  const root = await openRootFile({
    ...{ file: join(folder, 'root.key'), secret: { kind: 'credential', file: secret } },
    ...{ demonstration: true, create: true },
  })
  const objects = await openDirectory(join(folder, 'objects'))
  const keys = await openDirectory(join(folder, 'keys'))
  const open = () => openVault({ root, tenant: 'test', objects, keys, now: () => new Date() })
  const database = await testDatabase(t)
  return { folder, open, vault: open(), db: database.db('cloister_inside'), database }
}

const item = (id: string) => ({ kind: 'item', item: id }) as const
const text = Buffer.from('words that nobody outside may read')

test('VA60 what was sealed opens for a pass that names its project and item, also after a restart', async (t) => {
  const { vault, open, db } = await openTestVault(t)
  const place = { project: 'prj_a', owner: item('itm_a'), asset: 'content', version: 1 }
  const id = await transactIn(db, 'prj_a', (tx) => vault.seal(tx, place, text))
  for (const v of [vault, open()]) {
    const opened = await transactIn(db, 'prj_a', async (tx) =>
      v.open(
        tx,
        await passFor(tx, 'annotation.task.open', { located: { project: 'prj_a', item: 'itm_a' } }),
        id,
      ),
    )
    assert.deepEqual(opened, text)
  }
})

test('VA61 a pass for another item or project, an ended one and a look-alike open nothing', async (t) => {
  const { vault, db } = await openTestVault(t)
  const place = { project: 'prj_a', owner: item('itm_a'), asset: 'content', version: 1 }
  const id = await transactIn(db, 'prj_a', (tx) => vault.seal(tx, place, text))
  const [longAgo, past] = [new Date(Date.now() - 2000), new Date(Date.now() - 1000)]
  await transactIn(db, 'prj_a', async (tx) => {
    const named = { project: 'prj_a', item: 'itm_a' }
    const good = await passFor(tx, 'annotation.task.open', { located: named })
    const bad = [
      await passFor(tx, 'annotation.task.open', { located: { project: 'prj_a', item: 'itm_b' } }),
      await passFor(tx, 'annotation.task.open', { located: { project: 'prj_b', item: 'itm_a' } }),
      await passFor(tx, 'annotation.task.open', { located: { project: 'prj_a', item: null } }),
      await passFor(tx, 'annotation.task.open', {
        located: named,
        until: past,
        now: () => longAgo,
      }),
      Object.create(
        Object.getPrototypeOf(good) as object,
        Object.getOwnPropertyDescriptors(good),
      ) as typeof good,
    ]
    for (const pass of bad) await assert.rejects(vault.open(tx, pass, id), { kind: 'pass-refused' })
  })
})

test('VA62 a job opens every item of the project that it was ordered for, and of no other', async (t) => {
  const { vault, db } = await openTestVault(t)
  await transactIn(db, ['prj_a', 'prj_b'], async (tx) => {
    const mine = await vault.seal(
      tx,
      { project: 'prj_a', owner: item('itm_a'), asset: 'content', version: 1 },
      text,
    )
    const other = await vault.seal(
      tx,
      { project: 'prj_b', owner: item('itm_b'), asset: 'content', version: 1 },
      text,
    )
    const pass = await passFor(tx, 'delivery.build', { kind: 'job', located: { project: 'prj_a' } })
    assert.deepEqual(await vault.open(tx, pass, mine), text)
    await assert.rejects(vault.open(tx, pass, other), { kind: 'pass-refused' })
  })
})

test('VA63 a large stream lies in the object store only as ciphertext and is read by range', async (t) => {
  const { vault, db, folder } = await openTestVault(t)
  const large = Buffer.alloc(1_000_003, 'confidential ')
  const source = (async function* () {
    for (let at = 0; at < large.length; at += 65_536) yield large.subarray(at, at + 65_536)
    await Promise.resolve()
  })()
  const place = { project: 'prj_a', owner: item('itm_a'), asset: 'media', version: 1 }
  const { object, length } = await transactIn(db, 'prj_a', (tx) =>
    vault.sealStream(tx, place, source),
  )
  assert.equal(length, large.length)
  const opened = await transactIn(db, 'prj_a', async (tx) =>
    vault.openRange(
      tx,
      await passFor(tx, 'annotation.media.read', { located: { project: 'prj_a', item: 'itm_a' } }),
      object,
    ),
  )
  const pieces: Uint8Array[] = []
  for await (const piece of opened.range(500_000, 700_001)) pieces.push(piece)
  assert.deepEqual(Buffer.concat(pieces), large.subarray(500_000, 700_001))
  const names = await readdir(join(folder, 'objects'), { recursive: true, withFileTypes: true })
  for (const file of names.filter((entry) => entry.isFile()))
    assert.ok(!(await readFile(join(file.parentPath, file.name))).includes('confidential'))
})

test('VA64 a key drawn in a transaction that was rolled back is never used again', async (t) => {
  const { vault, open, db } = await openTestVault(t)
  const owner = { kind: 'class', name: 'guidelines' } as const
  const place = { project: 'prj_a', owner, asset: 'guideline', version: 1 }
  await assert.rejects(
    transactIn(db, 'prj_a', async (tx) => {
      await vault.seal(tx, place, text)
      await vault.seal(tx, { ...place, version: 2 }, text)
      throw new Error('no')
    }),
  )
  const id = await transactIn(db, 'prj_a', (tx) => vault.seal(tx, place, text))
  const opened = await transactIn(db, 'prj_a', async (tx) =>
    open().open(
      tx,
      await passFor(tx, 'annotation.guideline.read', { located: { project: 'prj_a' } }),
      id,
    ),
  )
  assert.deepEqual(opened, text)
})

test('VA65 objects of transactions that never ended are removed at the next start, the others stay', async (t) => {
  const { vault, db } = await openTestVault(t)
  const large = Buffer.alloc(400_000, 1)
  const place = (id: string) => ({ project: 'prj_a', owner: item(id), asset: 'media', version: 1 })
  await assert.rejects(
    transactIn(db, 'prj_a', async (tx) => {
      await vault.seal(tx, place('itm_a'), large)
      throw new Error('no')
    }),
  )
  await transactIn(db, 'prj_a', (tx) => vault.seal(tx, place('itm_b'), large))
  assert.equal(await transact(db, (tx) => vault.reconcile(tx)), 1)
  assert.equal(await transact(db, (tx) => vault.reconcile(tx)), 0)
})

test('VA66 removing an item with its key leaves nothing that opens', async (t) => {
  const { vault, database } = await openTestVault(t)
  const db = database.db('cloister_operator')
  const place = { project: 'prj_a', owner: item('itm_a'), asset: 'content', version: 1 }
  const id = await transactIn(db, 'prj_a', (tx) => vault.seal(tx, place, text))
  await transactIn(db, 'prj_a', (tx) => vault.remove(tx, place, true))
  await transactIn(db, 'prj_a', async (tx) => {
    const pass = await passFor(tx, 'annotation.task.open', {
      located: { project: 'prj_a', item: 'itm_a' },
    })
    await assert.rejects(vault.open(tx, pass, id), { kind: 'object-missing' })
  })
})

test('VA67 the outside door has no right on keys or sealed bytes', async (t) => {
  const { database } = await openTestVault(t)
  const db = database.db('cloister_outside')
  for (const table of ['vault.object', 'vault.owner_key', 'vault.project_key'] as const)
    await assert.rejects(db.selectFrom(table).selectAll().execute(), /permission denied/)
})

test('VA68 one transaction that seals several things at once of a project without a key draws its first key once', async (t) => {
  const { vault, db, database } = await openTestVault(t)
  const places = ['itm_a', 'itm_b', 'itm_c'].map((id) => ({
    ...{ project: 'prj_new', owner: item(id), asset: 'content', version: 1 },
  }))
  const ids = await transactIn(db, 'prj_new', (tx) =>
    Promise.all(places.map((place) => vault.seal(tx, place, text))),
  )
  const epochs = await database
    .db('cloister_admin')
    .selectFrom('vault.project_key')
    .select(['project', 'epoch'])
    .execute()
  assert.deepEqual(epochs, [{ project: 'prj_new', epoch: 1 }])
  for (const [at, { owner }] of places.entries()) {
    const located = { project: 'prj_new', item: owner.item }
    const opened = await transactIn(db, 'prj_new', async (tx) =>
      vault.open(tx, await passFor(tx, 'annotation.task.open', { located }), ids[at] ?? ''),
    )
    assert.deepEqual(opened, text)
  }
})
