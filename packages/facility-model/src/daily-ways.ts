import { graphOf, namesOf, passagesOf, zonesOfKind, type Graph, type Passage } from './graph.ts'
import { detectors, searches } from './grammar.ts'
import { passageSeconds, screeningSeconds } from './passage-times.ts'
import type { Screening, Site, Zone } from './site.ts'

/** Something that people pass one by one: a portal, an interlock, or a screening point. */
export interface Stage {
  readonly station: string
  /** Mean seconds for which a person occupies it. */
  readonly seconds: number
  /** Seconds of walking after it. */
  readonly walk: number
}

/** One step of a way: through a portal into the next zone, and past what screens people there. */
export interface Step {
  readonly to: string
  readonly stages: readonly Stage[]
}

/** What screening in a zone costs, in seconds for each of all people who come, and who go. */
export interface ScreeningLoad {
  readonly coming: number
  readonly going: number
}

/** The ways that annotators take every day between the street and their seats. */
export interface DailyWays {
  /** Secure zones that annotators can walk to, with their seats; where none has seats, one each. */
  readonly goals: readonly { readonly zone: string; readonly seats: number }[]
  /** The steps from a zone, or from outside (null), that lie on a way with the fewest portals. */
  readonly inwards: (zone: string | null, goal: string) => readonly Step[]
  /** Likewise from a zone to the street; none where the zone is public. */
  readonly outwards: (zone: string) => readonly Step[]
  /** Lanes of every station on these ways, in the order in which people come to them. */
  readonly lanes: ReadonlyMap<string, number>
  /** By zone, where people who choose evenly between equally short ways are screened. */
  readonly screening: ReadonlyMap<string, ScreeningLoad>
}

/**
 * Finds the ways with the fewest portals through zones that annotators may enter; emergency portals
 * are no daily way. Where several are equally short, all of them are.
 */
export function dailyWays(site: Site): DailyWays {
  const open = namesOf(
    site.zones.filter(({ kind, access }) => kind === 'public' || access.includes('annotators')),
  )
  const daily = passagesOf(site).filter(
    ({ portal, from, to }) => !portal.emergency && open.has(from) && open.has(to),
  )
  const forwards = graphOf(daily)
  const backwards = graphOf(daily, 'to')
  const streets = zonesOfKind(site, 'public').map(({ name }) => name)
  const stepOf = stepper(site)
  const fromStreet = hops(forwards, streets, ({ to }) => to)
  const toStreet = hops(backwards, streets, ({ from }) => from)
  const secure = zonesOfKind(site, 'secure').filter(({ name }) => fromStreet.has(name))
  const seated = secure.filter(({ seats }) => seats > 0)
  const goals = (seated.length > 0 ? seated : secure).map((zone) => ({
    zone: zone.name,
    seats: Math.max(1, zone.seats),
  }))
  const toGoal = new Map(goals.map(({ zone }) => [zone, hops(backwards, [zone], (p) => p.from)]))
  const nearer = (zone: string, left: Hops | undefined) =>
    (forwards.get(zone) ?? []).filter(
      ({ to }) => (left?.get(to) ?? Infinity) === (left?.get(zone) ?? 0) - 1,
    )
  const inwards = remembered((zone: string | null, goal: string) => {
    const left = toGoal.get(goal)
    const away = (street: string) => left?.get(street) ?? Infinity
    const least = Math.min(...streets.map(away))
    const here = zone === null ? streets.filter((street) => away(street) === least) : [zone]
    return here.flatMap((from) => nearer(from, left)).map((passage) => stepOf(passage, true))
  })
  const outwards = remembered((zone: string) =>
    nearer(zone, toStreet).map((passage) => stepOf(passage, false)),
  )
  return { goals, inwards, outwards, ...loadsOf(site, goals, inwards, outwards) }
}

/** Answers the same question once: thousands of people ask for the same steps. */
function remembered<A extends readonly (string | null)[]>(
  ask: (...names: A) => readonly Step[],
): (...names: A) => readonly Step[] {
  const known = new Map<string, readonly Step[]>()
  return (...names) => {
    const key = names.join(' ')
    const steps = known.get(key) ?? ask(...names)
    known.set(key, steps)
    return steps
  }
}

type Hops = ReadonlyMap<string, number>

