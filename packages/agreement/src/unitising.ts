import { bootstrapInterval, type Resampling } from './bootstrap.ts'
import { type Estimate } from './estimate.ts'
import { endOf, type MarkedItem, ratersOf, type Span } from './marked.ts'
import { Refusal } from './refusal.ts'

export interface UnitisingEstimate extends Estimate {
  readonly observedDisagreement: number | null
  readonly expectedDisagreement: number | null
  /** The same coefficient for each label alone; null where nothing could disagree. */
  readonly categories: readonly { readonly category: string; readonly value: number | null }[]
}

/** Units and gaps of one label in one item, ready to be summed. */
interface LabelParts {
  readonly observed: Float64Array
  readonly unitItems: number[]
  readonly unitLengths: number[]
  readonly gapItems: number[]
  readonly gapLengths: number[]
}

/**
 * Krippendorff's alpha for unitising, αU (Krippendorff 1995, Sociological Methodology 25:47; formulas
 * of Content Analysis, 2nd ed. 2004, section 11.6): agreement on where units lie and what they are,
 * from raters who cut up the same continuum freely. 1 is perfect, 0 chance, below 0 systematic.
 *
 * Positions are whole numbers (characters, samples, milliseconds). Units of one label by one rater
 * must not overlap. With several items, lengths and disagreements add up, and every item is weighted
 * by the raters who saw it; items with one rater do not count. An empty list means seen, nothing
 * found. The interval resamples items. Undefined where no item has two raters or nobody marked anything.
 */
export function unitisingAlpha(
  items: readonly MarkedItem[],
  resampling: Resampling = {},
): UnitisingEstimate {
  const counted = items.filter(({ spans }) => spans.size > 1)
  const n = counted.length
  const raters = ratersOf(counted).length
  const nothing = { value: null, interval: null, n, raters, observedDisagreement: null }
  if (n === 0)
    return {
      ...nothing,
      undefined: 'No item was marked by two raters.',
      expectedDisagreement: null,
      categories: [],
    }
  const lengths = Float64Array.from(counted, (item) => endOf(item) - (item.begin ?? 0))
  const seen = Float64Array.from(counted, ({ spans }) => spans.size)
  const parts = partsByLabel(counted)
  const labels = [...parts.keys()].sort()
  const once = new Float64Array(n).fill(1)
  const sum = (weights: Float64Array, chosen: readonly string[]) => {
    let observed = 0
    let expected = 0
    for (const label of chosen) {
      const part = parts.get(label)
      if (part === undefined) continue
      const disagreement = disagreementOf(part, weights, lengths, seen)
      observed += disagreement.observed
      expected += disagreement.expected
    }
    return { observed, expected, value: expected > 0 ? 1 - observed / expected : null }
  }
  const { observed, expected, value } = sum(once, labels)
  const base = { n, raters, observedDisagreement: observed, expectedDisagreement: expected }
  const categories = labels.map((category) => ({ category, value: sum(once, [category]).value }))
  if (value === null)
    return {
      ...base,
      value,
      interval: null,
      undefined: 'Nothing was marked, so nothing could disagree.',
      categories,
    }
  const interval = bootstrapInterval(once, (weights) => sum(weights, labels).value, resampling)
  return { ...base, value, interval, categories }
}

