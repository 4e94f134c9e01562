import assert from 'node:assert/strict'
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { scratchDirectory } from '../support/cluster.ts'
import { passFor } from '../support/pass.ts'
import { verifyStored } from '../support/records.ts'
import { sampleEntry, sampleKeys } from '../support/sample-log.ts'
import { startSequencer } from '../../src/server/domains/audit/index.ts'
import { insertPendingBatch, newestCheckpoint } from '../../src/server/domains/audit/store.ts'
import { openDirectory, openRootFile, openVault } from '../../src/server/domains/vault/index.ts'
import { backUp, restore } from '../../src/server/kernel/backup.ts'
import { openClient, openDb, transact } from '../../src/server/kernel/db.ts'
import { prepareDatabase } from '../../src/server/kernel/migrate.ts'
import { startPostgres } from '../../src/server/kernel/postgres.ts'

const onDeath = (reason: Error) => {
  throw reason
}

test('KE80 a backup of a working installation is restored: the log verifies and a sealed object opens', async (t) => {
  const dir = scratchDirectory()
  t.after(() => rm(dir, { recursive: true }))
  const secret = join(dir, 'credential')
  await writeFile(secret, Buffer.alloc(32, 7), { mode: 0o600 })
  const root = await openRootFile({
    ...{ file: join(dir, 'root.key'), secret: { kind: 'credential', file: secret } },
    ...{ demonstration: true, create: true },
  })
  const vaultOn = async (folder: string) =>
    openVault({ root, tenant: 'test', objects: await openDirectory(folder), now: () => new Date() })
  const keys = sampleKeys()
  const old = join(dir, 'old')
  const fresh = join(dir, 'fresh')
  const backup = join(dir, 'backup')
  const large = Buffer.alloc(600_000, 'confidential ')
  const place = {
    project: 'prj_a',
    owner: { kind: 'item', item: 'itm_a' },
    asset: 'media',
    version: 1,
  } as const

  const first = await startPostgres({ dir: old, onDeath })
  await prepareDatabase(first.connection('cloister_admin', 'cloister'))
  const db = openDb(first.connection('cloister_admin', 'cloister'), { pool: 4 })
  const vault = await vaultOn(join(old, 'objects'))
  const object = await transact(db, (tx) => vault.seal(tx, place, large))
  const sequencer = startSequencer({
    connect: () => openClient(first.connection('cloister_sequencer', 'cloister')),
    ...{ signer: keys.log, now: () => new Date(), onFault: () => undefined },
  })
  const put = (from: number) =>
    insertPendingBatch(
      db,
      Array.from({ length: 300 }, (_, i) => Buffer.from(sampleEntry(from + i))),
    )
  const size = async () => (await transact(db, newestCheckpoint))?.size ?? 0
  await put(0)
  while ((await size()) < 300) await new Promise(setImmediate)
  const during = put(300)
  const list = await backUp(
    first.connection('cloister_admin', 'cloister'),
    { data: join(old, 'postgres/data'), objects: join(old, 'objects') },
    backup,
  )
  await during
  await sequencer.close()
  await db.destroy()
  await first.stop()
  assert.ok(Object.keys(list.files).includes('database/backup_label'))
  for (const path of Object.keys(list.files))
    assert.ok(!(await readFile(join(backup, path))).includes('confidential confidential'), path)

  await mkdir(join(fresh, 'postgres'), { recursive: true, mode: 0o711 })
  const { uid, gid } = await stat(join(old, 'postgres/data'))
  const places = { data: join(fresh, 'postgres/data'), objects: join(fresh, 'objects') }
  await restore(backup, places, { uid, gid })
  const second = await startPostgres({ dir: fresh, onDeath })
  t.after(() => second.stop())
  const back = openDb(second.connection('cloister_admin', 'cloister'), { pool: 4 })
  try {
    assert.ok((await verifyStored(back, keys)).checkpoint.size >= 300)
    const again = await vaultOn(join(fresh, 'objects'))
    const opened = await transact(back, async (tx) =>
      again.open(
        tx,
        await passFor(tx, 'annotation.media.read', {
          located: { project: 'prj_a', item: 'itm_a' },
        }),
        object,
      ),
    )
    assert.deepEqual(opened, large)
  } finally {
    await back.destroy()
  }
  await assert.rejects(restore(backup, places, { uid, gid }), /is not empty/)

  const elsewhere = { data: join(dir, 'x/data'), objects: join(dir, 'x/objects') }
  await writeFile(join(backup, 'database/PG_VERSION'), '17\n')
  await assert.rejects(
    restore(backup, elsewhere, { uid, gid }),
    /PG_VERSION of the backup is changed/,
  )
  await rm(join(backup, 'database/PG_VERSION'))
  await assert.rejects(restore(backup, elsewhere, { uid, gid }), /is missing/)
  await rm(join(backup, 'backup.json'))
  await assert.rejects(restore(backup, elsewhere, { uid, gid }), /no whole backup/)
})
