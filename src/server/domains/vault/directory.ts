import { randomBytes } from 'node:crypto'
import { mkdir, open, opendir, rename, stat, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { syncFolder, writeAll } from '../../kernel/durable.ts'
import { codeOf, VaultFault } from './fault.ts'
import type { ObjectStore, StoredObject } from './objects.ts'

interface Modes {
  readonly file: number
  readonly folder: number
}

const locationForm = /^[0-9a-f]{40}$/

/**
 * An object store in a folder of this machine: 40 random hexadecimal digits per object, in folders
 * by the first two pairs, so that none grows past what a file system likes. An object is written
 * under `incoming/`, made durable, and only then renamed to its place; a crash leaves at most a
 * file under `incoming/`, which `sweep` removes. With `shared` the folder's group may read and write
 * as well: processes of several users then have one store.
 */
export async function openDirectory(
  folder: string,
  { shared }: { readonly shared: boolean } = { shared: false },
): Promise<ObjectStore> {
  const incoming = join(folder, 'incoming')
  const modes: Modes = shared ? { file: 0o640, folder: 0o770 } : { file: 0o600, folder: 0o700 }
  await mkdir(incoming, { recursive: true, mode: modes.folder })
  await syncFolder(folder)
  return {
    put: (sealed) => put(folder, incoming, sealed, modes),
    open: (location) => openObjectFile(place(folder, location)),
    remove: (location) => remove(place(folder, location)),
    list: (before) => list(folder, before),
    sweep: (before) => sweep(incoming, before),
  }
}

/** @throws VaultFault 'object-missing' for a name that no object has, so that none leads elsewhere. */
function place(folder: string, location: string): string {
  if (!locationForm.test(location)) throw new VaultFault('object-missing')
  return join(folder, location.slice(0, 2), location.slice(2, 4), location)
}

async function put(
  folder: string,
  incoming: string,
  sealed: AsyncIterable<Uint8Array>,
  modes: Modes,
) {
  const location = randomBytes(20).toString('hex')
  const draft = join(incoming, location)
  const path = place(folder, location)
  let placed = false
  try {
    const size = await writeDraft(draft, sealed, modes.file)
    await makeFolders(folder, dirname(path), modes.folder)
    await rename(draft, path)
    placed = true
    await syncFolder(dirname(path))
    return { location, size }
  } catch (error) {
    await unlink(placed ? path : draft).catch(() => undefined)
    if (isFull(error)) throw new VaultFault('storage-full', undefined, { cause: error })
    throw error
  }
}

async function writeDraft(
  draft: string,
  sealed: AsyncIterable<Uint8Array>,
  mode: number,
): Promise<number> {
  const file = await open(draft, 'wx', mode)
  try {
    let size = 0
    for await (const piece of sealed) {
      await writeAll(file, piece)
      size += piece.length
    }
    await file.sync()
    return size
  } finally {
    await file.close()
  }
}

/** Makes the two levels of folders above an object, and their names durable where they are new. */
async function makeFolders(folder: string, parent: string, mode: number): Promise<void> {
  for (const level of [dirname(parent), parent]) {
    try {
      await mkdir(level, { mode })
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
    }
    // Also when another writer made it a moment ago, whose own sync may still be to come.
    await syncFolder(level === parent ? dirname(parent) : folder)
  }
}

function isFull(error: unknown): boolean {
  const code = codeOf(error)
  return code === 'ENOSPC' || code === 'EDQUOT'
}

async function openObjectFile(path: string): Promise<StoredObject> {
  const file = await open(path, 'r').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') throw new VaultFault('object-missing')
    throw error
  })
  try {
    const { size } = await file.stat()
    return {
      size,
      async read(from, to) {
        const bytes = Buffer.allocUnsafe(to - from)
        let filled = 0
        while (filled < bytes.length) {
          const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, from + filled)
          if (bytesRead === 0) break
          filled += bytesRead
        }
        return bytes.subarray(0, filled)
      },
      close: () => file.close(),
    }
  } catch (error) {
    await file.close()
    throw error
  }
}

async function remove(path: string): Promise<boolean> {
  const removed = await unlinked(path)
  if (removed) await syncFolder(dirname(path))
  return removed
}

/** Answers false when there is no such name any more. */
async function unlinked(path: string): Promise<boolean> {
  try {
    await unlink(path)
    return true
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    throw error
  }
}

async function* list(folder: string, before?: Date): AsyncGenerator<string, void, undefined> {
  for await (const first of await opendir(folder)) {
    if (!/^[0-9a-f]{2}$/.test(first.name)) continue
    for await (const second of await opendir(join(folder, first.name)))
      for await (const { name } of await opendir(join(folder, first.name, second.name)))
        if (locationForm.test(name) && (!before || (await isOlder(place(folder, name), before))))
          yield name
  }
}

async function isOlder(path: string, moment: Date): Promise<boolean> {
  const found = await stat(path).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return null
    throw error
  })
  return found !== null && found.mtime < moment
}

/** Others may be writing, or sweeping: a draft that is gone meanwhile took its place, or was swept. */
async function sweep(incoming: string, before: Date): Promise<number> {
  let swept = 0
  for await (const { name } of await opendir(incoming)) {
    const path = join(incoming, name)
    if ((await isOlder(path, before)) && (await unlinked(path))) swept++
  }
  if (swept > 0) await syncFolder(incoming)
  return swept
}
