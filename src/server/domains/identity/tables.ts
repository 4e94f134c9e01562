import type { Generated } from 'kysely'

export interface IdentityTables {
  'identity.person': {
    id: string
    created_at: Date
    /** Null for people from before this was kept. */
    admitted_by: string | null
    revoked_at: Date | null
    revoked_by: string | null
  }
  /** The one erasable place where a person's name stands. */
  'identity.name': { person: string; name: string }
  /** In force once a second officer has confirmed it. */
  'identity.role': {
    person: string
    role: string
    granted_by: string
    granted_at: Date
    confirmed_by: string | null
    confirmed_at: Date | null
  }
  'identity.key': {
    id: string
    person: string
    rp_id: string
    public_key: Buffer
    counter: number
    aaguid: string
    multi_device: boolean
    transports: string[]
    registered_at: Date
    revoked_at: Date | null
  }
  'identity.challenge': {
    id: string
    purpose: string
    challenge: string
    person: string | null
    expires_at: Date
  }
  'identity.code': {
    hash: Buffer
    purpose: string
    subject: string
    expires_at: Date
    used_at: Date | null
  }
  'identity.session': {
    token_hash: Buffer
    id: string
    person: string
    door: string
    workstation: string | null
    key: string
    began_at: Date
    stepped_up_at: Date
    ends_at: Date
    ended_at: Date | null
  }
  'identity.replacement': {
    id: Generated<number>
    person: string
    requested_by: string
    requested_at: Date
    approved_by: string | null
    approved_at: Date | null
  }
}
