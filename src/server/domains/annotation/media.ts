import { Problem } from '#shared/problems.ts'
import type { Tx } from '../../kernel/db.ts'
import { newId } from '../../kernel/random.ts'
import type { Pass } from '../access/index.ts'
import { besides, record } from '../audit/index.ts'
import { itemById } from '../projects/index.ts'
import type { Asset } from '../vault/index.ts'
import type { Closed, Ground, Seals, SealWords } from './ground.ts'
import { addSent, closeLeft, closeOpen, openListening, startListening } from './store/listening.ts'

/** Bytes for http/stream: the domain's own view of what it answers with. */
export interface Sound {
  readonly length: number
  readonly type: string
  read(from: number, to: number): AsyncIterable<Uint8Array>
}

/** One of the things that are sealed of an item on its import. */
export function assetOf(
  { id, project }: { readonly id: string; readonly project: string },
  asset: 'content' | 'peaks',
): Asset {
  return { project, owner: { kind: 'item', item: id }, asset }
}

/** Where an item's content lies. @throws Problem `not-found` when it has no such asset */
async function contentOf(
  seals: Seals,
  tx: Tx,
  item: { readonly id: string; readonly project: string },
  asset: 'content' | 'peaks',
): Promise<{ readonly length: number }> {
  const found = await seals.find(tx, assetOf(item, asset))
  if (found === undefined) throw new Problem('not-found')
  return found
}

/** How many channels a recording has; its peaks say so in bytes 8 to 11, little-endian. */
export async function channelsOf(
  seals: Seals,
  pass: Pass,
  tx: Tx,
  item: { readonly id: string; readonly project: string },
): Promise<number> {
  const peaks = await seals.openRange(tx, pass, assetOf(item, 'peaks'))
  const pieces: Uint8Array[] = []
  for await (const piece of peaks.range(0, 12)) pieces.push(piece)
  return Buffer.concat(pieces).readUInt32LE(8)
}

/** Notes that a person begins to listen and answers what the Bench must know beforehand. */
export async function openMedia({ seals }: Ground, pass: Pass<'annotation.media.open'>, tx: Tx) {
  const item = pass.item === null ? undefined : await itemById(tx, pass.item)
  if (item?.kind !== 'audio' || item.rate === null) throw new Problem('not-found')
  const audio = await contentOf(seals, tx, item, 'content')
  const peaks = await contentOf(seals, tx, item, 'peaks')
  await startListening(tx, {
    ...{ id: newId('lst'), task: pass.resource.id, project: item.project, item: item.id },
    ...{ person: pass.actor, workstation: pass.workstation, zone: pass.zone },
    ...{ opened_at: pass.at, closed_at: null },
  })
  const channels = await channelsOf(seals, pass, tx, item)
  const { rate, length: samples } = item
  return { rate, samples, channels, audioBytes: audio.length, peaksBytes: peaks.length }
}

/**
 * The seekable rendition, by range. What really left is added to the opening when each answer ends.
 * @throws Problem `not-ready` when the recording was not opened
 */
export async function readAudio(
  ground: Ground,
  pass: Pass<'annotation.media.read'>,
  tx: Tx,
): Promise<Sound> {
  const { opened, listening } = await openAsset(ground, pass, tx, 'content')
  async function* read(from: number, to: number): AsyncGenerator<Uint8Array> {
    let at = from
    try {
      for await (const piece of opened.range(from, to)) {
        at += piece.length
        yield piece
      }
    } finally {
      if (at > from) await keepSent(ground, pass, listening, [from, at])
    }
  }
  return { length: opened.length, type: 'audio/wav', read }
}

/** The waveform's peaks, by range. @throws Problem `not-ready` when the recording was not opened */
export async function readPeaks(
  ground: Ground,
  pass: Pass<'annotation.media.read'>,
  tx: Tx,
): Promise<Sound> {
  const { opened } = await openAsset(ground, pass, tx, 'peaks')
  return {
    ...{ length: opened.length, type: 'application/octet-stream' },
    read: (from, to) => opened.range(from, to),
  }
}

async function openAsset(
  { seals }: Ground,
  pass: Pass<'annotation.media.read'>,
  tx: Tx,
  asset: 'content' | 'peaks',
) {
  const { item: id, project } = pass
  if (id === null || project === null) throw new Problem('not-found')
  const [listening, opened] = await Promise.all([
    openListening(tx, pass.resource.id, pass.actor),
    seals.openRange(tx, pass, assetOf({ id, project }, asset)),
  ])
  if (listening === undefined) throw new Problem('not-ready', { missing: 'opening' })
  return { opened, listening }
}

/** Adds a range to its opening; where that was closed meanwhile, the range gets an entry of its own. */
async function keepSent(
  ground: Ground,
  pass: Pass,
  listening: string,
  range: readonly [from: number, to: number],
): Promise<void> {
  await ground.apart(pass, async (tx) => {
    const row = await addSent(tx, listening, range)
    if (row?.closed_at != null) await ground.recordClose(tx, closedOf(row, row.closed_at, [range]))
  })
}

/** Ends every opening of these tasks' recordings and records what of each was sent. */
export async function closeListening(
  ground: Pick<Ground, 'recordClose'>,
  tx: Tx,
  tasks: readonly string[],
  now: Date,
): Promise<void> {
  if (tasks.length === 0) return
  for (const row of await closeOpen(tx, tasks, now))
    await ground.recordClose(tx, closedOf(row, now, row.ranges))
}

/** Openings that are closed in one transaction. */
const atOnce = 100

/**
 * Ends the openings of everybody who holds their task no more, whose screen was closed or who left
 * without a word, and records what was sent. Answers how many, at most a hundred: then there may be more.
 */
export async function closeLeftListening(
  ground: Pick<Ground, 'recordClose'>,
  tx: Tx,
  now: Date,
): Promise<number> {
  const left = await closeLeft(tx, now, atOnce)
  for (const row of left) await ground.recordClose(tx, closedOf(row, now, row.ranges))
  return left.length
}

/** Writes the entry of a closed recording, its words sealed as the program does it. */
export function closeRecorder(sealDetails: SealWords): Ground['recordClose'] {
  return async (tx, closed) => {
    const { project, item, person, workstation, zone, openedAt, closedAt, sent } = closed
    const words = { openedAt: openedAt.toISOString(), sent }
    // What was stamped before belongs to the act under way, not to this entry.
    const details = await besides(tx, () => sealDetails(tx, words, project))
    record(tx, {
      ...{ time: closedAt, actor: person, action: 'annotation.media.close', door: 'inside' },
      ...{ resource: `Task::${closed.task}`, project, item, workstation, zone, details },
      ...{ outcome: 'done', policies: [] },
    })
  }
}

function closedOf(
  row: Omit<Closed, 'openedAt' | 'closedAt' | 'sent'> & { opened_at: Date },
  closedAt: Date,
  sent: Closed['sent'],
): Closed {
  const { task, project, item, person, workstation, zone, opened_at: openedAt } = row
  return { task, project, item, person, workstation, zone, openedAt, closedAt, sent }
}
