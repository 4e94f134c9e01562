import { fisherQuantile } from './distributions.ts'
import { type Estimate, type Interval } from './estimate.ts'
import { Refusal } from './refusal.ts'

/**
 * The forms of Shrout & Fleiss: the first letter is the model (1: each item has other raters; 2: the
 * raters are a sample of raters; 3: these raters are all that matter), the second what is used (1: one
 * rating, k: the mean of all raters).
 */
export type IccForm = '1,1' | '2,1' | '3,1' | '1,k' | '2,k' | '3,k'

export const iccForms: readonly IccForm[] = ['1,1', '2,1', '3,1', '1,k', '2,k', '3,k']

/**
 * Intraclass correlation of scores (Shrout & Fleiss 1979, Psych. Bull. 86:420; intervals after McGraw
 * & Wong 1996, Psych. Methods 1:30): the share of variance that lies between items. 1 is perfect, 0
 * none; below 0 is possible. Forms 2 are lowered by raters who score higher or lower throughout,
 * forms 3 are not.
 *
 * `scores` has one row per item, one column per rater. Items without a score of every rater are left
 * out. Undefined with fewer than two items or raters, and where nothing varies. Refuses infinities.
 */
export function intraclassCorrelation(
  scores: readonly (readonly (number | null)[])[],
  form: IccForm,
  confidence = 0.95,
): Estimate {
  if (!iccForms.includes(form))
    throw new Refusal(`The form '${form}' is not known. Choose from ${iccForms.join('  ')}.`)
  const complete = scores.filter((row): row is readonly number[] => row.every((x) => x !== null))
  if (complete.some((row) => row.some((x) => !Number.isFinite(x))))
    throw new Refusal('Scores must be finite numbers.')
  const n = complete.length
  const raters = n === 0 ? 0 : complete[0].length
  const nothing = { value: null, interval: null, n, raters }
  if (raters < 2) return { ...nothing, undefined: 'No item has scores of two raters.' }
  if (n < 2) return { ...nothing, undefined: 'Two items scored by every rater are needed.' }
  const squares = meanSquares(complete)
  const { value, interval } = iccFrom(squares, n, raters, form, confidence)
  if (value === null)
    return { ...nothing, undefined: 'The scores do not vary, so nothing can be told apart.' }
  return { value, interval, n, raters }
}

interface MeanSquares {
  readonly items: number
  readonly raters: number
  /** Within items, raters included. */
  readonly within: number
  readonly error: number
}

function meanSquares(scores: readonly (readonly number[])[]): MeanSquares {
  const n = scores.length
  const k = scores[0].length
  const all = scores.flat()
  const mean = all.reduce((sum, x) => sum + x, 0) / all.length
  const total = all.reduce((sum, x) => sum + (x - mean) ** 2, 0)
  const meanOf = (values: readonly number[]) =>
    values.reduce((sum, x) => sum + x, 0) / values.length
  const items = k * scores.reduce((sum, row) => sum + (meanOf(row) - mean) ** 2, 0)
  let raters = 0
  for (let r = 0; r < k; r++) raters += n * (meanOf(scores.map((row) => row[r])) - mean) ** 2
  // Rounding must not leave a trace of error where raters agree.
  const error = Math.max(0, total - items - raters)
  return {
    items: items / (n - 1),
    raters: raters / (k - 1),
    within: (raters + error) / (n * (k - 1)),
    error: error / ((n - 1) * (k - 1)),
  }
}

function iccFrom(
  { items, raters, within, error }: MeanSquares,
  n: number,
  k: number,
  form: IccForm,
  confidence: number,
): { value: number | null; interval: Interval | null } {
  const tail = (1 - confidence) / 2
  const single = form.endsWith('1')
  const between = (low: number, high: number): Interval | null =>
    Number.isFinite(low) && Number.isFinite(high)
      ? { low, high, confidence, method: 'analytic' }
      : null
  const ratio = (above: number, below: number) => (below > 0 ? above / below : null)
  /** Forms 1 and 3: one F statistic, whose bounds turn into bounds of the coefficient. */
  const oneWay = (noise: number, dfNoise: number) => {
    const f = items / noise
    const low = f / fisherQuantile(1 - tail, n - 1, dfNoise)
    const high = f * fisherQuantile(1 - tail, dfNoise, n - 1)
    const turn = (x: number) => (single ? (x - 1) / (x + k - 1) : 1 - 1 / x)
    const value = single
      ? ratio(items - noise, items + (k - 1) * noise)
      : ratio(items - noise, items)
    return { value, interval: noise > 0 && value !== null ? between(turn(low), turn(high)) : null }
  }
  if (form.startsWith('1')) return oneWay(within, n * (k - 1))
  if (form.startsWith('3')) return oneWay(error, (n - 1) * (k - 1))

  const one = ratio(items - error, items + (k - 1) * error + (k * (raters - error)) / n)
  if (one === null) return { value: null, interval: null }
  const value = single ? one : ratio(items - error, items + (raters - error) / n)
  const a = (k * one) / (n * (1 - one))
  const b = 1 + (k * one * (n - 1)) / (n * (1 - one))
  const df =
    (a * raters + b * error) ** 2 /
    ((a * raters) ** 2 / (k - 1) + (b * error) ** 2 / ((n - 1) * (k - 1)))
  const above = fisherQuantile(1 - tail, n - 1, df)
  const below = fisherQuantile(1 - tail, df, n - 1)
  const noise = k * raters + (k * n - k - n) * error
  const low = (n * (items - above * error)) / (above * noise + n * items)
  const high = (n * (below * items - error)) / (noise + n * below * items)
  const turn = (x: number) => (single ? x : (k * x) / (1 + (k - 1) * x))
  return { value, interval: one < 1 ? between(turn(low), turn(high)) : null }
}
