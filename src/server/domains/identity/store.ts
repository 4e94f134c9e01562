import { type Insertable, sql } from 'kysely'
import type { Tx } from '../../kernel/db.ts'
import { prepared } from '../../kernel/prepared.ts'
import type { IdentityTables } from './tables.ts'

type Row<T extends keyof IdentityTables> = Insertable<IdentityTables[T]>

export async function insertCode(tx: Tx, row: Row<'identity.code'>): Promise<void> {
  await tx.insertInto('identity.code').values(row).execute()
}

/** Marks the code used and answers its subject; undefined when it cannot be used. */
export async function takeCode(
  tx: Tx,
  hash: Buffer,
  purpose: string,
  now: Date,
): Promise<string | undefined> {
  const row = await tx
    .updateTable('identity.code')
    .set({ used_at: now })
    .where('hash', '=', hash)
    .where('purpose', '=', purpose)
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .returning('subject')
    .executeTakeFirst()
  return row?.subject
}

export async function markCodesUsed(
  tx: Tx,
  purpose: string,
  subject: string,
  now: Date,
): Promise<void> {
  await tx
    .updateTable('identity.code')
    .set({ used_at: now })
    .where('purpose', '=', purpose)
    .where('subject', '=', subject)
    .where('used_at', 'is', null)
    .execute()
}

/** Whom an unused code is for, leaving it unused. */
export async function peekCode(
  tx: Tx,
  hash: Buffer,
  purpose: string,
  now: Date,
): Promise<string | undefined> {
  const row = await tx
    .selectFrom('identity.code')
    .select('subject')
    .where('hash', '=', hash)
    .where('purpose', '=', purpose)
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst()
  return row?.subject
}

/** Keeps a challenge, and none that has lapsed: whoever begins to sign in clears up after the others. */
export async function insertChallenge(
  tx: Tx,
  row: Row<'identity.challenge'>,
  now: Date,
): Promise<void> {
  await tx.deleteFrom('identity.challenge').where('expires_at', '<=', now).execute()
  await tx.insertInto('identity.challenge').values(row).execute()
}

/** A challenge is answered once, be it wrongly: reading it removes it. */
export function takeChallenge(tx: Tx, id: string) {
  return tx.deleteFrom('identity.challenge').where('id', '=', id).returningAll().executeTakeFirst()
}

export async function insertKey(tx: Tx, row: Row<'identity.key'>): Promise<void> {
  await tx.insertInto('identity.key').values(row).execute()
}

export function keyById(tx: Tx, id: string) {
  return tx
    .selectFrom('identity.key as k')
    .innerJoin('identity.person as p', 'p.id', 'k.person')
    .selectAll('k')
    .select('p.revoked_at as person_revoked_at')
    .where('k.id', '=', id)
    .executeTakeFirst()
}

/**
 * Keeps how often the key has signed; false where that is no more than what is kept by now. A key
 * that does not count always says zero (WebAuthn Level 3, 6.1.1).
 */
export async function raiseCounter(tx: Tx, id: string, counter: number): Promise<boolean> {
  const raised = await tx
    .updateTable('identity.key')
    .set({ counter })
    .where('id', '=', id)
    .where((eb) =>
      eb.or([eb('counter', '<', counter), eb.and([eb('counter', '=', 0), eb.val(counter === 0)])]),
    )
    .returning('id')
    .executeTakeFirst()
  return raised !== undefined
}

/** Answers the ids of those that were not revoked before. */
export async function revokeKeys(tx: Tx, person: string, now: Date): Promise<string[]> {
  const rows = await tx
    .updateTable('identity.key')
    .set({ revoked_at: now })
    .where('person', '=', person)
    .where('revoked_at', 'is', null)
    .returning('id')
    .execute()
  return rows.map(({ id }) => id)
}

