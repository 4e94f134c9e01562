import { createHash } from 'node:crypto'
import { chown, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { createReadStream } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { syncFolder } from './durable.ts'
import { type Connection, openClient } from './db.ts'
import { codeOf, StartFault } from './fault.ts'
import type { OsUser } from './os-user.ts'

/** Files and folders of an installation, each by its name in a copy of them. */
export type Parts = Readonly<Record<string, string>>

/** Where that lies of an installation which a backup holds. */
export interface BackupPlaces {
  /** The cluster's data folder. */
  readonly data: string
  /** What lies beside the database, and is written once and then only removed. */
  readonly parts: Parts
}

/** What a copy's list says of it: the SHA-256 of each file, in hex, by its path. */
export interface BackupList {
  readonly version: 1
  readonly files: Readonly<Record<string, string>>
}

/** What was copied. `sha256` is that of the list, and thereby of everything. */
export interface Copied {
  readonly files: number
  readonly bytes: number
  readonly sha256: string
}

const listName = 'backup.json'
const database = 'database'

/** Of the running server and no use to a copy (PostgreSQL 18, 25.3.3.4). */
const ofTheServer =
  /^(postmaster[.](pid|opts)|pg_replslot\/.+|pg_(dynshmem|notify|serial|snapshots|stat_tmp|subtrans)\/.+|pgsql_tmp.*|.*\/pgsql_tmp.*)$/
const ofTheWal = /^pg_wal\/.+$/
const emptied = [
  ...['pg_wal', 'pg_wal/archive_status', 'pg_wal/summaries', 'pg_replslot', 'pg_dynshmem'],
  ...['pg_notify', 'pg_serial', 'pg_snapshots', 'pg_stat_tmp', 'pg_subtrans'],
]

/**
 * Copies a database and what lies beside it into a new folder. With a connection the database runs
 * on: the low-level backup of PostgreSQL (18, section 25.3.3), then every WAL file that recovery
 * needs, which a replication slot keeps meanwhile; with none it must have been shut down. What lies
 * beside follows: of what the database names the copy lacks only that which was removed after the
 * database's part ended (erased, undone, replaced). What is sealed stays sealed.
 * Every file is on the disk before the list of their hashes is written: a folder without a list is
 * no backup. Refuses with a StartFault when the folder is there already, and gives up with one when
 * a WAL file is gone.
 */
export async function backUp(
  connection: Connection | null,
  { data, parts }: BackupPlaces,
  target: string,
): Promise<Copied> {
  await makeNew(target)
  const copy = new Copy(target)
  if (connection === null) await copyStopped(copy, data)
  else await copyRunning(copy, connection, data)
  await copyAll(copy, parts)
  return copy.finish()
}

/** Copies files and folders alone into a new folder, under the same promises. */
export async function backUpParts(parts: Parts, target: string): Promise<Copied> {
  await makeNew(target)
  const copy = new Copy(target)
  await copyAll(copy, parts)
  return copy.finish()
}

/**
 * Puts a backup into new places, after every file was found to be what its list says. The next
 * start of the database replays the WAL in it. Refuses with a StartFault that names the first file
 * that is missing, changed or too many, a part that the backup lacks, or a place that is taken;
 * nothing is done then. Places appear at the end, each whole.
 */
export async function restore(
  source: string,
  { data, parts }: BackupPlaces,
  owner: OsUser,
): Promise<BackupList> {
  const list = await checkCopy(source, [database, ...Object.keys(parts)])
  await demandFree([data, ...Object.values(parts)])
  await putBack(source, { [database]: data, ...parts }, async (made) => {
    for (const folder of emptied) await mkdir(join(made, folder), { recursive: true, mode: 0o700 })
    await giveTo(made, owner)
  })
  return list
}

/** Puts files and folders alone back, under the same promises. */
export async function restoreParts(source: string, parts: Parts): Promise<BackupList> {
  const list = await checkParts(source, parts)
  await putBack(source, parts, () => Promise.resolve())
  return list
}

/** Refuses as `restoreParts` does, and writes nothing. */
export async function checkParts(source: string, parts: Parts): Promise<BackupList> {
  const list = await checkCopy(source, Object.keys(parts))
  await demandFree(Object.values(parts))
  return list
}

/** A folder that is being filled, and the hash of every file that came into it. */
class Copy {
  readonly root: string
  readonly #files: Record<string, string> = {}
  #bytes = 0

  constructor(root: string) {
    this.root = root
  }

  /** Answers false for a file that is gone. */
  async file(from: string, path: string): Promise<boolean> {
    const made = await copyFile(from, join(this.root, path))
    if (made === null) return false
    this.#files[path] = made.sha256
    this.#bytes += made.bytes
    return true
  }

  /** A file that goes meanwhile is passed over: the WAL says so, or it was removed for good. */
  async tree(from: string, path: string, takes: (name: string) => boolean): Promise<void> {
    await copyTree(from, join(this.root, path), takes, async (name) => {
      await this.file(join(from, name), join(path, name))
    })
  }

  async text(path: string, text: string): Promise<void> {
    await writeDurably(join(this.root, path), text)
    this.#files[path] = createHash('sha256').update(text).digest('hex')
    this.#bytes += Buffer.byteLength(text)
  }

  async finish(): Promise<Copied> {
    await syncFolders(this.root)
    const list: BackupList = { version: 1, files: this.#files }
    const text = `${JSON.stringify(list, null, 1)}\n`
    await writeDurably(join(this.root, listName), text)
    await syncFolder(this.root)
    await syncFolder(dirname(this.root))
    return {
      ...{ files: Object.keys(this.#files).length, bytes: this.#bytes },
      sha256: createHash('sha256').update(text).digest('hex'),
    }
  }
}

/** What ends a backup: its label, tablespaces, the last WAL file that it needs, and a WAL file's size. */
interface BackupEnd {
  readonly labelfile: string
  readonly spcmapfile: string
  readonly last: string
  readonly size: number
}

async function copyRunning(copy: Copy, connection: Connection, data: string): Promise<void> {
  const client = await openClient(connection)
  try {
    // The same session must begin and end it; its end without `stop` gives the backup up.
    await client.query(`set statement_timeout = 0`)
    // Without a slot a checkpoint removes the WAL from before it. The slot goes with the session.
    await client.query(
      `select pg_create_physical_replication_slot('cloister_backup_' || pg_backend_pid(), true, true)`,
    )
    await client.query(`select pg_backup_start('cloister', true)`)
    await copy.tree(data, database, (name) => !ofTheServer.test(name) && !ofTheWal.test(name))
    // At the border of two files only the earlier one is there for certain: hence `- 1`.
    const { rows } = await client.query<BackupEnd>(
      `select labelfile, spcmapfile, pg_walfile_name(lsn - 1) as last,
        (select setting::int8 from pg_settings where name = 'wal_segment_size') as size
       from pg_backup_stop(true)`,
    )
    const [end] = rows
    if (end === undefined) throw new Error('pg_backup_stop answered nothing')
    if (end.spcmapfile !== '') throw tablespaces()
    await copy.text(join(database, 'backup_label'), end.labelfile)
    await copyWal(copy, data, end)
  } finally {
    await client.end()
  }
}

/** A database that was shut down is whole with the WAL that lies in it. */
async function copyStopped(copy: Copy, data: string): Promise<void> {
  if ((await stat(join(data, 'postmaster.pid')).catch(() => null)) !== null)
    throw new StartFault(
      'the database was not shut down; start Cloister and back it up while it runs',
    )
  if ((await readdir(join(data, 'pg_tblspc'))).length > 0) throw tablespaces()
  await copy.tree(data, database, (name) => !ofTheServer.test(name))
}

function tablespaces(): StartFault {
  return new StartFault('a database with tablespaces of its own is backed up by its own means')
}

/** The WAL from where recovery begins to where the backup ended, whole. */
async function copyWal(copy: Copy, data: string, { labelfile, last, size }: BackupEnd) {
  const first = /\(file ([0-9A-F]{24})\)/.exec(labelfile)?.[1]
  if (first === undefined) throw new Error('the backup label names no WAL file')
  for (const name of walFiles(first, last, size))
    if (!(await copy.file(join(data, 'pg_wal', name), join(database, 'pg_wal', name))))
      throw new StartFault(
        `the database lost its WAL file ${name} while it was copied; remove ${copy.root} and take the backup again`,
      )
}

/** Names of WAL files from one to another: timeline, and place as two numbers, in 8 hexadecimal digits each. */
function walFiles(first: string, last: string, size: number): string[] {
  const perGroup = 2 ** 32 / size
  const placeOf = (name: string) =>
    parseInt(name.slice(8, 16), 16) * perGroup + parseInt(name.slice(16), 16)
  const hex = (number: number) => number.toString(16).toUpperCase().padStart(8, '0')
  const names: string[] = []
  for (let place = placeOf(first); place <= placeOf(last); place += 1)
    names.push(first.slice(0, 8) + hex(Math.floor(place / perGroup)) + hex(place % perGroup))
  return names
}

async function copyAll(copy: Copy, parts: Parts): Promise<void> {
  for (const [name, from] of Object.entries(parts)) {
    const found = await stat(from).catch(() => null)
    if (found === null) throw new StartFault(`${from} is missing, and a backup needs it`)
    if (found.isDirectory()) await copy.tree(from, name, () => true)
    else await copy.file(from, name)
  }
}

async function makeNew(folder: string): Promise<void> {
  await demandFree([folder])
  await mkdir(folder, { recursive: true, mode: 0o700 })
}

/** Refuses with a StartFault a place where something is; an empty folder is free. */
export async function demandFree(places: readonly string[]): Promise<void> {
  for (const place of places) {
    const found = await stat(place).catch(() => null)
    if (found === null) continue
    if (!found.isDirectory()) throw new StartFault(`${place} is there already`)
    if ((await readdir(place)).length > 0)
      throw new StartFault(`${place} is not empty; name a new folder`)
  }
}

/** Goes through a folder; a link in it is no part of an installation and is left out. */
async function copyTree(
  from: string,
  to: string,
  takes: (name: string) => boolean,
  each: (name: string) => Promise<void>,
): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o700 })
  for (const entry of await readdir(from, { recursive: true, withFileTypes: true })) {
    const name = relative(from, join(entry.parentPath, entry.name))
    if (!takes(name)) continue
    if (entry.isDirectory()) await mkdir(join(to, name), { recursive: true, mode: 0o700 })
    else if (entry.isFile()) await each(name)
  }
}

const pieceSize = 1 << 20

/** Copies a file to the disk and hashes what it wrote; null when there is no such file any more. */
async function copyFile(
  from: string,
  to: string,
): Promise<{ sha256: string; bytes: number } | null> {
  const source = await open(from, 'r').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return null
    throw error
  })
  if (source === null) return null
  const hash = createHash('sha256')
  let bytes = 0
  try {
    const { mode } = await source.stat()
    await mkdir(dirname(to), { recursive: true, mode: 0o700 })
    const target = await open(to, 'wx', mode & 0o777)
    try {
      const piece = Buffer.allocUnsafe(pieceSize)
      for (;;) {
        const { bytesRead } = await source.read(piece, 0, pieceSize)
        if (bytesRead === 0) break
        hash.update(piece.subarray(0, bytesRead))
        await target.writeFile(piece.subarray(0, bytesRead))
        bytes += bytesRead
      }
      await target.sync()
    } finally {
      await target.close()
    }
  } finally {
    await source.close()
  }
  return { sha256: hash.digest('hex'), bytes }
}

