import { bootstrapInterval, type Resampling } from './bootstrap.ts'
import { type Estimate } from './estimate.ts'
import { countPatterns, type Patterns } from './patterns.ts'
import { type Ratings } from './ratings.ts'
import { Refusal } from './refusal.ts'

/**
 * What the categories mean, and so how far apart two of them are:
 *
 * - `nominal`: names; 1 when they differ.
 * - `ordinal`: ranks in the order of the codes; distances depend on how often the ranks are used.
 * - `interval`: numbers, (x − y)². `ratio`: numbers from 0, ((x − y) / (x + y))².
 * - `sets`: sets of labels with a distance between sets, such as masiDistance.
 */
export type Level =
  | { readonly name: 'nominal' | 'ordinal' }
  | { readonly name: 'interval' | 'ratio'; readonly values: ArrayLike<number> }
  | { readonly name: 'sets'; readonly distance: (k: number, l: number) => number }

export interface AlphaEstimate extends Estimate {
  /** Mean difference of two ratings of one item. */
  readonly observedDisagreement: number | null
  /** Mean difference of any two ratings. */
  readonly expectedDisagreement: number | null
  /** Ratings that could be paired with another of the same item. */
  readonly pairable: number
}

/**
 * Krippendorff's alpha (Content Analysis, 4th ed. 2019, chapter 12; Krippendorff 2011, "Computing
 * Krippendorff's Alpha-Reliability"): 1 − observed / expected disagreement. 1 is perfect, 0 is chance,
 * below 0 is systematic disagreement. Any number of raters, any missing data: an item with fewer
 * than two ratings does not count.
 *
 * The interval resamples items (see docs/statistics/intervals.md); `replicates: 0` leaves it out.
 * Undefined when no item has two ratings and when all ratings that count are of one category.
 * Linear in the ratings for nominal, ordinal and interval; ratio and sets also need the square of
 * the number of categories, and refuse more than 20,000 of them.
 */
export function krippendorffAlpha(
  ratings: Ratings,
  level: Level,
  resampling: Resampling = {},
): AlphaEstimate {
  const patterns = countPatterns(ratings)
  checkLevel(level, ratings.categoryCount)
  const parts = disagreement(patterns, patterns.multiplicities, level)
  const { observed, expected, pairable, items } = parts
  const raters = items === 0 ? 0 : countPairedRaters(ratings)
  const base = { n: items, raters, pairable }
  const nothing = { ...base, value: null, interval: null, observedDisagreement: null }
  if (items === 0)
    return { ...nothing, undefined: 'No item has two ratings.', expectedDisagreement: null }
  if (expected === 0)
    return {
      ...nothing,
      undefined: 'All ratings are of one category: nothing varies, so agreement says nothing.',
      observedDisagreement: 0,
      expectedDisagreement: 0,
    }
  const interval = bootstrapInterval(
    patterns.multiplicities,
    (multiplicities) => {
      const drawn = disagreement(patterns, multiplicities, level)
      return drawn.expected > 0 ? 1 - drawn.observed / drawn.expected : null
    },
    resampling,
  )
  return {
    ...base,
    value: 1 - observed / expected,
    interval,
    observedDisagreement: observed,
    expectedDisagreement: expected,
  }
}

interface Disagreement {
  readonly observed: number
  readonly expected: number
  readonly pairable: number
  readonly items: number
}

function disagreement(
  patterns: Patterns,
  multiplicities: Float64Array,
  level: Level,
): Disagreement {
  const totals = new Float64Array(patterns.categoryCount)
  let items = 0
  let pairable = 0
  for (let p = 0; p < patterns.sizes.length; p++) {
    const m = multiplicities[p]
    if (patterns.sizes[p] < 2 || m === 0) continue
    items += m
    pairable += m * patterns.sizes[p]
    for (let k = patterns.starts[p]; k < patterns.starts[p + 1]; k++)
      totals[patterns.categories[k]] += m * patterns.counts[k]
  }
  if (items === 0) return { observed: 0, expected: 0, pairable, items }
  const difference = differencesOf(level, totals)
  let observed = 0
  for (let p = 0; p < patterns.sizes.length; p++) {
    if (patterns.sizes[p] < 2 || multiplicities[p] === 0) continue
    const from = patterns.starts[p]
    const to = patterns.starts[p + 1]
    if (to - from < 2) continue
    const sum = difference.among(patterns, from, to, patterns.sizes[p])
    observed += (multiplicities[p] * sum) / (patterns.sizes[p] - 1)
  }
  const all = difference.amongAll(totals, pairable)
  return {
    observed: observed / pairable,
    expected: all / (pairable * (pairable - 1)),
    pairable,
    items,
  }
}

