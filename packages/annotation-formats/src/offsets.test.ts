import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { nastyText } from '../../../test/support/annotations.ts'
import { TextIndex, type Unit } from './index.ts'

const units: Unit[] = ['codePoint', 'utf16', 'utf8', 'grapheme']
const whole = nastyText.filter((text) => !/\p{Surrogate}/u.test(text))

/** All places of a text in a unit, counted the slow way: by cutting the text and measuring. */
function slowPlaces(text: string, unit: Unit): Map<number, number> {
  const places = new Map<number, number>()
  const clusters = [...new Intl.Segmenter('und').segment(text)].map(({ segment }) => segment)
  const parts = unit === 'grapheme' ? clusters : Array.from(text)
  for (let count = 0; count <= parts.length; count++) {
    const before = parts.slice(0, count).join('')
    const offset =
      unit === 'utf16' ? before.length : unit === 'utf8' ? Buffer.byteLength(before) : count
    places.set(Array.from(before).length, offset)
  }
  return places
}

test('AF4 the index agrees with cutting and measuring, in every pair of units', () => {
  fc.assert(
    fc.property(whole, (text) => {
      const index = new TextIndex(text)
      for (const from of units)
        for (const to of units)
          for (const [codePoint, offset] of slowPlaces(text, from))
            assert.equal(index.convert(offset, from, to), slowPlaces(text, to).get(codePoint))
    }),
    { numRuns: 60 },
  )
})

test('AF4 lengths agree and a slice is the text between two code points', () => {
  fc.assert(
    fc.property(whole, fc.nat(40), fc.nat(40), (text, one, other) => {
      const index = new TextIndex(text)
      const points = Array.from(text)
      const [from, to] = one < other ? [one, other] : [other, one]
      assert.equal(index.slice(from, to), points.slice(from, to).join(''))
      assert.equal(index.length('codePoint'), points.length)
      assert.equal(index.length('utf16'), text.length)
      assert.equal(index.length('utf8'), Buffer.byteLength(text))
      assert.equal(index.length('grapheme'), [...new Intl.Segmenter('und').segment(text)].length)
    }),
  )
})

test('AF5 an offset inside a character, a pair or a cluster, or past the end, is no place', () => {
  const index = new TextIndex('a😊é')
  assert.equal(index.convert(2, 'utf16', 'codePoint'), undefined)
  assert.equal(index.convert(3, 'utf8', 'codePoint'), undefined)
  assert.equal(index.convert(3, 'codePoint', 'utf16'), 4)
  assert.equal(index.convert(4, 'codePoint', 'utf16'), undefined)
  assert.equal(index.convert(-1, 'utf16', 'codePoint'), undefined)
  assert.equal(index.convert(0.5, 'codePoint', 'codePoint'), undefined)
  assert.equal(new TextIndex('e\u0301').convert(1, 'codePoint', 'grapheme'), undefined)
  assert.equal(new TextIndex('\r\n').convert(1, 'codePoint', 'grapheme'), undefined)
})

test('AF5 a text with half a surrogate pair has no index', () => {
  assert.throws(() => new TextIndex('a\ud83d'), /half of a surrogate pair at 1/)
})
