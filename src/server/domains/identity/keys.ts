import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type AuthenticationResponseJSON,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server'
import type { Tx } from '../../kernel/db.ts'
import { newId } from '../../kernel/random.ts'
import { Spent } from '../../kernel/spent.ts'
import type { Caller } from '../access/index.ts'
import { isOfListedModel, type KeyModels } from './attestation.ts'
import {
  insertChallenge,
  insertKey,
  keyById,
  nameOf,
  raiseCounter,
  takeChallenge,
} from './store.ts'
import { stampedKeys, subjectOfKey } from './stamps.ts'

/** The name under which keys are made for this door and machine, and the origins that may use them. */
export interface RelyingParty {
  readonly id: string
  isOrigin(origin: string): boolean
}

export interface KeyRules {
  relyingParty(caller: Caller): RelyingParty
  /** The models of security key that this site issues; `any` only in a demonstration. */
  readonly models: KeyModels | 'any'
}

type Purpose = 'register' | 'sign-in' | 'step-up'
const patience = 5 * 60_000

/** Begins the registration of a key for one person. Options are those of WebAuthn, as JSON. */
export async function challengeRegistration(
  tx: Tx,
  rules: KeyRules,
  caller: Caller,
  person: string,
  now: Date,
) {
  const party = rules.relyingParty(caller)
  const options = await generateRegistrationOptions({
    rpName: 'Cloister',
    rpID: party.id,
    userName: (await nameOf(tx, person)) ?? person,
    userID: new Uint8Array(Buffer.from(person, 'utf8')),
    attestationType: 'direct',
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
  })
  return { id: await remember(tx, 'register', options.challenge, person, now), options }
}

/**
 * Takes a new key into use, after its attestation and flags were checked against the site's rules.
 * @throws Spent `sign-in-failed`: the challenge is used up; to be asked before anything is changed
 */
export async function registerKey(
  tx: Tx,
  rules: KeyRules,
  caller: Caller,
  person: string,
  answered: { id: string; answer: unknown },
  now: Date,
): Promise<string> {
  const challenge = await recall(tx, 'register', answered.id, person, now)
  const party = rules.relyingParty(caller)
  // The library checks every member that it uses.
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion
  const response = answered.answer as RegistrationResponseJSON
  const { verified, registrationInfo } = await refuseFaults(() =>
    verifyRegistrationResponse({
      response,
      expectedChallenge: challenge,
      expectedOrigin: originOf(response.response.clientDataJSON, party),
      expectedRPID: party.id,
      requireUserVerification: true,
    }),
  )
  if (!verified) throw new Spent('sign-in-failed')
  const { credential, aaguid, credentialDeviceType, credentialBackedUp } = registrationInfo
  const synced = credentialDeviceType === 'multiDevice' || credentialBackedUp
  const { models } = rules
  const attested = models === 'any' || isOfListedModel(models, registrationInfo, now)
  if (!attested || !isAllowed(rules, aaguid, synced))
    throw new Spent('sign-in-failed', { reason: 'key-not-allowed' })
  await insertKey(tx, {
    id: credential.id,
    person,
    rp_id: party.id,
    public_key: Buffer.from(credential.publicKey),
    counter: credential.counter,
    aaguid,
    multi_device: synced,
    transports: (credential.transports ?? []).slice(0, 8),
    registered_at: now,
    revoked_at: null,
  })
  await stampedKeys.stamp(tx, subjectOfKey(credential.id))
  return credential.id
}

/** Begins a sign-in without asking who it is, or a step-up of a known person. */
export async function challengeKey(
  tx: Tx,
  rules: KeyRules,
  caller: Caller,
  purpose: 'sign-in' | 'step-up',
  now: Date,
) {
  const options = await generateAuthenticationOptions({
    rpID: rules.relyingParty(caller).id,
    userVerification: 'required',
  })
  const person = purpose === 'step-up' ? caller.id : null
  return { id: await remember(tx, purpose, options.challenge, person, now), options }
}

/**
 * Verifies a key's answer, user verification included, and says whose key it is. An answer whose
 * count of signatures has not risen may be of a copy, and is refused.
 * @throws Spent `sign-in-failed`: the challenge is used up; to be asked before anything is changed
 */
export async function verifyKey(
  tx: Tx,
  rules: KeyRules,
  caller: Caller,
  purpose: 'sign-in' | 'step-up',
  answered: { id: string; answer: unknown },
  now: Date,
): Promise<{ person: string; key: string }> {
  const challenge = await recall(
    tx,
    purpose,
    answered.id,
    purpose === 'step-up' ? caller.id : null,
    now,
  )
  const party = rules.relyingParty(caller)
  // The library checks every member that it uses.
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion
  const response = answered.answer as AuthenticationResponseJSON
  const key = await keyById(tx, response.id)
  if (
    key === undefined ||
    key.revoked_at !== null ||
    key.person_revoked_at !== null ||
    key.rp_id !== party.id
  )
    throw new Spent('sign-in-failed')
  if (purpose === 'step-up' && key.person !== caller.id) throw new Spent('sign-in-failed')
  const { verified, authenticationInfo } = await refuseFaults(() =>
    verifyAuthenticationResponse({
      response,
      expectedChallenge: challenge,
      expectedOrigin: originOf(response.response.clientDataJSON, party),
      expectedRPID: party.id,
      requireUserVerification: true,
      credential: { id: key.id, publicKey: new Uint8Array(key.public_key), counter: key.counter },
    }),
  )
  if (!verified || !isAllowed(rules, key.aaguid, key.multi_device))
    throw new Spent('sign-in-failed')
  // Compared again as it is written: a copy of the key may have answered since the row was read.
  if (!(await raiseCounter(tx, key.id, authenticationInfo.newCounter)))
    throw new Spent('sign-in-failed')
  return { person: key.person, key: key.id }
}

/** Synced keys leave the site with their owner's account; only a demonstration takes them. */
export function isAllowed(rules: KeyRules, aaguid: string, synced: boolean): boolean {
  return rules.models === 'any' || (!synced && rules.models.has(aaguid))
}

async function remember(
  tx: Tx,
  purpose: Purpose,
  challenge: string,
  person: string | null,
  now: Date,
) {
  const id = newId('cha')
  const expires = new Date(now.getTime() + patience)
  await insertChallenge(tx, { id, purpose, challenge, person, expires_at: expires }, now)
  return id
}

async function recall(
  tx: Tx,
  purpose: Purpose,
  id: string,
  person: string | null,
  now: Date,
): Promise<string> {
  const row = await takeChallenge(tx, id)
  if (
    row === undefined ||
    row.purpose !== purpose ||
    row.person !== person ||
    row.expires_at <= now
  )
    throw new Spent('sign-in-failed')
  return row.challenge
}

/** The origin that the browser vouches for, when this party accepts it; otherwise one that matches nothing. */
function originOf(clientDataJSON: unknown, party: RelyingParty): string {
  try {
    const data: unknown = JSON.parse(
      Buffer.from(String(clientDataJSON), 'base64url').toString('utf8'),
    )
    if (
      typeof data === 'object' &&
      data !== null &&
      'origin' in data &&
      typeof data.origin === 'string'
    )
      return party.isOrigin(data.origin) ? data.origin : 'https://refused.invalid'
  } catch {
    // Falls through: what is not JSON names no origin.
  }
  return 'https://refused.invalid'
}

/** The library throws plain errors for every kind of bad answer; all of them mean the same to the caller. */
async function refuseFaults<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw new Spent('sign-in-failed', {}, { cause: error })
  }
}
