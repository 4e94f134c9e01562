import type { Heartbeat, ReceivedEvent } from '../../../shared/facility.ts'
import type { AlarmDetail } from '../../../shared/gatehouse.ts'
import {
  aheadMs,
  isSure,
  presenceOf,
  type PresenceInput,
  type PresenceState,
  type Verdict,
} from './presence.ts'

/** What the detectors must know of the site. Times in milliseconds. */
export interface WatchedSite {
  readonly controllers: readonly string[]
  readonly emergencyPortals: ReadonlySet<string>
  /** Zones in which nobody need be known: the street. */
  readonly publicZones: ReadonlySet<string>
  /** Visitors on the site today; each is inside only with an escort. */
  readonly visitors: ReadonlySet<string>
  /** The shortest time in which a person gets from one portal to another. */
  walkingMs(fromPortal: string, toPortal: string): number
  /** How long an alarm at a door may stay unacknowledged. */
  readonly acknowledgeMs: number
  /** Corrections of presence that one person may sign within 24 hours. */
  readonly correctionsPerDay: number
}

/** A controller that says nothing for longer than this is silent. */
export const silentMs = 60_000
const dayMs = 86_400_000

/** What the detectors look at, in order of arrival; `tick` lets time pass when nothing arrives. */
export type Watched =
  | PresenceInput
  | { readonly type: 'heartbeat'; readonly heartbeat: Heartbeat; readonly receivedAt: string }
  | {
      readonly type: 'acknowledged'
      readonly portalId: string
      readonly by: string
      readonly at: string
    }
  | { readonly type: 'tick'; readonly at: string }

/** A dynamic invariant of the site that does not hold, by the number of its detector. */
export interface Detection {
  readonly detector: 'D1' | 'D6' | 'D7' | 'D8' | 'D10' | 'D13' | 'D15'
  readonly at: string
  readonly detail?: AlarmDetail
  readonly person?: string
  readonly portalId?: string
  readonly controllerId?: string
}

interface Alarm {
  readonly kind: string
  readonly since: number
}

/** What the detectors remember. Bounded by credentials, portals, controllers and people. */
export interface DetectorState {
  /** When the watch began, in milliseconds: a controller is silent from then at the earliest. */
  readonly began: number
  readonly reads: ReadonlyMap<string, { portalId: string; at: number }>
  readonly alarms: ReadonlyMap<string, Alarm>
  readonly fire: boolean
  readonly escorts: ReadonlyMap<string, string>
  readonly heard: ReadonlyMap<string, number>
  readonly corrections: ReadonlyMap<string, readonly number[]>
  /** Conditions that were reported and still hold; each is reported once. */
  readonly standing: ReadonlySet<string>
}

/** The same as JSON, to be kept between two inputs. */
export interface SavedWatch {
  readonly began: number
  readonly reads: [string, { portalId: string; at: number }][]
  readonly alarms: [string, Alarm][]
  readonly fire: boolean
  readonly escorts: [string, string][]
  readonly heard: [string, number][]
  readonly corrections: [string, readonly number[]][]
  readonly standing: string[]
}

/** Credentials remembered at most, the latest: a controller may invent as many as it likes. */
const mostReads = 5_000

export function saveWatch(state: DetectorState): SavedWatch {
  const { began, fire } = state
  return {
    ...{ began, fire, reads: [...state.reads].slice(-mostReads), alarms: [...state.alarms] },
    ...{ escorts: [...state.escorts].slice(-mostReads), heard: [...state.heard] },
    ...{ corrections: [...state.corrections], standing: [...state.standing] },
  }
}

export function restoreWatch(saved: SavedWatch): DetectorState {
  const { began, fire } = saved
  return {
    ...{ began, fire, reads: new Map(saved.reads), alarms: new Map(saved.alarms) },
    ...{ escorts: new Map(saved.escorts), heard: new Map(saved.heard) },
    ...{ corrections: new Map(saved.corrections), standing: new Set(saved.standing) },
  }
}

/** A watch that begins at the given moment. */
export function newWatch(at: string): DetectorState {
  const none = new Map<string, never>()
  return {
    ...{ began: Date.parse(at), reads: none, alarms: none, fire: false },
    ...{ escorts: none, heard: none, corrections: none, standing: new Set() },
  }
}

