import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shippedSites, shippedText, siteOf } from '../../../test/support/sites.ts'
import { checkSite, openFindings } from './check.ts'
import { exampleSite } from './examples.ts'
import type { Finding } from './finding.ts'
import { profileOf, profiles } from './profiles.ts'
import type { RuleId } from './rules.ts'

const today = '2026-11-21'

const check = (text: string, profile = 'standard'): Finding[] =>
  checkSite(siteOf(text), { profile, today })

/** The findings of the demonstration site with one rule broken, as [id, subjects, path]. */
function broken(rule: RuleId) {
  return check(exampleSite(rule)).map(({ id, subjects, path }) => [
    id,
    subjects.join(' '),
    path.join(' '),
  ])
}

test('F1 a floor door that asks for a badge alone is a way in, from the street to the floor', () => {
  assert.deepEqual(broken('F1'), [
    ['F1', 'floor-door floor-1', 'street main-door lobby turnstile search floor-door floor-1'],
  ])
})

test('F1 two factors of the same kind are one', () => {
  const text = shippedText('demonstration').replace('[badge, fingerprint]', '[badge, phone]')
  assert.deepEqual(
    check(text).map(({ id, subjects }) => [id, subjects[0]]),
    [['F1', 'floor-door']],
  )
})

test('F1 two factors outwards do not make up for one inwards', () => {
  const text = shippedText('demonstration').replace(
    'in: [badge, fingerprint], out: [badge]',
    'in: [badge], out: [badge, fingerprint]',
  )
  assert.deepEqual(
    check(text).map(({ id }) => id),
    ['F1'],
  )
})

test('F1 a handle outside an emergency exit is a way in', () => {
  const text = shippedText('demonstration').replace(
    'emergency: true,',
    'emergency: true, outsideHardware: handle,',
  )
  const found = check(text).filter(({ id }) => id === 'F1')
  assert.deepEqual(
    found.map(({ path }) => path),
    [['street', 'fire-1', 'floor-1']],
  )
})

test('F2 a search without a detector screens nobody', () => {
  assert.deepEqual(broken('F2'), [
    ['F2', 'floor-door floor-1', 'street main-door lobby turnstile search floor-door floor-1'],
  ])
})

test('F2 a detector before which there are no lockers is of no use', () => {
  const text = shippedText('demonstration').replace('    lockers: 24\n', '')
  assert.deepEqual(
    check(text).map(({ id, path }) => [id, path.join(' ')]),
    [['F2', 'street main-door lobby turnstile search']],
  )
})

test('F3 nobody is searched on the way out where only a detector stands', () => {
  assert.deepEqual(broken('F3'), [
    ['F3', 'floor-door floor-1', 'floor-1 floor-door search turnstile lobby main-door street'],
  ])
})

test('F4 a room that only a badge opens from inside is a trap', () => {
  assert.deepEqual(broken('F4'), [['F4', 'tech', 'tech tech-door lobby main-door street']])
})

test('F4 with the power off a request-to-exit button frees nobody from a fail-secure lock', () => {
  const text = shippedText('single-room').replaceAll('out: [handle]', 'out: [request-to-exit]')
  const found = check(text)
  assert.deepEqual(
    found.map(({ id, subjects }) => [id, subjects[0]]),
    [
      ['F4', 'reception'],
      ['F4', 'room'],
      ['F4', 'closet'],
    ],
  )
  assert.match(found[0]?.evidence ?? '', /with the power off: the way out by entrance/)
})

test('F4 two hundred people need two ways out that share no portal', () => {
  const text = shippedText('madrid-1')
    .replace(/^ {2}fire-3: .*\n/m, '')
    .replace(', fire-3.inside', '')
  const [found] = check(text.replace(/^ {2}c8: .*\n/m, ''))
  assert.deepEqual([found?.id, found?.subjects], ['F4', ['floor-2']])
  assert.match(found?.evidence ?? '', /holds 210 people and needs 2 ways out .* it has 1/)
})

test('F5 a fire exit without a local alarm is found', () => {
  assert.deepEqual(broken('F5'), [['F5', 'fire-1 floor-1 street', '']])
})

test('F6 a secure portal without tamper detection is found', () => {
  assert.deepEqual(broken('F6'), [['F6', 'floor-door search floor-1', '']])
})

test('F7 an anti-passback area that people leave without a badge is open', () => {
  assert.deepEqual(broken('F7'), [['F7', 'turnstile search', '']])
})

test('F8 a door beside the turnstile walks round the mantrap', () => {
  assert.deepEqual(broken('F8'), [
    ['F8', 'side-door turnstile floor-door', 'lobby side-door search'],
  ])
})

