import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type MeasureOptions } from './answer.ts'
import { measureTable } from './measure.ts'

async function* bytesOf(text: string): AsyncIterable<Uint8Array> {
  yield new TextEncoder().encode(text)
  await Promise.resolve()
}
const measure = (text: string, options: MeasureOptions) =>
  measureTable(bytesOf(text), 'csv', options)
const near = (actual: number | null, wanted: number, by = 1e-9) => {
  assert.ok(actual !== null && Math.abs(actual - wanted) <= by, `${actual} is not ${wanted}`)
}

const transcripts = `item,rater,text
1,ref,X Y X
1,asr,X Z
2,ref,This is a test
2,asr,This test
`

test('AG2 transcripts in a table are scored against the reference', async () => {
  near((await measure(transcripts, { metric: 'wer' })).value, 4 / 7)
  near((await measure(transcripts, { metric: 'mer' })).value, 4 / 7)
  const swapped = await measure(transcripts, { metric: 'wer', reference: 'asr' })
  near(swapped.value, 1)
  assert.equal(swapped['reference'], 'asr')
  const answer = await measure(transcripts, { metric: 'cer', profile: 'en@1', explain: true })
  assert.deepEqual([answer.n, answer.raters, answer['profile']], [2, 2, 'en@1'])
  assert.match(
    (answer['explanation'] as { sentence: string }).sentence,
    /errors in 100; most are words left out/,
  )
})

test('AG6 wrong rows of transcripts and spans are refused with their line', async () => {
  const twice = `${transcripts}2,asr,again\n`
  await assert.rejects(
    measure(twice, { metric: 'wer' }),
    /line 6: this rater has transcribed this item/,
  )
  await assert.rejects(
    measure(transcripts, { metric: 'wer', reference: 'bob' }),
    /no rater is called 'bob'/,
  )
  await assert.rejects(
    measure(transcripts, { metric: 'wer', profile: 'xx' }),
    /profile 'xx' is not known/,
  )
  const head = 'item,rater,start,end,label\n'
  await assert.rejects(
    measure(`${head}1,a,5,3,x\n`, { metric: 'gamma' }),
    /line 2: the span is reversed/,
  )
  await assert.rejects(
    measure(`${head}1,a,5,5,x\n`, { metric: 'span-f1' }),
    /line 2: the span at 5 is empty/,
  )
  await assert.rejects(
    measure(`${head}1,a,x,5,x\n`, { metric: 'der' }),
    /line 2: 'start' is not a finite number/,
  )
  await assert.rejects(
    measure(`${head}1,a,1,,x\n`, { metric: 'pk' }),
    /line 2: 'end' is not a finite number/,
  )
  await assert.rejects(
    measure(`${head}1,a,1,2,x\n`, { metric: 'span-f1', match: 'near' }),
    /Choose from strict/,
  )
})

const spans = `item,rater,start,end,label,language
1,ada,0,4,ORG,en
1,ben,0,4,ORG,en
1,ada,6,9,PER,en
1,ben,6,8,PER,en
2,ada,0,4,ORG,de
2,ben,,,,de
`

test('AG2 spans in a table are scored, and a row without a span says that the item was seen', async () => {
  near((await measure(spans, { metric: 'span-f1' })).value, 2 / 5)
  near((await measure(spans, { metric: 'span-f1', match: 'type' })).value, 4 / 5)
  const grouped = await measure(spans, { metric: 'span-f1', groupBy: ['label'] })
  assert.deepEqual(
    grouped.groups?.map(({ group, value }) => [group['label'], value]),
    [
      ['', null],
      ['ORG', 1],
      ['PER', 0],
    ],
  )
  const gamma = await measure(spans, { metric: 'gamma', seed: 1 })
  assert.ok(gamma.value !== null && typeof gamma['disorder'] === 'number')
  const alpha = await measure(spans, { metric: 'krippendorff-alpha-unitising' })
  assert.ok(alpha.value !== null && alpha.value > 0 && alpha.value < 1)
})

test('AG2 segments in a table give WindowDiff and Pk', async () => {
  // Boundaries as in 000100000010 and 000010000100: twelve places between thirteen units.
  const segments = `item,rater,start,end
1,a,0,4
1,a,4,11
1,a,11,13
1,b,0,5
1,b,5,10
1,b,10,13
`
  const answer = await measure(segments, { metric: 'window-diff', window: 3 })
  near(answer.value, 0.3)
  assert.deepEqual(answer['windows'], [3])
  near((await measure(segments, { metric: 'pk', window: 3 })).value, 0.3)
})

