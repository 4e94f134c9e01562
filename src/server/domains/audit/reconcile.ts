import type { Reconciled, ReconcileQuestion } from '#shared/audit.ts'
import { Problem } from '#shared/problems.ts'
import type { Tx } from '../../kernel/db.ts'
import type { Pass } from '../access/index.ts'
import { detailsHash, sha256 } from './stamp.ts'
import { detailsOfLeaves, detailsWithStamps, newestStamps } from './store.ts'

/** How one kind of stamped row is read again: by the domain that owns it, in the bytes that it stamped. */
export interface RowReader {
  readonly kind: string
  /** At most `limit` rows with ids after the given one, in code point order; fewer only at the end. */
  read(
    tx: Tx,
    after: string,
    limit: number,
  ): Promise<readonly { readonly id: string; readonly content: Uint8Array }[]>
}

const pageSize = 500

/**
 * Answers what only the database knows of a comparison that the asker judges against a log that they
 * have verified: which kinds there are; which entries stand in the database with other details than in
 * their leaf, or with details that are not kept or no longer give their hash; or, for a kind, a page of
 * rows and newest stamps, side by side. Which stamp is the newest is told by the places of entries, so
 * all entries have to be asked about first.
 */
export async function reconcile(
  _pass: Pass<'audit.reconcile'>,
  tx: Tx,
  readers: readonly RowReader[],
  question: ReconcileQuestion,
): Promise<Reconciled> {
  const nothing = { kinds: [], broken: [], subjects: [], next: null }
  if (question.entries !== undefined)
    return { ...nothing, broken: await brokenEntries(tx, question.entries) }
  if (question.kind === undefined) return { ...nothing, kinds: readers.map(({ kind }) => kind) }
  const reader = readers.find(({ kind }) => kind === question.kind)
  if (reader === undefined) throw new Problem('not-found')
  return { ...nothing, ...(await comparePage(tx, reader, question.after ?? '')) }
}

async function brokenEntries(
  tx: Tx,
  asked: NonNullable<ReconcileQuestion['entries']>,
): Promise<number[]> {
  const told = asked.flatMap(({ details }) => (details === null ? [] : [details]))
  const [standing, kept] = await Promise.all([
    detailsOfLeaves(
      tx,
      asked.map(({ index }) => index),
    ),
    detailsWithStamps(
      tx,
      told.map((text) => Buffer.from(text, 'base64')),
    ),
  ])
  const sound = new Set<string>()
  for (const { hash, words, stamps } of kept)
    if (detailsHash(words, stamps).equals(hash)) sound.add(hash.toString('base64'))
  const holds = ({ index, details }: (typeof asked)[number]) =>
    standing.get(index) === details && (details === null || sound.has(details))
  return asked.filter((entry) => !holds(entry)).map(({ index }) => index)
}

async function comparePage(
  tx: Tx,
  reader: RowReader,
  after: string,
): Promise<Pick<Reconciled, 'subjects' | 'next'>> {
  const rows = await reader.read(tx, after, pageSize)
  const lastRow = rows.length < pageSize ? null : (rows.at(-1)?.id ?? null)
  const stamps = await newestStamps(tx, reader.kind, after, lastRow, pageSize)
  const lastStamp = stamps.length < pageSize ? null : (stamps.at(-1)?.subject ?? null)
  // Whichever list was cut first ends the page; what the other has beyond comes with the next.
  const next = lastStamp ?? lastRow
  const within = (id: string) =>
    next === null || Buffer.compare(Buffer.from(id), Buffer.from(next)) <= 0
  const subjects = new Map<string, Reconciled['subjects'][number]>()
  for (const { id, content } of rows)
    if (within(id)) subjects.set(id, { id, row: sha256(content).toString('base64'), stamp: null })
  for (const { subject, hash, details, index } of stamps)
    subjects.set(subject, {
      ...{ id: subject, row: subjects.get(subject)?.row ?? null },
      stamp: { hash: hash?.toString('base64') ?? null, details: details.toString('base64'), index },
    })
  return { subjects: [...subjects.values()], next }
}
