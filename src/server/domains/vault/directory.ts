import { randomBytes } from 'node:crypto'
import { mkdir, open, opendir, rename, stat, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { syncFolder, writeAll } from '../../kernel/durable.ts'
import { codeOf, VaultFault } from './fault.ts'
import type { ObjectStore, StoredObject } from './objects.ts'

const locationForm = /^[0-9a-f]{40}$/

/**
 * An object store in a folder of this machine: 40 random hexadecimal digits per object, in folders
 * by the first two pairs, so that none grows past what a file system likes. An object is written
 * under `incoming/`, made durable, and only then renamed to its place; a crash leaves at most a
 * file under `incoming/`, which `sweep` removes.
 */
export async function openDirectory(folder: string): Promise<ObjectStore> {
  const incoming = join(folder, 'incoming')
  await mkdir(incoming, { recursive: true, mode: 0o700 })
  await syncFolder(folder)
  return {
    put: (sealed) => put(folder, incoming, sealed),
    open: (location) => openObjectFile(place(folder, location)),
    remove: (location) => remove(place(folder, location)),
    list: () => list(folder),
    sweep: (before) => sweep(incoming, before),
  }
}

/** @throws VaultFault 'object-missing' for a name that no object has, so that none leads elsewhere. */
function place(folder: string, location: string): string {
  if (!locationForm.test(location)) throw new VaultFault('object-missing')
  return join(folder, location.slice(0, 2), location.slice(2, 4), location)
}

async function put(folder: string, incoming: string, sealed: AsyncIterable<Uint8Array>) {
  const location = randomBytes(20).toString('hex')
  const draft = join(incoming, location)
  const path = place(folder, location)
  let placed = false
  try {
    const size = await writeDraft(draft, sealed)
    await makeFolders(folder, dirname(path))
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

async function writeDraft(draft: string, sealed: AsyncIterable<Uint8Array>): Promise<number> {
  const file = await open(draft, 'wx', 0o600)
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
async function makeFolders(folder: string, parent: string): Promise<void> {
  for (const level of [dirname(parent), parent]) {
    try {
      await mkdir(level, { mode: 0o700 })
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
  try {
    await unlink(path)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    throw error
  }
  await syncFolder(dirname(path))
  return true
}

async function* list(folder: string): AsyncGenerator<string, void, undefined> {
  for await (const first of await opendir(folder)) {
    if (!/^[0-9a-f]{2}$/.test(first.name)) continue
    for await (const second of await opendir(join(folder, first.name)))
      for await (const object of await opendir(join(folder, first.name, second.name)))
        if (locationForm.test(object.name)) yield object.name
  }
}

async function sweep(incoming: string, before: Date): Promise<number> {
  let swept = 0
  for await (const draft of await opendir(incoming)) {
    const path = join(incoming, draft.name)
    if ((await stat(path)).mtime >= before) continue
    await unlink(path)
    swept++
  }
  if (swept > 0) await syncFolder(incoming)
  return swept
}
