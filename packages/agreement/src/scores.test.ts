import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { iccForms, intraclassCorrelation } from './icc.ts'
import { kendallTau, kendallW, spearmanRho } from './ranks.ts'
import { intersectionOverUnion, matchShapes, type Shape } from './shapes.ts'

const near = (actual: number | null | undefined, wanted: number, by = 1e-9) => {
  assert.ok(actual != null && Math.abs(actual - wanted) <= by, `${actual} is not ${wanted}`)
}
const none = { replicates: 0 }

// Shrout & Fleiss 1979, table 2: six targets, four judges.
const judges = [
  [9, 2, 5, 8],
  [6, 1, 3, 2],
  [8, 4, 6, 8],
  [7, 1, 2, 6],
  [10, 5, 6, 9],
  [6, 2, 4, 7],
]

test('AG2 ICC gives the six forms of Shrout and Fleiss 1979, and the intervals of its example', () => {
  const published = [0.1657, 0.2898, 0.7148, 0.4428, 0.6201, 0.9093]
  iccForms.forEach((form, k) => {
    near(intraclassCorrelation(judges, form).value, published[k]!, 0.00005)
  })
  const bounds: [(typeof iccForms)[number], number, number][] = [
    ['1,1', -0.1329, 0.7226],
    ['2,1', 0.0188, 0.7611],
    ['3,1', 0.3425, 0.9459],
  ]
  for (const [form, low, high] of bounds) {
    const { interval } = intraclassCorrelation(judges, form)
    near(interval?.low, low, 0.0005)
    near(interval?.high, high, 0.0005)
  }
})

test('AG5 ICC leaves incomplete items out and is undefined where nothing varies', () => {
  assert.equal(intraclassCorrelation([...judges, [1, null, 3, 4]], '2,1').n, 6)
  assert.match(
    intraclassCorrelation(
      [
        [3, 3],
        [3, 3],
      ],
      '3,1',
    ).undefined ?? '',
    /do not vary/,
  )
  assert.match(intraclassCorrelation([[3, 3]], '3,1').undefined ?? '', /Two items/)
  assert.match(intraclassCorrelation([], '3,1').undefined ?? '', /two raters/)
  near(
    intraclassCorrelation(
      [
        [1, 1],
        [2, 2],
        [5, 5],
      ],
      '2,1',
    ).value,
    1,
  )
  assert.throws(
    () =>
      intraclassCorrelation(
        [
          [1, Infinity],
          [2, 2],
        ],
        '2,1',
      ),
    /finite/,
  )
})

test('AG4 ICC 3 ignores a judge who scores higher throughout, ICC 2 does not', () => {
  const shifted = judges.map(([a, ...rest]) => [a! + 10, ...rest])
  near(
    intraclassCorrelation(shifted, '3,1').value,
    intraclassCorrelation(judges, '3,1').value ?? NaN,
  )
  const two = (scores: number[][]) => intraclassCorrelation(scores, '2,1').value ?? NaN
  assert.ok(two(shifted) < two(judges))
})

test('AG3 tau-b counted by sorting equals counting every pair', () => {
  const values = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 12, maxLength: 12 })
  fc.assert(
    fc.property(values, values, (x, y) => {
      let [net, untiedX, untiedY] = [0, 0, 0]
      for (let i = 0; i < 12; i++)
        for (let j = 0; j < i; j++) {
          const [a, b] = [Math.sign(x[i]! - x[j]!), Math.sign(y[i]! - y[j]!)]
          net += a * b
          untiedX += a * a
          untiedY += b * b
        }
      const { value } = kendallTau({ first: x, second: y }, none)
      if (untiedX * untiedY === 0) assert.equal(value, null)
      else near(value, net / Math.sqrt(untiedX * untiedY))
    }),
  )
})

test('AG2 Kendall and Spearman give textbook values, and 1 or −1 for equal or reversed order', () => {
  // Kendall & Gibbons 1990, Rank Correlation Methods: mathematics and music of ten students.
  const mathematics = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
  const music = [6, 5, 1, 4, 2, 7, 8, 10, 3, 9]
  near(kendallTau({ first: mathematics, second: music }, none).value, 0.3333, 0.0001)
  const d2 = mathematics.reduce((sum, m, k) => sum + (m - music[k]!) ** 2, 0)
  near(spearmanRho({ first: mathematics, second: music }, none).value, 1 - (6 * d2) / 990)
  const reversed = { first: [1, 2, 3, 4], second: [8, 7, 6, 5] }
  near(kendallTau(reversed, none).value, -1)
  near(spearmanRho(reversed, none).value, -1)
  assert.match(
    kendallTau({ first: [1, 1], second: [1, 2] }).undefined ?? '',
    /ranks all items alike/,
  )
  assert.match(spearmanRho({ first: [1, null], second: [1, 2] }).undefined ?? '', /Fewer than two/)
})

