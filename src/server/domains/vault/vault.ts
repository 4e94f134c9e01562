import { createHmac, hkdfSync } from 'node:crypto'
import {
  open as openSealed,
  openSource,
  plaintextLength,
  seal as sealWhole,
  sealStream,
} from '@cloister/chunked-encryption'
import { afterCommit, sendAlong, type Tx } from '../../kernel/db.ts'
import { newId } from '../../kernel/random.ts'
import { isGenuinePass, type Pass, siteProject } from '../access/index.ts'
import { type Arrival, openArrival } from './arrival.ts'
import { type Epochs, openEpochs } from './epochs.ts'
import { VaultFault } from './fault.ts'
import { idOf, openKeyRing } from './key-ring.ts'
import { type KeyOwner, sealingOf } from './keys.ts'
import type { ObjectStore, StoredObject } from './objects.ts'
import { openProjectKeys } from './project-keys.ts'
import type { RootKey } from './root.ts'
import {
  deleteItems,
  deleteObjects,
  deleteOwnerKey,
  insertObject,
  objectAt,
  newestObject,
  objectById,
  unknownLocations,
} from './store.ts'

/** Where a sealed object belongs. Two versions of one asset are two objects. */
export interface Place {
  readonly project: string
  readonly owner: KeyOwner
  /** What it is: `content`, `reference`, `peaks`, `annotation`, `draft` … */
  readonly asset: string
  readonly version: number
}

/** What is sealed somewhere, whatever its version. */
export type Asset = Omit<Place, 'version'>

/** Plaintext that is opened as it is read. */
export interface Opened {
  readonly length: number
  /** From `from` up to and without `to`; each piece is authenticated before it is given out. */
  range(from: number, to: number): AsyncIterable<Uint8Array>
}

/** What a client has names for. */
export type ReferenceKind = 'item' | 'subject'

/** Larger objects go to the object store. */
const smallest = 256 * 1024

export interface Vault {
  /** Seals bytes into the database, in the transaction; answers the object's id. */
  seal(tx: Tx, place: Place, bytes: Uint8Array): Promise<string>
  /** Seals a stream of any length into the object store; the row commits with the transaction. */
  sealStream(
    tx: Tx,
    place: Place,
    source: AsyncIterable<Uint8Array>,
  ): Promise<{ object: string; length: number }>
  /**
   * Opens a whole object of at most a few megabytes, by its id or as the newest version of an asset.
   * Of a pass that is still being decided on, the sealed rows are read meanwhile; nothing is opened before.
   * @throws VaultFault 'pass-refused' unless the pass names the object's project and item and has not ended
   */
  open(tx: Tx, pass: Pass | Promise<Pass>, object: string | Asset): Promise<Buffer>
  /** Opens an object for reading by range; same refusals. Readable after the transaction has ended. */
  openRange(tx: Tx, pass: Pass | Promise<Pass>, object: string | Asset): Promise<Opened>
  /** Finds an asset in its newest version, without opening it. */
  find(tx: Tx, place: Asset): Promise<{ id: string; version: number; length: number } | undefined>
  /**
   * Deletes an owner's ciphertext, and with `keyToo` its key: nothing that was sealed for it opens again.
   * Bytes in the object store go after the commit; what a crash leaves of them `reconcile` removes.
   */
  remove(
    tx: Tx,
    place: { project: string; owner: KeyOwner; asset?: string },
    keyToo: boolean,
  ): Promise<void>
  /** Begins bringing in new items, whose ids nothing has used before. */
  receive(tx: Tx, project: string, items: readonly string[]): Promise<Arrival>
  /** The same for whole items with their keys, all at once. */
  removeItems(tx: Tx, project: string, items: readonly string[]): Promise<void>
  /** A name as it may stand in a column: HMAC-SHA-256 under a key of the project. */
  macOf(tx: Tx, project: string, kind: ReferenceKind, name: string): Promise<Buffer>
  /** The same for many names: what it answers needs no database. */
  macsOf(tx: Tx, project: string): Promise<(kind: ReferenceKind, name: string) => Buffer>
  /** Seals words that stand beside the log, bound to the hash that the leaf holds of them. */
  sealDetailBytes(tx: Tx, project: string | null, hash: Buffer, bytes: Buffer): Promise<Buffer>
  /**
   * Removes objects that no row knows. Where something else may be writing, `before` lies longer ago
   * than any transaction lasts, and what was written since is left; without it nothing else writes.
   */
  reconcile(tx: Tx, before?: Date): Promise<number>
  /** The rolling of projects' keys. */
  readonly epochs: Epochs
  close(): void
}

