import { acceptanceProbability, operatingCharacteristic } from '../sampling/acceptance.ts'
import { type SamplingPlan } from '../sampling/plans.ts'
import {
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

/** The operating characteristic of a plan: how likely a lot is accepted, by its share of errors. */
export function operatingPlot({ sample, accept, aql }: SamplingPlan): Plot {
  const curve = operatingCharacteristic(sample, accept)
  const end = curve[curve.length - 1].p * 100
  const box = { left: 56, right: 576, top: 48, bottom: 328 }
  const frame = frameOf(box, [0, end], [0, 1])
  const atAql = acceptanceProbability(sample, accept, aql / 100)
  const parts = [
    ...verticalAxis(frame, [0, 0.2, 0.4, 0.6, 0.8, 1], 'Probability of acceptance'),
    ...ticks(0, end, 6).flatMap((tick) => [
      line(frame.x(tick), box.bottom, frame.x(tick), box.bottom + 5),
      text(frame.x(tick), box.bottom + 20, label(tick), 'middle'),
    ]),
    line(box.left, box.bottom, box.right, box.bottom),
    text(
      box.right,
      box.bottom + 40,
      'Nonconforming units in the lot, percent',
      'end',
      ' font-weight="600"',
    ),
    path(
      curve.map(({ p, accepted }) => [frame.x(p * 100), frame.y(accepted)]),
      ` stroke="${measured}" stroke-width="2.5"`,
    ),
    `<circle cx="${place(frame.x(aql))}" cy="${place(frame.y(atAql))}" r="5" fill="${outOfOrder}"/>`,
    text(
      frame.x(aql) + 12,
      frame.y(atAql) + 4,
      `AQL ${label(aql)} %: ${(atAql * 100).toFixed(1)} % accepted`,
    ),
  ]
  const title = `Inspect ${sample}, accept with ${accept} or fewer nonconforming`
  return {
    svg: svgDocument(box.right + 24, box.bottom + 56, title, parts),
    table: {
      columns: ['percent nonconforming', 'probability of acceptance'],
      rows: curve.map(({ p, accepted }) => [p * 100, accepted]),
    },
  }
}
