import type { Item, Json } from '../model.ts'
import { isObject } from '../checked.ts'

/**
 * How a TSV file was laid out. What it says is in the annotation; this is only where it says it, so
 * that the same file can be written again. It stands in the item's `meta` under `webanno`.
 */
export interface Layout {
  /** The lines of the header that name layers, without `#T_`; undefined where they hold chains. */
  readonly layers: readonly string[] | undefined
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

/** A layout as two texts: lists of that length would be more than a stored item may hold. */
export function layoutJson({ layers = [], sentences }: Layout): Json {
  const lines = sentences.map(({ id = '', begin, end, rows }) => {
    const places = rows.map(({ from, to, isPart }) => `${isPart ? '.' : ''}${from}-${to}`)
    return `${id}\t${begin}-${end}\t${places.join(' ')}`
  })
  return { layers: layers.join('\n'), sentences: lines.join('\n') }
}

/** The layout that an item was read with, or undefined where there is none, or none that makes sense. */
export function layoutOf({ meta }: Item): Layout | undefined {
  const said = meta?.['webanno']
  if (!isObject(said)) return undefined
  const { layers, sentences } = said
  if (typeof layers !== 'string' || typeof sentences !== 'string') return undefined
  const lines = layers === '' ? [] : layers.split('\n')
  const isKnown = lines.every((line) => /^(SP|RL)=[\w.]+(\|[^\t]*)?$/.test(line))
  const laid: LaidSentence[] = []
  let last = 0
  for (const line of sentences.split('\n')) {
    const sentence = sentenceIn(line, last)
    if (sentence === undefined) return undefined
    laid.push(sentence)
    last = sentence.end
  }
  return { layers: isKnown ? lines : undefined, sentences: laid }
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
