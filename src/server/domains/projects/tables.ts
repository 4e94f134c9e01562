import type { Generated, JSONColumnType } from 'kysely'
import type { Encoding } from '#shared/imports.ts'

export interface ProjectsTables {
  'projects.client': { id: string; name: string; created_at: Date }
  'projects.client_person': { client: string; person: string }
  'projects.terms': {
    client: string
    version: number
    body: JSONColumnType<object>
    complete: boolean
    set_by: string
    set_at: Date
  }
  'projects.project': {
    id: string
    client: string
    code: string
    kind: 'text' | 'audio' | 'image'
    state: 'draft' | 'open' | 'paused' | 'closed'
    created_by: string
    created_at: Date
  }
  'projects.instruction': {
    id: string
    project: string
    subject: string
    begins: Date
    ends: Date | null
    recorded_by: string
  }
  'projects.team': {
    project: string
    person: string
    role: 'annotator' | 'reviewer'
    set_by: string
    set_at: Date
  }
  'projects.label_schema': {
    project: string
    version: number
    body: JSONColumnType<object>
    published_by: string
    published_at: Date
  }
  'projects.guideline': {
    project: string
    version: number
    /** Sealed object of the vault. */
    object: string
    published_by: string
    published_at: Date
  }
  'projects.batch': {
    id: string
    project: string
    name: string
    manifest: Buffer
    encoding: Generated<Encoding>
    state: 'importing' | 'ready' | 'undone'
    next_row: Generated<number>
    accepted: Generated<number>
    rejected: Generated<number>
    ordered_by: string
    began_at: Date
    ended_at: Date | null
  }
  'projects.item': {
    id: string
    project: string
    batch: string
    row: number
    kind: 'text' | 'audio' | 'image'
    language: string
    ref_mac: Buffer
    length: number
    rate: number | null
    content_sha256: Buffer
    state: 'free' | 'held' | 'restricted' | 'erased'
    created_at: Date
  }
  'projects.subject': { project: string; mac: Buffer; item: string }
  'projects.rejected': { batch: string; row: number; reason: string }
}
