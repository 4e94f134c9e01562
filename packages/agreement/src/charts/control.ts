import { logGamma } from '../distributions.ts'
import { Refusal } from '../refusal.ts'

/** One plotted point of a control chart, with its own limits. */
export interface ChartPoint {
  readonly value: number
  readonly low: number
  readonly high: number
  /** Standard deviation of the point if the process is in control. */
  readonly sigma: number
  /** Numbers of the rules of the chosen set that this point completes. */
  readonly signals: readonly number[]
}

export interface ControlChart {
  readonly kind: 'p' | 'c' | 'xbar'
  readonly centre: number
  readonly points: readonly ChartPoint[]
  readonly rules: RuleSet
}

/** Western Electric 1956, four rules; Nelson 1984 (J. Quality Technology 16:237), eight. */
export type RuleSet = 'western-electric' | 'nelson'

export const ruleSets: readonly RuleSet[] = ['western-electric', 'nelson']

interface Limits {
  readonly low: number
  readonly high: number
  readonly sigma: number
}

/**
 * p-chart: nonconforming units in samples that may differ in size. Centre is the pooled share, limits
 * are 3 standard deviations, within 0 and 1. Refuses counts that are not whole or exceed their sample.
 */
export function pChart(
  counts: readonly number[],
  sizes: readonly number[],
  rules: RuleSet = 'western-electric',
): ControlChart {
  if (counts.length !== sizes.length) throw new Refusal('Each count needs the size of its sample.')
  counts.forEach((count, k) => {
    if (!Number.isInteger(sizes[k]) || sizes[k] < 1)
      throw new Refusal('the size of a sample must be a whole number from 1.', k)
    if (!Number.isInteger(count) || count < 0 || count > sizes[k])
      throw new Refusal(`the count must be a whole number from 0 to ${sizes[k]}.`, k)
  })
  const all = sum(sizes)
  const centre = all > 0 ? sum(counts) / all : NaN
  const values = counts.map((count, k) => count / sizes[k])
  return chartOf('p', centre, values, rules, (k) => {
    const sigma = Math.sqrt((centre * (1 - centre)) / sizes[k])
    return { low: Math.max(0, centre - 3 * sigma), high: Math.min(1, centre + 3 * sigma), sigma }
  })
}

/** c-chart: nonconformities in samples of one size. Limits are 3·√mean, from 0. */
export function cChart(
  counts: readonly number[],
  rules: RuleSet = 'western-electric',
): ControlChart {
  counts.forEach((count, k) => {
    if (!Number.isInteger(count) || count < 0)
      throw new Refusal('the count must be a whole number from 0.', k)
  })
  const centre = sum(counts) / counts.length
  const sigma = Math.sqrt(centre)
  return chartOf('c', centre, counts, rules, () => ({
    low: Math.max(0, centre - 3 * sigma),
    high: centre + 3 * sigma,
    sigma,
  }))
}

/**
 * X-bar chart: means of samples of two or more measurements. The spread is the weighted mean of the
 * samples' standard deviations, each made unbiased by c4(n) (Montgomery, Introduction to Statistical
 * Quality Control, section 6.3). Refuses a sample of one and what is no finite number.
 */
export function xbarChart(
  samples: readonly (readonly number[])[],
  rules: RuleSet = 'western-electric',
): ControlChart {
  samples.forEach((sample, k) => {
    if (sample.length < 2) throw new Refusal('a sample needs two measurements or more.', k)
    if (!sample.every(Number.isFinite)) throw new Refusal('a measurement must be finite.', k)
  })
  const means = samples.map((sample) => sum(sample) / sample.length)
  const sizes = samples.map((sample) => sample.length)
  const centre = sum(means.map((mean, k) => mean * sizes[k])) / sum(sizes)
  const weights = sizes.map((n) => c4(n) ** 2 / (1 - c4(n) ** 2))
  const spreads = samples.map((sample, k) => {
    const squares = sum(sample.map((x) => (x - means[k]) ** 2))
    return (weights[k] * Math.sqrt(squares / (sample.length - 1))) / c4(sample.length)
  })
  const process = sum(spreads) / sum(weights)
  return chartOf('xbar', centre, means, rules, (k) => {
    const sigma = process / Math.sqrt(sizes[k])
    return { low: centre - 3 * sigma, high: centre + 3 * sigma, sigma }
  })
}

/** The mean of a sample's standard deviation over the true one, for normal measurements. */
function c4(n: number): number {
  return Math.sqrt(2 / (n - 1)) * Math.exp(logGamma(n / 2) - logGamma((n - 1) / 2))
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

function chartOf(
  kind: ControlChart['kind'],
  centre: number,
  values: readonly number[],
  rules: RuleSet,
  limits: (k: number) => Limits,
): ControlChart {
  if (values.length === 0) throw new Refusal('A chart needs at least one sample.')
  if (!ruleSets.includes(rules))
    throw new Refusal(`The rules '${rules}' are not known. Choose from ${ruleSets.join(', ')}.`)
  const bounds = values.map((_, k) => limits(k))
  // Without spread every point stands on the centre line.
  const z = values.map((value, k) => (bounds[k].sigma > 0 ? (value - centre) / bounds[k].sigma : 0))
  const tests = rules === 'nelson' ? nelson : westernElectric
  const points = values.map((value, k) => ({
    value,
    ...bounds[k],
    signals: tests.flatMap((test, rule) => (test(z, values, k) ? [rule + 1] : [])),
  }))
  return { kind, centre, points, rules }
}

/** Whether the point at k completes a pattern. */
type RunTest = (z: readonly number[], values: readonly number[], k: number) => boolean

/** At least `needed` of the last `of` points beyond `sigmas` on the side of the last, which is one of them. */
function beyond(sigmas: number, needed: number, of: number): RunTest {
  return (z, _, k) => {
    const side = Math.sign(z[k])
    if (side * z[k] <= sigmas || k + 1 < needed) return false
    const last = z.slice(Math.max(0, k - of + 1), k + 1)
    return last.filter((x) => side * x > sigmas).length >= needed
  }
}

/** The last `of` points all pass. */
function run(of: number, passes: (last: readonly number[]) => boolean): RunTest {
  return (z, _, k) => k + 1 >= of && passes(z.slice(k - of + 1, k + 1))
}

const oneSide = (last: readonly number[]) => last.every((x) => x > 0) || last.every((x) => x < 0)

const westernElectric: readonly RunTest[] = [
  beyond(3, 1, 1),
  beyond(2, 2, 3),
  beyond(1, 4, 5),
  run(8, oneSide),
]

const nelson: readonly RunTest[] = [
  beyond(3, 1, 1),
  run(9, oneSide),
  steps(6, (before, after) => Math.sign(after) === Math.sign(before) && after !== 0),
  steps(14, (before, after) => Math.sign(after) === -Math.sign(before) && after !== 0),
  beyond(2, 2, 3),
  beyond(1, 4, 5),
  run(15, (last) => last.every((x) => Math.abs(x) < 1)),
  run(8, (last) => last.every((x) => Math.abs(x) > 1)),
]

/** `of` points in a row whose steps from one to the next all follow on each other as said. */
function steps(of: number, follows: (before: number, after: number) => boolean): RunTest {
  return (_, values, k) => {
    if (k + 1 < of) return false
    const last = values.slice(k - of + 1, k + 1)
    const changes = last.slice(1).map((value, j) => value - last[j])
    return changes.slice(1).every((change, j) => follows(changes[j], change))
  }
}
