import { sql } from 'kysely'
import type { Tx } from '../../../kernel/db.ts'

/** A role that was granted to somebody and waits for a second officer. */
export interface WaitingRole {
  readonly person: string
  readonly role: string
  readonly granted_by: string
}

/**
 * Grants roles; with `confirmed` they take effect at once, else they wait. Answers those that the
 * person did not hold or wait for already.
 */
export async function insertRoles(
  tx: Tx,
  person: string,
  roles: readonly string[],
  granted: { readonly by: string; readonly at: Date; readonly confirmed: boolean },
): Promise<string[]> {
  if (roles.length === 0) return []
  const { by, at, confirmed } = granted
  const second = confirmed ? { confirmed_by: by, confirmed_at: at } : noSecond
  const rows = await tx
    .insertInto('identity.role')
    .values(roles.map((role) => ({ person, role, granted_by: by, granted_at: at, ...second })))
    .onConflict((c) => c.columns(['person', 'role']).doNothing())
    .returning('role')
    .execute()
  return rows.map(({ role }) => role)
}
const noSecond = { confirmed_by: null, confirmed_at: null }

/** What waits for a second officer: of everybody, or of one person, whose rows are then held. */
export function waitingRoles(tx: Tx, person?: string): Promise<WaitingRole[]> {
  const query = tx
    .selectFrom('identity.role as r')
    .innerJoin('identity.person as p', 'p.id', 'r.person')
    .select(['r.person', 'r.role', 'r.granted_by'])
    .where('r.confirmed_at', 'is', null)
    .where('p.revoked_at', 'is', null)
    .orderBy('r.person')
    .orderBy('r.role')
  return person === undefined
    ? query.limit(5000).execute()
    : query.where('r.person', '=', person).forUpdate('r').execute()
}

export async function confirmWaiting(
  tx: Tx,
  person: string,
  roles: readonly string[],
  by: string,
  now: Date,
): Promise<void> {
  await tx
    .updateTable('identity.role')
    .set({ confirmed_by: by, confirmed_at: now })
    .where('person', '=', person)
    .where('role', 'in', [...roles])
    .where('confirmed_at', 'is', null)
    .execute()
}

/** Takes roles away, whether in force or waiting; answers those that were there. */
export async function deleteRoles(
  tx: Tx,
  person: string,
  roles: readonly string[],
): Promise<string[]> {
  if (roles.length === 0) return []
  const rows = await tx
    .deleteFrom('identity.role')
    .where('person', '=', person)
    .where('role', 'in', [...roles])
    .returning('role')
    .execute()
  return rows.map(({ role }) => role)
}

export async function hasKey(tx: Tx, person: string): Promise<boolean> {
  const row = await tx
    .selectFrom('identity.key')
    .select('id')
    .where('person', '=', person)
    .where('revoked_at', 'is', null)
    .executeTakeFirst()
  return row !== undefined
}

/**
 * How many officers the operator has made who ever had a key, or still can make their first with a
 * code. Holds off whoever counts at the same time until this transaction ends.
 */
export async function foundingOfficers(tx: Tx, now: Date): Promise<number> {
  await sql`select pg_advisory_xact_lock(hashtextextended('identity.officer', 0))`.execute(tx)
  const { rows } = await sql<{ officers: number }>`
    select count(*)::int as officers from identity.person p
     where p.admitted_by = 'operator'
       and (exists (select 1 from identity.key k where k.person = p.id)
            or exists (select 1 from identity.code c
                        where c.purpose = 'key' and c.subject = p.id
                          and c.used_at is null and c.expires_at > ${now}))`.execute(tx)
  return rows[0]?.officers ?? 0
}
