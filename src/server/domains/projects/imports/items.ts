import { type FileRow, languageOf } from '#shared/imports.ts'
import { sendAlong, type Tx } from '../../../kernel/db.ts'
import { newId } from '../../../kernel/random.ts'
import type { Arrival } from '../../vault/index.ts'
import type { ImportGround } from './ground.ts'
import { insertItems, itemsByReference, type NewItemRow } from './store.ts'

/** The measure of content: code points of a text; samples of a recording, and how many are one second. */
export interface Measure {
  readonly length: number
  readonly rate: number | null
  readonly sha256: Buffer
}

/** A row, counted from 0, whose content is known and fit to become an item. */
export interface Candidate {
  readonly row: number
  readonly described: FileRow
  readonly measure: Measure
  /** Where content was sealed before its row was judged; else one is drawn. */
  readonly id?: string
}

export interface Rejected {
  readonly row: number
  readonly reason: string
}

export type FreshItem = NewItemRow & { readonly described: FileRow }

/**
 * The candidates whose reference is new in the project. One whose reference is there, or came before
 * in the same rows, is passed over when it is the same in content and description, else rejected.
 */
export async function sortOut(
  { vault }: ImportGround,
  tx: Tx,
  project: string,
  candidates: readonly Candidate[],
): Promise<{ fresh: FreshItem[]; rejected: Rejected[] }> {
  if (candidates.length === 0) return { fresh: [], rejected: [] }
  const macOf = await vault.macsOf(tx, project)
  const named = candidates.map(({ row, described, measure, id }): FreshItem => {
    const { kind, language, item_ref, subject_refs } = described
    return {
      ...{
        id: id ?? newId('itm'),
        row,
        kind,
        language: languageOf(language) ?? language,
        described,
      },
      ...{ refMac: macOf('item', item_ref), ...measure },
      subjectMacs: subject_refs.map((subject) => macOf('subject', subject)),
    }
  })
  const found = await itemsByReference(
    tx,
    project,
    named.map((item) => item.refMac),
  )
  const known = new Map<string, Known>(found.map((row) => [row.ref_mac.toString('hex'), row]))
  const [fresh, rejected]: [FreshItem[], Rejected[]] = [[], []]
  for (const item of named) {
    const reference = item.refMac.toString('hex')
    const there = known.get(reference)
    const reason = there === undefined ? undefined : differenceOf(there, item)
    if (reason !== undefined) rejected.push({ row: item.row, reason })
    if (there !== undefined) continue
    fresh.push(item)
    const subjects = item.subjectMacs.map((mac) => mac.toString('hex'))
    known.set(reference, { ...item, content_sha256: item.sha256, state: 'free', subjects })
  }
  return { fresh, rejected }
}

interface Known {
  readonly kind: string
  readonly language: string
  readonly content_sha256: Buffer
  readonly state: string
  readonly subjects: readonly string[]
}

function differenceOf(there: Known, item: FreshItem): string | undefined {
  if (there.state === 'erased') return 'item_ref: this item was erased and is not taken in again'
  const differs = (what: string) => `item_ref: is there already with other ${what}`
  if (!there.content_sha256.equals(item.sha256)) return differs('content')
  if (there.kind !== item.kind || there.language !== item.language)
    return differs('language or kind')
  const subjects = new Set(there.subjects)
  const same =
    subjects.size === item.subjectMacs.length &&
    item.subjectMacs.every((mac) => subjects.has(mac.toString('hex')))
  return same ? undefined : differs('subject_refs')
}

/**
 * Stores and queues new items whose content was sealed, with the client's words for them sealed
 * beside it; all of it goes with the transaction's commit.
 */
export async function keepItems(
  ground: ImportGround,
  tx: Tx,
  at: { readonly project: string; readonly batch: string; readonly now: Date },
  arrival: Arrival,
  items: readonly FreshItem[],
): Promise<void> {
  const { project, batch, now } = at
  for (const { id, described } of items) {
    const { item_ref, subject_refs, meta = null } = described
    const words = JSON.stringify({ item_ref, subject_refs, meta })
    arrival.seal(id, 'reference', Buffer.from(words, 'utf8'))
  }
  await arrival.keep(tx)
  insertItems(tx, at, items)
  const queued = items.map(({ id, language }) => ({ item: id, project, batch, language }))
  sendAlong(tx, ground.addTasks(tx, queued, now))
}
