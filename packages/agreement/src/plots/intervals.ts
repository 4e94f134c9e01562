import { type Estimate } from '../estimate.ts'
import {
  frameOf,
  label,
  line,
  measured,
  place,
  type Plot,
  shorten,
  svgDocument,
  text,
  ticks,
} from './svg.ts'

/**
 * Values with their intervals, one line each: groups, pairs of raters or weeks. An undefined value has
 * its reason in words. `lines` are marked across, such as 0.8.
 */
export function intervalPlot(
  parts: readonly { readonly name: string; readonly estimate: Estimate }[],
  title: string,
  lines: readonly number[] = [],
): Plot {
  const numbers = parts.flatMap(({ estimate: { value, interval } }) =>
    value === null ? [] : [value, interval?.low ?? value, interval?.high ?? value],
  )
  const low = Math.min(0, ...numbers)
  const high = Math.max(1, ...numbers)
  const longest = Math.max(6, ...parts.map(({ name }) => Math.min(28, Array.from(name).length)))
  const box = {
    left: 24 + longest * 7,
    right: 24 + longest * 7 + 420,
    top: 44,
    bottom: 44 + parts.length * 26,
  }
  const frame = frameOf(box, [low, high], [0, 1])
  const drawn = [text(box.left, 20, title, 'start', ' font-weight="600"')]
  for (const tick of ticks(low, high))
    drawn.push(
      line(frame.x(tick), box.top - 6, frame.x(tick), box.bottom, ' stroke-opacity="0.15"'),
      text(frame.x(tick), box.bottom + 18, label(tick), 'middle'),
    )
  for (const mark of lines)
    drawn.push(
      line(frame.x(mark), box.top - 6, frame.x(mark), box.bottom, ' stroke-dasharray="4 4"'),
    )
  parts.forEach(({ name, estimate }, k) => {
    const y = box.top + k * 26 + 13
    drawn.push(text(box.left - 10, y + 4, shorten(name, 28), 'end'))
    if (estimate.value === null) {
      drawn.push(text(box.left + 6, y + 4, shorten(estimate.undefined ?? 'undefined', 60)))
      return
    }
    if (estimate.interval !== null) {
      const { low: from, high: to } = estimate.interval
      drawn.push(
        `<line x1="${place(frame.x(from))}" y1="${place(y)}" x2="${place(frame.x(to))}" y2="${place(y)}" stroke="${measured}" stroke-width="2"/>`,
      )
    }
    drawn.push(
      `<circle cx="${place(frame.x(estimate.value))}" cy="${place(y)}" r="4.5" fill="${measured}"/>`,
    )
  })
  return {
    svg: svgDocument(box.right + 24, box.bottom + 32, title, drawn),
    table: {
      columns: ['name', 'value', 'low', 'high', 'items'],
      rows: parts.map(({ name, estimate: { value, interval, n, undefined: reason } }) => [
        name,
        value ?? reason ?? 'undefined',
        interval?.low ?? '',
        interval?.high ?? '',
        n,
      ]),
    },
  }
}
