import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pChart } from '../charts/control.ts'
import { samplingPlan } from '../sampling/plans.ts'
import { confusionPlot } from './confusion.ts'
import { controlPlot } from './control.ts'
import { intervalPlot } from './intervals.ts'
import { operatingPlot } from './operating.ts'
import { type Plot, ticks } from './svg.ts'

const estimate = (value: number | null, low = 0, high = 0) => ({
  value,
  ...(value === null && { undefined: 'No item has two ratings.' }),
  interval: value === null ? null : { low, high, confidence: 0.95, method: 'analytic' as const },
  n: 10,
  raters: 2,
})
const counts = [12, 15, 8, 10, 40, 7]
const all: [string, Plot][] = [
  [
    'confusion',
    confusionPlot(
      ['A<script>', 'B & "C"'],
      [
        [8, 1],
        [2, 6],
      ],
    ),
  ],
  [
    'intervals',
    intervalPlot(
      [
        { name: 'en', estimate: estimate(0.8, 0.7, 0.9) },
        { name: 'de', estimate: estimate(null) },
      ],
      'By language',
      [0.8],
    ),
  ],
  ['operating', operatingPlot(samplingPlan(2000, 1))],
  [
    'control',
    controlPlot(
      pChart(
        counts,
        counts.map(() => 50),
      ),
      counts.map((_, k) => `week ${k + 1}`),
    ),
  ],
]

/** Whether tags nest and close, attributes are quoted, and no text escapes. */
function assertWellFormed(svg: string): void {
  const open: string[] = []
  for (const [tag] of svg.matchAll(/<[^>]*>/g)) {
    const parts = /^<(\/?)([a-z]+)((?: [a-z0-9-]+(?::[a-z]+)?="[^"<]*")*)(\/?)>$/i.exec(tag)
    assert.ok(parts, tag)
    if (parts[1] === '/') assert.equal(open.pop(), parts[2])
    else if (parts[4] !== '/') open.push(parts[2]!)
  }
  assert.deepEqual(open, [])
  assert.doesNotMatch(svg.replace(/<[^>]*>/g, '').replace(/&(amp|lt|gt|quot);/g, ''), /[&<>]/)
}

for (const [name, { svg, table }] of all)
  test(`AG20 the ${name} plot is a whole SVG without style or script, and has its table`, () => {
    assertWellFormed(svg)
    assert.doesNotMatch(svg, /<script|<style|style=|NaN|undefined[^<]*"|Infinity/)
    assert.match(svg, /role="img" aria-label="[^"]+"/)
    assert.ok(table.rows.length > 0)
    for (const row of table.rows) assert.equal(row.length, table.columns.length)
  })

test('AG20 a signal is marked on the control chart and in its table', () => {
  const [, { svg, table }] = all[3]!
  assert.equal(svg.match(/#c53030" font-size/g)?.length, 1)
  assert.deepEqual(
    table.rows.map((row) => row[5]),
    ['', '', '', '', '1', ''],
  )
})

test('AG20 an undefined value shows its reason', () => {
  assert.match(all[1]![1].svg, /No item has two ratings\./)
  assert.equal(all[1]![1].table.rows[1]?.[1], 'No item has two ratings.')
})

test('AG20 axis marks are round numbers within the range', () => {
  assert.deepEqual(ticks(0, 1), [0, 0.2, 0.4, 0.6, 0.8, 1])
  assert.deepEqual(ticks(3, 3), [3])
})
