import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { rmdirSync } from 'node:fs'
import { mkdir, readFile, rm, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { Problem } from '#shared/problems.ts'
import { clusterVariable, scratchDirectory } from '../../test/support/cluster.ts'
import { dbOf } from '../../test/support/server.ts'
import { shippedText } from '../../test/support/sites.ts'
import { said, type Staffed, staffed } from '../../test/support/staff.ts'
import { lookAround } from './domains/facility/index.ts'
import { startPostgres } from './kernel/postgres.ts'

/** A database server of the test's own, in a place that the test may fill or kill. */
async function ownDatabase(dir: string) {
  const before = process.env[clusterVariable]
  const running: { deaths: number; now: Awaited<ReturnType<typeof startPostgres>> | null } = {
    ...{ deaths: 0, now: null },
  }
  const start = async () => {
    running.now = await startPostgres({
      dir,
      onDeath: () => {
        running.deaths += 1
        running.now = null
      },
    })
    process.env[clusterVariable] = running.now.socketDirectory
  }
  await start()
  const stop = async () => {
    if (before === undefined) Reflect.deleteProperty(process.env, clusterVariable)
    else process.env[clusterVariable] = before
    await running.now?.stop()
  }
  return { running, start, stop }
}

/** Ids of people whose admission was answered as done, and the kinds of every refusal. */
async function admitting(staff: Staffed, names: readonly string[]) {
  const found = { made: [] as string[], refused: [] as string[] }
  for (const name of names) {
    const answer = await said(staff.officer.page, 'POST', '/people', { name, roles: [] })
    if (answer.status === 200) found.made.push(String(answer.body['person']))
    else found.refused.push(`${answer.status} ${answer.kind}`)
  }
  return found
}

/** Everybody in the database, and everybody whose admission stands in the log. */
async function admitted({ server }: Staffed) {
  const people = await dbOf(server, 'inside').selectFrom('identity.person').select('id').execute()
  const rows = await server.database
    .db('cloister_sequencer')
    .selectFrom('audit.pending')
    .select('body')
    .execute()
  const entries = rows
    .map(({ body }) => JSON.parse(body.toString()) as Record<string, unknown>)
    .filter(
      ({ action, outcome }) =>
        ['identity.person.create', 'identity.officer.create'].includes(String(action)) &&
        outcome === 'done',
    )
  return { people: people.map(({ id }) => id), entries: entries.length }
}

const named = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, at) => `${prefix} ${at}`)

test('FT10 however often every connection to the database is cut, each request is done or refused as database-unavailable, and the server goes on', async (t) => {
  const staff = await staffed(t)
  const { server } = staff
  const admin = server.database.db('cloister_admin')
  const cut = () =>
    sql`select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid()`.execute(admin)
  const work = { over: false }
  const cutting = (async () => {
    while (!work.over) {
      await cut()
      await sleep(30)
    }
  })()
  const { made, refused } = await admitting(staff, named('Person', 60))
  work.over = true
  await cutting
  const known = ['503 database-unavailable', '503 log-unavailable']
  assert.deepEqual(
    refused.filter((one) => !known.includes(one)),
    [],
  )
  assert.ok(refused.length > 0, 'no request met a cut connection')
  const after = await admitting(staff, named('Later', 5))
  assert.deepEqual(after.refused, [])
  const { people, entries } = await admitted(staff)
  for (const id of [...made, ...after.made]) assert.ok(people.includes(id), 'somebody is lost')
  assert.equal(entries, people.length, 'a person without an entry, or an entry without a person')
  // A commit whose answer was lost may have been kept: that is all that may be there beyond.
  assert.ok(people.length - 1 <= made.length + after.made.length + refused.length)
  assert.ok(server.faults.length > 0, 'and the operator is told')
  assert.ok(server.faults.every((fault) => fault instanceof Problem))
})

test('FT11 a database that dies is refused as such by a server that stays up, and served again when it is back', async (t) => {
  const dir = scratchDirectory()
  const { running, start, stop } = await ownDatabase(dir)
  const staff = await staffed(t)
  // Hooks run in the order in which they were made: first what uses the database, then the database.
  t.after(async () => {
    await stop()
    await rm(dir, { recursive: true, force: true })
  })
  const before = await admitting(staff, named('Before', 3))
  const [pid = ''] = (await readFile(join(dir, 'postgres/data/postmaster.pid'), 'utf8')).split('\n')
  process.kill(Number(pid), 'SIGKILL')
  while (running.deaths === 0) await sleep(20)
  const without = await admitting(staff, named('Without', 5))
  assert.deepEqual([...new Set(without.refused)], ['503 database-unavailable'])
  assert.deepEqual(without.made, [])
  await start()
  const after = await admitting(staff, named('After', 3))
  assert.deepEqual(after.refused, [])
  const { people, entries } = await admitted(staff)
  assert.deepEqual(people.length, 1 + before.made.length + after.made.length)
  assert.equal(entries, people.length)
})

