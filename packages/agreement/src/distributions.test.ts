import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  binomialCdf,
  digamma,
  fisherQuantile,
  hypergeometricCdf,
  incompleteBeta,
  logGamma,
  normalCdf,
  normalQuantile,
  studentCdf,
  studentQuantile,
} from './distributions.ts'
import { clopperPearsonInterval, upperBound, wilsonInterval } from './proportions.ts'
import { seededChance } from './random.ts'
import { Refusal } from './refusal.ts'

function near(actual: number, wanted: number, relative = 1e-12): void {
  assert.ok(
    Math.abs(actual - wanted) <= relative * Math.max(1e-300, Math.abs(wanted)),
    `${actual} is not ${wanted}`,
  )
}

test('AG8 the gamma function and its derivative match the NIST tables', () => {
  near(logGamma(0.5), Math.log(Math.sqrt(Math.PI)))
  near(logGamma(11), Math.log(3628800))
  near(logGamma(1e6), 12815504.569147612)
  near(digamma(1), -0.5772156649015329)
  near(digamma(0.5), -1.9635100260214235)
})

test('AG8 the normal, Student and F quantiles match published tables', () => {
  near(normalQuantile(0.975), 1.959963984540054)
  near(normalCdf(-3), 0.0013498980316300933)
  near(normalCdf(-10), 7.619853024160527e-24, 1e-10)
  near(studentQuantile(0.975, 11), 2.2009851600829, 1e-11)
  near(studentQuantile(0.975, 1), Math.tan(0.475 * Math.PI), 1e-11)
  near(studentCdf(2.2009851600829, 11), 0.975)
  near(fisherQuantile(0.95, 5, 10), 3.3258345304130112, 1e-11)
  near(incompleteBeta(0.3, 2, 5), 0.579825)
})

test('AG8 sampling distributions give the acceptance probabilities of the plan n = 125, c = 3', () => {
  const published = [0.996252, 0.962551, 0.75867, 0.481405, 0.123785, 0.008312]
  ;[0.005, 0.01, 0.02, 0.03, 0.05, 0.08].forEach((p, k) => {
    assert.ok(Math.abs(binomialCdf(3, 125, p) - published[k]!) < 5e-7)
  })
  near(hypergeometricCdf(2, 1000, 10, 80), 0.9607517, 1e-7)
  near(hypergeometricCdf(2, 1000, 50, 80), 0.2186447, 2e-7)
})

test('AG8 Wilson and Clopper-Pearson intervals for 5 of 100 are the published ones', () => {
  const wilson = wilsonInterval(5, 100)
  near(wilson.low, 0.0215437, 3e-6)
  near(wilson.high, 0.1117505, 1e-6)
  const exact = clopperPearsonInterval(5, 100)
  near(exact.low, 0.0164319, 3e-6)
  near(exact.high, 0.1128349, 1e-6)
  near(upperBound(0, 300), 0.0099361, 5e-6)
})

test('AG8 the ends of a proportion stay within 0 and 1, and impossible counts are refused', () => {
  assert.equal(wilsonInterval(0, 10).low, 0)
  assert.equal(clopperPearsonInterval(10, 10).high, 1)
  assert.throws(() => wilsonInterval(3, 2), Refusal)
  assert.throws(() => clopperPearsonInterval(0, 0), Refusal)
  assert.throws(() => upperBound(0.5, 10), Refusal)
})

test('AG9 the seeded source gives the moments of its distributions', () => {
  const chance = seededChance(1)
  for (const [n, p] of [
    [5, 0.3],
    [1000, 0.02],
    [1000, 0.7],
    [1e7, 0.4],
  ] as const) {
    let sum = 0
    let squares = 0
    const draws = 20_000
    for (let k = 0; k < draws; k++) {
      const x = chance.binomial(n, p)
      assert.ok(Number.isInteger(x) && x >= 0 && x <= n)
      sum += x - n * p
      squares += (x - n * p) ** 2
    }
    const variance = n * p * (1 - p)
    assert.ok(Math.abs(sum / draws) < 4 * Math.sqrt(variance / draws), `mean ${n} ${p}`)
    assert.ok(Math.abs(squares / draws / variance - 1) < 0.05, `variance ${n} ${p}`)
  }
  const normals = Array.from({ length: 20_000 }, () => chance.normal())
  assert.ok(Math.abs(normals.reduce((a, b) => a + b) / 20_000) < 0.03)
})

test('AG9 the same seed gives the same sequence', () => {
  const [one, other] = [seededChance(9), seededChance(9)]
  for (let k = 0; k < 100; k++) assert.equal(one.uniform(), other.uniform())
  assert.notEqual(seededChance(1).uniform(), seededChance(2).uniform())
})
