import { createHash } from 'node:crypto'
import type { Tx } from '../../kernel/db.ts'
import { newId, randomBytes } from '../../kernel/random.ts'
import { notify } from '../../kernel/signals.ts'
import type { Caller } from '../access/index.ts'
import {
  endSessions,
  insertSession,
  markSteppedUp,
  openHashes,
  openSession,
  shortenSessions,
} from './store.ts'

/** A session ends with the shift it was opened in, and however long that is, after this. */
const longest = 12 * 3_600_000
/** A sensitive act needs a user verification at most this old. */
export const stepUpAge = 5 * 60_000

/** What a door knows of a connection before it knows the person. */
export interface Arrival {
  readonly door: Caller['door']
  readonly workstation: string | null
  readonly certificate: string | null
  readonly revoked?: true
  readonly address: string
}

/**
 * Opens a session for a person whose key was just verified and ends every other session of theirs.
 * It ends with their shift, `shiftEnd`, where they have one.
 * Answers the cookie's token: 256 random bits, kept here only as their SHA-256.
 */
export async function beginSession(
  tx: Tx,
  caller: Caller,
  who: { person: string; key: string; shiftEnd: Date | null },
  now: Date,
): Promise<string> {
  await endSessionsOf(tx, who.person, now)
  const token = Buffer.from(randomBytes(32)).toString('base64url')
  await insertSession(tx, {
    token_hash: digest(token),
    id: newId('ses'),
    person: who.person,
    door: caller.door,
    workstation: caller.workstation,
    key: who.key,
    began_at: now,
    stepped_up_at: now,
    ends_at: new Date(Math.min(now.getTime() + longest, who.shiftEnd?.getTime() ?? Infinity)),
    ended_at: null,
  })
  return token
}

/** An open session ends no later than the shift that was planned since. */
export async function endSessionsBy(tx: Tx, person: string, shiftEnd: Date): Promise<void> {
  if ((await shortenSessions(tx, person, shiftEnd)) > 0) await signalPerson(tx, person)
}

/** Ends every session of a person and tells the pages that show something to them. */
export async function endSessionsOf(tx: Tx, person: string, now: Date): Promise<void> {
  if ((await endSessions(tx, person, now)) > 0) await signalPerson(tx, person)
}

/** Tells every page of this person that what they may do has changed. */
export async function signalPerson(tx: Tx, person: string): Promise<void> {
  await notify(tx, 'cloister_signal', `person:${person}`)
}

/** Tells every page: what changed concerns whoever works here. */
export async function signalEverybody(tx: Tx): Promise<void> {
  await notify(tx, 'cloister_signal', 'site')
}

export async function stepUp(tx: Tx, session: string, now: Date): Promise<void> {
  await markSteppedUp(tx, session, now)
}

export type OpenSession = NonNullable<Awaited<ReturnType<typeof openSession>>>

/** The open session of a cookie's token; undefined for none. */
export async function sessionOf(
  tx: Tx,
  token: string | null,
  now: Date,
): Promise<OpenSession | undefined> {
  if (token === null || !/^[A-Za-z0-9_-]{43}$/.test(token)) return undefined
  return openSession(tx, digest(token), now)
}

/** Which of these tokens stand for an open session at this door. */
export async function openTokens(
  tx: Tx,
  door: Caller['door'],
  tokens: readonly string[],
  now: Date,
): Promise<ReadonlySet<string>> {
  const byHash = new Map(tokens.map((token) => [digest(token).toString('hex'), token]))
  const open = await openHashes(
    tx,
    door,
    [...byHash.keys()].map((hash) => Buffer.from(hash, 'hex')),
    now,
  )
  return new Set(open.flatMap((hash) => byHash.get(hash.toString('hex')) ?? []))
}

/** Who this connection speaks for: the person of its session, else the machine, else nobody. */
export function callerOf(arrival: Arrival, session: OpenSession | undefined): Caller {
  const { door, workstation } = arrival
  const machine: Caller = {
    ...{ ...arrival, session: null, signedInAt: null },
    ...(workstation === null ? { kind: 'nobody', id: null } : { kind: 'device', id: workstation }),
  }
  // A cookie that turns up at another door or machine than its own is worth nothing there.
  if (session === undefined || session.door !== door || session.workstation !== workstation)
    return machine
  return {
    ...machine,
    kind: 'person',
    id: session.person,
    session: session.id,
    signedInAt: session.began_at,
  }
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
