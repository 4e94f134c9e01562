import { type Static, Type } from 'typebox'

/** Roles that hold on the whole site; roles on one project stand with its team. */
export const siteRoles = [
  'manager',
  'releaser',
  'guard',
  'recruiter',
  'security',
  'auditor',
] as const
export type SiteRole = (typeof siteRoles)[number]

export const PersonId = Type.String({ pattern: '^per_[a-z2-7]{26}$' })
const Role = Type.Union([
  Type.Literal('manager'),
  Type.Literal('releaser'),
  Type.Literal('guard'),
  Type.Literal('recruiter'),
  Type.Literal('security'),
  Type.Literal('auditor'),
])

/** What a browser or a software key answers; checked in full by the WebAuthn library. */
const Blob = Type.String({ maxLength: 16_384, pattern: '^[A-Za-z0-9_-]*$' })
const KeyAnswer = Type.Object(
  {
    id: Blob,
    rawId: Blob,
    type: Type.Literal('public-key'),
    response: Type.Record(Type.String({ maxLength: 40 }), Type.Unknown()),
    clientExtensionResults: Type.Optional(
      Type.Record(Type.String({ maxLength: 40 }), Type.Unknown()),
    ),
    authenticatorAttachment: Type.Optional(
      Type.Union([Type.Null(), Type.String({ maxLength: 20 })]),
    ),
  },
  { additionalProperties: false },
)

const ChallengeId = Type.String({ pattern: '^cha_[a-z2-7]{26}$' })
/** One-time codes: 20 characters of base32 in groups, dashes optional, case ignored. */
export const OneTimeCode = Type.String({ minLength: 20, maxLength: 30, pattern: '^[A-Za-z2-7-]+$' })

export const KeyChallenge = Type.Object({ id: ChallengeId, options: Type.Unknown() })
export const KeyAnswered = Type.Object(
  { id: ChallengeId, answer: KeyAnswer },
  { additionalProperties: false },
)
export const KeyRegistrationBegun = Type.Object(
  { code: OneTimeCode },
  { additionalProperties: false },
)
export const KeyRegistered = Type.Object(
  { code: OneTimeCode, id: ChallengeId, answer: KeyAnswer },
  { additionalProperties: false },
)
export const Done = Type.Object({ done: Type.Literal(true) })

/** Who is signed in, for the frame of every page. */
export const Standing = Type.Object({
  person: PersonId,
  name: Type.String(),
  roles: Type.Array(Role),
  door: Type.Union([Type.Literal('inside'), Type.Literal('outside')]),
  workstation: Type.Union([Type.String(), Type.Null()]),
  demonstration: Type.Boolean(),
  /** True when a sensitive act would pass without asking for the key again. */
  steppedUp: Type.Boolean(),
})
export type Standing = Static<typeof Standing>

export const NewPerson = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 200 }),
    roles: Type.Array(Role, { maxItems: siteRoles.length, uniqueItems: true }),
  },
  { additionalProperties: false },
)
/** An officer by the operator; beyond the two with whom a site begins it takes a reason. */
export const NewOfficer = Type.Object(
  {
    name: NewPerson.properties.name,
    reason: Type.Optional(Type.String({ minLength: 10, maxLength: 500 })),
  },
  { additionalProperties: false },
)
export const RolesNamed = Type.Object(
  { roles: Type.Array(Role, { minItems: 1, maxItems: siteRoles.length, uniqueItems: true }) },
  { additionalProperties: false },
)
/** The code is shown once, to be handed over in person, and opens the registration of a key. */
export const NewPersonMade = Type.Object({ person: PersonId, code: Type.String() })

export const PersonRow = Type.Object({
  person: PersonId,
  name: Type.String(),
  roles: Type.Array(Role),
  /** Roles that take effect when a second officer confirms them, and who asked for each. */
  waiting: Type.Array(Type.Object({ role: Role, requestedBy: Type.String() })),
  keys: Type.Integer({ minimum: 0 }),
  revoked: Type.Boolean(),
  replacement: Type.Union([Type.Null(), Type.Object({ requestedBy: PersonId })]),
})
export const People = Type.Object({ people: Type.Array(PersonRow) })
/** Everybody whom one may choose by name: those who were not revoked. */
export const Names = Type.Object({
  people: Type.Array(Type.Object({ person: PersonId, name: Type.String() })),
})
export type Names = Static<typeof Names>
export const KeyReplaced = Type.Object({ code: Type.String() })
