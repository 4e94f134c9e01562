import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shippedText, siteOf } from '../../../test/support/sites.ts'
import { dynamicsOf } from './dynamics.ts'

const dynamics = dynamicsOf(siteOf(shippedText('demonstration')))

test('FM12 the live detectors learn passages, interlocks, occupancy and anti-passback from the file', () => {
  assert.equal(dynamics.passages.length, 9)
  assert.deepEqual(dynamics.passages.at(-1), {
    portal: 'fire-1',
    side: 'in',
    from: 'floor-1',
    to: 'street',
  })
  assert.deepEqual(dynamics.interlocks, [
    { group: 'entry', portals: ['turnstile', 'floor-door'], mantrap: ['search'] },
  ])
  assert.deepEqual(dynamics.occupancy, [
    { zone: 'search', minimum: 0, maximum: 4, grace: 60 },
    { zone: 'floor-1', minimum: 2, maximum: null, grace: 60 },
  ])
  assert.deepEqual(dynamics.antiPassback, [{ area: 'floor-1', zones: ['floor-1'], mode: 'hard' }])
  assert.deepEqual(dynamics.motion, [
    { sensor: 'motion-floor', zone: 'floor-1' },
    { sensor: 'motion-tech', zone: 'tech' },
  ])
  assert.deepEqual(dynamics.retention, [
    { recorder: 'nvr-1', seconds: 2_592_000, legalMaximum: 2_592_000 },
  ])
  assert.deepEqual(dynamics.emergency, ['fire-1'])
})

test('FM12 nobody walks faster than half the usual crossing of each zone on the shortest way', () => {
  const fromStreet = dynamics.walking.get('street')
  assert.deepEqual([...(fromStreet ?? [])].sort(), [
    ['floor-1', 30],
    ['lobby', 10],
    ['search', 20],
    ['street', 0],
    ['tech', 20],
  ])
  assert.equal(dynamics.walking.get('floor-1')?.get('street'), 10)
})

test('FM12 people counted at a gate are known from its beam', () => {
  const { counted } = dynamicsOf(siteOf(shippedText('tower')))
  assert.deepEqual(counted, [{ portal: 'gate-in', sensor: 'count-gate' }])
})
