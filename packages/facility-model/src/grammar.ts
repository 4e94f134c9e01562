import Type from 'typebox'

/** The grammar of a site file. The published JSON Schema and the parser are both this one object. */

export const zoneKinds = ['public', 'controlled', 'secure', 'technical', 'building'] as const
export const zoneUses = ['toilet', 'changing-room', 'rest-room', 'canteen'] as const
export const roles = [
  'annotators',
  'managers',
  'guards',
  'security',
  'technicians',
  'visitors',
  'cleaners',
] as const
export const detectors = ['metal-detector', 'body-scanner', 'hand-wand'] as const
export const searches = ['bag-search', 'person-search'] as const
export const factors = [
  'badge',
  'phone',
  'security-key',
  'pin',
  'fingerprint',
  'face',
  'iris',
  'palm',
  'vein',
  'request-to-exit',
  'handle',
] as const
export const readers = ['osdp-secure', 'osdp', 'osdp-default-key', 'wiegand'] as const
export const antiPassbackModes = ['off', 'soft', 'timed', 'hard'] as const
export const sensorKinds = ['contact', 'motion', 'glass-break', 'vibration', 'beam'] as const
export const openingKinds = ['window', 'dock', 'hatch', 'roof-light'] as const
export const workstationUses = ['annotation', 'guard', 'office'] as const

/** Most things that one file may name; a site past these is split into several files. */
export const most = { zones: 1000, portals: 3000, cameras: 8000, others: 3000, list: 500 } as const

const nameWords = 'a name: lower-case letters, digits and hyphens, at most 48, a letter first'
const namePattern = '^[a-z][a-z0-9-]{0,47}$'
const time = '([01][0-9]|2[0-3]):[0-5][0-9]'
const endTime = '([01][0-9]|2[0-4]):[0-5][0-9]'
const day = '(mon|tue|wed|thu|fri|sat|sun)'

const name = (description: string) =>
  Type.String({ pattern: namePattern, description: `${description} (${nameWords})` })
const words = (description: string) =>
  Type.String({ minLength: 1, maxLength: 400, description: `${description} (1 to 400 characters)` })
const duration = (description: string) =>
  Type.String({
    pattern: '^[1-9][0-9]{0,4}(s|m|h|d)$',
    description: `${description}, such as 30s, 15m, 12h or 90d`,
  })
const count = (description: string, maximum = 100_000, minimum = 0) =>
  Type.Integer({
    minimum,
    maximum,
    description: `${description} (a whole number from ${minimum} to ${maximum})`,
  })
const yes = (description: string) => Type.Boolean({ description: `${description} (true or false)` })
const span = (description: string) =>
  Type.String({
    pattern: `^${time}-${endTime}$`,
    description: `${description}, such as "06:00-14:00"`,
  })
const date = (description: string) =>
  Type.String({
    pattern: '^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$',
    description: `${description}, such as 2027-06-30`,
  })
const metres = (description: string) => Type.Number({ minimum: 0, maximum: 10_000, description })

function choice<const T extends readonly string[]>(values: readonly [...T], description: string) {
  return Type.Enum<[...T]>(values, { description })
}
function list<T extends Type.TSchema>(of: T, description: string) {
  return Type.Array(of, { maxItems: most.list, uniqueItems: true, description })
}
function named<T extends Type.TSchema>(of: T, description: string, maxProperties: number) {
  return Type.Record(Type.String({ pattern: namePattern }), of, {
    additionalProperties: false,
    maxProperties,
    description: `${description}; each key is ${nameWords}`,
  })
}
const closed = (description: string) => ({ additionalProperties: false, description })

const weekHours = Type.Record(
  Type.String({ pattern: `^${day}(-${day})?$` }),
  span('open from-to'),
  {
    additionalProperties: false,
    minProperties: 1,
    maxProperties: 14,
    description: 'opening hours: a day or a run of days (mon-fri) and its times',
  },
)

const zone = Type.Object(
  {
    kind: choice(
      zoneKinds,
      'what protection the zone has; a building only frames others on the drawing',
    ),
    title: Type.Optional(words('what people call the zone')),
    within: Type.Optional(name('the zone or building that this one lies in')),
    use: Type.Optional(choice(zoneUses, 'a use in which nobody may be filmed')),
    guardPost: Type.Optional(yes('a guard sits here')),
    guards: Type.Optional(count('guards at this post when it is manned; 1', 50, 1)),
    monitors: Type.Optional(
      list(name('a recorder'), 'recorders watched live from this guard post'),
    ),
    lockers: Type.Optional(count('lockers for personal things')),
    screening: Type.Optional(
      list(choice([...detectors, ...searches], 'a detector or a search'), 'what people pass here'),
    ),
    seats: Type.Optional(count('places to work', 10_000)),
    projects: Type.Optional(
      list(
        Type.String({
          pattern: '^[a-z][a-z0-9-]{0,47}(@[a-z][a-z0-9-]{0,47})?$',
          description: 'a project, or project@shift where it has the zone in that shift only',
        }),
        'projects worked on here',
      ),
    ),
    antiPassback: Type.Optional(choice(antiPassbackModes, 'what happens to a second entry')),
    area: Type.Optional(name('zones of the same anti-passback area share this name')),
    minimumOccupancy: Type.Optional(
      count('fewest people at a time, unless the zone is empty', 100),
    ),
    maximumOccupancy: Type.Optional(count('most people at a time', 10_000, 1)),
    hours: Type.Optional(weekHours),
    access: Type.Optional(list(choice(roles, 'a role'), 'who may enter')),
    crossing: Type.Optional(duration('time to walk across the zone')),
    at: Type.Optional(
      Type.Object(
        {
          x: metres('metres from the left'),
          y: metres('metres from the top'),
          width: metres('metres'),
          depth: metres('metres'),
        },
        closed('where the zone lies on the plan: x, y, width and depth in metres'),
      ),
    ),
  },
  closed('a zone'),
)

