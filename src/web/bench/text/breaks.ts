import { rowAt, type Row } from './rows.ts'

export type Unit = 'grapheme' | 'word' | 'sentence'

/** Rows whose breaks are kept: those around the caret, never the whole text. */
const keptRows = 64

/**
 * Where graphemes, words and sentences begin and end (Unicode Standard Annex 29, by Intl.Segmenter),
 * worked out row by row as the caret comes near.
 */
export class Breaks {
  readonly #text: string
  readonly #rows: readonly Row[]
  readonly #segmenters: Readonly<Record<Unit, Intl.Segmenter>>
  readonly #kept = new Map<string, readonly number[]>()

  constructor(text: string, rows: readonly Row[], language: string) {
    this.#text = text
    this.#rows = rows
    const make = (granularity: Unit) => new Intl.Segmenter(language, { granularity })
    this.#segmenters = {
      grapheme: make('grapheme'),
      word: make('word'),
      sentence: make('sentence'),
    }
  }

  /** The next stop after a place; a word's stops are its ends. The end of the text at the latest. */
  after(place: number, unit: Unit): number {
    for (let row = rowAt(this.#rows, place); row < this.#rows.length; row++)
      for (const [, to] of this.#segments(row, unit)) if (to > place) return to
    return this.#text.length
  }

  /** The last stop before a place; a word's stops are its beginnings. */
  before(place: number, unit: Unit): number {
    for (let row = rowAt(this.#rows, place); row >= 0; row--)
      for (const [from] of [...this.#segments(row, unit)].reverse()) if (from < place) return from
    return 0
  }

  /** The segment that holds a place; between two, the one that begins there or else ends there. */
  around(place: number, unit: Unit): readonly [from: number, to: number] {
    const row = rowAt(this.#rows, place)
    let touching: readonly [number, number] | undefined
    for (const segment of this.#segments(row, unit)) {
      if (segment[0] <= place && place < segment[1]) return segment
      if (segment[1] === place) touching = segment
    }
    return touching ?? [place, place]
  }

  /** A caret place: the nearest at or before which no grapheme is split. */
  snap(place: number): number {
    const [from, to] = this.around(place, 'grapheme')
    return place === to ? to : from
  }

  *#segments(row: number, unit: Unit): Generator<readonly [number, number]> {
    const flat = this.#breaksOf(row, unit)
    for (let at = 0; at + 1 < flat.length; at += 2) yield [flat[at] ?? 0, flat[at + 1] ?? 0]
  }

  #breaksOf(index: number, unit: Unit): readonly number[] {
    const name = `${unit} ${index}`
    const known = this.#kept.get(name)
    if (known !== undefined) return known
    const row = this.#rows[index]
    const flat: number[] = []
    if (row !== undefined)
      for (const { index: at, segment, isWordLike } of this.#segmenters[unit].segment(
        this.#text.slice(row.from, row.to),
      )) {
        if (unit === 'word' && isWordLike !== true) continue
        // A sentence ends where its last sign stands, not after the space behind it.
        const shown = unit === 'sentence' ? segment.trimEnd() : segment
        if (shown !== '') flat.push(row.from + at, row.from + at + shown.length)
      }
    if (this.#kept.size >= keptRows * 3) this.#kept.clear()
    this.#kept.set(name, flat)
    return flat
  }
}
