import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import Type, { type Static } from 'typebox'
import { Check } from 'typebox/value'
import { type Action, actions, actOf, type Door } from '#shared/actions.ts'
import type { Decision, Policies } from './cedar.ts'
import type { Facts } from './facts.ts'

const doors = ['inside', 'building', 'outside', 'operator'] as const
const words = Type.String({ minLength: 1, maxLength: 200 })

const Case = Type.Object(
  {
    action: words,
    as: words,
    at: Type.Optional(Type.Enum([...doors])),
    when: Type.Optional(words),
    with: Type.Optional(
      Type.Record(Type.String({ pattern: '^[a-z]+[.][A-Za-z]+$' }), Type.Unknown()),
    ),
    allow: Type.Boolean(),
    why: Type.Optional(Type.Array(words)),
  },
  { additionalProperties: false },
)
/** Who tries what, on which facts, and whether it is to be allowed (`why`: by which sentences). */
export type Case = Static<typeof Case> & { readonly action: Action }

/** Whole vectors by the name of whom they describe; Cedar itself checks what stands in them. */
export type People = Readonly<Record<string, Facts>>

export interface Cases {
  readonly people: People
  readonly cases: readonly Case[]
}

/** What the policies said to a case, and whether that is what it asks for. */
export interface Tried extends Decision {
  readonly case: Case
  readonly holds: boolean
}

/**
 * Reads `cases/` of a folder of policies: people.json and every other file as a list of cases.
 * @throws Error naming the file, and the case by its place, where it is none
 */
export function readCases(folder: string): Cases {
  const place = join(folder, 'cases')
  const people = readJson(place, 'people.json')
  if (!isPeople(people)) throw new Error('cases/people.json: each person needs a door and an actor')
  const cases = readdirSync(place)
    .filter((name) => name.endsWith('.json') && name !== 'people.json')
    .sort()
    .flatMap((name) => {
      const list = readJson(place, name)
      if (!Array.isArray(list)) throw new Error(`cases/${name}: not a list`)
      return list.map((one: unknown, index) => {
        if (!isCase(one, people)) throw new Error(`cases/${name}: number ${index + 1} is no case`)
        return one
      })
    })
  return { people, cases }
}

function readJson(folder: string, name: string): unknown {
  try {
    return JSON.parse(readFileSync(join(folder, name), 'utf8'))
  } catch (error) {
    throw new Error(`cases/${name}: ${error instanceof Error ? error.message : 'unreadable'}`, {
      cause: error,
    })
  }
}

function isPeople(value: unknown): value is People {
  const person = Type.Object({ door: words, actor: Type.Object({ kind: words }) })
  return Check(Type.Record(words, person), value)
}

function isCase(value: unknown, people: People): value is Case {
  return Check(Case, value) && isAction(value.action) && value.as in people
}

const isAction = (name: string): name is Action => name in actions

/** Every case against the policies, in the order of the files. */
export function tryCases(policies: Policies, { people, cases }: Cases): Tried[] {
  return cases.map((one) => {
    const said = decideAtDoor(policies, one.action, vectorOf(people, one))
    const reasons = one.why === undefined || one.why.join() === said.policies.join()
    return { case: one, ...said, holds: said.allowed === one.allow && reasons }
  })
}

/** The facts of a case: those of its person, at its door, with the members it changes. */
export function vectorOf(
  people: People,
  { as, at, with: changes }: Pick<Case, 'as' | 'at' | 'with'>,
): Facts {
  const facts = structuredClone(people[as])
  if (facts === undefined) throw new Error(`no person of the cases is called ${as}`)
  if (at !== undefined) facts.door = at
  for (const [path, value] of Object.entries(changes ?? {})) turn(facts, path, value)
  return facts
}

/** The door is the gate's own first question, before any policy. */
export function decideAtDoor(policies: Policies, action: Action, facts: Facts): Decision {
  if (!actOf(action).doors.some((door) => door === facts.door))
    return { allowed: false, policies: ['door'] }
  const { kind } = facts.actor
  return policies.decide({ kind, id: 'p' }, action, { type: actOf(action).on, id: 'r' }, facts)
}

