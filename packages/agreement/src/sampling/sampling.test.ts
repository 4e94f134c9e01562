import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  acceptanceProbability,
  drawSample,
  firstLot,
  type Judgement,
  lotAcceptanceProbability,
  nextSeverity,
  operatingCharacteristic,
  qualityAt,
  type SwitchingState,
  zeroDefectSample,
} from './acceptance.ts'
import {
  type InspectionLevel,
  inspectionLevels,
  qualityLevels,
  samplingPlan,
  severities,
} from './plans.ts'

const near = (actual: number, wanted: number, by: number) => {
  assert.ok(Math.abs(actual - wanted) <= by, `${actual} is not ${wanted}`)
}

test('AG2 plans, and the probability of acceptance at the AQL, are those of MIL-STD-105E', () => {
  type Numbers = [number, number, number]
  const published: [InspectionLevel, number, number, Numbers, Numbers, Numbers, number][] = [
    ['II', 1200, 1, [80, 2, 3], [80, 1, 2], [32, 1, 3], 0.953447],
    ['II', 1201, 1, [125, 3, 4], [125, 2, 3], [50, 1, 4], 0.962551],
    ['II', 3200, 0.65, [125, 2, 3], [125, 1, 2], [50, 1, 3], 0.951331],
    ['II', 2000, 2.5, [125, 7, 8], [125, 5, 6], [50, 3, 6], 0.986384],
    ['II', 2000, 0.25, [200, 1, 2], [315, 1, 2], [80, 0, 2], 0.909986],
    ['II', 3201, 1, [200, 5, 6], [200, 3, 4], [80, 2, 5], 0.983977],
    ['I', 2000, 1, [50, 1, 2], [80, 1, 2], [20, 0, 2], 0.910565],
  ]
  for (const [level, lot, aql, normal, tightened, reduced, accepted] of published) {
    const wanted = { normal, tightened, reduced }
    for (const severity of severities) {
      const { sample, accept, reject } = samplingPlan(lot, aql, level, severity)
      assert.deepEqual(
        [sample, accept, reject],
        wanted[severity],
        `${level} ${lot} ${aql} ${severity}`,
      )
    }
    near(acceptanceProbability(normal[0], normal[1], aql / 100), accepted, 5e-7)
  }
})

test('AG2 code letters are those of table I at both ends of each row', () => {
  const rows: [number, number, string][] = [
    [2, 8, 'AAAAAAB'],
    [9, 15, 'AAAAABC'],
    [16, 25, 'AABBBCD'],
    [26, 50, 'ABBCCDE'],
    [51, 90, 'BBCCCEF'],
    [91, 150, 'BBCDDFG'],
    [151, 280, 'BCDEEGH'],
    [281, 500, 'BCDEFHJ'],
    [501, 1200, 'CCEFGJK'],
    [1201, 3200, 'CDEGHKL'],
    [3201, 10_000, 'CDFGJLM'],
    [10_001, 35_000, 'CDFHKMN'],
    [35_001, 150_000, 'DEGJLNP'],
    [150_001, 500_000, 'DEGJMPQ'],
    [500_001, 1e9, 'DEHKNQR'],
  ]
  for (const [from, to, codes] of rows)
    inspectionLevels.forEach((level, k) => {
      for (const lot of [from, to])
        assert.equal(samplingPlan(lot, 1, level).letter, codes[k], `${lot}`)
    })
})

test('AG17 every lot, AQL, level and severity has a plan, and a larger lot never a smaller sample', () => {
  for (const severity of severities)
    for (const level of inspectionLevels)
      for (const aql of qualityLevels) {
        let before = 0
        for (const lot of [
          2, 10, 20, 40, 80, 120, 200, 400, 1000, 2000, 5000, 20_000, 1e5, 4e5, 1e6,
        ]) {
          const plan = samplingPlan(lot, aql, level, severity)
          assert.ok(plan.accept < plan.reject && plan.sample <= lot)
          if (plan.sample === lot) assert.equal(plan.all, true)
          if (plan.letter === plan.planLetter) {
            assert.ok(plan.sample >= before, `${severity} ${level} ${aql} ${lot}`)
            before = plan.sample
          }
        }
      }
  // The arrows at the corners of the tables.
  assert.deepEqual(pick(samplingPlan(1e6, 0.025, 'III', 'tightened')), ['S', 3150, 1, 2])
  assert.deepEqual(pick(samplingPlan(1e6, 0.015, 'III', 'normal')), ['P', 800, 0, 1])
  assert.deepEqual(pick(samplingPlan(5, 10, 'II', 'normal')), ['C', 5, 1, 2])
  assert.deepEqual(pick(samplingPlan(1e6, 10, 'III', 'normal')), ['K', 125, 21, 22])
})

