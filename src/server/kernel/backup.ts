import { chown, cp, mkdir, open, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { join, relative } from 'node:path'
import { type Connection, openClient } from './db.ts'
import { StartFault } from './fault.ts'

/** Where the parts of an installation lie that a backup holds. */
export interface BackupPlaces {
  /** The cluster's data folder. */
  readonly data: string
  /** Sealed objects. */
  readonly objects: string
}

/** What a backup's list says of it. */
export interface BackupList {
  readonly version: 1
  readonly files: Readonly<Record<string, string>>
}

const listName = 'backup.json'

/** Of the running server and no use to a copy (PostgreSQL 18, 25.3.3.4). */
const leftOut =
  /^(postmaster[.](pid|opts)|pg_wal\/.+|pg_replslot\/.+|pg_(dynshmem|notify|serial|snapshots|stat_tmp|subtrans)\/.+|pgsql_tmp.*|.*\/pgsql_tmp.*)$/

/**
 * Copies a running database and its objects into a new folder: the low-level backup of PostgreSQL
 * (18, section 25.3.3.3), then the WAL that makes the copy whole, then the objects, which are never
 * changed in place. What is sealed stays sealed; the keys to it are not in the backup.
 * The list with the SHA-256 of every file is written last: a folder without it is no backup.
 * Refuses with a StartFault when the folder is there already.
 */
export async function backUp(
  connection: Connection,
  { data, objects }: BackupPlaces,
  target: string,
): Promise<BackupList> {
  await makeNew(target)
  const copy = join(target, 'database')
  const client = await openClient(connection)
  try {
    // The same session must begin and end it; its end without `stop` gives the backup up.
    await client.query(`set statement_timeout = 0`)
    await client.query(`select pg_backup_start('cloister', true)`)
    await copyTree(data, copy, (path) => !leftOut.test(path))
    const { rows } = await client.query<{ labelfile: string; spcmapfile: string; last: string }>(
      `select labelfile, spcmapfile, pg_walfile_name(lsn) as last from pg_backup_stop(true)`,
    )
    const [end] = rows
    if (end === undefined) throw new Error('pg_backup_stop answered nothing')
    if (end.spcmapfile !== '')
      throw new StartFault('a database with tablespaces of its own is backed up by its own means')
    await writeFile(join(copy, 'backup_label'), end.labelfile)
    await copyWal(data, copy, end.labelfile, end.last)
  } finally {
    await client.end()
  }
  await copyTree(objects, join(target, 'objects'), () => true)
  const list: BackupList = { version: 1, files: await hashesOf(target) }
  await writeDurably(join(target, listName), `${JSON.stringify(list, null, 1)}\n`)
  return list
}

/**
 * Puts a backup into new places, after every file was found to be what its list says. The next
 * start of the database replays the WAL in it. Refuses with a StartFault that names the first file
 * that is missing, changed or too many, and when a place is taken; nothing is done then.
 */
export async function restore(
  source: string,
  { data, objects }: BackupPlaces,
  owner: { readonly uid: number; readonly gid: number },
): Promise<BackupList> {
  const list = await readList(source)
  const found = await hashesOf(source)
  for (const [path, hash] of Object.entries(list.files))
    if (found[path] !== hash)
      throw new StartFault(
        `${path} of the backup is ${found[path] === undefined ? 'missing' : 'changed'}`,
      )
  for (const path of Object.keys(found))
    if (list.files[path] === undefined) throw new StartFault(`${path} is not part of the backup`)
  for (const place of [data, objects]) await makeNew(place)
  await copyTree(join(source, 'database'), data, () => true)
  await copyTree(join(source, 'objects'), objects, () => true)
  for (const folder of [
    'pg_wal',
    'pg_wal/archive_status',
    'pg_wal/summaries',
    'pg_replslot',
    ...emptied,
  ])
    await mkdir(join(data, folder), { recursive: true, mode: 0o700 })
  await giveTo(data, owner)
  return list
}

const emptied = [
  'pg_dynshmem',
  'pg_notify',
  'pg_serial',
  'pg_snapshots',
  'pg_stat_tmp',
  'pg_subtrans',
]

async function makeNew(folder: string): Promise<void> {
  const there = await readdir(folder).catch(() => [])
  if (there.length > 0) throw new StartFault(`${folder} is not empty; name a new folder`)
  await mkdir(folder, { recursive: true, mode: 0o700 })
}

async function copyTree(from: string, to: string, takes: (path: string) => boolean): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o700 })
  for (const entry of await readdir(from, { recursive: true, withFileTypes: true })) {
    const path = relative(from, join(entry.parentPath, entry.name))
    if (!takes(path)) continue
    if (entry.isDirectory()) await mkdir(join(to, path), { recursive: true, mode: 0o700 })
    else if (entry.isFile())
      // A table that was dropped meanwhile is not missed: the WAL drops it too.
      await copyFile(join(from, path), join(to, path))
  }
}

async function copyFile(from: string, to: string): Promise<void> {
  await mkdir(join(to, '..'), { recursive: true, mode: 0o700 })
  await cp(from, to).catch(async (error: unknown) => {
    if ((await stat(from).catch(() => null)) !== null) throw error
  })
}

/** The WAL from where recovery begins to where the backup ended. */
async function copyWal(data: string, copy: string, label: string, last: string): Promise<void> {
  const first = /\(file ([0-9A-F]{24})\)/.exec(label)?.[1]
  if (first === undefined) throw new Error('the backup label names no WAL file')
  const wal = join(copy, 'pg_wal')
  await mkdir(wal, { recursive: true, mode: 0o700 })
  for (const name of await readdir(join(data, 'pg_wal')))
    if (/^[0-9A-F]{24}$/.test(name) && name >= first && name <= last)
      await cp(join(data, 'pg_wal', name), join(wal, name))
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
  const found: unknown = JSON.parse(text)
  const files =
    typeof found === 'object' &&
    found !== null &&
    'version' in found &&
    found.version === 1 &&
    'files' in found
      ? found.files
      : null
  if (typeof files !== 'object' || files === null)
    throw new StartFault(`${listName} in ${source} is not of this version`)
  const entries = Object.entries(files).map(([path, hash]): [string, string] => [
    path,
    String(hash),
  ])
  return { version: 1, files: Object.fromEntries(entries) }
}

async function giveTo(folder: string, { uid, gid }: { uid: number; gid: number }): Promise<void> {
  if (process.getuid?.() === uid) return
  await chown(folder, uid, gid)
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
    await chown(join(entry.parentPath, entry.name), uid, gid)
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
}
