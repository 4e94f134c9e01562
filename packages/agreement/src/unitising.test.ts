import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { bestAlignment } from './gamma/alignment.ts'
import { gamma } from './gamma/gamma.ts'
import { packSets } from './gamma/packing.ts'
import { type MarkedItem, type Span } from './marked.ts'
import { seededChance } from './random.ts'
import { Refusal } from './refusal.ts'
import { unitisingAlpha } from './unitising.ts'

const units = (text: string): Span[] =>
  text.split(' ').map((part) => {
    const [, label, start, end] = /^(\w+)\[(\d+),(\d+)\]$/.exec(part)!
    return { label: label!, start: Number(start), end: Number(end) }
  })
const item = (spans: Record<string, string>, more: Partial<MarkedItem> = {}): MarkedItem => ({
  ...more,
  spans: new Map(Object.entries(spans).map(([rater, text]) => [rater, units(text)])),
})
const near = (actual: number | null | undefined, wanted: number, by = 1e-9) => {
  assert.ok(actual != null && Math.abs(actual - wanted) <= by, `${actual} is not ${wanted}`)
}

test('AG2 alpha for unitising reproduces the example of Krippendorff 2004, page 254', () => {
  const answer = unitisingAlpha([
    item(
      {
        i: 'c[225,295] c[370,400] k[180,240] k[300,350]',
        j: 'c[220,300] c[355,375] c[400,420] k[180,240] k[300,350]',
      },
      { begin: 150, length: 300 },
    ),
  ])
  near(answer.value, 0.8591, 0.0005)
  near(answer.observedDisagreement, 0.0144, 0.0001)
  assert.deepEqual(
    answer.categories.map(({ category }) => category),
    ['c', 'k'],
  )
  near(answer.categories[0]?.value, 0.7286, 0.0001)
  near(answer.categories[1]?.value, 1)
})

test('AG2 alpha for unitising reproduces the observed disagreements of Krippendorff 1995, page 57', () => {
  const pairs: [number, string, string][] = [
    [0.03125, 'x[2,10] x[14,20]', 'x[4,8] x[15,17]'],
    [2.26736, 'x[0,18]', 'x[0,2] x[2,3] x[3,4] x[4,5] x[5,6] x[6,9] x[9,10]'],
    [0.02777, 'x[2,8] x[10,12] x[14,18] x[20,22]', 'x[0,2] x[4,8] x[10,14] x[16,18] x[20,22]'],
    [
      0.38715,
      'x[0,2] x[2,10] x[10,14] x[14,20] x[20,24]',
      'x[0,4] x[4,8] x[8,15] x[15,17] x[17,24]',
    ],
  ]
  for (const [observed, a, b] of pairs)
    near(unitisingAlpha([item({ a, b }, { length: 24 })]).observedDisagreement, observed, 0.00001)
})

test('AG5 alpha for unitising and gamma say why they are undefined', () => {
  const alone = [item({ a: 'x[0,5]' })]
  assert.equal(unitisingAlpha(alone).undefined, 'No item was marked by two raters.')
  assert.match(gamma(alone).undefined ?? '', /Nothing was marked|No item was marked by two raters/)
  const empty = [
    {
      length: 10,
      spans: new Map([
        ['a', []],
        ['b', []],
      ]),
    },
  ]
  assert.equal(unitisingAlpha(empty).undefined, 'Nothing was marked, so nothing could disagree.')
  assert.equal(gamma(empty).undefined, 'Nothing was marked.')
})

test('AG6 overlapping units of one label, fractions, empty and reversed spans are refused', () => {
  const at = (...spans: Span[]) => [
    {
      spans: new Map([
        ['a', spans],
        ['b', spans],
      ]),
    },
  ]
  const x = (start: number, end: number) => ({ start, end, label: 'x' })
  assert.throws(() => unitisingAlpha(at(x(0, 5), x(4, 6))), /overlap at 4/)
  assert.throws(() => unitisingAlpha(at(x(0, 0.5))), /whole positions/)
  assert.throws(() => gamma(at(x(3, 3))), /the span at 3 is empty/)
  assert.throws(() => gamma(at(x(4, 3))), /reversed/)
  assert.throws(() => gamma(at(x(NaN, 3))), Refusal)
  assert.throws(() => gamma(at(x(0, 1)), { alpha: -1 }), Refusal)
})

test('AG4 alpha for unitising is 1 for equal units and does not grow with what both left unmarked', () => {
  const same = item({ a: 'x[2,9] y[9,12]', b: 'x[2,9] y[9,12]' }, { length: 40 })
  assert.equal(unitisingAlpha([same]).value, 1)
  const several = unitisingAlpha([same, item({ a: 'x[0,4]', b: 'x[1,5]' }, { length: 30 })])
  assert.ok(several.value !== null && several.value < 1 && several.value > 0)
  assert.equal(several.n, 2)
})

