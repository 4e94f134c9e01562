import type { Passage } from './graph.ts'
import type { Factor } from './site.ts'

/** Seconds that a factor takes at a reader, for people who use it every day. */
export const factorSeconds: Readonly<Record<Factor, number>> = {
  badge: 1.5,
  phone: 2.5,
  'security-key': 3,
  pin: 4,
  fingerprint: 2.5,
  face: 2,
  iris: 4,
  palm: 3,
  vein: 3,
  'request-to-exit': 0.5,
  handle: 0.5,
}

/** Seconds to open, walk through and clear the way for the next. */
export const clearingSeconds = 2

/** Mean seconds for which one person occupies a portal. */
export function passageSeconds(factors: readonly Factor[]): number {
  return factors.reduce((sum, factor) => sum + factorSeconds[factor], clearingSeconds)
}

/** What it costs to go through a portal and then across the zone behind it, in seconds. */
export function walkingCost(crossing: ReadonlyMap<string, number>): (passage: Passage) => number {
  return ({ factors, to }) => passageSeconds(factors) + (crossing.get(to) ?? 0)
}

/**
 * The least that it can cost: somebody who runs, at twice the usual pace, through doors that stand
 * open for them. Whoever is seen sooner than this is two people.
 */
export function fastestCost(crossing: ReadonlyMap<string, number>): (passage: Passage) => number {
  return ({ to }) => (crossing.get(to) ?? 0) / 2
}
