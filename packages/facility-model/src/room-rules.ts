import { finding, type Finding } from './finding.ts'
import type { Network, Site, WorkstationGroup, Zone } from './site.ts'
import { shiftSpans, union } from './week.ts'

/** The networks that annotation workstations stand on. */
export function contentNetworks(site: Site): ReadonlySet<string> {
  const groups = site.workstations.filter((group) => group.use === 'annotation')
  return new Set(groups.flatMap(({ network }) => (network === null ? [] : [network])))
}

/** Whether anything routes from one network to the other, in either direction, by whatever hops. */
export function meets(site: Site, one: string, other: string): boolean {
  return routed(site, one).has(other) || routed(site, other).has(one)
}

function routed(site: Site, start: string): ReadonlySet<string> {
  const reaches = new Map(site.networks.map((network) => [network.name, network.reaches]))
  const found = new Set([start])
  for (const network of found) for (const next of reaches.get(network) ?? []) found.add(next)
  return found
}

/** F10: content is only where the rules of a secure zone hold. */
export function checkNetworks(site: Site): Finding[] {
  const kinds = new Map(site.zones.map(({ name, kind }) => [name, kind]))
  const groups = site.workstations.filter((group) => group.use === 'annotation')
  const content = contentNetworks(site)
  return [
    ...groups.flatMap((group) => checkGroup(site, group, kinds)),
    ...site.networks.flatMap((network) =>
      checkJacks(site, network, content.has(network.name), kinds),
    ),
  ]
}

type Kinds = ReadonlyMap<string, Zone['kind']>

function checkGroup(site: Site, group: WorkstationGroup, kinds: Kinds): Finding[] {
  const { zone, network, count } = group
  const found: Finding[] = []
  if (kinds.get(zone) !== 'secure')
    found.push(
      finding('F10', `${count} annotation workstations stand in ${zone}, which is not secure.`, [
        zone,
      ]),
    )
  if (network === null)
    return [...found, finding('F10', `The workstations of ${zone} state no network.`, [zone])]
  const open = site.networks.find(
    (other) => other.internet !== 'none' && meets(site, network, other.name),
  )
  if (open !== undefined)
    found.push(
      finding(
        'F10',
        `The workstations of ${zone} are on ${network}, which has a way to the internet (${open.name}: ${open.internet}).`,
        [zone, network, open.name],
      ),
    )
  return found
}

function checkJacks(site: Site, network: Network, content: boolean, kinds: Kinds): Finding[] {
  const { name } = network
  return [...(network.jacks ?? []), ...zonesWithoutJacks(site, network)].flatMap(([zone, live]) => {
    if (kinds.get(zone) === 'public' && live > 0)
      return [
        finding('F10', `${live} live jacks of ${name} are in ${zone}, a public zone.`, [zone]),
      ]
    const need = workplacesOn(site, name, zone)
    const spare = live - need - (content ? 0 : devicesOn(site, network, zone))
    const found = (words: string) => [finding('F10', words, [zone, name])]
    if (spare > 0 && (content || kinds.get(zone) === 'secure'))
      return found(
        `${live} jacks of ${name} are live in ${zone} for ${need} workstations; switch ${spare} off.`,
      )
    return spare < 0 && content
      ? found(`${need} workstations of ${zone} share ${live} live jacks of ${name}.`)
      : []
  })
}

function workplacesOn(site: Site, network: string, zone: string): number {
  return site.workstations
    .filter((group) => group.zone === zone && group.network === network)
    .reduce((sum, group) => sum + group.count, 0)
}

/** What else of a zone is plugged into a network: its controllers, and cameras that record there. */
function devicesOn(site: Site, network: Network, zone: string): number {
  const recorders = new Set(
    site.recorders.filter((one) => one.network === network.name).map(({ name }) => name),
  )
  const cameras = site.cameras.filter((one) => one.zone === zone && recorders.has(one.recorder))
  const controllers = site.controllers.filter(
    (one) => one.zone === zone && one.network === network.name,
  )
  return cameras.length + controllers.length
}

/** Where the jacks of a network are counted, a zone that is not named has none. */
function zonesWithoutJacks(site: Site, network: Network): [string, number][] {
  const { jacks, name } = network
  if (jacks === null) return []
  return site.workstations
    .filter((group) => group.network === name && !jacks.has(group.zone))
    .map((group) => [group.zone, 0])
}

/** F13: a segregated project shares no secure zone without its client's word. */
export function checkProjects(site: Site): Finding[] {
  const known = new Map(site.projects.map((project) => [project.name, project]))
  return site.zones
    .filter((zone) => zone.kind === 'secure')
    .flatMap((zone) =>
      pairsOf(zone.projects).flatMap(([one, other]) => {
        if (!meetInTime(site, zone, one.shift, other.shift)) return []
        const unasked = [[one.name, other.name] as const, [other.name, one.name] as const].filter(
          ([project, company]) => {
            const terms = known.get(project)
            return terms === undefined || (terms.segregated && !terms.consents.includes(company))
          },
        )
        if (one.name === other.name || unasked.length === 0) return []
        const clients = unasked.map(([project]) => project)
        return [
          finding(
            'F13',
            `${one.name} and ${other.name} share ${zone.name} at the same time and the client of ${clients.join(' and of ')} has not consented. Separate them by zone or by shift (project@shift), or record the consent.`,
            [zone.name, one.name, other.name],
          ),
        ]
      }),
    )
}

function pairsOf<T>(list: readonly T[]): [T, T][] {
  return list.flatMap((one, index) => list.slice(index + 1).map((other): [T, T] => [one, other]))
}

function meetInTime(site: Site, zone: Zone, one: string | null, other: string | null): boolean {
  if (one === null || other === null) return true
  const spans = [one, other].map((name) => {
    const shift = site.shifts.find((candidate) => candidate.name === name)
    return shift === undefined ? zone.hours : shiftSpans(shift, zone.hours)
  })
  return (
    union(spans.flat()).reduce((sum, { from, to }) => sum + to - from, 0) <
    spans.flat().reduce((sum, { from, to }) => sum + to - from, 0)
  )
}
