import { Problem } from '#shared/problems.ts'
import type { Tx } from '../../kernel/db.ts'
import type { Pass } from '../access/index.ts'
import { type KeyOwner, keyClasses, type ProjectKey, rewrapOwnerKey } from './keys.ts'
import { VaultFault } from './fault.ts'
import type { ProjectKeys } from './project-keys.ts'
import {
  countBefore,
  endedKeys,
  endEpochsBefore,
  forgetLocations,
  keysBefore,
  livingEpochs,
  livingKeys,
  lockEpochs,
  mayEnd,
  replaceKeys,
} from './store.ts'

/** Keys re-wrapped in one transaction. */
const batch = 1000

/**
 * The rolling of a project's key: a new epoch begins, the keys of all surviving items and classes are
 * re-wrapped under its key, the earlier epochs end, their keys are destroyed. From then on what was
 * erased before opens from no copy that was taken without the earlier keys. Each step is a
 * transaction of its own and bears being done again.
 */
export interface Epochs {
  /**
   * Begins the next epoch: from the commit on new keys are drawn under it. Answers its number.
   * @throws Problem 'not-found' for a project without keys, 'not-ready' while an earlier epoch lives
   */
  begin(pass: Pass<'vault.epoch.begin' | 'vault.epoch.due'>, tx: Tx): Promise<number>
  /** Re-wraps up to a thousand keys; answers how many, and 0 when none was left or only such as others hold. */
  rewrap(pass: Pass<'vault.epoch.rewrap'>, tx: Tx): Promise<number>
  /**
   * Ends the epochs before the newest; answers which. Their keys open nothing from the commit on.
   * @throws Problem 'not-ready' while a key is still wrapped under one, or a backup is being taken
   */
  end(pass: Pass<'vault.epoch.end'>, tx: Tx): Promise<number[]>
  /** Removes the files of ended epochs' keys; answers which epochs'. */
  destroy(pass: Pass<'vault.key.destroy'>, tx: Tx): Promise<number[]>
  /** The projects of which a key that should open something has no file: restored without it, or lost. */
  lost(tx: Tx): Promise<string[]>
}

export function openEpochs(keys: ProjectKeys, now: () => Date): Epochs {
  return {
    async begin({ resource: { id: project }, actor }, tx) {
      await lockEpochs(tx, project, 'exclusive')
      const [newest, ...earlier] = await livingEpochs(tx, project).execute()
      if (newest === undefined) throw new Problem('not-found')
      if (earlier.length > 0) throw new Problem('not-ready', { missing: 'end-of-earlier-epoch' })
      const epoch = newest.epoch + 1
      ;(await keys.draw(tx, { project, epoch, by: actor })).destroy()
      return epoch
    },
    async rewrap({ resource: { id: project } }, tx) {
      await lockEpochs(tx, project, 'shared')
      const living = await livingEpochs(tx, project).execute()
      const waiting = await keysBefore(tx, project, living[0]?.epoch ?? 0, batch)
      if (waiting.length === 0) return 0
      const opened = new Map<number, ProjectKey>()
      try {
        for (const { epoch, location } of living)
          if (location !== null) opened.set(epoch, await keys.open({ project, epoch }, location))
        const to = mustOpen(opened, living[0]?.epoch ?? 0)
        const moved = waiting.map(({ kind, owner, epoch, wrapped }) => ({
          ...{ kind, owner },
          wrapped: Buffer.from(
            rewrapOwnerKey(mustOpen(opened, epoch), to, ownerOf(kind, owner), wrapped),
          ),
        }))
        await replaceKeys(tx, project, to.at.epoch, moved)
        return moved.length
      } finally {
        for (const key of opened.values()) key.destroy()
      }
    },
    async end({ resource: { id: project } }, tx) {
      await lockEpochs(tx, project, 'exclusive')
      if (!(await mayEnd(tx))) throw new Problem('not-ready', { missing: 'end-of-backup' })
      const newest = (await livingEpochs(tx, project).limit(1).execute())[0]?.epoch ?? 0
      const waiting = await countBefore(tx, project, newest)
      if (waiting > 0) throw new Problem('not-ready', { missing: 'rewrapped-keys', waiting })
      return endEpochsBefore(tx, project, newest, now())
    },
    async destroy({ resource: { id: project } }, tx) {
      const ended = await endedKeys(tx, project)
      for (const { location } of ended) await keys.destroy(location)
      if (ended.length > 0)
        await forgetLocations(
          tx,
          ended.map(({ location }) => location),
        )
      return ended.map(({ epoch }) => epoch)
    },
    async lost(tx) {
      const projects = new Set<string>()
      for (const { project, location } of await livingKeys(tx))
        if (location === null || !(await keys.has(location))) projects.add(project)
      return [...projects]
    },
  }
}

function mustOpen(opened: ReadonlyMap<number, ProjectKey>, epoch: number): ProjectKey {
  const key = opened.get(epoch)
  if (key === undefined) throw new VaultFault('key-destroyed')
  return key
}

function ownerOf(kind: 'item' | 'class', owner: string): KeyOwner {
  if (kind === 'item') return { kind, item: owner }
  const name = keyClasses.find((known) => known === owner)
  if (name === undefined) throw new VaultFault('key-refused', 'It is of no known class.')
  return { kind, name }
}