/** `keys` holds the wrapped keys of projects: another place than `objects`, and in other backups. */
export function openVault(options: {
  readonly root: RootKey
  readonly tenant: string
  readonly objects: ObjectStore
  readonly keys: ObjectStore
  readonly now: () => Date
}): Vault {
  const { root, tenant, objects, keys, now } = options
  const projectKeys = openProjectKeys(root, tenant, keys)
  const ring = openKeyRing(projectKeys, now)

  async function permitted(tx: Tx, admitted: Pass | Promise<Pass>, of: string | Asset) {
    const reading =
      typeof of === 'string'
        ? objectById(tx, of)
        : newestObject(tx, of.project, of.owner.kind, idOf(of.owner), of.asset)
    // Asked for with the object; taken from the ring, which may wipe what it keeps, when it is used.
    const fetching = typeof of === 'string' ? null : ring.forOpening(tx, of.project, of.owner)
    fetching?.catch(() => undefined)
    const [row, pass] = await Promise.all([reading, admitted])
    if (row === undefined) throw new VaultFault('object-missing')
    if (!isGenuinePass(pass) || pass.project !== row.project || pass.until <= now())
      throw new VaultFault('pass-refused')
    // A job works on the whole project that its order names; a person on the one item of the act.
    const wholeProject = pass.caller.kind === 'job' || row.kind === 'class'
    if (!wholeProject && pass.item !== row.owner) throw new VaultFault('pass-refused')
    const owner: KeyOwner =
      row.kind === 'item'
        ? { kind: 'item', item: row.owner }
        : { kind: 'class', name: classOf(row.owner) }
    await fetching
    const key = await ring.forOpening(tx, row.project, owner)
    return { row, ...sealingOf(key, row) }
  }

  async function openObject(
    tx: Tx,
    pass: Pass | Promise<Pass>,
    of: string | Asset,
  ): Promise<Opened> {
    const { row, key, context } = await permitted(tx, pass, of)
    if (row.sealed !== null) {
      const sealed = row.sealed
      const source = {
        size: sealed.length,
        read: (from: number, to: number) => Promise.resolve(sealed.subarray(from, to)),
      }
      return openSource(Uint8Array.from(key), context, source)
    }
    const location = row.location ?? ''
    // Copied: the ring may wipe its own before a long reading ends.
    const held = Uint8Array.from(key)
    const { length } = await withStored(location, (stored) => openSource(held, context, stored))
    // Opened again by whoever reads, so that an answer nobody takes leaves no file open.
    async function* range(from: number, to: number): AsyncGenerator<Uint8Array> {
      const stored = await objects.open(location)
      try {
        yield* (await openSource(held, context, stored)).range(from, to)
      } finally {
        await stored.close()
      }
    }
    return { length, range }
  }

  async function withStored<T>(
    location: string,
    work: (stored: StoredObject) => Promise<T>,
  ): Promise<T> {
    const stored = await objects.open(location)
    try {
      return await work(stored)
    } finally {
      await stored.close()
    }
  }

  function freeAfterwards(tx: Tx, locations: readonly string[]): void {
    afterCommit(tx, async () => {
      for (const location of locations) await objects.remove(location)
    })
  }

  async function macsOf(tx: Tx, project: string) {
    const owner: KeyOwner = { kind: 'class', name: 'references' }
    const { key } = sealingOf(await ring.forSealing(tx, project, owner), {
      asset: 'mac',
      version: 1,
    })
    const keyFor = (kind: ReferenceKind) =>
      Buffer.from(hkdfSync('sha512', key, '', `cloister ${kind} reference`, 32))
    const keys = { item: keyFor('item'), subject: keyFor('subject') }
    return (kind: ReferenceKind, name: string) =>
      createHmac('sha256', keys[kind]).update(name, 'utf8').digest()
  }

  return {
    async seal(tx, place, bytes) {
      const { key, context } = sealingOf(
        await ring.forSealing(tx, place.project, place.owner),
        place,
      )
      const sealed = Buffer.from(sealWhole(key, context, bytes))
      if (bytes.length > smallest) {
        const { location } = await objects.put(once(sealed))
        return insert(tx, place, { length: bytes.length, sealed: null, location })
      }
      return insert(tx, place, { length: bytes.length, sealed, location: null })
    },
    async sealStream(tx, place, source) {
      const { key, context } = sealingOf(
        await ring.forSealing(tx, place.project, place.owner),
        place,
      )
      const { location, size } = await objects.put(
        sealStream(Uint8Array.from(key), context, source),
      )
      const length = plaintextLength(size)
      return { object: insert(tx, place, { length, sealed: null, location }), length }
    },
    async open(tx, pass, object) {
      const { row, key, context } = await permitted(tx, pass, object)
      if (row.sealed !== null) return Buffer.from(openSealed(key, context, row.sealed))
      const opened = await openObject(tx, pass, object)
      const pieces: Uint8Array[] = []
      for await (const piece of opened.range(0, opened.length)) pieces.push(piece)
      return Buffer.concat(pieces)
    },
    openRange: openObject,
    find: (tx, { project, owner, asset }) => objectAt(tx, project, owner.kind, idOf(owner), asset),
    async remove(tx, { project, owner, asset }, keyToo) {
      const locations = await deleteObjects(tx, project, owner.kind, idOf(owner), asset ?? null)
      if (keyToo) {
        await deleteOwnerKey(tx, project, owner.kind, idOf(owner))
        ring.forget(project, owner)
      }
      freeAfterwards(tx, locations)
    },
    async receive(tx, project, items) {
      return openArrival(project, await ring.forArrival(tx, project, items), objects)
    },
    async removeItems(tx, project, items) {
      const locations = await deleteItems(tx, project, items)
      for (const item of items) ring.forget(project, { kind: 'item', item })
      freeAfterwards(tx, locations)
    },
    macsOf,
    async macOf(tx, project, kind, name) {
      return (await macsOf(tx, project))(kind, name)
    },
    async sealDetailBytes(tx, project, hash, bytes) {
      const owner: KeyOwner = { kind: 'class', name: 'log' }
      const place = { asset: hash.toString('hex'), version: 1 }
      const { key, context } = sealingOf(
        await ring.forSealing(tx, project ?? siteProject, owner),
        place,
      )
      return Buffer.from(sealWhole(key, context, bytes))
    },
    async reconcile(tx, before) {
      let removed = await objects.sweep(before ?? now())
      let page: string[] = []
      const check = async () => {
        for (const location of await unknownLocations(tx, page))
          removed += Number(await objects.remove(location))
        page = []
      }
      for await (const location of objects.list(before))
        if (page.push(location) >= 1000) await check()
      await check()
      return removed
    },
    epochs: openEpochs(projectKeys, now),
    close: () => {
      ring.close()
    },
  }
}

function insert(
  tx: Tx,
  place: Place,
  body: { length: number; sealed: Buffer | null; location: string | null },
): string {
  const id = newId('obj')
  const { project, owner, asset, version } = place
  const at = { id, project, kind: owner.kind, owner: idOf(owner), asset, version }
  sendAlong(tx, insertObject(tx, { ...at, ...body }))
  return id
}

function classOf(name: string) {
  const known = (['guidelines', 'messages', 'correspondence', 'references', 'log'] as const).find(
    (k) => k === name,
  )
  if (known === undefined) throw new VaultFault('object-missing')
  return known
}

// eslint-disable-next-line @typescript-eslint/require-await
async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
