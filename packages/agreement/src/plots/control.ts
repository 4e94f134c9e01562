import { type ChartPoint, type ControlChart } from '../charts/control.ts'
import {
  escapeText,
  frameOf,
  label,
  line,
  measured,
  outOfOrder,
  path,
  place,
  type Plot,
  svgDocument,
  text,
  ticks,
  verticalAxis,
} from './svg.ts'

const kinds: Readonly<Record<ControlChart['kind'], string>> = {
  p: 'Share nonconforming',
  c: 'Nonconformities',
  xbar: 'Mean',
}

/**
 * A control chart with its centre line, stepped limits, and points that signal as red diamonds with
 * the numbers of their rules. `names` stand below the points, in order.
 */
export function controlPlot(chart: ControlChart, names: readonly string[]): Plot {
  const { points, centre } = chart
  const values = points.flatMap(({ value, low, high }) => [value, low, high])
  const [least, most] = [Math.min(...values), Math.max(...values)]
  const space = (most - least || 1) * 0.08
  const width = Math.max(420, Math.min(1400, points.length * 22))
  const box = { left: 64, right: 64 + width, top: 48, bottom: 328 }
  const frame = frameOf(box, [-0.5, points.length - 0.5], [least - space, most + space])
  const limit = (of: (point: ChartPoint) => number) =>
    path(
      points.flatMap((point, k): [number, number][] => [
        [frame.x(k - 0.5), frame.y(of(point))],
        [frame.x(k + 0.5), frame.y(of(point))],
      ]),
      ' stroke="currentColor" stroke-opacity="0.6" stroke-dasharray="5 4"',
    )
  const every = Math.ceil(points.length / (width / 44))
  const last = points[points.length - 1]
  const parts = [
    ...verticalAxis(frame, ticks(least - space, most + space), kinds[chart.kind]),
    limit(({ low }) => low),
    limit(({ high }) => high),
    line(box.left, frame.y(centre), box.right, frame.y(centre), ' stroke-opacity="0.6"'),
    text(box.right + 6, frame.y(last.high) + 4, `upper ${label(rounded(last.high))}`),
    text(box.right + 6, frame.y(centre) + 4, `centre ${label(rounded(centre))}`),
    text(box.right + 6, frame.y(last.low) + 4, `lower ${label(rounded(last.low))}`),
    path(
      points.map(({ value }, k) => [frame.x(k), frame.y(value)]),
      ` stroke="${measured}" stroke-width="1.5"`,
    ),
    ...points.map((point, k) => mark(point, frame.x(k), frame.y(point.value), names.at(k) ?? '')),
    ...points.flatMap((_, k) =>
      k % every === 0
        ? [text(frame.x(k), box.bottom + 18, names.at(k) ?? String(k + 1), 'middle')]
        : [],
    ),
  ]
  const signalled = points.filter(({ signals }) => signals.length > 0).length
  const title = `Control chart of ${points.length} samples, ${signalled} with a signal`
  return {
    svg: svgDocument(box.right + 120, box.bottom + 32, title, parts),
    table: {
      columns: ['sample', 'value', 'lower limit', 'centre', 'upper limit', 'rules signalled'],
      rows: points.map(({ value, low, high, signals }, k) => [
        names.at(k) ?? String(k + 1),
        value,
        low,
        centre,
        high,
        signals.join(' '),
      ]),
    },
  }
}

function mark({ signals, value }: ChartPoint, x: number, y: number, name: string): string {
  const words = `<title>${escapeText(`${name}: ${label(value)}`)}</title>`
  if (signals.length === 0)
    return `<circle cx="${place(x)}" cy="${place(y)}" r="3" fill="${measured}">${words}</circle>`
  const diamond = `M${place(x)} ${place(y - 6)}L${place(x + 6)} ${place(y)}L${place(x)} ${place(y + 6)}L${place(x - 6)} ${place(y)}Z`
  return `<path d="${diamond}" fill="${outOfOrder}">${words}</path>\n${text(x, y - 11, signals.join(','), 'middle', ` fill="${outOfOrder}" font-size="11" font-weight="600"`)}`
}

function rounded(value: number): number {
  return +value.toPrecision(4)
}