/** How many portals lie between the starts and each zone that a search comes to. */
function hops(graph: Graph, starts: readonly string[], next: (passage: Passage) => string): Hops {
  const found = new Map(starts.map((zone) => [zone, 0]))
  for (const [zone, steps] of found)
    for (const passage of graph.get(zone) ?? [])
      if (!found.has(next(passage))) found.set(next(passage), steps + 1)
  return found
}

/** The portal, and the screening of the zone behind it: detectors on the way in, searches on the way out. */
function stepper(site: Site): (passage: Passage, coming: boolean) => Step {
  const zones = new Map(site.zones.map((zone) => [zone.name, zone]))
  return ({ portal, to, factors }, coming) => {
    const zone = zones.get(to)
    const station = portal.interlock ?? portal.name
    const walk = zone?.crossing ?? 0
    const seconds = passageSeconds(factors, site.measured)
    const screening = zone === undefined ? 0 : screeningOf(site, zone, coming)
    if (screening === 0) return { to, stages: [{ station, seconds, walk }] }
    const point = { station: screeningName(to, coming), seconds: screening, walk: walk / 2 }
    return { to, stages: [{ station, seconds, walk: walk / 2 }, point] }
  }
}

function screeningOf(site: Site, zone: Zone, coming: boolean): number {
  const points: readonly Screening[] = coming ? detectors : searches
  return zone.screening
    .filter((point) => points.includes(point))
    .reduce((sum, point) => sum + (site.measured[point] ?? screeningSeconds[point]), 0)
}

function screeningName(zone: string, coming: boolean): string {
  return `${zone} (${coming ? 'detector' : 'exit search'})`
}

/** Lets one person for each seat walk in and out, parted evenly where ways part. */
function loadsOf(
  site: Site,
  goals: DailyWays['goals'],
  inwards: DailyWays['inwards'],
  outwards: DailyWays['outwards'],
): Pick<DailyWays, 'lanes' | 'screening'> {
  const portalLanes = lanesOf(site)
  const lanes = new Map<string, number>()
  const passed = { coming: new Map<string, number>(), going: new Map<string, number>() }
  const all = goals.reduce((sum, { seats }) => sum + seats, 0)
  const pass = (share: number, { to, stages: [portal, point] }: Step, coming: boolean) => {
    if (portal === undefined) return
    const width = portalLanes.get(portal.station) ?? 1
    lanes.set(portal.station, width)
    if (point === undefined) return
    lanes.set(point.station, Math.max(lanes.get(point.station) ?? 0, width))
    const seconds = coming ? passed.coming : passed.going
    seconds.set(to, (seconds.get(to) ?? 0) + share * point.seconds)
  }
  // Ways of one length: all that are under way are the same number of portals from their end.
  const walk = (share: number, first: readonly Step[], coming: boolean, goal: string) => {
    let under = new Map([[first, share]])
    while (under.size > 0) {
      const shares = new Map<string, number>()
      for (const [steps, here] of under)
        for (const step of steps) {
          const part = here / steps.length
          pass(part, step, coming)
          shares.set(step.to, (shares.get(step.to) ?? 0) + part)
        }
      under = new Map(
        [...shares].flatMap(([zone, part]) => {
          const next = coming ? (zone === goal ? [] : inwards(zone, goal)) : outwards(zone)
          return next.length === 0 ? [] : [[next, part] as const]
        }),
      )
    }
  }
  for (const { zone, seats } of goals) walk(seats / all, inwards(null, zone), true, zone)
  for (const { zone, seats } of goals) walk(seats / all, outwards(zone), false, zone)
  const zones = [...new Set([...passed.coming.keys(), ...passed.going.keys()])]
  return {
    lanes,
    screening: new Map(
      zones.map((zone) => [
        zone,
        { coming: passed.coming.get(zone) ?? 0, going: passed.going.get(zone) ?? 0 },
      ]),
    ),
  }
}

/** The doors of an interlock share its lanes: as many as its narrowest door has. */
function lanesOf(site: Site): ReadonlyMap<string, number> {
  const lanes = new Map<string, number>()
  for (const { name, interlock, lanes: own, emergency } of site.portals) {
    const station = interlock ?? name
    if (!emergency) lanes.set(station, Math.min(lanes.get(station) ?? Infinity, own))
  }
  return lanes
}
