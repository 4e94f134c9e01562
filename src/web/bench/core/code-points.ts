/**
 * Converts between UTF-16 units, which the browser counts in, and code points, which annotations
 * are kept in. Built in one pass; memory is proportional to the characters outside the BMP.
 */
export class CodePoints {
  /** UTF-16 places of the first halves of all surrogate pairs. */
  readonly #pairs: Uint32Array

  constructor(text: string) {
    const pairs: number[] = []
    for (let at = 0; at + 1 < text.length; at++)
      if (
        (text.charCodeAt(at) & 0xfc00) === 0xd800 &&
        (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00
      )
        pairs.push(at++)
    this.#pairs = Uint32Array.from(pairs)
  }

  /** The number of code points that begin before a UTF-16 place but not inside a pair. */
  fromUnits(units: number): number {
    return units - this.#firstPair((pair) => pair + 1 >= units)
  }

  /** The UTF-16 place before which that many code points stand. */
  toUnits(points: number): number {
    return points + this.#firstPair((pair, index) => pair - index >= points)
  }

  #firstPair(past: (pair: number, index: number) => boolean): number {
    let [low, high] = [0, this.#pairs.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (past(this.#pairs[middle] ?? 0, middle)) high = middle
      else low = middle + 1
    }
    return low
  }
}
