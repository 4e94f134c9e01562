import type { Action, Door, ResourceType } from '#shared/actions.ts'
import type { Tx } from '../../kernel/db.ts'

/** Who stands at a door, as far as the door itself can tell: certificate, session cookie, socket peer. */
export interface Caller {
  readonly door: Door
  readonly kind: 'person' | 'device' | 'operator' | 'job' | 'nobody'
  /** Pseudonymous id, or null for nobody. */
  readonly id: string | null
  readonly session: string | null
  /** When that session was opened; a presence that began later is not the one it was opened in. */
  readonly signedInAt: Date | null
  /** The workstation whose certificate this connection proved, or null. */
  readonly workstation: string | null
  readonly certificate: string | null
  /** This connection proved a certificate that was issued here and revoked: it stands for nobody. */
  readonly revoked?: true
  readonly address: string
}

/** The thing an act is done to. */
export interface Resource {
  readonly type: ResourceType
  readonly id: string
}

/** Where a resource belongs; what the other facts are asked about. */
export interface Located {
  readonly project: string | null
  /** The project's code name, by which a site file admits it to a zone. */
  readonly projectCode?: string | null
  readonly item: string | null
  readonly client?: string | null
  /** BCP 47 tag of the item, where the act is on one item. */
  readonly language?: string | null
  readonly taskType?: string | null
  /** The person whom the act concerns, where it is on a person. */
  readonly person?: string | null
  /** Not there any more for this act: whoever would be let in finds nothing. */
  readonly gone?: boolean
}

/**
 * The whole of what a decision rests on: one vector, typed again in policies/schema.cedarschema.
 * A part that is missing was either not asked for or is not known, and no policy lets either pass.
 */
export interface Facts {
  door: Door
  actor: { kind: Caller['kind']; active: boolean; roles: string[] }
  workstation?: {
    zone: string
    enrolled: boolean
    soleAddress: boolean
    postureFresh: boolean
    postureGood: boolean
  }
  zone?: { secure: boolean; serves: boolean; open: boolean; calm: boolean }
  /** `asSignedIn`: this presence began before the session did, so nobody left and came back. */
  presence?: { zone: string; factors: string[]; asSignedIn: boolean }
  session?: {
    userVerified: boolean
    keyAllowed: boolean
    sameWorkstation: boolean
    steppedUp: boolean
  }
  shift?: { on: boolean }
  admission?: { vetted: boolean; agreed: boolean; trained: boolean; certified: boolean }
  team?: { roles: string[] }
  need?: { leased: boolean }
  duties?: { apart: boolean }
  terms?: { complete: boolean; instructed: boolean; open: boolean; itemFree: boolean }
  log?: { witnessed: boolean }
}

export type Part = Exclude<keyof Facts, 'door'>

/** What a fact source is asked: who wants to do what to which thing, and when. */
export interface Question {
  readonly caller: Caller
  readonly action: Action
  readonly resource: Resource
  readonly located: Located
  readonly now: Date
}

/** Some parts of the vector, and the earliest moment at which one of them stops being true by itself. */
export interface Known {
  readonly facts: Partial<Omit<Facts, 'door'>>
  readonly until?: Date | null
}

/** A domain's answer to the gate. Read inside the transaction of the act, never cached past a signal. */
export interface FactSource {
  readonly fills: readonly Part[]
  read(tx: Tx, question: Question): Promise<Known>
}

/** Says where a resource belongs, or null when there is none of that id. */
export interface ResourceSource {
  readonly type: ResourceType
  /** The project of a thing, which never changes, where it is known without asking. */
  projectOf?(id: string): string | undefined
  locate(tx: Tx, id: string, caller: Caller, action: Action): Promise<Located | null>
}
