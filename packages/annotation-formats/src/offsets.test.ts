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

/** Texts and the code points of each of their clusters, as grapheme-splitter 1.0.4 answers. */
const clusters10: [string, number[]][] = [
  ['a\r\nb', [1, 2, 1]],
  ['e\u0301', [2]],
  ['\u{1f1e9}\u{1f1ea}\u{1f1eb}\u{1f1f7}', [2, 2]],
  ['\u{1f469}\u200d\u{1f469}\u200d\u{1f467}', [5]],
  ['\u{1f44d}\u{1f3fd}', [2]],
  ['\u{1f9d1}\u200d\u{1f33e}', [3]],
  // A later Unicode joins the next three.
  ['\u2764\ufe0f\u200d\u{1f525}', [3, 1]],
  ['\u0915\u094d\u0937', [2, 1]],
  ['\u{1f1e9}\u{1f1ea}\ufe0f\u0301', [3, 1]],
  ['\uac01\u11a8\u1100\u1161', [2, 2]],
  ['\u0600\u0661', [2]],
  ['a\u200db', [2, 1]],
]

test('AF4 the clusters of Unicode 10 are those that doccano counts, on any Node', () => {
  for (const [text, lengths] of clusters10) {
    const index = new TextIndex(text)
    let at = 0
    const ends = lengths.map((length) => (at += length))
    assert.deepEqual(
      lengths.map((_, place) => index.convert(place + 1, 'grapheme10', 'codePoint')),
      ends,
      JSON.stringify(text),
    )
    assert.equal(index.length('grapheme10'), lengths.length)
  }
  fc.assert(
    fc.property(whole, (text) => {
      const index = new TextIndex(text)
      let before = -1
      for (let cluster = 0; cluster <= index.length('grapheme10'); cluster++) {
        const at = index.convert(cluster, 'grapheme10', 'codePoint')
        assert.ok(at !== undefined && at > before)
        assert.equal(index.convert(at, 'codePoint', 'grapheme10'), cluster)
        before = at
      }
      assert.equal(before, index.length('codePoint'))
    }),
  )
})
