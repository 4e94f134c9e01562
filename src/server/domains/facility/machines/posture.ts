import { createPublicKey, verify } from 'node:crypto'
import { postureBytes, type PostureReport } from '../../../../shared/facility.ts'
import { Problem } from '../../../../shared/problems.ts'
import type { Tx } from '../../../kernel/db.ts'
import { notify } from '../../../kernel/signals.ts'
import type { Pass } from '../../access/index.ts'
import { certificateBySerial, putPosture } from './store.ts'

/** The gate trusts a report for this long, counted from the earlier of its own moment and its arrival. */
export const postureFreshMs = 120_000

/**
 * Takes what a workstation says of itself: signed by the key of its present certificate, not older
 * or further ahead than the gate would trust, and later than the report before. Its pages ask again
 * when the answer has changed.
 * @throws Problem `access-denied` for another machine's report, `invalid-input`, `already-done` for a replay
 */
export async function takePosture(
  pass: Pass<'facility.posture.take'>,
  tx: Tx,
  report: PostureReport,
): Promise<void> {
  const { workstation, certificate } = pass.caller
  if (workstation === null || workstation !== report.workstation || certificate === null)
    throw new Problem('access-denied', { conditions: ['own-workstation'] })
  const row = await certificateBySerial(tx, certificate)
  if (row === undefined) throw new Problem('certificate-refused')
  const { signature, checks, ...rest } = report
  const key = createPublicKey({ key: row.public_key, format: 'der', type: 'spki' })
  const bytes = postureBytes({ ...rest, checks })
  const signed = Buffer.from(signature, 'base64')
  if (!verify('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' }, signed))
    throw new Problem('invalid-input', { where: 'body/signature' })
  const at = new Date(report.at)
  if (!(Math.abs(pass.at.getTime() - at.getTime()) < postureFreshMs))
    throw new Problem('invalid-input', { where: 'body/at' })
  const good = Object.values(checks).every((check) => check === 'ok')
  const kept = await putPosture(tx, {
    ...{ workstation, at, received_at: pass.at, sequence: report.sequence, good },
    checks: JSON.stringify(checks),
  })
  if (kept === undefined) throw new Problem('already-done')
  const stale =
    kept.heardAt === null || kept.heardAt.getTime() + postureFreshMs <= pass.at.getTime()
  if (stale || kept.wasGood !== good)
    await notify(tx, 'cloister_signal', `workstation:${workstation}`)
}
