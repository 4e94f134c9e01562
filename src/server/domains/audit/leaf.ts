import { Check } from 'typebox/value'
import { LogEntry } from '#shared/audit.ts'

/** The columns by which a leaf is found; its body is what counts. */
export interface Projection {
  readonly time: Date
  readonly actor: string
  readonly action: string
  readonly resource: string
  readonly project: string | null
  readonly item: string | null
  readonly outcome: string
  readonly details: Buffer | null
}

/** Reads a leaf's bytes back; null where they are no entry of version 1. */
export function entryIn(body: Uint8Array): LogEntry | null {
  try {
    const found: unknown = JSON.parse(Buffer.from(body).toString('utf8'))
    return Check(LogEntry, found) ? found : null
  } catch {
    return null
  }
}

/**
 * What of a leaf stands in columns. A leaf that cannot be read keeps its place in the log all the
 * same: one bad row must not stop it, and nobody may make an entry vanish by spoiling it.
 */
export function projectionOf(body: Uint8Array, now: Date): Projection {
  const entry = entryIn(body)
  const nothing = { project: null, item: null, details: null }
  if (entry === null)
    return { ...nothing, time: now, actor: '', action: 'unreadable', resource: '', outcome: '' }
  const { time, details, actor, action, resource, project, item, outcome } = entry
  return {
    ...{ actor, action, resource, project, item, outcome },
    time: new Date(time),
    details: details === null ? null : Buffer.from(details, 'base64'),
  }
}
