import type { Factor, Portal, Zone } from './site.ts'
import { widthOf, wrap } from './svg.ts'

/** The words of a zone's label under its title, wrapped to a width in pixels. */
export function labelOf(zone: Zone, width: number): string[] {
  return wordsOf(zone).flatMap((words) => wrap(words, labelText, width))
}

export const labelText = 11
export const titleText = 15

function wordsOf(zone: Zone): string[] {
  const projects = zone.projects.map(({ name, shift }) =>
    shift === null ? name : `${name} (${shift})`,
  )
  return [
    zone.seats > 0 ? `${zone.seats} seats` : '',
    projects.length > 0 ? `projects: ${projects.join(', ')}` : '',
    zone.guardPost ? (zone.monitors.length > 0 ? 'guard post with monitors' : 'guard post') : '',
    zone.lockers > 0 ? `${zone.lockers} lockers` : '',
    zone.screening.length > 0
      ? zone.screening.map((point) => point.replace('-', ' ')).join(', ')
      : '',
    zone.antiPassback === 'off' ? '' : `anti-passback ${zone.antiPassback}`,
    zone.minimumOccupancy > 1 ? `never fewer than ${zone.minimumOccupancy} people` : '',
    zone.maximumOccupancy === null ? '' : `at most ${zone.maximumOccupancy} people`,
    zone.use === null ? '' : zone.use.replace('-', ' '),
  ].filter((words) => words !== '')
}

/** A portal's label: its name, and what each direction asks. */
export interface Pill {
  readonly name: string
  readonly lines: readonly { readonly tag: string; readonly words: string }[]
  readonly width: number
  readonly height: number
}

export const pillText = 10

export function pillOf(portal: Portal): Pill {
  const lines = portal.emergency
    ? [{ tag: 'exit', words: portal.alarm === null ? 'no alarm' : 'alarmed' }]
    : [
        ...(portal.in === null ? [] : [{ tag: 'in', words: say(portal.in) }]),
        ...(portal.out === null ? [] : [{ tag: 'out', words: say(portal.out) }]),
      ]
  const name = portal.interlock === null ? portal.name : `${portal.name} ⧉`
  const widths = lines.map(({ words }) => widthOf(words, pillText) + 30)
  return {
    name,
    lines,
    width: Math.max(widthOf(name, pillText + 0.5) + 4, ...widths) + 16,
    height: 14 * (lines.length + 1) + 8,
  }
}

const shortly: Readonly<Record<Factor, string>> = {
  badge: 'badge',
  phone: 'phone',
  'security-key': 'key',
  pin: 'PIN',
  fingerprint: 'fingerprint',
  face: 'face',
  iris: 'iris',
  palm: 'palm',
  vein: 'vein',
  'request-to-exit': 'button',
  handle: 'handle',
}

function say(factors: readonly Factor[]): string {
  return factors.length === 0 ? 'free' : factors.map((factor) => shortly[factor]).join(' + ')
}
