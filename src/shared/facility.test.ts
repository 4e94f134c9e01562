import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Check } from 'typebox/value'
import { AccessEvent, AccessEvents, Command, PostureReport, postureBytes } from './facility.ts'

const taken = {
  source: 'simulator',
  controllerId: 'controller-floor-door',
  epoch: '9z',
  seq: 1,
  occurredAt: '2026-11-21T09:00:00.000Z',
  replayed: false,
  clockOffsetMs: 0,
  portalId: 'floor-door',
  side: 'in',
  zoneFrom: 'search',
  zoneTo: 'floor-1',
  kind: 'ACCESS_TAKEN',
  result: 'success',
  credentialIds: ['b-17'],
  factors: ['badge', 'biometric'],
  personId: 'p_ada',
}

test('PE1 an access event is taken as the controller sends it and in no other shape', () => {
  assert.ok(Check(AccessEvent, taken))
  const hostile: [string, unknown][] = [
    ['unknown member', { ...taken, admin: true }],
    ['counter from zero', { ...taken, seq: 0 }],
    ['counter past 2^53', { ...taken, seq: 2 ** 53 }],
    ['time without a zone', { ...taken, occurredAt: '2026-11-21T09:00:00.000' }],
    ['time with an offset', { ...taken, occurredAt: '2026-11-21T09:00:00.000+01:00' }],
    ['a word of no vocabulary', { ...taken, kind: 'OPEN_SESAME' }],
    ['one factor twice', { ...taken, factors: ['badge', 'badge'] }],
    ['path as a portal', { ...taken, portalId: '../x' }],
    ['long raw record', { ...taken, raw: 'x'.repeat(1025) }],
    ['number as text', { ...taken, seq: '1' }],
  ]
  for (const [what, event] of hostile) assert.ok(!Check(AccessEvent, event), what)
  assert.ok(
    !Check(
      AccessEvents,
      Array.from({ length: 501 }, () => taken),
    ),
  )
  assert.ok(!Check(AccessEvents, []))
})

test('PE2 a command names its controller and cannot unlock for longer than a minute', () => {
  const unlock = {
    number: 1,
    at: taken.occurredAt,
    controllerId: 'controller-1',
    kind: 'unlock',
    portalId: 'floor-door',
    seconds: 5,
  }
  assert.ok(Check(Command, unlock))
  assert.ok(!Check(Command, { ...unlock, seconds: 61 }))
  assert.ok(!Check(Command, { ...unlock, controllerId: undefined }))
})

test('PE3 a posture signature covers every statement of the report in one spelling', () => {
  const checks = {
    malware: 'ok',
    diskEncryption: 'ok',
    usb: 'ok',
    network: 'ok',
    browserPolicy: 'ok',
    patches: 'unknown',
  } as const
  const report = { workstation: 'ws-3', at: taken.occurredAt, sequence: 7, checks }
  assert.equal(
    new TextDecoder().decode(postureBytes(report)),
    'cloister/posture/v1\n{"at":"2026-11-21T09:00:00.000Z","checks":{"browserPolicy":"ok","diskEncryption":"ok","malware":"ok","network":"ok","patches":"unknown","usb":"ok"},"sequence":7,"workstation":"ws-3"}',
  )
  assert.ok(!Check(PostureReport, { ...report, signature: 'AAAA' }))
})
