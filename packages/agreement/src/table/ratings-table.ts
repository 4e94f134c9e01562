import { onlyRaters, type Ratings, ratingsFromColumns } from '../ratings.ts'
import { Refusal } from '../refusal.ts'
import { type Answer, type Family } from './answer.ts'
import { IntColumn } from './columns.ts'
import { Dictionary } from './dictionary.ts'
import { type LineFault, refusalAt, type Row } from './row.ts'

/** Ratings with the names that a file gave to items, raters and categories. */
export interface NamedRatings {
  readonly ratings: Ratings
  readonly items: Dictionary
  readonly raters: readonly string[]
  /** Category names in the order of the codes. */
  readonly categories: readonly string[]
  /** The categories as numbers; NaN where a name is none. */
  readonly numbers: Float64Array
}

/** How category names become codes. */
export interface CategoryOrder {
  /** Whether the names stand for numbers: then equal numbers are one category. */
  readonly numeric: boolean
  /** The order of an ordinal scale whose names are no numbers, lowest first. */
  readonly order?: readonly string[] | undefined
}

/**
 * What a family on ratings opens: the collectors of one file, or of its groups, which share their
 * categories. `measure` gets the ratings of all raters, or of the two that were chosen.
 */
export function collectRatings(
  order: CategoryOrder,
  measure: (ratings: Ratings, named: NamedRatings) => Answer,
): ReturnType<Family['open']> {
  const raters = new Dictionary()
  const values = new Dictionary()
  return {
    collector() {
      const table = new RatingsTable(raters, values, order)
      let named: NamedRatings | undefined
      return {
        add: (row) => {
          table.add(row)
        },
        raters: () => raters.names(),
        measure(pair, onFault) {
          named ??= table.finish(onFault)
          const chosen = pair?.map((name) => raters.codeOf(name))
          return measure(
            chosen === undefined ? named.ratings : onlyRaters(named.ratings, chosen),
            named,
          )
        },
      }
    },
  }
}

/** Collects rows of item, rater and value: 16 bytes a rating, and each name once. */
export class RatingsTable {
  readonly #items = new Dictionary()
  readonly #raters: Dictionary
  readonly #values: Dictionary
  readonly #columns = { items: new IntColumn(), raters: new IntColumn(), values: new IntColumn() }
  readonly #lines = new IntColumn()
  readonly #order: CategoryOrder
  /** Value codes that have no place in the order: their rows are refused. */
  readonly #refused = new Map<number, string>()
  #checked = 0

  /** The dictionaries are shared between the groups of a file, so that all have the same categories. */
  constructor(raters: Dictionary, values: Dictionary, order: CategoryOrder) {
    this.#raters = raters
    this.#values = values
    this.#order = order
  }

  /** Takes a row whose columns 0, 1 and 2 are item, rater and value; an empty value is missing. */
  add(row: Row): void {
    if (!row.has(0)) throw new Refusal('the item is empty.')
    if (!row.has(1)) throw new Refusal('the rater is empty.')
    if (!row.has(2)) return
    const value = row.code(2, this.#values)
    this.#checkNew()
    const refusal = this.#refused.get(value)
    if (refusal !== undefined) throw new Refusal(refusal)
    this.#columns.items.push(row.code(0, this.#items))
    this.#columns.raters.push(row.code(1, this.#raters))
    this.#columns.values.push(value)
    this.#lines.push(row.line)
  }

  #checkNew(): void {
    for (; this.#checked < this.#values.size; this.#checked++) {
      const refusal = refusalOf(this.#values.name(this.#checked), this.#order)
      if (refusal !== undefined) this.#refused.set(this.#checked, refusal)
    }
  }

  /**
   * The ratings so far. A rater twice on one item is refused with the line, or handed to `onFault`
   * and the first rating kept.
   */
  finish(onFault?: (fault: LineFault) => void): NamedRatings {
    const names = this.#values.names()
    const { codes, categories } = arrange(names, this.#order)
    const { items, raters, values } = this.#columns
    const coded = values.values().map((value) => codes[value])
    const repeated = (row: number) => {
      const line = this.#lines.at(row)
      const message = 'this rater has rated this item before. Keep one of the two ratings.'
      if (onFault === undefined) throw refusalAt(line, message)
      onFault({ line, message })
    }
    return {
      ratings: ratingsFromColumns(
        { items: items.values(), raters: raters.values(), values: coded },
        { items: this.#items.size, raters: this.#raters.size, categories: categories.length },
        repeated,
      ),
      items: this.#items,
      raters: this.#raters.names(),
      categories,
      numbers: Float64Array.from(categories, (name) => (name === '' ? NaN : Number(name))),
    }
  }
}

function refusalOf(name: string, { numeric, order }: CategoryOrder): string | undefined {
  if (order !== undefined)
    return order.includes(name) ? undefined : 'the value is not in the order given.'
  if (!numeric || (name.trim() !== '' && Number.isFinite(Number(name)))) return undefined
  return 'the value is not a finite number. Name the order of the values, or choose a nominal statistic.'
}

/** Puts categories in order: as named, by number, or by name. Refused names get any code. */
function arrange(
  names: readonly string[],
  { numeric, order }: CategoryOrder,
): { codes: Int32Array; categories: string[] } {
  const key = (name: string) => (numeric && order === undefined ? String(Number(name)) : name)
  const known = names.map(key).filter((name) => name !== 'NaN' || !numeric)
  const categories = order === undefined ? [...new Set(known)].sort(byName) : [...order]
  const place = new Map(categories.map((name, k) => [name, k]))
  return { codes: Int32Array.from(names, (name) => place.get(key(name)) ?? 0), categories }
}

function byName(a: string, b: string): number {
  const [x, y] = [Number(a), Number(b)]
  if (Number.isFinite(x) && Number.isFinite(y) && x !== y) return x - y
  return a < b ? -1 : a > b ? 1 : 0
}
