import { retentionOf } from './retention.ts'
import { screeningSeconds } from './passage-times.ts'
import { simulateShiftChange, type ShiftChangeResult } from './shift-change.ts'
import { watches } from './guard-rules.ts'
import type { Site } from './site.ts'
import { terabytesFor } from './storage.ts'
import { contains } from './week.ts'

/** A point of the ramp: so many people from that day on; between two points the number grows evenly. */
export interface Milestone {
  /** ISO date. */
  readonly date: string
  readonly people: number
}

export interface Demand {
  /** In order of date, at least one. */
  readonly ramp: readonly Milestone[]
  readonly languages: number
  /** Longest wait on the way in that is borne, in seconds, for nineteen people in twenty. */
  readonly longestWait: number
  /** Seconds before a shift over which its people arrive. */
  readonly arrivalWindow: number
}

export const usualDemand = { languages: 1, longestWait: 300, arrivalWindow: 1200 }

/** Something that the site has so much of, and so much is needed. */
export interface Supply {
  readonly have: number
  readonly need: number
}

export interface Step extends Milestone {
  /** The largest shift, every language rounded up for itself. */
  readonly perShift: number
  readonly seats: Supply
  readonly lockers: Supply
  /** Guards on duty at the fullest hour, and as many as screening at a shift change asks. */
  readonly guards: Supply
  readonly entry: ShiftChangeResult
  readonly holds: boolean
}

export interface Shortage {
  readonly what: 'seats' | 'lockers' | 'guards' | 'portals' | 'storage'
  /** The most people that it serves; null where it does not depend on people. */
  readonly enoughFor: number | null
  /** The first day on which it is short; null where it is not on this ramp. */
  readonly date: string | null
}

export interface CapacityPlan {
  readonly site: string
  readonly languages: number
  readonly shifts: number
  readonly longestWait: number
  readonly steps: readonly Step[]
  readonly shortages: readonly Shortage[]
  /** Terabytes on the recorders that state a capacity, and what their retention fills. */
  /** Terabytes for the retention, of the recorders that state a capacity; and what the others need. */
  readonly storage: Supply & { readonly unstated: readonly { recorder: string; need: number }[] }
  /** Guards on duty at each hour of a Monday, as the file mans the posts. */
  readonly guardsByHour: readonly number[]
}

/**
 * Sizes a site for a ramp: seats by shift and language, lockers, guards, the queues at a shift change
 * by simulation, and video storage, with the day on which each is short. Pure; the same demand gives
 * the same plan.
 *
 * @throws RangeError where the ramp is empty, out of order or past 100,000 people
 */
export function planCapacity(site: Site, demand: Demand): CapacityPlan {
  checkDemand(demand)
  const shifts = Math.max(1, site.shifts.length)
  const steps = demand.ramp.map((milestone) => stepFor(site, demand, milestone))
  const storage = storageOf(site)
  const most = Math.max(...demand.ramp.map(({ people }) => people))
  const serves = (enough: (step: Step) => boolean) =>
    largest(most, (people) => enough(stepFor(site, demand, { date: '', people })))
  const enough = {
    seats: serves(({ seats }) => seats.need <= seats.have),
    lockers: serves(({ lockers }) => lockers.need <= lockers.have),
    guards: serves(({ guards }) => guards.need <= guards.have),
    portals: serves(({ entry }) => entry.wait95 <= demand.longestWait),
  }
  const what = ['seats', 'lockers', 'guards', 'portals'] as const
  return {
    site: site.name,
    languages: demand.languages,
    shifts,
    longestWait: demand.longestWait,
    steps,
    shortages: [
      ...what.map((thing) => ({
        what: thing,
        enoughFor: enough[thing],
        date: dayPast(demand.ramp, enough[thing]),
      })),
      {
        what: 'storage',
        enoughFor: null,
        date: storage.need > storage.have ? (demand.ramp[0]?.date ?? null) : null,
      },
    ],
    storage,
    guardsByHour: guardsByHour(site),
  }
}

function checkDemand({ ramp, languages }: Demand): void {
  if (ramp.length === 0) throw new RangeError('the ramp names no day')
  for (const [index, { date, people }] of ramp.entries()) {
    if (Number.isNaN(Date.parse(date))) throw new RangeError(`${date} is no day of the calendar`)
    if (!Number.isInteger(people) || people < 0 || people > 100_000)
      throw new RangeError(`${people} people: write a whole number from 0 to 100000`)
    const before = ramp[index - 1]
    if (before !== undefined && before.date >= date)
      throw new RangeError(`${date} does not come after ${before.date}; write the ramp in order`)
  }
  if (!Number.isInteger(languages) || languages < 1 || languages > 1000)
    throw new RangeError('the number of languages is a whole number from 1 to 1000')
}

