import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Action, actions, actOf, type Door } from '#shared/actions.ts'
import { loadPolicies } from './cedar.ts'
import type { Facts } from './facts.ts'

interface Case {
  action: Action
  as: string
  at?: Door
  when?: string
  with?: Record<string, unknown>
  allow: boolean
  why?: string[]
}

const folder = new URL('../../../../policies/', import.meta.url).pathname
const text = (name: string) => readFileSync(join(folder, name), 'utf8')
const texts = ['access.cedar', 'staff.cedar'].map(text)
const policies = loadPolicies(text('schema.cedarschema'), texts, 'test')
const people = JSON.parse(text('cases/people.json')) as Record<string, Facts>
const cases = readdirSync(join(folder, 'cases'))
  .filter((name) => name !== 'people.json')
  .flatMap((name) => JSON.parse(text(`cases/${name}`)) as Case[])

function vector({ as, at, with: changes = {} }: Pick<Case, 'as' | 'at' | 'with'>): Facts {
  const facts = structuredClone(people[as]!)
  if (at !== undefined) facts.door = at
  for (const [path, value] of Object.entries(changes)) {
    const [part, member] = path.split('.') as [keyof Facts, string]
    Object.assign(facts[part] as object, { [member]: value })
  }
  return facts
}

function decide(action: Action, facts: Facts) {
  const resource = { type: actOf(action).on, id: 'r' }
  // The door is the gate's own first question, before any policy.
  if (!actOf(action).doors.some((door) => door === facts.door))
    return { allowed: false, policies: ['door'] }
  return policies.decide({ kind: facts.actor.kind, id: 'p' }, action, resource, facts)
}

for (const one of cases)
  test(`GATE1 ${one.as} ${one.allow ? 'may' : 'may not'} ${one.action}${one.when === undefined ? '' : ` when ${one.when}`}`, () => {
    const { allowed, policies: named } = decide(one.action, vector(one))
    assert.equal(allowed, one.allow, named.join())
    if (one.why !== undefined) assert.deepEqual(named, one.why)
  })

test('GATE2 every act has a case that permits it and one that refuses it', () => {
  for (const action of Object.keys(actions))
    for (const allow of [true, false])
      assert.ok(
        cases.some((c) => c.action === action && c.allow === allow),
        `${action}: ${String(allow)}`,
      )
})

test('GATE3 leaving out any part, or turning any condition of it, refuses every confidential act', () => {
  const confidential = Object.keys(actions).filter(
    (a): a is Action => actOf(a as Action).confidential === true,
  )
  for (const action of confidential) {
    const as = actOf(action).group === 'reviewing' ? 'reviewer' : 'annotator'
    for (const part of [
      'workstation',
      'zone',
      'presence',
      'session',
      'shift',
      'admission',
      'team',
      'terms',
      'log',
    ] as const) {
      const facts = vector({ as })
      assert.ok(decide(action, facts).allowed, action)
      // eslint-disable-next-line @typescript-eslint/no-dynamic-delete
      delete facts[part]
      assert.ok(!decide(action, facts).allowed, `${action} without ${part}`)
    }
  }
})

test('GATE4 no vector outside the inside door, or with nobody present, passes a confidential act', () => {
  const flag = fc.boolean()
  const any = fc.record({
    door: fc.constantFrom<Door>('inside', 'outside', 'building', 'operator'),
    zone: fc.constantFrom('floor-1', 'lobby'),
    active: flag,
    secure: flag,
    factors: fc.subarray(['badge', 'pin', 'biometric']),
    leased: flag,
  })
  fc.assert(
    fc.property(any, ({ door, zone, active, secure, factors, leased }) => {
      const facts = vector({
        as: 'annotator',
        with: {
          'presence.zone': zone,
          'actor.active': active,
          'zone.secure': secure,
          'presence.factors': factors,
          'need.leased': leased,
        },
      })
      facts.door = door
      const expected =
        door === 'inside' && zone === 'floor-1' && active && secure && factors.length >= 2 && leased
      assert.equal(decide('annotation.task.open', facts).allowed, expected)
    }),
    { numRuns: 300 },
  )
})

test('GATE5 policy text that does not validate, or names a policy twice, is refused at the start', () => {
  const schema = text('schema.cedarschema')
  assert.throws(
    () =>
      loadPolicies(
        schema,
        ['@id("a") permit (principal, action, resource) when { context.colour };'],
        't',
      ),
    /colour/,
  )
  assert.throws(() => loadPolicies(schema, [...texts, texts[0]!], 't'), /stands twice/)
  assert.throws(
    () => loadPolicies(schema, ['permit (principal, action, resource);'], 't'),
    /no @id/,
  )
  assert.throws(
    () => loadPolicies(schema, ['@id("all") permit (principal, action, resource);'], 't'),
    /self-test/,
  )
})
