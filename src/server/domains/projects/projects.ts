import { parseLabelSchema } from '@cloister/annotation-formats'
import { Problem } from '#shared/problems.ts'
import type { Tx } from '../../kernel/db.ts'
import { newId } from '../../kernel/random.ts'
import type { Pass } from '../access/index.ts'
import { signalPerson } from '../identity/index.ts'
import {
  clientExists,
  insertInstruction,
  insertProject,
  insertSchema,
  latestSchema,
  lockProjectRow,
  replaceTeamRoles,
  setProjectState,
  teamOf,
} from './store.ts'
import { stampedInstructions, stampedProjects, stampedTeams } from './stamps.ts'
import type { ProjectsTables } from './tables.ts'

type Project = ProjectsTables['projects.project']

/** Begins the pass's project in state `draft`, with the client's instruction that covers it. */
export async function createProject(
  pass: Pass<'projects.create'>,
  tx: Tx,
  wanted: { client: string; code: string; kind: Project['kind']; instruction: string },
): Promise<string> {
  if (!(await clientExists(tx, wanted.client))) throw new Problem('not-found')
  const id = pass.project
  if (id === null) throw new Problem('not-found')
  const { client, code, kind } = wanted
  const made = await insertProject(tx, {
    ...{ id, client, code, kind, state: 'draft' },
    ...{ created_by: pass.actor, created_at: pass.at },
  })
  if (!made) throw new Problem('already-done', { where: 'body/code' })
  const instruction = newId('ins')
  await insertInstruction(tx, {
    ...{ id: instruction, project: id, subject: wanted.instruction },
    ...{ begins: pass.at, ends: null, recorded_by: pass.actor },
  })
  await stampedProjects.stamp(tx, id)
  await stampedInstructions.stamp(tx, instruction)
  return id
}

/** Publishes the next version of a project's label schema; work begun under an older one keeps it. */
export async function publishSchema(
  pass: Pass<'projects.schema.publish'>,
  tx: Tx,
  project: string,
  schema: unknown,
): Promise<number> {
  await lockProjectRow(tx, project)
  const version = ((await latestSchema(tx, project))?.version ?? 0) + 1
  const named = typeof schema === 'object' && schema !== null ? { ...schema, version } : schema
  const parsed = parseLabelSchema(named)
  if (!parsed.ok)
    throw new Problem('invalid-input', {
      where: 'body/schema',
      faults: parsed.findings.slice(0, 20),
    })
  await insertSchema(tx, {
    ...{ project, version, body: JSON.stringify(parsed.value) },
    ...{ published_by: pass.actor, published_at: pass.at },
  })
  return version
}

/** Sets what a person does on the project, in place of what they did before. No roles: off the team at once. */
export async function setTeamMember(
  pass: Pass<'projects.team.set'>,
  tx: Tx,
  project: string,
  member: { person: string; roles: readonly ('annotator' | 'reviewer')[] },
): Promise<void> {
  const before = (await teamOf(tx, project)).filter(({ person }) => person === member.person)
  await replaceTeamRoles(tx, { project, ...member, by: pass.actor, now: pass.at })
  const roles = new Set([...before.map(({ role }) => role), ...member.roles])
  await stampedTeams.stamp(tx, ...[...roles].map((role) => `${project}/${member.person}/${role}`))
  await signalPerson(tx, member.person)
}

/** Opens, pauses or closes a project. Whoever works on it hears at once. */
export async function setState(
  pass: Pass<'projects.state.set'>,
  tx: Tx,
  project: string,
  state: Project['state'],
): Promise<void> {
  if (state === 'open' && (await latestSchema(tx, project)) === undefined)
    throw new Problem('not-ready', { missing: 'schema', project: pass.project })
  await setProjectState(tx, project, state)
  await stampedProjects.stamp(tx, project)
  const members = new Set((await teamOf(tx, project)).map((m) => m.person))
  for (const person of members) await signalPerson(tx, person)
}
