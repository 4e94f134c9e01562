import { dailyWays, type DailyWays, type Stage, type Step } from './daily-ways.ts'
import { EventQueue } from './event-queue.ts'
import type { Site } from './site.ts'

/** What a shift change asks of the portals: how many come and go, and when. */
export interface ShiftChange {
  readonly arriving: number
  readonly leaving: number
  /** Seconds before the shift over which people arrive, and after it over which they leave. */
  readonly window: number
  readonly seed: number
}

/** What happened at one portal, interlock or screening point. */
export interface Queue {
  readonly name: string
  readonly passages: number
  readonly longest: number
  /** Seconds that nineteen of twenty people waited less than. */
  readonly wait95: number
  /** Most passages in any one minute. */
  readonly busiestMinute: number
  /** The share of the lanes' time that was taken, from the first arrival to the last, 0 to 1. */
  readonly load: number
}

export interface ShiftChangeResult {
  /** Seconds of waiting, of nineteen in twenty people on their whole way in. */
  readonly wait95: number
  /** Seconds from the start of the window until the last has reached the seat. */
  readonly lastIn: number
  readonly lastOut: number
  readonly queues: readonly Queue[]
}

interface Station {
  readonly lanes: number
  readonly waiting: Visit[]
  readonly waits: number[]
  readonly byMinute: Map<number, number>
  /** The first in `waiting` who still waits. */
  head: number
  busy: number
  longest: number
  work: number
}

/** Somebody on the way. */
interface Visit {
  /** The zone of the seat; null for somebody who leaves. */
  readonly goal: string | null
  readonly random: () => number
  /** Where they are, or null in the street before the first portal. */
  zone: string | null
  step: Step | null
  stage: number
  since: number
  waited: number
}

interface Happening {
  readonly visit: Visit
  /** The station that has served the visit, or null where it arrives at its next one. */
  readonly done: Station | null
}

/**
 * Simulates one shift change: people come over the window, more and more of them towards its end, and
 * go over the same window after it, most of them at once. They spread over the secure zones by seats,
 * take ways with the fewest portals, and where several are equally short the portal at which they
 * expect to be through first; first come first served at each. The doors of an interlock share their
 * lanes, one door of a lane being open at a time. Service times vary by a quarter around the mean. The
 * same seed gives the same day, and each person the same luck in it, however many others there are.
 * Occupancy limits are not simulated.
 */
export function simulateShiftChange(site: Site, change: ShiftChange): ShiftChangeResult {
  return simulateWays(dailyWays(site), change)
}

/** The same over ways that were found before. */
export function simulateWays(ways: DailyWays, change: ShiftChange): ShiftChangeResult {
  const stations = new Map([...ways.lanes].map(([name, lanes]) => [name, newStation(lanes)]))
  const events = new EventQueue<Happening>()
  const seatOf = seating(ways)
  const send = (count: number, coming: boolean) => {
    for (let nth = 0; nth < count; nth++) {
      const seat = seatOf(nth)
      if (seat === null) return
      const random = randomFrom(change.seed + 2 * nth + (coming ? 0 : 1))
      const [goal, zone] = coming ? [seat, null] : [null, seat]
      const visit = { goal, zone, random, step: null, stage: 0, since: 0, waited: 0 }
      const share = coming ? Math.sqrt(random()) : 2 - Math.sqrt(random())
      events.push(share * change.window, { visit, done: null })
    }
  }
  send(change.arriving, true)
  send(change.leaving, false)
  return run(ways, events, stations)
}

