import type { Tx } from '../../kernel/db.ts'
import { VaultFault } from './fault.ts'
import {
  drawOwnerKey,
  drawProjectKey,
  type KeyOwner,
  openOwnerKey,
  openProjectKey,
  type OwnerKey,
  type ProjectKey,
} from './keys.ts'
import type { RootKey } from './root.ts'
import {
  currentProjectKey,
  insertOwnerKey,
  insertProjectKey,
  lockProject,
  ownerKey,
  projectKeyAt,
} from './store.ts'

/** Opened keys stay in memory this long, in milliseconds, and at most this many of them. */
const keptFor = 60_000
const keptAtMost = 4000

interface Kept<K> {
  readonly key: K
  readonly until: number
}

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

export function openKeyRing(root: RootKey, tenant: string, now: () => Date): KeyRing {
  const projects = new Map<string, Kept<ProjectKey>>()
  const owners = new Map<string, Kept<OwnerKey>>()
  // A key drawn in a transaction that is rolled back never existed: while such a transaction may
  // still end so, nothing that it sees is kept.
  const drawing = new WeakSet<Tx>()

  async function projectKey(tx: Tx, project: string, epoch: number): Promise<ProjectKey> {
    const name = `${project}\0${epoch}`
    const kept = recall(projects, name, now)
    if (kept !== undefined) return kept
    const wrapped = await projectKeyAt(tx, project, epoch)
    if (wrapped === null) throw new VaultFault('key-destroyed')
    const key = await openProjectKey(root, { tenant, project, epoch }, wrapped)
    return drawing.has(tx) ? key : keep(projects, name, key, now)
  }

  async function newestProjectKey(tx: Tx, project: string): Promise<ProjectKey> {
    const found = await currentProjectKey(tx, project)
    if (found !== undefined) return projectKey(tx, project, found.epoch)
    await lockProject(tx, project)
    const meanwhile = await currentProjectKey(tx, project)
    if (meanwhile !== undefined) return projectKey(tx, project, meanwhile.epoch)
    drawing.add(tx)
    const { key, wrapped } = await drawProjectKey(root, { tenant, project, epoch: 1 })
    await insertProjectKey(tx, { project, epoch: 1, wrapped: Buffer.from(wrapped) })
    return key
  }

  async function opened(tx: Tx, project: string, owner: KeyOwner): Promise<OwnerKey | undefined> {
    const name = nameOf(project, owner)
    const kept = recall(owners, name, now)
    if (kept !== undefined) return kept
    const row = await ownerKey(tx, project, owner.kind, idOf(owner))
    if (row === undefined) return undefined
    const key = openOwnerKey(await projectKey(tx, project, row.epoch), owner, row.wrapped)
    return drawing.has(tx) ? key : keep(owners, name, key, now)
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
      const first = await opened(tx, project, owner)
      if (first === undefined) throw new VaultFault('key-refused')
      return first
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
      const name = nameOf(project, owner)
      owners.get(name)?.key.destroy()
      owners.delete(name)
    },
    close() {
      for (const { key } of [...projects.values(), ...owners.values()]) key.destroy()
      projects.clear()
      owners.clear()
    },
  }
}

export function idOf(owner: KeyOwner): string {
  return owner.kind === 'item' ? owner.item : owner.name
}

function nameOf(project: string, owner: KeyOwner): string {
  return `${project}\0${owner.kind}\0${idOf(owner)}`
}

function recall<K>(kept: Map<string, Kept<K>>, name: string, now: () => Date): K | undefined {
  const found = kept.get(name)
  if (found === undefined || found.until > now().getTime()) return found?.key
  kept.delete(name)
  return undefined
}

function keep<K>(kept: Map<string, Kept<K>>, name: string, key: K, now: () => Date): K {
  if (kept.size >= keptAtMost) {
    const [oldest] = kept.keys()
    if (oldest !== undefined) kept.delete(oldest)
  }
  kept.set(name, { key, until: now().getTime() + keptFor })
  return key
}
