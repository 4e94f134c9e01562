import { finding, type Finding } from './finding.ts'
import { graphOf, passagesOf, times, zonesOfKind } from './graph.ts'
import { walkingCost } from './passage-times.ts'
import { securePortals } from './portal-rules.ts'
import type { Profile } from './profiles.ts'
import type { GuardDuty, Portal, Site } from './site.ts'
import {
  complement,
  contains,
  minutesOfWeek,
  sayMinute,
  shiftSpans,
  subtract,
  type Span,
} from './week.ts'

/** The week's spans in which a guard post is manned. */
export function dutySpans(site: Site, duty: GuardDuty): Span[] {
  const named = typeof duty.on === 'string' ? [duty.on] : duty.on
  const manned = named.flatMap((name) => spansOf(site, name))
  return subtract(
    manned,
    (duty.absent ?? []).flatMap((name) => spansOf(site, name)),
  )
}

/**
 * The spans of `always`, `hours`, `night` (outside the hours) or a shift. A shift that lies outside
 * the hours on every day is one of guards alone, and worked daily.
 */
function spansOf(site: Site, name: string): readonly Span[] {
  if (name === 'always') return everyMinute
  if (name === 'hours') return site.hours
  const shift = site.shifts.find((candidate) => candidate.name === name)
  if (shift !== undefined) {
    const met = shiftSpans(shift, site.hours)
    return met.length > 0 ? met : shiftSpans(shift, everyMinute)
  }
  return name === 'night' ? complement(site.hours) : []
}

const everyMinute: readonly Span[] = [{ from: 0, to: minutesOfWeek }]

/** A stretch of the week during which the same posts are manned. */
export interface Watch {
  readonly span: Span
  readonly posts: readonly string[]
  readonly open: boolean
}

/** The week cut where a post or the site opens or closes. */
export function watches(site: Site): Watch[] {
  const duties = site.guards.map((duty) => ({ zone: duty.zone, spans: dutySpans(site, duty) }))
  const cuts = [...duties.flatMap(({ spans }) => spans), ...site.hours].flatMap(({ from, to }) => [
    from,
    to,
  ])
  const edges = [...new Set([0, ...cuts, minutesOfWeek])].sort((a, b) => a - b)
  return edges.slice(0, -1).map((from, index) => ({
    span: { from, to: edges[index + 1] ?? minutesOfWeek },
    posts: duties.filter(({ spans }) => contains(spans, from)).map(({ zone }) => zone),
    open: contains(site.hours, from),
  }))
}

/** F15: at each moment some manned post sees the portal, or its guard is there in time. */
export function checkGuards(site: Site, profile: Profile): Finding[] {
  const portals = securePortals(site)
  const covers = coverage(site, portals)
  const service = site.alarmService !== null && site.alarmService <= site.limits.alarmResponse
  const week = watches(site).filter(({ open }) => open || profile.guardAlways || !service)
  const perPortal = portals.flatMap((portal) => {
    const gaps = week.filter(({ posts }) => !posts.some((post) => covers(post, portal)))
    const [first] = gaps
    if (first === undefined) return []
    return [
      finding('F15', sayGap(site, portal, gaps, first, profile), [portal.name, ...first.posts]),
    ]
  })
  return profile.guardAlways ? [...perPortal, ...unwatchedEntrance(site, week)] : perPortal
}

function sayGap(
  site: Site,
  portal: Portal,
  gaps: readonly Watch[],
  first: Watch,
  profile: Profile,
): string {
  const when = `${sayMinute(first.span.from)} to ${sayMinute(first.span.to % minutesOfWeek)}`
  const more = gaps.length > 1 ? ` and ${gaps.length - 1} more stretches of the week` : ''
  const minutes = site.limits.guardReach / 60
  const who =
    first.posts.length === 0
      ? 'no guard post is manned'
      : `${first.posts.join(' and ')} neither sees nor reaches it within ${minutes} minutes`
  const mend =
    first.open || profile.guardAlways
      ? 'Man a post for that time, or let one monitor the recorder of its cameras.'
      : 'Man a post, or name an alarm service: monitoring: { response: 15m }.'
  return `${portal.name} is unwatched ${when}${more}: ${who}. ${mend}`
}

/** Whether a manned post sees a portal on its monitors or reaches either side of it in time. */
function coverage(
  site: Site,
  portals: readonly Portal[],
): (post: string, portal: Portal) => boolean {
  const graph = graphOf(passagesOf(site))
  const cost = walkingCost(site)
  const posts = site.guards.map(({ zone }) => zone)
  const covered = new Map(
    posts.map((post) => {
      const reached = times(graph, post, cost)
      const monitors = site.zones.find(({ name }) => name === post)?.monitors ?? []
      const onScreen = new Set(
        site.cameras
          .filter(({ recorder }) => monitors.includes(recorder))
          .flatMap(({ sees }) => sees),
      )
      const near = (zone: string) => (reached.get(zone) ?? Infinity) <= site.limits.guardReach
      const names = portals
        .filter(
          ({ name, from, to }) =>
            onScreen.has(`${name}.inside`) ||
            onScreen.has(`${name}.outside`) ||
            near(from) ||
            near(to),
        )
        .map(({ name }) => name)
      return [post, new Set(names)] as const
    }),
  )
  return (post, portal) => covered.get(post)?.has(portal.name) === true
}

/** The reference case: somebody sits at the entrance at every hour. */
function unwatchedEntrance(site: Site, week: readonly Watch[]): Finding[] {
  const street = new Set(zonesOfKind(site, 'public').map(({ name }) => name))
  const entrances = new Set(
    site.portals
      .filter((portal) => !portal.emergency && (street.has(portal.from) || street.has(portal.to)))
      .flatMap(({ from, to }) => [from, to]),
  )
  const gap = week.find(({ posts }) => !posts.some((post) => entrances.has(post)))
  if (gap === undefined) return []
  return [
    finding(
      'F15',
      `No guard sits at an entrance from ${sayMinute(gap.span.from)} on; this profile asks for one round the clock.`,
      [site.name],
    ),
  ]
}
