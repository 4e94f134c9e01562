import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Annotation, parseLabelSchema, sameAnnotation } from '@cloister/annotation-formats'
import { mistaken } from './mistake.ts'
import { chance } from './work.ts'

function schemaOf(more: object) {
  const parsed = parseLabelSchema({ name: 's', version: 1, labels: [], ...more })
  assert.ok(parsed.ok)
  return parsed.value
}

const bare: Annotation = { schema: 's@1', regions: [], relations: [], answers: {} }
const yesNo = { name: 'polite', options: ['yes', 'no'], required: true }
const said = {
  ...{ id: 'r1', anchor: { audio: { from: 0, to: 8 }, tier: 'a' }, label: 'speech' },
  transcripts: { verbatim: 'one' },
}

test('RE6 a mistake is made in whatever an annotation holds, one that its schema allows, and counted only when it is one', () => {
  const audio = { kind: 'audio', tiers: ['a'], transcripts: [{ name: 'verbatim', required: true }] }
  const speech = { name: 'speech', count: { min: 1 } }
  const cases: [object, Annotation][] = [
    [
      { kind: 'text', answers: [yesNo] },
      { ...bare, answers: { polite: 'yes' } },
    ],
    [
      { ...audio, labels: [speech] },
      { ...bare, regions: [said] },
    ],
  ]
  for (const [more, right] of cases)
    for (let seed = 0; seed < 8; seed += 1) {
      const wrong = mistaken(right, schemaOf(more), chance(seed))
      assert.ok(wrong !== null && !sameAnnotation(wrong, right))
    }
  const other = mistaken(
    { ...bare, answers: { polite: 'yes' } },
    schemaOf({ kind: 'text', answers: [yesNo] }),
    chance(1),
  )
  assert.deepEqual(other?.answers, { polite: 'no' })
  assert.equal(mistaken(bare, schemaOf({ kind: 'text' }), chance(1)), null)
})