/** Compares a copy with its list, and its parts with those that are wanted. */
async function checkCopy(source: string, wanted: readonly string[]): Promise<BackupList> {
  const list = await readList(source)
  const found = await hashesOf(source)
  for (const [path, hash] of Object.entries(list.files))
    if (found[path] !== hash)
      throw new StartFault(
        `${path} of the backup is ${found[path] === undefined ? 'missing' : 'changed'}`,
      )
  for (const path of Object.keys(found))
    if (list.files[path] === undefined) throw new StartFault(`${path} is not part of the backup`)
  const there = (await readdir(source)).filter((name) => name !== listName)
  for (const name of wanted)
    if (!there.includes(name)) throw new StartFault(`${source} has no part '${name}'`)
  for (const name of there)
    if (!wanted.includes(name))
      throw new StartFault(`this configuration has no place for the part '${name}' of ${source}`)
  return list
}

/** Makes every part beside its place, then moves them there; `ready` finishes the first. */
async function putBack(
  source: string,
  parts: Parts,
  ready: (first: string) => Promise<void>,
): Promise<void> {
  const moves: [from: string, to: string][] = []
  for (const [name, place] of Object.entries(parts)) {
    const partial = `${place}.partial`
    await rm(partial, { recursive: true, force: true })
    await mkdir(dirname(place), { recursive: true, mode: 0o700 })
    const from = join(source, name)
    if ((await stat(from)).isDirectory())
      await copyTree(
        from,
        partial,
        () => true,
        async (path) => {
          await copyFile(join(from, path), join(partial, path))
        },
      )
    else await copyFile(from, partial)
    if (moves.length === 0) await ready(partial)
    if ((await stat(partial)).isDirectory()) await syncFolders(partial)
    moves.push([partial, place])
  }
  for (const [from, to] of moves) {
    await rename(from, to)
    await syncFolder(dirname(to))
  }
}