function run(
  ways: DailyWays,
  events: EventQueue<Happening>,
  stations: ReadonlyMap<string, Station>,
): ShiftChangeResult {
  const waitsIn: number[] = []
  let [lastIn, lastOut, now] = [0, 0, 0]
  const serve = (station: Station, visit: Visit, { seconds: mean }: Stage) => {
    const wait = now - visit.since
    station.waits.push(wait)
    visit.waited += wait
    station.busy++
    const minute = Math.floor(now / 60)
    station.byMinute.set(minute, (station.byMinute.get(minute) ?? 0) + 1)
    const seconds = mean * (0.75 + 0.5 * visit.random())
    station.work += seconds
    events.push(now + seconds, { visit, done: station })
  }
  const arrive = (visit: Visit) => {
    const stage = visit.step?.stages[visit.stage] ?? firstStage(visit)
    const station = stage === null ? undefined : stations.get(stage.station)
    if (stage === null || station === undefined) {
      if (visit.goal === null) lastOut = now
      else {
        waitsIn.push(visit.waited)
        lastIn = now
      }
      return
    }
    visit.since = now
    if (station.busy < station.lanes) serve(station, visit, stage)
    else {
      station.waiting.push(visit)
      station.longest = Math.max(station.longest, waitingAt(station))
    }
  }
  /** Comes into the next zone and chooses the portal out of it; null where the way ends. */
  const firstStage = (visit: Visit): Stage | null => {
    visit.zone = visit.step?.to ?? visit.zone
    visit.step = nextStep(ways, stations, visit)
    visit.stage = 0
    return visit.step?.stages[0] ?? null
  }
  for (let event = events.pop(); event !== null; event = events.pop()) {
    now = event.at
    const { visit, done: station } = event.what
    if (station === null) {
      arrive(visit)
      continue
    }
    station.busy--
    const walk = visit.step?.stages[visit.stage]?.walk ?? 0
    visit.stage++
    events.push(now + walk, { visit, done: null })
    const next = station.waiting[station.head]
    const stage = next?.step?.stages[next.stage]
    if (next === undefined || stage === undefined) continue
    station.head++
    serve(station, next, stage)
  }
  return { wait95: percentile(waitsIn, 0.95), lastIn, lastOut, queues: queuesOf(stations, now) }
}

/** Of the portals on an equally short way, the one where somebody who joins now is through first. */
function nextStep(
  ways: DailyWays,
  stations: ReadonlyMap<string, Station>,
  { zone, goal }: Visit,
): Step | null {
  if (zone === goal && goal !== null) return null
  const steps = goal === null ? ways.outwards(zone ?? '') : ways.inwards(zone, goal)
  let best: Step | null = null
  let least = Infinity
  for (const step of steps) {
    const [portal] = step.stages
    const station = portal === undefined ? undefined : stations.get(portal.station)
    if (portal === undefined || station === undefined) continue
    const before = Math.max(0, station.busy + waitingAt(station) + 1 - station.lanes)
    const through = portal.seconds * (1 + before / station.lanes)
    if (through < least) [best, least] = [step, through]
  }
  return best
}

function waitingAt(station: Station): number {
  return station.waiting.length - station.head
}

/** Spreads any number of people over the zones by their seats: golden-ratio steps through all seats. */
function seating({ goals }: DailyWays): (nth: number) => string | null {
  const all = goals.reduce((sum, { seats }) => sum + seats, 0)
  return (nth) => {
    let place = (((nth + 0.5) * goldenRatio) % 1) * all
    for (const { zone, seats } of goals) {
      place -= seats
      if (place < 0) return zone
    }
    return goals.at(-1)?.zone ?? null
  }
}

const goldenRatio = (Math.sqrt(5) - 1) / 2

function queuesOf(stations: ReadonlyMap<string, Station>, end: number): Queue[] {
  return [...stations].map(([name, { waits, byMinute, longest, work, lanes }]) => ({
    name,
    passages: waits.length,
    longest,
    wait95: percentile(waits, 0.95),
    busiestMinute: Math.max(0, ...byMinute.values()),
    load: end === 0 ? 0 : Math.min(1, work / (lanes * end)),
  }))
}

function newStation(lanes: number): Station {
  return {
    lanes,
    waiting: [],
    waits: [],
    byMinute: new Map(),
    head: 0,
    busy: 0,
    longest: 0,
    work: 0,
  }
}

function percentile(values: readonly number[], share: number): number {
  const ordered = values.toSorted((a, b) => a - b)
  return ordered[Math.min(ordered.length - 1, Math.floor(ordered.length * share))] ?? 0
}

/** A small generator with a full period of 2³² (a Weyl sequence through a mixing function). */
function randomFrom(seed: number): () => number {
  let state = mix(seed)
  return () => {
    state = (state + 0x9e3779b9) >>> 0
    return mix(state) / 2 ** 32
  }
}

function mix(value: number): number {
  let mixed = value ^ (value >>> 16)
  mixed = Math.imul(mixed, 0x21f0aaad)
  mixed ^= mixed >>> 15
  mixed = Math.imul(mixed, 0x735a2d97)
  return (mixed ^ (mixed >>> 15)) >>> 0
}
