import { execFile, spawn, type ChildProcess, type SpawnOptions } from 'node:child_process'
import { promisify } from 'node:util'
import { StartFault } from './fault.ts'

/** Whom a child process runs as. */
export interface OsUser {
  readonly uid: number
  readonly gid: number
}

const run = promisify(execFile)

/** Nothing of our own environment reaches the database programs; they need no more than this. */
const bareEnvironment = {
  PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin',
  LC_ALL: 'C',
  TZ: 'UTC',
}

/** This process's own user. */
export function ownUser(): OsUser {
  const uid = process.getuid?.()
  const gid = process.getgid?.()
  if (uid === undefined || gid === undefined)
    throw new StartFault('The embedded database needs an operating system with users and groups.')
  return { uid, gid }
}

/**
 * The user for a database that refuses to run as root: ourselves where we are not root, else the
 * system user `cloister-db` or `postgres`, else a new `cloister-db` without shell, home or password.
 */
export async function databaseUser(): Promise<OsUser> {
  const own = ownUser()
  if (own.uid !== 0) return own
  const found = (await lookUp('cloister-db')) ?? (await lookUp('postgres'))
  if (found !== undefined) return found
  try {
    const shape = ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin']
    await run('useradd', [...shape, 'cloister-db'], { env: bareEnvironment })
  } catch {
    throw new StartFault(
      "PostgreSQL does not run as root and no user 'cloister-db' could be made; create one with `useradd --system --user-group cloister-db`, or start Cloister as an ordinary user.",
    )
  }
  const made = await lookUp('cloister-db')
  if (made === undefined) throw new StartFault("The user 'cloister-db' was made but is not known.")
  return made
}

async function lookUp(name: string): Promise<OsUser | undefined> {
  try {
    const uid = Number((await run('id', ['-u', name], { env: bareEnvironment })).stdout)
    const gid = Number((await run('id', ['-g', name], { env: bareEnvironment })).stdout)
    return uid > 0 ? { uid, gid } : undefined
  } catch {
    return undefined
  }
}

/**
 * The command line that runs a program as the user, with no way back to more rights, and with
 * SIGINT sent to it when this process dies, so that no orphan survives us.
 */
async function commandAs(
  user: OsUser,
  program: string,
  args: readonly string[],
): Promise<[string, string[]]> {
  const own = ownUser()
  const change =
    own.uid === user.uid
      ? []
      : [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups', '--bounding-set=-all']
  if (change.length > 0 && own.uid !== 0)
    throw new StartFault(
      `The database belongs to user ${user.uid} and this process is user ${own.uid}; start it as root or as that user.`,
    )
  if (await haveSetpriv())
    return ['setpriv', [...change, '--no-new-privs', '--pdeathsig=INT', '--', program, ...args]]
  if (change.length > 0)
    throw new StartFault('As root, Cloister needs the program setpriv (package util-linux).')
  return [program, [...args]]
}

let setprivFound: Promise<boolean> | undefined
function haveSetpriv(): Promise<boolean> {
  setprivFound ??= run('setpriv', ['--no-new-privs', '--pdeathsig=INT', '--', 'true'], {
    env: bareEnvironment,
  }).then(
    () => true,
    () => false,
  )
  return setprivFound
}

/** Runs a program to its end as the user. Answers its exit code and what it printed, both streams. */
export async function runAs(
  user: OsUser,
  program: string,
  args: readonly string[],
): Promise<{ code: number; output: string }> {
  const [command, line] = await commandAs(user, program, args)
  return new Promise((resolve, reject) => {
    execFile(command, line, { env: bareEnvironment, cwd: '/' }, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code
      if (code === 'ENOENT') reject(new StartFault(`The program ${command} is not there.`))
      else resolve({ code: typeof code === 'number' ? code : 1, output: stdout + stderr })
    })
  })
}

/** Starts a program as the user in a process group of its own, so that Ctrl-C reaches us alone. */
export async function spawnAs(
  user: OsUser,
  program: string,
  args: readonly string[],
  options: Pick<SpawnOptions, 'cwd' | 'stdio'>,
): Promise<ChildProcess> {
  const [command, line] = await commandAs(user, program, args)
  return spawn(command, line, { ...options, env: bareEnvironment, detached: true })
}
