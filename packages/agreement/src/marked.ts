import { Refusal } from './refusal.ts'

/** A stretch of an item that a rater marked: characters, samples or seconds, end not included. */
export interface Span {
  readonly start: number
  readonly end: number
  readonly label: string
}

/** One item and what each rater marked in it; a rater who saw it and marked nothing has an empty list. */
export interface MarkedItem {
  /** Where the item ends; the last end of any span unless known. Items begin at `begin`, 0 unless said. */
  readonly length?: number | undefined
  readonly begin?: number | undefined
  readonly spans: ReadonlyMap<string, readonly Span[]>
}

/** Refuses a span that is reversed, empty or no number. */
export function checkSpan({ start, end }: Span): void {
  if (!Number.isFinite(start) || !Number.isFinite(end))
    throw new Refusal('a span needs a start and an end that are finite numbers.')
  if (end < start)
    throw new Refusal(`the span is reversed: it starts at ${start} and ends at ${end}.`)
  if (end === start)
    throw new Refusal(`the span at ${start} is empty: its end must be after its start.`)
}

/** The names of all raters, sorted. */
export function ratersOf(items: readonly MarkedItem[]): string[] {
  return [...new Set(items.flatMap(({ spans }) => [...spans.keys()]))].sort()
}

/** Where an item ends: its known length, or the last end of a span. */
export function endOf(item: MarkedItem): number {
  if (item.length !== undefined) return (item.begin ?? 0) + item.length
  let end = item.begin ?? 0
  for (const spans of item.spans.values()) for (const span of spans) end = Math.max(end, span.end)
  return end
}
