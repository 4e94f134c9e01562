import { type Action, actOf, type ActionGroup, type Door } from '#shared/actions.ts'
import { Problem } from '#shared/problems.ts'
import type { Tx } from '../../kernel/db.ts'
import { newId } from '../../kernel/random.ts'
import type { Policies } from './cedar.ts'
import type {
  Caller,
  Facts,
  FactSource,
  Located,
  Part,
  Question,
  Resource,
  ResourceSource,
} from './facts.ts'
import {
  openedFor,
  openFor,
  openForAll,
  openForPerson,
  openOnlyFor,
  openWith,
  siteProject,
} from './store.ts'

interface Grant<A extends Action> {
  readonly caller: Caller
  readonly actor: string
  readonly action: A
  readonly resource: Resource
  readonly located: Located
  readonly zone: string | null
  readonly at: Date
  readonly until: Date
  readonly policies: readonly string[]
}

/**
 * Proof that the gate let this actor do this one act to this one thing until a stated moment.
 * The class stays in this file, so nobody else can make one; a look-alike has no private field.
 */
class IssuedPass<A extends Action> {
  readonly #issued = true
  readonly caller: Caller
  readonly actor: string
  readonly door: Door
  readonly workstation: string | null
  readonly zone: string | null
  readonly action: A
  readonly resource: Resource
  readonly project: string | null
  readonly item: string | null
  readonly located: Located
  readonly at: Date
  /** The earliest moment at which one of the facts behind this pass expires by itself. */
  readonly until: Date
  readonly policies: readonly string[]

  constructor(grant: Grant<A>) {
    this.caller = grant.caller
    this.actor = grant.actor
    this.door = grant.caller.door
    this.workstation = grant.caller.workstation
    this.zone = grant.zone
    this.action = grant.action
    this.resource = grant.resource
    this.project = grant.located.project
    this.item = grant.located.item
    this.located = grant.located
    this.at = grant.at
    this.until = grant.until
    this.policies = grant.policies
  }

  static isGenuine(value: object): boolean {
    return #issued in value
  }
}
export type Pass<A extends Action = Action> = IssuedPass<A>

/** True only for a pass that the gate of this process issued. */
export function isGenuinePass(value: object): boolean {
  return IssuedPass.isGenuine(value)
}

/** What the log must hold of a refusal. */
export interface Refusal {
  readonly caller: Caller
  readonly action: Action
  readonly resource: Resource
  readonly located: Located
  readonly zone: string | null
  readonly policies: readonly string[]
}

/** Thrown by the gate; carries what the record of the refusal needs beside the problem itself. */
export class Refused extends Problem {
  readonly refusal: Refusal

  constructor(kind: Problem['kind'], refusal: Refusal) {
    super(kind, kind === 'access-denied' ? { conditions: refusal.policies } : {})
    this.refusal = refusal
  }
}

export interface Gate {
  /**
   * Opens the transaction for the rows of the project that the act is in, beside what other acts
   * opened it for; pulls the facts that the act needs, once, inside it, and lets Cedar decide. What
   * is refused leaves the transaction as open as it was. A pass ends after the moment of its issue.
   * @throws Refused (`access-denied`, `step-up-needed`, `not-signed-in`, `certificate-revoked`, or `not-found` where existence is confidential)
   */
  admit<A extends Action>(tx: Tx, caller: Caller, action: A, resource: Resource): Promise<Pass<A>>
  /**
   * Decides again on today's facts, the session among them, for a pass issued before, with the same
   * resource.
   */
  renew<A extends Action>(tx: Tx, pass: Pass<A>): Promise<Pass<A>>
}

const everything: readonly Part[] = [
  'actor',
  'workstation',
  'zone',
  'presence',
  'session',
  'shift',
  'admission',
  'team',
  'need',
  'duties',
  'terms',
  'log',
]
const onStaff: readonly Part[] = ['actor', 'workstation', 'session', 'team', 'duties']

/** Which parts of the vector a group's policies read. Confidential acts always read everything. */
const partsOf: Record<ActionGroup, readonly Part[]> = {
  open: ['actor'],
  self: ['actor', 'workstation', 'session'],
  annotating: everything,
  reviewing: everything,
  working: everything,
  managing: onStaff,
  releasing: onStaff,
  guarding: onStaff,
  recruiting: onStaff,
  securing: onStaff,
  keeping: onStaff,
  auditing: onStaff,
  client: ['actor', 'session', 'team'],
  device: ['actor'],
  operating: ['actor'],
  job: ['actor'],
}

/** Conditions that only a thing that is there can meet: of one that is not, they say nothing. */
const ofThing = new Set(['need', 'duties'])

/** Where no fact expires sooner, a pass does not outlive this. */
const longest = 15 * 60_000