export async function nameOf(tx: Tx, person: string): Promise<string | undefined> {
  const row = await tx
    .selectFrom('identity.name')
    .select('name')
    .where('person', '=', person)
    .executeTakeFirst()
  return row?.name
}

/** Names of several people at once; who was erased is missing. */
export async function namesOf(tx: Tx, people: readonly string[]): Promise<Map<string, string>> {
  if (people.length === 0) return new Map()
  const rows = await tx
    .selectFrom('identity.name')
    .selectAll()
    .where('person', 'in', [...people])
    .execute()
  return new Map(rows.map((row) => [row.person, row.name]))
}

export async function insertSession(tx: Tx, row: Row<'identity.session'>): Promise<void> {
  await tx.insertInto('identity.session').values(row).execute()
}

const openSessions = prepared((db, { hash, now }: { hash: Buffer; now: Date }) =>
  db
    .selectFrom('identity.session')
    .selectAll()
    .where('token_hash', '=', hash)
    .where('ended_at', 'is', null)
    .where('ends_at', '>', now),
)

export async function openSession(tx: Tx, hash: Buffer, now: Date) {
  const [row] = await openSessions(tx, { hash, now })
  return row
}

/** Those of the hashes whose session is open at this door. */
export async function openHashes(
  tx: Tx,
  door: string,
  hashes: readonly Buffer[],
  now: Date,
): Promise<Buffer[]> {
  const rows = await tx
    .selectFrom('identity.session')
    .select('token_hash')
    .where('token_hash', '=', sql<Buffer>`any(${hashes}::bytea[])`)
    .where('door', '=', door)
    .where('ended_at', 'is', null)
    .where('ends_at', '>', now)
    .execute()
  return rows.map((row) => row.token_hash)
}

export async function endSessions(tx: Tx, person: string, now: Date): Promise<number> {
  const ended = await tx
    .updateTable('identity.session')
    .set({ ended_at: now })
    .where('person', '=', person)
    .where('ended_at', 'is', null)
    .executeTakeFirst()
  return Number(ended.numUpdatedRows)
}

export async function shortenSessions(tx: Tx, person: string, end: Date): Promise<number> {
  const shortened = await tx
    .updateTable('identity.session')
    .set({ ends_at: end })
    .where('person', '=', person)
    .where('ended_at', 'is', null)
    .where('ends_at', '>', end)
    .executeTakeFirst()
  return Number(shortened.numUpdatedRows)
}

export async function markSteppedUp(tx: Tx, session: string, now: Date): Promise<void> {
  await tx
    .updateTable('identity.session')
    .set({ stepped_up_at: now })
    .where('id', '=', session)
    .execute()
}

const actorsFacts = prepared(
  (db, { person, session, now }: { person: string; session: string; now: Date }) =>
    db
      .selectFrom('identity.person as p')
      .innerJoin('identity.session as s', 's.person', 'p.id')
      .innerJoin('identity.key as k', 'k.id', 's.key')
      .select([
        'p.revoked_at',
        's.workstation',
        's.stepped_up_at',
        's.ends_at',
        'k.aaguid',
        'k.multi_device',
        'k.revoked_at as key_revoked_at',
        sql<
          string[]
        >`array(select r.role from identity.role r where r.person = p.id and r.confirmed_at is not null order by r.role)`.as(
          'roles',
        ),
      ])
      .where('p.id', '=', person)
      .where('s.id', '=', session)
      .where('s.ended_at', 'is', null)
      .where('s.ends_at', '>', now),
)

/**
 * Session, key and person in one reading: what the gate is told about who asks. Undefined where
 * the session is not open now, also when it was open as the caller was recognised.
 */
export async function actorFacts(tx: Tx, person: string, session: string, now: Date) {
  const [row] = await actorsFacts(tx, { person, session, now })
  return row
}

