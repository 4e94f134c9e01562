import { Refusal } from './refusal.ts'

/**
 * Who gave which item which category, item by item: item i was rated by `raters[k]` with category
 * `values[k]` for k from `starts[i]` to `starts[i + 1] − 1`. An item may have any number of ratings,
 * none included: a rating that is missing is simply not there. A rater rates an item at most once.
 */
export interface Ratings {
  readonly starts: Int32Array
  /** Rater codes, 0 to raterCount − 1. */
  readonly raters: Int32Array
  /** Category codes, 0 to categoryCount − 1; their order is the order of an ordinal scale. */
  readonly values: Int32Array
  readonly raterCount: number
  readonly categoryCount: number
  /** The most ratings that one item has. */
  readonly most: number
}

/** Ratings in any order, one row each, as three columns of equal length. */
export interface RatingColumns {
  readonly items: ArrayLike<number>
  readonly raters: ArrayLike<number>
  readonly values: ArrayLike<number>
}

/**
 * Builds Ratings from columns of codes. Codes are whole numbers from 0; the counts may be larger
 * than the highest code seen (a category nobody used still counts for Gwet's and Brennan-Prediger's
 * coefficients). Time and memory are linear in the rows.
 * Refuses, naming the row: a code that is no whole number from 0 to its count, and a rater who rated
 * one item twice. An `onRepeat` that does not throw drops such rows and keeps the first.
 */
export function ratingsFromColumns(
  columns: RatingColumns,
  counts: { items?: number; raters?: number; categories?: number } = {},
  onRepeat: (row: number) => void = refuseRepeat,
): Ratings {
  const { items, raters, values } = columns
  const rows = values.length
  if (items.length !== rows || raters.length !== rows)
    throw new Refusal('The columns item, rater and value must be equally long.')
  const itemCount = counts.items ?? highest(items) + 1
  const raterCount = counts.raters ?? highest(raters) + 1
  const categoryCount = counts.categories ?? highest(values) + 1

  const starts = new Int32Array(itemCount + 1)
  for (let row = 0; row < rows; row++) {
    checkCode(items[row], itemCount, 'item', row)
    checkCode(raters[row], raterCount, 'rater', row)
    checkCode(values[row], categoryCount, 'value', row)
    starts[items[row] + 1]++
  }
  for (let item = 0; item < itemCount; item++) starts[item + 1] += starts[item]
  const next = starts.slice(0, itemCount)
  const order = new Int32Array(rows)
  for (let row = 0; row < rows; row++) order[next[items[row]]++] = row

  const lastItem = new Int32Array(raterCount).fill(-1)
  const sortedRaters = new Int32Array(rows)
  const sortedValues = new Int32Array(rows)
  let filled = 0
  let most = 0
  for (let item = 0, k = 0; item < itemCount; item++) {
    const from = filled
    for (; k < next[item]; k++) {
      const row = order[k]
      const rater = raters[row]
      if (lastItem[rater] === item) {
        onRepeat(row)
        continue
      }
      lastItem[rater] = item
      sortedRaters[filled] = rater
      sortedValues[filled++] = values[row]
    }
    starts[item] = from
    most = Math.max(most, filled - from)
  }
  starts[itemCount] = filled
  return {
    starts,
    raters: sortedRaters.subarray(0, filled),
    values: sortedValues.subarray(0, filled),
    raterCount,
    categoryCount,
    most,
  }
}

function refuseRepeat(row: number): never {
  throw new Refusal('This rater has rated this item before. Keep one of the two ratings.', row)
}

/**
 * Builds Ratings from a table with one row per item and one column per rater; null, undefined and
 * NaN are missing ratings. Convenient for small data; see ratingsFromColumns for the refusals.
 */
export function ratingsFromTable(
  table: readonly (readonly (number | null | undefined)[])[],
  categories?: number,
): Ratings {
  const items: number[] = []
  const raters: number[] = []
  const values: number[] = []
  let width = 0
  table.forEach((row, item) => {
    width = Math.max(width, row.length)
    row.forEach((value, rater) => {
      if (value == null || Number.isNaN(value)) return
      items.push(item)
      raters.push(rater)
      values.push(value)
    })
  })
  return ratingsFromColumns(
    { items, raters, values },
    {
      items: table.length,
      raters: width,
      ...(categories === undefined ? {} : { categories }),
    },
  )
}

/** The ratings that the given raters made; all items and categories stay. */
export function onlyRaters(ratings: Ratings, chosen: readonly number[]): Ratings {
  const wanted = new Uint8Array(ratings.raterCount)
  for (const rater of chosen) wanted[rater] = 1
  const starts = new Int32Array(ratings.starts.length)
  const raters = new Int32Array(ratings.raters.length)
  const values = new Int32Array(ratings.values.length)
  let filled = 0
  let most = 0
  for (let item = 0; item + 1 < starts.length; item++) {
    for (let k = ratings.starts[item]; k < ratings.starts[item + 1]; k++)
      if (wanted[ratings.raters[k]] === 1) {
        raters[filled] = ratings.raters[k]
        values[filled++] = ratings.values[k]
      }
    starts[item + 1] = filled
    most = Math.max(most, filled - starts[item])
  }
  return {
    ...ratings,
    starts,
    raters: raters.subarray(0, filled),
    values: values.subarray(0, filled),
    most,
  }
}

function highest(codes: ArrayLike<number>): number {
  let most = -1
  for (let k = 0; k < codes.length; k++) if (codes[k] > most) most = codes[k]
  return most
}

function checkCode(code: number, count: number, column: string, row: number): void {
  if (!Number.isInteger(code) || code < 0 || code >= count)
    throw new Refusal(
      `The ${column} code ${code} is not a whole number from 0 to ${count - 1}.`,
      row,
    )
}
