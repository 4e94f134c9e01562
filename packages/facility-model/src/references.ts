import { most, type SiteFile } from './grammar.ts'
import { enclosing, graphOf, passagesOf, reach, zonesOfKind } from './graph.ts'
import { suggest } from './nearest.ts'
import type { Page, Path } from './page.ts'
import { ruleIds } from './rules.ts'
import type { Site } from './site.ts'

/** Reports everything in a well-formed file that contradicts itself or names what is not there. */
export function checkReferences(site: Site, file: SiteFile, page: Page): void {
  const known = new Names(site, page)
  checkFrame(site, page)
  checkZones(site, known, page)
  checkPortals(site, known, page)
  checkEquipment(site, known, page)
  checkNetworks(site, known, page)
  checkDuties(site, known)
  checkAcceptances(site, known, file, page)
  if (page.faults.length === 0) checkEveryZoneIsReached(site, page)
}

/** What the file names, by section. A name stands for one thing in the whole site. */
class Names {
  readonly sections: ReadonlyMap<string, ReadonlySet<string>>
  readonly #page: Page

  constructor(site: Site, page: Page) {
    this.#page = page
    const of = (things: readonly { name: string }[]) => new Set(things.map(({ name }) => name))
    this.sections = new Map([
      ['zones', of(site.zones)],
      ['portals', of(site.portals)],
      ['controllers', of(site.controllers)],
      ['cameras', of(site.cameras)],
      ['recorders', of(site.recorders)],
      ['sensors', of(site.sensors)],
      ['openings', of(site.openings)],
      ['networks', of(site.networks)],
      ['shifts', of(site.shifts)],
    ])
    const first = new Map<string, string>()
    for (const [section, names] of this.sections)
      for (const name of names) {
        const other = first.get(name)
        if (other === undefined) first.set(name, section)
        else
          page.fault(
            [section, name],
            `'${name}' already names one of the ${other}; give this one a name of its own`,
            'key',
          )
      }
  }

  has(sections: readonly string[], name: string): boolean {
    return sections.some((section) => this.sections.get(section)?.has(name) === true)
  }

  /** Faults a name that none of the sections holds. */
  need(
    sections: readonly string[],
    name: string,
    path: Path,
    at: 'value' | 'key' = 'value',
  ): boolean {
    if (this.has(sections, name)) return true
    if (this.#page.isFull) return false
    const known = sections.flatMap((section) => [...(this.sections.get(section) ?? [])])
    this.#page.fault(
      path,
      `there is no '${name}' under ${sections.join(', ')}${suggest(name, known.slice(0, most.others))}`,
      at,
    )
    return false
  }
}

function checkFrame(site: Site, page: Page): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone: site.timezone })
  } catch {
    page.fault(
      ['timezone'],
      `'${site.timezone}' is no IANA time zone; write one such as Europe/Madrid`,
    )
  }
  if (zonesOfKind(site, 'public').length === 0)
    page.fault(['zones'], "no zone has 'kind: public'; add the street that people come from", 'key')
  const placed = site.zones.filter((zone) => zone.kind !== 'building' && zone.at !== null)
  const rooms = site.zones.filter((zone) => zone.kind !== 'building')
  if (placed.length > 0)
    for (const { name, at } of rooms) {
      if (at === null)
        page.fault(
          ['zones', name],
          `${placed[0]?.name ?? ''} has coordinates and ${name} has none; give 'at' to every zone or to none`,
          'key',
        )
      else if (at.width < 1 || at.depth < 1)
        page.fault(['zones', name, 'at'], 'a zone on the plan is at least 1 metre wide and deep')
    }
}

function checkZones(site: Site, known: Names, page: Page): void {
  const above = enclosing(site)
  for (const zone of site.zones) {
    if (page.isFull) return
    const at = ['zones', zone.name]
    if (zone.within !== null && known.need(['zones'], zone.within, [...at, 'within'])) {
      const chain = above(zone.name)
      const top = site.zones.find(({ name }) => name === chain.at(-1))
      if (top?.within != null)
        page.fault(
          [...at, 'within'],
          `zones lie within each other in a circle: ${[...chain, top.within].join(' in ')}; take one 'within' away`,
        )
    }
    for (const [index, recorder] of zone.monitors.entries())
      known.need(['recorders'], recorder, [...at, 'monitors', index])
    if (zone.monitors.length > 0 && !zone.guardPost)
      page.fault([...at, 'monitors'], "only a zone with 'guardPost: true' has monitors")
    if (zone.guards > 1 && !zone.guardPost)
      page.fault([...at, 'guards'], "only a zone with 'guardPost: true' has guards")
    for (const [index, { shift }] of zone.projects.entries())
      if (shift !== null) known.need(['shifts'], shift, [...at, 'projects', index])
    if (zone.maximumOccupancy !== null && zone.minimumOccupancy > zone.maximumOccupancy)
      page.fault([...at, 'minimumOccupancy'], 'the fewest people are more than the most')
  }
}

