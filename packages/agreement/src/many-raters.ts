import { studentQuantile } from './distributions.ts'
import { type ChanceCorrected, clampedInterval } from './estimate.ts'
import { countPatterns, type Patterns } from './patterns.ts'
import { type Ratings } from './ratings.ts'
import { totalCredit, weighted, type Weights } from './weights.ts'

/** Which model of chance a coefficient for any number of raters takes. */
export type ManyRaterCoefficient = 'fleiss-kappa' | 'conger-kappa' | 'gwet-ac' | 'brennan-prediger'

/**
 * Agreement of any number of raters, corrected for chance, from −1 to 1. Raters may differ from item
 * to item. Two ratings of an item agree as much as the weights say, averaged over its pairs, then
 * over items.
 *
 * - `fleiss-kappa`: raters share one set of category rates (Fleiss 1971, Psych. Bull. 76:378).
 * - `conger-kappa`: each rater has their own rates; two raters: Cohen's (Conger 1980, Psych. Bull. 88:322).
 * - `gwet-ac`: AC1, with weights AC2 (Gwet 2008, BJMSP 61:29).
 * - `brennan-prediger`: all categories alike; also Randolph's free-marginal kappa.
 *
 * Missing data as in Gwet 2014, chapter 2: items with one rating say nothing of the observed
 * agreement but count for the category rates. Standard errors by Gwet's linearisation; the interval
 * is value ± t·SE with n − 1 degrees of freedom, n the items with any rating. Undefined when no item
 * has two ratings and where the expected agreement is 1.
 */
export function manyRaterAgreement(
  ratings: Ratings,
  coefficient: ManyRaterCoefficient,
  weights: Weights,
  confidence = 0.95,
): ChanceCorrected {
  const raters = countRaters(ratings)
  if (coefficient === 'conger-kappa') return congerKappa(ratings, raters, weights, confidence)
  const patterns = countPatterns(ratings)
  const rates = categoryRates(patterns)
  const { expected, scores } = chanceModel(coefficient, rates, weights)
  const items: ItemTerms = {
    multiplicities: patterns.multiplicities,
    sizes: patterns.sizes,
    observed: observedByPattern(patterns, weights),
    expected: new Float64Array(patterns.sizes.length),
  }
  for (let p = 0; p < patterns.sizes.length; p++)
    for (let k = patterns.starts[p]; k < patterns.starts[p + 1]; k++)
      items.expected[p] += (scores[patterns.categories[k]] * patterns.counts[k]) / patterns.sizes[p]
  return conclude(items, expected, raters, confidence)
}

/** What each kind of item contributes to the observed and to the expected agreement. */
interface ItemTerms {
  readonly multiplicities: Float64Array
  readonly sizes: Int32Array
  readonly observed: Float64Array
  readonly expected: Float64Array
}

/** The mean over items of each item's share of every category. */
export function categoryRates(patterns: Patterns): Float64Array {
  const rates = new Float64Array(patterns.categoryCount)
  let items = 0
  for (let p = 0; p < patterns.sizes.length; p++) {
    items += patterns.multiplicities[p]
    for (let k = patterns.starts[p]; k < patterns.starts[p + 1]; k++)
      rates[patterns.categories[k]] +=
        (patterns.multiplicities[p] * patterns.counts[k]) / patterns.sizes[p]
  }
  return items === 0 ? rates : rates.map((rate) => rate / items)
}

/** The agreement within each pattern, averaged over its pairs of ratings; 0 where there is no pair. */
export function observedByPattern(patterns: Patterns, weights: Weights): Float64Array {
  const { starts, categories, counts, sizes } = patterns
  return Float64Array.from(sizes, (size, p) => {
    if (size < 2) return 0
    let credit = 0
    for (let k = starts[p]; k < starts[p + 1]; k++) {
      credit += counts[k] * (counts[k] - 1)
      if (weights.name === 'identity') continue
      for (let l = starts[p]; l < starts[p + 1]; l++)
        if (l !== k) credit += counts[k] * counts[l] * weights.credit(categories[k], categories[l])
    }
    return credit / (size * (size - 1))
  })
}

function chanceModel(
  coefficient: Exclude<ManyRaterCoefficient, 'conger-kappa'>,
  rates: Float64Array,
  weights: Weights,
): { expected: number; scores: Float64Array } {
  const size = weights.size
  if (coefficient === 'brennan-prediger') {
    const expected = totalCredit(weights) / size ** 2
    return { expected, scores: new Float64Array(size).fill(expected) }
  }
  const scale = size > 1 ? totalCredit(weights) / (size * (size - 1)) : Infinity
  const scores =
    coefficient === 'fleiss-kappa'
      ? weighted(weights, rates)
      : rates.map((rate) => (size > 1 ? scale * (1 - rate) : 1))
  return { expected: rates.reduce((sum, rate, k) => sum + rate * scores[k], 0), scores }
}

