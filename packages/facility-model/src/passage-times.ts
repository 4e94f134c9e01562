import type { Passage } from './graph.ts'
import type { Factor, Screening, Site } from './site.ts'

/**
 * Seconds that a factor takes at a reader, for people who use it every day. Planning figures of this
 * product: with a badge and the clearing time they give 24 people a minute and lane, inside the 20 to
 * 30 that manufacturers state for full-height turnstiles. A site that has measured its own writes
 * them down under `passageSeconds`.
 */
export const factorSeconds: Readonly<Record<Factor, number>> = {
  badge: 1,
  phone: 2,
  'security-key': 2.5,
  pin: 3.5,
  fingerprint: 2.5,
  face: 2,
  iris: 3.5,
  palm: 2.5,
  vein: 2.5,
  'request-to-exit': 0.5,
  handle: 0.5,
}

/** Seconds to open, walk through and clear the way for the next. */
export const clearingSeconds = 1.5

/** Seconds of a person at a screening point; planning figures, measured ones replace them likewise. */
export const screeningSeconds: Readonly<Record<Screening, number>> = {
  'metal-detector': 4,
  'body-scanner': 6,
  'hand-wand': 12,
  'bag-search': 8,
  'person-search': 20,
}

/** Seconds by what is done, as a site has measured them; the rest is planned. */
export type MeasuredSeconds = Readonly<Partial<Record<Factor | Screening | 'clearing', number>>>

/** Mean seconds for which one person occupies a portal. */
export function passageSeconds(factors: readonly Factor[], measured: MeasuredSeconds): number {
  return factors.reduce(
    (sum, factor) => sum + (measured[factor] ?? factorSeconds[factor]),
    measured.clearing ?? clearingSeconds,
  )
}

/** What it costs to go through a portal and then across the zone behind it, in seconds. */
export function walkingCost(site: Site): (passage: Passage) => number {
  const crossing = crossings(site)
  return ({ factors, to }) => passageSeconds(factors, site.measured) + (crossing.get(to) ?? 0)
}

function crossings(site: Site): ReadonlyMap<string, number> {
  return new Map(site.zones.map((zone) => [zone.name, zone.crossing]))
}

/**
 * The least that it can cost: somebody who runs, at twice the usual pace, through doors that stand
 * open for them. Whoever is seen sooner than this is two people.
 */
export function fastestCost(site: Site): (passage: Passage) => number {
  const crossing = crossings(site)
  return ({ to }) => (crossing.get(to) ?? 0) / 2
}
