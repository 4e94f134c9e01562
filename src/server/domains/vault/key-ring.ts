import type { Tx } from '../../kernel/db.ts'
import { VaultFault } from './fault.ts'
import {
  drawOwnerKey,
  type KeyOwner,
  openOwnerKey,
  type OwnerKey,
  type ProjectKey,
} from './keys.ts'
import type { ProjectKeys } from './project-keys.ts'
import { openShelf } from './shelf.ts'
import { insertOwnerKey, lockEpochs, lockProject, newestEpoch, ownerKey } from './store.ts'

/** The key of an item that no row knows yet, and how it is to be stored. */
export interface DrawnKey {
  readonly key: OwnerKey
  readonly epoch: number
  readonly wrapped: Uint8Array
}

/** Opens the keys of projects, items and classes, and draws those that are not there yet. */
export interface KeyRing {
  /** The owner's key; drawn and stored in this transaction when there is none. */
  forSealing(tx: Tx, project: string, owner: KeyOwner): Promise<OwnerKey>
  /** Draws the keys of new items under the newest epoch, and stores none of them. */
  forArrival(
    tx: Tx,
    project: string,
    items: readonly string[],
  ): Promise<ReadonlyMap<string, DrawnKey>>
  /** @throws VaultFault 'key-destroyed' when the owner has no key. */
  forOpening(tx: Tx, project: string, owner: KeyOwner): Promise<OwnerKey>
  /** Forgets what is kept of an owner, at once. */
  forget(project: string, owner: KeyOwner): void
  close(): void
}

/** Who begins the first epoch of a project: nobody orders it. */
const first = 'vault'

export function openKeyRing(projectKeys: ProjectKeys, now: () => Date): KeyRing {
  const projects = openShelf<ProjectKey>(now)
  const owners = openShelf<OwnerKey>(now)
  // A key drawn in a transaction that is rolled back never existed: while such a transaction may
  // still end so, nothing that it sees is kept.
  const drawing = new WeakSet<Tx>()
  const firstKeys = new WeakMap<Tx, Map<string, Promise<ProjectKey>>>()

  async function projectKey(
    tx: Tx,
    project: string,
    { epoch, location }: { epoch: number; location: string | null },
  ): Promise<ProjectKey> {
    if (location === null) throw new VaultFault('key-destroyed')
    const name = `${project}\0${epoch}`
    const kept = projects.take(name)
    if (kept !== undefined) return kept
    const key = await projectKeys.open({ project, epoch }, location)
    return drawing.has(tx) ? key : projects.put(name, key)
  }

  /** Of the newest epoch, which does not end before the transaction does. */
  async function newestProjectKey(tx: Tx, project: string): Promise<ProjectKey> {
    await lockEpochs(tx, project, 'shared')
    const found = await newestEpoch(tx, project)
    return found === undefined ? firstKey(tx, project) : projectKey(tx, project, found)
  }

  /** A lock keeps other transactions apart and not one from itself: it draws once, whoever asks. */
  function firstKey(tx: Tx, project: string): Promise<ProjectKey> {
    const ofTx = firstKeys.get(tx) ?? new Map<string, Promise<ProjectKey>>()
    firstKeys.set(tx, ofTx)
    const key = ofTx.get(project) ?? drawFirst(tx, project)
    ofTx.set(project, key)
    return key
  }

  async function drawFirst(tx: Tx, project: string): Promise<ProjectKey> {
    await lockProject(tx, project)
    const meanwhile = await newestEpoch(tx, project)
    if (meanwhile !== undefined) return projectKey(tx, project, meanwhile)
    drawing.add(tx)
    return projectKeys.draw(tx, { project, epoch: 1, by: first })
  }

  async function opened(tx: Tx, project: string, owner: KeyOwner): Promise<OwnerKey | undefined> {
    const name = nameOf(project, owner)
    const kept = owners.take(name)
    if (kept !== undefined) return kept
    const key = await openStored(tx, project, owner)
    return key === undefined || drawing.has(tx) ? key : owners.put(name, key)
  }

  /** An epoch may end between the reading of its row and of its file; the key has a newer row then. */
  async function openStored(tx: Tx, project: string, owner: KeyOwner) {
    for (let before = 0; ;) {
      const row = await ownerKey(tx, project, owner.kind, idOf(owner))
      if (row === undefined) return undefined
      try {
        return openOwnerKey(await projectKey(tx, project, row), owner, row.wrapped)
      } catch (error) {
        const missing = error instanceof VaultFault && error.kind === 'key-missing'
        if (!missing || row.epoch === before) throw error
        before = row.epoch
      }
    }
  }

  return {
    async forSealing(tx, project, owner) {
      const there = await opened(tx, project, owner)
      if (there !== undefined) return there
      const above = await newestProjectKey(tx, project)
      drawing.add(tx)
      const { key, wrapped } = drawOwnerKey(above, owner)
      const row = { project, kind: owner.kind, owner: idOf(owner), epoch: above.at.epoch }
      if (await insertOwnerKey(tx, { ...row, wrapped: Buffer.from(wrapped) })) return key
      const winner = await opened(tx, project, owner)
      if (winner === undefined) throw new VaultFault('key-refused')
      return winner
    },
    async forArrival(tx, project, items) {
      const above = await newestProjectKey(tx, project)
      const { epoch } = above.at
      return new Map(
        items.map((item) => [item, { ...drawOwnerKey(above, { kind: 'item', item }), epoch }]),
      )
    },
    async forOpening(tx, project, owner) {
      const key = await opened(tx, project, owner)
      if (key === undefined) throw new VaultFault('key-destroyed')
      return key
    },
    forget(project, owner) {
      owners.drop(nameOf(project, owner))
    },
    close() {
      projects.close()
      owners.close()
    },
  }
}

export function idOf(owner: KeyOwner): string {
  return owner.kind === 'item' ? owner.item : owner.name
}

function nameOf(project: string, owner: KeyOwner): string {
  return `${project}\0${owner.kind}\0${idOf(owner)}`
}
