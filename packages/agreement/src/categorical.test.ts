import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { krippendorffAlpha, type Level } from './krippendorff.ts'
import { manyRaterAgreement, type ManyRaterCoefficient } from './many-raters.ts'
import { masiDistance } from './masi.ts'
import { type Ratings, ratingsFromColumns, ratingsFromTable } from './ratings.ts'
import { Refusal } from './refusal.ts'
import { seededChance } from './random.ts'
import { confusionFromTable, confusionOf, twoRaterAgreement } from './two-raters.ts'
import { categoryWeights, identityWeights, type WeightName, weightNames } from './weights.ts'

interface Expectation {
  metric: string
  level?: 'nominal' | 'ordinal' | 'interval' | 'ratio'
  weights?: WeightName
  value: number
  observed?: number
  standardError?: number
  low?: number
  high?: number
}
interface Vector {
  source: string
  tolerance?: number
  values: number[]
  items?: (number | null)[][]
  counts?: number[][]
  table?: number[][]
  expect: Expectation[]
}
const vectors = JSON.parse(
  readFileSync(new URL('../vectors/categorical.json', import.meta.url), 'utf8'),
) as Vector[]

function tableOf(vector: Vector): (number | null)[][] {
  if (vector.items)
    return vector.items.map((row) => row.map((v) => (v === null ? null : vector.values.indexOf(v))))
  if (vector.counts)
    return vector.counts.map((row) => row.flatMap((count, c) => new Array<number>(count).fill(c)))
  return vector.table!.flatMap((row, k) =>
    row.flatMap((count, l) => Array.from({ length: count }, () => [k, l])),
  )
}

const none = { replicates: 0 }
const levelOf = (name: Expectation['level'], values: number[]): Level =>
  name === 'interval' || name === 'ratio' ? { name, values } : { name: name ?? 'nominal' }

for (const vector of vectors)
  for (const expected of vector.expect)
    test(`AG2 ${expected.metric} ${expected.level ?? expected.weights ?? ''} reproduces ${vector.source}`, () => {
      const ratings = ratingsFromTable(tableOf(vector), vector.values.length)
      const near = (actual: number | null | undefined, wanted: number) => {
        assert.ok(
          actual != null && Math.abs(actual - wanted) <= (vector.tolerance ?? 1e-9),
          `${actual}`,
        )
      }
      if (expected.metric === 'krippendorff-alpha') {
        near(
          krippendorffAlpha(ratings, levelOf(expected.level, vector.values), none).value,
          expected.value,
        )
        return
      }
      const weights = categoryWeights(expected.weights ?? 'identity', vector.values)
      const answer = vector.table
        ? twoRaterAgreement(
            confusionFromTable(vector.table),
            expected.metric as 'cohen-kappa',
            weights,
          )
        : manyRaterAgreement(ratings, expected.metric as ManyRaterCoefficient, weights)
      near(answer.value, expected.value)
      if (expected.observed !== undefined) near(answer.observed, expected.observed)
      if (expected.standardError !== undefined) near(answer.standardError, expected.standardError)
      if (expected.low !== undefined) near(answer.interval?.low, expected.low)
      if (expected.high !== undefined) near(answer.interval?.high, expected.high)
    })

// Slow direct formulas over all pairs, as they stand in the papers, to hold the fast ones against.

function alphaByPairs(
  table: (number | null)[][],
  distance: (a: number, b: number, n: number[]) => number,
) {
  const units = table
    .map((row) => row.filter((v): v is number => v !== null))
    .filter((u) => u.length > 1)
  const all = units.flat()
  const totals = Array.from({ length: 10 }, (_, c) => all.filter((v) => v === c).length)
  let observed = 0
  for (const unit of units)
    for (let i = 0; i < unit.length; i++)
      for (let j = 0; j < unit.length; j++)
        if (i !== j) observed += distance(unit[i]!, unit[j]!, totals) / (unit.length - 1)
  let expected = 0
  for (let i = 0; i < all.length; i++)
    for (let j = 0; j < all.length; j++) if (i !== j) expected += distance(all[i]!, all[j]!, totals)
  expected /= all.length - 1
  return expected === 0 ? null : 1 - observed / expected
}