test('F8 an interlock of one portal locks nothing', () => {
  const text = shippedText('demonstration').replace('interlock: entry', 'interlock: alone')
  assert.deepEqual(
    check(text).map(({ id, subjects }) => [id, subjects[0]]),
    [
      ['F8', 'turnstile'],
      ['F8', 'floor-door'],
    ],
  )
})

test('F9 a camera that films screens is found', () => {
  assert.deepEqual(broken('F9'), [['F9', 'cam-floor floor-1', '']])
})

test('F9 a camera in a rest room, and a secure door that no camera sees, are found', () => {
  const text = shippedText('demonstration')
    .replace(
      'kind: controlled\n    title: Search',
      'kind: controlled\n    use: rest-room\n    title: Search',
    )
    .replace('floor-door.inside, ', '')
  assert.deepEqual(
    check(text).map(({ id, subjects }) => [id, subjects[0]]),
    [
      ['F9', 'cam-search'],
      ['F9', 'floor-door'],
    ],
  )
})

test('F10 a content network with a way to the internet is found', () => {
  assert.deepEqual(broken('F10'), [['F10', 'floor-1 content', '']])
})

test('F10 a spare live jack and a workstation outside the secure zone are found', () => {
  const text = shippedText('madrid-1')
    .replace('jacks: { floor-2: 210 }', 'jacks: { floor-2: 212, lobby: 1 }')
    .replace(
      'lobby:   { count: 2, network: office, use: guard }',
      'lobby:   { count: 1, network: content }',
    )
  assert.deepEqual(
    check(text).map(({ id, subjects }) => [id, ...subjects]),
    [
      ['F10', 'lobby'],
      ['F10', 'floor-2', 'content'],
    ],
  )
})

test('F10 a spare live jack of any network is found in a secure zone, one of a camera or an office is not', () => {
  const jacks = (network: string) =>
    check(
      shippedText('madrid-1')
        .replace(/^ {2}(office|video): .*$/gm, '')
        .replace('networks:', `networks:\n${network}`),
    ).map(({ id, subjects }) => [id, ...subjects])
  const video = (live: number) =>
    `  office: { internet: filtered }\n  video: { internet: none, jacks: { floor-2: ${live} } }`
  assert.deepEqual(jacks(video(2)), [])
  assert.deepEqual(jacks(video(3)), [['F10', 'floor-2', 'video']])
  const office = (zones: string) =>
    `  office: { internet: open, jacks: { ${zones} } }\n  video: { internet: none }`
  assert.deepEqual(jacks(office('lobby: 9')), [])
  assert.deepEqual(jacks(office('lobby: 2, floor-2: 1')), [['F10', 'floor-2', 'office']])
})

test('F10 a way to the internet by a second network is found', () => {
  const text = shippedText('demonstration')
    .replace('content: { internet: none }', 'content: { internet: none, reaches: [office] }')
    .replace(
      'office: { internet: none }',
      'office: { internet: none, reaches: [web] }\n  web: { internet: open }',
    )
  assert.deepEqual(
    check(text).map(({ id, subjects }) => [id, ...subjects]),
    [['F10', 'floor-1', 'content', 'web']],
  )
})

test('F11 a recorder on the content network is found', () => {
  assert.deepEqual(broken('F11'), [['F11', 'nvr-1 content', '']])
})

test('F12 a window at street level without a sensor is found', () => {
  assert.deepEqual(broken('F12'), [['F12', 'window-1 floor-1', '']])
})

test('F13 a project whose client has not consented shares no floor', () => {
  assert.deepEqual(broken('F13'), [['F13', 'floor-1 aurora borealis', '']])
})

