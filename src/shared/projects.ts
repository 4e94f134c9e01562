import { type Static, Type } from 'typebox'
import { PersonId } from './identity.ts'
import { Day, Kind } from './workforce.ts'

export const ClientId = Type.String({ pattern: '^cli_[a-z2-7]{26}$' })
export const ProjectId = Type.String({ pattern: '^prj_[a-z2-7]{26}$' })
export const ItemId = Type.String({ pattern: '^itm_[a-z2-7]{26}$' })
export const BatchId = Type.String({ pattern: '^bat_[a-z2-7]{26}$' })
export const ProjectCode = Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,39}$' })

const Text = (maxLength: number) => Type.String({ minLength: 1, maxLength })

/**
 * What a processor must have in writing before it touches a client's data (GDPR Art. 28(3)).
 * Terms with a member missing can be kept, and are not complete: no confidential act passes.
 */
export const Terms = Type.Object(
  {
    subject: Type.Optional(Text(500)),
    purpose: Type.Optional(Text(500)),
    legalBasis: Type.Optional(Text(500)),
    dataCategories: Type.Optional(Text(500)),
    subjectCategories: Type.Optional(Text(500)),
    endsOn: Type.Optional(Day),
    retentionDays: Type.Optional(Type.Integer({ minimum: 0, maximum: 3650 })),
    atTheEnd: Type.Optional(Type.Union([Type.Literal('return'), Type.Literal('erase')])),
    contact: Type.Optional(Text(200)),
  },
  { additionalProperties: false },
)
export type Terms = Static<typeof Terms>
export const termsMembers = [
  'subject',
  'purpose',
  'legalBasis',
  'dataCategories',
  'subjectCategories',
  'endsOn',
  'retentionDays',
  'atTheEnd',
  'contact',
] as const satisfies readonly (keyof Terms)[]

export const NewClient = Type.Object({ name: Text(200) }, { additionalProperties: false })
export const ClientMade = Type.Object({ client: ClientId })
export const ClientPerson = Type.Object({ person: PersonId }, { additionalProperties: false })
/** `ended`: their last day is over. Nothing confidential opens but under complete ones. */
export const TermsState = Type.Union([
  Type.Literal('complete'),
  Type.Literal('incomplete'),
  Type.Literal('ended'),
])
export type TermsState = Static<typeof TermsState>
export const ClientRow = Type.Object({
  client: ClientId,
  name: Type.String(),
  terms: Type.Union([Terms, Type.Null()]),
  termsState: TermsState,
  /** Who speaks for the client at the outside door; an erased name is empty. */
  speakers: Type.Array(Type.Object({ person: PersonId, name: Type.String() })),
})
export const Clients = Type.Object({ clients: Type.Array(ClientRow) })

export const ProjectState = Type.Union([
  Type.Literal('draft'),
  Type.Literal('open'),
  Type.Literal('paused'),
  Type.Literal('closed'),
])
export const NewProject = Type.Object(
  { client: ClientId, code: ProjectCode, kind: Kind, instruction: Text(500) },
  { additionalProperties: false },
)
export const ProjectMade = Type.Object({ project: ProjectId })
export const NewProjectState = Type.Object({ state: ProjectState }, { additionalProperties: false })

export const TeamRole = Type.Union([Type.Literal('annotator'), Type.Literal('reviewer')])
export const TeamMember = Type.Object(
  { person: PersonId, roles: Type.Array(TeamRole, { maxItems: 2, uniqueItems: true }) },
  { additionalProperties: false },
)
/** A label schema in the language of the package annotation-formats; checked there in full. */
export const NewSchema = Type.Object({ schema: Type.Unknown() }, { additionalProperties: false })
/** The guideline in force, as it was written. */
export const Guideline = Type.Object({ version: Type.Integer(), text: Type.String() })
export const NewGuideline = Type.Object({ text: Text(200_000) }, { additionalProperties: false })
export const Version = Type.Object({ version: Type.Integer({ minimum: 1 }) })

export const Batch = Type.Object({
  batch: BatchId,
  name: Type.String(),
  state: Type.Union([Type.Literal('importing'), Type.Literal('ready'), Type.Literal('undone')]),
  accepted: Type.Integer(),
  rejected: Type.Integer(),
  began: Type.String(),
})
export const ProjectRow = Type.Object({
  project: ProjectId,
  client: ClientId,
  code: Type.String(),
  kind: Kind,
  state: ProjectState,
  schema: Type.Union([Type.Integer(), Type.Null()]),
  guideline: Type.Union([Type.Integer(), Type.Null()]),
  items: Type.Integer(),
})
export const Projects = Type.Object({ projects: Type.Array(ProjectRow) })
export const ProjectDetail = Type.Object({
  ...ProjectRow.properties,
  schemaBody: Type.Unknown(),
  instructions: Type.Array(Type.Object({ subject: Type.String(), begins: Type.String() })),
  team: Type.Array(
    Type.Object({ person: PersonId, name: Type.String(), roles: Type.Array(TeamRole) }),
  ),
  batches: Type.Array(Batch),
})
