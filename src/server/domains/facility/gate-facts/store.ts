import { sql } from 'kysely'
import type { Tx } from '../../../kernel/db.ts'
import { prepared } from '../../../kernel/prepared.ts'
import { notCalm } from '../alarms.ts'

interface Asked {
  readonly workstation: string
  readonly certificate: string
  readonly person: string | null
  readonly project: string | null
  readonly now: Date
}

const facts = prepared(
  (_, { workstation, certificate, person, project, now }: Asked) => sql<{
    zone: string
    enrolled: boolean
    not_after: Date
    last_address: string | null
    last_seen: Date | null
    posture_at: Date | null
    good: boolean | null
    secure: boolean
    open_minutes: number | null
    serves: boolean
    calm: boolean
    presence_zone: string | null
    since: Date | null
    factors: string[] | null
    admits: boolean | null
  }>`
    with local as (
      select (extract(isodow from moment) - 1) * 1440 + extract(hour from moment) * 60
             + extract(minute from moment) as minute,
             extract(second from moment) / 60 as part
        from (select ${now}::timestamptz at time zone timezone as moment
                from facility.site where active) as site)
    select w.zone,
           w.installed and w.revoked_at is null
             and c.kind = 'workstation' and c.subject = w.workstation
             and c.revoked_at is null and c.not_after > ${now} as enrolled,
           c.not_after, c.last_address, c.last_seen,
           least(p.at, p.received_at) as posture_at, p.good,
           coalesce(z.kind = 'secure', false) as secure,
           (select (max(h.ends) - max(local.minute) - max(local.part))::float8
              from facility.open_hours h, local
             where h.zone = w.zone and h.begins <= local.minute and local.minute < h.ends) as open_minutes,
           ${project}::text is null or exists (
             select from facility.zone_project s, local
              where s.zone = w.zone and s.project = ${project}
                and s.begins <= local.minute and local.minute < s.ends) as serves,
           not exists (select from facility.lockdown l where l.zone = w.zone)
             and not exists (
               select from facility.alarm a
                where (a.cleared_at is null or a.acknowledged_at is null)
                  and w.zone = any (a.zones) and a.kind = any (${[...notCalm]})) as calm,
           r.zone as presence_zone, r.since, r.factors, r.admits
      from facility.workstation w
      join facility.certificate c on c.serial = ${certificate}
      left join facility.zone z on z.zone = w.zone
      left join facility.posture p on p.workstation = w.workstation
      left join facility.presence r on r.person = ${person}
     where w.workstation = ${workstation}`,
)

/**
 * All that the building contributes to a decision, in one statement: it runs at every act.
 * `open_minutes`: until the zone closes by the site's own clock, null while it is closed.
 * `project` is the code by which the site file admits it; null asks of no project.
 */
export async function gateFacts(tx: Tx, asked: Asked) {
  const [row] = await facts(tx, asked)
  return row
}
