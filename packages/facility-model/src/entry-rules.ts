import { kindsOf } from './factors.ts'
import { finding, type Finding } from './finding.ts'
import { graphOf, namesOf, passagesOf, pathTo, reach, zonesOfKind, type Passage } from './graph.ts'
import { detectors, searches } from './grammar.ts'
import type { Profile } from './profiles.ts'
import type { Site, Zone } from './site.ts'

/**
 * F1, F2 and F3 ask the same question: is there a way between a public and a secure zone that avoids
 * something? The something is taken out of the graph, and what can still be reached breaks the rule.
 * One finding for each last portal, so that accepting one portal hides no other.
 */

/** F1: take out the passages with two factors of different kinds. */
export function checkEntry(site: Site, profile: Profile): Finding[] {
  const weak = passagesOf(site).filter((passage) => !isStrong(passage, profile))
  const wanted = profile.biometric
    ? 'two factors of different kinds, one of them biometric'
    : 'two factors of different kinds'
  return waysIn(site, weak, () => true).map(({ passage, path }) =>
    finding(
      'F1',
      `${passage.to} can be entered by ${passage.portal.name} without ${wanted} anywhere on the way; that portal asks for ${say(passage)}. Add a factor there or before it.`,
      [passage.portal.name, passage.to],
      path,
    ),
  )
}

function isStrong(passage: Passage, profile: Profile): boolean {
  const kinds = kindsOf(passage.factors)
  return kinds.size >= 2 && (!profile.biometric || kinds.has('inherence'))
}

function say(passage: Passage): string {
  return passage.factors.length === 0 ? 'nothing' : passage.factors.join(' and ')
}

/** F2: take out the zones with a detector; then, before these, the zones with lockers. */
export function checkScreening(site: Site): Finding[] {
  const passages = passagesOf(site)
  const screened = namesOf(site.zones.filter((zone) => screens(zone, detectors)))
  const lockers = namesOf(site.zones.filter((zone) => zone.lockers > 0))
  const unscreened = waysIn(site, passages, (zone) => !screened.has(zone)).map(
    ({ passage, path }) =>
      finding(
        'F2',
        `${passage.to} can be entered by ${passage.portal.name} without passing a detector. Put one in a zone on the way: screening: [metal-detector].`,
        [passage.portal.name, passage.to],
        path,
      ),
  )
  const bare = new Set([...screened].filter((zone) => !lockers.has(zone)))
  const unlocked = waysTo(site, passages, bare, (zone) => !lockers.has(zone)).map(
    ({ passage, path }) =>
      finding(
        'F2',
        `People come to the detector in ${passage.to} by ${passage.portal.name} and pass no lockers before. Put lockers into a zone on the way.`,
        [passage.portal.name, passage.to],
        path,
      ),
  )
  return [...unscreened, ...unlocked]
}

/** F3: turn every passage round, take out emergency passages and the zones with a search. */
export function checkExitSearch(site: Site): Finding[] {
  const searched = namesOf(site.zones.filter((zone) => screens(zone, searches)))
  const back = passagesOf(site)
    .filter((passage) => !passage.fleeing)
    .map((passage) => ({ ...passage, from: passage.to, to: passage.from }))
  return waysIn(site, back, (zone) => !searched.has(zone)).map(({ passage, path }) =>
    finding(
      'F3',
      `People leave ${passage.to} by ${passage.portal.name} and reach ${path[0] ?? ''} without a search. Put one in a zone on the way: screening: [bag-search].`,
      [passage.portal.name, passage.to],
      path.toReversed(),
    ),
  )
}

function screens(zone: Zone, by: readonly string[]): boolean {
  return zone.screening.some((point) => by.includes(point))
}

interface Way {
  readonly passage: Passage
  /** From the public zone to the goal. */
  readonly path: readonly string[]
}

function waysIn(
  site: Site,
  passages: readonly Passage[],
  through: (zone: string) => boolean,
): Way[] {
  return waysTo(site, passages, namesOf(zonesOfKind(site, 'secure')), through)
}

/**
 * For each goal, the passages into it to which people come from a public zone without having been in
 * that goal before, each with its shortest path. The search goes on only from zones that it may pass
 * through.
 */
function waysTo(
  site: Site,
  passages: readonly Passage[],
  goals: ReadonlySet<string>,
  through: (zone: string) => boolean,
): Way[] {
  const graph = graphOf(passages)
  const entering = graphOf(passages, 'to')
  const starts = namesOf(zonesOfKind(site, 'public'))
  return [...goals].flatMap((goal) => {
    const reached = reach(graph, starts, (zone) => zone !== goal && through(zone))
    return (entering.get(goal) ?? [])
      .filter(({ from }) => reached.get(from) === null || (reached.has(from) && through(from)))
      .map((passage) => ({
        passage,
        path: [...pathTo(reached, passage.from), passage.portal.name, goal],
      }))
  })
}