test('AG2 Kendall W is 1 for equal rankings, 0 for opposed ones, and (r̄·(m − 1) + 1) / m of Spearman', () => {
  near(
    kendallW(
      [
        [1, 1, 1],
        [2, 2, 2],
        [3, 3, 3],
      ],
      none,
    ).value,
    1,
  )
  near(
    kendallW(
      [
        [1, 3],
        [2, 2],
        [3, 1],
      ],
      none,
    ).value,
    0,
  )
  const table = [
    [1, 2, 1],
    [2, 1, 3],
    [3, 4, 2],
    [4, 3, 4],
  ]
  const column = (r: number) => table.map((row) => row[r]!)
  const rho = (a: number, b: number) =>
    spearmanRho({ first: column(a), second: column(b) }, none).value ?? NaN
  const mean = (rho(0, 1) + rho(0, 2) + rho(1, 2)) / 3
  near(kendallW(table, none).value, (mean * 2 + 1) / 3)
})

const box = (x: number, y: number, width: number, height: number): Shape => ({
  box: [x, y, width, height],
})
const asPolygon = ({
  box: [x, y, w, h],
}: {
  box: readonly [number, number, number, number]
}): Shape => ({
  polygon: [
    [x, y],
    [x + w, y],
    [x + w, y + h],
    [x, y + h],
  ],
})

test('AG3 the overlap of boxes by corners equals their overlap as polygons', () => {
  const anyBox = fc
    .tuple(
      ...[0, 1].map(() => fc.integer({ min: 0, max: 20 })),
      ...[0, 1].map(() => fc.integer({ min: 1, max: 15 })),
    )
    .map(([x, y, w, h]) => ({ box: [x!, y!, w!, h!] as const }))
  fc.assert(
    fc.property(anyBox, anyBox, (a, b) => {
      near(intersectionOverUnion(asPolygon(a), asPolygon(b)), intersectionOverUnion(a, b))
      near(intersectionOverUnion(asPolygon(a), b), intersectionOverUnion(a, b))
    }),
  )
})

test('AG2 the overlap of polygons is that of geometry, concave ones included', () => {
  const triangle: Shape = {
    polygon: [
      [0, 0],
      [4, 0],
      [0, 4],
    ],
  }
  near(intersectionOverUnion(triangle, box(0, 0, 2, 2)), 4 / 8)
  const ell: Shape = {
    polygon: [
      [0, 0],
      [4, 0],
      [4, 1],
      [1, 1],
      [1, 4],
      [0, 4],
    ],
  }
  near(intersectionOverUnion(ell, box(2, 2, 2, 2)), 0)
  near(intersectionOverUnion(ell, box(0, 0, 4, 4)), 7 / 16)
  const mirrored: Shape = {
    polygon: [
      [4, 0],
      [4, 4],
      [0, 0],
    ],
  }
  near(intersectionOverUnion(triangle, mirrored), 4 / 12)
})

test('AG2 shapes are matched one to one by largest overlap', () => {
  const shapes = (label: string, ...all: Shape[]) => all.map((shape) => ({ shape, label }))
  const first = shapes('cat', box(0, 0, 10, 10), box(20, 0, 10, 10))
  const second = [
    ...shapes('cat', box(1, 0, 10, 10)),
    ...shapes('dog', box(20, 0, 10, 10), box(50, 50, 5, 5)),
  ]
  const answer = matchShapes(first, second)
  assert.deepEqual(
    [answer.matched, answer.sameLabel, answer.onlyFirst, answer.onlySecond, answer.f1],
    [2, 1, 0, 1, 0.8],
  )
  near(answer.meanOverlap, (1 + 90 / 110) / 2)
  assert.equal(matchShapes([], []).f1, null)
})

test('AG6 shapes without area, with too few corners or no numbers are refused', () => {
  const good = box(0, 0, 1, 1)
  for (const bad of [
    box(0, 0, 0, 1),
    box(NaN, 0, 1, 1),
    {
      polygon: [
        [0, 0],
        [1, 1],
      ],
    },
    {
      polygon: [
        [0, 0],
        [1, 1],
        [2, 2],
      ],
    },
    {
      polygon: [
        [0, 0],
        [1, Infinity],
        [2, 2],
      ],
    },
  ] as Shape[])
    assert.throws(() => intersectionOverUnion(bad, good), /Refusal/)
  assert.throws(() => matchShapes([], [], 0), /threshold/)
})
