import type { ReceivedEvent } from '../../../shared/facility.ts'
import type { AlarmDetail } from '../../../shared/gatehouse.ts'
import { Problem } from '../../../shared/problems.ts'
import type { Tx } from '../../kernel/db.ts'
import { newId } from '../../kernel/random.ts'
import { notify } from '../../kernel/signals.ts'
import type { Pass } from '../access/index.ts'
import {
  restoreWatch,
  saveWatch,
  watch,
  type Detection,
  type DetectorState,
  type SavedWatch,
} from './detectors.ts'
import { workstationsIn } from './machines/store.ts'
import {
  acknowledgeAlarm,
  alarmById,
  clearAlarms,
  insertAlarm,
  keepWatch,
  standingAlarms,
  takeTurn,
} from './store.ts'
import { nobodyPresent } from './presence.ts'
import { watchedSite } from './site.ts'

/** What can be wrong in the building; the Gatehouse has words for each, and for its detail. */
export type AlarmKind =
  | 'forced-door'
  | 'held-door'
  | 'tamper'
  | 'fire-exit'
  | 'duress'
  | 'unanswered-alarm'
  | 'badge-without-entry'
  | 'badge-in-two-places'
  | 'visitor-unescorted'
  | 'many-corrections'
  | 'controller-silent'
  | 'clock-off'
  | 'witness-silent'
  | 'certificate-ending'
  | 'disk-full'
  | 'officer-made'
  | 'delivery-failed'
  | 'policies-changed'

/** While one of these is unresolved in a zone, nothing confidential is shown there. */
export const notCalm: readonly AlarmKind[] = ['forced-door', 'fire-exit']

export interface NewAlarm {
  readonly kind: AlarmKind
  readonly subject: string
  /** What the words of this kind need; never words itself. */
  readonly detail?: AlarmDetail
  readonly zones: readonly string[]
}

/** Raises an alarm unless it stands already, and tells the workstations of its zones. */
export async function raiseAlarm(tx: Tx, alarm: NewAlarm, at: Date): Promise<void> {
  const { kind, subject, detail = {}, zones } = alarm
  const fresh = await insertAlarm(tx, {
    ...{ id: newId('alm'), kind, subject, zones: [...zones], raised_at: at },
    detail: JSON.stringify(detail),
    ...{ acknowledged_at: null, acknowledged_by: null, note: null, cleared_at: null },
  })
  if (fresh) await tellZones(tx, zones)
}

/** Ends the alarms of a subject, and tells whom their beginning told. */
export async function endAlarms(
  tx: Tx,
  kinds: readonly AlarmKind[],
  subject: string,
  at: Date,
): Promise<void> {
  const ended = await clearAlarms(tx, kinds, subject, at)
  if (ended.length === 0) return
  await tellZones(
    tx,
    ended.flatMap(({ zones }) => zones),
  )
}

/** Pages in these zones, and those of the guards, ask again. */
export async function tellZones(tx: Tx, zones: readonly string[]): Promise<void> {
  for (const workstation of await workstationsIn(tx, zones))
    await notify(tx, 'cloister_signal', `workstation:${workstation}`)
}

const byWord: Partial<Record<ReceivedEvent['kind'], AlarmKind>> = {
  FORCED_OPEN: 'forced-door',
  DOOR_OPEN_TOO_LONG: 'held-door',
  TAMPER: 'tamper',
  EGRESS_OPEN: 'fire-exit',
}

/**
 * What is said of a door: an alarm begins, whoever says it and however late; or everything at that
 * portal is as it should be, which counts only when it is `sure`. An alarm that never hears so is
 * for a guard to resolve.
 */
export async function alarmsOfEvent(
  tx: Tx,
  { event, sure }: { event: ReceivedEvent; sure: boolean },
  zonesOf: ReadonlyMap<string, readonly string[]>,
): Promise<void> {
  const { portalId, personId } = event
  const at = new Date(event.receivedAt)
  if (event.kind === 'DURESS' && personId !== undefined)
    await raiseAlarm(tx, { kind: 'duress', subject: personId, zones: [] }, at)
  if (portalId === undefined || !zonesOf.has(portalId)) return
  const kind = byWord[event.kind]
  const zones = zonesOf.get(portalId) ?? []
  if (kind !== undefined) await raiseAlarm(tx, { kind, subject: portalId, zones }, at)
  if (event.kind === 'NORMAL' && sure)
    await endAlarms(tx, ['forced-door', 'held-door', 'tamper', 'fire-exit'], portalId, at)
}

