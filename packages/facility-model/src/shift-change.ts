import { graphOf, passagesOf, pathTo, reach, zonesOfKind } from './graph.ts'
import { detectors, searches } from './grammar.ts'
import { passageSeconds, screeningSeconds } from './passage-times.ts'
import type { Screening, Site } from './site.ts'

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
  /** The share of the busy time in which every lane was taken, 0 to 1. */
  readonly load: number
}

export interface ShiftChangeResult {
  /** Seconds of waiting, of nineteen in twenty people on their whole way in. */
  readonly wait95: number
  /** Seconds from the first arrival until the last has reached the seat. */
  readonly lastIn: number
  readonly lastOut: number
  readonly queues: readonly Queue[]
}

interface Stage {
  readonly station: string
  readonly seconds: number
  /** Walking after it. */
  readonly walk: number
}

interface Station {
  readonly lanes: number
  readonly waiting: Visit[]
  readonly waits: number[]
  readonly byMinute: Map<number, number>
  busy: number
  longest: number
  work: number
}

interface Visit {
  readonly route: readonly Stage[]
  readonly inwards: boolean
  stage: number
  since: number
  waited: number
}

/**
 * Simulates one shift change: people come over the window, more and more of them towards its end, and
 * go over the same window after it, most of them at once. All take the shortest ways between the
 * street and the seats, first come first served at each portal. The doors of an interlock share their
 * lanes, one door of a lane being open at a time. Service times vary by a quarter around the mean. The
 * same seed gives the same day. Occupancy limits are not simulated.
 */
export function simulateShiftChange(site: Site, change: ShiftChange): ShiftChangeResult {
  const random = randomFrom(change.seed)
  const routes = routesOf(site)
  const stations = new Map([...routes.lanes].map(([name, lanes]) => [name, newStation(lanes)]))
  const events = new EventQueue()
  const send = (
    count: number,
    from: number,
    list: readonly (readonly Stage[])[],
    inwards: boolean,
  ) => {
    for (let nth = 0; nth < count && list.length > 0; nth++) {
      const route = list[nth % list.length] ?? []
      const visit = { route, inwards, stage: 0, since: 0, waited: 0 }
      const share = inwards ? Math.sqrt(random()) : 1 - Math.sqrt(random())
      events.push(from + share * change.window, { visit, done: null })
    }
  }
  send(change.arriving, 0, routes.in, true)
  send(change.leaving, change.window, routes.out, false)
  return run(events, stations, random)
}

function run(
  events: EventQueue,
  stations: ReadonlyMap<string, Station>,
  random: () => number,
): ShiftChangeResult {
  const waitsIn: number[] = []
  let lastIn = 0
  let lastOut = 0
  let now = 0
  const serve = (station: Station, visit: Visit) => {
    const stage = visit.route[visit.stage]
    if (stage === undefined) return
    const wait = now - visit.since
    station.waits.push(wait)
    visit.waited += wait
    station.busy++
    const minute = Math.floor(now / 60)
    station.byMinute.set(minute, (station.byMinute.get(minute) ?? 0) + 1)
    const seconds = stage.seconds * (0.75 + 0.5 * random())
    station.work += seconds
    events.push(now + seconds, { visit, done: stage.station })
  }
  const arrive = (visit: Visit) => {
    const stage = visit.route[visit.stage]
    if (stage === undefined) {
      if (visit.inwards) {
        waitsIn.push(visit.waited)
        lastIn = now
      } else lastOut = now
      return
    }
    const station = stations.get(stage.station)
    if (station === undefined) return
    visit.since = now
    if (station.busy < station.lanes) serve(station, visit)
    else {
      station.waiting.push(visit)
      station.longest = Math.max(station.longest, station.waiting.length)
    }
  }
  for (let event = events.pop(); event !== null; event = events.pop()) {
    now = event.at
    const { visit, done } = event.what
    const station = done === null ? undefined : stations.get(done)
    if (station === undefined) {
      arrive(visit)
      continue
    }
    station.busy--
    const walk = visit.route[visit.stage]?.walk ?? 0
    visit.stage++
    events.push(now + walk, { visit, done: null })
    const next = station.waiting.shift()
    if (next !== undefined) serve(station, next)
  }
  return {
    wait95: percentile(waitsIn, 0.95),
    lastIn,
    lastOut,
    queues: [...stations].map(([name, { waits, byMinute, longest, work, lanes }]) => ({
      name,
      passages: waits.length,
      longest,
      wait95: percentile(waits, 0.95),
      busiestMinute: Math.max(0, ...byMinute.values()),
      load: now === 0 ? 0 : Math.min(1, work / (lanes * now)),
    })),
  }
}

function newStation(lanes: number): Station {
  return { lanes, waiting: [], waits: [], byMinute: new Map(), busy: 0, longest: 0, work: 0 }
}

