import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { hashOf, Ids } from './ids.ts'
import { InputFault } from './reading.ts'

const fault = (reason: string) => new InputFault('a', 'record 9', reason)

test('AF24 ids are told apart as a set of their texts tells them apart', () => {
  const some = fc.oneof(fc.string({ maxLength: 3, unit: 'binary' }), fc.nat(3000).map(String))
  fc.assert(
    fc.property(fc.array(some, { maxLength: 2000, size: 'max' }), (all) => {
      const [ids, truth] = [new Ids(), new Set<string>()]
      for (const id of all) {
        assert.equal(ids.add(id, fault), !truth.has(id))
        truth.add(id)
      }
    }),
    { numRuns: 30 },
  )
})

test('AF24 of 200,000 ids that count up none are taken for one, and both halves of a hash are spread', () => {
  const ids = new Ids()
  const [low, high] = [new Set<number>(), new Set<number>()]
  const count = 200_000
  for (let number = 0; number < count; number++) {
    const id = `rec-${number}`
    assert.ok(ids.add(id, fault))
    const [one, other] = hashOf(id)
    low.add(one)
    high.add(other)
  }
  for (let number = 0; number < count; number += 997) assert.ok(!ids.add(`rec-${number}`, fault))
  // Random numbers of 32 bits would collide count² / 2³³ = 4.7 times; 30 would be a bad hash.
  assert.ok(count - low.size < 30 && count - high.size < 30)
})

test('AF26 more ids than can be told apart are refused with their place', () => {
  const ids = new Ids(3)
  for (const id of ['a', 'b', 'c', 'b', 'a']) ids.add(id, fault)
  assert.throws(
    () => ids.add('d', fault),
    /a, record 9: is past the 3 ids of one input that are told apart/,
  )
})
