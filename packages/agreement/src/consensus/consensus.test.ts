import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededChance } from '../random.ts'
import { type Ratings, ratingsFromTable } from '../ratings.ts'
import { type Consensus } from './consensus.ts'
import { dawidSkene, oneCoin } from './dawid-skene.ts'
import { consistency, uncertainty } from './doubt.ts'
import { glad } from './glad.ts'
import { mace } from './mace.ts'
import { majority } from './majority.ts'

// The five items and five workers of the crowd-kit tests: 0 is no, 1 is yes.
const toy = ratingsFromTable([
  [0, 1, null, 1, 0],
  [1, 1, 1, 0, 0],
  [1, 0, 0, 1, 0],
  [1, 1, 1, 1, 1],
  [1, 0, 0, 0, 0],
])
const truth = [1, 1, 0, 1, 0]
const models: [string, (ratings: Ratings) => Consensus][] = [
  ['Dawid-Skene', (r) => dawidSkene(r)],
  ['one-coin', (r) => oneCoin(r)],
  ['GLAD', (r) => glad(r)],
  ['MACE by EM', (r) => mace(r, { method: 'em', iterations: 5, restarts: 1 })],
  ['MACE by VB', (r) => mace(r, { method: 'vb', iterations: 5, restarts: 1 })],
]

for (const [name, model] of models) {
  test(`AG2 ${name} finds the true labels of the crowd-kit example`, () => {
    assert.deepEqual([...model(toy).labels], truth)
  })

  test(`AG15 ${name} beats the majority where some raters are careless, and knows who`, () => {
    const chance = seededChance(4)
    const skills = [0.95, 0.9, 0.55, 0.5, 0.45, 0.5, 0.55]
    const right = Array.from({ length: 600 }, () => chance.below(3))
    const table = right.map((label) =>
      skills.map((skill) => (chance.uniform() < skill ? label : chance.below(3))),
    )
    const ratings = ratingsFromTable(table)
    const errors = (labels: Int32Array) => right.filter((label, k) => labels[k] !== label).length
    const answer = model(ratings)
    assert.ok(errors(answer.labels) < errors(majority(ratings, 'first').labels))
    assert.ok(
      answer.accuracy[0]! > answer.accuracy[2]! && answer.accuracy[1]! > answer.accuracy[4]!,
    )
    for (const p of answer.confidence) assert.ok(p > 1 / 3 && p <= 1 + 1e-12)
  })

  test(`AG4 ${name} does not depend on the order of items, and leaves an unrated item without label`, () => {
    const rows = [
      [0, 0, 1],
      [1, 1, 1],
      [0, 1, 1],
      [2, 2, 2],
      [0, 0, 0],
      [null, null, null],
    ]
    const forward = model(ratingsFromTable(rows, 3))
    const backward = model(ratingsFromTable([...rows].reverse(), 3))
    assert.deepEqual([...forward.labels], [...backward.labels].reverse())
    assert.equal(forward.labels[5], -1)
    assert.equal(forward.confidence[5], 0)
  })
}

test('AG15 the log-likelihood of Dawid-Skene never falls from round to round', () => {
  const at = (iterations: number) => oneCoin(toy, { iterations, tolerance: 0 }).logLikelihood
  for (let k = 1; k < 12; k++) assert.ok(at(k + 1) >= at(k) - 0.05, `round ${k}`)
})

test('AG16 a tie of the majority gives no label, the first, or one by seeded chance, as asked', () => {
  const ratings = ratingsFromTable(
    [
      [0, 1],
      [1, 1],
      [2, 0],
    ],
    3,
  )
  assert.deepEqual([...majority(ratings).labels], [-1, 1, -1])
  assert.deepEqual([...majority(ratings, 'first').labels], [0, 1, 0])
  const random = majority(ratings, 'random', 3).labels
  assert.deepEqual([...random], [...majority(ratings, 'random', 3).labels])
  assert.ok([0, 1].includes(random[0]!) && random[1] === 1 && [0, 2].includes(random[2]!))
})

test('AG2 uncertainty and consistency give the values of the crowd-kit tests', () => {
  const skills = [0.6, 0.8, 1, 0.4, 0.8]
  const near = (actual: number | null, wanted: number, by: number) => {
    assert.ok(actual !== null && Math.abs(actual - wanted) <= by, `${actual} is not ${wanted}`)
  }
  near(uncertainty(toy, skills), 0.6308666201949331, 1e-6)
  near(consistency(toy, skills, majority(toy, 'first').labels), 0.9384615384615385, 1e-12)
  const different = ratingsFromTable([[0, 1, 2]], 3)
  near(uncertainty(different, [1, 1, 1]), 1.0986122886681096, 1e-12)
})

test('AG6 models that would need too much memory are refused', () => {
  const wide = { ...toy, categoryCount: 20_000 }
  assert.throws(() => dawidSkene(wide), /Use one-coin/)
  assert.throws(() => oneCoin({ ...toy, categoryCount: 100_000_000 }), /too many to hold/)
})
