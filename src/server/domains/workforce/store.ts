import { type Insertable, sql } from 'kysely'
import type { Tx } from '../../kernel/db.ts'
import { prepared } from '../../kernel/prepared.ts'
import type { WorkforceTables } from './tables.ts'

type Row<T extends keyof WorkforceTables> = Insertable<WorkforceTables[T]>

const admissions = prepared(
  (
    _,
    {
      person,
      language,
      kind,
      now,
    }: {
      person: string
      language: string | null
      kind: string | null
      now: Date
    },
  ) => sql<{
    vetted_until: Date | null
    agreed: boolean
    trained_until: Date | null
    certified_until: Date | null
    shift_until: Date | null
  }>`
    select
      (select case when bool_and(v.result <> 'not-cleared') and bool_or(v.result = 'cleared')
                   then (min(v.expires) + 1)::timestamptz end
         from workforce.vetting v where v.person = ${person}) as vetted_until,
      not exists (
        select 1 from (select agreement, max(version) as version from workforce.agreement group by agreement) a
         where not exists (select 1 from workforce.signature s
                            where s.person = ${person} and s.agreement = a.agreement and s.version = a.version)
      ) as agreed,
      (select case when count(*) filter (where latest is null) = 0 then coalesce(min(latest) + interval '365 days', 'infinity') end
         from (select c.course,
                      (select max(p.passed_at) from workforce.pass p
                        where p.person = ${person} and p.course = c.course and p.score >= c.pass_mark) as latest
                 from workforce.course c) as courses) as trained_until,
      (select (max(c.expires) + 1)::timestamptz from workforce.certificate c
        where c.person = ${person} and c.kind = ${kind}
          and (c.language = ${language} or c.language = split_part(${language}, '-', 1))) as certified_until,
      (select max(s.ends) from workforce.shift s
        where s.person = ${person} and s.begins <= ${now} and s.ends > ${now}) as shift_until`,
)

/**
 * All of a person's admission in one reading. Each part is true with the day or moment it ends,
 * or false; `language` and `kind` null asks for no certificate.
 */
export async function admissionFacts(
  tx: Tx,
  person: string,
  language: string | null,
  kind: string | null,
  now: Date,
) {
  const [row] = await admissions(tx, { person, language, kind, now })
  return row
}

export async function upsertVetting(tx: Tx, row: Row<'workforce.vetting'>): Promise<void> {
  await tx
    .insertInto('workforce.vetting')
    .values(row)
    .onConflict((c) => c.columns(['person', 'kind']).doUpdateSet(row))
    .execute()
}

/** False when this version, or a later one, is published already. */
export async function insertAgreement(tx: Tx, row: Row<'workforce.agreement'>): Promise<boolean> {
  const later = await tx
    .selectFrom('workforce.agreement')
    .select('version')
    .where('agreement', '=', row.agreement)
    .where('version', '>=', row.version)
    .executeTakeFirst()
  if (later !== undefined) return false
  await tx.insertInto('workforce.agreement').values(row).execute()
  return true
}

export function agreementsInForce(tx: Tx) {
  return tx
    .selectFrom('workforce.agreement as a')
    .select(['a.agreement', 'a.version', 'a.title'])
    .distinctOn('a.agreement')
    .orderBy('a.agreement')
    .orderBy('a.version', 'desc')
    .execute()
}

export function signaturesOf(tx: Tx, person: string) {
  return tx.selectFrom('workforce.signature').selectAll().where('person', '=', person).execute()
}

export async function insertSignature(tx: Tx, row: Row<'workforce.signature'>): Promise<void> {
  await tx
    .insertInto('workforce.signature')
    .values(row)
    .onConflict((c) => c.doNothing())
    .execute()
}

export async function upsertCourse(tx: Tx, row: Row<'workforce.course'>): Promise<void> {
  await tx
    .insertInto('workforce.course')
    .values(row)
    .onConflict((c) => c.column('course').doNothing())
    .execute()
}

export async function courseExists(tx: Tx, course: string): Promise<boolean> {
  const row = await tx
    .selectFrom('workforce.course')
    .select('course')
    .where('course', '=', course)
    .executeTakeFirst()
  return row !== undefined
}

export async function insertPass(tx: Tx, row: Row<'workforce.pass'>): Promise<void> {
  await tx.insertInto('workforce.pass').values(row).execute()
}

export async function upsertCertificate(tx: Tx, row: Row<'workforce.certificate'>): Promise<void> {
  await tx
    .insertInto('workforce.certificate')
    .values(row)
    .onConflict((c) =>
      c.columns(['person', 'language', 'kind']).doUpdateSet({ expires: row.expires }),
    )
    .execute()
}

export async function upsertShift(tx: Tx, row: Row<'workforce.shift'>): Promise<void> {
  await tx
    .insertInto('workforce.shift')
    .values(row)
    .onConflict((c) => c.columns(['person', 'begins']).doUpdateSet({ ends: row.ends }))
    .execute()
}

/**
 * When the shift ends that is on, else the one that begins next within twelve hours; null for neither.
 * Whoever comes early stays to the end of the shift that they come for.
 */
export async function shiftEnd(tx: Tx, person: string, now: Date): Promise<Date | null> {
  const { rows } = await sql<{ ends: Date | null }>`
    select coalesce(
      (select max(ends) from workforce.shift
        where person = ${person} and begins <= ${now} and ends > ${now}),
      (select ends from workforce.shift
        where person = ${person} and begins > ${now} and begins < ${now}::timestamptz + interval '12 hours'
        order by begins limit 1)) as ends`.execute(tx)
  return rows[0]?.ends ?? null
}

export async function recordsOf(tx: Tx, person: string, now: Date) {
  const of = { person }
  const [vettings, courses, certificates, shifts] = [
    await tx.selectFrom('workforce.vetting').selectAll().where('person', '=', of.person).execute(),
    await tx
      .selectFrom('workforce.pass')
      .select((eb) => ['course', eb.fn.max('passed_at').as('passed_at')])
      .where('person', '=', of.person)
      .groupBy('course')
      .execute(),
    await tx
      .selectFrom('workforce.certificate')
      .selectAll()
      .where('person', '=', of.person)
      .execute(),
    await tx
      .selectFrom('workforce.shift')
      .selectAll()
      .where('person', '=', of.person)
      .where('ends', '>', now)
      .orderBy('begins')
      .limit(50)
      .execute(),
  ]
  return { vettings, courses, certificates, shifts }
}

const languagesOf = prepared(
  (db, { person, kind, today }: { person: string; kind: string; today: string }) =>
    db
      .selectFrom('workforce.certificate')
      .select('language')
      .where('person', '=', person)
      .where('kind', '=', kind)
      .where('expires', '>=', today),
)

/** Languages in which a person may do this kind of work today; a bare tag covers its regions. */
export async function certifiedLanguages(
  tx: Tx,
  person: string,
  kind: string,
  now: Date,
): Promise<string[]> {
  const rows = await languagesOf(tx, { person, kind, today: now.toISOString().slice(0, 10) })
  return rows.map((row) => row.language)
}
