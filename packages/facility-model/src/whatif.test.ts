import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shippedText, siteOf } from '../../../test/support/sites.ts'
import { checkSite } from './check.ts'
import type { Site } from './site.ts'
import { newFindings, singleFailures, without } from './whatif.ts'

const check = (site: Site) => checkSite(site, { today: '2026-11-21' })
const demonstration = siteOf(shippedText('demonstration'))
const breaks = (...losses: string[]) =>
  newFindings(check(demonstration), check(without(demonstration, losses))).map(
    ({ id, subjects }) => `${id} ${subjects[0] ?? ''}`,
  )

test('FM3 without a camera the doors that only it saw are out of view', () => {
  assert.deepEqual(breaks('cam-floor'), ['F9 floor-door', 'F9 fire-1'])
})

test('FM3 without a controller a fail-safe lock stands open, and a fail-secure one stays shut', () => {
  assert.ok(breaks('ctl-floor').includes('F1 floor-door'))
  const secure = siteOf(shippedText('single-room'))
  const found = newFindings(check(secure), check(without(secure, ['panel'])))
  assert.deepEqual(found, [])
})

test('FM3 without a recorder its cameras see nothing', () => {
  assert.deepEqual(
    breaks('nvr-1'),
    breaks('cam-street', 'cam-lobby', 'cam-search', 'cam-floor', 'cam-tech'),
  )
})

test('FM3 a guard may be missing at night, in a shift, at one post', () => {
  assert.deepEqual(breaks('guard@night'), ['F15 floor-door', 'F15 fire-1'])
  assert.deepEqual(breaks('guard.lobby@early'), ['F15 floor-door', 'F15 fire-1'])
  const madrid = siteOf(shippedText('madrid-1'))
  const early = newFindings(check(madrid), check(without(madrid, ['guard.search@early'])))
  assert.deepEqual(early, [])
})

test('FM3 what the site does not have cannot be lost', () => {
  assert.throws(
    () => without(demonstration, ['cam-flor']),
    /nothing named 'cam-flor' that can fail; did you mean 'cam-floor'\?/,
  )
  assert.throws(
    () => without(demonstration, ['guard@nigt']),
    /neither night nor a shift .* 'night'/,
  )
  assert.throws(
    () => without(demonstration, ['guard.loby']),
    /no guard sits at 'loby'; did you mean 'guard.lobby'/,
  )
})

test('FM4 every single loss that breaks a rule is listed, and no other', () => {
  const losses = singleFailures(demonstration, check).map((loss) => loss.without)
  assert.deepEqual(losses, [
    'main-door',
    'turnstile',
    'floor-door',
    'tech-door',
    'fire-1',
    'ctl-floor',
    'cam-street',
    'cam-lobby',
    'cam-search',
    'cam-floor',
    'cam-tech',
    'nvr-1',
    'guard.lobby',
    'guard.lobby@night',
    'guard.lobby@early',
    'guard.lobby@late',
  ])
})
