import { X509Certificate } from 'node:crypto'
import {
  AuthorityFault,
  issueForPeer,
  toPem,
  workstationLifetimeMs,
  type Authority,
} from '../../../authority/index.ts'
import type { IssuedCertificate } from '../../../../shared/facility.ts'
import { Problem } from '../../../../shared/problems.ts'
import type { Tx } from '../../../kernel/db.ts'
import { notify } from '../../../kernel/signals.ts'
import type { Pass } from '../../access/index.ts'
import { issueCode, useCode } from '../../identity/index.ts'
import { confirmNextEpoch, controllerNames, controllerRow } from '../store.ts'
import {
  endCertificateAt,
  insertCertificate,
  revokeCertificates,
  setWorkstationRevoked,
  workstationNames,
  workstationRow,
} from './store.ts'

type MachineKind = 'workstation' | 'device'

/** Clocks of machines may be this much behind ours. */
const backdateMs = 60_000
/** What remains of a certificate once its successor is issued. */
const overlapMs = 5 * 60_000

/**
 * Makes the one-time code with which a machine of the site in force enrols.
 * @throws Problem `not-found` when the site has no such machine
 */
export async function codeFor(
  pass: Pass<'facility.workstation.enrol'>,
  tx: Tx,
  kind: MachineKind,
  id: string,
): Promise<{ code: string }> {
  const known =
    kind === 'workstation'
      ? (await workstationRow(tx, id))?.installed
      : (await controllerRow(tx, id))?.installed
  if (known !== true) {
    const there = await (kind === 'workstation' ? workstationNames(tx) : controllerNames(tx))
    throw new Problem('not-found', { missing: `${kind} ${id}`, there })
  }
  return { code: await issueCode(tx, kind, id, pass.at) }
}

/**
 * Certifies the key of a machine that shows a one-time code. Whatever it had before is revoked, and
 * the next epoch that a controller counts in is the one that the operator meant.
 * @throws Problem `code-refused`, `invalid-input` for a request that is none
 */
export async function enrol(
  pass: Pass<'facility.device.enrol'>,
  tx: Tx,
  authority: Authority,
  asked: { code: string; csr: string },
): Promise<IssuedCertificate> {
  const { kind, id } = await machineOf(tx, asked.code, pass.at)
  await revokeCertificates(tx, kind, id, pass.at)
  if (kind === 'device') await confirmNextEpoch(tx, id)
  else {
    await setWorkstationRevoked(tx, id, null)
    await notify(tx, 'cloister_signal', `workstation:${id}`)
  }
  return certify(tx, authority, { kind, id, csr: asked.csr }, pass.at)
}

/**
 * Certifies a new key of the machine at the other end; its present certificate ends five minutes on.
 * @throws Problem `certificate-refused`, `invalid-input`
 */
export async function renew(
  pass: Pass<'facility.device.renew'>,
  tx: Tx,
  authority: Authority,
  csr: string,
): Promise<IssuedCertificate> {
  const { id, workstation, certificate } = pass.caller
  if (id === null || certificate === null) throw new Problem('certificate-refused')
  const kind = workstation === id ? 'workstation' : 'device'
  const issued = await certify(tx, authority, { kind, id, csr }, pass.at)
  await endCertificateAt(tx, certificate, new Date(pass.at.getTime() + overlapMs))
  return issued
}

/** Ends what a workstation may do, at once and everywhere; only a new enrolment by code brings it back. */
export async function revokeWorkstation(
  pass: Pass<'facility.workstation.revoke'>,
  tx: Tx,
  workstation: string,
): Promise<void> {
  const row = await workstationRow(tx, workstation)
  if (row === undefined) throw new Problem('not-found')
  if (row.revoked_at !== null) throw new Problem('already-done')
  await setWorkstationRevoked(tx, workstation, pass.at)
  await revokeCertificates(tx, 'workstation', workstation, pass.at)
  await notify(tx, 'cloister_signal', `workstation:${workstation}`)
}

async function machineOf(
  tx: Tx,
  code: string,
  now: Date,
): Promise<{ kind: MachineKind; id: string }> {
  try {
    return { kind: 'workstation', id: await useCode(tx, 'workstation', code, now) }
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return { kind: 'device', id: await useCode(tx, 'device', code, now) }
  }
}

async function certify(
  tx: Tx,
  authority: Authority,
  machine: { kind: MachineKind; id: string; csr: string },
  now: Date,
): Promise<IssuedCertificate> {
  const { kind, id, csr } = machine
  // X.509 counts whole seconds.
  const from = new Date(Math.floor((now.getTime() - backdateMs) / 1000) * 1000)
  const authorityEnds = Date.parse(new X509Certificate(authority.certificate).validTo)
  const until = new Date(Math.min(from.getTime() + workstationLifetimeMs, authorityEnds))
  const issued = await issueForPeer(authority, { kind, id, request: csr }, { from, until }).catch(
    (error: unknown) => {
      if (error instanceof AuthorityFault && error.kind !== 'expired')
        throw new Problem('invalid-input', { where: 'body/csr' })
      throw error
    },
  )
  const { publicKey } = new X509Certificate(issued.certificate)
  await insertCertificate(tx, {
    ...{ serial: issued.serial, kind, subject: id, issued_at: now, not_after: issued.notAfter },
    public_key: publicKey.export({ format: 'der', type: 'spki' }),
  })
  return {
    certificate: toPem('CERTIFICATE', issued.certificate),
    ca: toPem('CERTIFICATE', authority.certificate),
  }
}
