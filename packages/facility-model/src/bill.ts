import { kindOf } from './factors.ts'
import { passagesOf, graphOf, times } from './graph.ts'
import { walkingCost } from './passage-times.ts'
import { interlocks, securePortals } from './portal-rules.ts'
import { retentionOf } from './retention.ts'
import type { RuleId } from './rules.ts'
import type { Factor, Portal, Site } from './site.ts'
import { sayTerabytes, terabytesFor } from './storage.ts'
import { workstationsOf } from './workstations.ts'

/** Something to buy and install. */
export interface Item {
  readonly group: 'doors' | 'video' | 'alarms' | 'screening' | 'rooms' | 'network'
  readonly what: string
  readonly count: number
  /** The portals or zones that it is for, in the order of the file. */
  readonly where: readonly string[]
}

/** Something to try at handover, with what must happen, and the rule that it proves. */
export interface Trial {
  readonly subject: string
  readonly rule: RuleId
  readonly act: string
}

export interface Bill {
  readonly site: string
  readonly items: readonly Item[]
  readonly trials: readonly Trial[]
}

/**
 * What has to be bought and installed for a site, and the list by which it is taken over. Everything
 * follows from the file; prices, brands and cable lengths do not and are left to the installer.
 */
export function billOf(site: Site): Bill {
  const items = [
    ...doorItems(site),
    ...videoItems(site),
    ...alarmItems(site),
    ...roomItems(site),
    ...networkItems(site),
  ]
  return { site: site.name, items: items.filter(({ count }) => count > 0), trials: trialsOf(site) }
}

/** Counts something over the things that have it. */
function tally<T extends { readonly name: string }>(
  group: Item['group'],
  what: string,
  things: readonly T[],
  each: (thing: T) => number,
): Item {
  const having = things.filter((thing) => each(thing) > 0)
  return {
    group,
    what,
    count: having.reduce((sum, thing) => sum + each(thing), 0),
    where: having.map(({ name }) => name),
  }
}

const readerNames: Readonly<Record<Factor, string>> = {
  badge: 'badge reader',
  phone: 'phone credential reader',
  'security-key': 'security key reader',
  pin: 'PIN keypad',
  fingerprint: 'fingerprint reader, match on card',
  face: 'face reader, match on card',
  iris: 'iris reader, match on card',
  palm: 'palm reader, match on card',
  vein: 'vein reader, match on card',
  'request-to-exit': 'request-to-exit button',
  handle: 'door handle on the free side',
}

function doorItems(site: Site): Item[] {
  const { portals } = site
  const sidesWith = (portal: Portal, name: string) =>
    [portal.in, portal.out].filter((factors) => factors?.some((factor) => factor === name) === true)
  const readers = Object.entries(readerNames).map(([factor, words]) =>
    tally('doors', words, portals, (portal) => sidesWith(portal, factor).length * portal.lanes),
  )
  const locked = portals.filter(
    (portal) =>
      !portal.emergency &&
      [portal.in, portal.out].some((one) => one?.some((factor) => kindOf(factor) !== 'none')),
  )
  const lock = (mode: Portal['failMode'], words: string) =>
    tally('doors', words, locked, (portal) => (portal.failMode === mode ? portal.lanes : 0))
  return [
    ...readers,
    lock('fail-safe', 'fail-safe lock (open without power)'),
    lock('fail-secure', 'fail-secure lock (shut without power)'),
    lock(null, 'lock, fail mode to be decided'),
    tally('doors', 'door contact', portals, ({ contact, lanes }) => (contact ? lanes : 0)),
    tally('doors', 'tamper circuit', portals, ({ tamper, lanes }) => (tamper ? lanes : 0)),
    tally('doors', 'panic bar, nothing outside', portals, ({ emergency }) => (emergency ? 1 : 0)),
    tally('doors', 'local sounder', portals, ({ alarm }) =>
      alarm?.includes('local') === true ? 1 : 0,
    ),
    tally('doors', 'door controller', site.controllers, () => 1),
  ]
}