/** Sums of differences over all ordered pairs of ratings, given how often each category occurs. */
interface Differences {
  /** Of the ratings of one pattern, which stands from `from` to `to` in the patterns' columns. */
  among(patterns: Patterns, from: number, to: number, size: number): number
  amongAll(totals: Float64Array, size: number): number
}

function differencesOf(level: Level, totals: Float64Array): Differences {
  switch (level.name) {
    case 'nominal':
      return {
        among({ counts }, from, to, size) {
          let equal = 0
          for (let k = from; k < to; k++) equal += counts[k] * counts[k]
          return size * size - equal
        },
        amongAll: (all, size) => size * size - all.reduce((sum, c) => sum + c * c, 0),
      }
    case 'ordinal': {
      // Krippendorff's ordinal difference between c and k is that of their middle ranks.
      const ranks = new Float64Array(totals.length)
      let before = 0
      totals.forEach((count, category) => {
        ranks[category] = before + count / 2
        before += count
      })
      return squaredDifferences(ranks)
    }
    case 'interval':
      return squaredDifferences(level.values)
    case 'ratio': {
      const { values } = level
      return pairDifferences((k, l) => {
        const sum = values[k] + values[l]
        return sum === 0 ? 0 : ((values[k] - values[l]) / sum) ** 2
      })
    }
    case 'sets':
      return pairDifferences(level.distance)
  }
}

/** Σ (x − y)² over ordered pairs is 2·n·Σ(x − mean)²: no pairs are formed. */
function squaredDifferences(places: ArrayLike<number>): Differences {
  return {
    among({ categories, counts }, from, to, size) {
      let mean = 0
      for (let k = from; k < to; k++) mean += (places[categories[k]] * counts[k]) / size
      let squares = 0
      for (let k = from; k < to; k++) squares += counts[k] * (places[categories[k]] - mean) ** 2
      return 2 * size * squares
    },
    amongAll(totals, size) {
      let mean = 0
      for (let c = 0; c < totals.length; c++) mean += (places[c] * totals[c]) / size
      let squares = 0
      for (let c = 0; c < totals.length; c++) squares += totals[c] * (places[c] - mean) ** 2
      return 2 * size * squares
    },
  }
}

function pairDifferences(distance: (k: number, l: number) => number): Differences {
  return {
    among({ categories, counts }, from, to) {
      let sum = 0
      for (let k = from + 1; k < to; k++)
        for (let l = from; l < k; l++)
          sum += 2 * counts[k] * counts[l] * distance(categories[k], categories[l])
      return sum
    },
    amongAll(totals) {
      const used: number[] = []
      totals.forEach((count, category) => {
        if (count > 0) used.push(category)
      })
      let sum = 0
      for (let k = 1; k < used.length; k++)
        for (let l = 0; l < k; l++)
          sum += 2 * totals[used[k]] * totals[used[l]] * distance(used[k], used[l])
      return sum
    },
  }
}

function checkLevel(level: Level, categories: number): void {
  if ((level.name === 'ratio' || level.name === 'sets') && categories > 20_000)
    throw new Refusal(
      `The level '${level.name}' compares every two of the ${categories} distinct values; it takes at most 20000. Round the values first.`,
    )
  if (level.name !== 'interval' && level.name !== 'ratio') return
  if (level.values.length !== categories)
    throw new Refusal('Give one number for each category, in the order of the codes.')
  for (let c = 0; c < categories; c++) {
    if (!Number.isFinite(level.values[c]))
      throw new Refusal(`The level '${level.name}' needs numbers; category ${c} is none.`)
    if (level.name === 'ratio' && level.values[c] < 0)
      throw new Refusal(`The level 'ratio' needs numbers from 0 upwards, not ${level.values[c]}.`)
  }
}

function countPairedRaters(ratings: Ratings): number {
  const { starts, raters, raterCount } = ratings
  if (ratings.most < 2) return 0
  const seen = new Uint8Array(raterCount)
  let left = raterCount
  for (let item = 0; item + 1 < starts.length && left > 0; item++) {
    if (starts[item + 1] - starts[item] < 2) continue
    for (let k = starts[item]; k < starts[item + 1]; k++)
      if (seen[raters[k]] === 0) {
        seen[raters[k]] = 1
        left--
      }
  }
  return raterCount - left
}
