import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { assignCheapest } from './assignment.ts'
import { compareSpeakers, diarisationErrorRate } from './diarisation.ts'
import { countEdits, editCount } from './edits.ts'
import { type Span } from './marked.ts'
import { normalise, profileNames } from './normalise.ts'
import { speakerEdits, type TranscriptMetric, transcriptScore } from './transcripts.ts'

const near = (actual: number | null | undefined, wanted: number, by = 1e-9) => {
  assert.ok(actual != null && Math.abs(actual - wanted) <= by, `${actual} is not ${wanted}`)
}
const score = (reference: string, other: string, metric: TranscriptMetric, profile = 'none@1') =>
  transcriptScore([{ reference, other }], metric, profile, 2)

test('AG2 WER, MER, WIL and CER give the values of the jiwer tests and of Morris and others 2004', () => {
  const published: [string, string, Partial<Record<TranscriptMetric, number>>][] = [
    ['X', 'X X Y Y', { wer: 3, mer: 0.75, wil: 0.75, cer: 6 }],
    ['X Y X', 'X Z', { wer: 2 / 3, mer: 2 / 3, wil: 5 / 6 }],
    ['X', 'Y', { wer: 1, mer: 1, wil: 1 }],
    ['X', 'Y Z', { wer: 2, mer: 1, wil: 1 }],
    ['This is a test', 'This test', { wer: 0.5, mer: 0.5, wil: 0.5, cer: 5 / 14 }],
  ]
  for (const [reference, other, values] of published)
    for (const [metric, value] of Object.entries(values))
      near(score(reference, other, metric as TranscriptMetric).value, value)
})

test('AG5 an empty reference is undefined alone and adds its insertions in a pool', () => {
  assert.equal(score('', 'a b', 'wer').undefined, 'Every reference is empty.')
  assert.equal(score('', '', 'cer').value, null)
  const pooled = transcriptScore(
    [
      { reference: '', other: 'a b' },
      { reference: 'c d', other: 'c d' },
    ],
    'wer',
    'none@1',
    2,
  )
  assert.equal(pooled.value, 1)
  near(score('a b', '', 'wil').value, 1)
})

/** Every alignment tried: the fewest edits, then the most hits. */
function slowEdits(a: string, b: string): { edits: number; hits: number } {
  if (a === '' || b === '') return { edits: a.length + b.length, hits: 0 }
  const better = (x: { edits: number; hits: number }, y: { edits: number; hits: number }) =>
    y.edits < x.edits || (y.edits === x.edits && y.hits > x.hits) ? y : x
  const rest = slowEdits(a.slice(1), b.slice(1))
  const same = a[0] === b[0]
  const left = slowEdits(a.slice(1), b)
  const right = slowEdits(a, b.slice(1))
  return better(
    better(
      { edits: left.edits + 1, hits: left.hits },
      { edits: right.edits + 1, hits: right.hits },
    ),
    { edits: rest.edits + (same ? 0 : 1), hits: rest.hits + (same ? 1 : 0) },
  )
}

test('AG3 edits are the fewest, with the most hits among those, as trying every alignment shows', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 6 })
  fc.assert(
    fc.property(word, word, (a, b) => {
      const counted = countEdits(a, b)
      assert.deepEqual({ edits: editCount(counted), hits: counted.hits }, slowEdits(a, b))
      assert.equal(counted.hits + counted.substitutions + counted.deletions, a.length)
      assert.equal(counted.hits + counted.substitutions + counted.insertions, b.length)
    }),
  )
})

test('AG14 a normalisation profile is named, versioned and does not change a normal form again', () => {
  const forms: [string, string, string][] = [
    ['none@1', '  Hello,   World! ', 'Hello, World!'],
    ['basic@1', 'Hello, World! [noise] It’s a well-known 3.5', "hello world it's a well-known 3.5"],
    ['en@1', 'Um, 12,000 people — uh — said <laugh> “yes”', '12000 people said yes'],
    ['de@1', 'Ähm, das kostet 1.250,50 Euro.', 'das kostet 1250,50 euro'],
    ['ar@1', 'كَتَبَ أحمد ١٢٣', 'كتب احمد 123'],
    ['hi@1', 'मेरे पास १२ सेब हैं।', 'मेरे पास 12 सेब हैं'],
  ]
  for (const [profile, text, form] of forms) assert.equal(normalise(text, profile), form)
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom(...profileNames),
      (text, profile) => {
        const once = normalise(text, profile)
        assert.equal(normalise(once, profile), once)
      },
    ),
  )
  assert.throws(() => normalise('x', 'en@2'), /Choose from none@1, basic@1/)
  near(score('It’s 1,000.', "it's 1000", 'wer', 'en@1').value, 0)
})

