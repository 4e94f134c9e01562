import type { FactorKind } from '../shared/facility.ts'

/** What the simulated building must know of a site. */
export interface SimulatedSite {
  readonly name: string
  readonly portals: readonly SimulatedPortal[]
  /** Zones where a metal detector or a bag search stands: whoever enters is screened there. */
  readonly screening: readonly string[]
  /** Zones with lockers: whoever goes further in leaves the phone there. */
  readonly lockers: readonly string[]
  /** Where everybody begins: outside. */
  readonly outside: string
}

/** One opening between two zones; `in` leads from `from` to `to`. */
export interface SimulatedPortal {
  readonly id: string
  readonly from: string
  readonly to: string
  /** Factors asked on the way in and on the way out; none means that the door just opens. */
  readonly in: readonly FactorKind[]
  readonly out: readonly FactorKind[]
  readonly controller: string
  /** Emergency exits are used by nobody who walks. */
  readonly emergency?: boolean
}

/** Somebody with a badge and a finger; `zones` are those that the badge opens. */
export interface SimulatedPerson {
  readonly id: string
  readonly credential: string
  readonly zones: readonly string[]
}

/** One portal passed in one direction. */
export interface Passage {
  readonly portal: SimulatedPortal
  readonly side: 'in' | 'out'
  readonly zoneFrom: string
  readonly zoneTo: string
}

/** The shortest way on foot from one zone to another, or undefined when no door leads there. */
export function route(site: SimulatedSite, from: string, to: string): Passage[] | undefined {
  const ways = new Map<string, Passage[]>([[from, []]])
  for (const [zone, way] of ways) {
    if (zone === to) return way
    for (const passage of site.portals.flatMap((portal) => passagesFrom(portal, zone)))
      if (!ways.has(passage.zoneTo)) ways.set(passage.zoneTo, [...way, passage])
  }
  return undefined
}

function passagesFrom(portal: SimulatedPortal, zone: string): Passage[] {
  if (portal.emergency === true) return []
  const { from, to } = portal
  if (zone === from) return [{ portal, side: 'in', zoneFrom: from, zoneTo: to }]
  if (zone === to) return [{ portal, side: 'out', zoneFrom: to, zoneTo: from }]
  return []
}

/** All zones of the site. */
export function zonesOf(site: SimulatedSite): Set<string> {
  return new Set([site.outside, ...site.portals.flatMap(({ from, to }) => [from, to])])
}