const byDetector: Record<Exclude<Detection['detector'], 'D8'>, AlarmKind> = {
  D1: 'badge-without-entry',
  D6: 'visitor-unescorted',
  D7: 'badge-in-two-places',
  D10: 'unanswered-alarm',
  D13: 'many-corrections',
  D15: 'fire-exit',
}

/** What the detectors say has begun to be wrong, and which controllers are silent or off the time. */
export async function alarmsOfWatch(
  tx: Tx,
  seen: { state: DetectorState; detections: readonly Detection[] },
  zonesOf: ReadonlyMap<string, readonly string[]>,
  at: Date,
): Promise<void> {
  for (const { detector, detail, person, portalId, ...detection } of seen.detections) {
    if (detector === 'D8') continue
    const kind = byDetector[detector]
    const ofPortal = kind === 'unanswered-alarm' || kind === 'fire-exit'
    const subject = (ofPortal ? portalId : person) ?? portalId ?? 'site'
    const zones = kind === 'fire-exit' ? (zonesOf.get(portalId ?? '') ?? []) : []
    const alarm = { kind, subject, zones, ...(detail !== undefined && { detail }) }
    await raiseAlarm(tx, alarm, new Date(detection.at))
  }
  await followStanding(tx, seen.state.standing, 'silent', 'controller-silent', at)
  await followStanding(tx, seen.state.standing, 'clock', 'clock-off', at)
}

/** Raises what stands and is not listed yet, ends what is listed and no longer stands. */
async function followStanding(
  tx: Tx,
  standing: ReadonlySet<string>,
  prefix: string,
  kind: AlarmKind,
  at: Date,
): Promise<void> {
  const now = [...standing]
    .filter((key) => key.startsWith(`${prefix} `))
    .map((key) => key.slice(prefix.length + 1))
  const listed = (await standingAlarms(tx, [kind])).map(({ subject }) => subject)
  for (const subject of now.filter((one) => !listed.includes(one)))
    await raiseAlarm(tx, { kind, subject, zones: [] }, at)
  for (const subject of listed.filter((one) => !now.includes(one)))
    await endAlarms(tx, [kind], subject, at)
}

/**
 * A guard has looked: the alarm is acknowledged with a note, and with `resolved` also ended, for
 * doors whose controller never says that all is well again.
 * @throws Problem `not-found`, `already-done`
 */
export async function acknowledge(
  pass: Pass<'facility.alarm.acknowledge'>,
  tx: Tx,
  id: string,
  said: { note: string; resolved: boolean },
): Promise<void> {
  const saved = await takeTurn(tx)
  const alarm = await alarmById(tx, id)
  if (alarm === undefined) throw new Problem('not-found')
  if (alarm.acknowledged_at !== null && (alarm.cleared_at !== null || !said.resolved))
    throw new Problem('already-done')
  const { note, resolved } = said
  await acknowledgeAlarm(tx, id, { by: pass.actor, note, resolved, now: pass.at })
  await quietDetector(tx, saved, alarm.subject, pass)
  await tellZones(tx, alarm.zones)
}

/** Detector D10 counts how long an alarm at a door waits for this. */
async function quietDetector(
  tx: Tx,
  saved: SavedWatch | null,
  portalId: string,
  { actor: by, at }: Pass<'facility.alarm.acknowledge'>,
): Promise<void> {
  const site = await watchedSite(tx)
  if (saved === null || site === null || !site.portals.has(portalId)) return
  const input = { type: 'acknowledged', portalId, by, at: at.toISOString() } as const
  const presence = { before: nobodyPresent, after: nobodyPresent }
  const { state } = watch(restoreWatch(saved), input, presence, site)
  await keepWatch(tx, saveWatch(state))
  await endAlarms(tx, ['unanswered-alarm'], portalId, at)
}