const distances: [Expectation['level'], (a: number, b: number, n: number[]) => number][] = [
  ['nominal', (a, b) => (a === b ? 0 : 1)],
  ['interval', (a, b) => (a - b) ** 2],
  ['ratio', (a, b) => (a + b === 0 ? 0 : ((a - b) / (a + b)) ** 2)],
  [
    'ordinal',
    (a, b, n) => {
      const [low, high] = a < b ? [a, b] : [b, a]
      const between = n.slice(low, high + 1).reduce((sum, count) => sum + count, 0)
      return (between - (n[low]! + n[high]!) / 2) ** 2
    },
  ],
]
const anyTable = fc.array(
  fc.array(fc.option(fc.integer({ min: 0, max: 6 }), { freq: 4 }), { minLength: 4, maxLength: 4 }),
  { minLength: 1, maxLength: 12 },
)
const scale = [0, 1, 2, 3, 4, 5, 6]

function same(a: number | null, b: number | null): void {
  if (a === null || b === null) assert.equal(a, b)
  else assert.ok(Math.abs(a - b) < 1e-9, `${a} is not ${b}`)
}

for (const [name, distance] of distances)
  test(`AG3 alpha at level ${name} equals the sum over all pairs`, () => {
    fc.assert(
      fc.property(anyTable, (table) => {
        const fast = krippendorffAlpha(ratingsFromTable(table, 7), levelOf(name, scale), none)
        same(fast.value, alphaByPairs(table, distance))
      }),
    )
  })

test('AG3 packed and hashed counting of patterns give the same alpha', () => {
  const chance = seededChance(7)
  const table = Array.from({ length: 4000 }, () => {
    const right = chance.below(3)
    return [0, 1, 2].map(() => (chance.uniform() < 0.7 ? right : chance.below(3)))
  })
  const packed = krippendorffAlpha(ratingsFromTable(table, 3), { name: 'nominal' }, none)
  const hashed = krippendorffAlpha(ratingsFromTable(table, 3000), { name: 'nominal' }, none)
  assert.deepEqual(packed, hashed)
})

const coefficients: ManyRaterCoefficient[] = [
  'fleiss-kappa',
  'conger-kappa',
  'gwet-ac',
  'brennan-prediger',
]
const all = (ratings: Ratings) => [
  krippendorffAlpha(ratings, { name: 'nominal' }, none).value,
  krippendorffAlpha(ratings, { name: 'ordinal' }, none).value,
  ...coefficients.map(
    (c) => manyRaterAgreement(ratings, c, categoryWeights('linear', scale)).value,
  ),
]

test('AG4 the order of items and raters changes nothing', () => {
  fc.assert(
    fc.property(anyTable, fc.integer(), (table, seed) => {
      const chance = seededChance(seed)
      const shuffled = (length: number) =>
        Array.from({ length }, (_, k) => [chance.uniform(), k] as const)
          .sort((a, b) => a[0] - b[0])
          .map(([, k]) => k)
      const columns = shuffled(4)
      const mixed = shuffled(table.length).map((i) => columns.map((j) => table[i]![j]!))
      const [before, after] = [all(ratingsFromTable(table, 7)), all(ratingsFromTable(mixed, 7))]
      before.forEach((value, k) => {
        same(value, after[k]!)
      })
    }),
  )
})

test('AG4 renaming categories changes no nominal coefficient', () => {
  fc.assert(
    fc.property(anyTable, (table) => {
      const renamed = table.map((row) => row.map((v) => (v === null ? null : (v * 3 + 2) % 7)))
      const [a, b] = [ratingsFromTable(table, 7), ratingsFromTable(renamed, 7)]
      same(
        krippendorffAlpha(a, { name: 'nominal' }, none).value,
        krippendorffAlpha(b, { name: 'nominal' }, none).value,
      )
      for (const c of coefficients)
        same(
          manyRaterAgreement(a, c, identityWeights(7)).value,
          manyRaterAgreement(b, c, identityWeights(7)).value,
        )
    }),
  )
})

