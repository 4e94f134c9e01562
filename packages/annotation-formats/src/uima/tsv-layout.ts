import type { Item, Json } from '../model.ts'
import { isObject } from '../checked.ts'

/**
 * How a TSV file was laid out. What it says is in the annotation; this is only where it says it, so
 * that the same file can be written again. It stands in the item's `meta` under `webanno_layout`.
 */
export interface Layout {
  /** The lines of the header that name layers, without `#T_`. */
  readonly layers: readonly string[]
  /**
   * By the ids of regions, the numbers that tell annotations on a row apart, and the places of
   * elements in their chains, such as `2-1`.
   */
  readonly numbers: ReadonlyMap<string, string>
  readonly sentences: readonly LaidSentence[]
}

/** A sentence and its rows, with offsets in UTF-16. */
export interface LaidSentence {
  readonly id?: string
  readonly begin: number
  readonly end: number
  readonly rows: readonly LaidRow[]
}

/** A token, or a part of the token before it. */
export interface LaidRow {
  readonly from: number
  readonly to: number
  readonly isPart: boolean
}

/** The longest text that a stored item may hold. */
const longest = 10_000_000

/**
 * A layout as texts: lists of that length would be more than a stored item may hold. Undefined where
 * even the texts would be. `numbers`: each as `id=number`; `sentences`: each as its id, a tab, its
 * place, a tab, and the places of its rows with a point before those that are parts of a token.
 */
export function layoutJson(
  layers: readonly string[],
  numbers: readonly string[],
  sentences: readonly string[],
): Json | undefined {
  const said = {
    layers: layers.join('\n'),
    numbers: numbers.join(' '),
    sentences: sentences.join('\n'),
  }
  return Object.values(said).every((text) => text.length <= longest) ? said : undefined
}

/** The layout that an item was read with, or undefined where there is none, or none that makes sense. */
export function layoutOf({ meta }: Item): Layout | undefined {
  const said = meta?.['webanno_layout']
  if (!isObject(said)) return undefined
  const { layers, numbers = '', sentences } = said
  if (typeof layers !== 'string' || typeof numbers !== 'string' || typeof sentences !== 'string')
    return undefined
  const lines = layers === '' ? [] : layers.split('\n')
  const isKnown = lines.every((line) => /^(SP|RL|CH)=[\w.]+(\|[^\t]*)?$/.test(line))
  const laid: LaidSentence[] = []
  let last = 0
  for (const line of sentences.split('\n')) {
    const sentence = sentenceIn(line, last)
    if (sentence === undefined) return undefined
    laid.push(sentence)
    last = sentence.end
  }
  return { layers: isKnown ? lines : [], numbers: numbersIn(numbers), sentences: laid }
}

function numbersIn(text: string): Map<string, string> {
  const numbers = new Map<string, string>()
  for (const each of text.split(' ')) {
    const [, id, number] = /^([^=]+)=([1-9]\d{0,8}(?:-[1-9]\d{0,8})?)$/.exec(each) ?? []
    if (id !== undefined && number !== undefined) numbers.set(id, number)
  }
  return numbers
}

function sentenceIn(line: string, last: number): LaidSentence | undefined {
  const [id = '', place = '', rows = '', ...more] = line.split('\t')
  const whole = placeIn(place)
  if (whole === undefined || whole.from < last || more.length > 0) return undefined
  const laid: LaidRow[] = []
  let token = { from: whole.from, to: whole.from }
  for (const text of rows.split(' ')) {
    const isPart = text.startsWith('.')
    const row = placeIn(isPart ? text.slice(1) : text)
    if (row === undefined) return undefined
    if (isPart ? laid.length === 0 : row.from < token.to || row.to > whole.to) return undefined
    if (!isPart) token = row
    laid.push({ ...row, isPart })
  }
  return { ...(id === '' ? {} : { id }), begin: whole.from, end: whole.to, rows: laid }
}

function placeIn(text: string): { from: number; to: number } | undefined {
  const [, one, other] = /^(\d{1,9})-(\d{1,9})$/.exec(text) ?? []
  const [from, to] = [Number(one), Number(other)]
  return one === undefined || to < from ? undefined : { from, to }
}