function disagreementOf(
  part: LabelParts,
  weights: Float64Array,
  lengths: Float64Array,
  seen: Float64Array,
): { observed: number; expected: number } {
  let total = 0
  let rated = 0
  let observed = 0
  weights.forEach((weight, item) => {
    total += weight * lengths[item]
    rated += weight * lengths[item] * seen[item]
    observed += (weight * part.observed[item]) / (seen[item] - 1)
  })
  let units = 0
  let own = 0
  part.unitLengths.forEach((length, u) => {
    const weight = weights[part.unitItems[u]]
    units += weight
    own += weight * length * (length - 1)
  })
  let sum = 0
  // Units and gaps are both sorted by falling length: gaps at least as long as the unit form a prefix.
  let gap = 0
  let gapCount = 0
  let gapLength = 0
  part.unitLengths.forEach((l, u) => {
    for (; gap < part.gapLengths.length && part.gapLengths[gap] >= l; gap++) {
      const weight = weights[part.gapItems[gap]]
      gapCount += weight
      gapLength += weight * part.gapLengths[gap]
    }
    const weight = weights[part.unitItems[u]]
    const againstUnits = ((units - 1) / 3) * (2 * l ** 3 - 3 * l ** 2 + l)
    sum += weight * (againstUnits + l ** 2 * (gapLength - gapCount * (l - 1)))
  })
  const positions = rated * (rated - 1) - own
  return {
    observed: total > 0 ? observed / (rated * total) : 0,
    expected: positions > 0 ? ((2 / total) * sum) / positions : 0,
  }
}

function partsByLabel(items: readonly MarkedItem[]): Map<string, LabelParts> {
  const labels = new Set<string>()
  for (const { spans } of items)
    for (const list of spans.values()) for (const s of list) labels.add(s.label)
  const parts = new Map<string, LabelParts>()
  for (const label of labels) parts.set(label, partsOf(items, label))
  return parts
}

function partsOf(items: readonly MarkedItem[], label: string): LabelParts {
  const observed = new Float64Array(items.length)
  const units: { item: number; length: number }[] = []
  const gaps: { item: number; length: number }[] = []
  items.forEach((item, place) => {
    const byRater = [...item.spans.values()].map((spans) => unitsOf(spans, label))
    const end = endOf(item)
    for (const own of byRater) {
      let from = item.begin ?? 0
      for (const unit of own) {
        units.push({ item: place, length: unit.end - unit.start })
        if (unit.start > from) gaps.push({ item: place, length: unit.start - from })
        from = unit.end
      }
      if (end > from) gaps.push({ item: place, length: end - from })
    }
    for (let i = 1; i < byRater.length; i++)
      for (let j = 0; j < i; j++) observed[place] += 2 * differenceOf(byRater[i], byRater[j])
  })
  const falling = (a: { length: number }, b: { length: number }) => b.length - a.length
  units.sort(falling)
  gaps.sort(falling)
  return {
    observed,
    unitItems: units.map(({ item }) => item),
    unitLengths: units.map(({ length }) => length),
    gapItems: gaps.map(({ item }) => item),
    gapLengths: gaps.map(({ length }) => length),
  }
}

function unitsOf(spans: readonly Span[], label: string): Span[] {
  const own = spans.filter((span) => span.label === label).sort((a, b) => a.start - b.start)
  own.forEach((span, k) => {
    if (!Number.isInteger(span.start) || !Number.isInteger(span.end))
      throw new Refusal(
        `alpha for unitising counts whole positions; ${span.start} to ${span.end} is none. Convert to samples or milliseconds.`,
      )
    if (k > 0 && own[k - 1].end > span.start)
      throw new Refusal(
        `two units of one rater with the label '${label}' overlap at ${span.start}. Merge them, or use gamma.`,
      )
  })
  return own
}

/** Overlapping units: squared differences of both ends; a unit wholly in the other's gap: its length squared. */
function differenceOf(first: readonly Span[], second: readonly Span[]): number {
  let sum = 0
  const met = new Uint8Array(second.length)
  let from = 0
  for (const unit of first) {
    while (from < second.length && second[from].end <= unit.start) from++
    let alone = true
    for (let k = from; k < second.length && second[k].start < unit.end; k++) {
      sum += (unit.start - second[k].start) ** 2 + (unit.end - second[k].end) ** 2
      met[k] = 1
      alone = false
    }
    if (alone) sum += (unit.end - unit.start) ** 2
  }
  second.forEach((unit, k) => {
    if (met[k] === 0) sum += (unit.end - unit.start) ** 2
  })
  return sum
}
