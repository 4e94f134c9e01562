/** A run of sequence numbers that never arrived, both ends included. */
export interface Gap {
  readonly from: number
  readonly to: number
}

/**
 * What is known of one controller's counter within one epoch. Every number up to `highest` has
 * arrived, but for those in `gaps` (ascending, apart from each other).
 */
export interface Stream {
  readonly controllerId: string
  readonly epoch: string
  readonly highest: number
  /** The latest moment, in milliseconds, that an event of this stream may claim to have passed. */
  readonly latest: number
  readonly gaps: readonly Gap[]
}

/** Past this many gaps the two oldest become one that also covers what arrived between them. */
const mostGaps = 1000

/** A stream of which nothing has arrived; it counts from 1. */
export function newStream(controllerId: string, epoch: string): Stream {
  return { controllerId, epoch, highest: 0, latest: -Infinity, gaps: [] }
}

/** How an arriving number relates to what came before, and the stream after it. */
export function take(
  stream: Stream,
  seq: number,
): { as: 'next' | 'ahead' | 'filling' | 'duplicate'; stream: Stream } {
  if (seq === stream.highest + 1) return { as: 'next', stream: { ...stream, highest: seq } }
  if (seq > stream.highest) {
    const gaps = [...stream.gaps, { from: stream.highest + 1, to: seq - 1 }]
    return { as: 'ahead', stream: { ...stream, highest: seq, gaps: merged(gaps) } }
  }
  if (!stream.gaps.some(({ from, to }) => from <= seq && seq <= to))
    return { as: 'duplicate', stream }
  return { as: 'filling', stream: closeGap(stream, { from: seq, to: seq }) }
}

/** Takes a range out of the gaps, because it arrived after all or because people explained it. */
export function closeGap(stream: Stream, range: Gap): Stream {
  const gaps = stream.gaps.flatMap(({ from, to }) =>
    range.to < from || to < range.from
      ? [{ from, to }]
      : [
          { from, to: Math.min(to, range.from - 1) },
          { from: Math.max(from, range.to + 1), to },
        ].filter((rest) => rest.from <= rest.to),
  )
  return { ...stream, gaps }
}

function merged(gaps: readonly Gap[]): readonly Gap[] {
  const [first, second, ...rest] = gaps
  if (gaps.length <= mostGaps || first === undefined || second === undefined) return gaps
  return [{ from: first.from, to: second.to }, ...rest]
}