function pick(plan: ReturnType<typeof samplingPlan>) {
  return [plan.planLetter, plan.sample, plan.accept, plan.reject]
}

test('AG2 the operating characteristic of n = 125, c = 3 has the published points', () => {
  near(qualityAt(125, 3, 0.95), 0.0110029, 1e-7)
  near(qualityAt(125, 3, 0.1), 0.0526632, 1e-7)
  near(lotAcceptanceProbability(1000, 10, 80, 2), 0.9607517, 1e-7)
  assert.equal(zeroDefectSample(0.01), 299)
  const curve = operatingCharacteristic(125, 3)
  assert.deepEqual([curve.length, curve[0]?.p, curve[0]?.accepted], [101, 0, 1])
  for (let k = 1; k < curve.length; k++) assert.ok(curve[k]!.accepted <= curve[k - 1]!.accepted)
})

test('AG6 impossible lots, quality levels and shares are refused', () => {
  assert.throws(() => samplingPlan(1, 1), /from 2/)
  assert.throws(() => samplingPlan(100, 0.7), /Choose from 0.01/)
  assert.throws(() => samplingPlan(100, 1, 'IV' as 'II'), /Choose from S-1/)
  assert.throws(() => acceptanceProbability(10, 1, 1.2), /between 0 and 1/)
  assert.throws(() => drawSample(5, 6, 1), /cannot be drawn/)
  assert.throws(() => zeroDefectSample(0), /between/)
})

test('AG17 a sample holds each unit once at most, is the same for its seed, and favours none', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), fc.nat(), fc.integer(), (lot, n, seed) => {
      const size = n % (lot + 1)
      const sample = drawSample(lot, size, seed)
      assert.equal(new Set(sample).size, size)
      assert.ok(sample.every((unit) => unit >= 0 && unit < lot))
      assert.deepEqual(sample, drawSample(lot, size, seed))
    }),
  )
  const counts = new Array<number>(10).fill(0)
  for (let seed = 0; seed < 5000; seed++)
    for (const unit of drawSample(10, 3, seed)) counts[unit]!++
  for (const count of counts) assert.ok(Math.abs(count - 1500) < 160, counts.join(' '))
})

const plan = { accept: 2, reject: 5 }
const good = { nonconforming: 0, plan }
const bad = { nonconforming: 5, plan }
const middling = { nonconforming: 3, plan }
const nothing: Judgement = { steady: true, reduceApproved: false }
const after = (outcomes: (typeof good)[], judgement = nothing, from: SwitchingState = firstLot) =>
  outcomes.reduce((state, outcome) => nextSeverity(state, outcome, judgement), from)
const times = (count: number, outcome: typeof good) => new Array<typeof good>(count).fill(outcome)

test('AG18 switching follows MIL-STD-105E between normal, tightened, reduced and stop', () => {
  assert.equal(after([bad, good, good, good, good, bad]).severity, 'normal')
  assert.equal(after([bad, good, good, good, bad]).severity, 'tightened')
  const tightened = after([bad, bad])
  assert.equal(after(times(4, good), nothing, tightened).severity, 'tightened')
  assert.equal(after(times(5, good), nothing, tightened).severity, 'normal')
  const stopped = after([bad, good, bad, bad, good, bad, bad], nothing, tightened)
  assert.deepEqual([stopped.severity, stopped.stopped], ['tightened', true])
  assert.deepEqual(after(times(9, good), nothing, stopped), stopped)
  const approved = { steady: true, reduceApproved: true }
  assert.equal(after(times(10, good)).severity, 'normal')
  const reduced = after(times(10, good), approved)
  assert.equal(reduced.severity, 'reduced')
  assert.equal(after([good], nothing, reduced).severity, 'reduced')
  assert.equal(after([middling], nothing, reduced).severity, 'normal')
  assert.equal(after([good], { steady: false, reduceApproved: true }, reduced).severity, 'normal')
})