function videoItems(site: Site): Item[] {
  const cameras = (recorder: string) =>
    site.cameras.filter((camera) => camera.recorder === recorder)
  return [
    ...site.zones.map((zone) => ({
      ...tally('video', `camera in ${zone.name}`, site.cameras, (camera) =>
        camera.zone === zone.name ? 1 : 0,
      ),
    })),
    ...site.recorders.map((recorder): Item => {
      const days = Math.round(retentionOf(site, recorder) / 86_400)
      const need = terabytesFor(cameras(recorder.name).length, retentionOf(site, recorder))
      return {
        group: 'video',
        what: `recorder ${recorder.name}, ${sayTerabytes(need)} net for ${days} days`,
        count: 1,
        where: [recorder.zone],
      }
    }),
  ]
}

function alarmItems(site: Site): Item[] {
  const kinds = [...new Set(site.sensors.map(({ kind }) => kind))]
  return kinds.map((kind) => ({
    ...tally('alarms', `${kind} sensor`, site.sensors, (sensor) => (sensor.kind === kind ? 1 : 0)),
    where: site.sensors.filter((sensor) => sensor.kind === kind).flatMap(({ watches }) => watches),
  }))
}

function roomItems(site: Site): Item[] {
  const points = [...new Set(site.zones.flatMap(({ screening }) => screening))]
  const lanesInto = (zone: string) =>
    Math.max(1, ...site.portals.filter(({ to }) => to === zone).map(({ lanes }) => lanes))
  return [
    ...points.map((point) =>
      tally('screening', point.replace('-', ' '), site.zones, (zone) =>
        zone.screening.includes(point) ? lanesInto(zone.name) : 0,
      ),
    ),
    tally('rooms', 'locker', site.zones, ({ lockers }) => lockers),
    tally('rooms', 'seat', site.zones, ({ seats }) => seats),
    tally('rooms', 'guard place', site.zones, ({ guardPost, guards }) => (guardPost ? guards : 0)),
    tally('rooms', 'monitor wall', site.zones, ({ monitors }) => monitors.length),
  ]
}

function networkItems(site: Site): Item[] {
  const stations = workstationsOf(site)
  const zones = site.zones.map(({ name }) => ({ name }))
  const uses = [...new Set(stations.map(({ use }) => use))]
  return [
    ...uses.map((use) =>
      tally(
        'network',
        `${use} workstation`,
        zones,
        ({ name }) => stations.filter((one) => one.zone === name && one.use === use).length,
      ),
    ),
    ...site.networks.map(({ name: network, internet, jacks }) => ({
      group: 'network' as const,
      what: `separate network ${network}, internet ${internet}`,
      count: 1,
      where: [...(jacks?.keys() ?? [])],
    })),
  ]
}

function trialsOf(site: Site): Trial[] {
  return [
    ...site.portals.flatMap((portal) => portalTrials(site, portal)),
    ...[...interlocks(site)].map(([, portals]): Trial => ({
      subject: portals.map(({ name }) => name).join(' and '),
      rule: 'F8',
      act: 'Hold one open and ask for the other: it stays shut until the first is closed.',
    })),
    ...site.zones.flatMap((zone): Trial[] =>
      zone.antiPassback === 'off'
        ? []
        : [
            {
              subject: zone.name,
              rule: 'F7',
              act: `Enter, and let another person enter with the same badge: ${zone.antiPassback === 'soft' ? 'an event is raised' : 'it is refused'}.`,
            },
          ],
    ),
    ...site.cameras.map((camera): Trial => ({
      subject: camera.name,
      rule: 'F9',
      act: `Its picture shows ${camera.sees.join(', ')} and no screen, PIN pad or locker; its clock is right to 2 seconds.`,
    })),
    ...site.recorders.map((recorder): Trial => ({
      subject: recorder.name,
      rule: 'R1',
      act: `Set to delete after ${Math.round(retentionOf(site, recorder) / 86_400)} days; the free space lasts for it, and it answers from no other network than ${recorder.network}.`,
    })),
    ...site.sensors.map(({ name, watches }): Trial => ({
      subject: name,
      rule: 'F12',
      act: `Trip it at ${watches.join(', ')}: the alarm names it.`,
    })),
    ...site.networks.map(({ name, internet }): Trial => ({
      subject: name,
      rule: 'F10',
      act: `Plug a foreign machine into every jack: it gets no link${internet === 'none' ? ', and from an enrolled one no outside address answers' : ''}.`,
    })),
    ...walkTrials(site),
  ]
}

