import { createRequire } from 'node:module'
import type * as CedarModule from '@cedar-policy/cedar-wasm/nodejs'
import type { Action } from '#shared/actions.ts'
import type { Facts, Resource } from './facts.ts'

// The package ships CommonJS for Node; a named ESM import would need --experimental-wasm-modules.
// eslint-disable-next-line @typescript-eslint/no-unsafe-assignment
const cedar: typeof CedarModule = createRequire(import.meta.url)('@cedar-policy/cedar-wasm/nodejs')

/** What Cedar said, with the names of the policies that made it so. */
export interface Decision {
  readonly allowed: boolean
  /** Ids of the permits that allowed it, or of the forbids that refused it. */
  readonly policies: readonly string[]
}

export interface Policies {
  decide(
    principal: { kind: string; id: string },
    action: Action,
    resource: Resource,
    facts: Facts,
  ): Decision
  /** SHA-256 would name a file; this names the loaded text in the log. */
  readonly version: string
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
 * errors). Policy ids come from their `@id` annotation.
 *
 * @throws Error naming the policy and the fault when the text is not valid
 */
export function loadPolicies(schema: string, texts: readonly string[], version: string): Policies {
  const staticPolicies = policiesById(texts.join('\n'))
  const checked = cedar.validate({ schema, policies: { staticPolicies } })
  if (checked.type === 'failure')
    throw new Error(`policies: ${checked.errors.map((e) => e.message).join('; ')}`)
  if (checked.validationErrors.length > 0)
    throw new Error(
      `policies: ${checked.validationErrors.map((e) => `${e.policyId}: ${e.error.message}`).join('; ')}`,
    )
  // Fixed names: a distinct name per version would never be freed by the library.
  const set = cedar.preparsePolicySet('live', { staticPolicies })
  if (set.type === 'failure')
    throw new Error(`policies: ${set.errors.map((e) => e.message).join('; ')}`)
  const parsed = cedar.preparseSchema('live', schema)
  if (parsed.type === 'failure')
    throw new Error(`schema: ${parsed.errors.map((e) => e.message).join('; ')}`)

  const remembered = new Map<string, Decision>()
  const decide: Policies['decide'] = (principal, action, resource, facts) => {
    // Principal and resource carry no attributes: the vector is all that a policy can read.
    const key = `${action}\0${resource.type}\0${principal.kind}\0${JSON.stringify(facts)}`
    const before = remembered.get(key)
    if (before !== undefined) return before
    const decision = ask(principal, action, resource, facts)
    if (remembered.size >= 5000) remembered.clear()
    remembered.set(key, decision)
    return decision
  }
  proveFailClosed(decide)
  return { decide, version }
}

function ask(
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
    preparsedPolicySetId: 'live',
    preparsedSchemaName: 'live',
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

function policiesById(text: string): Record<string, string> {
  const parts = cedar.policySetTextToParts(text)
  if (parts.type === 'failure')
    throw new Error(`policies: ${parts.errors.map((e) => e.message).join('; ')}`)
  const byId: Record<string, string> = {}
  for (const policy of parts.policies) {
    const id = /@id\("([a-z0-9.-]+)"\)/.exec(policy)?.[1]
    if (id === undefined)
      throw new Error(`policies: this policy has no @id: ${policy.slice(0, 80)}`)
    if (id in byId) throw new Error(`policies: the id '${id}' stands twice`)
    byId[id] = policy
  }
  return byId
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
