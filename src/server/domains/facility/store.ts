import { type Insertable, sql } from 'kysely'
import type { AccessEvent } from '../../../shared/facility.ts'
import type { Tx } from '../../kernel/db.ts'
import type { SavedWatch } from './detectors.ts'
import type { FacilityTables } from './tables.ts'

type Row<T extends keyof FacilityTables> = Insertable<FacilityTables[T]>

/**
 * Takes the one turn in which presence may be moved and answers what the detectors remember. Every
 * input is folded onto the one before it, so there is one turn for the whole site.
 */
export async function takeTurn(tx: Tx): Promise<SavedWatch | null> {
  const row = await tx
    .selectFrom('facility.watch')
    .select('state')
    .forUpdate()
    .executeTakeFirstOrThrow()
  return row.state
}

export async function keepWatch(tx: Tx, state: SavedWatch): Promise<void> {
  await tx
    .updateTable('facility.watch')
    .set({ state: JSON.stringify(state) })
    .execute()
}

export function presencesOf(tx: Tx, people: readonly string[]) {
  return tx.selectFrom('facility.presence').selectAll().where('person', 'in', people).execute()
}

/** Everybody of whom a door has ever spoken. */
export function allPresences(tx: Tx) {
  return tx.selectFrom('facility.presence').selectAll().execute()
}

/** Oldest first, as the fold remembers them. */
export function streamsOf(tx: Tx, controller: string) {
  return tx
    .selectFrom('facility.stream')
    .selectAll()
    .where('controller', '=', controller)
    .orderBy('place')
    .execute()
}

export function allStreams(tx: Tx) {
  return tx.selectFrom('facility.stream').selectAll().orderBy('place').execute()
}

export function controllerRow(tx: Tx, controller: string) {
  return tx
    .selectFrom('facility.controller')
    .selectAll()
    .where('controller', '=', controller)
    .executeTakeFirst()
}

export function portalRows(tx: Tx) {
  return tx.selectFrom('facility.portal').selectAll().execute()
}

/** Whose badge each of these is, taken-back badges too: who carries one went through all the same. */
export async function holdersOf(
  tx: Tx,
  credentials: readonly string[],
): Promise<Map<string, string>> {
  if (credentials.length === 0) return new Map()
  const rows = await tx
    .selectFrom('facility.badge')
    .select(['credential', 'person'])
    .where('credential', 'in', credentials)
    .execute()
  return new Map(rows.map(({ credential, person }) => [credential, person]))
}

/** Keeps the events that are new and answers their keys, `epoch/seq`. */
export async function insertEvents(
  tx: Tx,
  rows: readonly Row<'facility.event'>[],
): Promise<Set<string>> {
  const kept = await tx
    .insertInto('facility.event')
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .returning(['epoch', 'seq'])
    .execute()
  return new Set(kept.map(({ epoch, seq }) => `${epoch}/${seq}`))
}

/** The event that was kept under this key, as it was taken. */
export async function eventAt(
  tx: Tx,
  controller: string,
  epoch: string,
  seq: number,
): Promise<AccessEvent | undefined> {
  const row = await tx
    .selectFrom('facility.event')
    .select('event')
    .where('controller', '=', controller)
    .where('epoch', '=', epoch)
    .where('seq', '=', seq)
    .executeTakeFirst()
  return row?.event
}

/** Events with names (`controller/epoch/seq`) after one, in code point order. */
export function eventsAfter(tx: Tx, after: string, limit: number) {
  return tx
    .selectFrom('facility.event')
    .select(['name', 'event'])
    .where('name', '>', after)
    .orderBy('name')
    .limit(limit)
    .execute()
}

export async function putPresence(tx: Tx, row: Row<'facility.presence'>): Promise<void> {
  await tx
    .insertInto('facility.presence')
    .values(row)
    .onConflict((conflict) => conflict.column('person').doUpdateSet(row))
    .execute()
}

export async function putStream(
  tx: Tx,
  { controller, epoch, highest, latest, gaps }: Row<'facility.stream'>,
): Promise<void> {
  await tx
    .insertInto('facility.stream')
    .values({ controller, epoch, highest, latest, gaps })
    .onConflict((conflict) =>
      conflict.columns(['controller', 'epoch']).doUpdateSet({ highest, latest, gaps }),
    )
    .execute()
}

export async function dropStream(tx: Tx, controller: string, epoch: string): Promise<void> {
  await tx
    .deleteFrom('facility.stream')
    .where('controller', '=', controller)
    .where('epoch', '=', epoch)
    .execute()
}

export async function insertFindings(
  tx: Tx,
  rows: readonly Row<'facility.finding'>[],
): Promise<void> {
  if (rows.length > 0) await tx.insertInto('facility.finding').values(rows).execute()
}

export async function confirmEpoch(tx: Tx, controller: string, epoch: string): Promise<void> {
  await tx
    .updateTable('facility.controller')
    .set({ confirmed: epoch, confirm_next: false })
    .where('controller', '=', controller)
    .execute()
}

/** After an enrolment by the operator the next epoch of the controller counts as confirmed. */
export async function confirmNextEpoch(tx: Tx, controller: string): Promise<void> {
  await tx
    .updateTable('facility.controller')
    .set({ confirm_next: true })
    .where('controller', '=', controller)
    .execute()
}

export async function heardFrom(
  tx: Tx,
  controller: string,
  heard: { epoch: string; at: Date; clockOffsetMs: number; lastSeq?: number; buffered?: number },
): Promise<void> {
  const { epoch, at, clockOffsetMs, lastSeq, buffered } = heard
  await tx
    .updateTable('facility.controller')
    .set({
      ...{ epoch, heard_at: at, clock_offset_ms: clockOffsetMs },
      ...(lastSeq !== undefined && { last_seq: lastSeq }),
      ...(buffered !== undefined && { buffered }),
    })
    .where('controller', '=', controller)
    .execute()
}

