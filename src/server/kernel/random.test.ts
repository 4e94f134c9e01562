import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { newId, randomBetween, randomBytes } from './random.ts'

test('KE60 an id is its prefix and 128 random bits in lowercase base32', () => {
  const bits = new Set<string>()
  const last = new Set<string>()
  for (let i = 0; i < 2_000; i += 1) {
    const id = newId('task')
    assert.match(id, /^task_[a-z2-7]{26}$/)
    bits.add(id)
    last.add(id.slice(-1))
  }
  assert.equal(bits.size, 2_000)
  // 26 characters hold 130 bits: of the last one only three are used, so eight letters occur.
  assert.deepEqual([...last].sort().join(''), '4aeimquy')
})

test('KE60 a prefix that is no short lowercase word is refused', () => {
  for (const prefix of ['', 'Task', 'a_b', '1a', 'x'.repeat(17)])
    assert.throws(() => newId(prefix), RangeError)
})

test('KE61 random numbers stay within their bounds and random bytes have their length', () => {
  fc.assert(
    fc.property(fc.integer({ min: -50, max: 50 }), fc.nat(50), (low, width) => {
      const value = randomBetween(low, low + width)
      return Number.isInteger(value) && value >= low && value <= low + width
    }),
  )
  fc.assert(fc.property(fc.nat(100), (size) => randomBytes(size).length === size))
})
