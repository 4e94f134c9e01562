import { compareSpeakers, diarisationErrorRate } from '../diarisation.ts'
import { explainSpans } from '../explain-spans.ts'
import { gamma } from '../gamma/gamma.ts'
import { checkSpan, endOf, type MarkedItem, ratersOf, type Span } from '../marked.ts'
import { Refusal } from '../refusal.ts'
import { pk, usualWindow, windowDiff, windowError } from '../segmentation.ts'
import { ratersCompared, spanF1, type SpanMatch, spanMatches } from '../spans.ts'
import { unitisingAlpha } from '../unitising.ts'
import {
  type Answer,
  chosenReference,
  type Family,
  type MeasureOptions,
  present,
} from './answer.ts'
import { type Row } from './row.ts'

const mostPlaces = 50_000_000

/** Agreement on spans, segments and turns: columns item, rater, start, end and, if there, label and length. */
export const markedFamily: Family = {
  metrics: ['krippendorff-alpha-unitising', 'gamma', 'span-f1', 'window-diff', 'pk', 'der'],
  required: ['item', 'rater', 'start', 'end'],
  optional: ['label', 'length'],
  open(options) {
    if (options.match !== undefined) matchFrom(options.match)
    const raters = new Set<string>()
    return {
      collector() {
        const items = new Map<string, { length: number | undefined; spans: Map<string, Span[]> }>()
        return {
          add: (row) => {
            addSpan(row, items, raters)
          },
          raters: () => [...raters],
          measure: (pair) => {
            const named = [...items].map(([name, item]) => ({ name, ...item }))
            const part = pair === undefined ? named : named.map((item) => only(item, pair))
            const answer = measureMarked(part, options, [...raters], pair)
            return explained(answer, part, options)
          },
        }
      },
    }
  },
}

/** Takes a row; one without start and end says that the rater saw the item and marked nothing. */
function addSpan(
  row: Row,
  items: Map<string, { length: number | undefined; spans: Map<string, Span[]> }>,
  raters: Set<string>,
): void {
  const [name, rater] = [row.text(0), row.text(1)]
  if (name === '') throw new Refusal('the item is empty.')
  if (rater === '') throw new Refusal('the rater is empty.')
  const marked = row.has(2) || row.has(3)
  const span = marked ? { start: row.number(2), end: row.number(3), label: row.text(4) } : undefined
  if (span !== undefined) checkSpan(span)
  if (span !== undefined && span.start < 0) throw new Refusal('a span must not start before 0.')
  const length = row.has(5) ? row.number(5) : undefined
  if (length !== undefined && span !== undefined && span.end > length)
    throw new Refusal(`the span ends at ${span.end}, after the item's length of ${length}.`)
  const item = items.get(name) ?? { length, spans: new Map<string, Span[]>() }
  item.length ??= length
  items.set(name, item)
  raters.add(rater)
  const own = item.spans.get(rater) ?? []
  if (span !== undefined) own.push(span)
  item.spans.set(rater, own)
}

function matchFrom(match: string): SpanMatch {
  const known = spanMatches.find((name) => name === match)
  if (known === undefined)
    throw new Refusal(`The match '${match}' is not known. Choose from ${spanMatches.join(', ')}.`)
  return known
}

/** Adds the explanation for the metrics that ask which spans are alike. */
function explained(
  answer: Answer,
  items: readonly (MarkedItem & { readonly name: string })[],
  options: MeasureOptions,
): Answer {
  const { explain, metric, reference } = options
  if (explain !== true || !['gamma', 'span-f1', 'krippendorff-alpha-unitising'].includes(metric))
    return answer
  const explanation = explainSpans(items, answer, metric !== 'span-f1', reference)
  return { ...answer, explanation }
}

function measureMarked(
  items: readonly MarkedItem[],
  options: MeasureOptions,
  raters: readonly string[],
  pair?: readonly [string, string],
): Answer {
  const resampling = present({
    replicates: options.replicates,
    seed: options.seed,
    confidence: options.confidence,
  })
  switch (options.metric) {
    case 'gamma': {
      const { alpha, beta, delta, precision } = options
      return { ...gamma(items, { ...resampling, ...present({ alpha, beta, delta, precision }) }) }
    }
    case 'span-f1': {
      const reference = options.reference
      if (reference !== undefined) chosenReference(reference, raters)
      const match = matchFrom(options.match ?? 'strict')
      const inPair = pair === undefined || pair.some((name) => name === reference)
      return { match, ...spanF1(items, match, inPair ? reference : undefined, resampling) }
    }
    case 'der': {
      const reference = chosenReference(options.reference, raters, pair)
      const { collar = 0, skipOverlap = false } = options
      const parts = items.flatMap((item) =>
        ratersCompared(item, reference).map(([truth, found]) =>
          compareSpeakers(truth, found, { collar, skipOverlap }),
        ),
      )
      const compared = ratersOf(items.filter(({ spans }) => spans.size > 1)).length
      return {
        reference,
        collar,
        skipOverlap,
        ...diarisationErrorRate(parts, compared, resampling),
      }
    }
    case 'window-diff':
    case 'pk':
      return segmentationError(items, options, resampling)
    default:
      return { ...unitisingAlpha(items, resampling) }
  }
}

function segmentationError(
  items: readonly MarkedItem[],
  options: MeasureOptions,
  resampling: { replicates?: number; seed?: number; confidence?: number },
): Answer {
  const measured = items.filter((item) => ratersCompared(item, options.reference).length > 0)
  const windows = new Set<number>()
  const counts = measured.map((item) => {
    let [differing, all] = [0, 0]
    const end = endOf(item)
    if (end > mostPlaces)
      throw new Refusal(`an item of ${end} units is too long; give whole units.`)
    for (const [truth, other] of ratersCompared(item, options.reference)) {
      const [mine, theirs] = [boundariesOf(truth, end), boundariesOf(other, end)]
      const window = options.window ?? usualWindow(mine)
      windows.add(window)
      const count = (options.metric === 'pk' ? pk : windowDiff)(mine, theirs, window)
      differing += count.differing
      all += count.windows
    }
    return { differing, windows: all }
  })
  const estimate = windowError(counts, ratersOf(measured).length, resampling)
  return { ...estimate, windows: [...windows].sort((a, b) => a - b).slice(0, 20) }
}

/** One place between every two units: a boundary where a segment starts or ends inside the item. */
function boundariesOf(spans: readonly Span[], end: number): Uint8Array {
  const places = new Uint8Array(Math.max(0, end - 1))
  for (const { start, end: stop } of spans)
    for (const edge of [start, stop]) {
      if (!Number.isInteger(edge)) throw new Refusal(`segments count whole units; ${edge} is none.`)
      if (edge > 0 && edge < end) places[edge - 1] = 1
    }
  return places
}

function only<T extends MarkedItem>(item: T, pair: readonly string[]): T {
  return {
    ...item,
    length: endOf(item),
    spans: new Map([...item.spans].filter(([r]) => pair.includes(r))),
  }
}
