import { graphOf, passagesOf, times } from './graph.ts'
import { fastestCost } from './passage-times.ts'
import { interlocks, mantrapOf } from './portal-rules.ts'
import { retentionOf, retentionRule } from './retention.ts'
import type { Site } from './site.ts'
import type { Span } from './week.ts'

/**
 * What the detectors on the live event stream (D1 to D20) need to know of a site, as far as its file
 * decides it. Times are seconds, hours are minutes of the local week.
 */
export interface Dynamics {
  /** D1, D2: which portal and direction leads where; only these can begin or end a presence. */
  readonly passages: readonly { portal: string; side: 'in' | 'out'; from: string; to: string }[]
  /** D3: sensors that report movement, by zone. */
  readonly motion: readonly { sensor: string; zone: string }[]
  /** D4: when a zone may be occupied; armed at all other times. */
  readonly hours: readonly { zone: string; spans: readonly Span[] }[]
  /** D5 and occupancy alarms: limits of a zone, and how long it may be below its minimum. */
  readonly occupancy: readonly {
    zone: string
    minimum: number
    maximum: number | null
    grace: number
  }[]
  /** D6: zones in which a visitor needs an escort. */
  readonly escorted: readonly string[]
  /** D7: shortest time from zone to zone; a badge seen sooner has been in two places. */
  readonly walking: ReadonlyMap<string, ReadonlyMap<string, number>>
  /** D7: what an entry by somebody who is already inside means. */
  readonly antiPassback: readonly {
    area: string
    zones: readonly string[]
    mode: 'soft' | 'timed' | 'hard'
  }[]
  /** D8: every controller, its longest silence and largest clock offset. */
  readonly controllers: readonly { controller: string; heartbeat: number; clockOffset: number }[]
  /** D9: every camera and its longest gap. */
  readonly cameras: readonly { camera: string; gap: number }[]
  /** D10: alarms of a portal, and how soon somebody must have answered them. */
  readonly doors: readonly {
    portal: string
    heldAfter: number | null
    contact: boolean
    tamper: boolean
    answer: number
  }[]
  /** D12: guard posts and when they are manned by the file. */
  readonly guards: readonly { zone: string; on: 'always' | 'hours' | readonly string[] }[]
  /** D14: zones with a search, and the share of drawn checks that must be carried out. */
  readonly searches: readonly { zone: string; carriedOut: number }[]
  /** D15: emergency portals. */
  readonly emergency: readonly string[]
  /** D16: portals whose grants are compared with a count of bodies. */
  readonly counted: readonly { portal: string; sensor: string }[]
  /** D17: how long each recorder keeps, and the longest that the law admits. */
  readonly retention: readonly { recorder: string; seconds: number; legalMaximum: number | null }[]
  /** Portals of which at most one may be open, and the zones between them. */
  readonly interlocks: readonly {
    group: string
    portals: readonly string[]
    mantrap: readonly string[]
  }[]
  /** D11, D13, D18, D19 and D20 watch people, operators and workstations; only these zones concern them. */
  readonly secureZones: readonly string[]
}

/** Default policy of the detectors: reference case numbers and, where it has none, this product's own. */
const policy = { grace: 60, heartbeat: 60, clockOffset: 2, cameraGap: 5, carriedOut: 0.95 }

/** Derives the detectors' parameters. Grows with zones times portals. */
export function dynamicsOf(site: Site): Dynamics {
  const passages = passagesOf(site)
  const legal = retentionRule(site.jurisdiction)?.days ?? null
  const rooms = site.zones.filter((zone) => zone.kind !== 'building')
  const zones = new Set(rooms.map(({ name }) => name))
  const portals = new Set(site.portals.map(({ name }) => name))
  return {
    passages: passages.map((passage) => ({
      portal: passage.portal.name,
      side: passage.from === passage.portal.from ? 'in' : 'out',
      from: passage.from,
      to: passage.to,
    })),
    motion: site.sensors
      .filter(({ kind }) => kind === 'motion')
      .flatMap(({ name, watches }) =>
        watches.filter((thing) => zones.has(thing)).map((zone) => ({ sensor: name, zone })),
      ),
    hours: rooms
      .filter(({ kind }) => kind !== 'public')
      .map(({ name, hours }) => ({ zone: name, spans: hours })),
    occupancy: rooms
      .filter((zone) => zone.minimumOccupancy > 0 || zone.maximumOccupancy !== null)
      .map(({ name, minimumOccupancy, maximumOccupancy }) => ({
        zone: name,
        minimum: minimumOccupancy,
        maximum: maximumOccupancy,
        grace: policy.grace,
      })),
    escorted: rooms
      .filter(({ kind }) => kind === 'secure' || kind === 'technical')
      .map(({ name }) => name),
    walking: walkingTimes(site),
    antiPassback: antiPassbackAreas(site),
    controllers: site.controllers.map(({ name }) => ({
      controller: name,
      heartbeat: policy.heartbeat,
      clockOffset: policy.clockOffset,
    })),
    cameras: site.cameras.map(({ name }) => ({ camera: name, gap: policy.cameraGap })),
    doors: site.portals.map(({ name, heldAfter, contact, tamper }) => ({
      portal: name,
      heldAfter,
      contact,
      tamper,
      answer: site.limits.guardReach,
    })),
    guards: site.guards,
    searches: rooms
      .filter(({ screening }) => screening.some((point) => point.endsWith('-search')))
      .map(({ name }) => ({ zone: name, carriedOut: policy.carriedOut })),
    emergency: site.portals.filter(({ emergency }) => emergency).map(({ name }) => name),
    counted: site.sensors
      .filter(({ kind }) => kind === 'beam')
      .flatMap(({ name, watches }) =>
        watches.filter((thing) => portals.has(thing)).map((portal) => ({ portal, sensor: name })),
      ),
    retention: site.recorders.map((recorder) => ({
      recorder: recorder.name,
      seconds: retentionOf(site, recorder),
      legalMaximum: legal === null ? null : legal * 86_400,
    })),
    interlocks: [...interlocks(site)].map(([group, members]) => ({
      group,
      portals: members.map(({ name }) => name),
      mantrap: mantrapOf(members),
    })),
    secureZones: rooms.filter(({ kind }) => kind === 'secure').map(({ name }) => name),
  }
}

function walkingTimes(site: Site): Dynamics['walking'] {
  const graph = graphOf(passagesOf(site))
  const cost = fastestCost(site)
  const rooms = site.zones.filter(({ kind }) => kind !== 'building')
  return new Map(rooms.map(({ name }) => [name, times(graph, name, cost)]))
}

function antiPassbackAreas(site: Site): Dynamics['antiPassback'] {
  const areas = new Map<string, { zones: string[]; mode: 'soft' | 'timed' | 'hard' }>()
  for (const { name, area, antiPassback } of site.zones) {
    if (antiPassback === 'off') continue
    const known = areas.get(area)
    if (known === undefined) areas.set(area, { zones: [name], mode: antiPassback })
    else known.zones.push(name)
  }
  return [...areas].map(([area, { zones, mode }]) => ({ area, zones, mode }))
}
