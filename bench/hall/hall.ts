import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, readFile, readlink, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { operatorAt, type Operator } from '../../src/cli/operator.ts'
import {
  demonstrationSite,
  demonstrationWitness,
  type StageServer,
} from '../../src/cli/stage/stage.ts'
import { type Connection, type Db, openDb } from '../../src/server/kernel/db.ts'
import { adminRole } from '../../src/server/kernel/roles.ts'
import type { Door } from '../../src/workstation/door.ts'
import { profiling } from './options.ts'
import type { FromServer, ToServer } from './server.ts'

/** A real installation with its doors on loopback, its site and its witness; a bench's own, gone with it. */
export interface Hall {
  readonly directory: string
  readonly operator: Operator
  readonly inside: Door
  readonly building: Door
  /** The site file in force. */
  readonly site: string
  /** The embedded database, as the bench prepares and checks what it measures. */
  readonly admin: Db
  connection(role: string): Connection
  /** A one-time code of the operator's, asked for at this path. */
  codeFor(path: string): Promise<string>
  /** CPU seconds so far: of the server's process, and of the database's processes. */
  cpu(): { readonly server: number; readonly database: number }
  close(): Promise<void>
}

/** Opens an installation whose only secure floor has this many seats. */
export async function openHall(seats: number): Promise<Hall> {
  // Short, because a unix socket's path may have 107 bytes.
  const directory = await mkdtemp(join(tmpdir(), 'cb-'))
  const closing: (() => Promise<void>)[] = [() => rm(directory, { recursive: true, force: true })]
  const close = async () => {
    for (const one of closing.reverse()) await one()
    closing.length = 0
  }
  try {
    const { opened, process: server } = await beginServer(directory, closing)
    const operator = operatorAt(opened.operatorSocket)
    const site = siteOf(seats, await demonstrationSite())
    await operator.post('/site', { file: site })
    const { pid: postmaster, socketDirectory } = await postmasterOf(directory)
    const connection = (role: string) => ({ socketDirectory, role, database: 'cloister' })
    const admin = openDb(connection(adminRole), { pool: 2 })
    closing.push(() => admin.destroy())
    const door = (name: 'inside' | 'building') => ({
      ...{ host: '127.0.0.1', port: opened.ports[name] ?? 0, ca: opened.authority },
    })
    return {
      ...{ directory, operator, site, admin, connection, close },
      ...{ inside: door('inside'), building: door('building') },
      codeFor: (path) => codeFor(operator, path),
      cpu: () => ({ server: cpuSeconds(server.pid ?? 0), database: cpuSecondsBelow(postmaster) }),
    }
  } catch (error) {
    await close()
    throw error
  }
}

async function beginServer(directory: string, closing: (() => Promise<void>)[]) {
  const program = new URL('server.ts', import.meta.url).pathname
  const server = fork(program, [directory], {
    execArgv: [...profiling(), '-C', 'source', '--import', 'tsx'],
  })
  const gone = once(server, 'exit')
  closing.push(async () => {
    if (server.connected) tell(server, { end: true })
    await gone
  })
  const opened = await new Promise<StageServer>((resolve, reject) => {
    server.once('exit', () => {
      reject(new Error('the server of the bench ended at its start'))
    })
    server.on('message', (said: FromServer) => {
      if ('opened' in said) resolve(said.opened)
      else if ('failed' in said) reject(new Error(said.failed))
      else
        demonstrationWitness(directory, said.logKey, () => undefined).then((witness) => {
          closing.unshift(() => witness.close())
          tell(server, { witness: { url: witness.url, key: witness.vkey } })
        }, reject)
    })
  })
  return { opened, process: server }
}

async function codeFor(operator: Operator, path: string): Promise<string> {
  const answer = await operator.post(path, {})
  if (typeof answer === 'object' && answer !== null && 'code' in answer) return String(answer.code)
  throw new Error('the server gave no enrolment code')
}

function tell(server: ChildProcess, words: ToServer): void {
  server.send(words)
}

/** The demonstration's site with room for so many: open at all hours, its doors and rules as they are. */
function siteOf(seats: number, file: string): string {
  return file
    .replace('seats: 12', `seats: ${seats}`)
    .replace('count: 12', `count: ${seats}`)
    .replace('lockers: 24', `lockers: ${seats}`)
    .replace('maximumOccupancy: 4', `maximumOccupancy: ${seats}`)
}

/** What postmaster.pid says: the process in line 1, the socket's directory in line 5. */
async function postmasterOf(directory: string): Promise<{ pid: number; socketDirectory: string }> {
  const place = join(directory, 'postgres')
  const real = await readlink(place).catch(() => place)
  const lines = (await readFile(join(real, 'data', 'postmaster.pid'), 'utf8')).split('\n')
  return { pid: Number(lines[0]), socketDirectory: lines[4] ?? '' }
}

/** Linux counts a process's CPU time in ticks of 10 ms (proc_pid_stat(5), fields 14 and 15). */
export function cpuSeconds(pid: number): number {
  const fields = statOf(pid)
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / 100
}

/** The same of a process and its children, those that have ended among them (fields 16 and 17). */
export function cpuSecondsBelow(parent: number): number {
  const ended = statOf(parent)
  let sum = cpuSeconds(parent) + (Number(ended[13] ?? 0) + Number(ended[14] ?? 0)) / 100
  for (const name of readdirSync('/proc'))
    if (/^\d+$/.test(name) && Number(statOf(Number(name))[1]) === parent)
      sum += cpuSeconds(Number(name))
  return sum
}

/** The fields from the third on: the second is a name that may hold anything. */
function statOf(pid: number): string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return []
  }
}