/** The alarms at doors that nobody has acknowledged or put right, by portal. */
export function openAlarms(
  state: DetectorState,
): { portalId: string; kind: string; since: string }[] {
  return [...state.alarms].map(([portalId, { kind, since }]) => {
    return { portalId, kind, since: new Date(since).toISOString() }
  })
}

/** The controllers that are silent at this moment. */
export function silentControllers(state: DetectorState, site: WatchedSite, at: string): string[] {
  const now = Date.parse(at)
  return site.controllers.filter(
    (controller) => now - (state.heard.get(controller) ?? state.began) > silentMs,
  )
}

/** What an input did to presence, and how far an event is to be trusted: without a verdict, not at all. */
export interface Seen {
  readonly before: PresenceState
  readonly after: PresenceState
  readonly verdict?: Verdict | undefined
}

/**
 * Looks at one input with the presence before it (`before`) and after it (`after`), and says what
 * has begun to be wrong. A condition that lasts is said once and again only after it was right.
 */
export function watch(
  state: DetectorState,
  input: Watched,
  presence: Seen,
  site: WatchedSite,
): { state: DetectorState; detections: readonly Detection[] } {
  const remembered = remember(state, input, presence.verdict ?? unknown)
  const at = input.type === 'event' ? input.event.receivedAt : momentOf(input)
  const moments = input.type === 'event' ? ofEvent(state, input.event, presence.before, site) : []
  const holding = [
    ...silence(remembered, site, at),
    ...clocks(remembered, input, at),
    ...unescorted(remembered, presence.after, site, at),
    ...unacknowledged(remembered, site, at),
    ...corrections(remembered, site, at),
  ]
  const standing = new Set(holding.map(([key]) => key))
  const begun = holding
    .filter(([key]) => !state.standing.has(key))
    .map(([, detection]) => detection)
  return { state: { ...remembered, standing }, detections: [...moments, ...begun] }
}

type Standing = readonly [key: string, detection: Detection]

/** What is said of an event on which nobody has passed a verdict. */
const unknown: Verdict = { own: false, doubt: 'malformed' }

function remember(state: DetectorState, input: Watched, verdict: Verdict): DetectorState {
  switch (input.type) {
    case 'event':
      return rememberEvent(state, input.event, verdict)
    case 'heartbeat': {
      const heard = new Map(state.heard)
      heard.set(input.heartbeat.controllerId, Date.parse(input.receivedAt))
      return { ...state, heard }
    }
    case 'acknowledged':
      return { ...state, alarms: without(state.alarms, input.portalId) }
    case 'correction': {
      const at = Date.parse(input.at)
      const all = new Map(state.corrections)
      for (const by of input.by)
        all.set(by, [...(all.get(by) ?? []).filter((past) => at - past < dayMs), at].slice(-1000))
      return { ...state, corrections: all }
    }
    case 'epoch-confirmed':
    case 'gap-explained':
    case 'tick':
      return state
  }
}

const alarmKinds: ReadonlySet<string> = new Set(['FORCED_OPEN', 'DOOR_OPEN_TOO_LONG', 'TAMPER'])

function rememberEvent(
  state: DetectorState,
  event: ReceivedEvent,
  verdict: Verdict,
): DetectorState {
  const { kind, portalId, personId, escortFor, credentialIds } = event
  const at = Date.parse(event.occurredAt)
  let next = {
    ...state,
    heard: new Map(state.heard).set(event.controllerId, Date.parse(event.receivedAt)),
  }
  // A fire excuses an open exit: only one that is told as it happens. It is of no portal.
  if (kind === 'FIRE_ALARM' && verdict.doubt === null) next = { ...next, fire: true }
  if (kind === 'FIRE_ALARM_RESTORED') next = { ...next, fire: false }
  if (personId !== undefined && escortFor !== undefined)
    next = { ...next, escorts: new Map(state.escorts).set(escortFor, personId) }
  if (portalId === undefined) return next
  if (alarmKinds.has(kind) && !state.alarms.has(portalId))
    next = { ...next, alarms: new Map(state.alarms).set(portalId, { kind, since: at }) }
  if (kind === 'NORMAL' && isSure(verdict))
    next = { ...next, alarms: without(state.alarms, portalId) }
  if (kind === 'AUTHENTICATION_FACTOR_READ') {
    const reads = new Map(state.reads)
    for (const credential of credentialIds)
      if ((reads.get(credential)?.at ?? -Infinity) <= at) {
        // Deleted first, so that the latest stands last and the oldest are forgotten.
        reads.delete(credential)
        reads.set(credential, { portalId, at })
      }
    next = { ...next, reads }
  }
  return next
}

