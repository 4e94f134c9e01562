import { Problem } from '#shared/problems.ts'
import type { Tx } from '../../kernel/db.ts'
import { newId } from '../../kernel/random.ts'
import type { Pass } from '../access/index.ts'
import { issueCode } from './codes.ts'
import { stampRoles } from './roles.ts'
import { endSessionsOf, signalPerson } from './sessions.ts'
import {
  approveReplacement,
  insertPerson,
  markRevoked,
  openReplacement,
  requestReplacement,
  revokeKeys,
} from './store.ts'
import { stampedKeys, stampedPeople, subjectOfKey } from './stamps.ts'
import { foundingOfficers, insertRoles } from './store/roles.ts'

/**
 * Admits a person and answers the one-time code with which they make their key. Roles on the site
 * are granted to them beside this, by officers.
 */
export function createPerson(
  pass: Pass<'identity.person.create'>,
  tx: Tx,
  name: string,
): Promise<{ person: string; code: string }> {
  return admitPerson(tx, name, pass.actor, pass.at)
}

/** A site begins with two officers whom nobody but the operator can name. */
const founding = 2

/**
 * A security officer, by the operator on the server itself: the two with whom a site begins, whose
 * roles nobody could confirm. A further one only says for what reason, and `beyond` tells so.
 * @throws Problem `already-done` when the site has its two and no reason is given
 */
export async function createOfficer(
  pass: Pass<'identity.officer.create'>,
  tx: Tx,
  { name, reason }: { readonly name: string; readonly reason?: string },
): Promise<{ person: string; code: string; beyond: boolean }> {
  const beyond = (await foundingOfficers(tx, pass.at)) >= founding
  if (beyond && reason === undefined)
    throw new Problem('already-done', {
      reason: 'this site has had its two officers; where they are lost, say so with --replace-lost',
    })
  const made = await admitPerson(tx, name, pass.actor, pass.at)
  await insertRoles(tx, made.person, ['security'], {
    ...{ by: pass.actor, at: pass.at, confirmed: true },
  })
  await stampRoles(tx, made.person, ['security'])
  return { ...made, beyond }
}

async function admitPerson(
  tx: Tx,
  name: string,
  by: string,
  now: Date,
): Promise<{ person: string; code: string }> {
  const person = newId('per')
  await insertPerson(tx, { id: person, name, by, now })
  await stampedPeople.stamp(tx, person)
  return { person, code: await issueCode(tx, 'key', person, now) }
}

/** One act that ends everything a leaver holds: keys, sessions, and with the person every condition of the gate. */
export async function revokePerson(
  pass: Pass<'identity.person.revoke'>,
  tx: Tx,
  person: string,
): Promise<void> {
  if (!(await markRevoked(tx, person, pass.actor, pass.at))) throw new Problem('already-done')
  await stampedPeople.stamp(tx, person)
  await endKeys(tx, person, pass.at)
  await endSessionsOf(tx, person, pass.at)
  await signalPerson(tx, person)
}

async function endKeys(tx: Tx, person: string, now: Date): Promise<void> {
  const ended = await revokeKeys(tx, person, now)
  await stampedKeys.stamp(tx, ...ended.map(subjectOfKey))
}

/** The first of the two people who replace a lost key. */
export async function requestKeyReplacement(
  pass: Pass<'identity.key.replace.request'>,
  tx: Tx,
  person: string,
): Promise<void> {
  if (!(await requestReplacement(tx, person, pass.actor, pass.at)))
    throw new Problem('already-done')
}

/** The second: the old keys end with this act, and the code opens the registration of the new one. */
export async function approveKeyReplacement(
  pass: Pass<'identity.key.replace.approve'>,
  tx: Tx,
  person: string,
): Promise<{ code: string }> {
  const open = await openReplacement(tx, person)
  if (open === undefined) throw new Problem('not-ready')
  if (open.requested_by === pass.actor || person === pass.actor) throw new Problem('four-eyes')
  await approveReplacement(tx, open.id, pass.actor, pass.at)
  await endKeys(tx, person, pass.at)
  await endSessionsOf(tx, person, pass.at)
  return { code: await issueCode(tx, 'key', person, pass.at) }
}
