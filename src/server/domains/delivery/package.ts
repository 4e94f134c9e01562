import { open } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { logSigner, signNote } from '@cloister/transparency-log'
import { type Manifest, manifestText } from '#shared/package/manifest.ts'
import { tarEnd, tarHeader, tarPadding } from '#shared/package/tar.ts'
import { transact } from '../../kernel/db.ts'
import { projectById } from '../projects/index.ts'
import { type Measure, measureOf, type Named, writeMeasured } from './measured.ts'
import type { Payload } from './payload.ts'
import { keyById } from './store.ts'
import { type Delivery, orderOf, underPass, type Workshop } from './workshop.ts'

/** A build waits this long for the log's witness before it is left for a later try. */
const longestWait = 120_000

/** The witness has not cosigned so far that the release could be proved. */
export class WitnessSilent extends Error {
  override readonly name = 'WitnessSilent'
}

/** A package as it lies in its file, and the SHA-256 of its signed manifest. */
export interface Packed extends Measure {
  readonly manifest: string
}

/** Writes the package of a sealed payload: signed manifest, proofs of the two people's acts, payload. */
export async function writePackage(
  shop: Workshop,
  row: Delivery,
  { path, payload, signal }: { path: string; payload: Payload; signal: AbortSignal },
): Promise<Packed> {
  const proofs = await gatherEvidence(shop, row, signal)
  const text = manifestText(await manifestOf(shop, row, payload, proofs))
  const note = Buffer.from(signNote(text, [logSigner(shop.signingKey)]), 'utf8')
  const source = packageOf(note, proofs, `${path}.age`, payload.size)
  return { ...(await writeMeasured(path, source)), manifest: measureOf(note).sha256 }
}

async function manifestOf(
  shop: Workshop,
  row: Delivery,
  { contents, batches, items, size, sha256, plainSize, plainSha256 }: Payload,
  proofs: readonly Evidence[],
): Promise<Manifest> {
  const [project, key] = await underPass(shop, orderOf(row), async (tx) => [
    await projectById(tx, row.project),
    await keyById(tx, row.key),
  ])
  return {
    ...{ delivery: row.id, project: row.project, code: project?.code ?? '' },
    ...{ batches: [...batches], items, createdAt: shop.now().toISOString() },
    ...{ releasedBy: row.proposed_by, approvedBy: row.approved_by ?? '' },
    recipient: key?.fingerprint ?? '',
    payload: { size, sha256, plainSize, plainSha256 },
    contents: [...contents],
    evidence: proofs.map((proof) => ({ name: proof.name, size: proof.size, sha256: proof.sha256 })),
  }
}

interface Evidence extends Named {
  readonly bytes: Buffer
}

/** The proofs that two people let this delivery go, once the log and its witness stand behind them. */
async function gatherEvidence(
  shop: Workshop,
  row: Delivery,
  signal: AbortSignal,
): Promise<Evidence[]> {
  const resource = `Delivery::${row.id}`
  const deadline = shop.now().getTime() + longestWait
  for (;;) {
    signal.throwIfAborted()
    const [release, approval] = await transact(shop.db, async (tx) => [
      await shop.proofOf(tx, 'delivery.release', resource),
      await shop.proofOf(tx, 'delivery.approve', resource),
    ])
    if (release != null && approval != null)
      return [
        evidence('proofs/release.tlog-proof', release.proof),
        evidence('proofs/approval.tlog-proof', approval.proof),
        evidence('checkpoint', approval.checkpoint),
      ]
    if (shop.now().getTime() > deadline)
      throw new WitnessSilent(
        'no cosigned checkpoint covers the release yet; the build is tried again later',
      )
    await pause(200, undefined, { signal })
  }
}

function evidence(name: string, text: string): Evidence {
  const bytes = Buffer.from(text, 'utf8')
  return { name, bytes, ...measureOf(bytes) }
}

async function* packageOf(
  note: Buffer,
  proofs: readonly Evidence[],
  payload: string,
  size: number,
): AsyncGenerator<Uint8Array> {
  for (const { name, bytes } of [{ name: 'manifest.note', bytes: note }, ...proofs]) {
    yield tarHeader(name, bytes.length)
    yield bytes
    yield tarPadding(bytes.length)
  }
  yield tarHeader('payload.age', size)
  const file = await open(payload, 'r')
  try {
    // A stream of the file's own would close it; this loop does.
    for (let at = 0; at < size;) {
      const piece = Buffer.allocUnsafe(Math.min(1 << 20, size - at))
      const { bytesRead } = await file.read(piece, 0, piece.length, at)
      if (bytesRead === 0) throw new Error('the sealed payload became shorter')
      at += bytesRead
      yield piece.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
  yield tarPadding(size)
  yield tarEnd
}
