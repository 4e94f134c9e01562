import { bootstrapInterval, type Resampling } from './bootstrap.ts'
import { type Estimate } from './estimate.ts'
import { type MarkedItem, ratersOf, type Span } from './marked.ts'
import { Refusal } from './refusal.ts'

/**
 * When a found span counts as right. `strict`: same ends and label. `exact`: same ends, any label.
 * `partial`: overlapping, half a point unless the ends are the same. `type`: overlapping, same label.
 */
export type SpanMatch = 'strict' | 'exact' | 'partial' | 'type'

export const spanMatches: readonly SpanMatch[] = ['strict', 'exact', 'partial', 'type']

/** Counts in the terms of SemEval-2013 task 9.1: correct, incorrect, partial, missed, spurious. */
export interface SpanCounts {
  readonly correct: number
  readonly incorrect: number
  readonly partial: number
  readonly missed: number
  readonly spurious: number
}

export interface SpanScore extends Estimate {
  readonly precision: number | null
  readonly recall: number | null
  readonly counts: SpanCounts
}

/**
 * Counts matches of one item. Each span is used once: first those equal in ends and label, then those
 * equal in ends, then overlapping ones with the same label and then any, the largest overlap first.
 */
export function countSpans(
  reference: readonly Span[],
  found: readonly Span[],
  match: SpanMatch,
): SpanCounts {
  const counts = { correct: 0, incorrect: 0, partial: 0, missed: 0, spurious: 0 }
  const pairs = pairSpans(reference, found)
  for (const { same, label } of pairs) {
    if (match === 'strict') counts[same && label ? 'correct' : 'incorrect']++
    else if (match === 'exact') counts[same ? 'correct' : 'incorrect']++
    else if (match === 'partial') counts[same ? 'correct' : 'partial']++
    else counts[label ? 'correct' : 'incorrect']++
  }
  counts.missed = reference.length - pairs.length
  counts.spurious = found.length - pairs.length
  return counts
}

/** Two spans that were taken for one another. */
export interface SpanPair {
  readonly reference: Span
  readonly found: Span
  /** Whether the ends are the same, and whether the labels are. */
  readonly same: boolean
  readonly label: boolean
}

/** Pairs spans of two raters, each at most once, in the order that countSpans describes. */
export function pairSpans(reference: readonly Span[], found: readonly Span[]): SpanPair[] {
  const candidates: { r: number; f: number; rank: number; overlap: number }[] = []
  const order = [...found.keys()].sort((a, b) => found[a].start - found[b].start)
  const longest = found.reduce((most, { start, end }) => Math.max(most, end - start), 0)
  const starts = order.map((f) => found[f].start)
  reference.forEach((span, r) => {
    for (let k = firstFrom(starts, span.start - longest); k < order.length; k++) {
      const other = found[order[k]]
      if (other.start > span.end || (other.start === span.end && other.start > span.start)) break
      const overlap = Math.min(span.end, other.end) - Math.max(span.start, other.start)
      const same = span.start === other.start && span.end === other.end
      if (overlap <= 0 && !same) continue
      const label = span.label === other.label
      candidates.push({ r, f: order[k], overlap, rank: (same ? 0 : 2) + (label ? 0 : 1) })
    }
  })
  candidates.sort((a, b) => a.rank - b.rank || b.overlap - a.overlap || a.r - b.r || a.f - b.f)
  const usedReference = new Uint8Array(reference.length)
  const usedFound = new Uint8Array(found.length)
  const pairs: SpanPair[] = []
  for (const { r, f, rank } of candidates) {
    if (usedReference[r] === 1 || usedFound[f] === 1) continue
    usedReference[r] = 1
    usedFound[f] = 1
    pairs.push({
      reference: reference[r],
      found: found[f],
      same: rank < 2,
      label: rank % 2 === 0,
    })
  }
  return pairs
}

function firstFrom(sorted: readonly number[], value: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle] < value) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * Span F1 over items (SemEval-2013 task 9.1; as agreement between annotators: Hripcsak & Rothschild
 * 2005, JAMIA 12:296): 2·P·R / (P + R), from 0 to 1. With a `reference` every other rater is held
 * against it; without, every two raters are, and F1 is the same whichever of the two is the truth.
 * All matches are pooled. A rater who did not see an item has no entry for it; an empty list means
 * seen, nothing found. Not corrected for chance. The interval resamples items. Undefined where no
 * item was marked by two raters or no span exists.
 */
export function spanF1(
  items: readonly MarkedItem[],
  match: SpanMatch = 'strict',
  reference?: string,
  resampling: Resampling = {},
): SpanScore {
  if (!spanMatches.includes(match))
    throw new Refusal(`The match '${match}' is not known. Choose from ${spanMatches.join(', ')}.`)
  const counted: SpanCounts[] = []
  const used: MarkedItem[] = []
  for (const item of items) {
    const pairs = ratersCompared(item, reference)
    if (pairs.length === 0) continue
    used.push(item)
    counted.push(sumCounts(pairs.map(([a, b]) => countSpans(a, b, match))))
  }
  const total = sumCounts(counted)
  const score = scoreOf(total)
  const base = { n: used.length, raters: ratersOf(used).length, counts: total, ...score }
  if (score.value === null)
    return {
      ...base,
      interval: null,
      undefined:
        used.length === 0 ? 'No item was marked by two raters.' : 'No rater marked any span.',
    }
  const keys = ['correct', 'incorrect', 'partial', 'missed', 'spurious'] as const
  const interval = bootstrapInterval(
    new Float64Array(used.length).fill(1),
    (weights) => {
      const drawn = { correct: 0, incorrect: 0, partial: 0, missed: 0, spurious: 0 }
      weights.forEach((weight, k) => {
        if (weight > 0) for (const key of keys) drawn[key] += weight * counted[k][key]
      })
      return scoreOf(drawn).value
    },
    resampling,
  )
  return { ...base, interval }
}

/** Pairs of span lists to compare: against the reference, or every two raters. */
export function ratersCompared(
  item: MarkedItem,
  reference?: string,
): [readonly Span[], readonly Span[]][] {
  const entries = [...item.spans]
  if (reference === undefined)
    return entries.flatMap(([, one], k) =>
      entries.slice(k + 1).map(([, other]): [readonly Span[], readonly Span[]] => [one, other]),
    )
  const truth = item.spans.get(reference)
  if (truth === undefined) return []
  return entries.flatMap(([rater, spans]): [readonly Span[], readonly Span[]][] =>
    rater === reference ? [] : [[truth, spans]],
  )
}

function sumCounts(counts: readonly SpanCounts[]): SpanCounts {
  const sum = { correct: 0, incorrect: 0, partial: 0, missed: 0, spurious: 0 }
  for (const one of counts) {
    sum.correct += one.correct
    sum.incorrect += one.incorrect
    sum.partial += one.partial
    sum.missed += one.missed
    sum.spurious += one.spurious
  }
  return sum
}

function scoreOf(counts: SpanCounts): {
  value: number | null
  precision: number | null
  recall: number | null
} {
  const matched = counts.correct + 0.5 * counts.partial
  const paired = counts.correct + counts.incorrect + counts.partial
  const [possible, actual] = [paired + counts.missed, paired + counts.spurious]
  return {
    value: possible + actual > 0 ? (2 * matched) / (possible + actual) : null,
    precision: actual > 0 ? matched / actual : null,
    recall: possible > 0 ? matched / possible : null,
  }
}
