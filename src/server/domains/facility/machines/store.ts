import { type Insertable, sql } from 'kysely'
import type { Tx } from '../../../kernel/db.ts'
import { prepared } from '../../../kernel/prepared.ts'
import type { FacilityTables } from '../tables.ts'

type Row<T extends keyof FacilityTables> = Insertable<FacilityTables[T]>

/** The workstations whose pages show something of these zones: those in them, and the guards'. */
export async function workstationsIn(tx: Tx, zones: readonly string[]): Promise<string[]> {
  const rows = await tx
    .selectFrom('facility.workstation')
    .select('workstation')
    .where((or) =>
      or.or([or('purpose', '=', 'guard'), or(or.ref('zone'), '=', or.fn.any(or.val([...zones])))]),
    )
    .execute()
  return rows.map(({ workstation }) => workstation)
}

/** The workstations of the site in force. */
export async function workstationNames(tx: Tx): Promise<string[]> {
  const rows = await tx
    .selectFrom('facility.workstation')
    .select('workstation')
    .where('installed', '=', true)
    .orderBy('workstation')
    .execute()
  return rows.map(({ workstation }) => workstation)
}

export async function insertCertificate(
  tx: Tx,
  row: Omit<Row<'facility.certificate'>, 'revoked_at' | 'last_address' | 'last_seen'>,
): Promise<void> {
  await tx
    .insertInto('facility.certificate')
    .values({ ...row, revoked_at: null, last_address: null, last_seen: null })
    .execute()
}

const certificates = prepared(
  (_, { serial }: { serial: string }) => sql<{
    kind: 'workstation' | 'device'
    subject: string
    not_after: Date
    revoked_at: Date | null
    public_key: Buffer
    last_address: string | null
    last_seen: Date | null
    installed: boolean | null
    machine_revoked_at: Date | null
  }>`
    select c.kind, c.subject, c.not_after, c.revoked_at, c.public_key, c.last_address, c.last_seen,
           w.installed, w.revoked_at as machine_revoked_at
      from facility.certificate c
      left join facility.workstation w on c.kind = 'workstation' and w.workstation = c.subject
     where c.serial = ${serial}`,
)

/** A certificate with the standing of the machine that it names. */
export async function certificateBySerial(tx: Tx, serial: string) {
  const [row] = await certificates(tx, { serial })
  return row
}

export async function sawCertificate(
  tx: Tx,
  serial: string,
  address: string,
  now: Date,
): Promise<void> {
  await tx
    .updateTable('facility.certificate')
    .set({ last_address: address, last_seen: now })
    .where('serial', '=', serial)
    .execute()
}

/** Revokes every certificate that a machine still has; answers how many. */
export async function revokeCertificates(
  tx: Tx,
  kind: 'workstation' | 'device',
  subject: string,
  now: Date,
): Promise<number> {
  const done = await tx
    .updateTable('facility.certificate')
    .set({ revoked_at: now })
    .where('kind', '=', kind)
    .where('subject', '=', subject)
    .where('revoked_at', 'is', null)
    .executeTakeFirst()
  return Number(done.numUpdatedRows)
}

/** A renewed certificate ends soon, so that connections under way can finish. */
export async function endCertificateAt(tx: Tx, serial: string, at: Date): Promise<void> {
  await tx
    .updateTable('facility.certificate')
    .set({ not_after: at })
    .where('serial', '=', serial)
    .where('not_after', '>', at)
    .execute()
}

/** Certificates in use that end before a moment: each machine's last one. */
export function certificatesEndingBefore(tx: Tx, now: Date, before: Date) {
  return tx
    .selectFrom('facility.certificate as c')
    .select(['c.kind', 'c.subject', 'c.not_after'])
    .where('c.revoked_at', 'is', null)
    .where('c.not_after', '>', now)
    .where('c.not_after', '<', before)
    .where((or) =>
      or.not(
        or.exists(
          or
            .selectFrom('facility.certificate as later')
            .select('later.serial')
            .whereRef('later.kind', '=', 'c.kind')
            .whereRef('later.subject', '=', 'c.subject')
            .where('later.revoked_at', 'is', null)
            .where('later.not_after', '>=', before),
        ),
      ),
    )
    .limit(1000)
    .execute()
}

export function workstationRow(tx: Tx, workstation: string) {
  return tx
    .selectFrom('facility.workstation')
    .selectAll()
    .where('workstation', '=', workstation)
    .executeTakeFirst()
}

export async function setWorkstationRevoked(
  tx: Tx,
  workstation: string,
  revokedAt: Date | null,
): Promise<void> {
  await tx
    .updateTable('facility.workstation')
    .set({ revoked_at: revokedAt })
    .where('workstation', '=', workstation)
    .execute()
}

/** Keeps a report if it is later than the one before; answers what that one said, undefined if this is a replay. */
export async function putPosture(
  tx: Tx,
  row: Row<'facility.posture'>,
): Promise<{ wasGood: boolean | null; heardAt: Date | null } | undefined> {
  const { rows } = await sql<{ was_good: boolean | null; heard_at: Date | null }>`
    with before as (select good, received_at from facility.posture where workstation = ${row.workstation})
    insert into facility.posture (workstation, at, received_at, sequence, checks, good)
    values (${row.workstation}, ${row.at}, ${row.received_at}, ${row.sequence}, ${row.checks}, ${row.good})
    on conflict (workstation) do update
      set at = excluded.at, received_at = excluded.received_at, sequence = excluded.sequence,
          checks = excluded.checks, good = excluded.good
      where facility.posture.sequence < excluded.sequence
    returning (select good from before) as was_good,
              (select received_at from before) as heard_at`.execute(tx)
  const [kept] = rows
  return kept === undefined ? undefined : { wasGood: kept.was_good, heardAt: kept.heard_at }
}
