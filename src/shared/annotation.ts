import { type Static, Type } from 'typebox'
import { PersonId } from './identity.ts'
import { ItemId, ProjectId } from './projects.ts'
import { Kind } from './workforce.ts'

export const TaskId = Type.String({ pattern: '^tsk_[a-z2-7]{26}$' })
export const TaskType = Type.Union([Type.Literal('annotate'), Type.Literal('review')])

/** An annotation in the model of the package annotation-formats; parsed and checked there in full. */
const AnnotationBody = Type.Unknown()
/** Largest request that carries an annotation, in bytes. */
export const annotationLimit = 8_000_000

const Version = Type.Integer({ minimum: 0, maximum: 1_000_000_000 })
const Note = Type.String({ minLength: 1, maxLength: 2000 })
const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) =>
  Type.Union([type, Type.Null()])

/** All that one screen of the Bench shows. It leaves only against a pass for this very task. */
export const TaskPayload = Type.Object({
  task: TaskId,
  type: TaskType,
  item: ItemId,
  project: ProjectId,
  code: Type.String(),
  kind: Kind,
  /** BCP 47 */
  language: Type.String(),
  text: Type.Optional(Type.String()),
  /** Samples per second, samples of each channel, channels. */
  audio: Type.Optional(
    Type.Object({ rate: Type.Integer(), samples: Type.Integer(), channels: Type.Integer() }),
  ),
  /** SHA-256 of the exact text or of the decoded samples, for the annotation's `source`. */
  sha256: Type.String(),
  schema: Type.Unknown(),
  schemaVersion: Type.Integer(),
  guideline: nullable(Type.Integer()),
  /** The draft of this person, else the annotation that stands, else null. */
  annotation: Type.Unknown(),
  /** Version of the draft to save on; 0 where there is none. */
  draft: Version,
  /** When the lease ends unless it is renewed, ISO 8601. */
  until: Type.String(),
  /** Why the reviewer sent the work back. */
  returned: Type.Optional(Type.String()),
})
export type TaskPayload = Static<typeof TaskPayload>

export const NextTask = Type.Object({ next: nullable(TaskPayload) })
export const Renewed = Type.Object({ until: Type.String() })
export const Draft = Type.Object(
  { annotation: AnnotationBody, base: Version },
  { additionalProperties: false },
)
export const DraftSaved = Type.Object({ version: Version })
export const Submission = Type.Object(
  { annotation: AnnotationBody, next: Type.Boolean() },
  { additionalProperties: false },
)
export const SkipReason = Type.Union([
  Type.Literal('inaudible'),
  Type.Literal('wrong-language'),
  Type.Literal('disturbing'),
  Type.Literal('other'),
])
export const Skip = Type.Object(
  { reason: SkipReason, note: Type.Optional(Note), next: Type.Boolean() },
  { additionalProperties: false },
)
/** `correct` carries the reviewer's annotation, `return` the reason. */
export const Review = Type.Object(
  {
    decision: Type.Union([Type.Literal('accept'), Type.Literal('correct'), Type.Literal('return')]),
    annotation: Type.Optional(AnnotationBody),
    reason: Type.Optional(Note),
    next: Type.Boolean(),
  },
  { additionalProperties: false },
)
export type Review = Static<typeof Review>

/** Where a recording's opening is answered: what the Bench needs before the first byte of sound. */
export const MediaOpened = Type.Object({
  rate: Type.Integer(),
  samples: Type.Integer(),
  channels: Type.Integer(),
  /** Bytes of the WAV rendition and of the peaks. */
  audioBytes: Type.Integer(),
  peaksBytes: Type.Integer(),
})

export const Work = Type.Object({
  projects: Type.Array(
    Type.Object({
      project: ProjectId,
      code: Type.String(),
      kind: Kind,
      roles: Type.Array(Type.String()),
      /** Tasks to annotate and to review that wait in this person's languages. */
      waiting: Type.Object({ annotate: Type.Integer(), review: Type.Integer() }),
      held: nullable(TaskId),
      heldReview: nullable(TaskId),
      /** Conditions of the gate that are not met now; none means that work can begin. */
      conditions: Type.Array(Type.String()),
    }),
  ),
})
export type Work = Static<typeof Work>

export const OwnTask = Type.Object({
  task: TaskId,
  project: ProjectId,
  code: Type.String(),
  state: Type.String(),
  at: Type.String(),
  /** Nobody has begun to review it: it can be taken back. */
  reopenable: Type.Boolean(),
})
export const OwnWork = Type.Object({
  tasks: Type.Array(OwnTask),
  /** What became of this person's reviewed work. */
  quality: Type.Object({
    submitted: Type.Integer(),
    accepted: Type.Integer(),
    corrected: Type.Integer(),
    returned: Type.Integer(),
  }),
})
export type OwnWork = Static<typeof OwnWork>

export const Reassignment = Type.Object(
  { person: nullable(PersonId) },
  { additionalProperties: false },
)
const Counted = Type.Object({
  waiting: Type.Integer(),
  leased: Type.Integer(),
  submitted: Type.Integer(),
  returned: Type.Integer(),
  skipped: Type.Integer(),
  accepted: Type.Integer(),
})
export const Progress = Type.Object({
  annotate: Counted,
  review: Counted,
  languages: Type.Array(Type.Object({ language: Type.String(), annotate: Counted })),
  /** Tasks that somebody holds, that were skipped or sent back: at most 200 of each. */
  held: Type.Array(
    Type.Object({ task: TaskId, type: TaskType, person: PersonId, until: Type.String() }),
  ),
  setAside: Type.Array(
    Type.Object({
      task: TaskId,
      state: Type.Union([Type.Literal('skipped'), Type.Literal('returned')]),
      person: nullable(PersonId),
      reason: nullable(SkipReason),
      since: Type.String(),
    }),
  ),
})
export type Progress = Static<typeof Progress>
