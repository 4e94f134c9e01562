import canonicalize from 'canonicalize'
import { Type, type Static, type TLiteral, type TUnion } from 'typebox'

/**
 * What crosses the building door and the enrolment route: access events, heartbeats, commands,
 * posture reports, enrolment. Vocabulary: ASHRAE 135 (BACnet) clause 12 access events, denial
 * reasons, door status and door alarm states; ONVIF Access Control adds that a grant is not yet
 * a passage (AccessTaken, AccessNotTaken), written here in BACnet's spelling.
 */

/** Access events of a person at a portal. `ACCESS_TAKEN` alone says that somebody went through. */
export const accessWords = [
  'AUTHENTICATION_FACTOR_READ',
  'GRANTED',
  'DENIED',
  'ACCESS_TAKEN',
  'ACCESS_NOT_TAKEN',
  'PASSBACK_DETECTED',
  'ACCOMPANIMENT_BY',
  'DURESS',
  'MUSTER',
  'TRACE',
] as const

/** Lock, leaf and alarm states of a door. `NORMAL` restores the alarm that was raised before it. */
export const doorWords = [
  'LOCKED',
  'UNLOCKED',
  'OPENED',
  'CLOSED',
  'FORCED_OPEN',
  'DOOR_OPEN_TOO_LONG',
  'TAMPER',
  'DOOR_FAULT',
  'LOCK_DOWN',
  'FREE_ACCESS',
  'EGRESS_OPEN',
  'NORMAL',
] as const

/** What neither standard has a word for: screening, lockers, the fire system and the controller itself. */
export const siteWords = [
  'SCREENING_PASSED',
  'SCREENING_FAILED',
  'LOCKER_CLOSED',
  'LOCKER_OPENED',
  'FIRE_ALARM',
  'FIRE_ALARM_RESTORED',
  'CONTROLLER_STARTED',
  'CLOCK_CHANGED',
] as const

/** Why access was denied: BACnet's words for its numbers 128 to 164. */
export const denialWords = [
  'DENY_ALL',
  'UNKNOWN_CREDENTIAL',
  'AUTHENTICATION_UNAVAILABLE',
  'AUTHENTICATION_FACTOR_TIMEOUT',
  'INCORRECT_AUTHENTICATION_FACTOR',
  'ZONE_NO_ACCESS_RIGHTS',
  'POINT_NO_ACCESS_RIGHTS',
  'NO_ACCESS_RIGHTS',
  'OUT_OF_TIME_RANGE',
  'THREAT_LEVEL',
  'PASSBACK',
  'UNEXPECTED_LOCATION_USAGE',
  'MAX_ATTEMPTS',
  'LOWER_OCCUPANCY_LIMIT',
  'UPPER_OCCUPANCY_LIMIT',
  'AUTHENTICATION_FACTOR_LOST',
  'AUTHENTICATION_FACTOR_STOLEN',
  'AUTHENTICATION_FACTOR_DAMAGED',
  'AUTHENTICATION_FACTOR_DESTROYED',
  'AUTHENTICATION_FACTOR_DISABLED',
  'AUTHENTICATION_FACTOR_ERROR',
  'CREDENTIAL_UNASSIGNED',
  'CREDENTIAL_NOT_PROVISIONED',
  'CREDENTIAL_NOT_YET_ACTIVE',
  'CREDENTIAL_EXPIRED',
  'CREDENTIAL_MANUAL_DISABLE',
  'CREDENTIAL_LOCKOUT',
  'CREDENTIAL_MAX_DAYS',
  'CREDENTIAL_MAX_USES',
  'CREDENTIAL_INACTIVITY',
  'CREDENTIAL_DISABLED',
  'NO_ACCOMPANIMENT',
  'INCORRECT_ACCOMPANIMENT',
  'LOCKOUT',
  'VERIFICATION_FAILED',
  'VERIFICATION_TIMEOUT',
  'OTHER',
] as const

/** Kinds of authentication factor. Two factors count as two only when their kinds differ. */
export const factorKinds = ['badge', 'pin', 'biometric'] as const
export type FactorKind = (typeof factorKinds)[number]

function oneOf<const W extends readonly string[]>(words: W) {
  // TypeBox infers a union from a tuple of literals; `map` alone loses the tuple.
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion
  return Type.Union(words.map((word) => Type.Literal(word))) as unknown as TUnion<{
    -readonly [I in keyof W]: TLiteral<W[I] & string>
  }>
}

const strict = { additionalProperties: false } as const
const name = Type.String({ pattern: '^[a-z][a-z0-9-]{0,62}$' })
const personCode = Type.String({ pattern: '^[a-z][a-z0-9_-]{0,62}$' })
const count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
const offset = Type.Integer({ minimum: -86_400_000, maximum: 86_400_000 })
/** UTC with milliseconds, one spelling only, so that text order is time order. */
const moment = Type.String({
  pattern:
    '^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9][.][0-9]{3}Z$',
})
/** Chosen anew by a controller whose counter starts again; opaque, compared as text. */
const epoch = Type.String({ pattern: '^[0-9a-z]{1,32}$' })
const pem = Type.String({ minLength: 1, maxLength: 8192 })

