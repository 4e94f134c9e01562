import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cChart, pChart, type RuleSet, xbarChart } from './control.ts'

const near = (actual: number | undefined, wanted: number, by = 1e-7) => {
  assert.ok(actual !== undefined && Math.abs(actual - wanted) <= by, `${actual} is not ${wanted}`)
}

// Orange juice cans of Montgomery, as in the R package qcc: nonconforming among fifty.
const orangeJuice = [
  12, 15, 8, 10, 4, 7, 16, 9, 14, 10, 5, 6, 17, 12, 22, 8, 10, 5, 13, 11, 20, 18, 24, 15, 9, 12, 7,
  13, 9, 6,
]

test('AG2 the p-chart of the orange juice cans has the published limits and signals', () => {
  const chart = pChart(orangeJuice, new Array<number>(30).fill(50))
  near(chart.centre, 0.2313333)
  near(chart.points[0]?.low, 0.05242755, 1e-8)
  near(chart.points[0]?.high, 0.4102391)
  const beyond = chart.points.flatMap(({ signals }, k) => (signals.includes(1) ? [k + 1] : []))
  assert.deepEqual(beyond, [15, 23])
})

test('AG2 c-chart and X-bar chart have the limits of their formulas', () => {
  // Montgomery, example 7.3: 26 samples with 516 nonconformities in all, 19.85 on average.
  const chart = cChart([
    21, 24, 16, 12, 15, 5, 28, 20, 31, 25, 20, 24, 16, 19, 10, 17, 13, 22, 18, 39, 30, 24, 16, 19,
    17, 15,
  ])
  near(chart.centre, 19.85, 0.005)
  near(chart.points[0]?.high, 33.22, 0.01)
  near(chart.points[0]?.low, 6.48, 0.01)
  assert.deepEqual(
    chart.points.flatMap(({ signals }, k) => (signals.includes(1) ? [k + 1] : [])),
    [6, 20],
  )
  // Samples of two have c4 = √(2/π); their standard deviation is |a − b| / √2.
  const xbar = xbarChart([
    [1, 3],
    [2, 4],
    [3, 3],
  ])
  near(xbar.centre, 8 / 3)
  const sigma = (2 * Math.SQRT2) / 3 / Math.sqrt(2 / Math.PI) / Math.SQRT2
  near(xbar.points[0]?.sigma, sigma)
})

/** The signals of points at these distances, on a chart whose centre and spread many pairs hold. */
function flags(z: number[], rules: RuleSet): string[] {
  const filler = Array.from({ length: 4000 }, (_, k) => (k % 2 === 0 ? [-1, 1] : [1, -1]))
  const base = xbarChart(filler, rules)
  const scale = base.points[0]!.sigma
  // One point beyond one sigma, then three on the line, end whatever runs the filler began.
  const before = [1.05, 0, 0, 0]
  const samples = [...before, ...z].map((x) => [x * scale - 1, x * scale + 1])
  const chart = xbarChart([...filler, ...samples], rules)
  return chart.points.slice(filler.length + before.length).map(({ signals }) => signals.join(' '))
}

test('AG19 the rules of Western Electric fire where they should and not before', () => {
  assert.deepEqual(flags([2.9, 3.2], 'western-electric'), ['', '1 2'])
  assert.deepEqual(flags([2.3, 0.1, 2.3], 'western-electric'), ['', '', '2'])
  assert.deepEqual(flags([2.3, -2.3, 0.1], 'western-electric'), ['', '', ''])
  assert.deepEqual(flags([1.2, 1.3, 0.2, 1.4, 1.2], 'western-electric').at(-1), '3')
  const run = new Array<number>(8).fill(0.5)
  assert.deepEqual(flags(run, 'western-electric'), [...new Array<string>(7).fill(''), '4'])
})

test('AG19 the rules of Nelson fire where they should and not before', () => {
  const rising = [-1.3, -0.8, -0.3, 0.2, 0.7, 0.9]
  assert.equal(flags(rising, 'nelson').at(-1), '3')
  assert.equal(flags([-0.9, ...rising.slice(1, 5), 0.4], 'nelson').at(-1), '')
  const alternating = Array.from({ length: 14 }, (_, k) => (k % 2 === 0 ? 1.1 : -0.2))
  assert.equal(flags(alternating, 'nelson').at(-1), '4')
  const nine = new Array<number>(9).fill(-0.4)
  assert.deepEqual(flags(nine, 'nelson').slice(-2), ['', '2'])
  const near = Array.from({ length: 15 }, (_, k) => (k % 3 === 0 ? -0.5 : 0.3))
  assert.equal(flags(near, 'nelson').at(-1), '7')
  const far = Array.from({ length: 8 }, (_, k) => (k % 3 === 0 ? -1.5 : 1.5))
  assert.match(flags(far, 'nelson').at(-1) ?? '', /8/)
})

test('AG6 counts and samples that cannot be are refused with their place', () => {
  assert.throws(() => pChart([3], [2]), /from 0 to 2/)
  assert.throws(() => pChart([3], []), /size of its sample/)
  assert.throws(() => cChart([]), /at least one sample/)
  assert.throws(() => cChart([1.5]), /whole number/)
  assert.throws(() => xbarChart([[1]]), /two measurements/)
  assert.throws(() => xbarChart([[1, NaN]]), /finite/)
})

test('AG5 a process without any spread gives no signal', () => {
  const chart = pChart(new Array<number>(20).fill(0), new Array<number>(20).fill(50), 'nelson')
  assert.equal(chart.centre, 0)
  assert.ok(chart.points.every(({ signals }) => !signals.includes(1)))
})
