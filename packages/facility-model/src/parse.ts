import { Compile } from 'typebox/compile'
import { siteGrammar, type SiteFile } from './grammar.ts'
import { suggest } from './nearest.ts'
import { Page, type Fault, type Path } from './page.ts'
import { checkReferences } from './references.ts'
import type { Acceptance, Portal, Site, Zone } from './site.ts'
import { parseSpan, parseWeek } from './week.ts'

const grammar = Compile(siteGrammar)

/**
 * Reads a site file. Answers the site, or every fault found (at most 50 are listed), each with its
 * place; nothing is half read. The text is untrusted: its size, nesting, names and numbers are
 * bounded. `fileName` only appears in faults.
 */
export function parseSite(
  text: string,
  fileName: string,
): { site: Site } | { faults: readonly Fault[] } {
  const page = new Page(text, fileName)
  const value = page.value
  if (value === undefined) return { faults: page.faults }
  if (!grammar.Check(value)) {
    reportShape(page, value)
    return { faults: page.faults }
  }
  const site = buildSite(value)
  checkReferences(site, value, page)
  return page.faults.length > 0 ? { faults: page.faults } : { site }
}

/** Turns what the grammar missed into sentences; each place is reported once. */
function reportShape(page: Page, value: unknown): void {
  const told = new Set<string>()
  for (const { keyword, instancePath, params } of grammar.Errors(value)) {
    const path = pathOf(instancePath, value)
    if (keyword === 'additionalProperties') continue
    if (keyword === 'required' && 'requiredProperties' in params) {
      const missing = params.requiredProperties.map((key) => `'${key}'`).join(' and ')
      const { description } = schemaAt(path)
      page.fault(path, `${missing} is missing here; ${description ?? 'the site'} needs it`, 'key')
      continue
    }
    if ([...told].some((above) => instancePath === above || instancePath.startsWith(`${above}/`)))
      continue
    told.add(instancePath)
    if (keyword === 'boolean') page.fault(path, unknownKey(path), 'key')
    else page.fault(path, wrongValue(path, valueAt(value, path)))
  }
}

function unknownKey(path: Path): string {
  const key = String(path.at(-1))
  const parent = schemaAt(path.slice(0, -1))
  const known = parent.keys
  if (known.length === 0)
    return `'${key.slice(0, 60)}' cannot stand here: ${parent.description ?? 'see the schema'}`
  const near = suggest(key, known)
  const list = near === '' ? `; it knows ${known.join(', ')}` : near
  return `'${key.slice(0, 60)}' is no key of ${parent.description?.split(':')[0] ?? 'the site'}${list}`
}

function wrongValue(path: Path, value: unknown): string {
  const schema = schemaAt(path)
  const at = path.map(String).join('.')
  const given =
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
      ? ` '${String(value).slice(0, 60)}'`
      : ''
  if (schema.choices.length > 0) {
    const near = typeof value === 'string' ? suggest(value, schema.choices) : ''
    return `${at}${given} must be one of ${schema.choices.join(', ')}${near}`
  }
  return `${at}${given} does not fit: write ${schema.description ?? 'what the schema asks for'}`
}

/** What messages need of the schema of one part of the file. */
interface SchemaPart {
  readonly description: string | null
  readonly choices: readonly string[]
  readonly keys: readonly string[]
}

function schemaAt(path: Path): SchemaPart {
  let part: unknown = siteGrammar
  for (const step of path) {
    const patterns = Object.values(membersOf(valueAt(part, ['patternProperties'])))
    const below = valueAt(part, ['properties', step]) ?? patterns[0] ?? valueAt(part, ['items'])
    if (below === undefined) break
    part = below
  }
  const { description, enum: choices, properties } = membersOf(part)
  return {
    description: typeof description === 'string' ? description : null,
    choices: Object.values(membersOf(choices)).map(String),
    keys: Object.keys(membersOf(properties)),
  }
}

function membersOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value))
    : {}
}

/** A JSON pointer as steps; a step into a list becomes a number. */
function pathOf(pointer: string, value: unknown): Path {
  let here = value
  return pointer
    .split('/')
    .slice(1)
    .map((part) => {
      const key = part.replaceAll('~1', '/').replaceAll('~0', '~')
      const step = Array.isArray(here) ? Number(key) : key
      here = valueAt(here, [step])
      return step
    })
}

function valueAt(value: unknown, path: Path): unknown {
  let here = value
  for (const step of path) {
    if (typeof here !== 'object' || here === null) return undefined
    here = Object.entries(here).find(([key]) => key === String(step))?.[1]
  }
  return here
}

const secondsIn = { s: 1, m: 60, h: 3600, d: 86_400 }

function seconds(duration: string): number {
  const unit = duration.at(-1)
  const factor = unit === 's' || unit === 'm' || unit === 'h' || unit === 'd' ? secondsIn[unit] : 0
  return Number(duration.slice(0, -1)) * factor
}

const secondsOr = <T>(duration: string | undefined, otherwise: T): number | T =>
  duration === undefined ? otherwise : seconds(duration)

