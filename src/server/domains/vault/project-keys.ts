import type { Tx } from '../../kernel/db.ts'
import { VaultFault } from './fault.ts'
import { drawProjectKey, openProjectKey, type ProjectKey } from './keys.ts'
import type { ObjectStore } from './objects.ts'
import type { RootKey } from './root.ts'
import { insertProjectKey } from './store.ts'
import { wrappedBytes } from './wrap.ts'

/**
 * The keys of projects, each wrapped by the root key in a file of its own: what is destroyed there
 * stands in no backup of the database, in no dead row and in no journal of it.
 */
export interface ProjectKeys {
  /**
   * Draws the key of an epoch. Its file is durable before the row that names it commits; a file whose
   * row was rolled back wraps nothing.
   * @throws VaultFault 'storage-full'
   */
  draw(tx: Tx, at: { project: string; epoch: number; by: string }): Promise<ProjectKey>
  /** @throws VaultFault 'key-missing' when there is no such file, 'key-refused' when it is another's */
  open(at: { project: string; epoch: number }, location: string): Promise<ProjectKey>
  has(location: string): Promise<boolean>
  /** Removes the file, durably; also when it was gone before. */
  destroy(location: string): Promise<void>
}

export function openProjectKeys(root: RootKey, tenant: string, files: ObjectStore): ProjectKeys {
  return {
    async draw(tx, { project, epoch, by }) {
      const { key, wrapped } = await drawProjectKey(root, { tenant, project, epoch })
      const { location } = await files.put(once(wrapped))
      await insertProjectKey(tx, { project, epoch, location, begun_by: by })
      return key
    },
    async open({ project, epoch }, location) {
      return openProjectKey(root, { tenant, project, epoch }, await readWrapped(files, location))
    },
    async has(location) {
      try {
        await (await files.open(location)).close()
        return true
      } catch (error) {
        if (error instanceof VaultFault && error.kind === 'object-missing') return false
        throw error
      }
    },
    async destroy(location) {
      await files.remove(location)
    },
  }
}

async function readWrapped(files: ObjectStore, location: string): Promise<Uint8Array> {
  const file = await files.open(location).catch((error: unknown) => {
    const gone = error instanceof VaultFault && error.kind === 'object-missing'
    throw gone ? new VaultFault('key-missing', '', { cause: error }) : error
  })
  try {
    if (file.size !== wrappedBytes) throw new VaultFault('key-refused')
    return await file.read(0, wrappedBytes)
  } finally {
    await file.close()
  }
}

// eslint-disable-next-line @typescript-eslint/require-await
async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
