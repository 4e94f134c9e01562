import { Problem } from '#shared/problems.ts'
import type { SiteRole } from '#shared/identity.ts'
import type { Tx } from '../../kernel/db.ts'
import type { Pass } from '../access/index.ts'
import { endCodes } from './codes.ts'
import { signalPerson } from './sessions.ts'
import { stampedRoles } from './stamps.ts'
import { confirmWaiting, deleteRoles, hasKey, insertRoles, waitingRoles } from './store/roles.ts'

/**
 * The first of the two officers who give somebody a role on the site. It takes effect when the second
 * confirms it.
 * @throws Problem `four-eyes` for oneself, `already-done` when they hold or wait for all of them
 */
export async function grantRoles(
  pass: Pass<'identity.role.grant'>,
  tx: Tx,
  person: string,
  roles: readonly SiteRole[],
): Promise<void> {
  if (person === pass.actor) throw new Problem('four-eyes')
  const granted = { by: pass.actor, at: pass.at, confirmed: false }
  const fresh = await insertRoles(tx, person, roles, granted)
  if (fresh.length === 0) throw new Problem('already-done')
  await stampRoles(tx, person, fresh)
}

/**
 * The second officer: the roles that they name, having seen who the person is, take effect. The
 * person must have made their key, and no code that could make another is left: whoever admitted
 * them held that code, and could else become this person afterwards.
 * @throws Problem `conflict` when one of the roles does not wait, `four-eyes` for the first officer
 *   and for the person concerned, `not-ready` while the person has no key
 */
export async function confirmRoles(
  pass: Pass<'identity.role.confirm'>,
  tx: Tx,
  person: string,
  roles: readonly SiteRole[],
): Promise<void> {
  const waiting = await waitingRoles(tx, person)
  const named = waiting.filter(({ role }) => roles.some((one) => one === role))
  if (named.length === 0 || named.length !== roles.length) throw new Problem('conflict')
  if (person === pass.actor || named.some((one) => one.granted_by === pass.actor))
    throw new Problem('four-eyes')
  if (!(await hasKey(tx, person))) throw new Problem('not-ready')
  await confirmWaiting(tx, person, roles, pass.actor, pass.at)
  await stampRoles(tx, person, roles)
  await endCodes(tx, 'key', person, pass.at)
  await signalPerson(tx, person)
}

/**
 * Takes roles away, or refuses those that wait: less power needs no second officer.
 * @throws Problem `four-eyes` for oneself, `already-done` when there is nothing to take away
 */
export async function endRoles(
  pass: Pass<'identity.role.end'>,
  tx: Tx,
  person: string,
  roles: readonly SiteRole[],
): Promise<void> {
  if (person === pass.actor) throw new Problem('four-eyes')
  const ended = await deleteRoles(tx, person, roles)
  if (ended.length === 0) throw new Problem('already-done')
  await stampRoles(tx, person, ended)
  await signalPerson(tx, person)
}

/** Binds somebody's roles of these names, in force, waiting or gone, to the entry of this act. */
export async function stampRoles(tx: Tx, person: string, roles: readonly string[]): Promise<void> {
  await stampedRoles.stamp(tx, ...roles.map((role) => `${person}/${role}`))
}
