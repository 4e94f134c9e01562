import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shippedText, siteOf } from '../../../test/support/sites.ts'
import { retentionOf, retentionRule, retentionTable } from './retention.ts'
import { terabytesFor } from './storage.ts'

test('FM10 every line of the retention table has a source, a certainty and a date, and none claims a lawyer', () => {
  const table = [...retentionTable().values()]
  assert.equal(table.length, 18)
  for (const line of table) {
    assert.ok(line.source.length > 10, line.jurisdiction)
    assert.match(line.checked, /^20\d\d-\d\d-\d\d$/)
    assert.equal(line.lawyer, null)
    assert.ok(line.days === null ? line.basis === 'custom' : line.basis !== 'custom')
    assert.ok(line.days === null || (line.exceptionally ?? Infinity) > line.days)
  }
})

test('FM10 a part of a country follows its country, and an unknown one follows nobody', () => {
  assert.equal(retentionRule('US-CA')?.country, 'United States')
  assert.equal(retentionRule('ES')?.days, 30)
  assert.equal(retentionRule('AQ'), null)
})

test('FM10 the legal maximum of a site is its law, and ninety days where the law sets none', () => {
  const days = (jurisdiction: string) => {
    const text = shippedText('demonstration').replace(
      'jurisdiction: ES',
      `jurisdiction: ${jurisdiction}`,
    )
    const site = siteOf(text)
    return site.recorders.map((recorder) => retentionOf(site, recorder) / 86_400)
  }
  assert.deepEqual(['ES', 'IT', 'PL', 'SE'].map(days), [[30], [1], [90], [90]])
})

test('FM10 a camera at four megabits fills 43.2 gigabytes a day', () => {
  assert.equal(terabytesFor(1, 86_400), 0.0432)
  assert.equal(terabytesFor(10, 30 * 86_400), 12.96)
})
