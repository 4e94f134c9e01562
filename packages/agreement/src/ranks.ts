import { bootstrapInterval, type Resampling } from './bootstrap.ts'
import { type Estimate } from './estimate.ts'
import { Refusal } from './refusal.ts'

/** Two raters' values for the same items; null where one has none. Larger means ranked higher. */
export interface RankPair {
  readonly first: readonly (number | null)[]
  readonly second: readonly (number | null)[]
}

function completePairs({ first, second }: RankPair): [Float64Array, Float64Array] {
  if (first.length !== second.length)
    throw new Refusal('Both raters need a value, or null, for every item.')
  const x: number[] = []
  const y: number[] = []
  first.forEach((value, k) => {
    const other = second[k]
    if (value === null || other === null) return
    if (Number.isNaN(value) || Number.isNaN(other)) throw new Refusal('A rank is not a number.', k)
    x.push(value)
    y.push(other)
  })
  return [Float64Array.from(x), Float64Array.from(y)]
}

/**
 * Kendall's tau-b (Kendall 1945, Biometrika 33:239): (concordant − discordant pairs) / √(pairs not
 * tied in one · pairs not tied in the other), −1 to 1. Items without both values are left out. In
 * n·log n (Knight 1966, JASA 61:436). Undefined with fewer than two items or where one rater ties all.
 */
export function kendallTau(pair: RankPair, resampling: Resampling = {}): Estimate {
  return correlate(pair, tauB, resampling)
}

/**
 * Spearman's rho: the correlation of ranks, tied items taking their mean rank; −1 to 1. Missing data
 * and undefined cases as for kendallTau.
 */
export function spearmanRho(pair: RankPair, resampling: Resampling = {}): Estimate {
  return correlate(pair, (x, y) => correlation(meanRanks(x), meanRanks(y)), resampling)
}

function correlate(
  pair: RankPair,
  statistic: (x: Float64Array, y: Float64Array) => number | null,
  resampling: Resampling,
): Estimate {
  const [x, y] = completePairs(pair)
  const value = statistic(x, y)
  const base = { value, n: x.length, raters: x.length > 0 ? 2 : 0 }
  if (value === null)
    return {
      ...base,
      interval: null,
      undefined:
        x.length < 2
          ? 'Fewer than two items were ranked by both raters.'
          : 'One rater ranks all items alike.',
    }
  const interval = bootstrapInterval(
    new Float64Array(x.length).fill(1),
    (weights) => {
      const chosen: number[] = []
      weights.forEach((weight, k) => {
        for (let copy = 0; copy < weight; copy++) chosen.push(k)
      })
      return statistic(
        Float64Array.from(chosen, (k) => x[k]),
        Float64Array.from(chosen, (k) => y[k]),
      )
    },
    resampling,
  )
  return { ...base, interval }
}

function tauB(x: Float64Array, y: Float64Array): number | null {
  const n = x.length
  const order = [...x.keys()].sort((a, b) => x[a] - x[b] || y[a] - y[b])
  const pairs = (count: number) => (count * (count - 1)) / 2
  const tied = (same: (a: number, b: number) => boolean, sorted: readonly number[]) => {
    let sum = 0
    for (let k = 0, from = 0; k < n; k++)
      if (k + 1 === n || !same(sorted[k], sorted[k + 1])) {
        sum += pairs(k + 1 - from)
        from = k + 1
      }
    return sum
  }
  const tiedX = tied((a, b) => x[a] === x[b], order)
  const tiedBoth = tied((a, b) => x[a] === x[b] && y[a] === y[b], order)
  const values = Float64Array.from(order, (k) => y[k])
  const swaps = sortCountingSwaps(values)
  const tiedY = tied((a, b) => values[a] === values[b], [...values.keys()])
  const all = pairs(n)
  const scale = Math.sqrt((all - tiedX) * (all - tiedY))
  return scale > 0 ? (all - tiedX - tiedY + tiedBoth - 2 * swaps) / scale : null
}

