import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shippedText, siteOf } from '../../../test/support/sites.ts'
import { acceptInText } from './accept.ts'

const first = {
  finding: 'F9',
  subject: 'cam-floor',
  reason: 'Masked: see the ticket # of the installer',
  by: 'Ana Ruiz',
  until: '2027-03-31',
}
const second = { ...first, finding: 'F14', subject: 'ctl-floor', reason: 'Ordered' }

test('FM9 an acceptance is written and every other character of the file stays', () => {
  const text = shippedText('demonstration')
  const once = acceptInText(text, first)
  assert.ok(once.startsWith(text))
  assert.deepEqual(siteOf(once).accepted, [first])
  const twice = acceptInText(once.replace('accepted:', 'accepted: # by the officer'), second)
  assert.deepEqual(siteOf(twice).accepted, [first, second])
  assert.ok(twice.includes('# by the officer') && twice.startsWith(text))
})

test('FM9 an acceptance of the same finding is replaced', () => {
  const once = acceptInText(acceptInText(shippedText('demonstration'), first), second)
  const later = { ...first, until: '2027-12-31' }
  assert.deepEqual(siteOf(acceptInText(once, later)).accepted, [later, second])
})

test('FM9 an empty or one-line list takes it too, and comments stay', () => {
  const text = shippedText('demonstration')
  const empty = acceptInText(`${text}accepted: []\n`, first)
  assert.deepEqual(siteOf(empty).accepted, [first])
  assert.ok(empty.includes('# doors, not desks'))
  const oneLine = `${text}accepted: [{ finding: F1, subject: tech, reason: r, by: b, until: 2027-01-01 }]\n`
  const both = acceptInText(oneLine, first)
  assert.deepEqual(siteOf(both).accepted[1], first)
  assert.ok(both.includes('# doors, not desks'))
})
