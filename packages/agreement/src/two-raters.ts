import { studentQuantile } from './distributions.ts'
import { type ChanceCorrected, clampedInterval } from './estimate.ts'
import { type Ratings } from './ratings.ts'
import { totalCredit, weighted, type Weights } from './weights.ts'

/**
 * How often two raters chose which categories for the same items. Cell c says that the first chose
 * `first[c]` and the second `second[c]` on `counts[c]` items; empty cells are left out, so that ten
 * thousand categories cost no more than the items.
 */
export interface Confusion {
  /** Categories. */
  readonly size: number
  readonly first: Int32Array
  readonly second: Int32Array
  readonly counts: Float64Array
}

/** Counts the items that both raters rated; items that only one of them rated are left out. */
export function confusionOf(ratings: Ratings, first: number, second: number): Confusion {
  const { starts, raters, values, categoryCount: size } = ratings
  const cells = new Map<number, number>()
  for (let item = 0; item + 1 < starts.length; item++) {
    let one = -1
    let other = -1
    for (let k = starts[item]; k < starts[item + 1]; k++)
      if (raters[k] === first) one = values[k]
      else if (raters[k] === second) other = values[k]
    if (one < 0 || other < 0) continue
    const cell = one * size + other
    cells.set(cell, (cells.get(cell) ?? 0) + 1)
  }
  const keys = Float64Array.from(cells.keys()).sort()
  return {
    size,
    first: Int32Array.from(keys, (key) => Math.floor(key / size)),
    second: Int32Array.from(keys, (key) => key % size),
    counts: Float64Array.from(keys, (key) => cells.get(key) ?? 0),
  }
}

/** A square table of counts, rows the first rater's categories, as a Confusion. */
export function confusionFromTable(rows: readonly (readonly number[])[]): Confusion {
  const size = rows.length
  const cells = rows.flatMap((row, k) => row.map((count, l) => ({ k, l, count })))
  const filled = cells.filter(({ count }) => count > 0)
  return {
    size,
    first: Int32Array.from(filled, ({ k }) => k),
    second: Int32Array.from(filled, ({ l }) => l),
    counts: Float64Array.from(filled, ({ count }) => count),
  }
}

/** Which model of chance a two-rater coefficient takes. */
export type TwoRaterCoefficient = 'cohen-kappa' | 'scott-pi' | 'gwet-ac' | 'brennan-prediger'

/**
 * Agreement of two raters on the items both rated, corrected for chance, from −1 to 1:
 *
 * - `cohen-kappa`: each rater's own category rates (Cohen 1960, EPM 20:37; weighted 1968).
 * - `scott-pi`: the mean of their rates (Scott 1955, POQ 19:321).
 * - `gwet-ac`: AC1, with weights AC2 (Gwet 2008, BJMSP 61:29), stable where one category prevails.
 * - `brennan-prediger`: all categories alike (Brennan & Prediger 1981, EPM 41:687).
 *
 * Standard errors are the large-sample ones for two raters of Gwet 2014, chapter 5; the interval is
 * value ± t·SE with n − 1 degrees of freedom. Undefined without an item that both rated, and where
 * the expected agreement is 1 (only one category in use).
 */
export function twoRaterAgreement(
  confusion: Confusion,
  coefficient: TwoRaterCoefficient,
  weights: Weights,
  confidence = 0.95,
): ChanceCorrected {
  const { first, second, counts } = confusion
  const n = counts.reduce((sum, count) => sum + count, 0)
  if (n === 0) return noAnswer(0, null, 'No item was rated by both raters.')
  let observed = 0
  counts.forEach((count, c) => {
    observed += (count / n) * weights.credit(first[c], second[c])
  })
  const { expected, contribution } = chanceModel(confusion, n, coefficient, weights)
  if (1 - expected < 1e-12)
    return noAnswer(n, observed, 'Only one category was used, so chance explains all agreement.')

  const value = (observed - expected) / (1 - expected)
  let squares = 0
  counts.forEach((count, c) => {
    const [k, l] = [first[c], second[c]]
    squares += (count / n) * (weights.credit(k, l) - 2 * (1 - value) * contribution(k, l)) ** 2
  })
  const centre = observed - 2 * (1 - value) * expected
  const variance = Math.max(0, squares - centre ** 2) / (n * (1 - expected) ** 2)
  const standardError = Math.sqrt(variance)
  const t = n > 1 ? studentQuantile((1 + confidence) / 2, n - 1) : Infinity
  return {
    value,
    interval: clampedInterval(value, t * standardError, confidence, -1, 1),
    n,
    raters: 2,
    observed,
    expected,
    standardError,
  }
}

function noAnswer(n: number, observed: number | null, reason: string): ChanceCorrected {
  return {
    value: null,
    undefined: reason,
    interval: null,
    n,
    raters: n > 0 ? 2 : 0,
    observed,
    expected: observed === null ? null : 1,
    standardError: null,
  }
}

interface ChanceModel {
  readonly expected: number
  /** What an item rated k and l adds to the expected agreement; averages to `expected`. */
  readonly contribution: (k: number, l: number) => number
}

function chanceModel(
  confusion: Confusion,
  n: number,
  coefficient: TwoRaterCoefficient,
  weights: Weights,
): ChanceModel {
  const { size } = confusion
  const rows = new Float64Array(size)
  const columns = new Float64Array(size)
  confusion.counts.forEach((count, c) => {
    rows[confusion.first[c]] += count / n
    columns[confusion.second[c]] += count / n
  })
  const mean = rows.map((rate, k) => (rate + columns[k]) / 2)
  if (coefficient === 'brennan-prediger') {
    const expected = totalCredit(weights) / size ** 2
    return { expected, contribution: () => expected }
  }
  if (coefficient === 'gwet-ac') {
    if (size < 2) return { expected: 1, contribution: () => 1 }
    const scale = totalCredit(weights) / (size * (size - 1))
    const expected = mean.reduce((sum, rate) => sum + scale * rate * (1 - rate), 0)
    return { expected, contribution: (k, l) => scale * (1 - (mean[k] + mean[l]) / 2) }
  }
  const [one, other] = coefficient === 'cohen-kappa' ? [rows, columns] : [mean, mean]
  const forRow = weighted(weights, other)
  const forColumn = weighted(weights, one)
  const expected = one.reduce((sum, rate, k) => sum + rate * forRow[k], 0)
  return { expected, contribution: (k, l) => (forRow[k] + forColumn[l]) / 2 }
}