/** False when the same alarm is already standing. */
export async function insertAlarm(tx: Tx, row: Row<'facility.alarm'>): Promise<boolean> {
  const done = await tx
    .insertInto('facility.alarm')
    .values(row)
    .onConflict((conflict) =>
      conflict.columns(['kind', 'subject']).where('cleared_at', 'is', null).doNothing(),
    )
    .executeTakeFirst()
  return done.numInsertedOrUpdatedRows === 1n
}

/** Ends the standing alarms of these kinds about one thing; answers the zones that they touched. */
export async function clearAlarms(
  tx: Tx,
  kinds: readonly string[],
  subject: string,
  now: Date,
): Promise<{ readonly zones: readonly string[] }[]> {
  return tx
    .updateTable('facility.alarm')
    .set({ cleared_at: now })
    .where('kind', 'in', kinds)
    .where('subject', '=', subject)
    .where('cleared_at', 'is', null)
    .returning('zones')
    .execute()
}

export function standingAlarms(tx: Tx, kinds: readonly string[]) {
  return tx
    .selectFrom('facility.alarm')
    .select(['kind', 'subject'])
    .where('kind', 'in', kinds)
    .where('cleared_at', 'is', null)
    .execute()
}

export function alarmById(tx: Tx, id: string) {
  return tx
    .selectFrom('facility.alarm')
    .selectAll()
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
}

export async function acknowledgeAlarm(
  tx: Tx,
  id: string,
  done: { by: string; note: string; resolved: boolean; now: Date },
): Promise<void> {
  const { by, note, resolved, now } = done
  await tx
    .updateTable('facility.alarm')
    .set({ acknowledged_by: by, acknowledged_at: now, note, ...(resolved && { cleared_at: now }) })
    .where('id', '=', id)
    .execute()
}

/** Alarms that stand or that nobody has looked at, the latest first. */
export function unresolvedAlarms(tx: Tx) {
  return tx
    .selectFrom('facility.alarm')
    .selectAll()
    .where((or) => or.or([or('cleared_at', 'is', null), or('acknowledged_at', 'is', null)]))
    .orderBy('raised_at', 'desc')
    .limit(500)
    .execute()
}

/** False when one for this person is already waiting for its second guard. */
export async function insertCorrection(
  tx: Tx,
  row: Omit<Row<'facility.correction'>, 'approved_by' | 'approved_at'>,
): Promise<boolean> {
  const done = await tx
    .insertInto('facility.correction')
    .values({ ...row, approved_by: null, approved_at: null })
    .onConflict((conflict) =>
      conflict.column('person').where('approved_at', 'is', null).doNothing(),
    )
    .executeTakeFirst()
  return done.numInsertedOrUpdatedRows === 1n
}

export function openCorrection(tx: Tx, person: string) {
  return tx
    .selectFrom('facility.correction')
    .selectAll()
    .where('person', '=', person)
    .where('approved_at', 'is', null)
    .forUpdate()
    .executeTakeFirst()
}

export function openCorrections(tx: Tx) {
  return tx
    .selectFrom('facility.correction')
    .selectAll()
    .where('approved_at', 'is', null)
    .orderBy('requested_at')
    .limit(500)
    .execute()
}

export async function approveCorrection(tx: Tx, id: string, by: string, now: Date): Promise<void> {
  await tx
    .updateTable('facility.correction')
    .set({ approved_by: by, approved_at: now })
    .where('id', '=', id)
    .execute()
}

/** Orders a command under the next number of its controller. */
export async function insertCommand(
  tx: Tx,
  controller: string,
  at: Date,
  order: object,
): Promise<void> {
  await sql`
    insert into facility.command (controller, number, at, command)
    select ${controller}, n, ${at}, ${JSON.stringify(order)}::jsonb || jsonb_build_object('number', n)
      from (select 1 + coalesce(max(number), 0) as n
              from facility.command where controller = ${controller}) as next`.execute(tx)
}

/** Forgets what the controller says it has done, but for the last, from which the count goes on. */
/** Answers how many were dropped; the last one stays, to count on from. */
export async function dropCommandsBefore(
  tx: Tx,
  controller: string,
  done: number,
): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from facility.command
     where controller = ${controller} and number <= ${done}
       and number < (select max(number) from facility.command where controller = ${controller})`.execute(
    tx,
  )
  return Number(numAffectedRows ?? 0n)
}

export async function commandsAfter(tx: Tx, controller: string, after: number) {
  const rows = await tx
    .selectFrom('facility.command')
    .select('command')
    .where('controller', '=', controller)
    .where('number', '>', after)
    .orderBy('number')
    .limit(100)
    .execute()
  return rows.map(({ command }) => command)
}

export async function activeBadges(tx: Tx, people: readonly string[]) {
  if (people.length === 0) return []
  return tx
    .selectFrom('facility.badge')
    .selectAll()
    .where('person', 'in', people)
    .where('revoked_at', 'is', null)
    .execute()
}

export async function revokeBadge(tx: Tx, credential: string, now: Date): Promise<void> {
  await tx
    .updateTable('facility.badge')
    .set({ revoked_at: now })
    .where('credential', '=', credential)
    .execute()
}

export async function controllerNames(tx: Tx): Promise<string[]> {
  const rows = await tx
    .selectFrom('facility.controller')
    .select('controller')
    .where('installed', '=', true)
    .execute()
  return rows.map(({ controller }) => controller)
}

/** When each controller of the site was heard last. */
export function allControllers(tx: Tx) {
  return tx
    .selectFrom('facility.controller')
    .select(['controller', 'heard_at'])
    .where('installed', '=', true)
    .execute()
}
