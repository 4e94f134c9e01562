import { type Static, Type } from 'typebox'
import { PersonId } from './identity.ts'
import { ClientId, ProjectId } from './projects.ts'

export const DeliveryId = Type.String({ pattern: '^del_[a-z2-7]{26}$' })
export const DeliveryKeyId = Type.String({ pattern: '^dky_[a-z2-7]{26}$' })

/** An age X25519 recipient, as `age-keygen` prints it. */
export const NewDeliveryKey = Type.Object(
  { recipient: Type.String({ pattern: '^age1[02-9ac-hj-np-z]{58}$' }) },
  { additionalProperties: false },
)
export const DeliveryKey = Type.Object({
  key: DeliveryKeyId,
  client: ClientId,
  /** SHA-256 of the recipient's text, to be read out over another channel. */
  fingerprint: Type.String(),
  /** Who has compared the fingerprint with the client; with two of them the key takes effect. */
  confirmedBy: Type.Array(PersonId, { maxItems: 2 }),
  effective: Type.Union([Type.String(), Type.Null()]),
})
export type DeliveryKey = Static<typeof DeliveryKey>
export const DeliveryKeyMade = Type.Object({ key: DeliveryKeyId, fingerprint: Type.String() })
export const DeliveryKeys = Type.Object({ keys: Type.Array(DeliveryKey) })

export const DeliveryState = Type.Union([
  Type.Literal('proposed'),
  Type.Literal('approved'),
  Type.Literal('refused'),
  Type.Literal('failed'),
  Type.Literal('built'),
  Type.Literal('accepted'),
  Type.Literal('rejected'),
  Type.Literal('recalled'),
])
export const DeliveryRow = Type.Object({
  delivery: DeliveryId,
  project: ProjectId,
  code: Type.String(),
  state: DeliveryState,
  items: Type.Integer(),
  /** Items that an annotator set aside and that are not handed over. */
  setAside: Type.Union([Type.Integer(), Type.Null()]),
  /** SHA-256 of the set that was fixed at the proposal, as it stands in the log. */
  set: Type.Union([Type.String(), Type.Null()]),
  proposedBy: PersonId,
  proposedAt: Type.String(),
  approvedBy: Type.Union([PersonId, Type.Null()]),
  /** Of a delivery whose build was given up: the kind of what went wrong. */
  failure: Type.Union([Type.String(), Type.Null()]),
  builtAt: Type.Union([Type.String(), Type.Null()]),
  size: Type.Union([Type.Integer(), Type.Null()]),
  sha256: Type.Union([Type.String(), Type.Null()]),
})
export type DeliveryRow = Static<typeof DeliveryRow>
export const Deliveries = Type.Object({ deliveries: Type.Array(DeliveryRow) })
/** What a client's own people see: the clients that they speak for, and all that was delivered. */
export const ClientDeliveries = Type.Object({
  clients: Type.Array(ClientId),
  keys: Type.Array(DeliveryKey),
  deliveries: Type.Array(DeliveryRow),
})
export const DeliveryMade = Type.Object({ delivery: DeliveryId })
export const Receipt = Type.Object(
  {
    accepted: Type.Boolean(),
    reason: Type.Optional(Type.String({ minLength: 1, maxLength: 2000 })),
  },
  { additionalProperties: false },
)
export const Recall = Type.Object(
  { reason: Type.String({ minLength: 1, maxLength: 2000 }) },
  { additionalProperties: false },
)