/** Names the entries of a section and fills in what they leave out. */
function eachOf<T, R>(
  section: Record<string, T> | undefined,
  build: (name: string, entry: T) => R,
): R[] {
  return Object.entries(section ?? {}).map(([name, entry]) => build(name, entry))
}

/** Default policy for what a file leaves out: an on-site guard's reach is this product's own number. */
const defaults = { guardReach: 180, alarmResponse: 900, secondExitFrom: 50, crossing: 20 }

function buildSite(file: SiteFile): Site {
  const hours = parseWeek(file.hours)
  return {
    name: file.site,
    title: file.title ?? file.site,
    jurisdiction: file.jurisdiction,
    timezone: file.timezone,
    hours,
    limits: {
      guardReach: secondsOr(file.limits?.guardReach, defaults.guardReach),
      alarmResponse: secondsOr(file.limits?.alarmResponse, defaults.alarmResponse),
      secondExitFrom: file.limits?.secondExitFrom ?? defaults.secondExitFrom,
    },
    alarmService: secondsOr(file.monitoring?.response, null),
    measured: file.passageSeconds ?? {},
    projects: eachOf(file.projects, (name, project) => ({
      name,
      segregated: project.segregated ?? true,
      consents: project.consents ?? [],
      video: secondsOr(project.video, null),
    })),
    zones: eachOf(file.zones, (name, zone) => buildZone(name, zone, hours)),
    portals: eachOf(file.portals, buildPortal),
    controllers: eachOf(file.controllers, (name, { zone, network = null }) => ({
      name,
      zone,
      network,
    })),
    cameras: eachOf(file.cameras, (name, camera) => ({ name, controller: null, ...camera })),
    recorders: eachOf(file.recorders, (name, { zone, network, retention, capacity = null }) => ({
      name,
      zone,
      network,
      retention: retention === 'legal-maximum' ? retention : seconds(retention),
      terabytes: capacity,
    })),
    sensors: eachOf(file.sensors, (name, sensor) => ({ name, tested: null, ...sensor })),
    openings: eachOf(file.openings, (name, opening) => ({ name, reachable: true, ...opening })),
    workstations: eachOf(file.workstations, (zone, { count, network = null, use }) => ({
      zone,
      count,
      network,
      use: use ?? 'annotation',
    })),
    networks: eachOf(file.networks, (name, { internet, reaches = [], jacks }) => ({
      name,
      internet,
      reaches,
      jacks: jacks === undefined ? null : new Map(Object.entries(jacks)),
    })),
    shifts: eachOf(file.shifts, (name, span) => ({ name, ...parseSpan(span) })),
    guards: eachOf(file.guards, (zone, on) => ({
      zone,
      on: on === 'always' || on === 'hours' ? on : typeof on === 'string' ? [on] : on,
    })),
    accepted: (file.accepted ?? []).map((acceptance): Acceptance => acceptance),
  }
}

function buildZone(name: string, zone: SiteFile['zones'][string], siteHours: Site['hours']): Zone {
  return {
    name,
    title: zone.title ?? name,
    kind: zone.kind,
    within: zone.within ?? null,
    use: zone.use ?? null,
    guardPost: zone.guardPost ?? false,
    guards: zone.guards ?? 1,
    monitors: zone.monitors ?? [],
    lockers: zone.lockers ?? 0,
    screening: zone.screening ?? [],
    seats: zone.seats ?? 0,
    projects: (zone.projects ?? []).map((entry) => {
      const [project = entry, shift = null] = entry.split('@')
      return { name: project, shift }
    }),
    antiPassback: zone.antiPassback ?? 'off',
    area: zone.area ?? name,
    minimumOccupancy: zone.minimumOccupancy ?? 0,
    maximumOccupancy: zone.maximumOccupancy ?? null,
    hours: zone.hours === undefined ? siteHours : parseWeek(zone.hours),
    access: zone.access ?? usualAccess[zone.kind],
    crossing: secondsOr(zone.crossing, defaults.crossing),
    at: zone.at ?? null,
  }
}

const usualAccess: Readonly<Record<Zone['kind'], Zone['access']>> = {
  public: [],
  controlled: [
    'annotators',
    'managers',
    'guards',
    'security',
    'technicians',
    'visitors',
    'cleaners',
  ],
  secure: ['annotators', 'managers', 'guards', 'security'],
  technical: ['technicians', 'security'],
  building: [],
}

function buildPortal(name: string, portal: SiteFile['portals'][string]): Portal {
  return {
    name,
    title: portal.title ?? name,
    from: portal.from,
    to: portal.to,
    in: portal.in ?? null,
    out: portal.out ?? null,
    emergency: portal.emergency ?? false,
    outsideHardware: portal.outsideHardware ?? 'none',
    alarm: portal.alarm ?? null,
    controller: portal.controller ?? null,
    reader: portal.reader ?? null,
    contact: portal.contact ?? false,
    tamper: portal.tamper ?? false,
    heldAfter: secondsOr(portal.heldAfter, null),
    failMode: portal.failMode ?? null,
    lockdown: portal.lockdown ?? 'free-egress',
    interlock: portal.interlock ?? null,
    camera: portal.camera ?? null,
    lanes: portal.lanes ?? 1,
  }
}
