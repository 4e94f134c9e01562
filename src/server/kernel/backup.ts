import { mkdir, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type BackupPlaces, type Copied, Copy, database, demandFree, type Parts } from './copy.ts'
import { type Connection, openClient } from './db.ts'
import { StartFault } from './fault.ts'

/** Of the running server and no use to a copy (PostgreSQL 18, 25.3.3.4). */
const ofTheServer =
  /^(postmaster[.](pid|opts)|pg_replslot\/.+|pg_(dynshmem|notify|serial|snapshots|stat_tmp|subtrans)\/.+|pgsql_tmp.*|.*\/pgsql_tmp.*)$/
const ofTheWal = /^pg_wal\/.+$/

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
