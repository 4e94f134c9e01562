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

/** A place in the log, as text in an address. */
export const LogIndex = Type.String({ pattern: '^(0|[1-9][0-9]{0,14})$' })
const Moment = Type.String({ format: 'date-time' })
const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
const Hash = Type.String({ pattern: '^[A-Za-z0-9+/]{43}=$' })
const Filter = Type.String({ minLength: 1, maxLength: 200 })

/** What entries are asked for; all that is given must hold. `after`: older than this index. */
export const LogSearch = Type.Object(
  {
    actor: Type.Optional(Filter),
    item: Type.Optional(Filter),
    project: Type.Optional(Filter),
    action: Type.Optional(Filter),
    outcome: Type.Optional(Outcome),
    /** An act whose refusals are left out. */
    unrefused: Type.Optional(Filter),
    from: Type.Optional(Moment),
    to: Type.Optional(Moment),
    after: Type.Optional(LogIndex),
  },
  { additionalProperties: false },
)
export type LogSearch = Static<typeof LogSearch>

const Entry = Type.Union([LogEntry, Type.Null()])
/** Entries, newest first; null for a leaf that is not of version 1. */
export const LogPage = Type.Object({
  entries: Type.Array(Type.Object({ index: Count, entry: Entry })),
  next: Type.Union([Count, Type.Null()]),
})
export type LogPage = Static<typeof LogPage>

export const LogFound = Type.Object({
  index: Count,
  entry: Entry,
  /** The leaf's exact bytes in Base64. */
  body: Type.String(),
  /** Whether what the entry says beside its leaf is there still. */
  details: Type.Union([
    Type.Literal('none'),
    Type.Literal('kept'),
    Type.Literal('erased'),
    Type.Literal('missing'),
  ]),
  cosigned: Type.Boolean(),
})
export type LogFound = Static<typeof LogFound>

export const ExportQuestion = Type.Object(
  { from: Count, until: Type.Union([Count, Type.Null()]) },
  { additionalProperties: false },
)
export const LogExport = Type.Object({
  checkpoint: Type.String(),
  size: Count,
  policy: Type.String(),
  /** The leaves from `from` on, in Base64; some 4 MiB of them. */
  entries: Type.Array(Type.String()),
})
export type LogExport = Static<typeof LogExport>

/**
 * Nothing: which kinds are there? `entries`, each with the details in its leaf: which does the database
 * not bear out? `kind`: a page of rows.
 */
export const ReconcileQuestion = Type.Object(
  {
    entries: Type.Optional(
      Type.Array(
        Type.Object(
          { index: Count, details: Type.Union([Hash, Type.Null()]) },
          { additionalProperties: false },
        ),
        { maxItems: 256 },
      ),
    ),
    kind: Type.Optional(Type.String({ pattern: '^[a-z][a-z-]{0,39}$' })),
    after: Type.Optional(Type.String({ maxLength: 200 })),
  },
  { additionalProperties: false },
)
export type ReconcileQuestion = Static<typeof ReconcileQuestion>

export const Reconciled = Type.Object({
  kinds: Type.Array(Type.String()),
  /** Indexes of entries. */
  broken: Type.Array(Count),
  subjects: Type.Array(
    Type.Object({
      id: Type.String(),
      /** SHA-256 of what the row holds now; null when there is no row. */
      row: Type.Union([Hash, Type.Null()]),
      /** The stamp of the newest entry, and that entry's place; null before it has one. */
      stamp: Type.Union([
        Type.Object({
          hash: Type.Union([Hash, Type.Null()]),
          details: Hash,
          index: Type.Union([Count, Type.Null()]),
        }),
        Type.Null(),
      ]),
    }),
  ),
  next: Type.Union([Type.String(), Type.Null()]),
})
export type Reconciled = Static<typeof Reconciled>
