import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shippedSites, shippedText, siteOf } from '../../../test/support/sites.ts'
import { billOf, sayBill } from './bill.ts'

const site = siteOf(shippedText('madrid-1'))
const bill = billOf(site)
const count = (what: string) => bill.items.find((item) => item.what === what)?.count

test('FM18 the bill counts readers by lane and side, locks by fail mode, and everything once', () => {
  // main-door 4 lanes in, turnstile 4 in, floor-door 4 in and 4 out, tech-door 1 in
  assert.equal(count('badge reader'), 17)
  assert.equal(count('fingerprint reader, match on card'), 4)
  assert.equal(count('fail-safe lock (open without power)'), 13)
  assert.equal(count('panic bar, nothing outside'), 2)
  assert.equal(count('annotation workstation'), 210)
  assert.equal(count('locker'), 420)
  assert.equal(count('recorder nvr-1, 10.4 TB net for 30 days'), 1)
  const cameras = bill.items.filter(({ what }) => what.startsWith('camera in '))
  assert.equal(
    cameras.reduce((sum, item) => sum + item.count, 0),
    site.cameras.length,
  )
})

test('FM18 every portal, camera, recorder, sensor and network is tried at handover', () => {
  for (const name of shippedSites) {
    const one = siteOf(shippedText(name))
    const tried = new Set(billOf(one).trials.flatMap(({ subject }) => subject.split(' and ')))
    const untried = [one.portals, one.cameras, one.recorders, one.sensors, one.networks]
      .flatMap((things) => things.map((thing) => thing.name))
      .filter((thing) => !tried.has(thing))
    assert.deepEqual(untried, [])
  }
})

test('FM18 what a trial asks for is what the file promises', () => {
  const acts = bill.trials
    .filter(({ subject }) => subject === 'floor-door')
    .map(({ rule, act }) => `${rule} ${act}`)
  assert.ok(
    acts.includes(
      'F1 From search, try without the badge, then without the fingerprint: it stays shut; with all of them it opens.',
    ),
  )
  assert.ok(acts.includes('F6 Hold it open for 30 seconds: a held-open alarm names it.'))
  assert.ok(
    acts.some((act) => /^F15 Send the guard from lobby: there within 180 seconds/.test(act)),
  )
})

test('FM18 the page has a row for each item and a box for each trial', () => {
  const page = sayBill(bill, site.title)
  assert.equal(page.match(/^- \[ \] /gm)?.length, bill.trials.length)
  assert.equal(
    page.match(/^\| (doors|video|alarms|screening|rooms|network) \|/gm)?.length,
    bill.items.length,
  )
})
