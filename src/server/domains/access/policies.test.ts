import assert from 'node:assert/strict'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { type Action, actions, actOf, type Door } from '#shared/actions.ts'
import { loadPolicies, readPolicies } from './cedar.ts'
import { compareAccess, decideAtDoor, readCases, tryCases, vectorOf } from './review.ts'

const folder = new URL('../../../../policies/', import.meta.url).pathname
const policies = readPolicies(folder)
const { people, cases } = readCases(folder)
const vector = (as: string, changes: Record<string, unknown> = {}) =>
  vectorOf(people, { as, with: changes })
const decide = decideAtDoor.bind(null, policies)

for (const { case: one, holds, policies: named } of tryCases(policies, { people, cases }))
  test(`GATE1 ${one.as} ${one.allow ? 'may' : 'may not'} ${one.action}${one.when === undefined ? '' : ` when ${one.when}`}`, () => {
    assert.ok(holds, named.join())
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
      const facts = vector(as)
      assert.ok(decide(action, facts).allowed, action)
      // eslint-disable-next-line @typescript-eslint/no-dynamic-delete
      delete facts[part]
      assert.ok(!decide(action, facts).allowed, `${action} without ${part}`)
    }
  }
})

test('GATE3 where a lease or two people are needed, not knowing of them refuses', () => {
  const without = (part: 'need' | 'duties', as: string) => {
    const facts = vector(as)
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete
    delete facts[part]
    return facts
  }
  for (const [part, action, as] of [
    ...(['annotation.task.open', 'annotation.draft.save', 'annotation.submit'] as const).map(
      (action) => ['need', action, 'annotator'] as const,
    ),
    ...(['annotation.media.open', 'annotation.media.read'] as const).map(
      (action) => ['need', action, 'annotator'] as const,
    ),
    ['need', 'annotation.review.decide', 'reviewer'],
    ['duties', 'annotation.review.decide', 'reviewer'],
    ['duties', 'delivery.approve', 'releaser'],
  ] as const) {
    assert.ok(decide(action, vector(as)).allowed, action)
    assert.deepEqual(
      decide(action, without(part, as)),
      { allowed: false, policies: [part] },
      `${action} without ${part}`,
    )
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
      const facts = vector('annotator', {
        'presence.zone': zone,
        'actor.active': active,
        'zone.secure': secure,
        'presence.factors': factors,
        'need.leased': leased,
      })
      facts.door = door
      const expected =
        door === 'inside' && zone === 'floor-1' && active && secure && factors.length >= 2 && leased
      assert.equal(decide('annotation.task.open', facts).allowed, expected)
    }),
    { numRuns: 300 },
  )
})

test('GATE5 policy text that does not validate, or names a policy twice, is refused at the start', async () => {
  const [schema, access] = await Promise.all(
    ['schema.cedarschema', 'access.cedar'].map((name) => readFile(join(folder, name), 'utf8')),
  )
  const refuse = (texts: (string | undefined)[], fault: RegExp) => {
    assert.throws(
      () =>
        loadPolicies(
          schema ?? '',
          texts.map((text) => text ?? ''),
          'proposed',
        ),
      fault,
    )
  }
  refuse(['@id("a") permit (principal, action, resource) when { context.colour };'], /colour/)
  refuse([access, access], /stands twice/)
  refuse(['permit (principal, action, resource);'], /no @id/)
  refuse(['@id("all") permit (principal, action, resource);'], /self-test/)
})

