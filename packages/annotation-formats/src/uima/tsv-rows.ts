import { type Token, tokensOf } from '../leftovers.ts'
import { codePointsIn, type TextIndex } from '../offsets.ts'
import type { LayerSpan } from './layers.ts'
import type { LaidSentence } from './tsv-layout.ts'
import { type Sentence, textOfSentences } from './tsv-text.ts'

/** A row of the file: a token, a part of one, or an empty annotation after one. */
export interface Row {
  readonly name: string
  readonly token: Token
  readonly isPart: boolean
}

/** A sentence and its rows, offsets of rows in code points. */
export interface RowSentence {
  readonly id?: string
  readonly sentence: Sentence
  readonly rows: readonly Row[]
}

/** The rows that a text was read from; undefined where it fits them no more. */
export function laidRows(
  sentences: readonly LaidSentence[],
  index: TextIndex,
): RowSentence[] | undefined {
  const laid: RowSentence[] = []
  for (const [at, { id, begin, end, rows }] of sentences.entries()) {
    const of: Row[] = []
    let [token, part] = [0, 0]
    for (const { from, to, isPart } of rows) {
      const start = index.convert(from, 'utf16', 'codePoint')
      const stop = index.convert(to, 'utf16', 'codePoint')
      if (start === undefined || stop === undefined) return undefined
      if (isPart) part++
      else [token, part] = [token + 1, 0]
      const name = `${at + 1}-${token}${isPart ? `.${part}` : ''}`
      of.push({ name, token: { from: start, to: stop }, isPart })
    }
    const sentence = { begin, text: index.text.slice(begin, end) }
    laid.push({ ...(id === undefined ? {} : { id }), sentence, rows: of })
  }
  return textOfSentences(laid.map(({ sentence }) => sentence)) === index.text ? laid : undefined
}

/**
 * Divides a text into sentences, one a line, and rows, so that every span is made of whole ones.
 * Empty spans get a row after the token before them.
 */
export function dividedRows(index: TextIndex, spans: readonly LayerSpan[]): RowSentence[] {
  const tokens = tokensOf(index, spans)
  const empty = new EmptyRows(spans, tokens.at(-1)?.to ?? 0)
  const sentences: RowSentence[] = []
  let line: Token[] = []
  let start = 0
  const close = (end: number) => {
    if (line.length > 0) {
      const rows = empty.among(line, end, sentences.length + 1)
      const begin = index.convert(start, 'codePoint', 'utf16') ?? 0
      sentences.push({ sentence: { begin, text: index.slice(start, end) }, rows })
    }
    line = []
  }
  for (const token of tokens) {
    const before = line.at(-1)?.to ?? start
    const gap = index.slice(before, token.from)
    const cut = gap.lastIndexOf('\n')
    if (cut >= 0) {
      close(before + codePointsIn(gap.slice(0, gap.indexOf('\n'))))
      start = before + codePointsIn(gap.slice(0, cut + 1))
    }
    line.push(token)
  }
  const end = line.at(-1)?.to ?? 0
  const rest = index.slice(end, index.length('codePoint'))
  close(end + codePointsIn(rest.split('\n')[0] ?? ''))
  return sentences
}

/** Puts the places of empty spans among tokens. */
class EmptyRows {
  readonly #places: readonly number[]
  /** Where the last token of the text ends. */
  readonly #last: number
  /** Places before this one have their row. */
  #done = 0

  constructor(spans: readonly LayerSpan[], last: number) {
    const places = spans.filter(({ from, to }) => from === to).map(({ from }) => from)
    this.#places = [...new Set(places)].sort((a, b) => a - b)
    this.#last = last
  }

  /** The rows of a sentence of these tokens, which ends there. */
  among(tokens: readonly Token[], end: number, sentence: number): Row[] {
    const rows: Row[] = []
    for (const [place, token] of tokens.entries()) {
      const name = `${sentence}-${place + 1}`
      const isFirst = sentence === 1 && place === 0
      rows.push({ name, token, isPart: false })
      const until = tokens[place + 1]?.from ?? (token.to === this.#last ? Infinity : end + 1)
      for (let part = 1; (this.#places[this.#done] ?? Infinity) < until; this.#done++) {
        const at = this.#places[this.#done] ?? 0
        if (at >= token.from || isFirst)
          rows.push({ name: `${name}.${part++}`, token: { from: at, to: at }, isPart: true })
      }
    }
    return rows
  }
}

/** The place of the first row that ends after there. */
export function firstAfter(rows: readonly Row[], from: number): number {
  let low = 0
  let high = rows.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((rows[middle]?.token.to ?? Infinity) <= from) low = middle + 1
    else high = middle
  }
  return low
}
