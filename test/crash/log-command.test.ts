import assert from 'node:assert/strict'
import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { sql } from 'kysely'
import {
  keepDetails,
  record,
  rowBytes,
  type RowReader,
  sha256,
  stamp,
} from '../../src/server/domains/audit/index.ts'
import { type Tx, transact } from '../../src/server/kernel/db.ts'
import { runCommand } from '../support/command.ts'
import { testDatabase } from '../support/database.ts'
import { logDoor, plainSeal, theOperator } from '../support/log-doors.ts'
import { testSequencer, untilSize } from '../support/records.ts'
import { sampleKeys } from '../support/sample-log.ts'

const command = (...args: string[]) => runCommand('log', ...args)

const content = (id: string, label: string) => rowBytes({ id, label })

/** A table as a domain would have it, each change stamped into the log. */
async function setUp(t: TestContext) {
  const database = await testDatabase(t)
  const keys = sampleKeys()
  const admin = database.db('cloister_admin')
  await sql`create table public.label (id text collate "C" primary key, label text not null)`.execute(
    admin,
  )
  await sql`grant usage on schema public to cloister_inside, cloister_operator`.execute(admin)
  await sql`grant all on public.label to cloister_inside, cloister_operator`.execute(admin)
  const reader: RowReader = {
    kind: 'label',
    async read(tx, after, limit) {
      const { rows } = await sql<{ id: string; label: string }>`
        select id, label from public.label where id > ${after} order by id limit ${limit}`.execute(
        tx,
      )
      return rows.map(({ id, label }) => ({ id, content: content(id, label) }))
    },
  }
  const folder = await mkdtemp(join(tmpdir(), 'cloister-log-'))
  t.after(() => rm(folder, { recursive: true }))
  const socket = join(folder, 'operator.sock')
  const policy = `log ${keys.log.verifierKey}\nquorum none\n`
  const door = logDoor(database, 'operator', {
    ...{ caller: () => theOperator, policy, readers: [reader] },
  })
  await door.listen({ path: socket })
  t.after(() => door.close())
  const sequencer = testSequencer(database, keys)
  t.after(() => sequencer.close())

  let entries = 0
  const act = async (work: (tx: Tx) => Promise<void>, words: Record<string, unknown> = {}) => {
    await transact(database.db('cloister_inside'), async (tx) => {
      await work(tx)
      record(tx, {
        ...{ time: new Date(), actor: 'per_ada', action: 'annotation.submit', item: null },
        ...{ resource: 'Task::tsk_a', project: 'prj_a', door: 'inside', workstation: 'ws-1' },
        ...{ zone: 'floor', outcome: 'done', policies: [] },
        details: await keepDetails(tx, plainSeal, words, 'prj_a'),
      })
    })
    entries += 1
  }
  const set = (id: string, label: string) => async (tx: Tx) => {
    await sql`insert into public.label values (${id}, ${label})
              on conflict (id) do update set label = excluded.label`.execute(tx)
    stamp(tx, 'label', id, sha256(content(id, label)))
  }
  const unset = (id: string) => async (tx: Tx) => {
    await sql`delete from public.label where id = ${id}`.execute(tx)
    stamp(tx, 'label', id, null)
  }
  const meddle = (statement: string) => sql.raw(statement).execute(admin)
  const dir = join(folder, 'export')
  const exported = async () => {
    await untilSize(admin, entries)
    const done = await command('export', dir, '--from', socket)
    assert.equal(done.code, 0, done.said)
    await writeFile(join(folder, 'policy'), policy)
  }
  const check = (...more: string[]) =>
    command('verify', dir, '--policy', join(folder, 'policy'), ...more)
  const compare = () => check('--database', socket)
  return { admin, act, set, unset, meddle, dir, socket, exported, check, compare }
}

test('AU32 an export verifies offline, and a later one continues it', async (t) => {
  const { act, set, dir, socket, exported, check } = await setUp(t)
  for (const id of ['a', 'b', 'c']) await act(set(id, 'bird'))
  await exported()
  const first = await readFile(join(dir, 'checkpoint'))
  assert.equal((await check()).code, 0)
  await act((tx) => {
    for (let i = 0; i < 600; i++)
      record(tx, {
        ...{ time: new Date(), actor: 'per_ben', action: 'annotation.task.open', item: null },
        ...{ resource: `Task::${i}`, project: 'prj_a', door: 'inside', workstation: 'ws-1' },
        ...{ zone: 'floor', outcome: 'done', policies: [], details: null },
      })
    return Promise.resolve()
  })
  const again = await command('export', dir, '--from', socket)
  assert.match(again.said, /of them from an earlier export/)
  const kept = join(dir, '..', 'earlier')
  await writeFile(kept, first)
  const since = await check('--since', kept)
  assert.equal(since.code, 0, since.said)
  assert.match(since.said, /continues the checkpoint/)
  assert.deepEqual((await readdir(join(dir, 'tile/entries'))).includes('000'), true)
})