/** What a single event gives away: D1, D7 and D15. */
function ofEvent(
  state: DetectorState,
  event: ReceivedEvent,
  before: PresenceState,
  site: WatchedSite,
): Detection[] {
  const { portalId, personId: person, zoneFrom } = event
  if (portalId === undefined) return []
  const about = { at: event.receivedAt, portalId, ...(person !== undefined && { person }) }
  const found: Detection[] = []
  if (event.kind === 'GRANTED' && person !== undefined && zoneFrom !== undefined) {
    const zone = presenceOf(before, person)?.zone
    if (zone !== zoneFrom && !site.publicZones.has(zoneFrom)) {
      found.push({ detector: 'D1', ...about, detail: { zone: zoneFrom } })
    }
  }
  if (event.kind === 'AUTHENTICATION_FACTOR_READ') {
    const at = Date.parse(event.occurredAt)
    const apart = event.credentialIds.flatMap((credential) => {
      const last = state.reads.get(credential)
      if (last === undefined || last.portalId === portalId) return []
      return Math.abs(at - last.at) < site.walkingMs(last.portalId, portalId) ? [last.portalId] : []
    })
    for (const other of new Set(apart))
      found.push({ detector: 'D7', ...about, detail: { portal: other } })
  }
  const opened = ['OPENED', 'EGRESS_OPEN', 'FORCED_OPEN'].includes(event.kind)
  if (opened && site.emergencyPortals.has(portalId) && !state.fire)
    found.push({ detector: 'D15', ...about })
  return found
}

function silence(state: DetectorState, site: WatchedSite, at: string): Standing[] {
  return silentControllers(state, site, at).map((controllerId) => [
    `silent ${controllerId}`,
    { detector: 'D8', at, controllerId },
  ])
}

/** A clock that is off stands until the same controller reports a good one. */
function clocks(state: DetectorState, input: Watched, at: string): Standing[] {
  const report =
    input.type === 'event' ? input.event : input.type === 'heartbeat' ? input.heartbeat : undefined
  const standing = [...state.standing]
    .filter((key) => key.startsWith('clock ') && key !== `clock ${report?.controllerId ?? ''}`)
    .map((key): Standing => {
      return [key, { detector: 'D8', at, controllerId: key.slice('clock '.length) }]
    })
  if (report === undefined || Math.abs(report.clockOffsetMs) <= aheadMs) return standing
  const { controllerId } = report
  return [...standing, [`clock ${controllerId}`, { detector: 'D8', at, controllerId }]]
}

function unescorted(
  state: DetectorState,
  presence: PresenceState,
  site: WatchedSite,
  at: string,
): Standing[] {
  return [...site.visitors].flatMap((person): Standing[] => {
    const zone = presenceOf(presence, person)?.zone
    if (zone == null || site.publicZones.has(zone)) return []
    const escort = state.escorts.get(person)
    if (escort !== undefined && presenceOf(presence, escort)?.zone === zone) return []
    return [[`visitor ${person} ${zone}`, { detector: 'D6', at, person, detail: { zone } }]]
  })
}

function unacknowledged(state: DetectorState, site: WatchedSite, at: string): Standing[] {
  return [...state.alarms]
    .filter(([, { since }]) => Date.parse(at) - since > site.acknowledgeMs)
    .map(([portalId, { kind, since }]) => {
      const detail = { reported: kind }
      return [`alarm ${portalId} ${since}`, { detector: 'D10', at, portalId, detail }]
    })
}

function corrections(state: DetectorState, site: WatchedSite, at: string): Standing[] {
  return [...state.corrections].flatMap(([person, times]): Standing[] => {
    const recent = times.filter((time) => Date.parse(at) - time < dayMs).length
    if (recent <= site.correctionsPerDay) return []
    return [[`corrections ${person}`, { detector: 'D13', at, person, detail: { count: recent } }]]
  })
}

function momentOf(input: Exclude<Watched, { type: 'event' }>): string {
  return input.type === 'heartbeat' ? input.receivedAt : input.at
}

function without<V>(map: ReadonlyMap<string, V>, key: string): ReadonlyMap<string, V> {
  const rest = new Map(map)
  rest.delete(key)
  return rest
}
