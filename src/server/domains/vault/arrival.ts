import { openSource, type OpenedSource, seal, sealStream } from '@cloister/chunked-encryption'
import { Problem } from '#shared/problems.ts'
import { sendAlong, type Tx } from '../../kernel/db.ts'
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
  /** Replaces a sealed stream by what `rewrite` makes of it, for forms that begin with what is known at their end. */
  reseal(
    item: string,
    asset: string,
    rewrite: (opened: OpenedSource) => AsyncIterable<Uint8Array>,
  ): Promise<void>
  /**
   * Writes the keys and objects of what was sealed since it was last called, with the transaction's
   * commit. An item's assets are sealed before the same call.
   * @throws Problem 'conflict' when their epoch has ended meanwhile
   */
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
  let written = 0
  let epochsHeld = false

  function sealing(item: string, asset: string) {
    const at = drawn.get(item)
    if (at === undefined) throw new RangeError('This item is not of this arrival.')
    return sealingOf(at.key, { asset, version: 1 })
  }
  async function putStream(
    item: string,
    asset: string,
    source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  ): Promise<void> {
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
  }
  async function holdEpochs(tx: Tx): Promise<void> {
    await lockEpochs(tx, project, 'shared')
    for (const epoch of new Set([...drawn.values()].map((key) => key.epoch)))
      if (!(await epochLives(tx, project, epoch))) throw new Problem('conflict')
    epochsHeld = true
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
    sealStream: putStream,
    async reseal(item, asset, rewrite) {
      const place = objects.findIndex((o) => o.owner === item && o.asset === asset)
      const location = objects[place]?.location
      if (location == null) throw new RangeError('There is no such stream.')
      const { key, context } = sealing(item, asset)
      const stored = await store.open(location)
      try {
        await putStream(item, asset, rewrite(await openSource(key, context, stored)))
      } finally {
        await stored.close()
      }
      objects.splice(place, 1)
      await store.remove(location)
    },
    async keep(tx) {
      if (!epochsHeld) await holdEpochs(tx)
      const fresh = objects.slice(written)
      written = objects.length
      const owners = [...new Set(fresh.map(({ owner }) => owner))]
      const keys = owners.flatMap((owner): NewOwnerKey[] => {
        const { wrapped, epoch, key } = drawn.get(owner) ?? {}
        key?.destroy()
        return wrapped === undefined || epoch === undefined ? [] : [{ owner, epoch, wrapped }]
      })
      sendAlong(tx, insertOwnerKeys(tx, project, keys))
      sendAlong(tx, insertObjects(tx, project, fresh))
    },
    async discard() {
      wipe()
      for (const { location } of objects.splice(0))
        if (location !== null) await store.remove(location)
    },
  }
}
