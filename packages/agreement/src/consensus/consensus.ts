import { type Ratings } from '../ratings.ts'
import { Refusal } from '../refusal.ts'

/** The label that a model takes to be right for each item, and how far it trusts each rater. */
export interface Consensus {
  /** Category code of each item, −1 where the model does not decide. */
  readonly labels: Int32Array
  /** Probability of each item's label under the model; 0 where there is none. */
  readonly confidence: Float64Array
  /** Probability of category c for item i at `i * categoryCount + c`; all 0 without any rating. */
  readonly posteriors: Float64Array
  /** Expected share of right answers of each rater; NaN for a rater without ratings. */
  readonly accuracy: Float64Array
  /** Log-likelihood of the ratings, up to a constant; NaN for majority. */
  readonly logLikelihood: number
  readonly iterations: number
  /** Whether the last step changed the log-likelihood by less than the tolerance. */
  readonly converged: boolean
}

/** When an iteration ends. */
export interface Iteration {
  /** 100 unless said. */
  readonly iterations?: number
  /** Smallest change of the log-likelihood per rating that counts; 1e-7 unless said. */
  readonly tolerance?: number
}

const mostCells = 200_000_000

/** A table of one probability per item and category; refuses where it would not fit in memory. */
export function emptyPosteriors(ratings: Ratings): Float64Array {
  const cells = (ratings.starts.length - 1) * ratings.categoryCount
  if (cells > mostCells)
    throw new Refusal(
      `${ratings.starts.length - 1} items with ${ratings.categoryCount} categories are too many to hold. Use the majority, or divide the file.`,
    )
  return new Float64Array(cells)
}

/** The share of each category among an item's ratings: where every model starts. */
export function voteShares(ratings: Ratings): Float64Array {
  const { starts, values, categoryCount: q } = ratings
  const shares = emptyPosteriors(ratings)
  for (let item = 0; item + 1 < starts.length; item++)
    for (let k = starts[item]; k < starts[item + 1]; k++)
      shares[item * q + values[k]] += 1 / (starts[item + 1] - starts[item])
  return shares
}

/**
 * Turns the log-probabilities of one item's categories into probabilities in place and answers the
 * log of their sum.
 */
export function normaliseLogs(logs: Float64Array, from: number, count: number): number {
  let most = -Infinity
  for (let c = from; c < from + count; c++) if (logs[c] > most) most = logs[c]
  let sum = 0
  for (let c = from; c < from + count; c++) {
    logs[c] = Math.exp(logs[c] - most)
    sum += logs[c]
  }
  for (let c = from; c < from + count; c++) logs[c] /= sum
  return most + Math.log(sum)
}

/** One round of an iterative model: new parameters from the posteriors, then new posteriors. */
export function iterate(
  ratings: Ratings,
  posteriors: Float64Array,
  round: (posteriors: Float64Array) => number,
  { iterations = 100, tolerance = 1e-7 }: Iteration,
): { logLikelihood: number; iterations: number; converged: boolean } {
  let before = -Infinity
  const enough = tolerance * Math.max(1, ratings.values.length)
  for (let done = 1; done <= iterations; done++) {
    const logLikelihood = round(posteriors)
    if (Math.abs(logLikelihood - before) < enough)
      return { logLikelihood, iterations: done, converged: true }
    before = logLikelihood
  }
  return { logLikelihood: before, iterations, converged: false }
}

/** Chooses labels from posteriors: the most probable, the lower code on an exact tie. */
export function concludeFrom(
  ratings: Ratings,
  posteriors: Float64Array,
  run: { logLikelihood: number; iterations: number; converged: boolean },
): Consensus {
  const { starts, categoryCount: q } = ratings
  const items = starts.length - 1
  const labels = new Int32Array(items).fill(-1)
  const confidence = new Float64Array(items)
  for (let item = 0; item < items; item++) {
    if (starts[item + 1] === starts[item]) {
      posteriors.fill(0, item * q, (item + 1) * q)
      continue
    }
    for (let c = 0; c < q; c++)
      if (posteriors[item * q + c] > confidence[item]) {
        confidence[item] = posteriors[item * q + c]
        labels[item] = c
      }
  }
  return { labels, confidence, posteriors, accuracy: expectedAccuracy(ratings, posteriors), ...run }
}

/** For each rater the mean probability of the labels they gave. */
function expectedAccuracy(ratings: Ratings, posteriors: Float64Array): Float64Array {
  const { starts, raters, values, categoryCount: q, raterCount } = ratings
  const right = new Float64Array(raterCount)
  const given = new Float64Array(raterCount)
  for (let item = 0; item + 1 < starts.length; item++)
    for (let k = starts[item]; k < starts[item + 1]; k++) {
      right[raters[k]] += posteriors[item * q + values[k]]
      given[raters[k]]++
    }
  return right.map((sum, rater) => (given[rater] > 0 ? sum / given[rater] : NaN))
}