/** The way to and from each seat, one route for each seat's share, and the lanes of each station. */
function routesOf(site: Site) {
  const daily = passagesOf(site).filter(({ fleeing }) => !fleeing)
  const streets = zonesOfKind(site, 'public').map(({ name }) => name)
  const turned = daily.map((passage) => ({ ...passage, from: passage.to, to: passage.from }))
  const inwards = reach(graphOf(daily), streets)
  const outwards = reach(graphOf(turned), streets)
  const lanes = new Map<string, number>()
  const seated = zonesOfKind(site, 'secure').flatMap((zone) =>
    Array.from({ length: Math.max(1, Math.ceil(zone.seats / 10)) }, () => zone.name),
  )
  const stagesOf = (path: readonly string[]): Stage[] =>
    path.flatMap((name, index) =>
      index % 2 === 1 ? stagesAt(site, name, path[index + 1] ?? '', lanes) : [],
    )
  return {
    in: seated.filter((zone) => inwards.has(zone)).map((zone) => stagesOf(pathTo(inwards, zone))),
    out: seated
      .filter((zone) => outwards.has(zone))
      .map((zone) => stagesOf(pathTo(outwards, zone).reverse())),
    lanes,
  }
}

/** The portal, and the screening of the zone behind it: detectors on the way in, searches on the way out. */
function stagesAt(site: Site, name: string, to: string, lanes: Map<string, number>): Stage[] {
  const portal = site.portals.find((candidate) => candidate.name === name)
  const zone = site.zones.find((candidate) => candidate.name === to)
  if (portal === undefined || zone === undefined) return []
  const inwards = portal.to === to
  const station = portal.interlock ?? portal.name
  lanes.set(station, Math.min(lanes.get(station) ?? Infinity, portal.lanes))
  const points = zone.screening.filter((point) =>
    (inwards ? [...detectors] : [...searches]).some((one) => one === point),
  )
  const seconds = passageSeconds((inwards ? portal.in : portal.out) ?? [], site.measured)
  const passed = { station, seconds, walk: zone.crossing }
  if (points.length === 0) return [passed]
  const screening = `${zone.name} (${inwards ? 'detector' : 'exit search'})`
  lanes.set(screening, Math.max(lanes.get(screening) ?? 0, portal.lanes))
  return [
    { ...passed, walk: zone.crossing / 2 },
    { station: screening, seconds: sum(site, points), walk: zone.crossing / 2 },
  ]
}

function sum(site: Site, points: readonly Screening[]): number {
  return points.reduce(
    (total, point) => total + (site.measured[point] ?? screeningSeconds[point]),
    0,
  )
}

function percentile(values: readonly number[], share: number): number {
  const ordered = values.toSorted((a, b) => a - b)
  return ordered[Math.min(ordered.length - 1, Math.floor(ordered.length * share))] ?? 0
}

interface Happening {
  readonly visit: Visit
  /** The station that has served the visit, or null where it arrives at its next one. */
  readonly done: string | null
}

/** A binary heap by time; equal times keep their order, so that a day repeats itself. */
class EventQueue {
  readonly #heap: { at: number; order: number; what: Happening }[] = []
  #pushed = 0

  push(at: number, what: Happening): void {
    const heap = this.#heap
    heap.push({ at, order: this.#pushed++, what })
    let child = heap.length - 1
    while (child > 0) {
      const parent = (child - 1) >> 1
      if (!this.#before(child, parent)) break
      this.#swap(child, parent)
      child = parent
    }
  }

  pop(): { at: number; what: Happening } | null {
    const heap = this.#heap
    const [first] = heap
    const last = heap.pop()
    if (first === undefined || last === undefined) return null
    if (heap.length > 0) {
      heap[0] = last
      let parent = 0
      for (;;) {
        const [left, right] = [2 * parent + 1, 2 * parent + 2]
        let least = parent
        if (left < heap.length && this.#before(left, least)) least = left
        if (right < heap.length && this.#before(right, least)) least = right
        if (least === parent) break
        this.#swap(least, parent)
        parent = least
      }
    }
    return first
  }

  #before(a: number, b: number): boolean {
    const [one, other] = [this.#heap[a], this.#heap[b]]
    if (one === undefined || other === undefined) return false
    return one.at < other.at || (one.at === other.at && one.order < other.order)
  }

  #swap(a: number, b: number): void {
    const [one, other] = [this.#heap[a], this.#heap[b]]
    if (one === undefined || other === undefined) return
    this.#heap[a] = other
    this.#heap[b] = one
  }
}

/** A small generator with a full period of 2³² (a Weyl sequence through a mixing function). */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x9e3779b9) >>> 0
    let mixed = state ^ (state >>> 16)
    mixed = Math.imul(mixed, 0x21f0aaad)
    mixed ^= mixed >>> 15
    mixed = Math.imul(mixed, 0x735a2d97)
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32
  }
}