test('AG2 turns in a table give DER with the collar stated', async () => {
  const turns = `item,rater,start,end,label
c,ref,0,10,A
c,ref,12,20,B
c,ref,24,27,A
c,ref,30,40,C
c,hyp,2,13,a
c,hyp,13,14,d
c,hyp,14,20,b
c,hyp,22,38,c
c,hyp,38,40,d
`
  const answer = await measure(turns, { metric: 'der' })
  near(answer.value, 0.516129032258, 1e-11)
  assert.deepEqual(
    [answer['collar'], answer['skipOverlap'], answer['reference']],
    [0, false, 'ref'],
  )
})

test('AG2 speakers in a table give cpWER', async () => {
  const said = `item,rater,speaker,text
m,ref,A,good morning
m,ref,B,hello
m,ref,A,all
m,sys,1,hello
m,sys,2,good morning
`
  near((await measure(said, { metric: 'cpwer' })).value, 1 / 4)
})

const scores = [
  [9, 2, 5, 8],
  [6, 1, 3, 2],
  [8, 4, 6, 8],
  [7, 1, 2, 6],
  [10, 5, 6, 9],
  [6, 2, 4, 7],
]
const scoreTable = (raters: number) =>
  [
    'item,rater,value',
    ...scores.flatMap((row, i) => row.slice(0, raters).map((v, r) => `${i},r${r},${v}`)),
  ].join('\n')

test('AG2 scores in a table give ICC, Kendall and Spearman', async () => {
  near((await measure(scoreTable(4), { metric: 'icc', form: '3,k' })).value, 0.9093, 0.0001)
  near((await measure(scoreTable(4), { metric: 'icc' })).value, 0.2898, 0.0001)
  const w = await measure(scoreTable(4), { metric: 'kendall-w' })
  assert.ok(w.value !== null && w.value > 0.7 && w.raters === 4)
  const tau = await measure(scoreTable(2), { metric: 'kendall-tau' })
  const rho = await measure(scoreTable(2), { metric: 'spearman-rho' })
  assert.ok(tau.value !== null && rho.value !== null && tau.value > 0.5 && rho.value > 0.5)
  assert.match(
    (await measure(scoreTable(3), { metric: 'kendall-tau' })).undefined ?? '',
    /there are 3/,
  )
  await assert.rejects(measure(scoreTable(2), { metric: 'icc', form: '4,1' }), /Choose from 1,1/)
})

const votes = `item,rater,value
1,w1,n
1,w2,y
1,w4,y
1,w5,n
2,w1,y
2,w2,y
2,w3,y
2,w4,n
2,w5,n
3,w1,y
3,w2,n
3,w3,n
3,w4,y
3,w5,n
4,w1,y
4,w2,y
4,w3,y
4,w4,y
4,w5,y
5,w1,y
5,w2,n
5,w3,n
5,w4,n
5,w5,n
`

test('AG2 votes in a table give the labels of each model, with the accuracy of each rater', async () => {
  for (const metric of ['dawid-skene', 'one-coin', 'glad', 'mace']) {
    const answer = await measure(votes, { metric })
    const labels = answer['labels'] as { item: string; label: string }[]
    if (metric !== 'mace')
      assert.deepEqual(
        labels.map(({ label }) => label),
        ['y', 'y', 'n', 'y', 'n'],
        metric,
      )
    assert.ok(answer.value !== null && answer.value > 0.5 && answer.value <= 1)
    assert.equal((answer['raterAccuracy'] as unknown[]).length, 5)
  }
  const answer = await measure(votes, { metric: 'majority' })
  assert.deepEqual(
    (answer['labels'] as { label: string | null }[]).map(({ label }) => label),
    [null, 'y', 'n', 'y', 'n'],
  )
  assert.deepEqual([answer['decided'], answer.n], [4, 5])
  await assert.rejects(
    measure(votes, { metric: 'majority', ties: 'coin' }),
    /Choose from undefined/,
  )
})

test('AG13 spans are explained by what kind of disagreement prevails and which labels are confused', async () => {
  const more = `${spans}3,ada,0,5,ORG,en\n3,ben,0,5,PER,en\n3,ada,7,9,PER,en\n3,ben,7,9,PER,en\n`
  const answer = await measure(more, { metric: 'span-f1', explain: true })
  const explanation = answer.explanation as unknown as Record<string, unknown>
  assert.equal(
    explanation['sentence'],
    'Annotators mark 44 of 100 spans alike; most disagreement (33 %) is about spans that only one of them marked; labels most often confused: ORG and PER.',
  )
  assert.deepEqual(explanation['kinds'], {
    equal: 2,
    otherEnds: 1,
    otherLabel: 1,
    otherEndsAndLabel: 0,
    onlyOne: 1,
  })
  assert.deepEqual(explanation['confusions'], [{ pair: ['ORG', 'PER'], share: 1 }])
  assert.equal((explanation['items'] as unknown[]).length, 3)
  const gamma = await measure(more, { metric: 'gamma', explain: true, replicates: 50 })
  assert.match(gamma.explanation?.sentence ?? '', /^Annotators .*chance.*confused: ORG and PER\.$/)
})
