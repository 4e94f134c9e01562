import { type Ratings } from '../ratings.ts'
import {
  concludeFrom,
  type Consensus,
  iterate,
  type Iteration,
  normaliseLogs,
  voteShares,
} from './consensus.ts'

export interface Glad extends Consensus {
  /** Ability of each rater; 0 is guessing, below 0 is worse than that. */
  readonly abilities: Float64Array
  /** How easy each item is, above 0; near 0 nobody can tell. */
  readonly ease: Float64Array
}

/**
 * GLAD (Whitehill and others 2009, NeurIPS): a rater of ability α is right about an item of ease β with
 * probability 1 / (1 + exp(−α·β)), and errs to any other category alike. Normal priors around 1 on α
 * and on log β; all labels equally likely beforehand. Parameters climb the gradient with shortening
 * steps.
 */
export function glad(ratings: Ratings, iteration: Iteration = {}): Glad {
  const { starts, raters, values, raterCount, categoryCount: q } = ratings
  const items = starts.length - 1
  const abilities = new Float64Array(raterCount).fill(1)
  const logEase = new Float64Array(items).fill(1)
  const posteriors = voteShares(ratings)
  const others = Math.log(Math.max(1, q - 1))

  /** Expected log-likelihood and log-prior of parameters. */
  function objective(alpha: Float64Array, beta: Float64Array): number {
    let sum = 0
    for (let rater = 0; rater < raterCount; rater++) sum -= (alpha[rater] - 1) ** 2 / 2
    for (let item = 0; item < items; item++) {
      sum -= (beta[item] - 1) ** 2 / 2
      const ease = Math.exp(beta[item])
      for (let k = starts[item]; k < starts[item + 1]; k++) {
        const x = alpha[raters[k]] * ease
        const right = posteriors[item * q + values[k]]
        sum += right * logSigmoid(x) + (1 - right) * (logSigmoid(-x) - others)
      }
    }
    return sum
  }
  function climb(): void {
    const slopeAlpha = new Float64Array(raterCount)
    const slopeBeta = new Float64Array(items)
    const [alpha, beta] = [abilities.slice(), logEase.slice()]
    let height = objective(abilities, logEase)
    let step = 0.5
    for (let round = 0; round < 25 && step > 1e-4; round++) {
      slopeAlpha.forEach((_, rater) => {
        slopeAlpha[rater] = 1 - abilities[rater]
      })
      const curveAlpha = new Float64Array(raterCount).fill(1)
      const curveBeta = new Float64Array(items).fill(1)
      for (let item = 0; item < items; item++) {
        const ease = Math.exp(logEase[item])
        slopeBeta[item] = 1 - logEase[item]
        for (let k = starts[item]; k < starts[item + 1]; k++) {
          const ability = abilities[raters[k]]
          const right = sigmoid(ability * ease)
          const pull = posteriors[item * q + values[k]] - right
          slopeAlpha[raters[k]] += pull * ease
          slopeBeta[item] += pull * ability * ease
          curveAlpha[raters[k]] += right * (1 - right) * ease ** 2
          curveBeta[item] += right * (1 - right) * (ability * ease) ** 2
        }
      }
      for (; step > 1e-4; step /= 2) {
        abilities.forEach((x, rater) => {
          alpha[rater] = x + (step * slopeAlpha[rater]) / curveAlpha[rater]
        })
        logEase.forEach((x, item) => {
          beta[item] = x + (step * slopeBeta[item]) / curveBeta[item]
        })
        const reached = objective(alpha, beta)
        if (reached <= height) continue
        const gained = reached - height
        height = reached
        abilities.set(alpha)
        logEase.set(beta)
        step = gained < 1e-9 ? 0 : Math.min(1, step * 2)
        break
      }
    }
  }
  function expect(): number {
    let likelihood = 0
    for (let item = 0; item < items; item++) {
      const ease = Math.exp(logEase[item])
      let wrong = -Math.log(q)
      posteriors.fill(0, item * q, (item + 1) * q)
      for (let k = starts[item]; k < starts[item + 1]; k++) {
        const x = abilities[raters[k]] * ease
        const error = logSigmoid(-x) - others
        wrong += error
        posteriors[item * q + values[k]] += logSigmoid(x) - error
      }
      likelihood += wrong + normaliseLogs(posteriors, item * q, q)
    }
    return likelihood
  }
  const run = iterate(
    ratings,
    posteriors,
    () => {
      climb()
      return expect()
    },
    iteration,
  )
  return { ...concludeFrom(ratings, posteriors, run), abilities, ease: logEase.map(Math.exp) }
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x))
}

function logSigmoid(x: number): number {
  return x > 0 ? -Math.log1p(Math.exp(-x)) : x - Math.log1p(Math.exp(x))
}
