import {
  bundlePath,
  bundleRanges,
  readWidth,
  type TileReader,
  tileWidth,
} from '@cloister/transparency-log'
import { Check } from 'typebox/value'
import { LogEntry, Reconciled, type ReconcileQuestion } from '#shared/audit.ts'
import type { Operator } from './operator.ts'
import { Fault } from './terminal.ts'

/** One thing on which database and log do not agree. */
export interface Discrepancy {
  /** What kind of row, or `entry`. */
  readonly kind: string
  /** The row's id, or the entry's index. */
  readonly id: string
  readonly fault: string
}

export interface Comparison {
  readonly entries: number
  /** Rows that were compared. */
  readonly rows: number
  /** Rows changed after the export was made: export again to have them compared. */
  readonly newer: number
  /** The first hundred; `more` counts the rest. */
  readonly faults: readonly Discrepancy[]
  readonly more: number
}

const mostFaults = 100

/**
 * Compares a verified log with the database behind a server, both ways: every entry stands in its place
 * there, and its details are kept and give the hash in the leaf; every row is as its newest stamp says,
 * every stamp belongs to an entry of this log, and no stamped row is gone without an entry. Of an entry
 * past the export it is asked only whether the log has signed it since: `isSigned` answers that of its
 * index. Constant memory.
 */
export async function compareWithDatabase(
  door: Operator,
  reader: TileReader,
  size: number,
  isSigned: (index: number) => Promise<boolean>,
  progress: (done: number, size: number) => void,
): Promise<Comparison> {
  const faults: Discrepancy[] = []
  let more = 0
  const tell = (kind: string, id: string, fault: string) => {
    if (faults.length < mostFaults) faults.push({ kind, id, fault })
    else more += 1
  }

  for (let first = 0; first < size; first += tileWidth) {
    const bodies = await bundleAt(reader, first / tileWidth, size)
    const entries = bodies.map((body, i) => ({ index: first + i, details: detailsOf(body) }))
    for (const index of (await ask(door, { entries })).broken)
      tell('entry', String(index), 'what it says beside its leaf was changed or removed')
    progress(first + bodies.length, size)
  }

  let rows = 0
  let newer = 0
  let furthest: { kind: string; id: string; index: number } | null = null
  for (const kind of (await ask(door, {})).kinds)
    for await (const { id, row, stamp } of subjectsOf(door, kind)) {
      if (stamp !== null && stamp.index !== null && stamp.index >= size) {
        newer += 1
        const { index } = stamp
        if (furthest === null || index > furthest.index) furthest = { kind, id, index }
      } else {
        rows += Number(row !== null)
        const fault = await judge(reader, size, row, stamp)
        if (fault !== null) tell(kind, id, fault)
      }
    }
  if (furthest !== null && !(await isSigned(furthest.index)))
    tell(furthest.kind, furthest.id, 'has a stamp of an entry that the log does not have')
  return { entries: size, rows, newer, faults, more }
}

type Subject = Reconciled['subjects'][number]

/** What is wrong with a row and its newest stamp; null when they agree and the log bears them out. */
async function judge(
  reader: TileReader,
  size: number,
  row: Subject['row'],
  stamp: Subject['stamp'],
): Promise<string | null> {
  if (stamp === null) return 'stands in the database without an entry in the log'
  if (stamp.index === null) return 'has a stamp whose entry is not in the log'
  const body = (await bundleAt(reader, Math.floor(stamp.index / tileWidth), size))[
    stamp.index % tileWidth
  ]
  if (body === undefined || detailsOf(body) !== stamp.details)
    return `has a stamp that entry ${stamp.index} does not bear out`
  if (stamp.hash === row) return null
  if (row === null) return `is gone although entry ${stamp.index} left it in place`
  if (stamp.hash === null) return `is there although entry ${stamp.index} removed it`
  return `was changed after entry ${stamp.index}`
}

/** Where a stamp's entry has no place yet, the page is asked for once more: a place takes 200 ms. */
async function* subjectsOf(door: Operator, kind: string): AsyncGenerator<Subject> {
  let after: string | null = ''
  while (after !== null) {
    const question: ReconcileQuestion = { kind, after }
    let page = await ask(door, question)
    if (page.subjects.some(({ stamp }) => stamp?.index === null)) {
      await new Promise((wait) => setTimeout(wait, 2_000))
      page = await ask(door, question)
    }
    yield* page.subjects
    after = page.next
  }
}

async function ask(door: Operator, question: ReconcileQuestion): Promise<Reconciled> {
  const answer = await door.post('/reconcile', question)
  if (!Check(Reconciled, answer))
    throw new Fault('the server answered something that is no comparison')
  return answer
}

async function bundleAt(reader: TileReader, index: number, size: number): Promise<Uint8Array[]> {
  const width = Math.min(tileWidth, size - index * tileWidth)
  const found = await readWidth(reader, (w) => bundlePath(index, w), width)
  const ranges = bundleRanges(found.bytes, width, { ...found, firstIndex: index * tileWidth })
  return ranges.map(([from, to]) => found.bytes.subarray(from, to))
}

function detailsOf(body: Uint8Array): string | null {
  try {
    const entry: unknown = JSON.parse(Buffer.from(body).toString('utf8'))
    return Check(LogEntry, entry) ? entry.details : null
  } catch {
    return null
  }
}
