import { type Static, type TSchema, Type } from 'typebox'
import type { Action } from '#shared/actions.ts'
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
import type { Operate } from '../../http/operate.ts'
import type { Tx } from '../../kernel/db.ts'
import type { Caller, Pass } from '../access/index.ts'
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
const site = () => ({ type: 'Site', id: 'site' }) as const
const own = (_: unknown, caller: Caller) => ({ type: 'Person', id: caller.id ?? 'nobody' }) as const
const done = { done: true } as const

export function workforceRoutes(operate: Operate): void {
  /** A route that records something about a person. */
  const recorded = <A extends Action, B extends TSchema>(
    method: 'POST' | 'PUT',
    what: string,
    action: A,
    body: B,
    keep: (pass: Pass<A>, tx: Tx, person: string, body: Static<B>) => Promise<void>,
  ) => {
    operate(method, `/people/:person/${what}`, {
      ...{ action, params: Person, body, answer: Done, resource: person },
      async run({ pass, tx, params, body, note }) {
        await keep(pass, tx, params.person, body)
        note({ recorded: body })
        return done
      },
    })
  }
  recorded('PUT', 'vetting', 'workforce.vetting.set', Vetting, setVetting)
  recorded('POST', 'courses', 'workforce.course.pass', CoursePassed, recordCourse)
  recorded('PUT', 'certificates', 'workforce.certificate.set', Certificate, certify)
  recorded('PUT', 'shifts', 'workforce.shift.set', Shift, setShift)
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
  operate('POST', '/agreements', {
    action: 'workforce.agreement.publish',
    body: Agreement,
    answer: Done,
    resource: site,
    run: async ({ pass, tx, body, note }) => (
      note(body),
      await publishAgreement(pass, tx, body),
      done
    ),
  })
  operate('POST', '/agreements/signature', {
    action: 'workforce.agreement.sign',
    body: Signature,
    answer: Done,
    resource: own,
    run: async ({ pass, tx, body, note }) => (
      note(body),
      await signAgreement(pass, tx, body),
      done
    ),
  })
  operate('POST', '/courses', {
    action: 'workforce.course.publish',
    body: Course,
    answer: Done,
    resource: site,
    run: async ({ pass, tx, body, note }) => (
      note(body),
      await publishCourse(pass, tx, body),
      done
    ),
  })
}
