import { clusterStarts } from './graphemes-10.ts'

/**
 * What an offset into a text counts; `grapheme10` are the clusters of Unicode 10, as doccano counts
 * in its grapheme mode.
 */
export type Unit = 'codePoint' | 'utf16' | 'utf8' | 'grapheme' | 'grapheme10'

/**
 * Offsets of one text in Unicode code points, UTF-16 code units, UTF-8 bytes and grapheme
 * clusters (Unicode Standard Annex 29, as the runtime's `Intl.Segmenter` knows it). Each unit is
 * counted in one pass when it is first asked for; a text without astral characters needs no table
 * for UTF-16.
 */
export class TextIndex {
  readonly text: string
  /** Where each code point begins, then the length; undefined where it is the code point's own number. */
  readonly #utf16: Uint32Array | undefined
  readonly #codePoints: number
  // Few formats ask for these two, and they cost more than the rest.
  #utf8: Uint32Array | undefined
  #graphemes: Uint32Array | undefined
  #graphemes10: Uint32Array | undefined

  /** Refuses with a RangeError a text that holds half of a surrogate pair: it has no UTF-8. */
  constructor(text: string) {
    this.text = text
    this.#codePoints = text.length
    if (!/[\ud800-\udfff]/.test(text)) return
    const starts = new Uint32Array(text.length + 1)
    let count = 0
    let at = 0
    while (at < text.length) {
      const code = text.codePointAt(at) ?? 0
      if (code >= 0xd800 && code <= 0xdfff)
        throw new RangeError(`the text holds half of a surrogate pair at ${at}`)
      starts[count++] = at
      at += code > 0xffff ? 2 : 1
    }
    starts[count] = at
    this.#codePoints = count
    this.#utf16 = starts.subarray(0, count + 1)
  }

  /** The length of the text in a unit. */
  length(unit: Unit): number {
    if (unit === 'codePoint') return this.#codePoints
    const table = this.#table(unit)
    return table === undefined ? this.#codePoints : this.#last(table, unit)
  }

  /**
   * The same place counted in another unit, or undefined when the offset is past the end, is no
   * whole number, or falls inside a code point or (counting to or from graphemes) a cluster.
   */
  convert(offset: number, from: Unit, to: Unit): number | undefined {
    const codePoint = this.#toCodePoint(offset, from)
    return codePoint === undefined ? undefined : this.#fromCodePoint(codePoint, to)
  }

  /** The piece of the text between two code points. */
  slice(from: number, to: number): string {
    const table = this.#utf16
    return table === undefined
      ? this.text.slice(from, to)
      : this.text.slice(table[from] ?? this.text.length, table[to] ?? this.text.length)
  }

  #table(unit: Unit): Uint32Array | undefined {
    if (unit === 'utf16') return this.#utf16
    if (unit === 'codePoint') return undefined
    if (unit === 'utf8') {
      this.#utf8 ??= this.#countBytes()
      return this.#utf8
    }
    if (unit === 'grapheme10') {
      this.#graphemes10 ??= this.#starts(clusterStarts(this.text))
      return this.#graphemes10
    }
    this.#graphemes ??= this.#segment()
    return this.#graphemes
  }

  /** Bytes of UTF-8 before each code point, then all of them. */
  #countBytes(): Uint32Array {
    const places = new Uint32Array(this.#codePoints + 1)
    let count = 0
    let bytes = 0
    for (const character of this.text) {
      const code = character.codePointAt(0) ?? 0
      places[count++] = bytes
      bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
    }
    places[count] = bytes
    return places
  }

  /** Code points at which each cluster begins, then their number. */
  #segment(): Uint32Array {
    const starts: number[] = []
    for (const { index } of new Intl.Segmenter('und').segment(this.text)) starts.push(index)
    return this.#starts(starts)
  }

  /** These places in UTF-16 as code points, then the number of all. */
  #starts(utf16: readonly number[]): Uint32Array {
    const places = new Uint32Array(utf16.length + 1)
    for (const [place, at] of utf16.entries()) places[place] = this.#toCodePoint(at, 'utf16') ?? 0
    places[utf16.length] = this.#codePoints
    return places
  }

  #last(table: Uint32Array, unit: Unit): number {
    return isCluster(unit) ? table.length - 1 : (table[table.length - 1] ?? 0)
  }

  #toCodePoint(offset: number, unit: Unit): number | undefined {
    if (!Number.isInteger(offset) || offset < 0 || offset > this.length(unit)) return undefined
    const table = this.#table(unit)
    if (table === undefined) return offset
    return isCluster(unit) ? table[offset] : find(table, offset)
  }

  #fromCodePoint(codePoint: number, unit: Unit): number | undefined {
    const table = this.#table(unit)
    if (table === undefined) return codePoint
    return isCluster(unit) ? find(table, codePoint) : table[codePoint]
  }
}

function isCluster(unit: Unit): boolean {
  return unit === 'grapheme' || unit === 'grapheme10'
}

/** Where a number stands in an ascending table, or undefined. */
function find(table: Uint32Array, wanted: number): number | undefined {
  let low = 0
  let high = table.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    const found = table[middle] ?? 0
    if (found === wanted) return middle
    if (found < wanted) low = middle + 1
    else high = middle - 1
  }
  return undefined
}

/** The number of code points in a text. */
export function codePointsIn(text: string): number {
  let count = 0
  for (let at = 0; at < text.length; count++) at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1
  return count
}