function checkPortals(site: Site, known: Names, page: Page): void {
  const kinds = new Map(site.zones.map(({ name, kind }) => [name, kind]))
  for (const portal of site.portals) {
    const at = ['portals', portal.name]
    for (const end of ['from', 'to'] as const) {
      const zone = portal[end]
      if (known.need(['zones'], zone, [...at, end]) && kinds.get(zone) === 'building')
        page.fault(
          [...at, end],
          `'${zone}' is a building, a frame on the drawing; name the zone in it that people enter`,
        )
    }
    if (portal.from === portal.to)
      page.fault(
        [...at, 'to'],
        `the portal leads from ${portal.from} to itself; name the other zone`,
      )
    if (portal.controller !== null)
      known.need(['controllers'], portal.controller, [...at, 'controller'])
    if (portal.emergency && kinds.get(portal.from) === 'public')
      page.fault(
        [...at, 'from'],
        "an emergency portal is written the way people flee: 'from' is the inside, 'to' the outside",
      )
    if (!portal.emergency && portal.in === null && portal.out === null)
      page.fault(
        at,
        "the portal is shut both ways; say what 'in' or 'out' asks, or 'emergency: true'",
        'key',
      )
    if (!portal.emergency && portal.outsideHardware !== 'none')
      page.fault([...at, 'outsideHardware'], 'only an emergency portal says this; remove it')
  }
}

function checkEquipment(site: Site, known: Names, page: Page): void {
  const touching = touchedZones(site)
  const above = enclosing(site)
  for (const { name, zone, controller, recorder, sees } of site.cameras) {
    const at = ['cameras', name]
    known.need(['recorders'], recorder, [...at, 'recorder'])
    if (controller !== null) known.need(['controllers'], controller, [...at, 'controller'])
    if (!known.need(['zones'], zone, [...at, 'zone'])) continue
    for (const [index, thing] of sees.entries()) {
      const [object = thing, part] = thing.split('.')
      const ofPortal = part === 'outside' || part === 'inside' || part === 'pin-pad'
      const path = [...at, 'sees', index]
      if (!known.need([ofPortal ? 'portals' : 'zones'], object, path)) continue
      const zones = ofPortal ? (touching.get(object) ?? []) : [object]
      const near = zones.some((one) => above(one).includes(zone) || above(zone).includes(one))
      const allKnown = zones.every((one) => known.has(['zones'], one))
      if (!near && allKnown && (ofPortal || part !== undefined))
        page.fault(
          path,
          `the camera hangs in ${zone} and cannot see ${thing}, which is in ${zones.join(' and ')}`,
        )
    }
  }
  for (const { name, zone, network } of site.recorders) {
    known.need(['zones'], zone, ['recorders', name, 'zone'])
    known.need(['networks'], network, ['recorders', name, 'network'])
  }
  for (const { name, zone, network } of site.controllers) {
    known.need(['zones'], zone, ['controllers', name, 'zone'])
    if (network !== null) known.need(['networks'], network, ['controllers', name, 'network'])
  }
  for (const { name, zone } of site.openings)
    known.need(['zones'], zone, ['openings', name, 'zone'])
  for (const { name, watches, tested } of site.sensors) {
    for (const [index, thing] of watches.entries())
      known.need(['zones', 'portals', 'openings'], thing, ['sensors', name, 'watches', index])
    if (tested !== null) checkDate(tested, ['sensors', name, 'tested'], page)
  }
}

function touchedZones(site: Site): ReadonlyMap<string, readonly string[]> {
  return new Map(site.portals.map(({ name, from, to }) => [name, [from, to]]))
}

function checkNetworks(site: Site, known: Names, page: Page): void {
  const seats = new Map(site.zones.map((zone) => [zone.name, zone.seats]))
  for (const { zone, count, network } of site.workstations) {
    const at = ['workstations', zone]
    if (network !== null) known.need(['networks'], network, [...at, 'network'])
    if (!known.need(['zones'], zone, at, 'key')) continue
    const places = seats.get(zone) ?? 0
    if (places > 0 && count > places)
      page.fault([...at, 'count'], `${zone} has ${places} seats and ${count} workstations`)
  }
  for (const { name, reaches, jacks } of site.networks) {
    for (const [index, other] of reaches.entries())
      known.need(['networks'], other, ['networks', name, 'reaches', index])
    for (const zone of jacks?.keys() ?? [])
      known.need(['zones'], zone, ['networks', name, 'jacks', zone], 'key')
  }
}

function checkDuties(site: Site, known: Names): void {
  for (const { zone, on } of site.guards) {
    known.need(['zones'], zone, ['guards', zone], 'key')
    if (typeof on !== 'string')
      for (const shift of on) known.need(['shifts'], shift, ['guards', zone])
  }
}

function checkAcceptances(site: Site, known: Names, file: SiteFile, page: Page): void {
  const things = [...known.sections.keys()]
  for (const [index, { finding, subject, until }] of (file.accepted ?? []).entries()) {
    if (!ruleIds.has(finding))
      page.fault(
        ['accepted', index, 'finding'],
        `there is no rule '${finding}'; the rules are ${[...ruleIds].join(', ')}`,
      )
    if (subject !== site.name && !site.projects.some(({ name }) => name === subject))
      known.need(things, subject, ['accepted', index, 'subject'])
    checkDate(until, ['accepted', index, 'until'], page)
  }
}

function checkDate(date: string, path: Path, page: Page): void {
  const read = new Date(`${date}T00:00:00Z`)
  if (Number.isNaN(read.getTime()) || !read.toISOString().startsWith(date))
    page.fault(path, `${date} is no day of the calendar`)
}

/** A zone without any way in is a slip of the pen; a way in without a lock is a finding, not a fault. */
function checkEveryZoneIsReached(site: Site, page: Page): void {
  const starts = zonesOfKind(site, 'public').map(({ name }) => name)
  const reached = reach(graphOf(passagesOf(site)), starts)
  for (const { name, kind } of site.zones)
    if (kind !== 'building' && !reached.has(name))
      page.fault(
        ['zones', name],
        `nobody can reach ${name}: no chain of portals leads there from a public zone; add a portal or remove the zone`,
        'key',
      )
}