/**
 * One access event as a controller sends it. `(controllerId, epoch, seq)` makes it unique for
 * ever; `seq` counts up by one from 1 within an epoch. `clockOffsetMs` is what the controller
 * believes its clock is ahead of the site's; `raw` is the device's own record, for evidence only.
 */
export const AccessEvent = Type.Object(
  {
    source: name,
    controllerId: name,
    epoch,
    seq: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
    occurredAt: moment,
    replayed: Type.Boolean(),
    clockOffsetMs: offset,
    portalId: Type.Optional(name),
    side: Type.Optional(oneOf(['in', 'out'])),
    zoneFrom: Type.Optional(name),
    zoneTo: Type.Optional(name),
    kind: oneOf([...accessWords, ...doorWords, ...siteWords]),
    result: oneOf(['success', 'denied', 'alarm', 'information']),
    reason: Type.Optional(oneOf(denialWords)),
    credentialIds: Type.Array(Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' }), { maxItems: 4 }),
    factors: Type.Array(oneOf(factorKinds), { maxItems: 3, uniqueItems: true }),
    personId: Type.Optional(personCode),
    escortFor: Type.Optional(personCode),
    raw: Type.Optional(Type.String({ maxLength: 1024 })),
  },
  strict,
)
export type AccessEvent = Static<typeof AccessEvent>

/** An event with the moment at which this installation received its first copy. */
export type ReceivedEvent = AccessEvent & { readonly receivedAt: string }

/** Body of `POST /events`: at most 500 events, all of the controller that the certificate names. */
export const AccessEvents = Type.Array(AccessEvent, { minItems: 1, maxItems: 500 })

/** Body of `POST /heartbeats`, every 20 seconds: a controller silent for 60 is an alarm. */
export const Heartbeat = Type.Object(
  {
    controllerId: name,
    epoch,
    lastSeq: count,
    at: moment,
    clockOffsetMs: offset,
    buffered: count,
  },
  strict,
)
export type Heartbeat = Static<typeof Heartbeat>

const numbered = { number: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }) }
const commandAt = { ...numbered, at: moment, controllerId: name }

/**
 * An order from the server to a controller. `number` counts up per controller. An unlock lasts
 * `seconds`; a lockdown never blocks the way out; a revoked credential stays revoked.
 */
export const Command = Type.Union([
  Type.Object(
    {
      ...commandAt,
      kind: Type.Literal('unlock'),
      portalId: name,
      seconds: Type.Integer({ minimum: 1, maximum: 60 }),
    },
    strict,
  ),
  Type.Object({ ...commandAt, kind: Type.Literal('lockdown'), on: Type.Boolean() }, strict),
  Type.Object(
    {
      ...commandAt,
      kind: Type.Literal('revoke-credential'),
      credentialId: Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' }),
    },
    strict,
  ),
])
export type Command = Static<typeof Command>

/** Answer of `GET /commands?after=N`: those with a number past N. Asking past N says that N was done. */
export const Commands = Type.Object({ commands: Type.Array(Command, { maxItems: 100 }) }, strict)

const checked = oneOf(['ok', 'bad', 'unknown'])
export type PostureCheck = Static<typeof checked>

/** The six things a workstation says about itself. `unknown` is an honest answer and does not pass. */
export const PostureChecks = Type.Object(
  {
    malware: checked,
    diskEncryption: checked,
    usb: checked,
    network: checked,
    browserPolicy: checked,
    patches: checked,
  },
  strict,
)
export type PostureChecks = Static<typeof PostureChecks>

/**
 * Body of `POST /posture`. `sequence` only grows, across restarts too. `signature` is ECDSA P-256
 * with SHA-256 over `postureBytes`, as 64 bytes r‖s (IEEE P1363) in base64, by the key of the
 * workstation's current certificate.
 */
export const PostureReport = Type.Object(
  {
    workstation: name,
    at: moment,
    sequence: count,
    checks: PostureChecks,
    signature: Type.String({ pattern: '^[A-Za-z0-9+/]{86}==$' }),
  },
  strict,
)
export type PostureReport = Static<typeof PostureReport>

/** The bytes that a posture signature covers: a line that names the purpose, then RFC 8785 JSON. */
export function postureBytes(report: Omit<PostureReport, 'signature'>): Uint8Array {
  const { workstation, at, sequence, checks } = report
  const text = canonicalize({ workstation, at, sequence, checks })
  return new TextEncoder().encode(`cloister/posture/v1\n${text ?? ''}`)
}

/** Body of `POST /enrolment`: a one-time code and a PKCS #10 request (RFC 2986) in PEM. */
export const EnrolmentRequest = Type.Object(
  { code: Type.String({ pattern: '^[A-Za-z0-9-]{16,64}$' }), csr: pem },
  strict,
)

/** Body of `POST /enrolment/renewal`, over mutual TLS with the certificate that is to be renewed. */
export const RenewalRequest = Type.Object({ csr: pem }, strict)

/** Answer to both: the certificate for the request's key and the authority's own, in PEM. */
export const IssuedCertificate = Type.Object({ certificate: pem, ca: pem }, strict)
export type IssuedCertificate = Static<typeof IssuedCertificate>