const alexPaulSuzan = item({
  Alex: '1[2,9] 2[11,17] 5[24,30] 6[32,36] 6[36,44] 7[44,60]',
  Paul: '1[2,9] 3[11,17] 5[19,25] 6[32,44]',
  Suzan: '1[2,9] 4[11,17] 5[21,27] 6[32,36] 6[36,40] 6[40,44]',
})

test('AG2 gamma finds the published disorder of Alex, Paul and Suzan, and the published ranges', () => {
  const answer = gamma([alexPaulSuzan], { alpha: 3, beta: 1, delta: 1, precision: 0.005 })
  near(answer.disorder, 0.960625)
  assert.equal(answer.proven, true)
  near(answer.value, 0.455, 0.015)
  near(answer.gammaCat, 0.4, 0.02)
  near(answer.gammaCatAligned, 0.685, 0.015)
  const k = new Map(answer.gammaK.map(({ category, value }) => [category, value]))
  near(k.get('1'), 1)
  near(k.get('5'), 1)
  near(k.get('6'), 0.37, 0.012)
  for (const category of ['2', '3', '4', '7']) assert.ok((k.get(category) ?? 0) <= 1e-12, category)
})

test('AG7 gamma with another seed differs by its sampling error alone, with the same seed not at all', () => {
  const at = (seed: number) => gamma([alexPaulSuzan], { alpha: 3, seed }).value ?? NaN
  assert.equal(at(3), at(3))
  for (const seed of [1, 2, 3, 4]) near(at(seed), 0.452, 0.02)
})

test('AG4 gamma is 1 for annotators who agree and the order of annotators changes no disorder', () => {
  const lists = [...alexPaulSuzan.spans.values()]
  const d = { alpha: 1, beta: 1, delta: 1 }
  near(bestAlignment([lists[2]!, lists[0]!, lists[1]!], d).cost, bestAlignment(lists, d).cost)
  const same = gamma([item({ a: 'x[2,9] y[9,12]', b: 'x[2,9] y[9,12]' })])
  assert.deepEqual([same.value, same.disorder], [1, 0])
})

const problems = fc
  .array(
    fc.record({
      members: fc.uniqueArray(fc.integer({ min: 0, max: 8 }), { minLength: 1, maxLength: 4 }),
      worth: fc.integer({ min: 1, max: 30 }),
    }),
    { maxLength: 14 },
  )
  .map((sets) => ({
    sets,
    problem: {
      elements: 9,
      starts: Int32Array.from(
        sets.reduce((at, { members }) => [...at, at.at(-1)! + members.length], [0]),
      ),
      members: Int32Array.from(sets.flatMap(({ members }) => members)),
      worths: Float64Array.from(sets, ({ worth }) => worth),
    },
  }))

test('AG3 the packing behind gamma is as good as trying every choice', () => {
  fc.assert(
    fc.property(problems, ({ sets, problem }) => {
      let most = 0
      for (let choice = 0; choice < 2 ** sets.length; choice++) {
        const chosen = sets.filter((_, k) => (choice >> k) & 1)
        const used = chosen.flatMap(({ members }) => members)
        if (new Set(used).size === used.length)
          most = Math.max(
            most,
            chosen.reduce((sum, { worth }) => sum + worth, 0),
          )
      }
      const packing = packSets(problem)
      assert.equal(packing.proven, true)
      near(packing.worth, most)
      near(
        packing.chosen.reduce((sum, k) => sum + sets[k]!.worth, 0),
        most,
      )
    }),
    { numRuns: 200 },
  )
})

test('AG3 alignments of a long continuum are proven best and cost no more than any greedy one', () => {
  const chance = seededChance(2)
  const lists: Span[][] = [[], [], []]
  for (let unit = 0, at = 0; unit < 60; unit++) {
    at += 5 + chance.below(30)
    for (const list of lists)
      if (chance.uniform() < 0.85)
        list.push({
          start: at + chance.below(5),
          end: at + 7 + chance.below(20),
          label: 'AB'.charAt(chance.below(2)),
        })
  }
  const d = { alpha: 1, beta: 1, delta: 1 }
  const { unitary, cost, proven } = bestAlignment(lists, d)
  assert.equal(proven, true)
  const aligned = unitary.flatMap(({ units: places }) =>
    places.flatMap((place, k) => (place < 0 ? [] : [`${k} ${place}`])),
  )
  assert.equal(new Set(aligned).size, aligned.length)
  assert.equal(aligned.length, lists.flat().length)
  // Leaving everything alone, or aligning by order within two annotators, cannot be better.
  assert.ok(cost < lists.flat().length)
  near(
    unitary.reduce((sum, { disorder }) => sum + disorder, 0),
    cost,
  )
})
