import { Type } from 'typebox'
import type { Action } from '#shared/actions.ts'
import {
  Done,
  KeyAnswered,
  KeyChallenge,
  KeyRegistered,
  KeyRegistrationBegun,
  KeyReplaced,
  Names,
  NewOfficer,
  NewPerson,
  NewPersonMade,
  People,
  PersonId,
  RolesNamed,
  type SiteRole,
  siteRoles,
  Standing,
} from '#shared/identity.ts'
import { Problem } from '#shared/problems.ts'
import type { Operate } from '../../http/operate.ts'
import type { Tx } from '../../kernel/db.ts'
import type { Caller, Pass } from '../access/index.ts'
import { hashOf, useCode } from './codes.ts'
import {
  challengeKey,
  challengeRegistration,
  type KeyRules,
  registerKey,
  verifyKey,
} from './keys.ts'
import {
  approveKeyReplacement,
  createOfficer,
  createPerson,
  requestKeyReplacement,
  revokePerson,
} from './people.ts'
import { confirmRoles, endRoles, grantRoles } from './roles.ts'
import { beginSession, endSessionsOf, stepUp, stepUpAge } from './sessions.ts'
import { actorFacts, listNames, listPeople, nameOf, peekCode } from './store.ts'
import { waitingRoles } from './store/roles.ts'

const site = () => ({ type: 'Site', id: 'site' }) as const
const self = (_: unknown, caller: { readonly id: string | null }) =>
  ({ type: 'Person', id: caller.id ?? 'nobody' }) as const
const done = { done: true } as const
const Nothing = Type.Object({}, { additionalProperties: false })
const Person = Type.Object({ person: PersonId })
const person = ({ params }: { params: { person: string } }) =>
  ({ type: 'Person', id: params.person }) as const

/** The session cookie's name: bound to this host, never sent elsewhere, out of reach of scripts. */
export const cookieName = '__Host-cloister'

/** What these routes stand on beside the database: some of it is told by domains above this one. */
export interface IdentityGround {
  readonly rules: KeyRules
  readonly demonstration: boolean
  /** When the shift ends in which this person signs in, or null for none. */
  readonly shiftEnd: (tx: Tx, person: string, now: Date) => Promise<Date | null>
  /** Tells the guards that the operator made an officer at a site that has its two. */
  readonly onOfficerBeyond: (
    tx: Tx,
    officer: { readonly person: string; readonly reason: string },
    at: Date,
  ) => Promise<void>
}

export function identityRoutes(operate: Operate, ground: IdentityGround): void {
  const { rules, demonstration } = ground
  operate('POST', '/keys/begin', {
    action: 'identity.key.register',
    body: KeyRegistrationBegun,
    answer: KeyChallenge,
    resource: site,
    async run({ pass, tx, body }) {
      const subject = await peekCode(tx, hashOf(body.code), 'key', pass.at)
      if (subject === undefined) throw new Problem('code-refused')
      return challengeRegistration(tx, rules, mustBeKnown(pass.caller), subject, pass.at)
    },
  })
  operate('POST', '/keys/finish', {
    action: 'identity.key.register',
    body: KeyRegistered,
    answer: Done,
    resource: site,
    async run({ pass, tx, body, note }) {
      const subject = await peekCode(tx, hashOf(body.code), 'key', pass.at)
      if (subject === undefined) throw new Problem('code-refused')
      const key = await registerKey(tx, rules, mustBeKnown(pass.caller), subject, body, pass.at)
      // Only now: a wrong answer is kept as such, and the code is good for another.
      await useCode(tx, 'key', body.code, pass.at)
      note({ person: subject, key })
      return done
    },
  })
  operate('POST', '/session/begin', {
    action: 'identity.session.begin',
    body: Nothing,
    answer: KeyChallenge,
    resource: site,
    run: ({ pass, tx }) => challengeKey(tx, rules, mustBeKnown(pass.caller), 'sign-in', pass.at),
  })
  operate('POST', '/session/finish', {
    action: 'identity.session.begin',
    body: KeyAnswered,
    answer: Done,
    resource: site,
    async run({ pass, tx, body, note, reply }) {
      const who = await verifyKey(tx, rules, mustBeKnown(pass.caller), 'sign-in', body, pass.at)
      const shiftEnd = await ground.shiftEnd(tx, who.person, pass.at)
      const token = await beginSession(tx, pass.caller, { ...who, shiftEnd }, pass.at)
      note({ person: who.person })
      reply.header(
        'set-cookie',
        `${cookieName}=${token}; Path=/; Secure; HttpOnly; SameSite=Strict`,
      )
      return done
    },
  })
  operate('POST', '/session/stepup/begin', {
    action: 'identity.session.stepup',
    body: Nothing,
    answer: KeyChallenge,
    resource: self,
    run: ({ pass, tx }) => challengeKey(tx, rules, pass.caller, 'step-up', pass.at),
  })
  operate('POST', '/session/stepup/finish', {
    action: 'identity.session.stepup',
    body: KeyAnswered,
    answer: Done,
    resource: self,
    async run({ pass, tx, body }) {
      await verifyKey(tx, rules, pass.caller, 'step-up', body, pass.at)
      if (pass.caller.session !== null) await stepUp(tx, pass.caller.session, pass.at)
      return done
    },
  })
  operate('POST', '/session/end', {
    action: 'identity.session.end',
    body: Nothing,
    answer: Done,
    resource: self,
    async run({ pass, tx, reply }) {
      await endSessionsOf(tx, pass.actor, pass.at)
      reply.header(
        'set-cookie',
        `${cookieName}=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0`,
      )
      reply.header('clear-site-data', '"cache", "storage"')
      return done
    },
  })
  operate('GET', '/standing', {
    action: 'identity.standing.read',
    answer: Standing,
    resource: self,
    async run({ pass, tx }): Promise<Standing> {
      const row = await actorFacts(tx, pass.actor, pass.caller.session ?? '', pass.at)
      return {
        person: pass.actor,
        name: (await nameOf(tx, pass.actor)) ?? '',
        roles: (row?.roles ?? []).filter(isSiteRole),
        door: pass.door === 'inside' ? 'inside' : 'outside',
        workstation: pass.workstation,
        demonstration,
        steppedUp: row !== undefined && row.stepped_up_at.getTime() + stepUpAge > pass.at.getTime(),
      }
    },
  })
  peopleRoutes(operate, ground)
  roleRoutes(operate)
}

