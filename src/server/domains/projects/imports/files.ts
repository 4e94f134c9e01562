import { createHash } from 'node:crypto'
import { isUtf8 } from 'node:buffer'
import { FileHead, faultOfRow, type ImportStanding, longestText } from '#shared/imports.ts'
import type { Tx } from '../../../kernel/db.ts'
import { newId } from '../../../kernel/random.ts'
import type { Pass } from '../../access/index.ts'
import {
  type Arrival,
  asWave,
  decodeRecording,
  soundBounds,
  VaultFault,
} from '../../vault/index.ts'
import { projectOf } from './batches.ts'
import type { ImportGround } from './ground.ts'
import { splitHead } from './head.ts'
import { keepItems, type Measure, sortOut } from './items.ts'
import { advance, faultOfHash, faultOfKind, measureText } from './rows.ts'

type Run = Pass<'projects.import.run'>

/** A row's file as it came: sealed under the key of an item to be, or refused with a reason. */
export interface ReceivedFile {
  readonly head: FileHead
  readonly item: string
  readonly content:
    { readonly measure: Measure; readonly arrival: Arrival } | { readonly reason: string }
}

/**
 * Takes in a row and the file that follows it: past the scanner, decoded in a thread of its own, and
 * sealed. What is wrong with the row or the file itself is a reason to reject that row.
 * @throws Problem `invalid-input` for a head that cannot be read; VaultFault 'scanner-unavailable' or
 *   'storage-full', which stop the import
 */
export async function receiveFile(
  ground: ImportGround,
  pass: Run,
  bytes: AsyncIterable<Uint8Array>,
): Promise<ReceivedFile> {
  const { head, rest } = await splitHead(FileHead, bytes)
  const item = newId('itm')
  const fault = faultOfRow(head.row)
  if (fault !== undefined) return { head, item, content: { reason: fault } }
  const arrival = await ground.apart(pass, (tx) =>
    ground.vault.receive(tx, projectOf(pass), [item]),
  )
  try {
    const measure = await sealFile(ground, head, item, arrival, rest)
    return { head, item, content: { measure, arrival } }
  } catch (error) {
    // Why it was not taken in says more than why it could not be freed; without a row it counts for nothing.
    await arrival.discard().catch(() => undefined)
    if (error instanceof RowFault) return { head, item, content: { reason: error.message } }
    if (
      error instanceof VaultFault &&
      (error.kind === 'media-refused' || error.kind === 'infected')
    )
      return { head, item, content: { reason: `file: ${error.message}` } }
    throw error
  }
}

/** Keeps a received file as the next row of its batch. @throws Problem `conflict` when it is not the next */
export async function keepFile(
  ground: ImportGround,
  pass: Run,
  tx: Tx,
  batch: string,
  { head, item, content }: ReceivedFile,
): Promise<ImportStanding> {
  const row = head.from
  return advance(pass, tx, batch, { from: row, rows: 1 }, async (project, kind) => {
    const reason = 'reason' in content ? content.reason : faultOfKind(head.row, kind)
    if (reason !== undefined || 'reason' in content)
      return { accepted: 0, rejected: [{ row, reason: reason ?? '' }] }
    const candidate = { row, described: head.row, measure: content.measure, id: item }
    const { fresh, rejected } = await sortOut(ground, tx, project, [candidate])
    if (fresh.length > 0)
      await keepItems(ground, tx, { project, batch, now: pass.at }, content.arrival, fresh)
    else await content.arrival.discard()
    return { accepted: fresh.length, rejected }
  })
}

export async function discardFile({ content }: ReceivedFile): Promise<void> {
  if ('arrival' in content) await content.arrival.discard()
}

/** A reason to reject one row. */
class RowFault extends Error {}

async function sealFile(
  { scanner }: ImportGround,
  { row, encoding }: FileHead,
  item: string,
  arrival: Arrival,
  bytes: AsyncIterable<Uint8Array>,
): Promise<Measure> {
  const digest = createHash('sha256')
  const hashed = async function* () {
    for await (const piece of bytes) {
      digest.update(piece)
      yield piece
    }
  }
  const scanned = scanner.through(hashed())
  const check = () => {
    const wrong = faultOfHash(row, digest.digest())
    if (wrong !== undefined) throw new RowFault(wrong)
  }
  if (row.kind === 'text') {
    const text = decodeText(await collect(scanned), encoding)
    check()
    const exact = Buffer.from(text, 'utf8')
    arrival.seal(item, 'content', exact)
    return measureText(text, exact)
  }
  if (row.kind !== 'audio') throw new RowFault('kind: images are not taken in by this version')
  const { description, peaks } = await decodeRecording(scanned, soundBounds, (pcm) =>
    arrival.sealStream(item, 'content', pcm),
  )
  check()
  await arrival.reseal(item, 'content', (pcm) => {
    const wave = asWave(pcm, description)
    return wave.range(0, wave.length)
  })
  await arrival.sealStream(item, 'peaks', [peaks])
  const { samples: length, rate, sha256 } = description
  return { length, rate, sha256: Buffer.from(sha256, 'hex') }
}

/** A code unit takes at most three bytes of UTF-8. */
const longestFile = 3 * longestText

async function collect(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of bytes) {
    length += piece.length
    if (length > longestFile) throw new RowFault(`file: is longer than ${longestFile} bytes`)
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

function decodeText(bytes: Buffer, encoding: FileHead['encoding']): string {
  if (encoding === 'utf-8' && !isUtf8(bytes)) throw new RowFault('file: is not valid UTF-8')
  const text = encoding === 'latin1' ? bytes.toString('latin1') : bytes.toString('utf8')
  if (text.length > longestText)
    throw new RowFault(`file: is longer than ${longestText} characters`)
  return text
}