const portal = Type.Object(
  {
    from: name('the zone on the outside; of an emergency portal, the zone that people flee'),
    to: name('the zone on the inside; of an emergency portal, the zone that they reach'),
    title: Type.Optional(words('what people call the portal')),
    in: Type.Optional(
      list(
        choice(factors, 'a factor'),
        'all that passing inwards asks; [] is free, no key means shut in that direction',
      ),
    ),
    out: Type.Optional(
      list(
        choice(factors, 'a factor'),
        'all that passing outwards asks; [] is free, no key means shut in that direction',
      ),
    ),
    emergency: Type.Optional(yes('an emergency exit: always opens outwards, never inwards')),
    outsideHardware: Type.Optional(
      choice(['none', 'handle', 'key-cylinder'], 'what an emergency exit has on its far side'),
    ),
    alarm: Type.Optional(choice(['local', 'monitored', 'local-and-monitored'], 'the door alarm')),
    controller: Type.Optional(name('the controller of its readers and lock')),
    reader: Type.Optional(choice(readers, 'how its readers speak to the controller')),
    contact: Type.Optional(yes('a door contact reports open and closed')),
    tamper: Type.Optional(yes('readers and housing report tampering')),
    heldAfter: Type.Optional(duration('how long it may stand open before the alarm')),
    failMode: Type.Optional(
      choice(['fail-safe', 'fail-secure'], 'unlocked or locked when the power is off'),
    ),
    lockdown: Type.Optional(
      choice(['free-egress', 'locked'], 'whether people can still leave by it in a lockdown'),
    ),
    interlock: Type.Optional(name('portals of one group: at most one of them is open at a time')),
    camera: Type.Optional(
      choice(['none', 'outside', 'inside', 'both'], 'the sides promised to be in view of a camera'),
    ),
    lanes: Type.Optional(count('lanes side by side', 50, 1)),
  },
  closed('a portal'),
)

const camera = Type.Object(
  {
    zone: name('where the camera hangs'),
    sees: list(
      Type.String({
        pattern: '^[a-z][a-z0-9-]{0,47}([.](outside|inside|pin-pad|screens|lockers))?$',
        description:
          'portal.outside, portal.inside, portal.pin-pad, zone, zone.screens or zone.lockers',
      }),
      'all that is in its picture',
    ),
    recorder: name('the recorder that keeps its picture'),
    controller: Type.Optional(name('a controller that it is powered or switched by')),
  },
  closed('a camera'),
)

const retention = Type.String({
  pattern: '^(legal-maximum|[1-9][0-9]{0,4}(h|d))$',
  description: 'legal-maximum, or a duration such as 72h or 30d',
})

const measured = (what: string) => ({
  minimum: 0.1,
  maximum: 600,
  description: `mean seconds ${what} (0.1 to 600)`,
})
const seconds = (what: string) => Type.Number(measured(`of ${what}`))
const measuredKeys = {
  badge: seconds('badge'),
  phone: seconds('phone'),
  'security-key': seconds('security-key'),
  pin: seconds('pin'),
  fingerprint: seconds('fingerprint'),
  face: seconds('face'),
  iris: seconds('iris'),
  palm: seconds('palm'),
  vein: seconds('vein'),
  'request-to-exit': seconds('request-to-exit'),
  handle: seconds('handle'),
  'metal-detector': seconds('metal-detector'),
  'body-scanner': seconds('body-scanner'),
  'hand-wand': seconds('hand-wand'),
  'bag-search': seconds('bag-search'),
  'person-search': seconds('person-search'),
} satisfies Record<
  (typeof factors)[number] | (typeof detectors)[number] | (typeof searches)[number],
  unknown
>