test('AU33 an export that was changed, or is of another log, is not continued', async (t) => {
  const one = await setUp(t)
  const other = await setUp(t)
  await one.act((tx) => {
    for (let i = 0; i < 299; i++)
      record(tx, {
        ...{ time: new Date(), actor: 'per_ben', action: 'annotation.task.open', item: null },
        ...{ resource: `Task::${i}`, project: 'prj_a', door: 'inside', workstation: 'ws-1' },
        ...{ zone: 'floor', outcome: 'done', policies: [], details: null },
      })
    return Promise.resolve()
  })
  await one.exported()
  await other.act(other.set('a', 'bird'))
  await other.exported()
  const short = await command('export', one.dir, '--from', other.socket)
  assert.equal(short.code, 1)
  assert.match(short.said, /not the same log/)
  const tile = join(one.dir, 'tile/1/000.p/1')
  const bytes = await readFile(tile)
  bytes[5] = (bytes[5] ?? 0) ^ 1
  await writeFile(tile, bytes)
  const changed = await command('export', one.dir, '--from', one.socket)
  assert.equal(changed.code, 1)
  assert.match(changed.said, /do not give the root/)
  await appendFile(tile, 'x')
  assert.match((await command('export', one.dir, '--from', one.socket)).said, /cannot be continued/)
  const nowhere = await command('export', join(one.dir, 'new'), '--from', join(one.dir, 'no.sock'))
  assert.match(nowhere.said, /no server answers/)
})

test('AU34 the comparison with the database finds a row changed, added or removed past the log, and names it', async (t) => {
  const { act, set, unset, meddle, exported, compare } = await setUp(t)
  for (const id of ['a', 'b', 'c', 'd', 'e']) await act(set(id, 'bird'), { words: id })
  await act(set('b', 'cow'))
  await act(unset('e'))
  await exported()
  const sound = await compare()
  assert.equal(sound.code, 0, sound.said)
  assert.match(sound.said, /The database agrees: 4 rows/)

  await meddle(`update public.label set label = 'bird' where id = 'b'`)
  await meddle(`insert into public.label values ('bb', 'dog'), ('e', 'bird')`)
  await meddle(`delete from public.label where id = 'c'`)
  const found = await compare()
  assert.equal(found.code, 1)
  for (const line of [
    /label b was changed after entry \d+/,
    /label bb stands in the database without an entry/,
    /label c is gone although entry \d+ left it in place/,
    /label e is there although entry \d+ removed it/,
    /does not agree with the log in 4 places/,
  ])
    assert.match(found.said, line)
})

test('AU35 it finds a stamp or details that were changed, removed or made up, and the entry', async (t) => {
  const { act, set, meddle, exported, compare } = await setUp(t)
  for (const id of ['a', 'b', 'c', 'd']) await act(set(id, 'bird'), { words: id })
  await exported()
  const hash = (id: string, label: string) =>
    `'\\x${sha256(content(id, label)).toString('hex')}'::bytea`
  // a: the row and its stamp both say something else now
  await meddle(`update public.label set label = 'cow' where id = 'a'`)
  await meddle(`update audit.stamp set hash = ${hash('a', 'cow')} where subject = 'a'`)
  // b: nothing is left of it
  await meddle(`delete from public.label where id = 'b'`)
  await meddle(
    `with gone as (delete from audit.stamp where subject = 'b' returning details)
     select 1`,
  )
  // c: a newer stamp without an entry
  await meddle(`update public.label set label = 'cow' where id = 'c'`)
  await meddle(`insert into audit.detail (hash) values (sha256('made up'))`)
  await meddle(
    `insert into audit.stamp (details, kind, subject, hash, salt)
     values (sha256('made up'), 'label', 'c', ${hash('c', 'cow')}, substring(sha256('s') for 16))`,
  )
  // d: the stamp borrows the entry of another
  await meddle(`update public.label set label = 'cow' where id = 'd'`)
  await meddle(
    `insert into audit.stamp (details, kind, subject, hash, salt)
     select details, 'label', 'd', ${hash('d', 'cow')}, salt from audit.stamp where subject = 'd'`,
  )
  const found = await compare()
  assert.equal(found.code, 1)
  for (const index of [0, 1, 3])
    assert.match(found.said, new RegExp(`entry ${index} what it says beside its leaf was changed`))
  assert.match(found.said, /label c has a stamp whose entry is not in the log/)
})

