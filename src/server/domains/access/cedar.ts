import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import type * as CedarModule from '@cedar-policy/cedar-wasm/nodejs'
import type { Action } from '#shared/actions.ts'
import type { Facts, Resource } from './facts.ts'

// V8 11 (Node 20) now and then ends the process when code that it has inlined a WebAssembly call into
// is taken back during that call ("unreachable code" in its deoptimizer). Thousands of decisions a
// minute meet that; so calls are not inlined.
setFlagsFromString('--no-turbo-inline-js-wasm-calls')
// The package ships CommonJS for Node; a named ESM import would need --experimental-wasm-modules.
// eslint-disable-next-line @typescript-eslint/no-unsafe-assignment
const cedar: typeof CedarModule = createRequire(import.meta.url)('@cedar-policy/cedar-wasm/nodejs')

/** What Cedar said, with the names of the policies that made it so. */
export interface Decision {
  readonly allowed: boolean
  /** Ids of the permits that allowed it, or of the forbids that refused it. */
  readonly policies: readonly string[]
}

/** SHA-256 in hex over the files of a set: schema and policies by name, each with its length. */
export function hashOfPolicies(folder: string): string {
  const hash = createHash('sha256')
  for (const name of readdirSync(folder).sort())
    if (/[.]cedar(schema)?$/.test(name)) {
      const bytes = readFileSync(join(folder, name))
      hash.update(`${name} ${bytes.length}\n`).update(bytes)
    }
  return hash.digest('hex')
}

export interface Policies {
  decide(
    principal: { kind: string; id: string },
    action: Action,
    resource: Resource,
    facts: Facts,
  ): Decision
  /** Acts of one kind are decided alike on equal facts: no sentence tells them apart. */
  kindOf(action: Action): string
}

const principalTypes: Record<string, string> = {
  person: 'Person',
  device: 'Device',
  operator: 'Operator',
  job: 'Job',
  nobody: 'Nobody',
}

/**
 * Loads schema and policies, refuses text that does not validate, and proves before the first
 * decision that an erroring or unmatched request is denied (Cedar itself skips a `forbid` that
 * errors). Policy ids come from their `@id` annotation. `slot` is where the library keeps them: what
 * is loaded into a slot takes the place of what was there.
 *
 * @throws Error naming the policy and the fault when the text is not valid
 */
export function loadPolicies(
  schema: string,
  texts: readonly string[],
  slot: 'live' | 'proposed' = 'live',
): Policies {
  const staticPolicies = policiesById(texts.join('\n'))
  const checked = cedar.validate({ schema, policies: { staticPolicies } })
  if (checked.type === 'failure')
    throw new Error(`policies: ${checked.errors.map((e) => e.message).join('; ')}`)
  if (checked.validationErrors.length > 0)
    throw new Error(
      `policies: ${checked.validationErrors.map((e) => `${e.policyId}: ${e.error.message}`).join('; ')}`,
    )
  // Two fixed slots: a distinct name per text would never be freed by the library.
  const set = cedar.preparsePolicySet(slot, { staticPolicies })
  if (set.type === 'failure')
    throw new Error(`policies: ${set.errors.map((e) => e.message).join('; ')}`)
  const parsed = cedar.preparseSchema(slot, schema)
  if (parsed.type === 'failure')
    throw new Error(`schema: ${parsed.errors.map((e) => e.message).join('; ')}`)

  const remembered = new Map<string, Decision>()
  const decide: Policies['decide'] = (principal, action, resource, facts) => {
    // No policy names one person or thing, and neither carries attributes: this is all that is read.
    const key = `${action}\0${resource.type}\0${principal.kind}\0${JSON.stringify(facts)}`
    const before = remembered.get(key)
    if (before !== undefined) return before
    const decision = ask(slot, principal, action, resource, facts)
    if (remembered.size >= 5000) remembered.clear()
    remembered.set(key, decision)
    return decision
  }
  proveFailClosed(decide)
  return { decide, kindOf: kindsOf(schema, texts.join('\n')) }
}

/**
 * The sentences of every .cedar file of a folder, under its schema.cedarschema.
 * @throws Error as loadPolicies does, or of the file system
 */
export function readPolicies(folder: string, slot?: 'live' | 'proposed'): Policies {
  const texts = readdirSync(folder)
    .filter((name) => name.endsWith('.cedar'))
    .sort()
    .map((name) => readFileSync(join(folder, name), 'utf8'))
  return loadPolicies(readFileSync(join(folder, 'schema.cedarschema'), 'utf8'), texts, slot)
}

