/**
 * What `cloister` and the one-file verifier share: checks that need nothing but files. Only Node's
 * built-ins and packages without dependencies may be imported here.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import {
  LogFault,
  longestCheckpoint,
  longestEntry,
  longestEvidence,
  longestFile,
  parsePolicy,
  type Policy,
  type TileReader,
  type TrustedCheckpoint,
  verifyEvidence,
  verifyLog,
} from '@cloister/transparency-log'
import { TarFault } from '../shared/package/tar.ts'
import { Fault } from './terminal.ts'

/** A finding for programs (as JSON) and for people (`lines`); `sound` decides the exit code. */
export interface Finding {
  readonly report: { readonly sound: boolean } & Readonly<Record<string, unknown>>
  readonly lines: readonly string[]
}

/**
 * Reads the files of an exported log. What is no plain file, or longer than any file of a log, is a
 * fault. A log is thousands of small files that are read one after another: reading them at once
 * costs half of what the way through the thread pool does.
 */
export function directoryReader(dir: string): TileReader {
  return {
    read(path) {
      return new Promise((done) => {
        done(readIn(dir, path))
      })
    },
  }
}

function readIn(dir: string, path: string): Uint8Array | null {
  try {
    // Not to wait for the other end, should the file be a pipe.
    const file = openSync(join(dir, path), constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const found = fstatSync(file)
      if (!found.isFile() || found.size > longestFile)
        throw new LogFault(`${path} is not a file of at most ${longestFile} bytes`, { path })
      return readFileSync(file)
    } finally {
      closeSync(file)
    }
  } catch (error) {
    if (error instanceof LogFault) throw error
    if (isMissing(error)) return null
    throw new Fault(`${join(dir, path)} cannot be read: ${reasonOf(error)}`, 2)
  }
}

/** Reads a file that a person named. Throws a Fault that says which one cannot be read or is too long. */
export async function readNamed(file: string, what: string, limit: number): Promise<Uint8Array> {
  try {
    const { size } = await stat(file)
    if (size > limit) throw new Fault(`${what} ${file} has more than ${limit} bytes`, 2)
    return await readFile(file)
  } catch (error) {
    if (error instanceof Fault) throw error
    throw new Fault(`${what} ${file} cannot be read: ${reasonOf(error)}`, 2)
  }
}

/**
 * What a client's policy says of the log: a tlog-policy (C2SP), whose one line of ours, `delivery`,
 * says nothing of it. Lines keep their numbers, so that a fault names the right one.
 */
export function logPolicyOf(bytes: Uint8Array): Policy {
  // One character to a byte, so that what is not UTF-8 is still refused as such.
  const lines = Buffer.from(bytes).toString('latin1').split('\n')
  const rest = lines.map((line) => (/^delivery[ \t]/.test(line) ? '' : line)).join('\n')
  return parsePolicy(Buffer.from(rest, 'latin1'))
}

/** The policy in a file, as far as it is of logs. */
export async function readLogPolicy(path: string): Promise<Policy> {
  return logPolicyOf(await readNamed(path, 'the policy', 1 << 20))
}

/** Verifies an exported log. Faults of the log are findings; files that cannot be read are Faults. */
export async function checkLog(
  dir: string,
  options: { policy: string; since?: string | undefined },
  progress?: (done: number, size: number) => void,
): Promise<Finding> {
  const since =
    options.since === undefined
      ? {}
      : { since: await readNamed(options.since, 'the checkpoint', longestCheckpoint) }
  if ((await stat(dir).catch(() => null))?.isDirectory() !== true)
    throw new Fault(`${dir} is not a directory`, 2)
  return finding(async () => {
    const found = await verifyLog(directoryReader(dir), await readLogPolicy(options.policy), {
      ...since,
      ...(progress !== undefined && { progress }),
    })
    const continues =
      found.since === null ? [] : [`continues the checkpoint of ${found.since} entries`]
    return {
      report: { sound: true, ...describe(found), since: found.since },
      lines: [`The log is sound: ${headline(found)}.`, ...witnessLines(found), ...continues],
    }
  })
}

/** Checks one proof file. */
export async function checkProof(
  file: string,
  options: { policy: string; entry?: string | undefined },
): Promise<Finding> {
  const policyBytes = await readNamed(options.policy, 'the policy', 1 << 20)
  const bytes = await readNamed(file, 'the proof', longestEvidence)
  const entry =
    options.entry === undefined
      ? undefined
      : await readNamed(options.entry, 'the entry', longestEntry)
  return finding(() => {
    const found = verifyEvidence(bytes, logPolicyOf(policyBytes), entry)
    const text = Buffer.from(found.entry).toString('utf8')
    return Promise.resolve({
      report: {
        sound: true,
        ...describe(found),
        index: found.index,
        entry: Buffer.from(found.entry).toString('base64'),
      },
      lines: [
        `The proof holds: this is entry ${found.index} of ${headline(found)}.`,
        ...witnessLines(found),
        text.replace(/[\p{Cc}\ufffd]/gu, '?'),
      ],
    })
  })
}

/** Something in a package that is not what it should be; `file` is its name there. */
export class Unsound extends Error {
  override readonly name = 'Unsound'
  readonly file: string

  constructor(message: string, file: string) {
    super(`${file}: ${message}`)
    this.file = file
  }
}

export function unsound(message: string, file: string): Unsound {
  return new Unsound(message, file)
}

/** Turns what is wrong with the material into a finding; what is wrong with the call stays a fault. */
export async function finding(check: () => Promise<Finding>): Promise<Finding> {
  try {
    return await check()
  } catch (error) {
    if (error instanceof Unsound || error instanceof TarFault) {
      const file = error instanceof Unsound ? error.file : error.place
      const message = error instanceof Unsound ? error.message : `${file}: ${error.message}`
      return { report: { sound: false, fault: message, file }, lines: [message] }
    }
    if (!(error instanceof LogFault)) throw error
    return {
      report: { sound: false, fault: error.message, ...error.place },
      lines: [error.message],
    }
  }
}

function describe({ checkpoint, witnesses }: TrustedCheckpoint): Record<string, unknown> {
  const { origin, size, root } = checkpoint
  return { origin, size, root: Buffer.from(root).toString('base64'), witnesses }
}

function headline({ checkpoint: { origin, size } }: TrustedCheckpoint): string {
  return `${origin} with ${size} entries`
}

function witnessLines({ witnesses }: TrustedCheckpoint): string[] {
  return witnesses.map(
    ({ name, time }) => `cosigned by ${name} at ${new Date(time * 1000).toISOString()}`,
  )
}

function isMissing(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    (error.code === 'ENOENT' || error.code === 'ENOTDIR')
  )
}

function reasonOf(error: unknown): string {
  if (isMissing(error)) return 'it does not exist'
  return error instanceof Error ? error.message : 'unknown reason'
}
