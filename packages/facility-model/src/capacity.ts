import { dailyWays, type DailyWays } from './daily-ways.ts'
import { watches } from './guard-rules.ts'
import { retentionOf } from './retention.ts'
import { rotaOf, type Rota, type Turn } from './rota.ts'
import { simulateWays, type ShiftChangeResult } from './shift-change.ts'
import type { Site } from './site.ts'
import { sayTerabytes, terabytesFor } from './storage.ts'
import { contains, minutesOfDay, sayMinute } from './week.ts'

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

/** Guards on duty, and those that screening asks for, at the shift change that is worst served. */
export interface GuardSupply extends Supply {
  /** The minute of that change, such as `Tue 14:00`. */
  readonly at: string
}

export interface Step extends Milestone {
  /** The largest shift, every language rounded up for itself. */
  readonly perShift: number
  /** Shifts that overlap sit at the same time. */
  readonly seats: Supply
  readonly lockers: Supply
  readonly guards: GuardSupply
  readonly entry: ShiftChangeResult
  readonly holds: boolean
}

export interface Shortage {
  readonly what: 'seats' | 'lockers' | 'guards' | 'portals' | 'storage'
  /**
   * The most people that it serves; null where it does not depend on people. Of portals it is where
   * the simulated wait passes what is borne.
   */
  readonly enoughFor: number | null
  /** The first day on which it is short; null where it is not on this ramp. */
  readonly date: string | null
}

/** Terabytes of one recorder: what it states, or null, and what its cameras fill in its retention. */
export interface RecorderStorage {
  readonly recorder: string
  readonly have: number | null
  readonly need: number
}

export interface CapacityPlan {
  readonly site: string
  readonly languages: number
  /** Shifts that meet the opening hours; one where the file names none. */
  readonly shifts: number
  readonly longestWait: number
  readonly steps: readonly Step[]
  readonly shortages: readonly Shortage[]
  /** Each recorder for itself: room on one is no room on another. */
  readonly storage: readonly RecorderStorage[]
  /** For each day from Monday, the fewest guards on duty within each hour. */
  readonly guardsByHour: readonly (readonly number[])[]
}

/** What of a site and a demand is the same for any number of people. */
interface Frame {
  readonly site: Site
  readonly demand: Demand
  readonly ways: DailyWays
  readonly rota: Rota
  /** Every shift change, with the fewest guards on duty while people come or go. */
  readonly manned: readonly { readonly turn: Turn; readonly guards: number }[]
}

/**
 * Sizes a site for a ramp: seats by shift and language, lockers, guards, the queues at a shift change
 * by simulation, and video storage, with the day on which each is short. People part evenly over the
 * shifts. Pure; the same demand gives the same plan.
 *
 * @throws RangeError where the ramp is empty, out of order or past 100,000 people
 */
export function planCapacity(site: Site, demand: Demand): CapacityPlan {
  checkDemand(demand)
  const frame = frameOf(site, demand)
  const steps = demand.ramp.map((milestone) => stepFor(frame, milestone))
  const storage = storageOf(site)
  const most = Math.max(...demand.ramp.map(({ people }) => people))
  const serves = (enough: (people: number) => boolean) => largest(most, enough)
  const covered = ({ have, need }: Supply) => need <= have
  const enough = {
    seats: serves((people) => covered(seatsFor(frame, people))),
    lockers: serves((people) => covered(lockersFor(frame, people))),
    guards: serves((people) => covered(guardsFor(frame, people))),
    portals: serves((people) => entryFor(frame, people).wait95 <= demand.longestWait),
  }
  const what = ['seats', 'lockers', 'guards', 'portals'] as const
  return {
    site: site.name,
    languages: demand.languages,
    shifts: frame.rota.shifts,
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
        date: storage.some(isShort) ? (demand.ramp[0]?.date ?? null) : null,
      },
    ],
    storage,
    guardsByHour: guardsByHour(site),
  }
}

function frameOf(site: Site, demand: Demand): Frame {
  const rota = rotaOf(site, demand.arrivalWindow)
  const onDuty = guardsByMinute(site)
  const manned = rota.turns.map((turn) => ({
    turn,
    guards: Math.min(...rota.around(turn.minute).map(onDuty)),
  }))
  return { site, demand, ways: dailyWays(site), rota, manned }
}

function checkDemand({ ramp, languages }: Demand): void {
  if (ramp.length === 0) throw new RangeError('the ramp names no day')
  for (const [index, { date, people }] of ramp.entries()) {
    if (!isDay(date)) throw new RangeError(`${date} is no day of the calendar`)
    if (!Number.isInteger(people) || people < 0 || people > 100_000)
      throw new RangeError(`${people} people: write a whole number from 0 to 100000`)
    const before = ramp[index - 1]
    if (before !== undefined && before.date >= date)
      throw new RangeError(`${date} does not come after ${before.date}; write the ramp in order`)
  }
  if (!Number.isInteger(languages) || languages < 1 || languages > 1000)
    throw new RangeError('the number of languages is a whole number from 1 to 1000')
}

/** `2027-02-30` reads as a day of March, and is none. */
function isDay(date: string): boolean {
  const time = Date.parse(`${date}T00:00:00Z`)
  return !Number.isNaN(time) && new Date(time).toISOString().slice(0, 10) === date
}

function stepFor(frame: Frame, { date, people }: Milestone): Step {
  const seats = seatsFor(frame, people)
  const lockers = lockersFor(frame, people)
  const guards = guardsFor(frame, people)
  const entry = entryFor(frame, people)
  const holds =
    [seats, lockers, guards].every(({ have, need }) => need <= have) &&
    entry.wait95 <= frame.demand.longestWait
  return { date, people, perShift: perShift(frame, people), seats, lockers, guards, entry, holds }
}

