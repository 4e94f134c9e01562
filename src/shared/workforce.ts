import { type Static, Type } from 'typebox'

const daysOfMonths = [
  '(0[13578]|1[02])-(0[1-9]|[12]\\d|3[01])',
  '(0[469]|11)-(0[1-9]|[12]\\d|30)',
  '02-(0[1-9]|1\\d|2[0-8])',
].join('|')
const leapYear = '([1-9]\\d(0[48]|[2468][048]|[13579][26])|([2468][048]|[13579][26])00)'

/** A day of the Gregorian calendar from the year 1000 on, as ISO 8601 writes it. */
export const Day = Type.String({
  pattern: `^([1-9]\\d{3}-(${daysOfMonths})|${leapYear}-02-29)$`,
})
export const LanguageTag = Type.String({
  pattern: '^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$',
  maxLength: 35,
})
export const Kind = Type.Union([Type.Literal('text'), Type.Literal('audio'), Type.Literal('image')])
const Word = Type.String({ minLength: 1, maxLength: 80, pattern: '^[a-z0-9][a-z0-9-]*$' })

/** Result of a check, never its document: what may not be asked by law says so. */
export const Vetting = Type.Object(
  {
    kind: Word,
    jurisdiction: Type.String({ pattern: '^[A-Z]{2}$' }),
    result: Type.Union([
      Type.Literal('cleared'),
      Type.Literal('not-cleared'),
      Type.Literal('not-permitted-by-law'),
    ]),
    expires: Day,
  },
  { additionalProperties: false },
)

export const Agreement = Type.Object(
  {
    agreement: Word,
    version: Type.Integer({ minimum: 1, maximum: 10_000 }),
    title: Type.String({ minLength: 1, maxLength: 200 }),
  },
  { additionalProperties: false },
)
export const Signature = Type.Object(
  { agreement: Word, version: Type.Integer({ minimum: 1, maximum: 10_000 }) },
  { additionalProperties: false },
)
/** A course that everybody must have passed, with its mark of 100. */
export const Course = Type.Object(
  { course: Word, passMark: Type.Integer({ minimum: 0, maximum: 100 }) },
  { additionalProperties: false },
)
export const CoursePassed = Type.Object(
  { course: Word, score: Type.Integer({ minimum: 0, maximum: 100 }) },
  { additionalProperties: false },
)
export const Certificate = Type.Object(
  { language: LanguageTag, kind: Kind, expires: Day },
  { additionalProperties: false },
)
export const Shift = Type.Object(
  { begins: Type.String({ format: 'date-time' }), ends: Type.String({ format: 'date-time' }) },
  { additionalProperties: false },
)

/** What stands between a person and the work, in the words of the gate's condition `admission`. */
export const Admission = Type.Object({
  vetted: Type.Boolean(),
  agreed: Type.Boolean(),
  trained: Type.Boolean(),
  vettings: Type.Array(Vetting),
  unsigned: Type.Array(Agreement),
  /** Signatures on versions in force. */
  signed: Type.Array(Type.Object({ ...Agreement.properties, signedAt: Type.String() })),
  courses: Type.Array(
    Type.Object({ course: Word, passedAt: Type.String(), current: Type.Boolean() }),
  ),
  certificates: Type.Array(Certificate),
  shifts: Type.Array(Shift),
})
export type Admission = Static<typeof Admission>
