import { isObject } from './checked.ts'
import type { Item, Region } from './model.ts'
import type { LossCode, Losses } from './losses.ts'
import type { TextIndex } from './offsets.ts'

/** What a format may or may not have a place for, by the name of its loss. */
export type Feature = Extract<
  LossCode,
  | 'annotator'
  | 'answers'
  | 'attributes'
  | 'both-directions'
  | 'label-missing'
  | 'made-at'
  | 'meta'
  | 'predictions'
  | 'relations'
  | 'samples'
  | 'tiers'
  | 'transcripts'
  | 'turned-down'
  | 'unknown'
  | 'unlabelled'
>

/** Members of an item's `meta` that keep how its file was laid out, and what it said beyond the model. */
const layouts = ['webanno_layout', 'uima_layout']

/** The further details of an item but for its layout, which formats of other tools have no use for. */
export function withoutLayout({ meta = {} }: Item): NonNullable<Item['meta']> {
  return Object.fromEntries(Object.entries(meta).filter(([name]) => !layouts.includes(name)))
}

/** Notes that a format of another tool does not carry all that was in the file an item came from. */
export function noteLayout({ item_ref, meta }: Item, losses: Losses): void {
  if (saysMore(meta)) losses.note('unknown', item_ref)
}

/** True where the layout of a file holds something that the annotation does not. */
function saysMore(meta: Item['meta']): boolean {
  const layout = meta?.['uima_layout']
  return isObject(layout) && layout['left'] === true
}

/** Notes everything that an item says and the format does not carry. */
export function noteUncarried(item: Item, losses: Losses, carried: readonly Feature[]): void {
  const note = (feature: Feature, isThere: boolean, place = item.item_ref) => {
    if (isThere && !carried.includes(feature)) losses.note(feature, place)
  }
  const { annotation, source, by, made_at, prediction, turned_down, meta } = item
  note('annotator', by !== undefined)
  note('made-at', made_at !== undefined)
  note('predictions', prediction !== undefined)
  note('turned-down', turned_down !== undefined)
  note('meta', Object.keys(withoutLayout(item)).length > 0)
  note('unknown', saysMore(meta))
  note('unlabelled', annotation === undefined && turned_down === undefined)
  note('samples', source.kind === 'audio' && source.samples !== undefined)
  note('samples', source.kind === 'image' && source.width !== undefined)
  if (annotation === undefined) return
  const { regions, relations = [], answers = {} } = annotation
  note('answers', Object.keys(answers).length > 0)
  note('relations', relations.length > 0)
  note(
    'both-directions',
    relations.some(({ both }) => both === true),
  )
  note(
    'attributes',
    relations.some(({ attributes = {} }) => Object.keys(attributes).length > 0),
  )
  for (const { id, anchor, label, attributes = {}, transcripts = {} } of regions) {
    const place = `${item.item_ref}/${id}`
    note('label-missing', label === undefined, place)
    note('attributes', Object.keys(attributes).length > 0, place)
    note('transcripts', Object.keys(transcripts).length > 0, place)
    note('tiers', 'audio' in anchor && anchor.tier !== undefined, place)
  }
}

/** A region of text in one piece, in code points. */
export interface Span {
  readonly region: Region
  readonly label: string
  readonly from: number
  readonly to: number
}

/**
 * The labelled regions of text for a format that knows only spans in one piece: a region in several
 * becomes one span from first to last (`hull`) or one for each piece (`split`). Regions without a
 * label, and empty ones unless `keepEmpty`, are left out. Everything that changes is noted.
 */
export function spansOf(
  item: Item,
  losses: Losses,
  { pieces, keepEmpty = false }: { pieces: 'hull' | 'split'; keepEmpty?: boolean },
): Span[] {
  const spans: Span[] = []
  for (const region of item.annotation?.regions ?? []) {
    const place = `${item.item_ref}/${region.id}`
    const { anchor, label } = region
    if (!('text' in anchor)) {
      losses.note('kind', place)
      continue
    }
    // Regions without a label were noted with everything else that is left out.
    if (label === undefined) continue
    const [from, to] = [anchor.text[0]?.[0] ?? 0, anchor.text.at(-1)?.[1] ?? 0]
    if (from === to && !keepEmpty) losses.note('empty-region', place)
    else if (pieces === 'hull' || anchor.text.length === 1) {
      if (anchor.text.length > 1) losses.note('discontinuous-hull', place)
      spans.push({ region, label, from, to })
    } else {
      losses.note('discontinuous-split', place)
      for (const [start, end] of anchor.text) spans.push({ region, label, from: start, to: end })
    }
  }
  return spans
}

/** Spans of which no two share a character: of two that overlap the one that begins first stays. */
export function withoutOverlap(spans: readonly Span[], item: Item, losses: Losses): Span[] {
  const kept: Span[] = []
  for (const span of [...spans].sort((a, b) => a.from - b.from || b.to - a.to)) {
    if (span.from < (kept.at(-1)?.to ?? 0))
      losses.note('overlap', `${item.item_ref}/${span.region.id}`)
    else kept.push(span)
  }
  return kept
}

/** A stretch of text between white space, in code points. */
export interface Token {
  readonly from: number
  readonly to: number
}

/**
 * The tokens of a text: runs of anything but white space and punctuation, and each punctuation mark
 * alone; cut once more wherever a span begins or ends, so that every span is made of whole tokens.
 */
export function tokensOf(
  index: TextIndex,
  spans: readonly { from: number; to: number }[],
): Token[] {
  const cuts = new Set(spans.flatMap(({ from, to }) => [from, to]))
  const tokens: Token[] = []
  let at = 0
  let start: number | undefined
  const close = () => {
    if (start !== undefined && start < at) tokens.push({ from: start, to: at })
    start = undefined
  }
  for (const character of index.text) {
    if (cuts.has(at)) close()
    if (/\s/u.test(character)) close()
    else if (/[^\p{P}]/u.test(character)) start ??= at
    else {
      close()
      tokens.push({ from: at, to: at + 1 })
    }
    at++
  }
  close()
  return tokens
}
