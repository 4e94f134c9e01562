import { createHash } from 'node:crypto'
import { mkdir, open, readdir, stat } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { syncFolder } from './durable.ts'
import { codeOf, StartFault } from './fault.ts'

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

export const listName = 'backup.json'
/** The part of a copy that is the database's data folder. */
export const database = 'database'

/** A folder that is being filled, and the hash of every file that came into it. */
export class Copy {
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
export async function copyTree(
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
export async function copyFile(
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

export async function syncFolders(root: string): Promise<void> {
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true }))
    if (entry.isDirectory()) await syncFolder(join(entry.parentPath, entry.name))
  await syncFolder(root)
}
