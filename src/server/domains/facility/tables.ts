import type { ColumnType, Generated, JSONColumnType } from 'kysely'
import type { AccessEvent, Command, PostureChecks } from '../../../shared/facility.ts'
import type { AlarmDetail } from '../../../shared/gatehouse.ts'
import type { SavedWatch } from './detectors.ts'
import type { Order, Stay } from './record.ts'
import type { Gap } from './streams.ts'

export interface FacilityTables {
  /** Every site file that was ever in force; one is. */
  'facility.site': {
    hash: Buffer
    name: string
    timezone: string
    file: string
    activated_at: Date
    active: boolean
  }
  'facility.zone': { zone: string; title: string; kind: string; place: number }
  'facility.open_hours': { zone: string; begins: number; ends: number }
  'facility.zone_project': { zone: string; project: string; begins: number; ends: number }
  'facility.portal': {
    portal: string
    title: string
    zone_from: string
    zone_to: string
    controller: string | null
    emergency: boolean
  }
  'facility.controller': {
    controller: string
    installed: boolean
    confirmed: string | null
    confirm_next: Generated<boolean>
    epoch: string | null
    last_seq: number | null
    buffered: number | null
    clock_offset_ms: Generated<number>
    heard_at: Date | null
  }
  'facility.badge': {
    credential: string
    person: string
    issued_at: Date
    revoked_at: Date | null
  }
  'facility.event': {
    controller: string
    epoch: string
    seq: number
    received_at: Date
    event: JSONColumnType<AccessEvent>
    /** `controller/epoch/seq`, as the log knows it; made by the database. */
    name: ColumnType<string, never, never>
  }
  'facility.stream': {
    place: Generated<number>
    controller: string
    epoch: string
    highest: number
    latest: number | null
    gaps: JSONColumnType<Gap[]>
  }
  'facility.presence': {
    person: string
    zone: string | null
    since: Date
    portal: string | null
    factors: string[]
    event: string
    admits: boolean
    why: string | null
    ordered: JSONColumnType<Order>
    past: JSONColumnType<Stay[]>
  }
  'facility.watch': { one: Generated<boolean>; state: JSONColumnType<SavedWatch> | null }
  'facility.finding': {
    id: Generated<number>
    at: Date
    kind: string
    words: string
    person: string | null
    portal: string | null
    controller: string | null
    review: JSONColumnType<object> | null
  }
  'facility.alarm': {
    id: string
    kind: string
    subject: string
    detail: JSONColumnType<AlarmDetail>
    zones: string[]
    raised_at: Date
    acknowledged_at: Date | null
    acknowledged_by: string | null
    note: string | null
    cleared_at: Date | null
  }
  'facility.correction': {
    id: string
    person: string
    zone: string | null
    reason: string
    requested_by: string
    requested_at: Date
    approved_by: string | null
    approved_at: Date | null
  }
  'facility.lockdown': { zone: string; since: Date; by: string }
  'facility.command': {
    controller: string
    number: number
    at: Date
    command: JSONColumnType<Command>
  }
  'facility.workstation': {
    workstation: string
    zone: string
    purpose: string
    installed: boolean
    revoked_at: Date | null
  }
  'facility.certificate': {
    serial: string
    kind: 'workstation' | 'device'
    subject: string
    public_key: Buffer
    issued_at: Date
    not_after: Date
    revoked_at: Date | null
    last_address: string | null
    last_seen: Date | null
  }
  'facility.posture': {
    workstation: string
    at: Date
    received_at: Date
    sequence: number
    checks: JSONColumnType<PostureChecks>
    good: boolean
  }
}
