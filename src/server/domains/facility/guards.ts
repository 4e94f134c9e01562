import { Problem } from '../../../shared/problems.ts'
import type { Tx } from '../../kernel/db.ts'
import { newId } from '../../kernel/random.ts'
import type { Pass } from '../access/index.ts'
import { tellZones } from './alarms.ts'
import { lockedZones, setLockdown } from './building/store.ts'
import { takeInputs } from './events.ts'
import { watchedSite } from './site.ts'
import {
  approveCorrection,
  controllerRow,
  insertCommand,
  insertCorrection,
  openCorrection,
  portalRows,
  takeTurn,
} from './store.ts'

/**
 * The first guard says where a person really is (`zone` null: not on the site) and why; nothing
 * changes until a second one agrees.
 * @throws Problem `invalid-input` for a zone that the site lacks, `four-eyes` about oneself, `already-done` while one waits
 */
export async function requestCorrection(
  pass: Pass<'facility.presence.correct.request'>,
  tx: Tx,
  person: string,
  said: { zone: string | null; reason: string },
): Promise<{ correction: string }> {
  const { zone, reason } = said
  if (person === pass.actor) throw new Problem('four-eyes')
  const site = await watchedSite(tx)
  if (zone !== null && site?.inner.includes(zone) !== true && site?.publicZones.has(zone) !== true)
    throw new Problem('invalid-input', { where: 'body/zone' })
  const id = newId('cor')
  const row = { id, person, zone, reason, requested_by: pass.actor, requested_at: pass.at }
  if (!(await insertCorrection(tx, row))) throw new Problem('already-done')
  return { correction: id }
}

/**
 * The second guard agrees, and the record is set right as of now. A corrected presence carries no
 * factors: the person still goes through the door before content is shown to them.
 * @throws Problem `not-found`, `four-eyes` for the guard who asked or the person concerned
 */
export async function approvePresence(
  pass: Pass<'facility.presence.correct.approve'>,
  tx: Tx,
  person: string,
): Promise<void> {
  const saved = await takeTurn(tx)
  const asked = await openCorrection(tx, person)
  if (asked === undefined) throw new Problem('not-found')
  if (asked.requested_by === pass.actor || person === pass.actor) throw new Problem('four-eyes')
  await approveCorrection(tx, asked.id, pass.actor, pass.at)
  const { id, zone, reason, requested_by: first } = asked
  const at = pass.at.toISOString()
  const by = [first, pass.actor] as const
  const input = { type: 'correction', id, person, zone, by, reason, at } as const
  await takeInputs(tx, { saved, controller: null, inputs: [input], at: pass.at })
}

/**
 * A guard has looked why a controller counts anew. It must be the epoch that the controller speaks
 * in now: what was seen is what is confirmed.
 * @throws Problem `not-found`, `conflict`
 */
export async function confirmEpochOf(
  pass: Pass<'facility.epoch.confirm'>,
  tx: Tx,
  controllerId: string,
  epoch: string,
): Promise<void> {
  const saved = await takeTurn(tx)
  const row = await controllerRow(tx, controllerId)
  if (row?.installed !== true) throw new Problem('not-found')
  if (row.epoch !== epoch) throw new Problem('conflict')
  const at = pass.at.toISOString()
  const input = { type: 'epoch-confirmed', controllerId, epoch, by: pass.actor, at } as const
  await takeInputs(tx, { saved, controller: controllerId, inputs: [input], at: pass.at })
}

/**
 * Locks a zone or opens it again: at once nothing confidential is shown there, and the controllers
 * of its portals are told. The way out stays free; controllers see to that.
 * @throws Problem `not-found`, `already-done`
 */
export async function lockZone(
  pass: Pass<'facility.lockdown.set'>,
  tx: Tx,
  zone: string,
  on: boolean,
): Promise<void> {
  await takeTurn(tx)
  const site = await watchedSite(tx)
  if (site?.inner.includes(zone) !== true) throw new Problem('not-found')
  if (!(await setLockdown(tx, zone, on ? { by: pass.actor, since: pass.at } : null)))
    throw new Problem('already-done')
  const locked = await lockedZones(tx)
  const touching = (one: string) => (portal: { zone_from: string; zone_to: string }) =>
    portal.zone_from === one || portal.zone_to === one
  const portals = await portalRows(tx)
  const controllers = new Set(portals.filter(touching(zone)).map(({ controller }) => controller))
  for (const controllerId of controllers) {
    if (controllerId === null) continue
    const own = portals.filter(({ controller }) => controller === controllerId)
    // A controller between two locked zones stays locked until both are open.
    const still = [...locked].some((one) => own.some(touching(one)))
    if (!on && still) continue
    const order = { kind: 'lockdown', on, controllerId, at: pass.at.toISOString() }
    await insertCommand(tx, controllerId, pass.at, order)
  }
  await tellZones(tx, [zone])
}
