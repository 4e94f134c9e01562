import type { Generated } from 'kysely'

export type TaskType = 'annotate' | 'review'
export type TaskState =
  'waiting' | 'leased' | 'submitted' | 'returned' | 'skipped' | 'accepted' | 'withdrawn'

export interface AnnotationTables {
  'annotation.task': {
    id: string
    project: string
    item: string
    batch: string
    type: TaskType
    language: string
    seq: Generated<number>
    state: TaskState
    reserved: string | null
    author: string | null
    annotation: string | null
    schema: number | null
    guideline: number | null
    since: Date
  }
  'annotation.lease': {
    task: string
    project: string
    type: TaskType
    person: string
    until: Date
  }
  'annotation.annotation': {
    id: string
    item: string
    project: string
    version: number
    person: string
    made: 'annotated' | 'corrected'
    schema: number
    guideline: number | null
    at: Date
    /** Sealed object of the vault. */
    object: string
  }
  'annotation.draft': { task: string; person: string; version: number; object: string; at: Date }
  'annotation.flag': {
    id: string
    task: string
    person: string
    reason: 'inaudible' | 'wrong-language' | 'disturbing' | 'other'
    /** Sealed object of the vault. */
    note: string | null
    at: Date
    undone_at: Date | null
  }
  'annotation.decision': {
    id: string
    item: string
    project: string
    annotation: string
    reviewer: string
    decision: 'accept' | 'correct' | 'return'
    corrected: string | null
    /** Sealed object of the vault. */
    reason: string | null
    at: Date
  }
  'annotation.listening': {
    id: string
    task: string
    project: string
    item: string
    person: string
    workstation: string | null
    zone: string | null
    opened_at: Date
    closed_at: Date | null
    /** PostgreSQL's text form of an int8multirange: bytes of the rendition. */
    sent: Generated<string>
  }
  'annotation.tally': {
    project: string
    type: TaskType
    language: string
    state: TaskState
    share: number
    tasks: number
  }
}