test('GATE10 a policy that speaks of one person or thing is refused at the start, wherever it says so', async () => {
  const [schema = '', access = ''] = await Promise.all(
    ['schema.cedarschema', 'access.cedar'].map((name) => readFile(join(folder, name), 'utf8')),
  )
  for (const policy of [
    'permit (principal == Person::"ada", action, resource);',
    'forbid (principal, action, resource == Project::"frozen");',
    'forbid (principal is Person in Person::"ada", action, resource);',
    'forbid (principal, action, resource) when { principal == Person::"ada" };',
    'forbid (principal, action, resource) unless { [Person::"ada"].contains(principal) };',
    'forbid (principal, action, resource) when { resource is Project in Project::"frozen" };',
    'forbid (principal == ?principal, action, resource);',
  ])
    assert.throws(
      () => loadPolicies(schema, [access, `@id("one") ${policy}`], 'proposed'),
      /one: speak of kinds|a template is no policy/,
      policy,
    )
  const kinds =
    'forbid (principal is Device, action == Action::"site.backup", resource is Site) when { resource is Task };'
  assert.doesNotThrow(() => loadPolicies(schema, [access, `@id("kinds") ${kinds}`], 'proposed'))
})

test('GATE9 a policy that fails while it is decided refuses the act, though Cedar alone would pass over it', async () => {
  const [schema = '', staff = ''] = await Promise.all(
    ['schema.cedarschema', 'staff.cedar'].map((name) => readFile(join(folder, name), 'utf8')),
  )
  const overflow =
    '@id("overflow") forbid (principal, action, resource) when { 9223372036854775807 + 1 > 0 };'
  const decided = (...texts: string[]) =>
    decideAtDoor(
      loadPolicies(schema, [staff, ...texts], 'proposed'),
      'identity.session.begin',
      vector('nobody'),
    )
  assert.deepEqual(decided(), { allowed: true, policies: ['open'] })
  assert.deepEqual(decided(overflow), { allowed: false, policies: ['errored'] })
})

/** A copy of the policies in which a part of one file reads differently. */
async function proposed(t: TestContext, name: string, from: string | RegExp, to: string) {
  const copy = await mkdtemp(join(tmpdir(), 'cloister-policies-'))
  t.after(() => rm(copy, { recursive: true }))
  await cp(folder, copy, { recursive: true })
  const text = await readFile(join(copy, name), 'utf8')
  assert.notEqual(text.replaceAll(from, to), text)
  await writeFile(join(copy, name), text.replaceAll(from, to))
  return copy
}

test('GATE6 a comparison of policies says who gains and who loses what, and under which condition', async (t) => {
  const between = (copy: string, person = 'annotator') =>
    compareAccess(policies, readPolicies(copy, 'proposed'), { [person]: vector(person) })
  assert.deepEqual(between(folder), [])
  const wider = between(await proposed(t, 'access.cedar', /\s*context.admission.vetted &&/g, ''))
  assert.deepEqual(
    wider.map(({ direction, person, door, when }) => [direction, person, door, when]),
    [['gains', 'annotator', 'inside', 'admission.vetted is false']],
  )
  assert.ok(wider[0]?.actions.includes('annotation.task.next'))
  const guards = 'context.actor.roles.contains("guard") || '
  const narrower = between(await proposed(t, 'staff.cedar', guards, ''), 'guard')
  assert.deepEqual(
    new Set(narrower.map(({ direction, person }) => `${person} ${direction}`)),
    new Set(['guard loses']),
  )
  assert.ok(narrower.some(({ when }) => when === 'always'))
  // Each condition stands twice, so taking one of the two away changes nobody's access.
  const half = await proposed(t, 'access.cedar', /@id\("posture"\)[^;]*;/g, '')
  assert.deepEqual(between(half), [])
})

test('GATE7 cases that are none are refused by file and place, and a case that fails says what was said', async (t) => {
  const broken = await proposed(t, 'cases/site.json', '"as": "device"', '"as": "nobody-known"')
  assert.throws(() => readCases(broken), /site[.]json: number 2 is no case/)
  const unread = await proposed(t, 'cases/people.json', /^[{]/g, '')
  assert.throws(() => readCases(unread), /people[.]json: /)
  const other = await proposed(t, 'cases/site.json', '"as": "device"', '"as": "operator"')
  const failed = tryCases(policies, readCases(other)).filter(({ holds }) => !holds)
  assert.deepEqual(
    failed.map(({ case: one, allowed, policies: named }) => [one.action, allowed, named]),
    [['site.backup', true, ['operators']]],
  )
})