async function hashesOf(folder: string): Promise<Record<string, string>> {
  const hashes: Record<string, string> = {}
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = relative(folder, join(entry.parentPath, entry.name))
    if (!entry.isFile() || path === listName) continue
    const hash = createHash('sha256')
    for await (const piece of createReadStream(join(folder, path)))
      if (piece instanceof Uint8Array) hash.update(piece)
    hashes[path] = hash.digest('hex')
  }
  return hashes
}

async function readList(source: string): Promise<BackupList> {
  const text = await readFile(join(source, listName), 'utf8').catch(() => {
    throw new StartFault(`${source} is no whole backup: it has no ${listName}`)
  })
  const files = filesIn(text)
  if (files === null) throw new StartFault(`${listName} in ${source} is not of this version`)
  return { version: 1, files }
}

function filesIn(text: string): Record<string, string> | null {
  let found: unknown
  try {
    found = JSON.parse(text)
  } catch {
    return null
  }
  if (typeof found !== 'object' || found === null || !('version' in found && 'files' in found))
    return null
  const { version, files } = found
  if (version !== 1 || typeof files !== 'object' || files === null) return null
  return Object.fromEntries(Object.entries(files).map(([path, hash]) => [path, String(hash)]))
}

async function giveTo(folder: string, { uid, gid }: OsUser): Promise<void> {
  if (process.getuid?.() === uid) return
  await chown(folder, uid, gid)
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
    await chown(join(entry.parentPath, entry.name), uid, gid)
}

async function writeDurably(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
}

async function syncFolders(root: string): Promise<void> {
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true }))
    if (entry.isDirectory()) await syncFolder(join(entry.parentPath, entry.name))
  await syncFolder(root)
}