test('F13 projects in shifts that do not meet may share a floor', () => {
  const apart = exampleSite('F13').replace(
    /projects: \[ ?aurora.*/,
    'projects: [aurora@early, borealis@late]',
  )
  const touching = apart.replace(/late: .14:00-22:00./, "late: '13:59-22:00'")
  assert.notEqual(apart, touching)
  assert.deepEqual(check(apart), [])
  assert.deepEqual(
    check(touching).map(({ id }) => id),
    ['F13'],
  )
})

test('F14 one controller behind a whole mantrap is found', () => {
  assert.deepEqual(broken('F14'), [['F14', 'ctl-floor turnstile floor-door', '']])
})

test('F15 a night without a guard and without an alarm service is found', () => {
  assert.deepEqual(broken('F15'), [
    ['F15', 'floor-door', ''],
    ['F15', 'fire-1', ''],
  ])
  const served = exampleSite('F15').replace('shifts:', 'monitoring: { response: 15m }\nshifts:')
  assert.deepEqual(check(served), [])
  const late = served.replace('response: 15m', 'response: 16m')
  assert.deepEqual(
    check(late).map(({ id }) => id),
    ['F15', 'F15'],
  )
})

test('F15 guards in three shifts round the clock leave no gap, though nobody else works at night', () => {
  const shifts = (text: string) =>
    text
      .replace(/^hours: .*$/m, 'hours: { mon-sun: "06:00-22:00" }')
      .replace('late: "14:00-22:00"', 'late: "14:00-22:00", dark: "22:00-06:00"')
  const guarded = (duty: string) =>
    check(shifts(shippedText('madrid-1')).replace('lobby: always', `lobby: [${duty}]`))
  assert.deepEqual(guarded('early, late, dark'), [])
  assert.deepEqual([...new Set(guarded('early, late').map(({ id }) => id))], ['F15'])
})

test('F15 a guard without monitors must be able to walk there in time', () => {
  const blind = shippedText('demonstration').replace(/ {4}monitors: .*\n/, '')
  assert.deepEqual(check(blind), [])
  const slow = blind.replace('title: Search', 'title: Search\n    crossing: 4m')
  assert.deepEqual(
    check(slow).map(({ id, subjects }) => [id, ...subjects]),
    [['F15', 'floor-door', 'lobby']],
  )
})

test('F16 Wiegand, plain OSDP and the default key are refused at a secure portal', () => {
  assert.deepEqual(broken('F16'), [['F16', 'floor-door search floor-1', '']])
  for (const reader of ['osdp', 'osdp-default-key'])
    assert.deepEqual(
      check(exampleSite('F16').replace('wiegand', reader)).map(({ id }) => id),
      ['F16'],
    )
})

test('R1 video kept past the legal maximum, and a disk too small for it, are found', () => {
  const found = check(exampleSite('R1'))
  assert.deepEqual(
    found.map(({ id, severity, subjects }) => [id, severity, ...subjects]),
    [
      ['R1', 'major', 'nvr-1'],
      ['R1', 'warning', 'nvr-1'],
    ],
  )
})

test('R1 a wish of the client that the law forbids is a warning, not a change of the rule', () => {
  const text = shippedText('demonstration').replace(
    'consents: [borealis]',
    'consents: [borealis], video: 90d',
  )
  const [found, ...others] = check(text)
  assert.deepEqual(others, [])
  assert.deepEqual([found?.id, found?.severity, found?.subjects], ['R1', 'warning', ['aurora']])
  assert.match(found?.evidence ?? '', /wants video for 90 days and Spain admits 30 days/)
})

test('R1 a country without a line in the table is said, not guessed', () => {
  const text = shippedText('demonstration').replace('jurisdiction: ES', 'jurisdiction: AQ')
  assert.deepEqual(
    check(text).map(({ id, subjects }) => [id, ...subjects]),
    [['R1', 'demonstration']],
  )
})

test('A1 an acceptance of nothing is found', () => {
  assert.deepEqual(broken('A1'), [['A1', 'floor-door', '']])
})

test('A1 an acceptance covers its finding to the last day, and not after', () => {
  const accepted = `${exampleSite('F9')}
accepted:
  - { finding: F9, subject: cam-floor, reason: Masked next week, by: Ana Ruiz, until: 2026-12-31 }
`
  const on = (day: string) => checkSite(siteOf(accepted), { today: day })
  assert.deepEqual(openFindings(on('2026-12-31')), [])
  assert.deepEqual(on('2026-12-31')[0]?.accepted, {
    reason: 'Masked next week',
    by: 'Ana Ruiz',
    until: '2026-12-31',
  })
  const [late] = openFindings(on('2027-01-01'))
  assert.match(late?.evidence ?? '', /Its acceptance ended on 2026-12-31\.$/)
})

test('FM1 every shipped site holds, each with all rules', () => {
  for (const name of shippedSites) assert.deepEqual([name, check(shippedText(name))], [name, []])
})

test('FM2 a profile holds a site against its own rules and readings only', () => {
  const ids = (text: string, profile: string) =>
    [...new Set(check(text, profile).map(({ id }) => id))].join(' ')
  assert.equal(ids(shippedText('single-room'), 'reference-case'), 'F15')
  const pin = shippedText('demonstration').replace('[badge, fingerprint]', '[badge, pin]')
  assert.deepEqual(
    Object.keys(profiles).map((profile) => [profile, ids(pin, profile)]),
    [
      ['standard', ''],
      ['reference-case', 'F1'],
      ['iso-27001', ''],
      ['tpn', ''],
      ['strict', 'F1'],
    ],
  )
  assert.equal(ids(exampleSite('F16'), 'reference-case'), '')
  assert.throws(() => profileOf('iso27001'), /choose standard, .*\(did you mean iso-27001\?\)/)
})
