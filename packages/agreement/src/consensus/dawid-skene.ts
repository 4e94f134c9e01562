import { type Ratings } from '../ratings.ts'
import { Refusal } from '../refusal.ts'
import {
  concludeFrom,
  type Consensus,
  iterate,
  type Iteration,
  normaliseLogs,
  voteShares,
} from './consensus.ts'

export interface DawidSkene extends Consensus {
  /** Share of category c among the true labels. */
  readonly prevalence: Float64Array
  /** Probability that rater g says l where c is right, at `(g * categoryCount + c) * categoryCount + l`. */
  readonly confusions: Float64Array
}

/** Added to every count, so that nothing unseen is impossible; small beside one rating. */
const smoothing = 0.01

/**
 * Dawid & Skene 1979, Applied Statistics 28:20: each rater has a confusion matrix, estimated together
 * with the true labels by expectation-maximisation from vote shares. Counts are smoothed by 0.01. Any
 * missing data. Needs raters · categories² numbers; more than 100 million are refused.
 */
export function dawidSkene(ratings: Ratings, iteration: Iteration = {}): DawidSkene {
  const { starts, raters, values, raterCount, categoryCount: q } = ratings
  if (raterCount * q * q > 100_000_000)
    throw new Refusal(
      `${raterCount} raters with ${q} categories have too many confusions. Use one-coin.`,
    )
  const items = starts.length - 1
  const prevalence = new Float64Array(q)
  const confusions = new Float64Array(raterCount * q * q)
  const posteriors = voteShares(ratings)

  function round(): number {
    prevalence.fill(smoothing)
    confusions.fill(smoothing)
    for (let item = 0; item < items; item++)
      for (let c = 0; c < q; c++) {
        const weight = posteriors[item * q + c]
        if (weight === 0) continue
        prevalence[c] += weight
        for (let k = starts[item]; k < starts[item + 1]; k++)
          confusions[(raters[k] * q + c) * q + values[k]] += weight
      }
    toShares(prevalence, 0, q)
    for (let row = 0; row < raterCount * q; row++) toShares(confusions, row * q, q)

    const logs = confusions.map(Math.log)
    let likelihood = 0
    for (let item = 0; item < items; item++) {
      for (let c = 0; c < q; c++) {
        let log = Math.log(prevalence[c])
        for (let k = starts[item]; k < starts[item + 1]; k++)
          log += logs[(raters[k] * q + c) * q + values[k]]
        posteriors[item * q + c] = log
      }
      likelihood += normaliseLogs(posteriors, item * q, q)
    }
    return likelihood
  }
  const run = iterate(ratings, posteriors, round, iteration)
  return { ...concludeFrom(ratings, posteriors, run), prevalence, confusions }
}

function toShares(table: Float64Array, from: number, count: number): void {
  let sum = 0
  for (let c = from; c < from + count; c++) sum += table[c]
  for (let c = from; c < from + count; c++) table[c] /= sum
}

/**
 * The one-coin form: each rater has one probability of being right, and errs to any other category
 * alike (Zhang and others 2014, NeurIPS). Better than the full model where raters have few ratings or
 * categories are many.
 */
export function oneCoin(ratings: Ratings, iteration: Iteration = {}): DawidSkeneOneCoin {
  const { starts, raters, values, raterCount, categoryCount: q } = ratings
  const items = starts.length - 1
  const skills = new Float64Array(raterCount)
  const prevalence = new Float64Array(q)
  const posteriors = voteShares(ratings)

  function round(): number {
    const given = new Float64Array(raterCount).fill(2 * smoothing)
    skills.fill(smoothing)
    prevalence.fill(smoothing)
    for (let item = 0; item < items; item++) {
      for (let c = 0; c < q; c++) prevalence[c] += posteriors[item * q + c]
      for (let k = starts[item]; k < starts[item + 1]; k++) {
        skills[raters[k]] += posteriors[item * q + values[k]]
        given[raters[k]]++
      }
    }
    skills.forEach((right, rater) => {
      skills[rater] = right / given[rater]
    })
    toShares(prevalence, 0, q)
    let likelihood = 0
    const others = Math.max(1, q - 1)
    for (let item = 0; item < items; item++) {
      let wrong = 0
      for (let c = 0; c < q; c++) posteriors[item * q + c] = Math.log(prevalence[c])
      for (let k = starts[item]; k < starts[item + 1]; k++) {
        const error = Math.log((1 - skills[raters[k]]) / others)
        wrong += error
        posteriors[item * q + values[k]] += Math.log(skills[raters[k]]) - error
      }
      likelihood += wrong + normaliseLogs(posteriors, item * q, q)
    }
    return likelihood
  }
  const run = iterate(ratings, posteriors, round, iteration)
  return { ...concludeFrom(ratings, posteriors, run), prevalence, skills }
}

export interface DawidSkeneOneCoin extends Consensus {
  readonly prevalence: Float64Array
  /** Probability that each rater is right. */
  readonly skills: Float64Array
}
