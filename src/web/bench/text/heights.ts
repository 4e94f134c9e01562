/** How tall rows are: guessed until measured, with the place of each from the top. */
export class Heights {
  readonly #heights: Float64Array
  readonly #tops: Float64Array
  #staleFrom = 0

  constructor(guesses: readonly number[]) {
    this.#heights = Float64Array.from(guesses)
    this.#tops = new Float64Array(guesses.length + 1)
  }

  get total(): number {
    return this.top(this.#heights.length)
  }

  /** The distance of a row from the top; of one past the last row: the whole height. */
  top(row: number): number {
    for (; this.#staleFrom < row; this.#staleFrom++)
      this.#tops[this.#staleFrom + 1] =
        (this.#tops[this.#staleFrom] ?? 0) + (this.#heights[this.#staleFrom] ?? 0)
    return this.#tops[row] ?? 0
  }

  /** Notes what a row measured. */
  measured(row: number, height: number): void {
    if (Math.abs((this.#heights[row] ?? 0) - height) < 0.5) return
    this.#heights[row] = height
    this.#staleFrom = Math.min(this.#staleFrom, row)
  }

  /** The row that stands at a distance from the top. */
  at(distance: number): number {
    let [low, high] = [0, this.#heights.length - 1]
    this.top(high)
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (this.top(middle) <= distance) low = middle
      else high = middle - 1
    }
    return low
  }
}
