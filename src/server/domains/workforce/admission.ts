import { Problem } from '#shared/problems.ts'
import type { Admission } from '#shared/workforce.ts'
import type { Tx } from '../../kernel/db.ts'
import type { Pass } from '../access/index.ts'
import { endSessionsBy, signalEverybody, signalPerson } from '../identity/index.ts'
import {
  admissionFacts,
  agreementsInForce,
  courseExists,
  insertAgreement,
  insertPass,
  insertSignature,
  recordsOf,
  shiftEnd,
  signaturesOf,
  upsertCertificate,
  upsertCourse,
  upsertShift,
  upsertVetting,
} from './store.ts'
import {
  stampedAgreements,
  stampedCertificates,
  stampedCourses,
  stampedPasses,
  stampedShifts,
  stampedSignatures,
  stampedVettings,
} from './stamps.ts'

/** A course counts for this long (MPA Content Security Best Practices OR-5, TISAX 8.2.3). */
export const trainingDays = 365

/** Everything recorded about one person's admission, and what is still missing. */
export async function readAdmission(tx: Tx, person: string, now: Date): Promise<Admission> {
  const facts = await admissionFacts(tx, person, null, null, now)
  const { vettings, courses, certificates, shifts } = await recordsOf(tx, person, now)
  const signed = await signaturesOf(tx, person)
  const inForce = await agreementsInForce(tx)
  const signatureOn = ({ agreement, version }: { agreement: string; version: number }) =>
    signed.find((s) => s.agreement === agreement && s.version === version)
  const unsigned = inForce.filter((one) => signatureOn(one) === undefined)
  return {
    vetted: facts?.vetted_until != null && facts.vetted_until > now,
    agreed: unsigned.length === 0,
    trained: facts?.trained_until != null && facts.trained_until > now,
    vettings: vettings.map(({ kind, jurisdiction, result, expires }) => ({
      kind,
      jurisdiction,
      result: result === 'cleared' || result === 'not-permitted-by-law' ? result : 'not-cleared',
      expires,
    })),
    unsigned,
    signed: inForce.flatMap((one) => {
      const signature = signatureOn(one)
      return signature === undefined
        ? []
        : [{ ...one, signedAt: signature.signed_at.toISOString() }]
    }),
    courses: courses.map(({ course, passed_at }) => ({
      course,
      passedAt: passed_at.toISOString(),
      current: passed_at.getTime() + trainingDays * 86_400_000 > now.getTime(),
    })),
    certificates: certificates.map(({ language, kind, expires }) => ({
      language,
      kind: kind === 'audio' || kind === 'image' ? kind : 'text',
      expires,
    })),
    shifts: shifts.map(({ begins, ends }) => ({
      begins: begins.toISOString(),
      ends: ends.toISOString(),
    })),
  }
}

export async function setVetting(
  pass: Pass<'workforce.vetting.set'>,
  tx: Tx,
  person: string,
  vetting: Admission['vettings'][number],
): Promise<void> {
  if (person === pass.actor) throw new Problem('four-eyes')
  await upsertVetting(tx, { person, ...vetting, recorded_by: pass.actor, recorded_at: pass.at })
  await stampedVettings.stamp(tx, `${person}/${vetting.kind}`)
  await signalPerson(tx, person)
}

/** A new version asks everybody to sign again: the gate refuses until they have. */
export async function publishAgreement(
  pass: Pass<'workforce.agreement.publish'>,
  tx: Tx,
  agreement: { agreement: string; version: number; title: string },
): Promise<void> {
  if (!(await insertAgreement(tx, { ...agreement, published_at: pass.at })))
    throw new Problem('already-done')
  await stampedAgreements.stamp(tx, `${agreement.agreement}/${agreement.version}`)
  await signalEverybody(tx)
}

/** Signs for oneself, and only the version in force. */
export async function signAgreement(
  pass: Pass<'workforce.agreement.sign'>,
  tx: Tx,
  signed: { agreement: string; version: number },
): Promise<void> {
  const current = (await agreementsInForce(tx)).find((a) => a.agreement === signed.agreement)
  if (current === undefined) throw new Problem('not-found')
  if (current.version !== signed.version) throw new Problem('conflict')
  await insertSignature(tx, { person: pass.actor, ...signed, signed_at: pass.at })
  await stampedSignatures.stamp(tx, `${pass.actor}/${signed.agreement}/${signed.version}`)
  await signalPerson(tx, pass.actor)
}

/** Adds a course to those that everybody must have passed; the mark of one that is there stays. */
export async function publishCourse(
  _pass: Pass<'workforce.course.publish'>,
  tx: Tx,
  course: { course: string; passMark: number },
): Promise<void> {
  await upsertCourse(tx, { course: course.course, pass_mark: course.passMark })
  await stampedCourses.stamp(tx, course.course)
  await signalEverybody(tx)
}

export async function recordCourse(
  pass: Pass<'workforce.course.pass'>,
  tx: Tx,
  person: string,
  { course, score }: { course: string; score: number },
): Promise<void> {
  if (person === pass.actor) throw new Problem('four-eyes')
  if (!(await courseExists(tx, course))) throw new Problem('not-found')
  await insertPass(tx, { person, course, score, passed_at: pass.at })
  await stampedPasses.stamp(tx, `${person}/${course}/${pass.at.getTime()}`)
  await signalPerson(tx, person)
}

export async function certify(
  pass: Pass<'workforce.certificate.set'>,
  tx: Tx,
  person: string,
  certificate: Admission['certificates'][number],
): Promise<void> {
  if (person === pass.actor) throw new Problem('four-eyes')
  await upsertCertificate(tx, { person, ...certificate })
  await stampedCertificates.stamp(tx, `${person}/${certificate.language}/${certificate.kind}`)
  await signalPerson(tx, person)
}

/** A shift lasts at most twelve hours; a session that is open ends with it. */
export async function setShift(
  pass: Pass<'workforce.shift.set'>,
  tx: Tx,
  person: string,
  shift: { begins: string; ends: string },
): Promise<void> {
  if (person === pass.actor) throw new Problem('four-eyes')
  const [begins, ends] = [new Date(shift.begins), new Date(shift.ends)]
  const hours = (ends.getTime() - begins.getTime()) / 3_600_000
  if (!(hours > 0 && hours <= 12)) throw new Problem('invalid-input', { where: 'body/ends' })
  await upsertShift(tx, { person, begins, ends })
  await stampedShifts.stamp(tx, `${person}/${begins.getTime()}`)
  const end = await shiftEnd(tx, person, pass.at)
  if (end !== null) await endSessionsBy(tx, person, end)
  await signalPerson(tx, person)
}
