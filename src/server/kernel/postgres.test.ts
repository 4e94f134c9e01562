import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { ask, scratchDirectory } from '../../../test/support/cluster.ts'
import { StartFault } from './fault.ts'
import { databaseUser, ownUser, runAs, spawnAs } from './os-user.ts'
import { findPackage, prepareSoftware } from './postgres-software.ts'
import { startPostgres, type PostgresOptions, type RunningPostgres } from './postgres.ts'

const root = process.getuid?.() === 0

const running = new Map<string, RunningPostgres[]>()

/** A folder that is removed when the test ends, after the databases in it were stopped. */
function scratch(t: TestContext): string {
  const dir = scratchDirectory()
  running.set(dir, [])
  t.after(async () => {
    for (const postgres of running.get(dir) ?? []) await postgres.stop()
    rmSync(dir, { recursive: true, force: true })
  })
  return dir
}

/** Starts a database below a scratch folder; dying unasked fails the test. */
async function start(dir: string, more: Partial<PostgresOptions> = {}): Promise<RunningPostgres> {
  const postgres = await startPostgres({
    dir,
    onDeath: (reason) => {
      throw reason
    },
    ...more,
  })
  for (const [folder, list] of running) if (dir.startsWith(folder)) list.push(postgres)
  return postgres
}

const admin = (postgres: RunningPostgres) => postgres.connection('cloister_admin', 'postgres')
const postmasterOf = (dir: string) =>
  Number(readFileSync(join(dir, 'postgres/data/postmaster.pid'), 'utf8').split('\n')[0])

async function untilGone(pid: number): Promise<void> {
  for (let tries = 0; tries < 200 && existsSync(`/proc/${pid}`); tries += 1) await sleep(50)
  assert.ok(!existsSync(`/proc/${pid}`), `process ${pid} is still there`)
}

test('KE1 a stopped database starts again with what it held, durable and checksummed', async (t) => {
  const dir = scratch(t)
  const first = await start(dir)
  await ask(admin(first), `create table held as select 'still here' as text`)
  const pid = postmasterOf(dir)
  await first.stop()
  assert.ok(!existsSync(`/proc/${pid}`))
  const second = await start(dir)
  assert.deepEqual(
    await ask(
      admin(second),
      `select text, current_setting('fsync') as fsync, current_setting('data_checksums') as checksums,
        current_setting('listen_addresses') as addresses, datlocprovider as provider, datlocale as locale
        from held, pg_database where datname = current_database()`,
    ),
    [
      {
        text: 'still here',
        fsync: 'on',
        checksums: 'on',
        addresses: '',
        provider: 'b',
        locale: 'C.UTF-8',
      },
    ],
  )
})

test('KE2 only the named user of the machine enters, and only as the named role', async (t) => {
  const postgres = await start(scratch(t), {
    access: [{ osUser: root ? 'root' : (process.env['USER'] ?? ''), role: 'cloister_admin' }],
  })
  await ask(admin(postgres), 'create role cloister_inside login')
  await assert.rejects(
    ask(postgres.connection('cloister_inside', 'postgres'), 'select 1'),
    /Peer authentication failed/,
  )
  if (!root) return
  // The database's own user is another one than root, and has no line in the list.
  const startup = `const n = Buffer.from('user\\0cloister_admin\\0database\\0postgres\\0\\0')
    const h = Buffer.alloc(8); h.writeInt32BE(n.length + 8); h.writeInt32BE(196608, 4)
    require('net').connect('${postgres.socketDirectory}/.s.PGSQL.5432')
      .on('data', (d) => { console.log(String(d)); process.exit() }).write(Buffer.concat([h, n]))`
  const { output } = await runAs(await databaseUser(), process.execPath, ['-e', startup])
  assert.match(output, /Peer authentication failed/)
})

test('KE2 a list that names all users or is no name is refused', async (t) => {
  const dir = scratch(t)
  for (const osUser of ['all', 'a b', '/re', '"x"'])
    await assert.rejects(start(dir, { access: [{ osUser, role: 'cloister_inside' }] }), StartFault)
})

test('KE3 a second start in one directory is refused and leaves the first alone', async (t) => {
  const dir = scratch(t)
  const first = await start(dir)
  await assert.rejects(
    start(dir),
    (error) => error instanceof StartFault && /in use by another/.test(error.message),
  )
  assert.deepEqual(await ask(admin(first), 'select 1 as one'), [{ one: 1 }])
})

test('KE4 a killed process leaves no database behind, and the next start finds its data', async (t) => {
  const dir = scratch(t)
  const program = `
    const { startPostgres } = await import(${JSON.stringify(new URL('./postgres.ts', import.meta.url).href)})
    await startPostgres({ dir: ${JSON.stringify(dir)}, onDeath: () => undefined })
    console.log('started'); setInterval(() => undefined, 1000)`
  const child = spawn(
    process.execPath,
    ['-C', 'source', '--import', 'tsx', '--input-type=module', '-e', program],
    { stdio: ['ignore', 'pipe', 'inherit'], env: process.env },
  )
  await once(child.stdout, 'data')
  const pid = postmasterOf(dir)
  child.kill('SIGKILL')
  await untilGone(pid)
  const next = await start(dir)
  assert.deepEqual(await ask(admin(next), 'select 1 as one'), [{ one: 1 }])
})

