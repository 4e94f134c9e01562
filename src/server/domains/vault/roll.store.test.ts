import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { sql } from 'kysely'
import { testDatabase } from '../../../../test/support/database.ts'
import { keyActs, keyWorkshop } from '../../../../test/support/key-workshop.ts'
import { openVaultIn } from '../../../../test/support/operator-door.ts'
import { transact } from '../../kernel/db.ts'
import { startJobs } from '../../kernel/jobs.ts'
import { openGate } from '../access/index.ts'
import { keysSource, rollDueKeys, rollKeys } from './index.ts'

const day = 86_400_000

async function openShop(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'cloister-roll-'))
  t.after(() => rm(folder, { recursive: true }))
  const database = await testDatabase(t)
  const clock = { at: new Date() }
  const now = () => clock.at
  const vault = await openVaultIn(folder, now)
  t.after(() => {
    vault.close()
  })
  const db = database.db('cloister_jobs')
  const shop = keyWorkshop(db, vault, now)
  const seal = (project: string, id: string) =>
    transact(db, (tx) => {
      const owner = { kind: 'item', item: id } as const
      return vault.seal(tx, { project, owner, asset: 'content', version: 1 }, Buffer.from(id))
    })
  /** Does what is ordered until nothing of it is left. */
  const work = async () => {
    const failed: unknown[] = []
    const kinds = {
      'vault.roll': (payload: unknown, signal: AbortSignal) => {
        const { project, by } = payload as { project: string; by: string }
        return rollKeys(shop, project, by, signal)
      },
    }
    const jobs = await startJobs(database.connection('cloister_jobs'), kinds, {
      concurrency: 2,
      onFailure: (_, error) => failed.push(error),
      onFault: (error) => failed.push(error),
    })
    const admin = database.db('cloister_admin')
    const left = () =>
      admin
        .selectFrom('vault.project_key')
        .select('project')
        .where('destroyed_at', 'is', null)
        .groupBy('project')
        .having((eb) => eb.fn.countAll(), '>', 1)
        .execute()
    const held = () =>
      admin
        .selectFrom('vault.project_key')
        .select('project')
        .where('destroyed_at', 'is not', null)
        .where('location', 'is not', null)
        .execute()
    while (failed.length === 0 && (await left()).length + (await held()).length > 0)
      await new Promise((wait) => setTimeout(wait, 20))
    await jobs.stop()
    assert.deepEqual(failed, [])
  }
  const epochs = () =>
    db
      .selectFrom('vault.project_key')
      .select(['project', 'epoch', 'begun_by', 'location'])
      .orderBy('project')
      .orderBy('epoch')
      .execute()
  return { db, shop, clock, seal, work, epochs, admin: database.db('cloister_admin') }
}

test('VA76 a key that is older than the installation allows has a new epoch without anybody’s order, and each step stands in the log', async (t) => {
  const { shop, seal, work, epochs, clock, admin } = await openShop(t)
  await seal('prj_a', 'itm_a')
  await seal('prj_b', 'itm_b')
  await seal('site', 'itm_c')
  await rollDueKeys(shop, 30)
  assert.deepEqual(await keyActs(admin), [], 'nothing is due on the first day')
  clock.at = new Date(clock.at.getTime() + 31 * day)
  await rollDueKeys(shop, 30)
  await work()
  assert.deepEqual(
    (await epochs()).map(({ project, epoch, begun_by, location }) => [
      project,
      epoch,
      begun_by,
      location !== null,
    ]),
    ['prj_a', 'prj_b', 'site'].flatMap((project) => [
      [project, 1, 'vault', false],
      [project, 2, 'schedule', true],
    ]),
  )
  const all = await keyActs(admin)
  for (const keys of ['prj_a', 'site']) {
    const acts = all.filter((act) => act.includes(keys))
    assert.deepEqual(
      acts,
      ['vault.epoch.due', 'vault.epoch.rewrap', 'vault.epoch.end', 'vault.key.destroy'].map(
        (action) => `schedule ${action} Keys::${keys} done`,
      ),
    )
  }
})

test('VA77 a rolling that did not come to its end is taken up again, in the name of who ordered it', async (t) => {
  const { db, shop, seal, work, epochs, admin } = await openShop(t)
  await seal('prj_a', 'itm_a')
  await transact(db, async (tx) => {
    const { passFor } = await import('../../../../test/support/pass.ts')
    const keys = { id: 'prj_a', located: { project: 'prj_a' }, actor: 'per_olga' }
    return shop.epochs.begin(await passFor(tx, 'vault.epoch.begin', keys), tx)
  })
  await rollDueKeys(shop, 30)
  await rollDueKeys(shop, 30)
  await work()
  assert.deepEqual(
    (await epochs()).map(({ epoch, location }) => [epoch, location !== null]),
    [
      [1, false],
      [2, true],
    ],
  )
  assert.deepEqual(
    await keyActs(admin),
    ['vault.epoch.rewrap', 'vault.epoch.end', 'vault.key.destroy'].map(
      (action) => `per_olga ${action} Keys::prj_a done`,
    ),
  )
})

test('VA85 a project whose key cannot be rolled holds no other up, and its failure or refusal stands in the log', async (t) => {
  const { shop, seal, epochs, clock, admin } = await openShop(t)
  for (const project of ['prj_a', 'prj_b', 'prj_c']) await seal(project, `itm_${project}`)
  await sql`create function no_room() returns trigger language plpgsql as
    $$ begin raise exception 'no room'; end $$`.execute(admin)
  await sql`create trigger no_room before insert on vault.project_key
    for each row when (new.project = 'prj_a') execute function no_room()`.execute(admin)
  clock.at = new Date(clock.at.getTime() + 31 * day)
  await assert.rejects(rollDueKeys(shop, 30), /the keys of 1 projects were not rolled/)
  assert.deepEqual(
    (await epochs()).map(({ project, epoch }) => `${project} ${String(epoch)}`),
    ['prj_a 1', 'prj_b 1', 'prj_b 2', 'prj_c 1', 'prj_c 2'],
  )
  const closed = openGate(
    { decide: () => ({ allowed: false, policies: ['closed'] }) },
    ...([[], [keysSource], shop.now] as const),
  )
  await assert.rejects(rollDueKeys({ ...shop, gate: closed }, 30), AggregateError)
  assert.deepEqual(
    await keyActs(admin),
    ['prj_a failed', 'prj_b done', 'prj_c done', 'prj_a refused'].map(
      (ended) => `schedule vault.epoch.due Keys::${ended}`,
    ),
  )
})
