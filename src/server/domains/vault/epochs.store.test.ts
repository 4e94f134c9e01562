import assert from 'node:assert/strict'
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { sql } from 'kysely'
import { testDatabase } from '../../../../test/support/database.ts'
import { openVaultIn } from '../../../../test/support/operator-door.ts'
import { transactIn } from '../../../../test/support/opened.ts'
import { passFor } from '../../../../test/support/pass.ts'
import { Problem } from '#shared/problems.ts'
import { type Db, transact } from '../../kernel/db.ts'
import { transactOverAll } from '../access/index.ts'
import { holdEpochs, type Vault } from './index.ts'

const project = 'prj_a'
const item = (id: string) => ({ kind: 'item', item: id }) as const
const place = (id: string) => ({ project, owner: item(id), asset: 'content', version: 1 })
const words = (id: string) => Buffer.from(`what was said in ${id}`)

async function openTestVault(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'cloister-epochs-'))
  t.after(() => rm(folder, { recursive: true }))
  const database = await testDatabase(t)
  const vault = await openVaultIn(folder)
  t.after(() => {
    vault.close()
  })
  const admin = database.db('cloister_admin')
  return { folder, database, vault, db: database.db('cloister_jobs'), admin }
}

const seal = (db: Db, vault: Vault, id: string) =>
  transactIn(db, project, (tx) => vault.seal(tx, place(id), words(id)))

const open = (db: Db, vault: Vault, id: string, object: string) =>
  transactIn(db, project, async (tx) => {
    const located = { project, item: id }
    return vault.open(tx, await passFor(tx, 'annotation.task.open', { located }), object)
  })

const keys = { id: project, located: { project } }
const begin = (db: Db, { epochs }: Vault) =>
  transactIn(db, project, async (tx) =>
    epochs.begin(await passFor(tx, 'vault.epoch.begin', keys), tx),
  )
const rewrap = (db: Db, { epochs }: Vault) =>
  transactIn(db, project, async (tx) =>
    epochs.rewrap(await passFor(tx, 'vault.epoch.rewrap', keys), tx),
  )
const end = (db: Db, { epochs }: Vault) =>
  transactIn(db, project, async (tx) => epochs.end(await passFor(tx, 'vault.epoch.end', keys), tx))
const destroy = (db: Db, { epochs }: Vault) =>
  transactIn(db, project, async (tx) =>
    epochs.destroy(await passFor(tx, 'vault.key.destroy', keys), tx),
  )

/** Rolls to the end, as the job does. */
async function roll(db: Db, vault: Vault): Promise<void> {
  await begin(db, vault)
  for (;;) {
    while ((await rewrap(db, vault)) > 0);
    const ended = await end(db, vault).catch(() => null)
    if (ended !== null) break
    await pause(10)
  }
  await destroy(db, vault)
}

/** Something to wait for that somebody else opens. */
function gateway() {
  let open = () => {
    // Replaced before anybody can call it.
  }
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { open, opened }
}

async function filesOf(folder: string): Promise<string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true })
  return found.filter((entry) => entry.isFile()).map((entry) => entry.name)
}

test('VA70 after a new epoch everything that is left opens, in this process and in the next', async (t) => {
  const { vault, db, folder, admin } = await openTestVault(t)
  const ids = Array.from({ length: 2300 }, (_, n) => `itm_${String(n)}`)
  const arrival = await transactIn(db, project, (tx) => vault.receive(tx, project, ids))
  for (const id of ids) arrival.seal(id, 'content', words(id))
  await transactIn(db, project, (tx) => arrival.keep(tx))
  const rows = await admin.selectFrom('vault.object').select(['id', 'owner']).execute()
  const objects = new Map(rows.map(({ id, owner }) => [owner, id]))
  const guideline = {
    project,
    owner: { kind: 'class', name: 'guidelines' },
    asset: 'text',
  } as const
  const rules = await transactIn(db, project, (tx) =>
    vault.seal(tx, { ...guideline, version: 1 }, words('g')),
  )
  const [first] = await filesOf(join(folder, 'keys'))
  assert.equal(await begin(db, vault), 2)
  assert.deepEqual(
    [await rewrap(db, vault), await rewrap(db, vault), await rewrap(db, vault)],
    [1000, 1000, 301],
  )
  assert.equal(await rewrap(db, vault), 0)
  assert.deepEqual(await end(db, vault), [1])
  assert.deepEqual(await destroy(db, vault), [1])
  assert.deepEqual(await destroy(db, vault), [])
  const left = await filesOf(join(folder, 'keys'))
  assert.equal(left.length, 1)
  assert.notEqual(left[0], first)
  for (const v of [vault, await openVaultIn(folder)]) {
    for (const id of ids.filter((_, n) => n % 200 === 0))
      assert.deepEqual(await open(db, v, id, objects.get(id) ?? ''), words(id))
    const opened = await transactIn(db, project, async (tx) =>
      v.open(tx, await passFor(tx, 'annotation.guideline.read', { located: { project } }), rules),
    )
    assert.deepEqual(opened, words('g'))
    v.close()
  }
})

