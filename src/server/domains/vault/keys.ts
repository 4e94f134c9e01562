import { randomBytes } from 'node:crypto'
import { bind } from './binding.ts'
import { VaultFault } from './fault.ts'
import type { RootKey } from './root.ts'
import { keyBytes, unwrapKey, wrapKey } from './wrap.ts'

/** Which project key: each project rolls from epoch to epoch, beginning with 1. */
export interface ProjectEpoch {
  readonly tenant: string
  readonly project: string
  readonly epoch: number
}

/**
 * What a key below the project key is for: one item, or one class of things of the whole project.
 * Client correspondence is a class of its own because a door may open it that opens nothing else.
 */
export type KeyOwner =
  | { readonly kind: 'item'; readonly item: string }
  | { readonly kind: 'class'; readonly name: KeyClass }
export const keyClasses = ['guidelines', 'messages', 'correspondence', 'references', 'log'] as const
export type KeyClass = (typeof keyClasses)[number]

/** Where one sealed object belongs; bound into its sealing, so that no two can be exchanged. */
export interface ObjectPlace {
  readonly asset: string
  readonly version: number
}

const drawing = Symbol('made by this file')

/** A key in memory. Only this file sees its bytes; `destroy` wipes them. */
class HeldKey {
  #bytes: Uint8Array | undefined

  constructor(made: typeof drawing, bytes: Uint8Array) {
    if (made !== drawing) throw new TypeError('Keys are opened or drawn, not constructed.')
    this.#bytes = Uint8Array.from(bytes)
    bytes.fill(0)
  }

  static bytesOf(key: HeldKey): Uint8Array {
    if (key.#bytes === undefined) throw new VaultFault('key-destroyed')
    return key.#bytes
  }

  /** Wipes the key from memory; every later use is refused. */
  destroy(): void {
    this.#bytes?.fill(0)
    this.#bytes = undefined
  }
}

/** An opened project key of one epoch. */
export class ProjectKey extends HeldKey {
  readonly at: ProjectEpoch

  constructor(made: typeof drawing, bytes: Uint8Array, at: ProjectEpoch) {
    super(made, bytes)
    this.at = at
  }
}

/** An opened key of one item or class. */
export class OwnerKey extends HeldKey {
  readonly tenant: string
  readonly project: string
  readonly owner: KeyOwner

  constructor(
    made: typeof drawing,
    bytes: Uint8Array,
    { tenant, project }: ProjectEpoch,
    owner: KeyOwner,
  ) {
    super(made, bytes)
    this.tenant = tenant
    this.project = project
    this.owner = owner
  }
}

function projectContext({ tenant, project, epoch }: ProjectEpoch): Uint8Array {
  if (!Number.isSafeInteger(epoch) || epoch < 1) throw new RangeError('Epochs count from 1.')
  return bind('cloister project key', tenant, project, String(epoch))
}

function ownerParts(owner: KeyOwner): [string, string] {
  return owner.kind === 'item' ? ['item', owner.item] : ['class', owner.name]
}

/** Bound to the epoch as well: a key of the last epoch must not pass for one of this. */
function ownerContext({ tenant, project, epoch }: ProjectEpoch, owner: KeyOwner): Uint8Array {
  return bind('cloister owner key', tenant, project, String(epoch), ...ownerParts(owner))
}

/** Draws the key of a new project or of its next epoch. Store `wrapped`; it opens for this epoch only. */
export async function drawProjectKey(
  root: RootKey,
  at: ProjectEpoch,
): Promise<{ key: ProjectKey; wrapped: Uint8Array }> {
  const bytes = randomBytes(keyBytes)
  const wrapped = await root.wrap(bytes, projectContext(at))
  return { key: new ProjectKey(drawing, bytes, at), wrapped }
}

/** @throws VaultFault 'key-refused' when root, project, epoch or a bit differ. */
export async function openProjectKey(
  root: RootKey,
  at: ProjectEpoch,
  wrapped: Uint8Array,
): Promise<ProjectKey> {
  return new ProjectKey(drawing, await root.unwrap(wrapped, projectContext(at)), at)
}

/** Draws the key of a new item or class. */
export function drawOwnerKey(
  project: ProjectKey,
  owner: KeyOwner,
): { key: OwnerKey; wrapped: Uint8Array } {
  const bytes = randomBytes(keyBytes)
  const wrapped = wrapKey(HeldKey.bytesOf(project), bytes, ownerContext(project.at, owner))
  return { key: new OwnerKey(drawing, bytes, project.at, owner), wrapped }
}

/** @throws VaultFault 'key-refused' when project, epoch, owner or a bit differ. */
export function openOwnerKey(project: ProjectKey, owner: KeyOwner, wrapped: Uint8Array): OwnerKey {
  const bytes = unwrapKey(HeldKey.bytesOf(project), wrapped, ownerContext(project.at, owner))
  return new OwnerKey(drawing, bytes, project.at, owner)
}

/**
 * The same owner key under the next epoch's project key. When every surviving key has been
 * re-wrapped and the old project key is destroyed, no backup from before opens what was erased.
 * @throws RangeError when the epochs are not of the same project, or the new one is not later.
 */
export function rewrapOwnerKey(
  from: ProjectKey,
  to: ProjectKey,
  owner: KeyOwner,
  wrapped: Uint8Array,
): Uint8Array {
  if (from.at.tenant !== to.at.tenant || from.at.project !== to.at.project)
    throw new RangeError('Keys move between epochs of one project only.')
  if (to.at.epoch <= from.at.epoch) throw new RangeError('Keys move to a later epoch only.')
  const bytes = unwrapKey(HeldKey.bytesOf(from), wrapped, ownerContext(from.at, owner))
  try {
    return wrapKey(HeldKey.bytesOf(to), bytes, ownerContext(to.at, owner))
  } finally {
    bytes.fill(0)
  }
}

/** Key and context for one object, as chunked encryption takes them. The key stays the vault's. */
export function sealingOf(
  key: OwnerKey,
  { asset, version }: ObjectPlace,
): { key: Uint8Array; context: Uint8Array } {
  if (!Number.isSafeInteger(version) || version < 1) throw new RangeError('Versions count from 1.')
  const parts = [key.tenant, key.project, ...ownerParts(key.owner), asset, String(version)]
  return { key: HeldKey.bytesOf(key), context: bind('cloister object', ...parts) }
}
