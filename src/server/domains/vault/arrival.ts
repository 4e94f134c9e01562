import { seal, sealStream } from '@cloister/chunked-encryption'
import { Problem } from '#shared/problems.ts'
import type { Tx } from '../../kernel/db.ts'
import { newId } from '../../kernel/random.ts'
import type { DrawnKey } from './key-ring.ts'
import { sealingOf } from './keys.ts'
import type { ObjectStore } from './objects.ts'
import {
  epochLives,
  insertObjects,
  insertOwnerKeys,
  lockEpochs,
  type NewObject,
  type NewOwnerKey,
} from './store.ts'

/**
 * Items on their way in. Their keys are drawn and their content is sealed before any row speaks of
 * them; `keep` writes all rows at once. What is not kept never opens, and is removed from the object
 * store by `discard` or at the next start.
 */
export interface Arrival {
  /** Seals a whole asset of at most a few megabytes, to lie in the database. */
  seal(item: string, asset: string, bytes: Uint8Array): void
  /** Seals a stream of any length into the object store. @throws VaultFault 'storage-full' */
  sealStream(
    item: string,
    asset: string,
    source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  ): Promise<void>
  /** Writes the keys and objects of all items. @throws Problem 'conflict' when their epoch has ended meanwhile */
  keep(tx: Tx): Promise<void>
  /** Forgets the items and frees what they took in the object store. */
  discard(): Promise<void>
}

export function openArrival(
  project: string,
  drawn: ReadonlyMap<string, DrawnKey>,
  store: ObjectStore,
): Arrival {
  const objects: NewObject[] = []

  function sealing(item: string, asset: string) {
    const at = drawn.get(item)
    if (at === undefined) throw new RangeError('This item is not of this arrival.')
    return sealingOf(at.key, { asset, version: 1 })
  }
  function wipe(): void {
    for (const { key } of drawn.values()) key.destroy()
  }

  return {
    seal(item, asset, bytes) {
      const { key, context } = sealing(item, asset)
      const sealed = Buffer.from(seal(key, context, bytes))
      const id = newId('obj')
      objects.push({ id, owner: item, asset, length: bytes.length, sealed, location: null })
    },
    async sealStream(item, asset, source) {
      const { key, context } = sealing(item, asset)
      let length = 0
      const counted = async function* () {
        for await (const piece of source) {
          length += piece.length
          yield piece
        }
      }
      const { location } = await store.put(sealStream(key, context, counted()))
      objects.push({ id: newId('obj'), owner: item, asset, length, sealed: null, location })
    },
    async keep(tx) {
      const keys: NewOwnerKey[] = [...drawn].map(([owner, { wrapped, epoch }]) => ({
        ...{ owner, epoch, wrapped },
      }))
      await lockEpochs(tx, project, 'shared')
      for (const epoch of new Set(keys.map((key) => key.epoch)))
        if (!(await epochLives(tx, project, epoch))) throw new Problem('conflict')
      await insertOwnerKeys(tx, project, keys)
      await insertObjects(tx, project, objects)
      wipe()
    },
    async discard() {
      wipe()
      for (const { location } of objects.splice(0))
        if (location !== null) await store.remove(location)
    },
  }
}
