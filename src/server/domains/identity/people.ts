import { Problem } from '#shared/problems.ts'
import type { SiteRole } from '#shared/identity.ts'
import type { Tx } from '../../kernel/db.ts'
import { newId } from '../../kernel/random.ts'
import type { Pass } from '../access/index.ts'
import { issueCode } from './codes.ts'
import { endSessionsOf, signalPerson } from './sessions.ts'
import {
  approveReplacement,
  insertPerson,
  markRevoked,
  openReplacement,
  requestReplacement,
  revokeKeys,
} from './store.ts'

/**
 * Admits a person and answers the one-time code with which they register their key.
 * Only a security officer may create people who hold a role on the whole site.
 */
export async function createPerson(
  pass: Pass<'identity.person.create'>,
  tx: Tx,
  who: { name: string; roles: readonly SiteRole[] },
  actorRoles: readonly string[],
): Promise<{ person: string; code: string }> {
  if (who.roles.length > 0 && !actorRoles.includes('security'))
    throw new Problem('access-denied', { conditions: ['officers'] })
  return admitPerson(tx, who, pass.actor, pass.at)
}

/** The first security officer, by the operator on the server itself. */
export function createOfficer(
  pass: Pass<'identity.officer.create'>,
  tx: Tx,
  name: string,
): Promise<{ person: string; code: string }> {
  return admitPerson(tx, { name, roles: ['security'] }, pass.actor, pass.at)
}

async function admitPerson(
  tx: Tx,
  who: { name: string; roles: readonly SiteRole[] },
  by: string,
  now: Date,
): Promise<{ person: string; code: string }> {
  const person = newId('per')
  await insertPerson(tx, { id: person, name: who.name, roles: who.roles, by, now })
  return { person, code: await issueCode(tx, 'key', person, now) }
}

/** One act that ends everything a leaver holds: keys, sessions, and with the person every condition of the gate. */
export async function revokePerson(
  pass: Pass<'identity.person.revoke'>,
  tx: Tx,
  person: string,
): Promise<void> {
  if (!(await markRevoked(tx, person, pass.actor, pass.at))) throw new Problem('already-done')
  await revokeKeys(tx, person, pass.at)
  await endSessionsOf(tx, person, pass.at)
  await signalPerson(tx, person)
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
  await revokeKeys(tx, person, pass.at)
  await endSessionsOf(tx, person, pass.at)
  return { code: await issueCode(tx, 'key', person, pass.at) }
}
