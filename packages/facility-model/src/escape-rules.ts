import { isFree } from './factors.ts'
import { finding, type Finding } from './finding.ts'
import {
  disjointPaths,
  graphOf,
  namesOf,
  passagesOf,
  reach,
  zonesOfKind,
  type Passage,
} from './graph.ts'
import type { Site, Zone } from './site.ts'

/** What may have happened to a building when people have to leave it. */
const states = ['in normal operation', 'with the power off', 'in a lockdown'] as const
type State = (typeof states)[number]

/** F4: from every zone a way to a public one that asks for nothing, in every state. */
export function checkEscape(site: Site): Finding[] {
  const passages = passagesOf(site)
  const publicZones = namesOf(zonesOfKind(site, 'public'))
  const rooms = site.zones.filter((zone) => zone.kind !== 'public' && zone.kind !== 'building')
  const reachable = states.map((state) => ({
    state,
    zones: reach(
      graphOf(turned(passages.filter((passage) => isOpen(passage, state)))),
      publicZones,
    ),
  }))
  const free = passages.filter((passage) => isOpen(passage, 'in normal operation'))
  const anyWay = reach(graphOf(turned(passages)), publicZones)
  return rooms.flatMap((zone) => {
    const shut = reachable.filter(({ zones }) => !zones.has(zone.name)).map(({ state }) => state)
    if (shut.length > 0) {
      const path = wayOut(anyWay, zone.name)
      const advice =
        path.length === 0
          ? 'no portal leads out at all'
          : `the way out by ${path[1] ?? ''} is not free; let it open by a handle, or by request-to-exit with failMode fail-safe, or add an emergency portal`
      return [
        finding(
          'F4',
          `Nobody gets out of ${zone.name} ${shut.join(' and ')}: ${advice}.`,
          [zone.name],
          path,
        ),
      ]
    }
    return lackOfExits(site, zone, free, publicZones)
  })
}

/** Whether anybody can pass in that state without a credential. */
function isOpen(passage: Passage, state: State): boolean {
  const { portal, factors, fleeing } = passage
  switch (state) {
    case 'in normal operation':
      return isFree(factors)
    case 'in a lockdown':
      return isFree(factors) && portal.lockdown === 'free-egress'
    case 'with the power off': {
      const byHand = isFree(factors) && !factors.includes('request-to-exit')
      return fleeing || byHand || portal.failMode === 'fail-safe'
    }
  }
}

/** Two exits from a number of people on, a third past 500 and a fourth past 1,000 (NFPA 101 7.4.1). */
function lackOfExits(
  site: Site,
  zone: Zone,
  free: readonly Passage[],
  publicZones: ReadonlySet<string>,
): Finding[] {
  const people = peopleIn(site, zone)
  const due = people > 1000 ? 4 : people > 500 ? 3 : people >= site.limits.secondExitFrom ? 2 : 1
  if (due === 1) return []
  const found = disjointPaths(free, zone.name, publicZones, due)
  if (found >= due) return []
  return [
    finding(
      'F4',
      `${zone.name} holds ${people} people and needs ${due} ways out that share no portal; it has ${found}. Add an emergency portal.`,
      [zone.name],
    ),
  ]
}

/** The most people that a zone is made for, as far as the file says. */
export function peopleIn(site: Site, zone: Zone): number {
  const workstations = site.workstations
    .filter((group) => group.zone === zone.name)
    .reduce((sum, group) => sum + group.count, 0)
  return Math.max(zone.maximumOccupancy ?? 0, zone.seats, workstations)
}

function turned(passages: readonly Passage[]): Passage[] {
  return passages.map((passage) => ({ ...passage, from: passage.to, to: passage.from }))
}

/** The shortest way out, whatever it asks, read from a search that ran backwards from outside. */
function wayOut(reached: ReadonlyMap<string, Passage | null>, zone: string): string[] {
  const path: string[] = []
  let at = zone
  for (let passage = reached.get(at); passage != null; passage = reached.get(at)) {
    path.push(at, passage.portal.name)
    at = passage.from
  }
  return path.length === 0 ? [] : [...path, at]
}
