import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { musterCsv, musterText, type MusterSheet } from './muster.ts'
import { nobodyPresent, type PresenceState } from './presence.ts'
import type { Person } from './record.ts'

function present(person: string, zone: string | null, admits = true): [string, Person] {
  const since = '2026-11-21T09:30:00.000Z'
  const why = admits ? null : 'late'
  const now = { person, zone, since, portalId: 'floor-door', factors: [], event: 'x', admits, why }
  return [person, { now: { ...now, why } as const, order: [0, 'c', 'e', 1], past: [] }]
}

const sheet: MusterSheet = {
  site: 'demonstration',
  at: '2026-11-21T10:00:00.000Z',
  zones: ['street', 'lobby', 'floor-1'],
  outside: new Set(['street']),
  names: new Map([['p_ada', 'Ada Lovelace']]),
  silent: ['controller-turnstile'],
}
const state: PresenceState = {
  ...nobodyPresent,
  people: new Map([
    present('p_ben', 'lobby', false),
    present('p_ada', 'floor-1'),
    present('p_gone', 'street'),
    present('p_out', null),
  ]),
  streams: new Map([
    [
      'controller-fire-1/e1',
      {
        ...{ controllerId: 'controller-fire-1', epoch: 'e1', highest: 9, latest: 0 },
        gaps: [{ from: 3, to: 5 }],
      },
    ],
  ]),
}

test('PE19 the muster list says who is where, and what it cannot know', () => {
  assert.equal(
    musterText(state, sheet),
    `MUSTER LIST  demonstration
Printed 2026-11-21T10:00:00.000Z (UTC)
Inside: 2

lobby: 1
  [ ] ? p_ben                                             since 09:30

floor-1: 1
  [ ]   p_ada                    Ada Lovelace             since 09:30

? the door reported late or in doubt: look for this person first
This list may be wrong:
- controller-turnstile is silent
- controller-fire-1: 3 event(s) missing
Visitors without a badge and passages without a reading are not on this list.
`,
  )
})

test('PE20 the muster list as CSV holds every name exactly and starts no formula', () => {
  fc.assert(
    fc.property(
      fc.string({ maxLength: 12, unit: fc.constantFrom(...Array.from('=+-@\t\r\n",ab\0')) }),
      (name) => {
        const csv = musterCsv(state, { ...sheet, names: new Map([['p_ada', name]]) })
        const field = /p_ada,((?:"(?:[^"]|"")*")|[^,"]*),2026/.exec(csv)?.[1]
        assert.ok(field !== undefined)
        const read = field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field
        assert.equal(read.replace(/^'(?=[=+\-@\t\r\0])/, ''), name)
        assert.doesNotMatch(read, /^[=+\-@\t\r\0]/)
      },
    ),
  )
})
