import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { spansFromIob } from './iob.ts'
import { type MarkedItem, type Span } from './marked.ts'
import {
  boundaryEdits,
  boundarySimilarity,
  generalisedHamming,
  pk,
  usualWindow,
  windowDiff,
} from './segmentation.ts'
import { spanF1, type SpanMatch, spanMatches } from './spans.ts'

const near = (actual: number | null | undefined, wanted: number, by = 1e-9) => {
  assert.ok(actual != null && Math.abs(actual - wanted) <= by, `${actual} is not ${wanted}`)
}
const span = (start: number, end: number, label: string): Span => ({ start, end, label })
const pair = (truth: Span[], found: Span[]): MarkedItem => ({
  spans: new Map([
    ['truth', truth],
    ['found', found],
  ]),
})

// SemEval-2013 task 9.1 in seven cases, as in the README of nervaluate.
const semeval = [
  pair([span(32, 52, 'PER')], []),
  pair([], [span(32, 52, 'PER')]),
  pair([span(32, 52, 'PER')], [span(32, 52, 'PER')]),
  pair([span(32, 52, 'PER')], [span(32, 52, 'LOC')]),
  pair([span(40, 54, 'PER')], [span(40, 48, 'PER')]),
  pair([span(40, 54, 'PER')], [span(40, 48, 'LOC')]),
  pair([span(10, 20, 'LOC')], [span(10, 20, 'LOC')]),
]

test('AG2 span F1 gives the four scores of SemEval-2013 task 9.1', () => {
  const expected: [SpanMatch, number, object][] = [
    ['strict', 1 / 3, { correct: 2, incorrect: 3, partial: 0, missed: 1, spurious: 1 }],
    ['exact', 0.5, { correct: 3, incorrect: 2, partial: 0, missed: 1, spurious: 1 }],
    ['partial', 4 / 6, { correct: 3, incorrect: 0, partial: 2, missed: 1, spurious: 1 }],
    ['type', 0.5, { correct: 3, incorrect: 2, partial: 0, missed: 1, spurious: 1 }],
  ]
  for (const [match, value, counts] of expected) {
    const answer = spanF1(semeval, match, 'truth')
    near(answer.value, value)
    near(answer.precision, value)
    near(answer.recall, value)
    assert.deepEqual(answer.counts, counts)
  }
})

test('AG2 IOB tags score as seqeval and the CoNLL script do', () => {
  const f1 = (mode: 'strict' | 'lenient', truth: string[], found: string[]) =>
    spanF1(
      truth.map((tags, k) =>
        pair(spansFromIob(tags.split(' '), mode), spansFromIob(found[k]!.split(' '), mode)),
      ),
    ).value
  const truth = ['O O O B-MISC I-MISC I-MISC O', 'B-PER I-PER O']
  const found = ['O O B-MISC I-MISC I-MISC I-MISC O', 'B-PER I-PER O']
  near(f1('strict', truth, found), 0.5)
  near(f1('lenient', truth, found), 0.5)
  near(f1('lenient', ['B-NP I-NP O'], ['I-NP I-NP O']), 1)
  near(f1('strict', ['B-NP I-NP O'], ['I-NP I-NP O']), 0)
  assert.throws(() => spansFromIob(['B-X', 'S-X'], 'strict'), /'S-X' is not O/)
})

const anySpans = fc
  .array(
    fc.tuple(
      fc.integer({ min: 0, max: 30 }),
      fc.integer({ min: 1, max: 8 }),
      fc.constantFrom('a', 'b'),
    ),
    { maxLength: 8 },
  )
  .map((list) => list.map(([start, length, label]) => span(start, start + length, label)))

test('AG4 span F1 is symmetric, and 1 against oneself', () => {
  fc.assert(
    fc.property(anySpans, anySpans, (a, b) => {
      for (const match of spanMatches) {
        const [one, other] = [spanF1([pair(a, b)], match).value, spanF1([pair(b, a)], match).value]
        if (one === null || other === null) assert.equal(one, other)
        else near(one, other)
      }
      const self = spanF1([pair(a, a)], 'strict').value
      assert.equal(self, a.length === 0 ? null : 1)
    }),
  )
})

test('AG5 span F1 without spans or without a second rater is undefined with the reason', () => {
  assert.equal(spanF1([pair([], [])]).undefined, 'No rater marked any span.')
  assert.equal(
    spanF1([{ spans: new Map([['a', []]]) }]).undefined,
    'No item was marked by two raters.',
  )
})

const bits = (text: string, times = 1) => Array.from(text.repeat(times), Number)
const rate = ({ differing, windows }: { differing: number; windows: number }) => differing / windows

test('AG2 WindowDiff, Pk and generalised Hamming give the values of the NLTK documentation', () => {
  const [s1, s2, s3] = [bits('000100000010'), bits('000010000100'), bits('100000010000')]
  near(rate(windowDiff(s1, s1, 3)), 0)
  near(rate(windowDiff(s1, s2, 3)), 0.3)
  near(rate(windowDiff(s2, s3, 3)), 0.8)
  near(rate(pk(bits('0100', 100), bits('1', 400), 2)), 0.49874687, 1e-8)
  near(rate(pk(bits('0100', 100), bits('0', 400), 2)), 0.50125313, 1e-8)
  const costs = { insert: 1, delete: 1, shift: 0.5 }
  near(generalisedHamming(bits('1100100000'), bits('1100010000'), costs), 0.5)
})

test('AG3 WindowDiff and Pk by sliding equal counting each window anew', () => {
  const text = fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 20, maxLength: 20 })
  fc.assert(
    fc.property(text, text, fc.integer({ min: 1, max: 22 }), (a, b, window) => {
      let [diff, miss, windows] = [0, 0, 0]
      for (let k = 0; k + window <= 20; k++) {
        const count = (bits: number[]) => bits.slice(k, k + window).reduce((x, y) => x + y, 0)
        windows++
        if (count(a) !== count(b)) diff++
        if (count(a) > 0 !== count(b) > 0) miss++
      }
      assert.deepEqual(windowDiff(a, b, window), { differing: diff, windows })
      assert.deepEqual(pk(a, b, window), { differing: miss, windows })
    }),
  )
})

test('AG2 boundary similarity counts matches, near misses and misses as Fournier 2013 does', () => {
  assert.deepEqual(boundaryEdits(bits('0100100'), bits('0010100')), {
    matches: 1,
    shifts: [1],
    misses: 0,
  })
  near(boundarySimilarity(bits('0100100'), bits('0010100')), 0.75)
  near(boundarySimilarity(bits('0100000'), bits('0000010')), 0)
  assert.equal(boundarySimilarity(bits('000'), bits('000')), null)
  assert.equal(usualWindow(bits('000100000010')), 2)
})

test('AG6 segmentations of different texts are refused', () => {
  assert.throws(() => windowDiff([0, 1], [0], 2), /2 and 1 places/)
  assert.throws(() => pk([0, 1], [0, 1], 0), /window/)
})