function peopleRoutes(operate: Operate, ground: IdentityGround): void {
  operate('GET', '/people', {
    action: 'identity.person.list',
    answer: People,
    resource: site,
    async run({ tx }) {
      const rows = await listPeople(tx)
      const waiting = await waitingRoles(tx)
      return {
        people: rows.map((row) => ({
          person: row.person,
          name: row.name ?? '',
          roles: row.roles.filter(isSiteRole),
          waiting: waiting.flatMap(({ person, role, granted_by: requestedBy }) =>
            person === row.person && isSiteRole(role) ? [{ role, requestedBy }] : [],
          ),
          keys: row.keys,
          revoked: row.revoked_at !== null,
          replacement: row.replacement_by === null ? null : { requestedBy: row.replacement_by },
        })),
      }
    },
  })
  operate('GET', '/names', {
    action: 'identity.name.list',
    answer: Names,
    resource: site,
    run: async ({ tx }) => ({ people: await listNames(tx) }),
  })
  operate('POST', '/people', {
    action: 'identity.person.create',
    body: NewPerson,
    answer: NewPersonMade,
    resource: site,
    async run({ pass, tx, body: { name, roles }, note, also }) {
      const made = await createPerson(pass, tx, name)
      const { person: id } = made
      note({ person: id, roles })
      if (roles.length > 0)
        await grantRoles(await also('identity.role.grant', { type: 'Person', id }), tx, id, roles)
      return made
    },
  })
  operate('POST', '/officers', {
    action: 'identity.officer.create',
    body: NewOfficer,
    answer: NewPersonMade,
    resource: site,
    async run({ pass, tx, body, note }) {
      const { beyond, ...made } = await createOfficer(pass, tx, body)
      const { reason } = body
      note({ person: made.person, ...(reason !== undefined && { reason }) })
      if (beyond && reason !== undefined)
        await ground.onOfficerBeyond(tx, { person: made.person, reason }, pass.at)
      return made
    },
  })
  operate('POST', '/people/:person/revoke', {
    action: 'identity.person.revoke',
    params: Person,
    body: Nothing,
    answer: Done,
    resource: person,
    async run({ pass, tx, params }) {
      await revokePerson(pass, tx, params.person)
      return done
    },
  })
  operate('POST', '/people/:person/key-replacement', {
    action: 'identity.key.replace.request',
    params: Person,
    body: Nothing,
    answer: Done,
    resource: person,
    async run({ pass, tx, params }) {
      await requestKeyReplacement(pass, tx, params.person)
      return done
    },
  })
  operate('POST', '/people/:person/key-replacement/approval', {
    action: 'identity.key.replace.approve',
    params: Person,
    body: Nothing,
    answer: KeyReplaced,
    resource: person,
    run: ({ pass, tx, params }) => approveKeyReplacement(pass, tx, params.person),
  })
}

/** Roles on the site: asked for by one officer, confirmed by another, taken away by one. */
function roleRoutes(operate: Operate): void {
  const changing = <A extends Action>(
    what: string,
    action: A,
    change: (pass: Pass<A>, tx: Tx, person: string, roles: readonly SiteRole[]) => Promise<void>,
  ) => {
    operate('POST', `/people/:person/roles${what}`, {
      ...{ action, params: Person, body: RolesNamed, answer: Done, resource: person },
      async run({ pass, tx, params, body: { roles }, note }) {
        await change(pass, tx, params.person, roles)
        note({ roles })
        return done
      },
    })
  }
  changing('', 'identity.role.grant', grantRoles)
  changing('/confirmation', 'identity.role.confirm', confirmRoles)
  changing('/end', 'identity.role.end', endRoles)
}

/** Inside, keys work only at an enrolled workstation: its name is the relying party's. */
function mustBeKnown(caller: Caller): Caller {
  if (caller.door === 'inside' && caller.workstation === null)
    throw new Problem('certificate-refused')
  return caller
}

function isSiteRole(role: string): role is SiteRole {
  return siteRoles.some((known) => known === role)
}
