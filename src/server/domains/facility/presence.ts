import type { ReceivedEvent } from '../../../shared/facility.ts'
import {
  comesAfter,
  compare,
  compareOrder,
  heldAt,
  isMoment,
  lateMs,
  move,
  orderOf,
  violationBy,
  type NotAdmitting,
  type Order,
  type People,
  type Presence,
} from './record.ts'
import { closeGap, newStream, take, type Gap, type Stream } from './streams.ts'

/** What presence must know of a portal: its zones in the direction in, and its one controller. */
export interface PortalOfPresence {
  readonly from: string
  readonly to: string
  readonly controllerId: string
}

/** The portals of the site by id. */
export type Portals = ReadonlyMap<string, PortalOfPresence>

/** An event, or a controller's clock, further ahead than this cannot begin a presence. */
export const aheadMs = 2_000

/** Everything that moves presence, in the order in which it arrived. */
export type PresenceInput =
  | { readonly type: 'event'; readonly event: ReceivedEvent }
  /** A guard confirms that a controller has begun to count anew; older epochs cannot admit again. */
  | {
      readonly type: 'epoch-confirmed'
      readonly controllerId: string
      readonly epoch: string
      readonly by: string
      readonly at: string
    }
  /** Two people set the record right; `zone` null says that the person is not on the site. */
  | {
      readonly type: 'correction'
      readonly id: string
      readonly person: string
      readonly zone: string | null
      readonly by: readonly [string, string]
      readonly reason: string
      readonly at: string
    }
  /** A person explains, and signs for, events that will never arrive. */
  | {
      readonly type: 'gap-explained'
      readonly controllerId: string
      readonly epoch: string
      readonly gap: Gap
      readonly by: string
      readonly reason: string
      readonly at: string
    }

/** Something for a person to look at. `words` say what, in the terms of the Gatehouse. */
export interface PresenceFinding {
  readonly kind:
    | 'malformed'
    | 'unknown-portal'
    | 'foreign-controller'
    | 'wrong-zones'
    | 'nobody'
    | 'passback'
    | 'not-admitting'
    | 'gap'
    | 'gap-closed'
    | 'clock-off'
    | 'new-epoch'
    | 'refused-correction'
    | 'retroactive-violation'
  readonly at: string
  readonly words: string
  readonly person?: string
  readonly portalId?: string
  readonly controllerId?: string
  /** Of a retroactive violation: the zone and the span in which acts must be looked at again. */
  readonly review?: { readonly zone: string; readonly from: string; readonly to: string }
}

/** The fold so far. Its size grows with people and controllers, never with events. */
export interface PresenceState {
  readonly people: People
  readonly streams: ReadonlyMap<string, Stream>
  /** The epoch of each controller that a guard confirmed last. */
  readonly confirmed: ReadonlyMap<string, string>
}

export interface PresenceChange {
  readonly before: Presence | null
  readonly after: Presence
}

/**
 * How far an event is to be trusted: said once, for presence, detectors and alarms alike. What
 * opens (a presence that admits, the end of an alarm) takes an event that is `own` and without
 * doubt, which also makes it the latest of its controller; what warns is taken from anybody.
 */
export interface Verdict {
  /** The event is of a portal and comes from that portal's one controller. */
  readonly own: boolean
  /** The first reason to doubt when, or in which order, it happened; null for none. */
  readonly doubt: NotAdmitting | 'malformed' | 'known' | null
}

/** Whether what the event says of its portal may be relied on. */
export function isSure({ own, doubt }: Verdict): boolean {
  return own && doubt === null
}

export interface PresenceStep {
  readonly state: PresenceState
  /** Of an event. */
  readonly verdict?: Verdict
  readonly changes: readonly PresenceChange[]
  readonly findings: readonly PresenceFinding[]
}

export const nobodyPresent: PresenceState = {
  people: new Map(),
  streams: new Map(),
  confirmed: new Map(),
}

/** Where this person is, or undefined when no door has ever said. */
export function presenceOf(state: PresenceState, person: string): Presence | undefined {
  return state.people.get(person)?.now
}

/** The gaps that are still open, by controller and epoch. */
export function openGaps(
  state: PresenceState,
): { controllerId: string; epoch: string; gap: Gap }[] {
  return [...state.streams.values()].flatMap(({ controllerId, epoch, gaps }) =>
    gaps.map((gap) => ({ controllerId, epoch, gap })),
  )
}

/**
 * Takes one input in the order of arrival. Only a *taken* event from the controller of its portal,
 * in order, on time and of a confirmed epoch begins a presence that admits. A late, replayed or
 * future one corrects the record: it may move a person on it, and end a presence, but what it
 * begins admits nobody. What happened is ordered by when it occurred (a future moment counts as
 * the moment of arrival), so the record does not depend on the order of delivery. The same event
 * again changes nothing.
 */