function stepFor(site: Site, demand: Demand, { date, people }: Milestone): Step {
  const shifts = Math.max(1, site.shifts.length)
  const perShift = demand.languages * Math.ceil(people / (demand.languages * shifts))
  const secure = site.zones.filter(({ kind }) => kind === 'secure')
  const seats = { have: secure.reduce((sum, zone) => sum + zone.seats, 0), need: perShift }
  // At a shift change those who come and those who go hold a locker each.
  const atChange = shifts > 1 ? Math.min(people, 2 * perShift) : Math.min(people, perShift)
  const lockers = { have: site.zones.reduce((sum, zone) => sum + zone.lockers, 0), need: atChange }
  const guards = guardsAtChange(site, perShift, demand)
  const entry = simulateShiftChange(site, {
    arriving: Math.min(people, perShift),
    leaving: shifts > 1 ? Math.max(0, Math.min(people - perShift, perShift)) : 0,
    window: demand.arrivalWindow,
    seed: 1,
  })
  const holds =
    [seats, lockers, guards].every(({ have, need }) => need <= have) &&
    entry.wait95 <= demand.longestWait
  return { date, people, perShift, seats, lockers, guards, entry, holds }
}

/** One guard at least, and at the busiest screening zone as many as the arrival window asks. */
function guardsAtChange(site: Site, perShift: number, demand: Demand): Supply {
  const work = site.zones.map(({ screening }) =>
    screening.reduce((sum, point) => sum + (site.measured[point] ?? screeningSeconds[point]), 0),
  )
  const screeners = Math.ceil((perShift * Math.max(0, ...work)) / demand.arrivalWindow)
  return { have: Math.max(...guardsByHour(site)), need: Math.max(1, screeners) }
}

/** Guards on duty at each full hour of a Monday. */
function guardsByHour(site: Site): number[] {
  const week = watches(site)
  const strength = new Map(site.zones.map((zone) => [zone.name, zone.guards]))
  return Array.from({ length: 24 }, (_, hour) => {
    const posts = week.find(({ span }) => contains([span], hour * 60))?.posts ?? []
    return posts.reduce((sum, post) => sum + (strength.get(post) ?? 0), 0)
  })
}

function storageOf(site: Site): CapacityPlan['storage'] {
  const needs = site.recorders.map((recorder) => {
    const cameras = site.cameras.filter((camera) => camera.recorder === recorder.name).length
    const need = terabytesFor(cameras, retentionOf(site, recorder))
    return { recorder: recorder.name, have: recorder.terabytes, need }
  })
  const stated = needs.filter(({ have }) => have !== null)
  return {
    have: stated.reduce((sum, { have }) => sum + (have ?? 0), 0),
    need: stated.reduce((sum, { need }) => sum + need, 0),
    unstated: needs.flatMap(({ recorder, have, need }) =>
      have === null ? [{ recorder, need }] : [],
    ),
  }
}

/** How the video storage of a plan stands, in one sentence for people. */
export function sayStorage({ have, need, unstated }: CapacityPlan['storage']): string {
  const stated = `${need.toFixed(1)} of ${have} TB for the retention${need > have ? ', short' : ''}`
  const others = unstated.map(
    ({ recorder, need: wanted }) =>
      `${recorder} states no capacity and needs ${wanted.toFixed(1)} TB`,
  )
  return `video storage: ${[...(have > 0 ? [stated] : []), ...others].join('; ') || 'no recorder'}`
}

/** The largest number up to `most` for which it is enough, by halving; people only make it scarcer. */
function largest(most: number, enough: (people: number) => boolean): number {
  if (enough(most)) return most
  let [good, bad] = [0, most]
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2)
    if (enough(middle)) good = middle
    else bad = middle
  }
  return good
}

const day = 86_400_000

/** The first day on which the ramp has more people than that. */
function dayPast(ramp: readonly Milestone[], people: number): string | null {
  for (const [index, to] of ramp.entries()) {
    if (to.people <= people) continue
    const from = ramp[index - 1]
    if (from === undefined) return to.date
    const start = Date.parse(from.date)
    const share = Math.max(0, people - from.people) / (to.people - from.people)
    const days = Math.floor((share * (Date.parse(to.date) - start)) / day) + 1
    return new Date(start + days * day).toISOString().slice(0, 10)
  }
  return null
}
