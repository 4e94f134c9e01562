import { type Ratings } from './ratings.ts'

/**
 * The distinct ways in which items were rated, and how many items were rated so. All coefficients
 * that do not ask who gave which rating depend on the ratings through this alone, and there are far
 * fewer patterns than items: five categories and four raters allow 126.
 *
 * Pattern p gave category `categories[k]` `counts[k]` times for k from `starts[p]` to
 * `starts[p + 1] − 1`, categories ascending.
 */
export interface Patterns {
  readonly starts: Int32Array
  readonly categories: Int32Array
  readonly counts: Int32Array
  /** Items of each pattern. */
  readonly multiplicities: Float64Array
  /** Ratings in each pattern. */
  readonly sizes: Int32Array
  readonly categoryCount: number
}

/** Counts the patterns in one pass over the ratings. Items without any rating are left out. */
export function countPatterns(ratings: Ratings): Patterns {
  const bits = Math.ceil(Math.log2(ratings.most + 1))
  const keyBits = bits * ratings.categoryCount
  // A histogram over packed count vectors is one addition per rating, where it is small enough.
  return keyBits <= 20 && 2 ** keyBits <= 1024 + 8 * ratings.starts.length
    ? unpack(packedHistogram(ratings, bits), bits, ratings.categoryCount)
    : hashedPatterns(ratings)
}

function packedHistogram(ratings: Ratings, bits: number): Int32Array {
  const { starts, values, categoryCount } = ratings
  const histogram = new Int32Array(2 ** (bits * categoryCount))
  const items = starts.length - 1
  let k = 0
  for (let item = 0; item < items; item++) {
    const end = starts[item + 1]
    let key = 0
    for (; k < end; k++) key += 1 << Math.imul(bits, values[k])
    histogram[key]++
  }
  return histogram
}

function unpack(histogram: Int32Array, bits: number, categoryCount: number): Patterns {
  const rows = new PatternRows()
  const mask = 2 ** bits - 1
  for (let key = 1; key < histogram.length; key++) {
    if (histogram[key] === 0) continue
    for (let c = 0; c < categoryCount; c++) {
      const count = (key >>> (bits * c)) & mask
      if (count > 0) rows.add(c, count)
    }
    rows.close(histogram[key])
  }
  return rows.finish(categoryCount)
}

/** The general way: sort each item's ratings, then look the counts up in a hash table. */
function hashedPatterns(ratings: Ratings): Patterns {
  const { starts, values, categoryCount } = ratings
  const rows = new PatternRows()
  let table = new Int32Array(1024).fill(-1)
  const scratch = new Int32Array(ratings.most)
  for (let item = 0; item + 1 < starts.length; item++) {
    const size = starts[item + 1] - starts[item]
    if (size === 0) continue
    copySorted(values, starts[item], size, scratch)
    for (let k = 0; k < size;) {
      const category = scratch[k]
      const from = k
      while (k < size && scratch[k] === category) k++
      rows.add(category, k - from)
    }
    const hash = rows.openHash()
    let slot = hash & (table.length - 1)
    while (table[slot] >= 0 && !rows.openEquals(table[slot])) slot = (slot + 1) & (table.length - 1)
    if (table[slot] >= 0) rows.countAgain(table[slot])
    else {
      table[slot] = rows.close(1)
      if (rows.length * 2 > table.length) table = rows.rehash(table.length * 4)
    }
  }
  return rows.finish(categoryCount)
}

/** Copies an item's ratings to the beginning of `into`, ascending. */
function copySorted(values: Int32Array, from: number, size: number, into: Int32Array): void {
  if (size > 32) {
    into.set(values.subarray(from, from + size))
    into.subarray(0, size).sort()
    return
  }
  for (let i = 0; i < size; i++) {
    const code = values[from + i]
    let j = i - 1
    for (; j >= 0 && into[j] > code; j--) into[j + 1] = into[j]
    into[j + 1] = code
  }
}

/** Grows the arrays of Patterns row by row; the last row may be open, and dropped again. */
class PatternRows {
  #categories = new Int32Array(256)
  #counts = new Int32Array(256)
  #starts = new Int32Array(64)
  #multiplicities = new Float64Array(64)
  #filled = 0
  length = 0

  add(category: number, count: number): void {
    if (this.#filled === this.#categories.length) {
      this.#categories = grown(this.#categories, new Int32Array(this.#filled * 2))
      this.#counts = grown(this.#counts, new Int32Array(this.#filled * 2))
    }
    this.#categories[this.#filled] = category
    this.#counts[this.#filled++] = count
  }

  /** Ends the open row and answers its number. */
  close(multiplicity: number): number {
    if (this.length + 1 === this.#starts.length) {
      this.#starts = grown(this.#starts, new Int32Array(this.#starts.length * 2))
      this.#multiplicities = grown(
        this.#multiplicities,
        new Float64Array(this.#multiplicities.length * 2),
      )
    }
    this.#multiplicities[this.length] = multiplicity
    this.#starts[this.length + 1] = this.#filled
    return this.length++
  }

  /** Counts an earlier row once more and drops the open one. */
  countAgain(row: number): void {
    this.#multiplicities[row]++
    this.#filled = this.#starts[this.length]
  }

  openHash(): number {
    return this.#hash(this.#starts[this.length], this.#filled)
  }

  openEquals(row: number): boolean {
    const from = this.#starts[row]
    const open = this.#starts[this.length]
    const size = this.#starts[row + 1] - from
    if (size !== this.#filled - open) return false
    for (let k = 0; k < size; k++)
      if (
        this.#categories[from + k] !== this.#categories[open + k] ||
        this.#counts[from + k] !== this.#counts[open + k]
      )
        return false
    return true
  }

  rehash(size: number): Int32Array<ArrayBuffer> {
    const table = new Int32Array(size).fill(-1)
    for (let row = 0; row < this.length; row++) {
      let slot = this.#hash(this.#starts[row], this.#starts[row + 1]) & (size - 1)
      while (table[slot] >= 0) slot = (slot + 1) & (size - 1)
      table[slot] = row
    }
    return table
  }

  finish(categoryCount: number): Patterns {
    const starts = this.#starts.slice(0, this.length + 1)
    const counts = this.#counts.slice(0, this.#filled)
    const sizes = new Int32Array(this.length)
    for (let row = 0; row < this.length; row++)
      for (let k = starts[row]; k < starts[row + 1]; k++) sizes[row] += counts[k]
    return {
      starts,
      categories: this.#categories.slice(0, this.#filled),
      counts,
      multiplicities: this.#multiplicities.slice(0, this.length),
      sizes,
      categoryCount,
    }
  }

  #hash(from: number, to: number): number {
    let hash = to - from
    for (let k = from; k < to; k++) {
      hash = Math.imul(hash ^ this.#categories[k], 0x85ebca6b)
      hash = Math.imul(hash ^ (hash >>> 15) ^ this.#counts[k], 0xc2b2ae35)
    }
    return (hash ^ (hash >>> 16)) >>> 0
  }
}

function grown<T extends Int32Array | Float64Array>(from: T, to: T): T {
  to.set(from)
  return to
}