/** A disk of its own, small enough to be filled; or the reason why there is none. */
function noDisk(): string | false {
  if (process.getuid?.() !== 0) return 'mounting a small disk needs root'
  const dir = scratchDirectory()
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', dir], { stdio: 'pipe' })
    execFileSync('umount', [dir], { stdio: 'pipe' })
    return false
  } catch (error) {
    return `a small disk cannot be mounted here: ${String(error)}`
  } finally {
    rmdirSync(dir)
  }
}

async function smallDisk(megabytes: number) {
  const dir = scratchDirectory()
  const size = `size=${megabytes}m,mode=711`
  execFileSync('mount', ['-t', 'tmpfs', '-o', size, 'tmpfs', dir], { stdio: 'pipe' })
  const ballast = join(dir, 'ballast')
  await mkdir(ballast)
  let files = 0
  return {
    dir,
    /** Leaves this part of it free, or nothing at all. */
    async fill(leave: number) {
      const { bavail, blocks, bsize } = await statfs(dir)
      const bytes = Math.max(0, bavail - Math.ceil(blocks * leave)) * bsize
      for (let left = bytes; left > 0; left -= 8 << 20) {
        files += 1
        await writeFile(join(ballast, String(files)), Buffer.alloc(Math.min(left, 8 << 20), 1))
      }
    },
    async empty() {
      await rm(ballast, { recursive: true })
      await mkdir(ballast)
    },
    async remove() {
      execFileSync('umount', ['--lazy', dir], { stdio: 'pipe' })
      await rm(dir, { recursive: true, force: true })
    },
  }
}

test(
  'FT12 a full disk raises an alarm before it is full, then refuses changes as storage-full with nothing half done, says so, and goes on once there is room',
  { skip: noDisk() },
  async (t) => {
    const disk = await smallDisk(400)
    const { stop } = await ownDatabase(disk.dir)
    const staff = await staffed(t)
    t.after(async () => {
      await disk.empty()
      await stop()
      await disk.remove()
    })
    const { server } = staff
    const look = () =>
      lookAround({ db: dbOf(server, 'inside'), data: disk.dir, now: () => server.now() })
    const alarms = () =>
      dbOf(server, 'inside')
        .selectFrom('facility.alarm')
        .select('cleared_at')
        .where('kind', '=', 'disk-full')
        .execute()
    await look()
    assert.deepEqual(await alarms(), [])
    await disk.fill(0.03)
    await look()
    assert.deepEqual(await alarms(), [{ cleared_at: null }])
    await disk.fill(0)
    // A site file with a comment that cannot be compressed needs room in the table for it.
    const file = () =>
      `${shippedText('demonstration')}\n# ${randomBytes(300_000).toString('base64')}\n`
    const sites = () =>
      server.database.db('cloister_admin').selectFrom('facility.site').select('hash').execute()
    const stood = (await sites()).length
    for (let times = 0; times < 3; times += 1) {
      const { status, body } = await server.operator('POST', '/site', { file: file() })
      assert.deepEqual([status, (body as { type: string }).type], [507, '/problems/storage-full'])
    }
    assert.equal((await sites()).length, stood)
    const full = server.faults.filter(
      (one) => one instanceof Problem && one.kind === 'storage-full',
    )
    assert.ok(full.length >= 3, 'the operator is told each time')
    assert.match((full[0]?.cause as Error).message, /No space left/)
    const during = await admitting(staff, named('During', 5))
    const known = ['507 storage-full', '503 log-unavailable', '503 database-unavailable']
    assert.deepEqual(
      during.refused.filter((one) => !known.includes(one)),
      [],
    )
    await disk.empty()
    assert.equal((await server.operator('POST', '/site', { file: file() })).status, 200)
    const after = await admitting(staff, named('After', 5))
    assert.deepEqual(after.refused, [])
    await look()
    assert.ok(
      (await alarms()).every(({ cleared_at }) => cleared_at !== null),
      'the alarm is over',
    )
    const { people, entries } = await admitted(staff)
    assert.equal(people.length, 1 + during.made.length + after.made.length)
    assert.equal(entries, people.length)
  },
)
