import { Type, type Static } from 'typebox'
import { Command } from './facility.ts'
import { PersonId } from './identity.ts'

/** What guards and the operator send and see: the building as it stands, and what they do about it. */

const strict = { additionalProperties: false } as const
const Name = Type.String({ pattern: '^[a-z][a-z0-9-]{0,62}$' })
const Moment = Type.String({ format: 'date-time', maxLength: 30 })
const nothingOr = <T extends Parameters<typeof Type.Union>[0][number]>(shape: T) =>
  Type.Union([shape, Type.Null()])
const Words = Type.String({ minLength: 1, maxLength: 500, pattern: '\\S' })

/** What the words of an alarm need beyond its kind; ids, counts, and what a person typed. */
export const AlarmDetail = Type.Object(
  {
    zone: Type.Optional(Type.String()),
    /** The other door at which a badge was read. */
    portal: Type.Optional(Type.String()),
    count: Type.Optional(Type.Integer()),
    /** What a controller reported, in the words of its protocol. */
    reported: Type.Optional(Type.String()),
    behind: Type.Optional(Type.Union([Type.Literal('witness'), Type.Literal('log')])),
    /** Why, as the operator typed it; of a delivery, the kind of the failure. */
    reason: Type.Optional(Type.String()),
    /** Sets of policies, by the beginnings of their hashes. */
    is: Type.Optional(Type.String()),
    was: Type.Optional(Type.String()),
  },
  strict,
)
export type AlarmDetail = Static<typeof AlarmDetail>

export const MachineName = Type.Object({ id: Name })
export const ZoneName = Type.Object({ zone: Name })
export const ControllerName = Type.Object({ controller: Name })
export const AlarmName = Type.Object({
  alarm: Type.String({ pattern: '^alm_[a-z2-7]{26}$' }),
})
export const CommandsAfter = Type.Object({
  after: Type.Optional(Type.String({ pattern: '^[0-9]{1,15}$' })),
})

/** Body of `POST /site`: a site file, as `cloister facility check` accepts it. */
export const SiteFileSent = Type.Object(
  { file: Type.String({ minLength: 1, maxLength: 1_000_000 }) },
  strict,
)
export const SiteActivated = Type.Object(
  { site: Type.String(), zones: Type.Integer(), workstations: Type.Integer() },
  strict,
)
export const BadgeIssued = Type.Object(
  { credential: Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' }) },
  strict,
)
export const EnrolmentCode = Type.Object({ code: Type.String() }, strict)
export const EventsTaken = Type.Object({ accepted: Type.Integer(), known: Type.Integer() }, strict)
export const AlarmAcknowledged = Type.Object({ note: Words, resolved: Type.Boolean() }, strict)
export const CorrectionAsked = Type.Object({ zone: nothingOr(Name), reason: Words }, strict)
export const CorrectionMade = Type.Object({ correction: Type.String() }, strict)
export const EpochConfirmed = Type.Object(
  { epoch: Type.String({ pattern: '^[0-9a-z]{1,32}$' }) },
  strict,
)
export const LockdownSet = Type.Object({ on: Type.Boolean() }, strict)
export const CommandList = Type.Object({ commands: Type.Array(Command) }, strict)

/** Somebody as guards know them; of whoever was erased the id alone is left. */
const Named = Type.Object({ person: Type.String(), name: nothingOr(Type.String()) }, strict)

/** Answer of `GET /site`: who is where, doors, machines, alarms and what waits for a second guard. */
export const SiteNow = Type.Object(
  {
    /** What people call the site. */
    site: nothingOr(Type.String()),
    at: Moment,
    zones: Type.Array(
      Type.Object(
        {
          ...{ zone: Type.String(), title: Type.String(), kind: Type.String() },
          lockdown: Type.Boolean(),
          people: Type.Array(
            Type.Object(
              {
                ...{ ...Named.properties, since: Moment },
                ...{ factors: Type.Array(Type.String()), admits: Type.Boolean() },
                why: nothingOr(Type.String()),
              },
              strict,
            ),
          ),
        },
        strict,
      ),
    ),
    portals: Type.Array(
      Type.Object(
        {
          ...{ portal: Type.String(), title: Type.String(), from: Type.String() },
          ...{ to: Type.String(), controller: nothingOr(Type.String()) },
          emergency: Type.Boolean(),
        },
        strict,
      ),
    ),
    controllers: Type.Array(
      Type.Object(
        {
          ...{ controller: Type.String(), epoch: nothingOr(Type.String()) },
          ...{ confirmed: Type.Boolean(), heardAt: nothingOr(Moment) },
          ...{ clockOffsetMs: Type.Integer(), buffered: nothingOr(Type.Integer()) },
          missing: Type.Integer(),
        },
        strict,
      ),
    ),
    workstations: Type.Array(
      Type.Object(
        {
          ...{ workstation: Type.String(), zone: Type.String(), purpose: Type.String() },
          ...{ enrolled: Type.Boolean(), revoked: Type.Boolean() },
          ...{ certificateEnds: nothingOr(Moment), seenAt: nothingOr(Moment) },
          postureAt: nothingOr(Moment),
          postureGood: nothingOr(Type.Boolean()),
        },
        strict,
      ),
    ),
    alarms: Type.Array(
      Type.Object(
        {
          ...{ alarm: Type.String(), kind: Type.String(), subject: Type.String() },
          /** What it is about, as guards call it; null where that is the whole installation. */
          about: nothingOr(Type.String()),
          ...{ detail: AlarmDetail, zones: Type.Array(Type.String()), raisedAt: Moment },
          ...{ acknowledgedAt: nothingOr(Moment), acknowledgedBy: nothingOr(Named) },
          ...{ note: nothingOr(Type.String()), clearedAt: nothingOr(Moment) },
        },
        strict,
      ),
    ),
    corrections: Type.Array(
      Type.Object(
        {
          ...{ ...Named.properties, zone: nothingOr(Type.String()), reason: Type.String() },
          ...{ requestedBy: Named, requestedAt: Moment },
        },
        strict,
      ),
    ),
  },
  strict,
)
export type SiteNow = Static<typeof SiteNow>

export const PersonName = Type.Object({ person: PersonId })
