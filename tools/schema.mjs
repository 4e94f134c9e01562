/** Writes policies/schema.cedarschema from the catalogue of acts and the one type of the facts. */
import { writeFileSync } from 'node:fs'
import { actions } from '../src/shared/actions.ts'

const groups = new Map()
for (const act of Object.values(actions)) groups.set(act.group, new Set())
const principals = (act) =>
  ({
    open: ['Person', 'Device', 'Nobody', 'Operator'],
    device: ['Device'],
    operating: ['Operator'],
    job: ['Job'],
  })[act.group] ?? ['Person', 'Nobody', 'Device']

const lines = []
lines.push(`// Written by tools/schema.mjs from src/shared/actions.ts; the facts are those of domains/access/facts.ts.
entity Person, Device, Operator, Job, Nobody;
entity Site, Workstation, Client, Project, Item, Task, Delivery;

type Facts = {
  door: String,
  actor: { kind: String, active: Bool, roles: Set<String> },
  workstation?: {
    zone: String,
    enrolled: Bool,
    soleAddress: Bool,
    postureFresh: Bool,
    postureGood: Bool,
  },
  zone?: { secure: Bool, serves: Bool, open: Bool, calm: Bool },
  presence?: { zone: String, factors: Set<String>, asSignedIn: Bool },
  session?: {
    userVerified: Bool,
    keyAllowed: Bool,
    sameWorkstation: Bool,
    steppedUp: Bool,
  },
  shift?: { on: Bool },
  admission?: { vetted: Bool, agreed: Bool, trained: Bool, certified: Bool },
  team?: { roles: Set<String> },
  need?: { leased: Bool },
  duties?: { apart: Bool },
  terms?: { complete: Bool, instructed: Bool, open: Bool, itemFree: Bool },
  log?: { witnessed: Bool },
};

// groups
action "confidential", "leased", "stepUp";`)
for (const group of groups.keys()) lines.push(`action "${group}";`)
lines.push('', '// acts')
/** Acts on a task that someone already holds need the lease; asking for the next one does not. */
const unleased = new Set([
  'annotation.task.next',
  'annotation.review.next',
  'annotation.guideline.read',
  'annotation.reopen',
])
for (const [id, act] of Object.entries(actions)) {
  const parents = [act.group]
  if (act.confidential) parents.push('confidential')
  if (act.confidential && !unleased.has(id)) parents.push('leased')
  if (act.stepUp) parents.push('stepUp')
  const types = principals(act)
  // Groups of one kind of person may be asked by anybody who reached the door; the policies refuse.
  lines.push(
    `action "${id}" in [${parents.map((p) => `"${p}"`).join(', ')}]`,
    `  appliesTo { principal: [${types.join(', ')}], resource: [${act.on}], context: Facts };`,
  )
}
writeFileSync(new URL('../policies/schema.cedarschema', import.meta.url), lines.join('\n') + '\n')
