import {
  AccessEvents,
  EnrolmentRequest,
  Heartbeat,
  IssuedCertificate,
  PostureReport,
  RenewalRequest,
} from '../../../shared/facility.ts'
import {
  AlarmAcknowledged,
  AlarmName,
  BadgeIssued,
  CommandList,
  CommandsAfter,
  ControllerName,
  CorrectionAsked,
  CorrectionMade,
  EnrolmentCode,
  EpochConfirmed,
  EventsTaken,
  LockdownSet,
  MachineName,
  PersonName,
  SiteActivated,
  SiteFileSent,
  SiteNow,
  ZoneName,
} from '../../../shared/gatehouse.ts'
import { Done } from '../../../shared/identity.ts'
import type { Operate } from '../../http/operate.ts'
import type { Authority } from '../../authority/index.ts'
import { acknowledge } from './alarms.ts'
import { commandsFor } from './commands.ts'
import { takeEvents, takeHeartbeat } from './events.ts'
import { siteNow } from './gatehouse.ts'
import { approvePresence, confirmEpochOf, lockZone, requestCorrection } from './guards.ts'
import { codeFor, enrol, renew, revokeWorkstation } from './machines/enrolment.ts'
import { takePosture } from './machines/posture.ts'
import { activateSite, issueBadge } from './site.ts'

const site = () => ({ type: 'Site', id: 'site' }) as const
const person = ({ params }: { params: { person: string } }) =>
  ({ type: 'Person', id: params.person }) as const
const done = { done: true } as const
/** Five hundred events with the raw record of each. */
const mostOfEvents = 1 << 20

/** All that the building's domain is asked; `authority` certifies the keys of its machines. */
export function facilityRoutes(operate: Operate, authority: Authority): void {
  machineRoutes(operate, authority)
  guardRoutes(operate)
  operatorRoutes(operate)
}

function machineRoutes(operate: Operate, authority: Authority): void {
  operate('POST', '/events', {
    action: 'facility.event.take',
    body: AccessEvents,
    answer: EventsTaken,
    limit: mostOfEvents,
    resource: site,
    run: ({ pass, tx, body }) => takeEvents(pass, tx, body),
  })
  operate('POST', '/heartbeats', {
    action: 'facility.heartbeat.take',
    body: Heartbeat,
    answer: Done,
    resource: site,
    run: async ({ pass, tx, body }) => (await takeHeartbeat(pass, tx, body), done),
  })
  operate('GET', '/commands', {
    action: 'facility.command.poll',
    query: CommandsAfter,
    answer: CommandList,
    resource: site,
    async run({ pass, tx, query, quiet }) {
      const told = await commandsFor(pass, tx, Number(query.after ?? 0))
      if (told.quiet) quiet()
      return { commands: told.commands }
    },
  })
  operate('POST', '/posture', {
    action: 'facility.posture.take',
    body: PostureReport,
    answer: Done,
    resource: site,
    run: async ({ pass, tx, body }) => (await takePosture(pass, tx, body), done),
  })
  operate('POST', '/enrolment', {
    action: 'facility.device.enrol',
    body: EnrolmentRequest,
    answer: IssuedCertificate,
    resource: site,
    run: ({ pass, tx, body }) => enrol(pass, tx, authority, body),
  })
  operate('POST', '/enrolment/renewal', {
    action: 'facility.device.renew',
    body: RenewalRequest,
    answer: IssuedCertificate,
    resource: site,
    run: ({ pass, tx, body }) => renew(pass, tx, authority, body.csr),
  })
}

function guardRoutes(operate: Operate): void {
  operate('GET', '/site', {
    action: 'facility.site.read',
    answer: SiteNow,
    resource: site,
    run: ({ pass, tx }) => siteNow(pass, tx),
  })
  operate('POST', '/alarms/:alarm/acknowledge', {
    action: 'facility.alarm.acknowledge',
    params: AlarmName,
    body: AlarmAcknowledged,
    answer: Done,
    resource: site,
    async run({ pass, tx, params, body, note }) {
      await acknowledge(pass, tx, params.alarm, body)
      note({ alarm: params.alarm, ...body })
      return done
    },
  })
  operate('POST', '/presence/:person/correction', {
    action: 'facility.presence.correct.request',
    params: PersonName,
    body: CorrectionAsked,
    answer: CorrectionMade,
    resource: person,
    run({ pass, tx, params, body, note }) {
      note({ ...body })
      return requestCorrection(pass, tx, params.person, body)
    },
  })
  operate('POST', '/presence/:person/correction/approval', {
    action: 'facility.presence.correct.approve',
    params: PersonName,
    answer: Done,
    resource: person,
    run: async ({ pass, tx, params }) => (await approvePresence(pass, tx, params.person), done),
  })
  operate('POST', '/controllers/:controller/epoch', {
    action: 'facility.epoch.confirm',
    params: ControllerName,
    body: EpochConfirmed,
    answer: Done,
    resource: site,
    async run({ pass, tx, params, body, note }) {
      await confirmEpochOf(pass, tx, params.controller, body.epoch)
      note({ controller: params.controller, ...body })
      return done
    },
  })
  operate('POST', '/zones/:zone/lockdown', {
    action: 'facility.lockdown.set',
    params: ZoneName,
    body: LockdownSet,
    answer: Done,
    resource: site,
    async run({ pass, tx, params, body, note }) {
      await lockZone(pass, tx, params.zone, body.on)
      note({ zone: params.zone, ...body })
      return done
    },
  })
}

function operatorRoutes(operate: Operate): void {
  operate('POST', '/site', {
    action: 'facility.site.activate',
    body: SiteFileSent,
    answer: SiteActivated,
    limit: 4 << 20,
    resource: site,
    async run({ pass, tx, body, note }) {
      const { hash, ...site } = await activateSite(pass, tx, body.file)
      note({ site: site.site, sha256: hash.toString('hex') })
      return site
    },
  })
  operate('POST', '/people/:person/badges', {
    action: 'facility.badge.issue',
    params: PersonName,
    body: BadgeIssued,
    answer: Done,
    resource: person,
    async run({ pass, tx, params, body, note }) {
      await issueBadge(pass, tx, body.credential, params.person)
      note(body)
      return done
    },
  })
  for (const [url, kind] of [
    ['/workstations/:id/code', 'workstation'],
    ['/devices/:id/code', 'device'],
  ] as const)
    operate('POST', url, {
      action: 'facility.workstation.enrol',
      params: MachineName,
      answer: EnrolmentCode,
      resource: site,
      run({ pass, tx, params, note }) {
        note({ kind, id: params.id })
        return codeFor(pass, tx, kind, params.id)
      },
    })
  operate('POST', '/workstations/:id/revoke', {
    action: 'facility.workstation.revoke',
    params: MachineName,
    answer: Done,
    resource: ({ params }) => ({ type: 'Workstation', id: params.id }),
    run: async ({ pass, tx, params }) => (await revokeWorkstation(pass, tx, params.id), done),
  })
}
