import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { chown, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import {
  type BackupList,
  type BackupPlaces,
  copyFile,
  copyTree,
  database,
  demandFree,
  listName,
  type Parts,
  syncFolders,
} from './copy.ts'
import { syncFolder } from './durable.ts'
import { StartFault } from './fault.ts'
import type { OsUser } from './os-user.ts'

/** Folders that a copy lacks because they hold nothing of use, and that a database must find. */
const emptied = [
  ...['pg_wal', 'pg_wal/archive_status', 'pg_wal/summaries', 'pg_replslot', 'pg_dynshmem'],
  ...['pg_notify', 'pg_serial', 'pg_snapshots', 'pg_stat_tmp', 'pg_subtrans'],
]

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