test('VA71 what was erased before a new epoch opens from no copy of the database, whatever keys there are today', async (t) => {
  const { vault, db, admin, folder } = await openTestVault(t)
  const object = await seal(db, vault, 'itm_erased')
  await seal(db, vault, 'itm_other')
  const all = async () => ({
    projectKeys: await admin.selectFrom('vault.project_key').selectAll().execute(),
    ownerKeys: await admin.selectFrom('vault.owner_key').selectAll().execute(),
    objects: await admin.selectFrom('vault.object').selectAll().execute(),
  })
  const copy = await all()
  await cp(join(folder, 'keys'), join(folder, 'keys of then'), { recursive: true })
  await transactIn(db, project, (tx) => vault.removeItems(tx, project, ['itm_erased']))
  await roll(db, vault)

  const { projectKeys } = await all()
  await transact(admin, async (tx) => {
    for (const table of ['vault.object', 'vault.owner_key', 'vault.project_key'] as const)
      await tx.deleteFrom(table).execute()
    await tx.insertInto('vault.project_key').values(copy.projectKeys).execute()
    await tx
      .insertInto('vault.project_key')
      .values(projectKeys.filter(({ epoch }) => epoch > 1))
      .execute()
    await tx.insertInto('vault.owner_key').values(copy.ownerKeys).execute()
    await tx.insertInto('vault.object').values(copy.objects).execute()
  })
  const restored = await openVaultIn(folder)
  await assert.rejects(open(db, restored, 'itm_erased', object), { kind: 'key-missing' })
  restored.close()

  // The keys of that time are what it takes: so they are kept apart, and not for long.
  await cp(join(folder, 'keys of then'), join(folder, 'keys'), { recursive: true })
  const withKeys = await openVaultIn(folder)
  assert.deepEqual(await open(db, withKeys, 'itm_erased', object), words('itm_erased'))
  withKeys.close()
})

test('VA72 while people seal, open, bring in and remove, epoch after epoch ends and nothing is lost', async (t) => {
  const { vault, db, database, admin, folder } = await openTestVault(t)
  const inside = database.db('cloister_inside')
  const others = await openVaultIn(folder)
  t.after(() => {
    others.close()
  })
  const kept = new Map<string, string>()
  await seal(db, vault, 'itm_first')
  let rolling = true
  let count = 0
  const work = async (of: Vault, name: string) => {
    for (let n = 0; rolling; n += 1) {
      const id = `itm_${name}_${String(n)}`
      kept.set(id, await seal(inside, of, id))
      const [some] = [...kept].slice(Math.floor(kept.size / 2))
      if (some) assert.deepEqual(await open(inside, of, ...some), words(some[0]))
      count += 1
    }
  }
  const bringIn = async (of: Vault, name: string) => {
    for (let n = 0; rolling; n += 1) {
      const batch = Array.from({ length: 20 }, (_, k) => `itm_in_${name}_${String(n)}_${String(k)}`)
      const arrival = await transactIn(db, project, (tx) => of.receive(tx, project, batch))
      for (const id of batch) arrival.seal(id, 'content', words(id))
      await pause(n % 7)
      const kind = await transactIn(db, project, (tx) => arrival.keep(tx)).then(
        () => 'kept',
        (error: unknown) => (error instanceof Problem ? error.kind : error),
      )
      if (kind === 'conflict') continue
      assert.equal(kind, 'kept')
      if (n % 3 === 0) await transactIn(db, project, (tx) => of.removeItems(tx, project, batch))
    }
  }
  const rollAll = async () => {
    try {
      for (let n = 0; n < 6; n += 1) await roll(db, vault)
    } finally {
      rolling = false
    }
  }
  await Promise.all([
    ...[work(vault, 'a'), work(others, 'b'), work(others, 'c')],
    ...[bringIn(vault, 'a'), bringIn(others, 'b'), rollAll()],
  ])
  assert.ok(count > 20, `only ${String(count)} sealings met the rolling`)
  const [newest] = await admin
    .selectFrom('vault.project_key')
    .select('epoch')
    .orderBy('epoch', 'desc')
    .execute()
  assert.equal(newest?.epoch, 7)
  const fresh = await openVaultIn(folder)
  for (const [id, object] of kept) assert.deepEqual(await open(db, fresh, id, object), words(id))
  const arrived = await admin
    .selectFrom('vault.object')
    .select(['id', 'owner'])
    .where('owner', 'like', 'itm_in_%')
    .execute()
  for (const { id, owner } of arrived)
    assert.deepEqual(await open(db, fresh, owner, id), words(owner))
  fresh.close()
})

