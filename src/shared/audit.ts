import { type Static, Type } from 'typebox'

const Short = Type.String({ maxLength: 300 })
const Maybe = Type.Union([Short, Type.Null()])
export const Outcome = Type.Union([
  Type.Literal('done'),
  Type.Literal('refused'),
  Type.Literal('failed'),
])

/** One line of the log as its leaf has it (version 1); `details` is a salted SHA-256 in Base64. */
export const LogEntry = Type.Object(
  {
    v: Type.Literal(1),
    time: Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{3}Z$' }),
    actor: Short,
    action: Short,
    resource: Short,
    project: Maybe,
    item: Maybe,
    door: Short,
    workstation: Maybe,
    zone: Maybe,
    outcome: Outcome,
    policies: Type.Array(Short, { maxItems: 100 }),
    details: Type.Union([Type.String({ pattern: '^[A-Za-z0-9+/]{43}=$' }), Type.Null()]),
  },
  { additionalProperties: false },
)
export type LogEntry = Static<typeof LogEntry>