/** Whether a person, who has not left, holds one of these roles on the site, confirmed. */
export async function holdsRole(
  tx: Tx,
  person: string,
  roles: readonly string[],
): Promise<boolean> {
  const found = await tx
    .selectFrom('identity.person as p')
    .innerJoin('identity.role as r', 'r.person', 'p.id')
    .select('p.id')
    .where('p.id', '=', person)
    .where('p.revoked_at', 'is', null)
    .where('r.role', 'in', [...roles])
    .where('r.confirmed_at', 'is not', null)
    .executeTakeFirst()
  return found !== undefined
}

export async function insertPerson(
  tx: Tx,
  { id, name, by, now }: { id: string; name: string; by: string; now: Date },
): Promise<void> {
  await tx
    .insertInto('identity.person')
    .values({ id, created_at: now, admitted_by: by, revoked_at: null, revoked_by: null })
    .execute()
  await tx.insertInto('identity.name').values({ person: id, name }).execute()
}

export async function personExists(tx: Tx, id: string): Promise<boolean> {
  const row = await tx
    .selectFrom('identity.person')
    .select('id')
    .where('id', '=', id)
    .executeTakeFirst()
  return row !== undefined
}

export async function markRevoked(tx: Tx, person: string, by: string, now: Date): Promise<boolean> {
  const done = await tx
    .updateTable('identity.person')
    .set({ revoked_at: now, revoked_by: by })
    .where('id', '=', person)
    .where('revoked_at', 'is', null)
    .executeTakeFirst()
  return done.numUpdatedRows === 1n
}

/** People who were revoked at or after a moment, oldest first. */
export async function revokedSince(tx: Tx, since: Date): Promise<string[]> {
  const rows = await tx
    .selectFrom('identity.person')
    .select('id')
    .where('revoked_at', '>=', since)
    .orderBy('revoked_at')
    .execute()
  return rows.map((row) => row.id)
}

/** Everybody who was not revoked, by name. */
export function listNames(tx: Tx) {
  return tx
    .selectFrom('identity.person as p')
    .innerJoin('identity.name as n', 'n.person', 'p.id')
    .select(['p.id as person', 'n.name'])
    .where('p.revoked_at', 'is', null)
    .orderBy('n.name')
    .limit(5000)
    .execute()
}

export function listPeople(tx: Tx) {
  return tx
    .selectFrom('identity.person as p')
    .leftJoin('identity.name as n', 'n.person', 'p.id')
    .select([
      'p.id as person',
      'n.name',
      'p.revoked_at',
      sql<
        string[]
      >`array(select r.role from identity.role r where r.person = p.id and r.confirmed_at is not null order by r.role)`.as(
        'roles',
      ),
      sql<number>`(select count(*)::int from identity.key k where k.person = p.id and k.revoked_at is null)`.as(
        'keys',
      ),
      sql<
        string | null
      >`(select requested_by from identity.replacement x where x.person = p.id and x.approved_at is null)`.as(
        'replacement_by',
      ),
    ])
    .orderBy('n.name')
    .limit(5000)
    .execute()
}

/** False when one is already waiting for its second person. */
export async function requestReplacement(
  tx: Tx,
  person: string,
  by: string,
  now: Date,
): Promise<boolean> {
  const done = await tx
    .insertInto('identity.replacement')
    .values({ person, requested_by: by, requested_at: now, approved_by: null, approved_at: null })
    .onConflict((c) => c.column('person').where('approved_at', 'is', null).doNothing())
    .executeTakeFirst()
  return done.numInsertedOrUpdatedRows === 1n
}

export async function openReplacement(tx: Tx, person: string) {
  return tx
    .selectFrom('identity.replacement')
    .selectAll()
    .where('person', '=', person)
    .where('approved_at', 'is', null)
    .forUpdate()
    .executeTakeFirst()
}

export async function approveReplacement(tx: Tx, id: number, by: string, now: Date): Promise<void> {
  await tx
    .updateTable('identity.replacement')
    .set({ approved_by: by, approved_at: now })
    .where('id', '=', id)
    .execute()
}