test('AG4 raters who all agree reach exactly 1, and only then', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 2, maxLength: 30 }),
      (truth) => {
        fc.pre(new Set(truth).size > 1)
        const perfect = ratingsFromTable(
          truth.map((v) => [v, v, v]),
          7,
        )
        for (const value of all(perfect)) same(value, 1)
        const spoilt = truth.map((v, i) => [v, v, i === 0 ? (v + 1) % 7 : v])
        for (const value of all(ratingsFromTable(spoilt, 7))) assert.ok(value !== null && value < 1)
      },
    ),
  )
})

test('AG4 a perfect copy of a rater never lowers the observed agreement of two', () => {
  fc.assert(
    fc.property(anyTable, (table) => {
      const two = table.map((row) => [row[0]!, row[1]!])
      const copied = two.map((row) => [...row, row[0]!])
      const before = manyRaterAgreement(
        ratingsFromTable(two, 7),
        'fleiss-kappa',
        identityWeights(7),
      )
      const after = manyRaterAgreement(
        ratingsFromTable(copied, 7),
        'fleiss-kappa',
        identityWeights(7),
      )
      if (before.observed !== null) assert.ok((after.observed ?? 0) >= before.observed - 1e-12)
    }),
  )
})

test('AG4 for two raters Conger is Cohen, and Fleiss is Scott', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 })), {
        minLength: 2,
      }),
      (rows) => {
        const ratings = ratingsFromTable(rows, 4)
        const confusion = confusionOf(ratings, 0, 1)
        for (const name of weightNames) {
          const weights = categoryWeights(name, [0, 1, 2, 3])
          same(
            manyRaterAgreement(ratings, 'conger-kappa', weights).value,
            twoRaterAgreement(confusion, 'cohen-kappa', weights).value,
          )
          same(
            manyRaterAgreement(ratings, 'fleiss-kappa', weights).value,
            twoRaterAgreement(confusion, 'scott-pi', weights).value,
          )
          same(
            manyRaterAgreement(ratings, 'gwet-ac', weights).value,
            twoRaterAgreement(confusion, 'gwet-ac', weights).value,
          )
        }
      },
    ),
  )
})

test('AG4 random raters come near 0', () => {
  const chance = seededChance(11)
  const table = Array.from({ length: 20_000 }, () => [
    chance.below(4),
    chance.below(4),
    chance.below(4),
  ])
  for (const value of all(ratingsFromTable(table, 7)).slice(0, 4))
    assert.ok(value !== null && Math.abs(value) < 0.02, `${value}`)
})

test('AG5 without an item that two raters share the answer is null with the reason', () => {
  const ratings = ratingsFromTable(
    [
      [0, null],
      [null, 1],
    ],
    2,
  )
  const alpha = krippendorffAlpha(ratings, { name: 'nominal' })
  assert.deepEqual([alpha.value, alpha.undefined], [null, 'No item has two ratings.'])
  for (const c of coefficients)
    assert.equal(
      manyRaterAgreement(ratings, c, identityWeights(2)).undefined,
      'No item has two ratings.',
    )
  const kappa = twoRaterAgreement(confusionOf(ratings, 0, 1), 'cohen-kappa', identityWeights(2))
  assert.equal(kappa.undefined, 'No item was rated by both raters.')
})

test('AG5 one category only is undefined, never 1', () => {
  const ratings = ratingsFromTable(
    [
      [0, 0],
      [0, 0],
    ],
    1,
  )
  assert.match(krippendorffAlpha(ratings, { name: 'nominal' }).undefined ?? '', /one category/)
  for (const c of coefficients) {
    const answer = manyRaterAgreement(ratings, c, identityWeights(1))
    assert.equal(answer.value, null)
    assert.match(answer.undefined ?? '', /one category/)
  }
})

