import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  complement,
  contains,
  daysOf,
  minutesIn,
  minutesOfWeek,
  parseSpan,
  parseWeek,
  sayMinute,
  shiftSpans,
  subtract,
  union,
} from './week.ts'

test('FM11 opening hours are read as spans of the week, over midnight and over Sunday', () => {
  assert.deepEqual(daysOf('sat-mon'), [5, 6, 0])
  assert.deepEqual(parseWeek({ mon: '08:00-18:00' }), [{ from: 480, to: 1080 }])
  assert.deepEqual(parseWeek({ sun: '22:00-06:00' }), [
    { from: 0, to: 360 },
    { from: 6 * 1440 + 1320, to: minutesOfWeek },
  ])
  assert.deepEqual(parseWeek({ 'mon-sun': '00:00-24:00' }), [{ from: 0, to: minutesOfWeek }])
  assert.equal(sayMinute(6 * 1440 + 1325), 'Sun 22:05')
})

test('FM11 a shift is worked on the days on which it meets the hours', () => {
  const hours = parseWeek({ mon: '06:00-22:00', tue: '12:00-14:00' })
  assert.deepEqual(shiftSpans(parseSpan('14:00-22:00'), hours), [{ from: 840, to: 1320 }])
  assert.deepEqual(shiftSpans(parseSpan('22:00-07:00'), parseWeek({ mon: '06:00-22:00' })), [
    { from: 0, to: 420 },
    { from: 6 * 1440 + 1320, to: minutesOfWeek },
  ])
})

test('FM11 a minute is in the hours or in the rest, never in both, whatever the spans', () => {
  const span = fc
    .tuple(fc.nat(minutesOfWeek - 1), fc.integer({ min: 1, max: minutesOfWeek }))
    .map(([from, length]) => ({ from, to: from + length }))
  fc.assert(
    fc.property(
      fc.array(span, { maxLength: 6 }),
      fc.array(span, { maxLength: 6 }),
      fc.nat(minutesOfWeek - 1),
      (a, b, minute) => {
        const covers = (spans: typeof a) =>
          spans.some(({ from, to }) =>
            [minute, minute + minutesOfWeek].some((at) => from <= at && at < to),
          )
        assert.equal(contains(union(a), minute), covers(a))
        assert.equal(contains(complement(a), minute), !covers(a))
        assert.equal(contains(subtract(a, b), minute), covers(a) && !covers(b))
        assert.equal(minutesIn(a) + minutesIn(complement(a)), minutesOfWeek)
      },
    ),
  )
})