test('VA73 keys that were drawn under an epoch that ended meanwhile are not kept', async (t) => {
  const { vault, db, admin } = await openTestVault(t)
  await seal(db, vault, 'itm_a')
  const arrival = await transactIn(db, project, (tx) => vault.receive(tx, project, ['itm_b']))
  arrival.seal('itm_b', 'content', words('itm_b'))
  await roll(db, vault)
  await assert.rejects(
    transactIn(db, project, (tx) => arrival.keep(tx)),
    { kind: 'conflict' },
  )
  await arrival.discard()
  const rows = await admin.selectFrom('vault.owner_key').select('owner').execute()
  assert.deepEqual(rows, [{ owner: 'itm_a' }])
})

test('VA79 a key that is being drawn holds the next epoch off until it is stored', async (t) => {
  const { vault, db, admin, folder } = await openTestVault(t)
  await seal(db, vault, 'itm_a')
  const stored = gateway()
  const drawn = gateway()
  const sealing = transactIn(db, project, async (tx) => {
    const object = await vault.seal(tx, place('itm_b'), words('itm_b'))
    drawn.open()
    await stored.opened
    return object
  })
  await drawn.opened
  const order: string[] = []
  const rolling = roll(db, vault).then(() => order.push('rolled'))
  const waiting = () =>
    sql`select from pg_locks where locktype = 'advisory' and not granted`.execute(admin)
  while ((await waiting()).rows.length === 0) await pause(10)
  order.push('stored')
  stored.open()
  const object = await sealing
  await rolling
  assert.deepEqual(order, ['stored', 'rolled'])
  const fresh = await openVaultIn(folder)
  assert.deepEqual(await open(db, fresh, 'itm_b', object), words('itm_b'))
  fresh.close()
})

test('VA74 an epoch ends only when nothing is left under it, and another begins only then', async (t) => {
  const { vault, db } = await openTestVault(t)
  await assert.rejects(begin(db, vault), { kind: 'not-found' })
  await seal(db, vault, 'itm_a')
  assert.deepEqual(await end(db, vault), [])
  await begin(db, vault)
  const waiting = { missing: 'rewrapped-keys', waiting: 1 }
  await assert.rejects(end(db, vault), { kind: 'not-ready', details: waiting })
  await assert.rejects(begin(db, vault), { kind: 'not-ready' })
  await rewrap(db, vault)
  await end(db, vault)
  const second = await Promise.allSettled([begin(db, vault), begin(db, vault), begin(db, vault)])
  assert.deepEqual(second.map(({ status }) => status).sort(), ['fulfilled', 'rejected', 'rejected'])
})

test('VA75 no epoch ends while a backup is being taken', async (t) => {
  const { vault, db, database } = await openTestVault(t)
  await seal(db, vault, 'itm_a')
  await begin(db, vault)
  await rewrap(db, vault)
  const held = await holdEpochs(database.connection('cloister_admin'))
  await assert.rejects(end(db, vault), { kind: 'not-ready', details: { missing: 'end-of-backup' } })
  await held.release()
  assert.deepEqual(await end(db, vault), [1])
})

test('VA83 a start is told of every project of which a key has no file', async (t) => {
  const { vault, db, folder } = await openTestVault(t)
  await seal(db, vault, 'itm_a')
  const lost = () => transactOverAll(db, (tx) => vault.epochs.lost(tx))
  assert.deepEqual(await lost(), [])
  await roll(db, vault)
  assert.deepEqual(await lost(), [], 'what was destroyed on purpose is not missing')
  await rm(join(folder, 'keys'), { recursive: true })
  assert.deepEqual(await lost(), [project])
})