export function step(state: PresenceState, input: PresenceInput, portals: Portals): PresenceStep {
  switch (input.type) {
    case 'event':
      return stepEvent(state, input.event, portals)
    case 'epoch-confirmed': {
      const confirmed = new Map(state.confirmed).set(input.controllerId, input.epoch)
      return { state: { ...state, confirmed }, changes: [], findings: [] }
    }
    case 'correction':
      return stepCorrection(state, input)
    case 'gap-explained': {
      const key = streamKey(input)
      const stream = state.streams.get(key)
      if (stream === undefined) return unchanged(state)
      const streams = new Map(state.streams).set(key, closeGap(stream, input.gap))
      const words = `${input.by} explained the missing events ${input.gap.from} to ${input.gap.to}.`
      const { at, controllerId } = input
      const finding = { kind: 'gap-closed', at, controllerId, words } as const
      return { state: { ...state, streams }, changes: [], findings: [finding] }
    }
  }
}

/** The fold over the full list, given in any order: what the incremental form must agree with. */
export function recompute(inputs: readonly PresenceInput[], portals: Portals): PresenceStep {
  const changes: PresenceChange[] = []
  const findings: PresenceFinding[] = []
  let state = nobodyPresent
  for (const input of inputs.toSorted(byArrival)) {
    const next = step(state, input, portals)
    state = next.state
    changes.push(...next.changes)
    findings.push(...next.findings)
  }
  return { state, changes, findings }
}

/** Order of arrival; within one batch of one moment, the controllers' own order. */
export function byArrival(a: PresenceInput, b: PresenceInput): number {
  const arrived = compare(arrival(a), arrival(b))
  if (arrived !== 0) return arrived
  if (a.type === 'event' && b.type === 'event')
    return compareOrder(orderOf(a.event), orderOf(b.event))
  if (a.type === 'event') return 1
  if (b.type === 'event') return -1
  return compare(JSON.stringify(a), JSON.stringify(b))
}

function stepEvent(state: PresenceState, event: ReceivedEvent, portals: Portals): PresenceStep {
  const portal = event.portalId === undefined ? undefined : portals.get(event.portalId)
  const own = portal?.controllerId === event.controllerId
  if (!isMoment(event.occurredAt) || !isMoment(event.receivedAt)) {
    const words = 'The event names a day that does not exist.'
    return { ...found(state, event, 'malformed', words), verdict: { own, doubt: 'malformed' } }
  }
  const key = streamKey(event)
  const before = state.streams.get(key) ?? newStream(event.controllerId, event.epoch)
  const taken = take(before, event.seq)
  if (taken.as === 'duplicate') return { ...unchanged(state), verdict: { own, doubt: 'known' } }
  const latest = Math.max(before.latest, heldAt(event))
  const streams = bounded(state, event).set(key, { ...taken.stream, latest })
  const why = notAdmitting(state, event, before, taken.as)
  const findings = streamFindings(state, event, before, taken.as)
  const next = { ...state, streams }

  const passage = stepPortal(next, event, portal, { own, why })
  const verdict = { own, doubt: why }
  return { ...passage, findings: [...findings, ...passage.findings], verdict }
}

/** Epochs remembered per controller; one that invents more pushes its own oldest out. */
const mostEpochs = 8

function bounded(state: PresenceState, event: ReceivedEvent): Map<string, Stream> {
  const streams = new Map(state.streams)
  if (streams.has(streamKey(event))) return streams
  const confirmed = state.confirmed.get(event.controllerId)
  const others = [...streams.values()].filter(
    ({ controllerId, epoch }) => controllerId === event.controllerId && epoch !== confirmed,
  )
  const [oldest] = others
  if (others.length >= mostEpochs && oldest !== undefined) streams.delete(streamKey(oldest))
  return streams
}

/** The first reason for which this event cannot begin a presence, or null when it can. */
function notAdmitting(
  state: PresenceState,
  event: ReceivedEvent,
  before: Stream,
  as: 'next' | 'ahead' | 'filling',
): NotAdmitting | null {
  const occurred = Date.parse(event.occurredAt)
  const received = Date.parse(event.receivedAt)
  if (event.replayed) return 'replayed'
  if (as === 'filling') return 'out-of-order'
  if (state.confirmed.get(event.controllerId) !== event.epoch) return 'epoch-unconfirmed'
  if (Math.abs(event.clockOffsetMs) > aheadMs) return 'clock-off'
  if (occurred - received > aheadMs) return 'future'
  if (received - occurred > lateMs) return 'late'
  if (occurred < before.latest) return 'out-of-order'
  return null
}