test('AG6 a rater twice on one item, a strange code and uneven columns are refused with the row', () => {
  const twice = { items: [0, 1, 0], raters: [0, 0, 0], values: [1, 1, 0] }
  assert.throws(
    () => ratingsFromColumns(twice),
    (e) => e instanceof Refusal && e.row === 2,
  )
  const strange = { items: [0, 0], raters: [0, 1], values: [1, 0.5] }
  assert.throws(
    () => ratingsFromColumns(strange),
    (e) => e instanceof Refusal && e.row === 1,
  )
  assert.throws(() => ratingsFromColumns({ items: [0], raters: [], values: [0] }), Refusal)
})

test('AG6 ratio data below zero, unordered numbers and NaN are refused', () => {
  const ratings = ratingsFromTable(
    [
      [0, 1],
      [1, 1],
    ],
    2,
  )
  assert.throws(() => krippendorffAlpha(ratings, { name: 'ratio', values: [-1, 2] }), Refusal)
  assert.throws(() => krippendorffAlpha(ratings, { name: 'interval', values: [NaN, 2] }), Refusal)
  assert.throws(() => categoryWeights('linear', [2, 1]), Refusal)
  assert.throws(() => categoryWeights('ratio', [-2, 1]), Refusal)
})

test('AG5 ten thousand categories are measured, not refused', () => {
  const chance = seededChance(5)
  const table = Array.from({ length: 3000 }, () => {
    const right = chance.below(10_000)
    return [right, chance.uniform() < 0.5 ? right : chance.below(10_000)]
  })
  const ratings = ratingsFromTable(table, 10_000)
  const alpha = krippendorffAlpha(ratings, { name: 'nominal' }, none).value
  assert.ok(alpha !== null && Math.abs(alpha - 0.5) < 0.05)
  for (const c of coefficients) {
    const { value } = manyRaterAgreement(ratings, c, identityWeights(10_000))
    assert.ok(value !== null && Math.abs(value - 0.5) < 0.05, c)
  }
})

test('AG2 MASI distances are those of Passonneau 2006', () => {
  const set = (labels: string) => new Set(labels)
  assert.equal(masiDistance(set('ab'), set('ab')), 0)
  assert.equal(masiDistance(set(''), set('')), 0)
  assert.equal(masiDistance(set('a'), set('b')), 1)
  same(masiDistance(set('a'), set('ab')), 1 - (1 / 2) * (2 / 3))
  same(masiDistance(set('ab'), set('bc')), 1 - (1 / 3) * (1 / 3))
})

test('AG7 the interval of nominal alpha covers the truth in 93 to 97 of 100 studies', () => {
  // Three raters who know the answer with probability 0.8 and else guess among three: alpha is 0.64.
  const chance = seededChance(2026)
  const studies = 1000
  let covered = 0
  for (let s = 0; s < studies; s++) {
    const table = Array.from({ length: 150 }, () => {
      const right = chance.below(3)
      return [0, 1, 2].map(() => (chance.uniform() < 0.8 ? right : chance.below(3)))
    })
    const { interval } = krippendorffAlpha(
      ratingsFromTable(table, 3),
      { name: 'nominal' },
      { replicates: 500, seed: s },
    )
    if (interval !== null && interval.low <= 0.64 && 0.64 <= interval.high) covered++
  }
  assert.ok(covered >= 930 && covered <= 970, `${covered} of ${studies}`)
})

test('AG7 equal seeds give equal intervals, and other seeds nearby ones', () => {
  const table = Array.from({ length: 60 }, (_, i) => [i % 3, (i * i) % 3, i % 2])
  const ratings = ratingsFromTable(table, 3)
  const at = (seed: number) => krippendorffAlpha(ratings, { name: 'nominal' }, { seed }).interval
  assert.deepEqual(at(4), at(4))
  assert.notDeepEqual(at(4), at(5))
})