function perShift({ demand: { languages }, rota }: Frame, people: number): number {
  return languages * Math.ceil(people / (languages * rota.shifts))
}

/** Seats that annotators can walk to, fewer where the zone may not hold as many people. */
function seatsFor(frame: Frame, people: number): Supply {
  const reached = new Set(frame.ways.goals.map(({ zone }) => zone))
  const have = frame.site.zones
    .filter(({ name }) => reached.has(name))
    .reduce((sum, zone) => sum + Math.min(zone.seats, zone.maximumOccupancy ?? Infinity), 0)
  return { have, need: frame.rota.atOnce * perShift(frame, people) }
}

/** Those who come and those who go hold a locker each while both are in the house. */
function lockersFor(frame: Frame, people: number): Supply {
  const { site, rota } = frame
  const have = site.zones.reduce((sum, zone) => sum + zone.lockers, 0)
  return { have, need: Math.min(people, rota.inHouse * perShift(frame, people)) }
}

/** How many come to a shift change, and how many go. */
function crowdAt(frame: Frame, { starting, ending }: Turn, people: number) {
  const shift = perShift(frame, people)
  const arriving = Math.min(people, starting * shift)
  return { arriving, leaving: Math.min(people - arriving, ending * shift) }
}

/**
 * Guards at the shift change that lacks most. In each zone that screens, one for each stretch of the
 * arrival window that the work there fills; one at least. A guard of any post counts.
 */
function guardsFor(frame: Frame, people: number): GuardSupply {
  const { ways, demand } = frame
  const changes = frame.manned.map(({ turn, guards: have }) => {
    const { arriving, leaving } = crowdAt(frame, turn, people)
    const guards = [...ways.screening.values()].map(({ coming, going }) =>
      wholeAbove((arriving * coming + leaving * going) / demand.arrivalWindow),
    )
    const sum = guards.reduce((all, one) => all + one, 0)
    return { have, need: people === 0 ? 0 : Math.max(1, sum), at: sayMinute(turn.minute) }
  })
  const [first, ...others] = changes
  if (first === undefined) throw new Error('a site is open at some time')
  return others.reduce(
    (worst, one) => (one.have - one.need < worst.have - worst.need ? one : worst),
    first,
  )
}

/** Rounds up what is above a whole number by more than the noise of a sum of fractions. */
function wholeAbove(number: number): number {
  return Math.ceil(number - 1e-9)
}

/** The queues at the shift change to which most people come, and from which then most go. */
function entryFor(frame: Frame, people: number): ShiftChangeResult {
  const [busiest = { arriving: 0, leaving: 0 }] = frame.rota.turns
    .map((turn) => crowdAt(frame, turn, people))
    .sort((a, b) => b.arriving - a.arriving || b.leaving - a.leaving)
  return simulateWays(frame.ways, { ...busiest, window: frame.demand.arrivalWindow, seed: 1 })
}

/** How many guards are on duty at a minute of the week. */
function guardsByMinute(site: Site): (minute: number) => number {
  const week = watches(site)
  const strength = new Map(site.zones.map((zone) => [zone.name, zone.guards]))
  return (minute) => {
    const posts = week.find(({ span }) => contains([span], minute))?.posts ?? []
    return posts.reduce((sum, post) => sum + (strength.get(post) ?? 0), 0)
  }
}

function guardsByHour(site: Site): number[][] {
  const onDuty = guardsByMinute(site)
  return Array.from({ length: 7 }, (_day, day) =>
    Array.from({ length: 24 }, (_hour, hour) => {
      const start = day * minutesOfDay + hour * 60
      return Math.min(...Array.from({ length: 60 }, (_minute, minute) => onDuty(start + minute)))
    }),
  )
}

function storageOf(site: Site): RecorderStorage[] {
  return site.recorders.map((recorder) => {
    const cameras = site.cameras.filter((camera) => camera.recorder === recorder.name).length
    const need = terabytesFor(cameras, retentionOf(site, recorder))
    return { recorder: recorder.name, have: recorder.terabytes, need }
  })
}

function isShort({ have, need }: RecorderStorage): boolean {
  return have !== null && need > have
}

/**
 * How the video storage of a plan stands, in one sentence for people: at most `named` recorders by
 * name, those that are short first, then those that state nothing.
 */
export function sayStorage(storage: CapacityPlan['storage'], named = Infinity): string {
  const short = storage.filter(isShort)
  const unstated = storage.filter(({ have }) => have === null)
  const held = storage.filter(({ have, need }) => have !== null && need <= have)
  const each = [...short, ...unstated, ...held].map(({ recorder, have, need }) =>
    have === null
      ? `${recorder} states no capacity and needs ${sayTerabytes(need)}`
      : `${recorder} has ${have} TB and needs ${sayTerabytes(need)}${need > have ? ', short' : ''}`,
  )
  const more = each.length > named ? [`and ${each.length - named} more`] : []
  return `video storage: ${[...each.slice(0, named), ...more].join('; ') || 'no recorder'}`
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

/**
 * The first day on which the ramp has more people than that. Between two points, `days` apart, the
 * ramp has on day k as many as `from + rise * k / days`; all of these are whole numbers, so the day is
 * found without a fraction.
 */
export function dayPast(ramp: readonly Milestone[], people: number): string | null {
  for (const [index, to] of ramp.entries()) {
    if (to.people <= people) continue
    const from = ramp[index - 1]
    if (from === undefined) return to.date
    const start = Date.parse(from.date)
    const days = (Date.parse(to.date) - start) / day
    const rise = to.people - from.people
    const room = (people - from.people) * days
    const past = (room - (room % rise)) / rise + 1
    return new Date(start + past * day).toISOString().slice(0, 10)
  }
  return null
}