test('AG4 the symmetric rate does not ask who is the reference', () => {
  fc.assert(
    fc.property(fc.lorem(), fc.lorem(), (a, b) => {
      near(score(a, b, 'wer').symmetric, score(b, a, 'wer').symmetric ?? NaN)
    }),
  )
})

test('AG2 cpWER matches speakers whatever they are called, and counts one without partner as missing', () => {
  const reference = new Map([
    ['A', 'good morning all'],
    ['B', 'hello'],
    ['C', 'one two'],
  ])
  const other = new Map([
    ['s1', 'hello'],
    ['s2', 'good morning'],
  ])
  const { edits, matched } = speakerEdits(reference, other, 'none@1')
  assert.deepEqual(edits, { hits: 3, substitutions: 0, deletions: 3, insertions: 0 })
  assert.deepEqual(matched, [
    ['A', 's2'],
    ['B', 's1'],
    ['C', null],
  ])
})

test('AG3 the cheapest assignment is as cheap as trying every one', () => {
  const table = fc
    .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }))
    .chain(([r, c]) =>
      fc.array(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: c, maxLength: c }), {
        minLength: r,
        maxLength: r,
      }),
    )
  const best = (costs: number[][], row: number, used: Set<number>, free: number): number => {
    if (row === costs.length) return 0
    let least = free > 0 ? best(costs, row + 1, used, free - 1) : Infinity
    costs[row]!.forEach((cost, c) => {
      if (used.has(c)) return
      least = Math.min(least, cost + best(costs, row + 1, new Set([...used, c]), free))
    })
    return least
  }
  fc.assert(
    fc.property(table, (costs) => {
      const answer = assignCheapest(costs)
      const cost = answer.reduce((sum, c, r) => sum + (c < 0 ? 0 : costs[r]![c]!), 0)
      assert.equal(cost, best(costs, 0, new Set(), Math.max(0, costs.length - costs[0]!.length)))
    }),
  )
})

const turns = (text: string): Span[] =>
  text.split(' ').map((part) => {
    const [, label, start, end] = /^(\w)\[(\d+),(\d+)\]$/.exec(part)!
    return { label: label!, start: Number(start), end: Number(end) }
  })
const reference = turns('A[0,10] B[12,20] A[24,27] C[30,40]')
const hypothesis = turns('a[2,13] d[13,14] b[14,20] c[22,38] d[38,40]')

test('AG2 DER gives the values of the pyannote.metrics tests', () => {
  const parts = compareSpeakers(reference, hypothesis)
  assert.deepEqual(
    [...parts.mapping],
    [
      ['A', 'a'],
      ['B', 'b'],
      ['C', 'c'],
    ],
  )
  const { total, correct, confusion, falseAlarm, missed } = parts
  assert.deepEqual([total, correct, confusion, falseAlarm, missed], [31, 22, 7, 7, 2])
  near(diarisationErrorRate([parts], 2).value, 0.516129032258, 1e-11)
  near(parts.purity, 0.6666, 0.0001)
  near(parts.coverage, 0.7096, 0.0001)
  const overlapping = turns('A[0,13] B[12,20] A[24,27] C[30,40]')
  assert.equal(compareSpeakers(overlapping, hypothesis).total, 34)
  assert.equal(compareSpeakers(overlapping, hypothesis, { skipOverlap: true }).total, 32)
})

test('AG2 the collar is the whole width around a boundary', () => {
  const alone = turns('A[0,10]')
  assert.equal(compareSpeakers(alone, [], { collar: 0 }).total, 10)
  assert.equal(compareSpeakers(alone, [], { collar: 1 }).total, 9)
  assert.throws(() => compareSpeakers(alone, [], { collar: -1 }), /collar/)
})

test('AG5 DER without reference speech is undefined with the reason', () => {
  const answer = diarisationErrorRate([compareSpeakers([], hypothesis)], 2)
  assert.deepEqual([answer.value, answer.undefined], [null, 'The reference has no speech.'])
})
