import type { Row } from './rows.ts'

/** One part of a region in the text, in UTF-16 units. */
export interface Span {
  readonly id: string
  /** The label; empty when the region has none. */
  readonly name: string
  readonly from: number
  readonly to: number
  /** Whether this is the region's first part, which carries its name. */
  readonly first: boolean
}

/** A stretch of a row over which the same spans lie. */
export interface Segment {
  readonly from: number
  readonly to: number
  /** From the outermost to the innermost. */
  readonly spans: readonly LaidSpan[]
  /** Spans that begin here and show their name. */
  readonly begins: readonly LaidSpan[]
}

export interface LaidSpan extends Span {
  /** The underline's place below the text, 0 nearest; the same all along the span. */
  readonly lane: number
}

/** Outer before inner: by beginning, then the longer first, then by id. */
export function inOrder(left: Span, right: Span): number {
  return left.from - right.from || right.to - left.to || (left.id < right.id ? -1 : 1)
}

/** Gives each span the lowest lane that is free all along it. Spans must be in order. */
export function layLanes(spans: readonly Span[]): LaidSpan[] {
  const ends: number[] = []
  return spans.map((span) => {
    let lane = ends.findIndex((end) => end <= span.from)
    if (lane < 0) lane = ends.length
    ends[lane] = span.to
    return { ...span, lane }
  })
}

/** Cuts one row into segments at every edge of a span. `spans` are those that touch the row. */
export function segmentRow(row: Row, spans: readonly LaidSpan[]): Segment[] {
  if (row.from === row.shownTo) return []
  const edges = new Set([row.from, row.shownTo])
  for (const { from, to } of spans) {
    if (from > row.from && from < row.shownTo) edges.add(from)
    if (to > row.from && to < row.shownTo) edges.add(to)
  }
  const places = [...edges].sort((a, b) => a - b)
  // A sweep: the spans that lie over the present stretch, outermost first.
  const waiting = [...spans].sort(inOrder)
  let over: LaidSpan[] = []
  let next = 0
  const segments: Segment[] = []
  for (let n = 0; n + 1 < places.length; n++) {
    const [from = 0, to = 0] = places.slice(n, n + 2)
    over = over.filter((span) => span.to > from)
    const begins: LaidSpan[] = []
    for (let span = waiting[next]; span !== undefined && span.from <= from; span = waiting[++next])
      if (span.to > from) {
        over.push(span)
        if (span.from === from) begins.push(span)
      }
    segments.push({ from, to, spans: [...over], begins })
  }
  return segments
}
