import { digamma } from '../distributions.ts'
import { seededChance } from '../random.ts'
import { type Ratings } from '../ratings.ts'
import {
  concludeFrom,
  type Consensus,
  emptyPosteriors,
  iterate,
  normaliseLogs,
} from './consensus.ts'

export interface MaceOptions {
  /** `vb` (variational Bayes, unless said) or plain expectation-maximisation. */
  readonly method?: 'vb' | 'em'
  /** Runs from different starts; the most likely is kept. 10 unless said. */
  readonly restarts?: number
  /** Rounds of each run, 50 unless said. */
  readonly iterations?: number
  readonly seed?: number
}

export interface Mace extends Consensus {
  /** Probability that each rater looks at the item rather than answering by habit. */
  readonly competence: Float64Array
}

/**
 * MACE (Hovy, Berg-Kirkpatrick, Vaswani & Hovy 2013, NAACL-HLT, page 1120): a rater either knows and
 * gives the right label, or guesses from a habit of their own; all labels are equally likely
 * beforehand. Priors of `vb`: Beta(0.5, 0.5) on knowing, Dirichlet(10) on habits; `em` smooths counts
 * by 0.01 / categories.
 */
export function mace(ratings: Ratings, options: MaceOptions = {}): Mace {
  const { method = 'vb', restarts = 10, iterations = 50, seed = 1 } = options
  const chance = seededChance(seed)
  let best: Mace | undefined
  for (let restart = 0; restart < Math.max(1, restarts); restart++) {
    const one = maceRun(ratings, method, iterations, () => chance.uniform())
    if (best === undefined || one.logLikelihood > best.logLikelihood) best = one
  }
  return best ?? maceRun(ratings, method, iterations, () => chance.uniform())
}

function maceRun(
  ratings: Ratings,
  method: 'vb' | 'em',
  iterations: number,
  uniform: () => number,
): Mace {
  const { starts, raters, values, raterCount, categoryCount: q } = ratings
  const items = starts.length - 1
  const posteriors = emptyPosteriors(ratings)
  const habits = new Float64Array(raterCount * q).map(() => 1 + 0.5 * uniform())
  /** For each rater: guessing, knowing. */
  const knowing = new Float64Array(raterCount * 2).map(() => 1 + 0.5 * uniform())
  shareRows(habits, q)
  shareRows(knowing, 2)
  const habitCounts = new Float64Array(habits.length)
  const knowingCounts = new Float64Array(knowing.length)

  function expect(): number {
    habitCounts.fill(0)
    knowingCounts.fill(0)
    let likelihood = 0
    for (let item = 0; item < items; item++) {
      const own = item * q
      let base = -Math.log(q)
      posteriors.fill(0, own, own + q)
      for (let k = starts[item]; k < starts[item + 1]; k++) {
        const guess = knowing[raters[k] * 2] * habits[raters[k] * q + values[k]]
        base += Math.log(guess)
        posteriors[own + values[k]] += Math.log1p(knowing[raters[k] * 2 + 1] / guess)
      }
      likelihood += base + normaliseLogs(posteriors, own, q)
      for (let k = starts[item]; k < starts[item + 1]; k++) {
        const rater = raters[k]
        const guess = knowing[rater * 2] * habits[rater * q + values[k]]
        const know = knowing[rater * 2 + 1]
        const knew = (posteriors[own + values[k]] * know) / (know + guess)
        knowingCounts[rater * 2 + 1] += knew
        knowingCounts[rater * 2] += 1 - knew
        habitCounts[rater * q + values[k]] += 1 - knew
      }
    }
    return likelihood
  }
  function maximise(): void {
    const smoothing = 0.01 / q
    habits.set(habitCounts.map((count) => count + (method === 'vb' ? 10 : smoothing)))
    knowing.set(knowingCounts.map((count) => count + (method === 'vb' ? 0.5 : smoothing)))
    const share = method === 'vb' ? variationalRows : shareRows
    share(habits, q)
    share(knowing, 2)
  }
  expect()
  const run = iterate(
    ratings,
    posteriors,
    () => {
      maximise()
      return expect()
    },
    { iterations },
  )
  const competence = new Float64Array(raterCount)
  for (let rater = 0; rater < raterCount; rater++)
    competence[rater] = knowing[rater * 2 + 1] / (knowing[rater * 2] + knowing[rater * 2 + 1])
  return { ...concludeFrom(ratings, posteriors, run), competence }
}

function shareRows(table: Float64Array, width: number): void {
  for (let from = 0; from < table.length; from += width) {
    const row = table.subarray(from, from + width)
    const sum = row.reduce((total, x) => total + x, 0)
    row.forEach((x, k) => {
      row[k] = x / sum
    })
  }
}

/** The geometric mean of shares under a Dirichlet distribution; rows sum to less than 1. */
function variationalRows(table: Float64Array, width: number): void {
  for (let from = 0; from < table.length; from += width) {
    const row = table.subarray(from, from + width)
    const sum = digamma(row.reduce((total, x) => total + x, 0))
    row.forEach((x, k) => {
      row[k] = Math.exp(digamma(x) - sum)
    })
  }
}
