import { type ChildProcess } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import {
  chmod,
  chown,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Connection } from './db.ts'
import { syncFolder } from './durable.ts'
import { codeOf, StartFault } from './fault.ts'
import { lockDirectory } from './lock.ts'
import { databaseUser, ownUser, runAs, spawnAs, type OsUser } from './os-user.ts'
import { prepareSoftware, type Software } from './postgres-software.ts'
import { adminRole, roles, type Role } from './roles.ts'

/** One line of who may connect: this user of the machine, as this role of the database. */
export interface DatabaseAccess {
  readonly osUser: string
  readonly role: Role | typeof adminRole
}

export interface PostgresOptions {
  /** The state directory; the cluster lies in its `postgres` folder. Made when missing. */
  readonly dir: string
  /** Called once when the database ends without having been told to. */
  readonly onDeath: (reason: Error) => void
  /** Who may connect as what. Left out: the user of this process, as every role. */
  readonly access?: readonly DatabaseAccess[]
}

export interface RunningPostgres {
  readonly socketDirectory: string
  connection(role: Role | typeof adminRole, database: string): Connection
  /** Ends open transactions, writes everything out, and frees the directory. Safe to call twice. */
  stop(): Promise<void>
}

/**
 * Starts the embedded PostgreSQL of a state directory, creating its cluster the first time.
 * It listens on a Unix socket only and knows no password: the operating system says who connects
 * (`peer`). It ends when this process ends, even by SIGKILL. What a killed predecessor left behind
 * is stopped or cleared first, but only after the directory's lock is ours.
 * Refuses with a `StartFault` that a person can act on.
 */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const dir = resolve(options.dir)
  await mkdir(dir, { recursive: true, mode: 0o711 })
  const lock = await lockDirectory(dir)
  try {
    const place = await findPlace(dir)
    const user = await ownerOf(place)
    const software = await prepareSoftware(place, user)
    const data = join(place, 'data')
    await createCluster(software, data, user)
    await writeAccess(data, user, options.access ?? everyRole())
    await clearPredecessor(data)
    const socketDirectory = await makeSocketDirectory(place, user)
    const server = await launch(software, data, socketDirectory, user)
    let stopped: Promise<void> | undefined
    server.process.once('exit', () => {
      if (stopped !== undefined) return
      stopped = lock.release()
      options.onDeath(new Error(`The database ended by itself: ${server.lastWords()}`))
    })
    return {
      socketDirectory,
      connection: (role, database) => ({ socketDirectory, role, database }),
      stop: () => (stopped ??= stopServer(server.process).then(() => lock.release())),
    }
  } catch (error) {
    await lock.release()
    throw error
  }
}

function everyRole(): DatabaseAccess[] {
  const osUser = userInfo().username
  return ([adminRole, ...roles] as const).map((role) => ({ osUser, role }))
}

/** Where the data of a directory's cluster lies or will lie, and whose it is. The caller has the directory's lock. */
export async function placeOfCluster(dir: string): Promise<{ data: string; owner: OsUser }> {
  const place = await findPlace(resolve(dir))
  return { data: join(place, 'data'), owner: await ownerOf(place) }
}

/**
 * `dir/postgres`, which is a link to a folder under /var/lib/cloister where the database's user
 * cannot reach `dir` itself (a clone below root's home).
 */
async function findPlace(dir: string): Promise<string> {
  const place = join(dir, 'postgres')
  if ((await lstat(place).catch(() => undefined)) === undefined) {
    const user = await databaseUser()
    if ((await runAs(user, 'test', ['-x', dir])).code === 0) await mkdir(place, { mode: 0o711 })
    else {
      const elsewhere = `/var/lib/cloister/postgres-${randomBytes(6).toString('hex')}`
      await mkdir(elsewhere, { recursive: true, mode: 0o711 })
      await symlink(elsewhere, place)
    }
  }
  try {
    return await realpath(place)
  } catch {
    throw new StartFault(`${place} points to a folder that is gone; restore it or remove the link.`)
  }
}

/** An existing cluster keeps its user; a new one gets one. */
async function ownerOf(place: string): Promise<OsUser> {
  const data = await stat(join(place, 'data')).catch(() => undefined)
  return data === undefined ? databaseUser() : { uid: data.uid, gid: data.gid }
}

