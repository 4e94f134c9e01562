import { kindsOf } from './factors.ts'
import { finding, type Finding } from './finding.ts'
import {
  graphOf,
  namesOf,
  passagesOf,
  pathTo,
  reach,
  zonesOfKind,
  type Passage,
  type Reached,
} from './graph.ts'
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
  const reached = reachIn(site, passages, (zone) => !lockers.has(zone))
  const unlocked = lastPassages(
    passages,
    reached,
    (zone) => screened.has(zone) && !lockers.has(zone),
    (zone) => !lockers.has(zone),
  ).map(({ passage, path }) =>
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
  /** From the public zone to the secure one. */
  readonly path: readonly string[]
}

function waysIn(
  site: Site,
  passages: readonly Passage[],
  through: (zone: string) => boolean,
): Way[] {
  const secure = namesOf(zonesOfKind(site, 'secure'))
  const reached = reachIn(site, passages, through)
  return lastPassages(passages, reached, (zone) => secure.has(zone), through)
}

function reachIn(
  site: Site,
  passages: readonly Passage[],
  through: (zone: string) => boolean,
): Reached {
  return reach(graphOf(passages), namesOf(zonesOfKind(site, 'public')), through)
}

function lastPassages(
  passages: readonly Passage[],
  reached: Reached,
  isGoal: (zone: string) => boolean,
  through: (zone: string) => boolean,
): Way[] {
  return passages
    .filter(({ from, to }) => isGoal(to) && reached.has(from))
    .filter(({ from }) => reached.get(from) === null || through(from))
    .map((passage) => ({
      passage,
      path: [...pathTo(reached, passage.from), passage.portal.name, passage.to],
    }))
}
