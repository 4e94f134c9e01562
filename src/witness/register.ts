import { createHash } from 'node:crypto'
import { type BigIntStats } from 'node:fs'
import {
  type FileHandle,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  stat,
  unlink,
} from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { join, resolve } from 'node:path'
import {
  generateSigningKey,
  longestCheckpoint,
  type WitnessStore,
} from '@cloister/transparency-log'

/** Why a witness cannot start or go on: one line that the operator can act on. */
export class WitnessFault extends Error {
  override readonly name = 'WitnessFault'
}

/** A witness's directory, held by this process alone until it is closed. */
export interface Register extends WitnessStore {
  readonly signingKey: string
  close(): Promise<void>
}

/**
 * Opens the directory of a witness, making it and the key on first use. Throws a WitnessFault when
 * another witness is running on it, when the key is that of another name or lies open to others, and
 * when there are checkpoints but no key.
 */
export async function openRegister(dir: string, name: string): Promise<Register> {
  const root = resolve(dir)
  const logs = join(root, 'logs')
  await orFault(`cannot make ${logs}`, () => mkdir(logs, { recursive: true, mode: 0o700 }))
  const lock = await takeLock(join(root, 'lock'))
  try {
    const signingKey = await ownKey(root, logs, name)
    return { signingKey, ...checkpointsIn(logs, lock), close: lock.release }
  } catch (error) {
    await lock.release()
    throw error
  }
}

/** The name under which the checkpoint of a log is kept and served: the hex SHA-256 of its origin. */
export function originHash(origin: string): string {
  return createHash('sha256').update(origin).digest('hex')
}

function checkpointsIn(logs: string, lock: Lock): WitnessStore {
  const latest = (origin: string) => readOrNull(join(logs, originHash(origin)))
  let queue: Promise<unknown> = Promise.resolve()
  const replaceNow = async (origin: string, from: string | null, to: string): Promise<boolean> => {
    if ((await latest(origin)) !== from) return false
    if (!(await lock.isHeld()))
      throw new WitnessFault('another witness has taken the directory; this one signs nothing more')
    await keep(logs, originHash(origin), to)
    return true
  }
  return {
    latest,
    replace(origin, from, to) {
      const done = queue.then(() => replaceNow(origin, from, to))
      queue = done.catch(() => undefined)
      return done
    },
  }
}

async function ownKey(root: string, logs: string, name: string): Promise<string> {
  const path = join(root, 'key')
  const found = await readOrNull(path)
  if (found === null) {
    if ((await readdir(logs)).some((file) => !file.endsWith('.new')))
      throw new WitnessFault(
        `${path} is missing although checkpoints are kept: use a new directory`,
      )
    const made = generateSigningKey(name, 'witness')
    await keep(root, 'key', `${made}\n`)
    return made
  }
  if (((await stat(path)).mode & 0o077) !== 0)
    throw new WitnessFault(`others can read ${path}: chmod 600 it, and use a new key if they did`)
  if (!found.startsWith(`PRIVATE+KEY+${name}+`))
    throw new WitnessFault(`the key in ${path} is not that of '${name}'`)
  return found.trimEnd()
}

/** Writes a file so that after a crash either the old or the new one is there, whole. */
async function keep(dir: string, name: string, text: string): Promise<void> {
  const fresh = join(dir, `${name}.new`)
  await withFile(await open(fresh, 'w', 0o600), async (file) => {
    await file.writeFile(text)
    await file.sync()
  })
  await rename(fresh, join(dir, name))
  await withFile(await open(dir, 'r'), (file) => file.sync())
}

async function withFile(file: FileHandle, use: (file: FileHandle) => Promise<void>): Promise<void> {
  try {
    await use(file)
  } finally {
    await file.close()
  }
}

async function readOrNull(path: string): Promise<string | null> {
  try {
    if ((await stat(path)).size > longestCheckpoint) throw new WitnessFault(`${path} is too long`)
    return await readFile(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw error
  }
}

interface Lock {
  readonly isHeld: () => Promise<boolean>
  readonly release: () => Promise<void>
}

/** Socket paths are at most 103 bytes on some systems. */
const longestSocketPath = 103

/**
 * Holds a directory by listening on a socket in it: the system lets go of it however the process
 * ends. Two that clear a dead socket at one moment could both go on; so `isHeld` looks whether the
 * socket is still ours, and is asked before anything is kept.
 */
async function takeLock(path: string): Promise<Lock> {
  if (Buffer.byteLength(path) > longestSocketPath)
    throw new WitnessFault(`the path ${path} is too long: at most ${longestSocketPath} bytes`)
  let server = await listenOn(path)
  if (server === null && !(await answers(path))) {
    await unlink(path)
    server = await listenOn(path)
  }
  if (server === null) throw new WitnessFault('another witness is running on this directory')
  const listening = server
  const own = await stat(path, { bigint: true })
  const isHeld = async (): Promise<boolean> => {
    const now = await stat(path, { bigint: true }).catch(() => null)
    return now !== null && sameFile(own, now)
  }
  return {
    isHeld,
    async release() {
      if (!(await isHeld())) listening.unref()
      else
        await new Promise<void>((done) =>
          listening.close(() => {
            done()
          }),
        )
    },
  }
}

function listenOn(path: string): Promise<Server | null> {
  return new Promise((done, failed) => {
    const server = createServer((socket) => socket.destroy())
    server.once('error', (error) => {
      if (codeOf(error) === 'EADDRINUSE') done(null)
      else failed(new WitnessFault(`cannot lock the directory at ${path}: ${error.message}`))
    })
    server.listen(path, () => {
      done(server)
    })
  })
}

function answers(path: string): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      done(true)
    })
    // Refused means that nobody listens any more; anything else is taken for somebody who does.
    socket.once('error', (error) => {
      done(codeOf(error) !== 'ECONNREFUSED')
    })
  })
}

function sameFile(a: BigIntStats, b: BigIntStats): boolean {
  return a.ino === b.ino && a.dev === b.dev
}

async function orFault<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw new WitnessFault(`${what}: ${error instanceof Error ? error.message : 'unknown reason'}`)
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