test('AU36 rows that acts of the log changed, added and removed compare sound, also across pages', async (t) => {
  const { act, set, unset, exported, compare } = await setUp(t)
  await act(async (tx) => {
    for (let i = 0; i < 1_100; i++) await set(`row ${String(i).padStart(4, '0')}`, 'bird')(tx)
  })
  await act(async (tx) => {
    for (let i = 100; i < 800; i++) await unset(`row ${String(i).padStart(4, '0')}`)(tx)
  })
  await exported()
  await act(set('row 0001', 'cow'))
  const found = await compare()
  assert.equal(found.code, 0, found.said)
  assert.match(found.said, /The database agrees: 399 rows/)
  assert.match(found.said, /1 rows changed after the export and were not compared/)
})

test('AU39 whoever writes to the database cannot choose which stamp is the newest', async (t) => {
  const { act, set, meddle, exported, compare } = await setUp(t)
  for (const label of ['bird', 'cow', 'dog']) for (const id of ['a', 'b']) await act(set(id, label))
  await exported()
  assert.equal((await compare()).code, 0)
  await meddle(`update public.label set label = 'cow'`)
  // a: its second stamp has the highest number now; b: its third entry stands far off
  await meddle(`update audit.stamp set number = default where number = (
    select number from audit.stamp where subject = 'a' order by number limit 1 offset 1)`)
  await meddle(`update audit.leaf set index = 1000 where index = 5`)
  const found = await compare()
  assert.equal(found.code, 1)
  assert.match(found.said, /label a was changed after entry 4/)
  assert.match(found.said, /entry 5 what it says beside its leaf was changed or removed/)
})

test('AU39 a leaf that lends its place to another stamp is named', async (t) => {
  const { act, set, meddle, exported, compare } = await setUp(t)
  await act(set('a', 'bird'))
  await act(set('a', 'cow'))
  await act(() => Promise.resolve())
  await exported()
  await meddle(`update public.label set label = 'bird'`)
  await meddle(`update audit.leaf set details = (select details from audit.leaf where index = 0)
    where index = 2`)
  const found = await compare()
  assert.equal(found.code, 1)
  assert.match(found.said, /entry 2 what it says beside its leaf was changed or removed/)
})

test('AU40 words that pose as the hash of stamps, with the stamps gone, are found', async (t) => {
  const { act, set, meddle, exported, compare } = await setUp(t)
  await act(set('a', 'bird'), { words: 1 })
  await act(set('a', 'cow'), { words: 2 })
  await act(set('b', 'dog'))
  await exported()
  await meddle(`with gone as (
      delete from audit.stamp where number in (select max(number) from audit.stamp group by subject)
      returning details)
    update audit.detail set words = hash where hash in (select details from gone)`)
  await meddle(`update public.label set label = 'bird' where id = 'a'`)
  await meddle(`delete from public.label where id = 'b'`)
  const found = await compare()
  assert.equal(found.code, 1)
  for (const index of [1, 2])
    assert.match(found.said, new RegExp(`entry ${index} what it says beside its leaf was changed`))
})

test('AU41 a stamp of an entry past the end of the signed log is no change after the export', async (t) => {
  const { act, set, meddle, exported, compare } = await setUp(t)
  await act(set('a', 'bird'))
  await exported()
  await meddle(`update public.label set label = 'cow' where id = 'a'`)
  await meddle(`insert into audit.detail (hash) values (sha256('made up'))`)
  await meddle(`insert into audit.stamp (details, kind, subject, hash, salt)
    select sha256('made up'), 'label', 'a', '\\x${sha256(content('a', 'cow')).toString('hex')}', salt
      from audit.stamp`)
  await meddle(`insert into audit.leaf (index, time, actor, action, resource, outcome, body, details)
    values (1000000000000, now(), '', '', '', '', 'x', sha256('made up'))`)
  const found = await compare()
  assert.equal(found.code, 1)
  assert.match(found.said, /label a has a stamp of an entry that the log does not have/)
})