/** Merge sort in place; answers how many exchanges of neighbours would have done it. */
function sortCountingSwaps(values: Float64Array): number {
  let from: Float64Array = values
  let to: Float64Array = new Float64Array(values.length)
  let swaps = 0
  for (let width = 1; width < values.length; width *= 2) {
    for (let start = 0; start < values.length; start += 2 * width) {
      const middle = Math.min(start + width, values.length)
      const end = Math.min(start + 2 * width, values.length)
      let left = start
      let right = middle
      for (let k = start; k < end; k++)
        if (left < middle && (right >= end || from[left] <= from[right])) to[k] = from[left++]
        else {
          if (left < middle) swaps += middle - left
          to[k] = from[right++]
        }
    }
    ;[from, to] = [to, from]
  }
  if (from !== values) values.set(from)
  return swaps
}

function meanRanks(values: Float64Array): Float64Array {
  const order = [...values.keys()].sort((a, b) => values[a] - values[b])
  const ranks = new Float64Array(values.length)
  for (let from = 0; from < order.length;) {
    let to = from
    while (to < order.length && values[order[to]] === values[order[from]]) to++
    for (let k = from; k < to; k++) ranks[order[k]] = (from + to + 1) / 2
    from = to
  }
  return ranks
}

function correlation(x: Float64Array, y: Float64Array): number | null {
  const mean = (values: Float64Array) => values.reduce((sum, v) => sum + v, 0) / values.length
  const [mx, my] = [mean(x), mean(y)]
  let [xx, yy, xy] = [0, 0, 0]
  x.forEach((value, k) => {
    xx += (value - mx) ** 2
    yy += (y[k] - my) ** 2
    xy += (value - mx) * (y[k] - my)
  })
  return xx > 0 && yy > 0 ? Math.max(-1, Math.min(1, xy / Math.sqrt(xx * yy))) : null
}

/**
 * Kendall's W (Kendall & Babington Smith 1939, Annals of Math. Statistics 10:275), the concordance of
 * any number of rankings, corrected for ties: 0 none, 1 complete. `table` has one row per item, one
 * column per rater; items without a value of every rater are left out. Undefined with fewer than two
 * raters or items, and where all raters tie all items.
 */
export function kendallW(
  table: readonly (readonly (number | null)[])[],
  resampling: Resampling = {},
): Estimate {
  const complete = table.filter((row): row is readonly number[] => row.every((v) => v !== null))
  const n = complete.length
  const raters = n === 0 ? 0 : complete[0].length
  const statistic = (rows: readonly (readonly number[])[]) => concordance(rows, raters)
  const value = n < 2 || raters < 2 ? null : statistic(complete)
  const base = { value, n, raters }
  if (value === null)
    return {
      ...base,
      interval: null,
      undefined:
        n < 2 || raters < 2
          ? 'Two items ranked by two raters are needed.'
          : 'Every rater ranks all items alike.',
    }
  const interval = bootstrapInterval(
    new Float64Array(n).fill(1),
    (weights) =>
      statistic(complete.flatMap((row, k) => new Array<typeof row>(weights[k]).fill(row))),
    resampling,
  )
  return { ...base, interval }
}

function concordance(rows: readonly (readonly number[])[], raters: number): number | null {
  const n = rows.length
  const sums = new Float64Array(n)
  let ties = 0
  for (let r = 0; r < raters; r++) {
    const ranks = meanRanks(Float64Array.from(rows, (row) => row[r]))
    const counts = new Map<number, number>()
    ranks.forEach((rank, k) => {
      sums[k] += rank
      counts.set(rank, (counts.get(rank) ?? 0) + 1)
    })
    for (const count of counts.values()) ties += count ** 3 - count
  }
  const mean = (raters * (n + 1)) / 2
  const spread = sums.reduce((sum, x) => sum + (x - mean) ** 2, 0)
  const scale = raters ** 2 * (n ** 3 - n) - raters * ties
  return scale > 0 ? (12 * spread) / scale : null
}
