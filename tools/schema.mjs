/** Writes policies/schema.cedarschema from the catalogue of acts and the one type of the facts. */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { actions } from '../src/shared/actions.ts'

export const schemaFile = fileURLToPath(new URL('../policies/schema.cedarschema', import.meta.url))

/** Groups of one kind of person may be asked by anybody who reached the door; the policies refuse. */
const principals = (act) =>
  ({
    open: ['Person', 'Device', 'Nobody', 'Operator'],
    device: ['Device'],
    operating: ['Operator'],
    keeping: ['Person', 'Nobody', 'Device', 'Operator'],
    job: ['Job'],
  })[act.group] ?? ['Person', 'Nobody', 'Device']

/** Acts on a task that someone already holds need the lease; asking for the next one does not. */
const unleased = new Set([
  'annotation.task.next',
  'annotation.review.next',
  'annotation.guideline.read',
  'annotation.reopen',
])

const head = `// Written by tools/schema.mjs from src/shared/actions.ts; the facts are those of domains/access/facts.ts.
entity Person, Device, Operator, Job, Nobody;
entity Site, Workstation, Client, Project, Item, Task, Delivery, Keys;

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
action "confidential", "leased", "stepUp";`

/** The schema's text: the facts, a group for each kind of person, and every act. */
export function schemaText() {
  const groups = new Set(Object.values(actions).map((act) => act.group))
  const lines = [head, ...[...groups].map((group) => `action "${group}";`), '', '// acts']
  for (const [id, act] of Object.entries(actions)) {
    const parents = [act.group]
    if (act.confidential) parents.push('confidential')
    if (act.confidential && !unleased.has(id)) parents.push('leased')
    if (act.stepUp) parents.push('stepUp')
    lines.push(
      `action "${id}" in [${parents.map((p) => `"${p}"`).join(', ')}]`,
      `  appliesTo { principal: [${principals(act).join(', ')}], resource: [${act.on}], context: Facts };`,
    )
  }
  return `${lines.join('\n')}\n`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(schemaFile, schemaText())
