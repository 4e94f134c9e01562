import { type Insertable, sql } from 'kysely'
import type { Tx } from '../../../kernel/db.ts'
import type { FacilityTables } from '../tables.ts'

type Row<T extends keyof FacilityTables> = Insertable<FacilityTables[T]>

/** The site in force as rows: what the gate reads at every act without parsing a file. */
export interface SiteRows {
  readonly site: Omit<Row<'facility.site'>, 'active'>
  readonly zones: readonly Row<'facility.zone'>[]
  readonly openHours: readonly Row<'facility.open_hours'>[]
  readonly projects: readonly Row<'facility.zone_project'>[]
  readonly portals: readonly Row<'facility.portal'>[]
  readonly controllers: readonly string[]
  readonly workstations: readonly Pick<
    Row<'facility.workstation'>,
    'workstation' | 'zone' | 'purpose'
  >[]
}

/** Replaces the plan of the building; what is known of machines that stay is kept. */
export async function replaceSite(tx: Tx, rows: SiteRows): Promise<void> {
  await tx.deleteFrom('facility.portal').execute()
  await tx.deleteFrom('facility.zone').execute()
  await tx.updateTable('facility.site').set({ active: false }).where('active', '=', true).execute()
  const { hash, ...site } = rows.site
  await tx
    .insertInto('facility.site')
    .values({ hash, ...site, active: true })
    .onConflict((conflict) => conflict.column('hash').doUpdateSet({ ...site, active: true }))
    .execute()
  await tx.insertInto('facility.zone').values(rows.zones).execute()
  if (rows.openHours.length > 0)
    await tx.insertInto('facility.open_hours').values(rows.openHours).execute()
  if (rows.projects.length > 0)
    await tx.insertInto('facility.zone_project').values(rows.projects).execute()
  if (rows.portals.length > 0) await tx.insertInto('facility.portal').values(rows.portals).execute()
  await tx.updateTable('facility.controller').set({ installed: false }).execute()
  await tx.updateTable('facility.workstation').set({ installed: false }).execute()
  for (const controller of rows.controllers)
    await tx
      .insertInto('facility.controller')
      .values({
        ...{ controller, installed: true, confirmed: null, epoch: null },
        ...{ last_seq: null, buffered: null, heard_at: null },
      })
      .onConflict((conflict) => conflict.column('controller').doUpdateSet({ installed: true }))
      .execute()
  for (const workstation of rows.workstations)
    await tx
      .insertInto('facility.workstation')
      .values({ ...workstation, installed: true, revoked_at: null })
      .onConflict((conflict) =>
        conflict.column('workstation').doUpdateSet({ ...workstation, installed: true }),
      )
      .execute()
}

export function activeSite(tx: Tx) {
  return tx
    .selectFrom('facility.site')
    .select(['hash', 'name', 'file', 'timezone'])
    .where('active', '=', true)
    .executeTakeFirst()
}

export async function activeSiteHash(tx: Tx): Promise<Buffer | undefined> {
  const row = await tx
    .selectFrom('facility.site')
    .select('hash')
    .where('active', '=', true)
    .executeTakeFirst()
  return row?.hash
}

/** Gives a badge to a person; a badge that another held goes over, one taken back is in use again. */
export async function putBadge(
  tx: Tx,
  credential: string,
  person: string,
  now: Date,
): Promise<void> {
  const row = { person, issued_at: now, revoked_at: null }
  await tx
    .insertInto('facility.badge')
    .values({ credential, ...row })
    .onConflict((conflict) => conflict.column('credential').doUpdateSet(row))
    .execute()
}

/** What the building looks like at one moment, each list in the order of the plan. */
export async function snapshot(tx: Tx) {
  const zones = await tx.selectFrom('facility.zone').selectAll().orderBy('place').execute()
  const portals = await tx.selectFrom('facility.portal').selectAll().orderBy('portal').execute()
  const controllers = await tx
    .selectFrom('facility.controller')
    .selectAll()
    .where('installed', '=', true)
    .orderBy('controller')
    .execute()
  const lockdowns = await tx.selectFrom('facility.lockdown').selectAll().execute()
  const { rows: workstations } = await sql<{
    workstation: string
    zone: string
    purpose: string
    revoked_at: Date | null
    not_after: Date | null
    last_seen: Date | null
    reported_at: Date | null
    good: boolean | null
  }>`
    select w.workstation, w.zone, w.purpose, w.revoked_at, c.not_after, c.last_seen,
           p.received_at as reported_at, p.good
      from facility.workstation w
      left join lateral (
        select max(not_after) as not_after, max(last_seen) as last_seen
          from facility.certificate
         where kind = 'workstation' and subject = w.workstation and revoked_at is null) c on true
      left join facility.posture p on p.workstation = w.workstation
     where w.installed
     order by length(w.workstation), w.workstation`.execute(tx)
  return { zones, portals, controllers, lockdowns, workstations }
}

/** Locks a zone or opens it again; false when it was so already. */
export async function setLockdown(
  tx: Tx,
  zone: string,
  on: { by: string; since: Date } | null,
): Promise<boolean> {
  if (on === null) {
    const gone = await tx
      .deleteFrom('facility.lockdown')
      .where('zone', '=', zone)
      .executeTakeFirst()
    return gone.numDeletedRows === 1n
  }
  const done = await tx
    .insertInto('facility.lockdown')
    .values({ zone, ...on })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  return done.numInsertedOrUpdatedRows === 1n
}

export async function lockedZones(tx: Tx): Promise<Set<string>> {
  const rows = await tx.selectFrom('facility.lockdown').select('zone').execute()
  return new Set(rows.map(({ zone }) => zone))
}