/** Somebody who may do something under one set of policies and not under the other. */
export interface Change {
  readonly direction: 'gains' | 'loses'
  readonly person: string
  readonly door: Door
  /** `always`, or the one condition that is turned, such as `admission.vetted is false`. */
  readonly when: string
  readonly actions: readonly Action[]
}

/**
 * Who gains and who loses access between two sets of policies: every person of the cases at every
 * door, with all as they have it, with each part unknown, and with each single condition turned,
 * against every act. A change that shows only where two conditions are turned at once is not found.
 */
export function compareAccess(
  before: Policies,
  after: Policies,
  people: People,
  onPerson: (asked: number) => void = () => undefined,
): Change[] {
  const kinds = new Map<string, Action[]>()
  for (const action of Object.keys(actions).filter(isAction)) {
    const kind = [actOf(action).doors.join(), before.kindOf(action), after.kindOf(action)].join()
    kinds.set(kind, [...(kinds.get(kind) ?? []), action])
  }
  const found: Change[] = []
  for (const [index, person] of Object.keys(people).entries()) {
    onPerson(index)
    for (const door of doors)
      for (const { when, facts } of turnsOf(vectorOf(people, { as: person, at: door }))) {
        const differing = [...kinds.values()].flatMap(([first, ...others]) => {
          if (first === undefined) return []
          const was = decideAtDoor(before, first, facts).allowed
          const is = decideAtDoor(after, first, facts).allowed
          return was === is ? [] : [{ is, alike: [first, ...others] }]
        })
        for (const gains of [true, false]) {
          const acts = differing.flatMap(({ is, alike }) => (is === gains ? alike : []))
          const direction = gains ? 'gains' : 'loses'
          if (acts.length > 0) found.push({ direction, person, door, when, actions: acts })
        }
      }
  }
  return withoutRepeats(found)
}

/** Says what holds always once, instead of again for each condition that makes no difference. */
function withoutRepeats(changes: readonly Change[]): Change[] {
  const place = ({ direction, person, door }: Change) => [direction, person, door].join()
  const always = new Map(
    changes.filter(({ when }) => when === 'always').map((one) => [place(one), one.actions]),
  )
  return changes.flatMap((change) => {
    if (change.when === 'always') return [change]
    const known = always.get(place(change)) ?? []
    const more = change.actions.filter((action) => !known.includes(action))
    return more.length === 0 ? [] : [{ ...change, actions: more }]
  })
}

/** The facts as they are, and once for every part left out and every member turned. */
function turnsOf(facts: Facts): { when: string; facts: Facts }[] {
  const { door, actor, ...parts } = facts
  const without = Object.keys(parts).map((part) => {
    const rest = Object.fromEntries(Object.entries(parts).filter(([name]) => name !== part))
    return { when: `${part} is unknown`, facts: { door, actor, ...rest } }
  })
  const turned = Object.entries({ actor, ...parts }).flatMap(([part, members]) =>
    Object.entries(members).flatMap(([member, value]) =>
      othersOf(value).map(([words, other]) => {
        const copy = structuredClone(facts)
        turn(copy, `${part}.${member}`, other)
        return { when: `${part}.${member} ${words}`, facts: copy }
      }),
    ),
  )
  return [{ when: 'always', facts }, ...without, ...turned]
}

function othersOf(value: unknown): [string, unknown][] {
  if (typeof value === 'boolean') return [[`is ${String(!value)}`, !value]]
  if (Array.isArray(value))
    return value.map((gone: string) => [
      `lacks ${gone}`,
      value.filter((one: string) => one !== gone),
    ])
  return [['is another', 'another']]
}

function turn(facts: Facts, path: string, value: unknown): void {
  const [part = '', member = ''] = path.split('.')
  const members: unknown = Object.entries(facts).find(([name]) => name === part)?.[1]
  if (typeof members !== 'object' || members === null || !(member in members))
    throw new Error(`the facts of this person hold no ${path}`)
  Object.assign(members, { [member]: value })
}
