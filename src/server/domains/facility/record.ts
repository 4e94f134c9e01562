import type { FactorKind, ReceivedEvent } from '../../../shared/facility.ts'

/** An event that arrives later than this after it occurred can no longer begin a presence. */
export const lateMs = 30_000
/** Why a passage is on the record and still admits nobody. */
export type NotAdmitting =
  'late' | 'replayed' | 'future' | 'clock-off' | 'out-of-order' | 'epoch-unconfirmed'

/** Where a person is, according to the doors. */
export interface Presence {
  readonly person: string
  /** Null after a correction that says: not on the site. */
  readonly zone: string | null
  readonly since: string
  readonly portalId: string | null
  /** Kinds used at that portal; none after a correction, which thus never meets two factors. */
  readonly factors: readonly FactorKind[]
  /** `controllerId/epoch/seq` of the taken event, or the correction's id. */
  readonly event: string
  /** Whether the gate may rest on this presence; the muster list counts the person either way. */
  readonly admits: boolean
  readonly why: NotAdmitting | null
}

/** A presence that ended, kept so that a late event can be held against it. */
export interface Stay {
  readonly zone: string | null
  readonly from: number
  readonly until: number
  readonly admitted: boolean
}

/** One person's line of the record: the last passage, its place in the order, and the stays before. */
export interface Person {
  readonly now: Presence
  readonly order: Order
  readonly past: readonly Stay[]
}

/** Passages are ordered by when they happened, then by controller, epoch and number. */
export type Order = readonly [at: number, controllerId: string, epoch: string, seq: number]

/** Everybody of whom a door has ever spoken, by person code. */
export type People = ReadonlyMap<string, Person>

/** Puts a passage on the record if it is the person's latest; an older one is history already. */
export function move(people: People, after: Presence, order: Order): People | undefined {
  const known = people.get(after.person)
  if (known !== undefined && !comesAfter(order, known)) return undefined
  const past = known === undefined ? [] : [...known.past, ended(known, order[0])].slice(-mostStays)
  return new Map(people).set(after.person, { now: after, order, past })
}

/** Stays remembered per person; a working day has fewer passages. */
const mostStays = 32

function ended({ now, order: [from] }: Person, until: number): Stay {
  return { zone: now.zone, from, until, admitted: now.admits }
}

/** The span in which a presence admitted although this event says that the person had gone on. */
export function violationBy(known: Person | undefined, event: ReceivedEvent, to: string) {
  if (known === undefined) return undefined
  const received = Date.parse(event.receivedAt)
  const left = heldAt(event)
  if (received - left <= lateMs && !event.replayed) return undefined
  const stay = [...known.past, ended(known, received)].find(
    ({ from, until, admitted }) => admitted && from <= left && left < until,
  )
  if (stay === undefined || stay.zone === null || stay.zone === to) return undefined
  const span = [left, Math.min(stay.until, received)].map((ms) => new Date(ms).toISOString())
  return { zone: stay.zone, from: span[0] ?? '', to: span[1] ?? '' }
}

/** Whether a passage happened after the person's last one. */
export function comesAfter(order: Order, known: Person): boolean {
  return compareOrder(order, known.order) > 0
}

/** The place of an event among all passages. */
export function orderOf(event: ReceivedEvent): Order {
  return [heldAt(event), event.controllerId, event.epoch, event.seq]
}

/** When an event counts as having happened: a moment that has not come yet counts as its arrival. */
export function heldAt(event: ReceivedEvent): number {
  return Math.min(Date.parse(event.occurredAt), Date.parse(event.receivedAt))
}

/** Earlier first. */
export function compareOrder(a: Order, b: Order): number {
  return a[0] - b[0] || compare(a[1], b[1]) || compare(a[2], b[2]) || a[3] - b[3]
}

/** By code unit, the same on every machine. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** The schema lets 30 February through; the calendar does not. */
export function isMoment(text: string): boolean {
  const ms = Date.parse(text)
  return !Number.isNaN(ms) && new Date(ms).toISOString() === text
}
