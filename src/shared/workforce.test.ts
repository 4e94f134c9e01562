import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Check } from 'typebox/value'
import { Day } from './workforce.ts'

test('WF11 a day is one of the calendar', () => {
  for (const year of [1000, 1900, 2000, 2023, 2024, 2100, 9999])
    for (let month = 0; month <= 13; month += 1)
      for (let day = 0; day <= 32; day += 1) {
        const text = [String(year), ...[month, day].map((n) => String(n).padStart(2, '0'))].join(
          '-',
        )
        const at = new Date(Date.UTC(year, month - 1, day))
        const stands = at.getUTCMonth() === month - 1 && at.getUTCDate() === day
        assert.equal(Check(Day, text), stands && month >= 1 && month <= 12, text)
      }
  for (const text of ['', '0999-12-31', '2026-1-1', '2026-01-01T00:00', ' 2026-01-01', '20260101'])
    assert.equal(Check(Day, text), false, text)
})
