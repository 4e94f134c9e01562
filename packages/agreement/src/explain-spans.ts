import { type Estimate } from './estimate.ts'
import { chanceInWords } from './explain.ts'
import { type MarkedItem } from './marked.ts'
import { pairSpans, ratersCompared } from './spans.ts'

/** Where the disagreement on spans lies, over every two raters or against the reference. */
export interface SpanExplanation {
  readonly sentence: string
  /** Pairs of spans that agree, and the disagreements by kind. */
  readonly kinds: {
    readonly equal: number
    readonly otherEnds: number
    readonly otherLabel: number
    readonly otherEndsAndLabel: number
    readonly onlyOne: number
  }
  /** Labels taken for each other on overlapping spans; shares of all such confusions. */
  readonly confusions: readonly {
    readonly pair: readonly [string, string]
    readonly share: number
  }[]
  /** Items with the most disagreements, and the share of all that each carries. */
  readonly items: readonly { readonly item: string; readonly share: number }[]
}

const shown = 10

/**
 * Explains an agreement on spans. `chanceCorrected` says whether the estimate is one of gamma or
 * alpha, where 0 is chance, or a rate such as F1.
 */
export function explainSpans(
  items: readonly (MarkedItem & { readonly name: string })[],
  estimate: Estimate,
  chanceCorrected: boolean,
  reference?: string,
): SpanExplanation {
  const kinds = { equal: 0, otherEnds: 0, otherLabel: 0, otherEndsAndLabel: 0, onlyOne: 0 }
  const labels = new Map<string, { pair: [string, string]; count: number }>()
  const weights: { item: string; count: number }[] = []
  for (const item of items) {
    let disagreements = 0
    for (const [one, other] of ratersCompared(item, reference)) {
      const pairs = pairSpans(one, other)
      for (const { reference: mine, found: theirs, same, label } of pairs) {
        kinds[same ? (label ? 'equal' : 'otherLabel') : label ? 'otherEnds' : 'otherEndsAndLabel']++
        if (!same || !label) disagreements++
        if (label) continue
        const pair: [string, string] =
          mine.label < theirs.label ? [mine.label, theirs.label] : [theirs.label, mine.label]
        const found = labels.get(JSON.stringify(pair)) ?? { pair, count: 0 }
        found.count++
        labels.set(JSON.stringify(pair), found)
      }
      const alone = one.length + other.length - 2 * pairs.length
      kinds.onlyOne += alone
      disagreements += alone
    }
    if (disagreements > 0) weights.push({ item: item.name, count: disagreements })
  }
  const all = weights.reduce((sum, { count }) => sum + count, 0)
  const confused = [...labels.values()].sort((a, b) => b.count - a.count)
  const confusedAll = confused.reduce((sum, { count }) => sum + count, 0)
  const confusions = confused
    .slice(0, shown)
    .map(({ pair, count }) => ({ pair, share: count / confusedAll }))
  return {
    sentence: sentenceFor(estimate, chanceCorrected, kinds, confusions.at(0)),
    kinds,
    confusions,
    items: weights
      .sort((a, b) => b.count - a.count)
      .slice(0, shown)
      .map(({ item, count }) => ({ item, share: count / all })),
  }
}

function sentenceFor(
  estimate: Estimate,
  chanceCorrected: boolean,
  kinds: SpanExplanation['kinds'],
  first: SpanExplanation['confusions'][number] | undefined,
): string {
  if (estimate.value === null) return chanceInWords(estimate)
  const start = chanceCorrected
    ? chanceInWords(estimate)
    : `Annotators mark ${Math.round(estimate.value * 100)} of 100 spans alike`
  const reasons: [string, number][] = [
    ['spans that only one of them marked', kinds.onlyOne],
    ['where spans begin and end', kinds.otherEnds],
    ['the label', kinds.otherLabel],
    ['both ends and label', kinds.otherEndsAndLabel],
  ]
  reasons.sort((a, b) => b[1] - a[1])
  const all = reasons.reduce((sum, [, count]) => sum + count, 0)
  if (all === 0) return `${start}.`
  const [[reason, count]] = reasons
  const most = `most disagreement (${Math.round((count / all) * 100)} %) is about ${reason}`
  const labels =
    first === undefined ? '' : `; labels most often confused: ${first.pair.join(' and ')}`
  return `${start}; ${most}${labels}.`
}