test('KE5 a database that outlived its starter is stopped before a new one starts', async (t) => {
  const dir = scratch(t)
  const first = await start(dir)
  const [program = '', ...args] = readFileSync(`/proc/${postmasterOf(dir)}/cmdline`, 'utf8')
    .split('\0')
    .slice(0, -1)
  await first.stop()
  const user = await databaseUser()
  const orphan = spawn(program, args, { ...user, stdio: ['ignore', 'ignore', 'pipe'], cwd: '/' })
  while (!String((await once(orphan.stderr, 'data'))[0]).includes('ready to accept'));
  const next = await start(dir)
  assert.equal(orphan.exitCode, 0)
  assert.deepEqual(await ask(admin(next), 'select 1 as one'), [{ one: 1 }])
})

test('KE6 a left process number that belongs to somebody else now hinders no start', async (t) => {
  const dir = scratch(t)
  const first = await start(dir)
  const trace = join(dir, 'postgres/data/postmaster.pid')
  const text = readFileSync(trace, 'utf8')
  await first.stop()
  const stranger = await spawnAs(await databaseUser(), 'sleep', ['60'], { stdio: 'ignore' })
  t.after(() => stranger.kill())
  writeFileSync(trace, text.replace(/^[0-9]+/, String(stranger.pid)))
  chmodSync(trace, 0o644)
  const next = await start(dir)
  assert.deepEqual(await ask(admin(next), 'select 1 as one'), [{ one: 1 }])
  assert.equal(stranger.exitCode, null)
})

test('KE7 a database that dies is reported once, and its directory is free again', async (t) => {
  const dir = scratch(t)
  const deaths: string[] = []
  const died = new Promise<void>((resolve) => {
    void start(dir, {
      onDeath: (reason) => {
        deaths.push(reason.message)
        resolve()
      },
    }).then(() => process.kill(postmasterOf(dir), 'SIGKILL'))
  })
  await died
  const next = await start(dir)
  assert.deepEqual(await ask(admin(next), 'select 1 as one'), [{ one: 1 }])
  assert.equal(deaths.length, 1)
  assert.match(deaths[0] ?? '', /ended by itself/)
})

test('KE8 a directory with a long or odd path gets a short socket, and one below a private home works', async (t) => {
  const home = scratch(t)
  chmodSync(home, 0o700)
  const dir = join(home, 'a folder, with spaces and ünïcode'.padEnd(120, '-'))
  const postgres = await start(dir)
  const place = realpathSync(join(dir, 'postgres'))
  t.after(() => {
    rmSync(postgres.socketDirectory, { recursive: true, force: true })
    rmSync(place, { recursive: true, force: true })
  })
  assert.ok(Buffer.byteLength(postgres.socketDirectory) <= 92)
  assert.deepEqual(await ask(admin(postgres), 'select 1 as one'), [{ one: 1 }])
  await postgres.stop()
})

test('KE9 a creation that was interrupted is begun again', async (t) => {
  const dir = scratch(t)
  mkdirSync(join(dir, 'postgres/data.partial'), { recursive: true })
  writeFileSync(join(dir, 'postgres/data.partial/PG_VERSION'), '18\n')
  const postgres = await start(dir)
  assert.deepEqual(await ask(admin(postgres), 'select 1 as one'), [{ one: 1 }])
})

test('KE10 a cluster of another PostgreSQL version is refused with the way out', async (t) => {
  const dir = scratch(t)
  mkdirSync(join(dir, 'postgres/data'), { recursive: true })
  writeFileSync(join(dir, 'postgres/data/PG_VERSION'), '17\n')
  await assert.rejects(
    start(dir),
    (error) => error instanceof StartFault && /made by PostgreSQL 17.*restore/.test(error.message),
  )
})

test('KE11 binaries installed without scripts below a private folder are linked, copied and run', async (t) => {
  const home = scratch(t)
  const place = scratch(t)
  chmodSync(home, 0o700)
  const { root: installed } = findPackage()
  cpSync(join(installed, 'native'), join(home, 'native'), {
    recursive: true,
    filter: (path) => !/libicu.*[.]so([.]60)?$/.test(path),
  })
  const user = await databaseUser()
  const software = await prepareSoftware(place, user, { root: home, version: 'trial' })
  const copied = software.postgres.startsWith(place)
  assert.equal(copied, ownUser().uid !== user.uid)
  const { code, output } = await runAs(user, software.postgres, ['--version'])
  assert.equal(code, 0)
  assert.match(output, /^postgres \(PostgreSQL\) 18/)
})
