import { Problem } from '#shared/problems.ts'
import type { Tx } from '../../kernel/db.ts'
import { newId } from '../../kernel/random.ts'
import type { Pass } from '../access/index.ts'
import { itemById } from '../projects/index.ts'
import type { Asset } from '../vault/index.ts'
import type { Closed, Ground, Seals } from './ground.ts'
import { addSent, closeOpen, openListening, startListening } from './store/listening.ts'

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
      if (at > from) await keepSent(ground, listening, [from, at])
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
  listening: string,
  range: readonly [from: number, to: number],
): Promise<void> {
  await ground.apart(async (tx) => {
    const row = await addSent(tx, listening, range)
    if (row?.closed_at != null) await ground.recordClose(tx, closedOf(row, row.closed_at, [range]))
  })
}

/** Ends every opening of a task's recording and records what of it was sent. */
export async function closeListening(
  ground: Pick<Ground, 'recordClose'>,
  tx: Tx,
  task: string,
  now: Date,
): Promise<void> {
  for (const row of await closeOpen(tx, task, now))
    await ground.recordClose(tx, closedOf(row, now, row.ranges))
}

function closedOf(
  row: Omit<Closed, 'openedAt' | 'closedAt' | 'sent'> & { opened_at: Date },
  closedAt: Date,
  sent: Closed['sent'],
): Closed {
  const { task, project, item, person, workstation, zone, opened_at: openedAt } = row
  return { task, project, item, person, workstation, zone, openedAt, closedAt, sent }
}