function portalTrials(site: Site, portal: Portal): Trial[] {
  const { name, from, to } = portal
  const secure = securePortals(site).includes(portal)
  const trial = (when: boolean, rule: RuleId, act: string): Trial[] =>
    when ? [{ subject: name, rule, act }] : []
  const factors = portal.in ?? []
  const short =
    factors.length > 1 ? factors.map((left) => `without the ${left}`).join(', then ') : ''
  return [
    ...trial(
      short !== '',
      'F1',
      `From ${from}, try ${short}: it stays shut; with all of them it opens.`,
    ),
    ...trial(
      portal.emergency,
      'F5',
      `Push it open from ${from}: it gives way without a credential, sounds on the spot and shows at the guard post. From ${to} nothing opens it.`,
    ),
    ...trial(
      portal.failMode !== null && !portal.emergency,
      'F4',
      `Cut its power: it is ${portal.failMode === 'fail-safe' ? 'open both ways' : 'shut from outside and opens by hand from inside'}.`,
    ),
    ...trial(
      portal.contact && !portal.emergency,
      'F6',
      'Force it without a credential: a forced-door alarm names it.',
    ),
    ...trial(
      portal.heldAfter !== null,
      'F6',
      `Hold it open for ${portal.heldAfter ?? 0} seconds: a held-open alarm names it.`,
    ),
    ...trial(portal.tamper, 'F6', 'Open the housing of a reader: a tamper alarm names it.'),
    ...trial(
      secure && portal.reader !== null,
      'F16',
      'Read the controller: secure channel is on, the key is not the default, install mode is off.',
    ),
  ]
}

/** Guards are timed on the way that the check assumed. */
function walkTrials(site: Site): Trial[] {
  const graph = graphOf(passagesOf(site))
  return site.guards.flatMap(({ zone }) => {
    const reached = times(graph, zone, walkingCost(site))
    return securePortals(site).flatMap(({ name, from, to }): Trial[] => {
      const seconds = Math.min(reached.get(from) ?? Infinity, reached.get(to) ?? Infinity)
      if (seconds > site.limits.guardReach) return []
      return [
        {
          subject: name,
          rule: 'F15',
          act: `Send the guard from ${zone}: there within ${site.limits.guardReach} seconds (planned ${Math.ceil(seconds)}).`,
        },
      ]
    })
  })
}

/** The bill as a Markdown page: a table to order from, and boxes to tick at handover. */
export function sayBill(bill: Bill, title: string): string {
  const rows = bill.items.map(
    ({ group, what, count, where }) => `| ${group} | ${what} | ${count} | ${where.join(', ')} |`,
  )
  const boxes = bill.trials.map(
    ({ subject, rule, act }) => `- [ ] **${subject}** (${rule}): ${act}`,
  )
  return [
    `# ${title}: bill of materials and acceptance`,
    '',
    '| Group | Item | Count | Where |',
    '|---|---|--:|---|',
    ...rows,
    '',
    '## Acceptance at handover',
    '',
    'Each line is tried by the installer and the security officer together; who tried it, when, and what happened is written beside it.',
    '',
    ...boxes,
    '',
  ].join('\n')
}
