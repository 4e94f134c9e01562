import { type Estimate } from './estimate.ts'
import { countPatterns, type Patterns } from './patterns.ts'
import { type Ratings } from './ratings.ts'

/** Names for what the codes of Ratings stand for. */
export interface Names {
  readonly items: { name(code: number): string }
  readonly categories: readonly string[]
}

/** Where the disagreement behind a coefficient lies. */
export interface Explanation {
  /** One or two sentences for people who are no statisticians. */
  readonly sentence: string
  /** The two categories that are taken for each other, most often first; shares sum to 1 over all pairs. */
  readonly confusions: readonly {
    readonly pair: readonly [string, string]
    readonly share: number
  }[]
  /** How often each category was used, and how often another rater of the item then chose it too. */
  readonly categories: readonly {
    readonly category: string
    readonly used: number
    readonly agreement: number | null
  }[]
  /** Items with the most disagreeing pairs of ratings; the share of all disagreement each carries. */
  readonly items: readonly { readonly item: string; readonly share: number }[]
  /**
   * Krippendorff's coincidence matrix: pairs of ratings of one item, each rating counting once in
   * all. Given for up to 40 categories.
   */
  readonly coincidences?: readonly (readonly number[])[]
  /** The categories of the matrix, in order. */
  readonly names?: readonly string[]
}

const shown = 10

/**
 * Explains an agreement on categories: what is confused with what, which categories are clear, and
 * which items weigh most. All are nominal: distances and weights do not enter. Linear in the ratings.
 */
export function explainRatings(ratings: Ratings, estimate: Estimate, names: Names): Explanation {
  const patterns = countPatterns(ratings)
  const { cells, diagonal, used } = coincidences(patterns)
  const all = [...cells.values()].reduce((sum, weight) => sum + weight, 0)
  const label = (code: number) => names.categories[code] ?? String(code)
  const confusions = [...cells]
    .sort((a, b) => b[1] - a[1] || a[0] - b[0])
    .slice(0, shown)
    .map(([key, weight]) => ({
      pair: [label(Math.floor(key / used.length)), label(key % used.length)] as const,
      share: weight / all,
    }))
  const categories = [...used.entries()]
    .filter(([, count]) => count > 0)
    .sort((a, b) => b[1] - a[1])
    .slice(0, 40)
    .map(([code, count]) => ({
      category: label(code),
      used: count,
      agreement: diagonal[code] / count,
    }))
  return {
    sentence: sentenceFor(estimate, confusions),
    confusions,
    categories,
    items: heaviestItems(ratings, names),
    ...(used.length <= 40 && {
      names: Array.from(used, (_, code) => label(code)),
      coincidences: matrixOf(cells, diagonal),
    }),
  }
}

/** Off-diagonal weights by `low * size + high` (both directions together), the diagonal, and the margins. */
function coincidences(patterns: Patterns): {
  cells: Map<number, number>
  diagonal: Float64Array
  used: Float64Array
} {
  const { starts, categories, counts, sizes, multiplicities, categoryCount: size } = patterns
  const cells = new Map<number, number>()
  const diagonal = new Float64Array(size)
  const used = new Float64Array(size)
  for (let p = 0; p < sizes.length; p++) {
    if (sizes[p] < 2) continue
    const scale = multiplicities[p] / (sizes[p] - 1)
    for (let k = starts[p]; k < starts[p + 1]; k++) {
      used[categories[k]] += multiplicities[p] * counts[k]
      diagonal[categories[k]] += scale * counts[k] * (counts[k] - 1)
      for (let l = k + 1; l < starts[p + 1]; l++) {
        const key = categories[k] * size + categories[l]
        cells.set(key, (cells.get(key) ?? 0) + 2 * scale * counts[k] * counts[l])
      }
    }
  }
  return { cells, diagonal, used }
}

function matrixOf(cells: Map<number, number>, diagonal: Float64Array): number[][] {
  const size = diagonal.length
  const matrix = Array.from({ length: size }, (_, k) =>
    Array.from({ length: size }, (_, l) => (k === l ? diagonal[k] : 0)),
  )
  for (const [key, weight] of cells) {
    const [k, l] = [Math.floor(key / size), key % size]
    matrix[k][l] = weight / 2
    matrix[l][k] = weight / 2
  }
  return matrix
}

function heaviestItems(ratings: Ratings, names: Names): { item: string; share: number }[] {
  const { starts, values } = ratings
  const top: { item: number; weight: number }[] = []
  let all = 0
  for (let item = 0; item + 1 < starts.length; item++) {
    const size = starts[item + 1] - starts[item]
    if (size < 2) continue
    const weight = disagreementWithin(values, starts[item], starts[item + 1]) / (size - 1)
    if (weight === 0) continue
    all += weight
    if (top.length === shown && weight <= top[shown - 1].weight) continue
    const place = top.findIndex((other) => weight > other.weight)
    top.splice(place < 0 ? top.length : place, 0, { item, weight })
    if (top.length > shown) top.pop()
  }
  return top.map(({ item, weight }) => ({ item: names.items.name(item), share: weight / all }))
}

/** Pairs of unequal ratings between two places. */
function disagreementWithin(values: Int32Array, from: number, to: number): number {
  const counts = new Map<number, number>()
  for (let k = from; k < to; k++) counts.set(values[k], (counts.get(values[k]) ?? 0) + 1)
  let equal = 0
  for (const count of counts.values()) equal += count * count
  return (to - from) ** 2 - equal
}

/** How much better than chance a chance-corrected agreement is, in words. */
export function chanceInWords(estimate: Estimate): string {
  const { value, interval } = estimate
  if (value === null) return `Agreement cannot be stated. ${estimate.undefined ?? ''}`.trim()
  if (interval !== null && interval.low <= 0)
    return value < 0 && interval.high < 0
      ? 'Annotators agree less than chance would make them: they follow different rules'
      : 'Annotators do not agree clearly more than chance'
  if (value >= 1 - 1e-12) return 'Annotators agree on every item'
  if (value >= 0.8) return 'Annotators agree far more than chance'
  if (value >= 0.667) return 'Annotators agree much more than chance'
  if (value >= 0.4) return 'Annotators agree more than chance, but not reliably'
  if (value > 0) return 'Annotators agree little more than chance'
  return 'Annotators agree no more than chance'
}

function sentenceFor(
  estimate: Estimate,
  confusions: readonly { pair: readonly [string, string]; share: number }[],
): string {
  const start = chanceInWords(estimate)
  if (estimate.value === null) return start
  const first = confusions.at(0)
  if (first === undefined) return `${start}.`
  const percent = `${Math.round(first.share * 100)} %`
  const share = first.share >= 0.5 ? 'most disagreement' : `the largest part of it (${percent})`
  return first.share >= 0.5
    ? `${start}; ${share} (${percent}) is between ${first.pair[0]} and ${first.pair[1]}.`
    : `${start}; disagreement is spread, ${share} is between ${first.pair[0]} and ${first.pair[1]}.`
}