function streamFindings(
  state: PresenceState,
  event: ReceivedEvent,
  before: Stream,
  as: 'next' | 'ahead' | 'filling',
): PresenceFinding[] {
  const { controllerId, receivedAt: at } = event
  const findings: PresenceFinding[] = []
  const say = (kind: PresenceFinding['kind'], words: string) =>
    findings.push({ kind, at, controllerId, words })
  if (before.highest === 0 && state.confirmed.get(controllerId) !== event.epoch)
    say('new-epoch', 'The controller counts anew: it admits nobody until a guard confirms it.')
  if (as === 'ahead') say('gap', `Events ${before.highest + 1} to ${event.seq - 1} are missing.`)
  if (as === 'filling') say('gap-closed', `The missing event ${event.seq} arrived.`)
  if (!event.replayed && as !== 'filling' && heldAt(event) < before.latest)
    say('clock-off', 'The controller’s clock went back.')
  return findings
}

/** What the event says of a portal, once its number is accounted for. */
function stepPortal(
  state: PresenceState,
  event: ReceivedEvent,
  portal: PortalOfPresence | undefined,
  { own, why }: { own: boolean; why: NotAdmitting | null },
): PresenceStep {
  if (event.portalId === undefined) return unchanged(state)
  if (portal === undefined)
    return found(state, event, 'unknown-portal', 'The event names a portal that the site lacks.')
  if (!own)
    return found(
      state,
      event,
      'foreign-controller',
      'The event is not from the portal’s controller.',
    )
  if (event.kind !== 'ACCESS_TAKEN' || event.result !== 'success') return unchanged(state)
  return stepPassage(state, event, portal, why)
}

function stepPassage(
  state: PresenceState,
  event: ReceivedEvent,
  portal: PortalOfPresence,
  why: NotAdmitting | null,
): PresenceStep {
  const { personId: person, portalId = null, zoneFrom, zoneTo } = event
  const [from, to] = event.side === 'out' ? [portal.to, portal.from] : [portal.from, portal.to]
  if (zoneFrom !== from || zoneTo !== to || event.side === undefined)
    return found(
      state,
      event,
      'wrong-zones',
      'The event’s zones are not those of the portal’s side.',
    )
  if (person === undefined)
    return found(state, event, 'nobody', 'Somebody went through and the controller cannot say who.')

  const findings: PresenceFinding[] = []
  const say = (kind: PresenceFinding['kind'], words: string) =>
    findings.push({ ...about(event), kind, words })
  const known = state.people.get(person)
  if (why !== null) say('not-admitting', `The passage is on the record and admits nobody: ${why}.`)
  if (known !== undefined && known.now.zone !== from && comesAfter(orderOf(event), known))
    say('passback', `The record had this person in ${known.now.zone ?? 'no zone'}.`)
  const review = violationBy(known, event, to)
  if (review !== undefined) {
    const words = 'Acts in this span rested on a presence that had ended already.'
    findings.push({ ...about(event), kind: 'retroactive-violation', words, review })
  }
  const after: Presence = {
    ...{ person, zone: to, portalId, why },
    since: new Date(heldAt(event)).toISOString(),
    factors: [...event.factors],
    event: `${event.controllerId}/${event.epoch}/${event.seq}`,
    admits: why === null,
  }
  return { ...moved(state, after, orderOf(event)), findings }
}

function stepCorrection(
  state: PresenceState,
  correction: PresenceInput & { type: 'correction' },
): PresenceStep {
  const { id, person, zone, at, reason } = correction
  const [first, second] = correction.by
  const refuse = (words: string): PresenceStep => ({
    ...unchanged(state),
    findings: [{ kind: 'refused-correction', at, person, words }],
  })
  if (first === second) return refuse('A correction takes two different people.')
  if (first === person || second === person) return refuse('Nobody corrects their own presence.')
  if (reason.trim() === '') return refuse('A correction needs a reason.')
  if (!isMoment(at)) return refuse('A correction needs the moment at which it was made.')
  const after = { person, zone, since: at, portalId: null, factors: [], event: id }
  // '~' sorts after every controller's name: of the same moment, people have the last word.
  return moved(state, { ...after, admits: true, why: null }, [Date.parse(at), '~', id, 0])
}

function moved(state: PresenceState, after: Presence, order: Order): PresenceStep {
  const people = move(state.people, after, order)
  if (people === undefined) return unchanged(state)
  const before = state.people.get(after.person)?.now ?? null
  return { state: { ...state, people }, changes: [{ before, after }], findings: [] }
}

function arrival(input: PresenceInput): string {
  return input.type === 'event' ? input.event.receivedAt : input.at
}

function streamKey({ controllerId, epoch }: { controllerId: string; epoch: string }): string {
  return `${controllerId}/${epoch}`
}

function about(event: ReceivedEvent) {
  return {
    at: event.receivedAt,
    controllerId: event.controllerId,
    ...(event.portalId !== undefined && { portalId: event.portalId }),
    ...(event.personId !== undefined && { person: event.personId }),
  }
}

function unchanged(state: PresenceState): PresenceStep {
  return { state, changes: [], findings: [] }
}

function found(
  state: PresenceState,
  event: ReceivedEvent,
  kind: PresenceFinding['kind'],
  words: string,
): PresenceStep {
  return { state, changes: [], findings: [{ ...about(event), kind, words }] }
}
