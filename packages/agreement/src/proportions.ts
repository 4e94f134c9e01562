import { betaQuantile, normalQuantile } from './distributions.ts'
import { type Interval } from './estimate.ts'
import { Refusal } from './refusal.ts'

function checkCounts(successes: number, trials: number): void {
  if (!Number.isInteger(trials) || trials < 1)
    throw new Refusal(`A proportion needs at least one trial; ${trials} were given.`)
  if (!Number.isInteger(successes) || successes < 0 || successes > trials)
    throw new Refusal(`Successes must be a whole number from 0 to ${trials}, not ${successes}.`)
}

/**
 * Wilson's score interval for a proportion (Wilson 1927, JASA 22:209). Its average coverage is close
 * to the nominal one at every sample size; use it to show how sure a rate is.
 * Counts are whole numbers, 0 ≤ successes ≤ trials, trials ≥ 1; others are refused.
 */
export function wilsonInterval(successes: number, trials: number, confidence = 0.95): Interval {
  checkCounts(successes, trials)
  const z = normalQuantile(1 - (1 - confidence) / 2)
  const p = successes / trials
  const scale = 1 + (z * z) / trials
  const centre = (p + (z * z) / (2 * trials)) / scale
  const margin = (z / scale) * Math.sqrt((p * (1 - p)) / trials + (z * z) / (4 * trials * trials))
  return {
    low: successes === 0 ? 0 : centre - margin,
    high: successes === trials ? 1 : centre + margin,
    confidence,
    method: 'analytic',
  }
}

/**
 * The Clopper-Pearson interval (Clopper & Pearson 1934, Biometrika 26:404): never covers less than
 * nominal, so it is the one to promise with. Counts as for wilsonInterval.
 */
export function clopperPearsonInterval(
  successes: number,
  trials: number,
  confidence = 0.95,
): Interval {
  checkCounts(successes, trials)
  const tail = (1 - confidence) / 2
  return {
    low: successes === 0 ? 0 : betaQuantile(tail, successes, trials - successes + 1),
    high: successes === trials ? 1 : betaQuantile(1 - tail, successes + 1, trials - successes),
    confidence,
    method: 'analytic',
  }
}

/** The one-sided Clopper-Pearson upper bound: the highest rate that the data do not rule out. */
export function upperBound(successes: number, trials: number, confidence = 0.95): number {
  checkCounts(successes, trials)
  return successes === trials ? 1 : betaQuantile(confidence, successes + 1, trials - successes)
}
