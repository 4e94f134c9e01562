import { hasReader, isFree } from './factors.ts'
import { finding, type Finding } from './finding.ts'
import { graphOf, namesOf, pathTo, reach, zonesOfKind, type Passage } from './graph.ts'
import type { Portal, Site } from './site.ts'
import { seenThings } from './views.ts'

/** The portals that touch a secure zone, and which of their ends do. */
export function securePortals(site: Site): Portal[] {
  const secure = namesOf(zonesOfKind(site, 'secure'))
  return site.portals.filter(({ from, to }) => secure.has(from) || secure.has(to))
}

/** F5: an emergency portal cannot be opened from its far side, and raises an alarm when it opens. */
export function checkEmergencyPortals(site: Site): Finding[] {
  const seen = seenThings(site)
  return site.portals
    .filter((portal) => portal.emergency)
    .flatMap((portal) => {
      const { name, outsideHardware, contact, alarm } = portal
      const hardware =
        portal.in !== null || portal.out !== null
          ? "takes credentials ('in' or 'out')"
          : outsideHardware === 'none'
            ? null
            : `has a ${outsideHardware} outside`
      return broken('F5', portal, [
        hardware,
        contact ? null : 'has no contact',
        alarm === 'local' || alarm === 'local-and-monitored' ? null : 'has no local alarm',
        seen.has(`${name}.inside`) || seen.has(`${name}.outside`)
          ? null
          : 'is in view of no camera',
      ])
    })
}

/** F6: the portals of secure zones report all that can happen to them. */
export function checkSecurePortals(site: Site): Finding[] {
  const secure = namesOf(zonesOfKind(site, 'secure'))
  const counted = namesOf(site.zones.filter((zone) => zone.antiPassback !== 'off'))
  return securePortals(site).flatMap((portal) => {
    const { from, to, emergency } = portal
    const unread = (factors: Portal['in'], into: string, outOf: string): boolean =>
      !emergency &&
      factors !== null &&
      isFree(factors) &&
      (secure.has(into) || (secure.has(outOf) && counted.has(outOf)))
    return broken('F6', portal, [
      portal.contact ? null : 'has no contact',
      portal.tamper ? null : 'has no tamper detection',
      portal.heldAfter === null ? 'states no held-open time (heldAfter: 30s)' : null,
      portal.failMode === null ? 'states no fail mode (failMode: fail-safe or fail-secure)' : null,
      unread(portal.in, to, from) ? 'has no reader inwards' : null,
      unread(portal.out, from, to) ? 'has no reader outwards' : null,
    ])
  })
}

function broken(id: 'F5' | 'F6', portal: Portal, lacks: readonly (string | null)[]): Finding[] {
  const said = lacks.filter((lack) => lack !== null)
  if (said.length === 0) return []
  return [finding(id, `${portal.name} ${said.join(', ')}.`, [portal.name, portal.from, portal.to])]
}

/** F7: whoever is counted into an area is counted out of it. */
export function checkAntiPassback(site: Site): Finding[] {
  const areaOf = new Map(
    site.zones.map((zone) => [zone.name, zone.antiPassback === 'off' ? null : zone.area]),
  )
  return site.portals.flatMap((portal) => {
    if (portal.emergency) return []
    const outer = areaOf.get(portal.from) ?? null
    const inner = areaOf.get(portal.to) ?? null
    if (outer === inner) return []
    const ways = [portal.in, portal.out].filter((factors) => factors !== null)
    if (!ways.some(isFree)) return []
    const areas = [outer, inner].filter((area) => area !== null)
    const side = portal.in !== null && isFree(portal.in) ? 'inwards' : 'outwards'
    return [
      finding(
        'F7',
        `People pass ${portal.name} ${side} without a reader, so nobody knows who is in the anti-passback area ${areas.join(' and ')}. Add a badge reader on that side.`,
        [portal.name, ...areas],
      ),
    ]
  })
}

/** F8: with the interlocked portals shut, the zones that they join are apart. */
export function checkMantraps(site: Site): Finding[] {
  const rest = site.portals.filter((portal) => !portal.emergency && portal.interlock === null)
  const graph = graphOf(rest.flatMap(bothWays))
  return [...interlocks(site)].flatMap(([group, portals]): Finding[] => {
    const names = portals.map(({ name }) => name)
    if (mantrapOf(portals).length === 0)
      return [
        finding(
          'F8',
          `The interlock ${group} joins ${names.join(' and ')}, which enclose no zone. An interlock needs two portals with a zone between them.`,
          [names[0] ?? group, ...names],
        ),
      ]
    const ends = new Set(portals.flatMap(({ from, to }) => [from, to]))
    for (const end of ends) {
      const reached = reach(graph, [end])
      const other = [...ends].find((zone) => zone !== end && reached.has(zone))
      if (other !== undefined) {
        const path = pathTo(reached, other)
        return [
          finding(
            'F8',
            `The mantrap ${names.join(', ')} can be walked round: ${path.join(' → ')}. Close that portal, make it part of the interlock, or make it an emergency exit.`,
            [path[1] ?? group, ...names],
            path,
          ),
        ]
      }
    }
    return []
  })
}

/** The portals of each interlock group, in the order of the file. */
export function interlocks(site: Site): ReadonlyMap<string, readonly Portal[]> {
  const groups = new Map<string, Portal[]>()
  for (const portal of site.portals)
    if (portal.interlock !== null) {
      const group = groups.get(portal.interlock)
      if (group === undefined) groups.set(portal.interlock, [portal])
      else group.push(portal)
    }
  return groups
}

/** The zones between interlocked portals: those that two or more of them touch. */
export function mantrapOf(portals: readonly Portal[]): string[] {
  const touched = portals.flatMap(({ from, to }) => [from, to])
  return [...new Set(touched.filter((zone, index) => touched.indexOf(zone) !== index))]
}

function bothWays(portal: Portal): Passage[] {
  const { from, to } = portal
  const passage = { portal, factors: [], fleeing: false }
  return [
    { ...passage, from, to },
    { ...passage, from: to, to: from },
  ]
}

/** F16: nobody listens to, or speaks for, a reader of a secure zone. */
export function checkReaders(site: Site): Finding[] {
  const why = {
    wiegand: 'speaks Wiegand, which anybody at the cable can read and replay',
    osdp: 'speaks OSDP without secure channel',
    'osdp-default-key': 'uses the default key of OSDP, which is printed in the standard',
  }
  return securePortals(site)
    .filter(hasReader)
    .flatMap(({ name, reader, from, to }) => {
      if (reader === 'osdp-secure') return []
      const fault = reader === null ? "has readers and does not state their 'reader'" : why[reader]
      return [finding('F16', `${name} ${fault}; use reader: osdp-secure.`, [name, from, to])]
    })
}