function conclude(
  items: ItemTerms,
  expected: number,
  raters: number,
  confidence: number,
): ChanceCorrected {
  const { multiplicities, sizes } = items
  let n = 0
  let paired = 0
  let agreement = 0
  multiplicities.forEach((m, p) => {
    n += m
    if (sizes[p] < 2) return
    paired += m
    agreement += m * items.observed[p]
  })
  const nothing = { value: null, interval: null, n, raters, standardError: null }
  if (paired === 0)
    return { ...nothing, undefined: 'No item has two ratings.', observed: null, expected: null }
  const observed = agreement / paired
  if (1 - expected < 1e-12)
    return {
      ...nothing,
      undefined: 'Only one category was used, so chance explains all agreement.',
      observed,
      expected: 1,
    }
  const value = (observed - expected) / (1 - expected)
  let squares = 0
  multiplicities.forEach((m, p) => {
    const pair = sizes[p] < 2 ? 0 : (n / paired) * (items.observed[p] - expected)
    const shift = 2 * (1 - value) * (items.expected[p] - expected)
    squares += m * ((pair - shift) / (1 - expected) - value) ** 2
  })
  const standardError = n > 1 ? Math.sqrt(squares / (n * (n - 1))) : null
  const t = n > 1 ? studentQuantile((1 + confidence) / 2, n - 1) : Infinity
  const interval =
    standardError === null ? null : clampedInterval(value, t * standardError, confidence, -1, 1)
  return { value, interval, n, raters, observed, expected, standardError }
}

function congerKappa(
  ratings: Ratings,
  raters: number,
  weights: Weights,
  confidence: number,
): ChanceCorrected {
  const { starts, values } = ratings
  const filled: number[] = []
  for (let item = 0; item + 1 < starts.length; item++)
    if (starts[item + 1] > starts[item]) filled.push(item)
  const chance = raterModel(ratings, filled.length, raters, weights)
  const items: ItemTerms = {
    multiplicities: new Float64Array(filled.length).fill(1),
    sizes: Int32Array.from(filled, (item) => starts[item + 1] - starts[item]),
    observed: new Float64Array(filled.length),
    expected: new Float64Array(filled.length),
  }
  filled.forEach((item, place) => {
    const size = items.sizes[place]
    let credit = 0
    let contribution = 0
    for (let k = starts[item]; k < starts[item + 1]; k++) {
      for (let l = starts[item]; l < k; l++) credit += 2 * weights.credit(values[k], values[l])
      contribution += chance.contribution(ratings.raters[k], values[k])
    }
    items.observed[place] = size < 2 ? 0 : credit / (size * (size - 1))
    items.expected[place] = chance.expected + contribution
  })
  return conclude(items, chance.expected, raters, confidence)
}

/**
 * Expected agreement of two different raters with their own category rates, and how much one rating
 * moves it, by Gwet's linearisation (2014, chapter 5).
 */
function raterModel(
  ratings: Ratings,
  items: number,
  active: number,
  weights: Weights,
): { expected: number; contribution: (rater: number, category: number) => number } {
  const { raters, values, raterCount, categoryCount: size } = ratings
  const given = new Float64Array(raterCount)
  const rates = new Float64Array(raterCount * size)
  for (let k = 0; k < raters.length; k++) {
    given[raters[k]]++
    rates[raters[k] * size + values[k]]++
  }
  const sums = new Float64Array(size)
  for (let g = 0; g < raterCount; g++)
    for (let c = 0; c < size && given[g] > 0; c++) {
      rates[g * size + c] /= given[g]
      sums[c] += rates[g * size + c]
    }
  const sumScores = weighted(weights, sums)
  const scores = new Float64Array(raterCount * size)
  const own = new Float64Array(raterCount)
  let total = 0
  for (let g = 0; g < raterCount; g++) {
    if (given[g] === 0) continue
    const mine = rates.subarray(g * size, (g + 1) * size)
    const ownScores = weighted(weights, mine)
    for (let c = 0; c < size; c++) {
      scores[g * size + c] = sumScores[c] - ownScores[c]
      own[g] += mine[c] * scores[g * size + c]
    }
    total += own[g]
  }
  const pairs = active * (active - 1)
  return {
    expected: pairs === 0 ? 1 : total / pairs,
    contribution: (g, c) => ((items / given[g]) * (scores[g * size + c] - own[g])) / pairs,
  }
}

/** Raters with at least one rating. */
export function countRaters({ raters, raterCount }: Ratings): number {
  const seen = new Uint8Array(raterCount)
  let left = raterCount
  for (let k = 0; k < raters.length && left > 0; k++)
    if (seen[raters[k]] === 0) {
      seen[raters[k]] = 1
      left--
    }
  return raterCount - left
}