const nowhere: Located = { project: null, item: null }

/** A project that is not there yet, and for which the transaction is open from now on. */
function begin(tx: Tx): Located {
  const project = newId('prj')
  openFor(tx, [project])
  return { project, item: null }
}

export function openGate(
  policies: Pick<Policies, 'decide'>,
  sources: readonly FactSource[],
  resources: readonly ResourceSource[],
  now: () => Date,
): Gate {
  const places = new Map(resources.map((source) => [source.type, source]))

  async function admit<A extends Action>(
    tx: Tx,
    caller: Caller,
    action: A,
    resource: Resource,
  ): Promise<IssuedPass<A>> {
    const act = actOf(action)
    const before = openedFor(tx)
    const found = await find(tx, action, caller, resource)
    const located = found ?? nowhere
    const at = now()
    const question: Question = { caller, action, resource, located, now: at }
    const { facts, until } = await gather(tx, question, sources, partsOf[act.group])
    const decision = act.doors.some((door) => door === caller.door)
      ? policies.decide({ kind: caller.kind, id: caller.id ?? 'nobody' }, action, resource, facts)
      : { allowed: false, policies: ['inside'] }
    const zone = facts.workstation?.zone ?? null
    const isThere = found != null && found.gone !== true
    if (!isThere || !decision.allowed) {
      openOnlyFor(tx, before)
      const absent =
        !isThere && decision.policies.every((id) => decision.allowed || ofThing.has(id))
      const named = absent ? ['absent'] : decision.policies
      throw new Refused(refusalKind(act, caller, absent, named), {
        ...{ caller, action, resource, located, zone },
        policies: named,
      })
    }
    return new IssuedPass({
      ...{ caller, action, resource, zone, at, until, policies: decision.policies },
      actor: caller.id ?? 'nobody',
      located: act.founds === true ? begin(tx) : located,
    })
  }

  /** The thing, in a transaction that is open for its project: the gate's own reading is bound as well. */
  async function find(
    tx: Tx,
    action: Action,
    caller: Caller,
    { type, id }: Resource,
  ): Promise<Located | null | undefined> {
    const act = actOf(action)
    const source = places.get(type)
    const locate = async () => (type === 'Site' ? nowhere : source?.locate(tx, id, caller, action))
    const known = source?.projectOf?.(id)
    if (known !== undefined) {
      openFor(tx, [known])
      return locate()
    }
    if (type === 'Task' || type === 'Item' || type === 'Delivery')
      return openWith(tx, { type, id }, locate)
    if (act.across === 'every') await openForAll(tx)
    else if (act.across === 'own') await openForPerson(tx, caller.id ?? 'nobody')
    openFor(tx, [type === 'Project' || type === 'Keys' ? id : siteProject])
    return locate()
  }

  return { admit, renew: (tx, pass) => admit(tx, pass.caller, pass.action, pass.resource) }
}

function refusalKind(
  act: ReturnType<typeof actOf>,
  caller: Caller,
  absent: boolean,
  policies: readonly string[],
): Problem['kind'] {
  if (absent) return 'not-found'
  if (needsPerson(act.group, caller))
    return caller.revoked === true ? 'certificate-revoked' : 'not-signed-in'
  if (policies.length === 1 && policies[0] === 'step-up') return 'step-up-needed'
  // Only these say that the thing itself is none of this person's business; the others are
  // conditions that a person entitled to it can mend, and must be told about.
  const secret = new Set(['team', 'unpermitted'])
  if (act.hidden === true && policies.some((id) => secret.has(id))) return 'not-found'
  return 'access-denied'
}

/** At a workstation without a session the machine itself is the caller: its person is to sign in. */
function needsPerson(group: ActionGroup, { kind }: Caller): boolean {
  return group !== 'open' && (kind === 'nobody' || (kind === 'device' && group !== 'device'))
}

async function gather(
  tx: Tx,
  question: Question,
  sources: readonly FactSource[],
  parts: readonly Part[],
): Promise<{ facts: Facts; until: Date }> {
  const asked = sources.filter((source) => source.fills.some((part) => parts.includes(part)))
  const known = await Promise.all(asked.map((source) => source.read(tx, question)))
  const facts: Facts = {
    actor: { kind: question.caller.kind, active: false, roles: [] },
    door: question.caller.door,
  }
  // What has stopped being true by itself is not known: no policy lets a missing part pass.
  const holding = known.filter(({ until }) => until == null || until > question.now)
  for (const { facts: some } of holding) Object.assign(facts, some)
  const ends = holding.flatMap((k) => (k.until == null ? [] : [k.until.getTime()]))
  return { facts, until: new Date(Math.min(question.now.getTime() + longest, ...ends)) }
}