/** One site: everything that a file may say. */
export const siteGrammar = Type.Object(
  {
    site: name('the name of the site'),
    title: Type.Optional(words('the name of the site on drawings')),
    jurisdiction: Type.String({
      pattern: '^[A-Z]{2}(-[A-Z0-9]{1,3})?$',
      description: 'the country whose law holds, ISO 3166: ES, DE, US-CA',
    }),
    timezone: Type.String({ minLength: 1, maxLength: 64, description: 'IANA name: Europe/Madrid' }),
    hours: weekHours,
    limits: Type.Optional(
      Type.Object(
        {
          guardReach: Type.Optional(duration('longest way of a guard to a secure portal (3m)')),
          alarmResponse: Type.Optional(duration('longest response out of hours (15m)')),
          secondExitFrom: Type.Optional(
            count('people from which a second exit is due (50)', 1000, 2),
          ),
        },
        closed('numbers of this site that differ from the default policy'),
      ),
    ),
    passageSeconds: Type.Optional(
      Type.Partial(
        Type.Object(
          {
            ...measuredKeys,
            clearing: Type.Number(measured('to walk through and clear the way for the next')),
          },
          closed('seconds of a person at a reader or screening point, as measured on this site'),
        ),
      ),
    ),
    monitoring: Type.Optional(
      Type.Object(
        { response: duration('how soon the alarm service is on site') },
        closed('the alarm service that answers when no guard is on site'),
      ),
    ),
    projects: Type.Optional(
      named(
        Type.Object(
          {
            segregated: Type.Optional(yes('shares no secure zone with another project; true')),
            consents: Type.Optional(
              list(name('a project'), 'projects that its client agreed to share a zone with'),
            ),
            video: Type.Optional(duration('how long its client wants video to be kept')),
          },
          closed('a project'),
        ),
        'projects',
        most.others,
      ),
    ),
    zones: named(zone, 'zones', most.zones),
    portals: named(portal, 'portals', most.portals),
    controllers: Type.Optional(
      named(
        Type.Object(
          { zone: name('where it hangs'), network: Type.Optional(name('its network')) },
          closed('a controller'),
        ),
        'door controllers',
        most.portals,
      ),
    ),
    cameras: Type.Optional(named(camera, 'cameras', most.cameras)),
    recorders: Type.Optional(
      named(
        Type.Object(
          {
            zone: name('where it stands'),
            network: name('its network'),
            retention: retention,
            capacity: Type.Optional(count('terabytes that it can store', 100_000, 1)),
          },
          closed('a recorder'),
        ),
        'video recorders',
        most.others,
      ),
    ),
    sensors: Type.Optional(
      named(
        Type.Object(
          {
            kind: choice(sensorKinds, 'what it notices'),
            watches: list(name('a zone, portal or opening'), 'what it watches'),
            tested: Type.Optional(date('when it was last tested')),
          },
          closed('an intrusion sensor'),
        ),
        'intrusion sensors',
        most.others,
      ),
    ),
    openings: Type.Optional(
      named(
        Type.Object(
          {
            zone: name('the zone it opens into'),
            kind: choice(openingKinds, 'what it is'),
            reachable: Type.Optional(
              yes('can be reached from outside, as on the ground floor; true'),
            ),
          },
          closed('a window, dock or hatch'),
        ),
        'openings that are not doors',
        most.others,
      ),
    ),
    workstations: Type.Optional(
      named(
        Type.Object(
          {
            count: count('workstations', 10_000, 1),
            network: Type.Optional(name('the network that they stand on')),
            use: Type.Optional(choice(workstationUses, 'what they are for; annotation')),
          },
          closed('the workstations of a zone'),
        ),
        'workstations by zone',
        most.zones,
      ),
    ),
    networks: Type.Optional(
      named(
        Type.Object(
          {
            internet: choice(['none', 'filtered', 'open'], 'its way to the internet'),
            reaches: Type.Optional(list(name('a network'), 'networks that it is routed to')),
            jacks: Type.Optional(
              named(
                count('live jacks', 10_000),
                'live jacks by zone; not stated means one for each workstation',
                most.zones,
              ),
            ),
          },
          closed('a network'),
        ),
        'networks',
        most.others,
      ),
    ),
    shifts: Type.Optional(named(span('from-to'), 'shifts', 24)),
    guards: Type.Optional(
      Type.Record(
        Type.String({ pattern: namePattern }),
        Type.Union(
          [
            name('always, hours, or a shift'),
            Type.Array(name('a shift'), { minItems: 1, maxItems: 24, uniqueItems: true }),
          ],
          { description: 'always, hours (while the site is open), a shift, or a list of shifts' },
        ),
        {
          additionalProperties: false,
          maxProperties: most.zones,
          description: 'when each guard post is manned, by zone',
        },
      ),
    ),
    accepted: Type.Optional(
      Type.Array(
        Type.Object(
          {
            finding: Type.String({
              pattern: '^[A-Z][0-9]{1,2}$',
              description: 'its id, such as F9',
            }),
            subject: name('the first thing that the finding names'),
            reason: words('why it is accepted'),
            by: words('who accepts it'),
            until: date('the last day on which it is accepted'),
          },
          closed('a finding that somebody answers for'),
        ),
        { maxItems: most.others, description: 'findings that are accepted for a while' },
      ),
    ),
  },
  {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Cloister site file',
    additionalProperties: false,
    description: 'a site',
  },
)

export type SiteFile = Type.Static<typeof siteGrammar>
