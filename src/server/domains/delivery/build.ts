import { randomBytes } from 'node:crypto'
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Tx } from '../../kernel/db.ts'
import { syncFolder } from '../../kernel/durable.ts'
import { codeOf } from '../../kernel/fault.ts'
import { Problem, type ProblemKind } from '#shared/problems.ts'
import { record } from '../audit/index.ts'
import { endAlarms, type NewAlarm, raiseAlarm } from '../facility/index.ts'
import { holdsRole } from '../identity/index.ts'
import { VaultFault, type VaultFaultKind } from '../vault/index.ts'
import { type Packed, WitnessSilent, writePackage } from './package.ts'
import { SetFallen, writePayload } from './payload.ts'
import { fallen, wordsOf } from './set.ts'
import { moveDelivery } from './stamps.ts'
import { deliveryById } from './store.ts'
import {
  type BuildOrder,
  type BuildPass,
  type Delivery,
  orderOf,
  underPass,
  type Workshop,
} from './workshop.ts'

/**
 * Builds the package of an approved delivery: opens every annotation of its set under a pass of its
 * own, seals the payload for the client, signs the manifest. The package appears whole or not at
 * all; a build that was cut off is begun again from its start. Where something of the set stands no
 * more, nothing is delivered: the delivery is refused, in its row and in the log. Where it cannot be
 * built, now or in the `last` try, it is failed there, and the guards have an alarm.
 */
export async function buildDelivery(
  shop: Workshop,
  order: BuildOrder,
  signal: AbortSignal,
  last = false,
): Promise<void> {
  const { id } = order
  const row = await underPass(shop, order, (tx) => deliveryById(tx, id))
  if (row === undefined || row.state !== 'approved') return
  const incoming = join(shop.packages, 'incoming')
  const draft = join(incoming, `${id}-${randomBytes(4).toString('hex')}`)
  try {
    await underPass(shop, orderOf(row), mayStillRelease)
    await mkdir(incoming, { recursive: true, mode: 0o700 })
    const payload = await writePayload(shop, row, `${draft}.age`, signal)
    const packed = await writePackage(shop, row, { path: draft, payload, signal })
    await finish(shop, row, { draft, packed, items: payload.items })
  } catch (error) {
    if (error instanceof SetFallen) await end(shop, row, 'refused')
    else {
      const failure = failureOf(error)
      if ((last || stays.has(failure)) && !signal.aborted) await end(shop, row, 'failed', failure)
      throw error
    }
  } finally {
    await rm(`${draft}.age`, { force: true })
    await rm(draft, { force: true })
  }
}

/**
 * Removes drafts that cut-off builds left behind. Where other processes may be building, `before` lies
 * longer ago than any build lasts, and what was written since is left; without it nobody else builds.
 */
export async function sweepDrafts(packages: string, before?: Date): Promise<void> {
  const incoming = join(packages, 'incoming')
  for (const name of await readdir(incoming).catch(() => [])) {
    const path = join(incoming, name)
    const written = before && (await stat(path).catch(() => null))?.mtime
    if (before === undefined || (written && written < before)) await rm(path, { force: true })
  }
}

/**
 * The package takes its name while its row is held and before that is committed: a row never names
 * a file that is not whole, and of two builds, or of a build and a recall, one alone has its way.
 */
async function finish(
  shop: Workshop,
  row: Delivery,
  { draft, packed, items }: { draft: string; packed: Packed; items: number },
): Promise<void> {
  const file = `${row.id}.tar`
  await underPass(shop, orderOf(row), async (tx, pass) => {
    const { size, sha256 } = packed
    const built = { state: 'built', file, items, size, built_at: pass.at } as const
    const hash = Buffer.from(sha256, 'hex')
    const moved = await moveDelivery(tx, row.id, ['approved'], { ...built, sha256: hash })
    if (moved === undefined) return
    // The pages were read one after another; this is one moment for all of them.
    if ((await fallen(tx, row)) > 0) throw new SetFallen()
    await mayStillRelease(tx, pass)
    await recordBuild(shop, tx, pass, { package: sha256, manifest: packed.manifest, items })
    await endAlarms(tx, ['delivery-failed'], row.id, pass.at)
    await rename(draft, join(shop.packages, file))
    await syncFolder(shop.packages)
  })
}

/**
 * Who let it go may have left since, or have another role: then nothing is built in their name.
 * @throws Problem `access-denied`
 */
async function mayStillRelease(tx: Tx, { actor }: BuildPass): Promise<void> {
  // The roles to which policies/staff.cedar gives what is done in releasing.
  if (!(await holdsRole(tx, actor, ['manager', 'releaser']))) throw new Problem('access-denied')
}

/** What no further try mends: somebody has to bring back what is gone, or to order it in their own name. */
const stays: ReadonlySet<string> = new Set<VaultFaultKind | ProblemKind>([
  'access-denied',
  ...(['key-missing', 'key-refused', 'key-destroyed'] as const),
  ...(['object-missing', 'object-damaged'] as const),
])

/** The kind of a fault, which quotes nothing of what was being built. */
function failureOf(error: unknown): string {
  if (error instanceof Problem || error instanceof VaultFault) return error.kind
  if (error instanceof WitnessSilent) return 'witness-silent'
  return codeOf(error) === 'ENOSPC' ? 'storage-full' : 'internal'
}

/**
 * The end of a delivery of which nothing becomes. Refused, because its set stands no more: another has
 * to be proposed. Failed: it is built again when somebody orders it.
 */
async function end(
  shop: Workshop,
  row: Delivery,
  state: 'refused' | 'failed',
  failure: string | null = null,
): Promise<void> {
  await underPass(shop, orderOf(row), async (tx, pass) => {
    const ended = state === 'refused' ? { state, ended_at: pass.at } : { state, failure }
    const moved = await moveDelivery(tx, row.id, ['approved'], ended)
    if (moved === undefined) return
    const words = {
      ...wordsOf(row.id, row),
      ...(failure === null ? { changed: await fallen(tx, row) } : { failure }),
    }
    await recordBuild(shop, tx, pass, words, [failure ?? 'conflict'])
    if (failure === null) await endAlarms(tx, ['delivery-failed'], row.id, pass.at)
    else await raiseAlarm(tx, alarmOf(row.id, failure), pass.at)
  })
}

function alarmOf(id: string, failure: string): NewAlarm {
  return { kind: 'delivery-failed', subject: id, detail: { reason: failure }, zones: [] }
}

async function recordBuild(
  shop: Workshop,
  tx: Tx,
  pass: BuildPass,
  words: Readonly<Record<string, unknown>>,
  refused: readonly string[] = [],
): Promise<void> {
  const details = await shop.sealDetails(tx, words, pass.project)
  record(tx, {
    ...{ time: shop.now(), actor: pass.actor, action: pass.action },
    ...{ resource: `Delivery::${pass.resource.id}`, project: pass.project, item: null },
    ...{ door: pass.door, workstation: null, zone: null },
    ...{ outcome: refused.length > 0 ? 'failed' : 'done', details },
    policies: refused.length > 0 ? refused : pass.policies,
  })
}
