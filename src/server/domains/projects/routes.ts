import { type Static, Type } from 'typebox'
import { Done } from '#shared/identity.ts'
import {
  ClientId,
  ClientMade,
  ClientPerson,
  Clients,
  Guideline,
  NewClient,
  NewGuideline,
  NewProject,
  NewProjectState,
  NewSchema,
  ProjectDetail,
  ProjectId,
  ProjectMade,
  Projects,
  type ProjectRow,
  TeamMember,
  Terms,
  Version,
} from '#shared/projects.ts'
import { Problem } from '#shared/problems.ts'
import type { Operate } from '../../http/operate.ts'
import type { Tx } from '../../kernel/db.ts'
import { namesOf } from '../identity/index.ts'
import type { Vault } from '../vault/index.ts'
import { addClientPerson, createClient, setTerms } from './clients.ts'
import { publishGuideline, readGuideline } from './guidelines.ts'
import { createProject, publishSchema, setState, setTeamMember } from './projects.ts'
import { stateOfTerms } from './terms.ts'
import {
  batchesOf,
  instructionsOf,
  latestSchema,
  listClients,
  listProjects,
  speakersOf,
  teamOf,
} from './store.ts'

const Client = Type.Object({ client: ClientId })
const Project = Type.Object({ project: ProjectId })
const site = () => ({ type: 'Site', id: 'site' }) as const
const client = ({ params }: { params: { client: string } }) =>
  ({ type: 'Client', id: params.client }) as const
const project = ({ params }: { params: { project: string } }) =>
  ({ type: 'Project', id: params.project }) as const
const done = { done: true } as const

export function projectsRoutes(operate: Operate): void {
  clientRoutes(operate)
  operate('GET', '/projects', {
    action: 'projects.list',
    answer: Projects,
    resource: site,
    run: async ({ tx }) => ({ projects: await rows(tx, null) }),
  })
  operate('POST', '/projects', {
    action: 'projects.create',
    body: NewProject,
    answer: ProjectMade,
    resource: site,
    async run({ pass, tx, body, note }) {
      const made = { project: await createProject(pass, tx, body) }
      note({ ...made, ...body })
      return made
    },
  })
  operate('GET', '/projects/:project', {
    action: 'projects.read',
    params: Project,
    answer: ProjectDetail,
    resource: project,
    run: ({ tx, params }) => detail(tx, params.project),
  })
  operate('POST', '/projects/:project/schemas', {
    action: 'projects.schema.publish',
    params: Project,
    body: NewSchema,
    answer: Version,
    limit: 1_000_000,
    resource: project,
    async run({ pass, tx, params, body, note }) {
      const version = await publishSchema(pass, tx, params.project, body.schema)
      note({ version, schema: body.schema })
      return { version }
    },
  })
  operate('PUT', '/projects/:project/team', {
    action: 'projects.team.set',
    params: Project,
    body: TeamMember,
    answer: Done,
    resource: project,
    run: async ({ pass, tx, params, body, note }) => {
      note({ person: body.person, roles: body.roles })
      return (await setTeamMember(pass, tx, params.project, body), done)
    },
  })
  operate('POST', '/projects/:project/state', {
    action: 'projects.state.set',
    params: Project,
    body: NewProjectState,
    answer: Done,
    resource: project,
    run: async ({ pass, tx, params, body, note }) => {
      note(body)
      return (await setState(pass, tx, params.project, body.state), done)
    },
  })
}

/** Guidelines are written where content may be shown: their examples come from it. */
export function guidelineRoutes(operate: Operate, vault: Pick<Vault, 'open' | 'seal'>): void {
  operate('POST', '/projects/:project/guidelines', {
    action: 'projects.guideline.publish',
    params: Project,
    body: NewGuideline,
    answer: Version,
    limit: 2_000_000,
    resource: project,
    async run({ pass, tx, body, note }) {
      const version = await publishGuideline(vault, pass, tx, body.text)
      note({ version })
      return { version }
    },
  })
  operate('GET', '/projects/:project/guidelines/newest', {
    action: 'projects.guideline.read',
    params: Project,
    answer: Guideline,
    resource: project,
    run: ({ pass, tx }) => readGuideline(vault, pass, tx),
  })
}

function clientRoutes(operate: Operate): void {
  operate('GET', '/clients', {
    action: 'projects.list',
    answer: Clients,
    resource: site,
    async run({ pass, tx }) {
      const { rows } = await listClients(tx)
      const speakers = await speakersOf(tx)
      const names = await namesOf(
        tx,
        speakers.map(({ person }) => person),
      )
      return {
        clients: rows.map((row) => {
          // Written by setTerms in this very shape, and checked again on its way out.
          // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion
          const terms = row.body as Static<typeof Terms> | null
          return {
            ...{ client: row.id, name: row.name, terms },
            termsState: stateOfTerms({ complete: row.complete, endsOn: terms?.endsOn }, pass.at),
            speakers: speakers
              .filter(({ client }) => client === row.id)
              .map(({ person }) => ({ person, name: names.get(person) ?? '' })),
          }
        }),
      }
    },
  })
  operate('POST', '/clients', {
    action: 'projects.client.create',
    body: NewClient,
    answer: ClientMade,
    resource: site,
    async run({ pass, tx, body, note }) {
      const made = { client: await createClient(pass, tx, body.name) }
      note({ ...made, ...body })
      return made
    },
  })
  operate('PUT', '/clients/:client/terms', {
    action: 'projects.client.terms.set',
    params: Client,
    body: Terms,
    answer: Done,
    resource: client,
    async run({ pass, tx, params, body, note }) {
      note({ version: await setTerms(pass, tx, params.client, body), terms: body })
      return done
    },
  })
  operate('POST', '/clients/:client/people', {
    action: 'projects.client.terms.set',
    params: Client,
    body: ClientPerson,
    answer: Done,
    resource: client,
    run: async ({ pass, tx, params, body, note }) => {
      note({ person: body.person })
      return (await addClientPerson(pass, tx, params.client, body.person), done)
    },
  })
}

async function rows(tx: Tx, only: string | null): Promise<Static<typeof ProjectRow>[]> {
  const found = await listProjects(tx, only)
  return found.rows.map(({ id, ...row }) => ({ project: id, ...row }))
}

async function detail(tx: Tx, id: string): Promise<Static<typeof ProjectDetail>> {
  const [row] = await rows(tx, id)
  if (row === undefined) throw new Problem('not-found')
  const members = await teamOf(tx, id)
  const names = await namesOf(tx, [...new Set(members.map((m) => m.person))])
  const batches = await batchesOf(tx, id)
  const instructions = await instructionsOf(tx, id)
  return {
    ...row,
    schemaBody: (await latestSchema(tx, id))?.body ?? null,
    instructions: instructions.map((i) => ({ subject: i.subject, begins: i.begins.toISOString() })),
    team: [...names].map(([person, name]) => ({
      person,
      name,
      roles: members.filter((m) => m.person === person).map((m) => m.role),
    })),
    batches: batches.map(({ id: batch, name, state, accepted, rejected, began_at }) => ({
      ...{ batch, name, state, accepted, rejected },
      began: began_at.toISOString(),
    })),
  }
}