async function createCluster(software: Software, data: string, user: OsUser): Promise<void> {
  const major = software.version.split('.')[0] ?? ''
  const present = await readFile(join(data, 'PG_VERSION'), 'utf8').catch(() => undefined)
  if (present !== undefined) {
    if (present.trim() === major) return
    throw new StartFault(
      `${data} was made by PostgreSQL ${present.trim()} and this is ${major}; restore a backup into a new directory.`,
    )
  }
  const partial = `${data}.partial`
  await rm(partial, { recursive: true, force: true })
  await mkdir(partial, { mode: 0o700 })
  if (ownUser().uid !== user.uid) await chown(partial, user.uid, user.gid)
  const { code, output } = await runAs(user, software.initdb, [
    ...['-D', partial, '-U', adminRole, '--auth=reject', '--data-checksums', '--no-instructions'],
    ...['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
  ])
  if (code !== 0)
    throw new StartFault(
      `The database could not be created: ${output.trim().split('\n').at(-1) ?? ''}`,
    )
  await rename(partial, data)
  await syncFolder(dirname(data))
}

/** Names go into two small files that PostgreSQL reads; both words are checked, neither can be `all`. */
async function writeAccess(
  data: string,
  user: OsUser,
  access: readonly DatabaseAccess[],
): Promise<void> {
  for (const { osUser } of access)
    if (!/^[a-zA-Z0-9_][a-zA-Z0-9_.-]*$/.test(osUser) || osUser === 'all')
      throw new StartFault(`'${osUser}' cannot stand in the database's access list.`)
  const files = {
    'pg_hba.conf': 'local all all peer map=cloister\n',
    'pg_ident.conf': access.map(({ osUser, role }) => `cloister "${osUser}" ${role}\n`).join(''),
  }
  for (const [name, text] of Object.entries(files)) {
    const path = join(data, name)
    await writeFile(path, text, { mode: 0o600 })
    if (ownUser().uid !== user.uid) await chown(path, user.uid, user.gid)
  }
}

/**
 * Stops a server that outlived its Cloister, waits for the last of its processes, and only then
 * removes the trace of it: PostgreSQL would refuse to start if the traced process id had been given
 * to somebody else since, and would do harm if it started beside a survivor.
 */
async function clearPredecessor(data: string): Promise<void> {
  const file = join(data, 'postmaster.pid')
  const trace = await readFile(file, 'utf8').catch(() => undefined)
  if (trace === undefined) return
  const postmaster = Number(trace.split('\n')[0])
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    if ((await processesOf(data)).includes(postmaster)) process.kill(postmaster, signal)
    for (let waited = 0; waited < 15_000; waited += 50) {
      if ((await processesOf(data)).length === 0) {
        await rm(file, { force: true })
        return
      }
      await sleep(50)
    }
  }
  throw new StartFault(
    `Processes ${(await processesOf(data)).join(', ')} still hold the database in ${data}; end them and start again.`,
  )
}

/** Every PostgreSQL process works in its data folder: that, and not a number, tells whose it is. */
async function processesOf(data: string): Promise<number[]> {
  const found = []
  for (const name of await readdir('/proc')) {
    if (!/^[0-9]+$/.test(name)) continue
    const cwd = await readlink(`/proc/${name}/cwd`).catch(() => '')
    if (cwd !== data) continue
    const program = await readlink(`/proc/${name}/exe`).catch(() => '')
    if (/\/postgres( \(deleted\))?$/.test(program)) found.push(Number(name))
  }
  return found
}

/** A Unix socket's path has at most 107 bytes, of which PostgreSQL's own name takes 15. */
async function makeSocketDirectory(place: string, user: OsUser): Promise<string> {
  const near = join(place, 'run')
  const short = createHash('sha256').update(place).digest('hex').slice(0, 12)
  const base = ownUser().uid === 0 ? '/run' : tmpdir()
  const path = /^[\w./-]{1,92}$/.test(near) ? near : join(base, `cloister-${short}`)
  await mkdir(path, { mode: 0o711 }).catch((error: unknown) => {
    if (codeOf(error) !== 'EEXIST') throw error
  })
  if (ownUser().uid !== user.uid) await chown(path, user.uid, user.gid)
  const made = await lstat(path)
  if (!made.isDirectory() || made.uid !== user.uid)
    throw new StartFault(`${path} is not a folder of the database's user; remove it.`)
  await chmod(path, 0o711)
  return path
}

interface Server {
  readonly process: ChildProcess
  lastWords(): string
}

/** Durability is set here, where no file in the data folder can override it. */
const settings = {
  listen_addresses: '',
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
  // A backup of the running database holds the WAL that it needs.
  wal_level: 'replica',
  max_slot_wal_keep_size: '-1',
  max_connections: '200',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_line_prefix: '',
  // `log` leaves out the errors of statements: they quote values, and their sender has them anyway.
  log_min_messages: 'log',
  log_error_verbosity: 'terse',
  log_min_error_statement: 'panic',
}

async function launch(
  software: Software,
  data: string,
  socketDirectory: string,
  user: OsUser,
): Promise<Server> {
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const child = await spawnAs(
    user,
    software.postgres,
    ['-D', data, '-k', socketDirectory, ...flags],
    { cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] },
  )
  const words: string[] = []
  const lastWords = () => words.slice(-3).join(' ').slice(-600)
  await new Promise<void>((ready, fail) => {
    child.once('error', fail)
    child.once('exit', () => {
      fail(new StartFault(`The database did not start: ${lastWords()}`))
    })
    if (child.stderr === null) throw new Error('the database has no standard error')
    createInterface({ input: child.stderr }).on('line', (line) => {
      words.push(line)
      if (words.length > 20) words.shift()
      if (line.includes('ready to accept connections')) ready()
    })
  })
  return { process: child, lastWords }
}

async function stopServer(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGINT')
  const slow = setTimeout(() => child.kill('SIGQUIT'), 30_000)
  await ended
  clearTimeout(slow)
}
