import { stampedTable } from '../audit/index.ts'

/** What the gate's condition of admission rests on, as the log vouches for it. */
export const stampedVettings = stampedTable({
  ...{ kind: 'vetting', table: 'workforce.vetting', subject: `person || '/' || kind` },
  columns: ['person', 'kind', 'jurisdiction', 'result', 'expires', 'recorded_by', 'recorded_at'],
})
export const stampedAgreements = stampedTable({
  ...{ kind: 'agreement', table: 'workforce.agreement', subject: `agreement || '/' || version` },
  columns: ['agreement', 'version', 'title', 'published_at'],
})
export const stampedSignatures = stampedTable({
  ...{ kind: 'signature', table: 'workforce.signature' },
  subject: `person || '/' || agreement || '/' || version`,
  columns: ['person', 'agreement', 'version', 'signed_at'],
})
export const stampedCourses = stampedTable({
  ...{ kind: 'course', table: 'workforce.course', subject: 'course' },
  columns: ['course', 'pass_mark'],
})
export const stampedPasses = stampedTable({
  ...{ kind: 'course-pass', table: 'workforce.pass' },
  subject: `person || '/' || course || '/' || (extract(epoch from passed_at) * 1000)::int8`,
  columns: ['person', 'course', 'score', 'passed_at'],
})
export const stampedCertificates = stampedTable({
  ...{ kind: 'certificate', table: 'workforce.certificate' },
  subject: `person || '/' || language || '/' || kind`,
  columns: ['person', 'language', 'kind', 'expires'],
})
export const stampedShifts = stampedTable({
  ...{ kind: 'shift', table: 'workforce.shift' },
  subject: `person || '/' || (extract(epoch from begins) * 1000)::int8`,
  columns: ['person', 'begins', 'ends'],
})

/** All of them, to be compared with the log. */
export const workforceReaders = [
  ...[stampedVettings, stampedAgreements, stampedSignatures, stampedCourses],
  ...[stampedPasses, stampedCertificates, stampedShifts],
]
