import type {
  antiPassbackModes,
  detectors,
  factors,
  openingKinds,
  readers,
  roles,
  searches,
  sensorKinds,
  workstationUses,
  zoneKinds,
  zoneUses,
} from './grammar.ts'
import type { MeasuredSeconds } from './passage-times.ts'
import type { Span } from './week.ts'

/** What passing a portal may ask of a person. `request-to-exit` and `handle` ask nothing. */
export type Factor = (typeof factors)[number]
export type ZoneKind = (typeof zoneKinds)[number]
export type Screening = (typeof detectors)[number] | (typeof searches)[number]

/**
 * A site as its file describes it, with every default filled in; `null` stands where the file says
 * nothing and nothing may be assumed. Names are unique through all zones, portals, controllers,
 * cameras, recorders, sensors and openings. Durations are seconds. Lists keep the file's order.
 */
export interface Site {
  readonly name: string
  readonly title: string
  /** ISO 3166-1 country, or 3166-2 subdivision. */
  readonly jurisdiction: string
  /** IANA name. */
  readonly timezone: string
  /** When the site is open, in minutes of the local week. */
  readonly hours: readonly Span[]
  readonly limits: {
    readonly guardReach: number
    readonly alarmResponse: number
    readonly secondExitFrom: number
  }
  /** Seconds until the alarm service is on site; null where there is none. */
  readonly alarmService: number | null
  /** Seconds that this site has measured; see passage-times.ts for what is planned otherwise. */
  readonly measured: MeasuredSeconds
  readonly projects: readonly Project[]
  readonly zones: readonly Zone[]
  readonly portals: readonly Portal[]
  readonly controllers: readonly Controller[]
  readonly cameras: readonly Camera[]
  readonly recorders: readonly Recorder[]
  readonly sensors: readonly Sensor[]
  readonly openings: readonly Opening[]
  readonly workstations: readonly WorkstationGroup[]
  readonly networks: readonly Network[]
  readonly shifts: readonly Shift[]
  readonly guards: readonly GuardDuty[]
  readonly accepted: readonly Acceptance[]
}

export interface Project {
  readonly name: string
  /** A project that the file does not describe is segregated. */
  readonly segregated: boolean
  readonly consents: readonly string[]
  /** Seconds of video that its client asks for. */
  readonly video: number | null
}

export interface Zone {
  readonly name: string
  readonly title: string
  readonly kind: ZoneKind
  /** The zone or building around it. Being inside gives no way in: only portals do. */
  readonly within: string | null
  readonly use: (typeof zoneUses)[number] | null
  readonly guardPost: boolean
  /** Guards at the post when it is manned. */
  readonly guards: number
  /** Recorders whose pictures are watched live at this guard post. */
  readonly monitors: readonly string[]
  readonly lockers: number
  readonly screening: readonly Screening[]
  readonly seats: number
  /** `shift` null: at all times. */
  readonly projects: readonly { readonly name: string; readonly shift: string | null }[]
  readonly antiPassback: (typeof antiPassbackModes)[number]
  /** The anti-passback area; a zone without one is its own. */
  readonly area: string
  readonly minimumOccupancy: number
  readonly maximumOccupancy: number | null
  /** Its own hours, or the site's. */
  readonly hours: readonly Span[]
  readonly access: readonly (typeof roles)[number][]
  /** Seconds to walk across it. */
  readonly crossing: number
  /** Metres on the plan. */
  readonly at: Box | null
}

export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly depth: number
}

/**
 * A controlled opening. `in` leads from `from` to `to`, `out` back; null means that the direction is
 * shut, an empty list that it is free. The side `outside` lies in `from` and `inside` in `to`, but an
 * emergency portal is written the way people flee: its `inside` lies in `from`.
 */
export interface Portal {
  readonly name: string
  readonly title: string
  readonly from: string
  readonly to: string
  readonly in: readonly Factor[] | null
  readonly out: readonly Factor[] | null
  readonly emergency: boolean
  readonly outsideHardware: 'none' | 'handle' | 'key-cylinder'
  readonly alarm: 'local' | 'monitored' | 'local-and-monitored' | null
  readonly controller: string | null
  readonly reader: (typeof readers)[number] | null
  readonly contact: boolean
  readonly tamper: boolean
  readonly heldAfter: number | null
  readonly failMode: 'fail-safe' | 'fail-secure' | null
  readonly lockdown: 'free-egress' | 'locked'
  readonly interlock: string | null
  readonly camera: 'none' | 'outside' | 'inside' | 'both' | null
  readonly lanes: number
}

export interface Controller {
  readonly name: string
  readonly zone: string
  readonly network: string | null
}

/** `sees` holds `portal.outside`, `portal.inside`, `portal.pin-pad`, `zone`, `zone.screens`, `zone.lockers`. */
export interface Camera {
  readonly name: string
  readonly zone: string
  readonly sees: readonly string[]
  readonly recorder: string
  readonly controller: string | null
}

export interface Recorder {
  readonly name: string
  readonly zone: string
  readonly network: string
  /** Seconds, or as long as the law of the site admits. */
  readonly retention: number | 'legal-maximum'
  readonly terabytes: number | null
}

export interface Sensor {
  readonly name: string
  readonly kind: (typeof sensorKinds)[number]
  readonly watches: readonly string[]
  /** ISO date. */
  readonly tested: string | null
}

export interface Opening {
  readonly name: string
  readonly zone: string
  readonly kind: (typeof openingKinds)[number]
  readonly reachable: boolean
}

export interface WorkstationGroup {
  readonly zone: string
  readonly count: number
  readonly network: string | null
  readonly use: WorkstationUse
}
export type WorkstationUse = (typeof workstationUses)[number]

export interface Network {
  readonly name: string
  readonly internet: 'none' | 'filtered' | 'open'
  readonly reaches: readonly string[]
  /** Live jacks by zone; null: one for each workstation. */
  readonly jacks: ReadonlyMap<string, number> | null
}

export interface Shift {
  readonly name: string
  /** Minutes of the day; `to` is past 1440 where the shift runs over midnight. */
  readonly from: number
  readonly to: number
}

export interface GuardDuty {
  readonly zone: string
  /** `always`, `hours`, or the names of shifts. */
  readonly on: 'always' | 'hours' | readonly string[]
  /** Times at which nobody comes, in a site that something was taken from: `always`, `night`, or a shift. */
  readonly absent?: readonly string[]
}

export interface Acceptance {
  readonly finding: string
  readonly subject: string
  readonly reason: string
  readonly by: string
  /** ISO date, the last day on which it holds. */
  readonly until: string
}