function ask(
  slot: string,
  principal: { kind: string; id: string },
  action: Action,
  resource: Resource,
  facts: Facts,
): Decision {
  const answer = cedar.statefulIsAuthorized({
    principal: { type: principalTypes[principal.kind] ?? 'Nobody', id: principal.id },
    action: { type: 'Action', id: action },
    resource: { type: resource.type, id: resource.id },
    // A round trip drops `undefined` and holds what is decided to what is logged.
    // eslint-disable-next-line @typescript-eslint/no-unsafe-assignment
    context: JSON.parse(JSON.stringify(facts)),
    entities: [],
    preparsedPolicySetId: slot,
    preparsedSchemaName: slot,
    validateRequest: true,
  })
  if (answer.type !== 'success') return { allowed: false, policies: ['unanswered'] }
  const { decision, diagnostics } = answer.response
  if (diagnostics.errors.length > 0) return { allowed: false, policies: ['errored'] }
  const policies = diagnostics.reason.toSorted()
  if (decision !== 'allow')
    return { allowed: false, policies: policies.length > 0 ? policies : ['unpermitted'] }
  return { allowed: true, policies }
}

function kindsOf(schema: string, text: string): Policies['kindOf'] {
  const answer = cedar.schemaToJson(schema)
  if (answer.type === 'failure')
    throw new Error(`schema: ${answer.errors.map((e) => e.message).join('; ')}`)
  const acts = new Map(Object.values(answer.json).flatMap((space) => Object.entries(space.actions)))
  const readsResource = /\bresource\s*(is\b|in\b|==|[.])/.test(text)
  return (action) => {
    const act = acts.get(action)
    const { resourceTypes, principalTypes } = act?.appliesTo ?? {}
    return JSON.stringify([
      act?.memberOf,
      principalTypes,
      readsResource ? resourceTypes : [],
      text.includes(`"${action}"`) ? action : '',
    ])
  }
}

function policiesById(text: string): Record<string, string> {
  const parts = cedar.policySetTextToParts(text)
  if (parts.type === 'failure')
    throw new Error(`policies: ${parts.errors.map((e) => e.message).join('; ')}`)
  if (parts.policy_templates.length > 0) throw new Error('policies: a template is no policy')
  const byId: Record<string, string> = {}
  for (const policy of parts.policies) {
    const id = /@id\("([a-z0-9.-]+)"\)/.exec(policy)?.[1]
    if (id === undefined)
      throw new Error(`policies: this policy has no @id: ${policy.slice(0, 80)}`)
    if (id in byId) throw new Error(`policies: the id '${id}' stands twice`)
    if (namesOne(jsonOf(policy)))
      throw new Error(`policies: ${id}: speak of kinds, not of one person or thing`)
    byId[id] = policy
  }
  return byId
}

function jsonOf(policy: string): unknown {
  const answer = cedar.policyToJson(policy)
  if (answer.type === 'failure')
    throw new Error(`policies: ${answer.errors.map((e) => e.message).join('; ')}`)
  return answer.json
}

/**
 * Whether a policy, in Cedar's JSON form, names an entity other than an action, or reads who asks or
 * what for otherwise than by its kind. What is remembered of a decision would not hold for others.
 */
function namesOne(part: unknown): boolean {
  if (typeof part !== 'object' || part === null) return false
  const node: Readonly<Record<string, unknown>> = { ...part }
  if (node['Var'] === 'principal' || node['Var'] === 'resource') return true
  if (typeof node['id'] === 'string' && typeof node['type'] === 'string')
    return node['type'] !== 'Action'
  const { is } = node
  if (typeof is === 'object' && is !== null) return 'in' in is
  return Object.values(node).some(namesOne)
}

/** Runs at every start: without these two answers the server must not open its doors. */
function proveFailClosed(decide: Policies['decide']): void {
  const facts: Facts = { door: 'inside', actor: { kind: 'nobody', active: false, roles: [] } }
  const nothingKnown = decide(
    { kind: 'person', id: 'self-test' },
    'annotation.task.open',
    { type: 'Task', id: 'self-test' },
    facts,
  )
  const wrongResource = decide(
    { kind: 'nobody', id: 'self-test' },
    'identity.session.begin',
    { type: 'Task', id: 'self-test' },
    facts,
  )
  if (nothingKnown.allowed || wrongResource.allowed)
    throw new Error('policies: the fail-closed self-test was allowed; refusing to start')
}
