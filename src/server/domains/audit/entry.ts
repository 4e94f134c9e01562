import canonicalize from 'canonicalize'
import type { Action, Door } from '#shared/actions.ts'

/** How an act ended: `refused` by the gate, `failed` by a rule of its domain, else `done`. */
export type Outcome = 'done' | 'refused' | 'failed'

/** One line of the log, before it has its place. All ids are ours and pseudonymous. */
export interface Entry {
  readonly time: Date
  readonly actor: string
  readonly action: Action
  /** `Type::id` */
  readonly resource: string
  readonly project: string | null
  readonly item: string | null
  readonly door: Door
  readonly workstation: string | null
  readonly zone: string | null
  readonly outcome: Outcome
  readonly policies: readonly string[]
  /** Salted SHA-256 of a sealed object that stands beside the log, or null. */
  readonly details: Uint8Array | null
}

/** The leaf's exact bytes: canonical JSON (RFC 8785) in UTF-8, at most 65,535 bytes (C2SP tlog-tiles). */
export function leafOf(entry: Entry): Buffer {
  const text = canonicalize({
    v: 1,
    time: entry.time.toISOString(),
    actor: entry.actor,
    action: entry.action,
    resource: entry.resource,
    project: entry.project,
    item: entry.item,
    door: entry.door,
    workstation: entry.workstation,
    zone: entry.zone,
    outcome: entry.outcome,
    policies: entry.policies,
    details: entry.details === null ? null : Buffer.from(entry.details).toString('base64'),
  })
  const bytes = Buffer.from(text ?? '', 'utf8')
  if (bytes.length === 0 || bytes.length > 65_535)
    throw new Error('a leaf must have 1 to 65,535 bytes')
  return bytes
}
