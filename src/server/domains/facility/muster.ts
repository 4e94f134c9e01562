import { openGaps, type PresenceState } from './presence.ts'
import type { Presence } from './record.ts'

/** What the roll call needs beside presence. */
export interface MusterSheet {
  readonly site: string
  /** The moment of printing, ISO 8601 UTC. */
  readonly at: string
  /** Zones in the order of the building; others follow by name. Zones outside count as not inside. */
  readonly zones: readonly string[]
  readonly outside: ReadonlySet<string>
  /** Names by person code, where the reader of the list may know them. */
  readonly names: ReadonlyMap<string, string>
  /** Controllers that are silent at this moment. */
  readonly silent: readonly string[]
}

/**
 * The evacuation roll call as plain text of at most 80 columns for codes and names up to 24
 * characters: made to be printed and kept where it can be read when the server is down. People
 * whose passage is doubtful are listed all the same and marked `?`.
 */
export function musterText(state: PresenceState, sheet: MusterSheet): string {
  const inside = insideOf(state, sheet)
  const head = [
    `MUSTER LIST  ${sheet.site}`,
    `Printed ${sheet.at} (UTC)`,
    `Inside: ${inside.length}`,
  ]
  const zones = grouped(inside, sheet).flatMap(([zone, people]) => [
    '',
    `${zone}: ${people.length}`,
    ...people.map((presence) => line(presence, sheet)),
  ])
  const doubts = doubtsOf(state, sheet)
  const marked = inside.some(({ admits }) => !admits)
  return [
    ...head,
    ...zones,
    '',
    ...(marked ? ['? the door reported late or in doubt: look for this person first'] : []),
    ...(doubts.length > 0
      ? ['This list may be wrong:', ...doubts.map((doubt) => `- ${doubt}`)]
      : []),
    'Visitors without a badge and passages without a reading are not on this list.',
    '',
  ].join('\n')
}

/** The same list as CSV (RFC 4180): zone, person, name, since, portal, doubtful. */
export function musterCsv(state: PresenceState, sheet: MusterSheet): string {
  const rows = grouped(insideOf(state, sheet), sheet).flatMap(([zone, people]) =>
    people.map(({ person, since, portalId, admits }) => [
      ...[zone, person, sheet.names.get(person) ?? ''],
      ...[since, portalId ?? '', admits ? '' : 'yes'],
    ]),
  )
  const all = [['zone', 'person', 'name', 'since', 'portal', 'doubtful'], ...rows]
  return all.map((row) => `${row.map(cell).join(',')}\r\n`).join('')
}

type Inside = Presence & { readonly zone: string }

function insideOf(state: PresenceState, { outside }: MusterSheet): Inside[] {
  return [...state.people.values()].flatMap(({ now }) =>
    now.zone !== null && !outside.has(now.zone) ? [{ ...now, zone: now.zone }] : [],
  )
}

function grouped(inside: readonly Inside[], { zones }: MusterSheet): [string, Inside[]][] {
  const others = [...new Set(inside.map(({ zone }) => zone))].filter(
    (zone) => !zones.includes(zone),
  )
  return [...zones, ...others.toSorted()].flatMap((zone): [string, Inside[]][] => {
    const people = inside.filter((presence) => presence.zone === zone)
    return people.length === 0
      ? []
      : [[zone, people.toSorted((a, b) => (a.person < b.person ? -1 : 1))]]
  })
}

function line({ person, since, admits }: Inside, { names }: MusterSheet): string {
  const name = oneLine(names.get(person) ?? '')
  return `  [ ] ${admits ? ' ' : '?'} ${person.padEnd(24)} ${name.padEnd(24)} since ${since.slice(11, 16)}`.trimEnd()
}

function doubtsOf(state: PresenceState, { silent }: MusterSheet): string[] {
  return [
    ...silent.toSorted().map((controller) => `${controller} is silent`),
    ...openGaps(state).map(
      ({ controllerId, gap }) => `${controllerId}: ${gap.to - gap.from + 1} event(s) missing`,
    ),
  ]
}

/** A name cannot add a line or a column of its own to a printed list. */
function oneLine(text: string): string {
  return text.replaceAll(/\p{C}+/gu, ' ')
}

/** Quoted, and kept from being read as a formula (OWASP ASVS 5.0, V1.2.10). */
function cell(text: string): string {
  const safe = /^[=+\-@\t\r\0]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
