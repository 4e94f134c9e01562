import { Type } from 'typebox'
import { Done, PersonId } from '#shared/identity.ts'
import {
  Admission,
  Agreement,
  Certificate,
  Course,
  CoursePassed,
  Shift,
  Signature,
  Vetting,
} from '#shared/workforce.ts'
import type { Caller } from '../access/index.ts'
import type { Operate } from '../../http/operate.ts'
import {
  certify,
  publishAgreement,
  publishCourse,
  readAdmission,
  recordCourse,
  setShift,
  setVetting,
  signAgreement,
} from './admission.ts'

const Person = Type.Object({ person: PersonId })
const person = ({ params }: { params: { person: string } }) =>
  ({ type: 'Person', id: params.person }) as const
const own = (_: unknown, caller: Caller) => ({ type: 'Person', id: caller.id ?? 'nobody' }) as const
const done = { done: true } as const

export function workforceRoutes(operate: Operate): void {
  operate('GET', '/people/:person/admission', {
    action: 'workforce.admission.read',
    params: Person,
    answer: Admission,
    resource: person,
    run: ({ pass, tx, params }) => readAdmission(tx, params.person, pass.at),
  })
  operate('GET', '/me/admission', {
    action: 'workforce.own.read',
    answer: Admission,
    resource: own,
    run: ({ pass, tx }) => readAdmission(tx, pass.actor, pass.at),
  })
  operate('PUT', '/people/:person/vetting', {
    action: 'workforce.vetting.set',
    params: Person,
    body: Vetting,
    answer: Done,
    resource: person,
    run: async ({ pass, tx, params, body }) => (
      await setVetting(pass, tx, params.person, body),
      done
    ),
  })
  operate('POST', '/agreements', {
    action: 'workforce.agreement.publish',
    body: Agreement,
    answer: Done,
    resource: () => ({ type: 'Site', id: 'site' }),
    run: async ({ pass, tx, body }) => (await publishAgreement(pass, tx, body), done),
  })
  operate('POST', '/agreements/signature', {
    action: 'workforce.agreement.sign',
    body: Signature,
    answer: Done,
    resource: own,
    run: async ({ pass, tx, body }) => (await signAgreement(pass, tx, body), done),
  })
  operate('POST', '/courses', {
    action: 'workforce.course.publish',
    body: Course,
    answer: Done,
    resource: () => ({ type: 'Site', id: 'site' }),
    run: async ({ pass, tx, body }) => (await publishCourse(pass, tx, body), done),
  })
  operate('POST', '/people/:person/courses', {
    action: 'workforce.course.pass',
    params: Person,
    body: CoursePassed,
    answer: Done,
    resource: person,
    run: async ({ pass, tx, params, body }) => (
      await recordCourse(pass, tx, params.person, body),
      done
    ),
  })
  operate('PUT', '/people/:person/certificates', {
    action: 'workforce.certificate.set',
    params: Person,
    body: Certificate,
    answer: Done,
    resource: person,
    run: async ({ pass, tx, params, body }) => (await certify(pass, tx, params.person, body), done),
  })
  operate('PUT', '/people/:person/shifts', {
    action: 'workforce.shift.set',
    params: Person,
    body: Shift,
    answer: Done,
    resource: person,
    run: async ({ pass, tx, params, body }) => (
      await setShift(pass, tx, params.person, body),
      done
    ),
  })
}
