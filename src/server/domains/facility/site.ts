import { createHash } from 'node:crypto'
import {
  dynamicsOf,
  minutesOfWeek,
  parseSite,
  sayFault,
  shiftSpans,
  workstationsOf,
  type Site,
  type Span,
} from '@cloister/facility-model'
import { Problem } from '../../../shared/problems.ts'
import type { Tx } from '../../kernel/db.ts'
import { notify } from '../../kernel/signals.ts'
import type { Pass } from '../access/index.ts'
import {
  activeSite,
  activeSiteHash,
  putBadge,
  replaceSite,
  type SiteRows,
} from './building/store.ts'
import { stampedSite } from './stamps.ts'
import type { WatchedSite } from './detectors.ts'

/**
 * Puts a site file in force: zones, hours, portals, controllers and workstations are read from it
 * until another is activated. What machines have proved stays; those that are gone are refused.
 * @throws Problem `invalid-input` with the file's faults
 */
export async function activateSite(
  pass: Pass<'facility.site.activate'>,
  tx: Tx,
  file: string,
): Promise<{ site: string; zones: number; workstations: number; hash: Buffer }> {
  const parsed = parseSite(file, 'site.yaml')
  if ('faults' in parsed)
    throw new Problem('invalid-input', { faults: parsed.faults.slice(0, 20).map(sayFault) })
  const { site } = parsed
  const rows = rowsOf(site, file, pass.at)
  await replaceSite(tx, rows)
  await stampedSite.stamp(tx, 'site')
  await notify(tx, 'cloister_signal', 'site')
  return {
    ...{ site: site.name, hash: rows.site.hash },
    ...{ zones: rows.zones.length, workstations: rows.workstations.length },
  }
}

/** Says whose badge a credential is; doors that name only the credential then name the person. */
export async function issueBadge(
  pass: Pass<'facility.badge.issue'>,
  tx: Tx,
  credential: string,
  person: string,
): Promise<void> {
  await putBadge(tx, credential, person, pass.at)
}

function rowsOf(site: Site, file: string, now: Date): SiteRows {
  const shifts = new Map(site.shifts.map(({ name, from, to }) => [name, { from, to }]))
  return {
    site: {
      hash: createHash('sha256').update(file).digest(),
      ...{ name: site.name, timezone: site.timezone, file, activated_at: now },
    },
    zones: site.zones.map(({ name, title, kind }, place) => {
      return { zone: name, title, kind, place }
    }),
    openHours: site.zones.flatMap(({ name, hours }) => rowsOfSpans(hours, { zone: name })),
    projects: site.zones.flatMap((zone) =>
      zone.projects.flatMap(({ name: project, shift }) => {
        const hours = shift === null ? undefined : shifts.get(shift)
        const spans =
          hours === undefined ? [{ from: 0, to: minutesOfWeek }] : shiftSpans(hours, zone.hours)
        return rowsOfSpans(spans, { zone: zone.name, project })
      }),
    ),
    portals: site.portals.map(({ name, title, from, to, controller, emergency }) => {
      return { portal: name, title, zone_from: from, zone_to: to, controller, emergency }
    }),
    controllers: site.controllers.map(({ name }) => name),
    workstations: workstationsOf(site).map(({ id, zone, use }) => {
      return { workstation: id, zone, purpose: use }
    }),
  }
}

function rowsOfSpans<T extends object>(spans: readonly Span[], rest: T) {
  return spans.map(({ from, to }) => ({ ...rest, begins: from, ends: to }))
}

/** Corrections of presence that one person may sign within a day before somebody looks at it. */
const correctionsPerDay = 5

export interface SiteInForce extends WatchedSite {
  readonly name: string
  /** What people call it. */
  readonly title: string
  /** Zones on the two sides of each portal. */
  readonly portals: ReadonlyMap<string, readonly string[]>
  /** Every zone but the public ones, in the order of the file. */
  readonly inner: readonly string[]
}

let inForce: { hash: string; site: SiteInForce } | undefined

/** What the detectors and the muster list must know of the site in force; null before the first. Parsed once a file. */
export async function watchedSite(tx: Tx): Promise<SiteInForce | null> {
  const hash = (await activeSiteHash(tx))?.toString('hex')
  if (hash === undefined) return null
  if (inForce?.hash === hash) return inForce.site
  const row = await activeSite(tx)
  if (row === undefined) return null
  const parsed = parseSite(row.file, 'site.yaml')
  if ('faults' in parsed) throw new Error('The site in force can no longer be read.')
  inForce = { hash: row.hash.toString('hex'), site: inForceOf(parsed.site) }
  return inForce.site
}

function inForceOf(site: Site): SiteInForce {
  const { walking } = dynamicsOf(site)
  const portals = new Map(site.portals.map(({ name, from, to }) => [name, [from, to]]))
  const seconds = (from: string, to: string) => (from === to ? 0 : walking.get(from)?.get(to))
  return {
    ...{ name: site.name, title: site.title },
    controllers: site.portals.flatMap(({ controller }) =>
      controller === null ? [] : [controller],
    ),
    emergencyPortals: new Set(site.portals.filter((one) => one.emergency).map(({ name }) => name)),
    publicZones: new Set(
      site.zones.filter(({ kind }) => kind === 'public').map(({ name }) => name),
    ),
    inner: site.zones
      .filter(({ kind }) => kind !== 'public' && kind !== 'building')
      .map(({ name }) => name),
    visitors: new Set(),
    acknowledgeMs: site.limits.guardReach * 1000,
    correctionsPerDay,
    portals,
    walkingMs(from, to) {
      const ways = (portals.get(from) ?? []).flatMap((a) =>
        (portals.get(to) ?? []).flatMap((b) => seconds(a, b) ?? []),
      )
      return ways.length === 0 ? 0 : Math.min(...ways) * 1000
    },
  }
}
