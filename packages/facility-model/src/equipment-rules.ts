import { hasReader } from './factors.ts'
import { finding, type Finding } from './finding.ts'
import { namesOf, zonesOfKind } from './graph.ts'
import { interlocks, securePortals } from './portal-rules.ts'
import { contentNetworks, meets } from './room-rules.ts'
import type { Portal, Site } from './site.ts'
import { seenThings } from './views.ts'

/** F9: cameras see doors, and see nothing that must not be filmed. */
export function checkCameras(site: Site): Finding[] {
  return [...checkForbiddenViews(site), ...checkMissingViews(site)]
}

function checkForbiddenViews(site: Site): Finding[] {
  const uses = new Map(site.zones.map(({ name, use }) => [name, use]))
  const what = { screens: 'the screens', lockers: 'the lockers', 'pin-pad': 'the PIN pad' }
  return site.cameras.flatMap((camera) => {
    const intimate = [camera.zone, ...camera.sees].filter(
      (zone) => (uses.get(zone) ?? null) !== null,
    )
    const forbidden = [
      ...new Set(intimate.map((zone) => `${zone}, a ${uses.get(zone) ?? ''}`)),
      ...camera.sees.flatMap((thing) => {
        const [object = '', part = ''] = thing.split('.')
        return part === 'screens' || part === 'lockers' || part === 'pin-pad'
          ? [`${what[part]} of ${object}`]
          : []
      }),
    ]
    if (forbidden.length === 0) return []
    return [
      finding(
        'F9',
        `${camera.name} films ${forbidden.join(' and ')}. Turn it, mask it or move it.`,
        [camera.name, camera.zone],
      ),
    ]
  })
}

function checkMissingViews(site: Site): Finding[] {
  const seen = seenThings(site)
  const secure = namesOf(securePortals(site))
  const street = namesOf(zonesOfKind(site, 'public'))
  return site.portals.flatMap((portal) => {
    const { name, from, to, camera } = portal
    const unseen = (['outside', 'inside'] as const).filter((side) => !seen.has(`${name}.${side}`))
    const wanted = unseen.filter((side) => secure.has(name) || camera === 'both' || camera === side)
    if (wanted.length > 0)
      return [
        finding('F9', `No camera sees ${name} from ${wanted.join(' or ')}.`, [name, from, to]),
      ]
    const entrance = street.has(from) !== street.has(to)
    if (entrance && unseen.length === 2)
      return [finding('F9', `No camera sees the entrance ${name}.`, [name, from, to])]
    return []
  })
}

/** F11: what records and decides is out of the reach of those whom it watches. */
export function checkControllers(site: Site): Finding[] {
  const zones = new Map(site.zones.map((zone) => [zone.name, zone]))
  const housed = [...site.recorders, ...site.controllers].flatMap(({ name, zone }) => {
    const room = zones.get(zone)
    if (room === undefined) return []
    if (room.kind !== 'technical')
      return [
        finding('F11', `${name} is in ${zone}, which is no technical zone. Move it.`, [name, zone]),
      ]
    return room.access.includes('annotators')
      ? [finding('F11', `${name} is in ${zone}, which annotators may enter.`, [name, zone])]
      : []
  })
  const content = contentNetworks(site)
  const networked = site.recorders.flatMap(({ name, network }) => {
    const other = [...content].find((one) => meets(site, one, network))
    if (other !== undefined)
      return [
        finding('F11', `${name} records on ${network}, which meets the content network ${other}.`, [
          name,
          network,
          other,
        ]),
      ]
    const way = site.networks.find(
      (one) => one.internet !== 'none' && meets(site, network, one.name),
    )
    return way === undefined
      ? []
      : [
          finding('F11', `${name} can be reached from the internet by ${way.name}.`, [
            name,
            network,
          ]),
        ]
  })
  const uncontrolled = securePortals(site)
    .filter((portal) => hasReader(portal) && portal.controller === null)
    .map(({ name, from, to }) =>
      finding('F11', `${name} has readers and names no controller, so its place is unknown.`, [
        name,
        from,
        to,
      ]),
    )
  return [...housed, ...networked, ...uncontrolled]
}

/** F12: whoever climbs in is noticed. */
export function checkOpenings(site: Site): Finding[] {
  const watched = new Set(site.sensors.flatMap((sensor) => sensor.watches))
  const exits = site.portals
    .filter(({ name, emergency, contact }) => emergency && !contact && !watched.has(name))
    .map(({ name, from, to }) =>
      finding('F12', `The emergency exit ${name} has no sensor; give it contact: true.`, [
        name,
        from,
        to,
      ]),
    )
  const openings = site.openings
    .filter(({ name, reachable }) => reachable && !watched.has(name))
    .map(({ name, kind, zone }) =>
      finding('F12', `The ${kind} ${name} of ${zone} has no sensor; add one that watches it.`, [
        name,
        zone,
      ]),
    )
  return [...exits, ...openings]
}

/** F14: when one box fails, either the locks or the pictures of a mantrap are left. */
export function checkMantrapPower(site: Site): Finding[] {
  const seen = seenThings(site)
  return [...interlocks(site)].flatMap(([group, portals]) => {
    const [controller = null, ...others] = new Set(portals.map((portal) => portal.controller))
    if (controller === null || others.length > 0) return []
    const cameras = new Set(portals.flatMap(({ name }) => sidesSeen(seen, name)))
    if ([...cameras].some((camera) => camera.controller !== controller)) return []
    const names = portals.map(({ name }: Portal) => name)
    const blind = cameras.size === 0 ? 'no camera sees it' : 'all its cameras'
    return [
      finding(
        'F14',
        `The interlock ${group} hangs on ${controller} alone: all locks (${names.join(', ')}) and ${blind}. Give one portal or one camera another controller.`,
        [controller, ...names],
      ),
    ]
  })
}

function sidesSeen(seen: ReturnType<typeof seenThings>, portal: string) {
  return ['inside', 'outside'].flatMap((side) => seen.get(`${portal}.${side}`) ?? [])
}
