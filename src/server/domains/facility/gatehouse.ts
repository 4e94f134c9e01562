import type { SiteNow } from '../../../shared/gatehouse.ts'
import type { Tx } from '../../kernel/db.ts'
import type { Pass } from '../access/index.ts'
import { namesOf } from '../identity/index.ts'
import { snapshot } from './building/store.ts'
import { loadRecord } from './fold.ts'
import { openGaps } from './presence.ts'
import { watchedSite } from './site.ts'
import { openCorrections, unresolvedAlarms } from './store.ts'

/** The building as it stands, for the guards: people zone by zone, doors, machines, alarms. */
export async function siteNow(pass: Pass<'facility.site.read'>, tx: Tx): Promise<SiteNow> {
  const site = await watchedSite(tx)
  const plan = await snapshot(tx)
  const record = await loadRecord(tx)
  const present = [...record.people.values()].map(({ now }) => now)
  const alarms = await unresolvedAlarms(tx)
  const corrections = await openCorrections(tx)
  const names = await namesOf(tx, [
    ...present.map(({ person }) => person),
    ...alarms.flatMap(({ subject, acknowledged_by: by }) => [
      subject,
      ...(by === null ? [] : [by]),
    ]),
    ...corrections.flatMap(({ person, requested_by: by }) => [person, by]),
  ])
  const named = (person: string) => ({ person, name: names.get(person) ?? null })
  const locked = new Set(plan.lockdowns.map(({ zone }) => zone))
  const missing = new Map<string, number>()
  for (const { controllerId, gap } of openGaps(record))
    missing.set(controllerId, (missing.get(controllerId) ?? 0) + gap.to - gap.from + 1)
  return {
    site: site?.title ?? null,
    at: pass.at.toISOString(),
    zones: plan.zones
      .filter(({ kind }) => kind !== 'building')
      .map(({ zone, title, kind }) => ({
        ...{ zone, title, kind, lockdown: locked.has(zone) },
        // Who is on the street is nobody's business.
        people: kind === 'public' ? [] : present.filter((one) => one.zone === zone).map(inside),
      })),
    portals: plan.portals.map(({ zone_from: from, zone_to: to, ...rest }) => {
      return { ...rest, from, to }
    }),
    controllers: plan.controllers.map((one) => ({
      ...{ controller: one.controller, epoch: one.epoch, heardAt: said(one.heard_at) },
      ...{ confirmed: one.epoch !== null && one.confirmed === one.epoch },
      ...{ clockOffsetMs: one.clock_offset_ms, buffered: one.buffered },
      missing: missing.get(one.controller) ?? 0,
    })),
    workstations: plan.workstations.map((one) => ({
      ...{ workstation: one.workstation, zone: one.zone, purpose: one.purpose },
      enrolled: one.revoked_at === null && one.not_after !== null && one.not_after > pass.at,
      revoked: one.revoked_at !== null,
      ...{ certificateEnds: said(one.not_after), seenAt: said(one.last_seen) },
      ...{ postureAt: said(one.reported_at), postureGood: one.good },
    })),
    alarms: alarms.map((one) => ({
      ...{ alarm: one.id, kind: one.kind, subject: one.subject, detail: one.detail },
      about: aboutOf(one, plan.portals, names),
      ...{ zones: one.zones, raisedAt: one.raised_at.toISOString() },
      acknowledgedAt: said(one.acknowledged_at),
      acknowledgedBy: one.acknowledged_by === null ? null : named(one.acknowledged_by),
      ...{ note: one.note, clearedAt: said(one.cleared_at) },
    })),
    corrections: corrections.map((one) => ({
      ...{ ...named(one.person), zone: one.zone, reason: one.reason },
      ...{ requestedBy: named(one.requested_by), requestedAt: one.requested_at.toISOString() },
    })),
  }

  function inside({ person, since, factors, admits, why }: (typeof present)[number]) {
    return { ...named(person), since, factors: [...factors], admits, why }
  }
}

/** What alarms of the whole installation name as their subject. */
const everywhere: ReadonlySet<string> = new Set(['site', 'data', 'log'])

/** The door, the machine with its doors, or the person that an alarm is about. */
function aboutOf(
  { kind, subject }: { kind: string; subject: string },
  portals: readonly { portal: string; title: string; controller: string | null }[],
  names: ReadonlyMap<string, string>,
): string | null {
  if (everywhere.has(subject) || kind === 'policies-changed') return null
  // The subject of a certificate is the machine after the word for what it is.
  if (kind === 'certificate-ending') return subject.slice(subject.indexOf(' ') + 1)
  const door = portals.find(({ portal }) => portal === subject)
  const minded = portals.filter(({ controller }) => controller === subject)
  const doors = minded.map(({ title }) => title).join(', ')
  return door?.title ?? names.get(subject) ?? (doors === '' ? subject : `${subject}: ${doors}`)
}

function said(moment: Date | null): string | null {
  return moment === null ? null : moment.toISOString()
}
