import { createHash } from 'node:crypto'
import { identifyPeer, type Peer } from '../../../authority/index.ts'
import type { Tx } from '../../../kernel/db.ts'
import { certificateBySerial, sawCertificate } from './store.ts'

/** The machine at the other end of a connection. */
export interface ArrivedMachine {
  readonly kind: 'workstation' | 'device'
  readonly id: string
  readonly serial: string
}

/** A certificate heard from at one address is not taken at another before it was quiet for this long. */
export const soleAddressMs = 60_000
/** How often the last address and moment are written down anew. */
const noteEveryMs = 10_000
/** Certificates whose signature was verified, by SHA-256; what it says of time and revocation is asked each time. */
const mostVerified = 4_096

/**
 * Says which enrolled machine a client certificate (DER) stands for: issued here, in date, not
 * revoked, of a machine that is part of the site. Unknown ones are nobody; one that was issued here,
 * is in date and was revoked is said to be so. `authority` is the certificate (DER) of the
 * installation's own authority.
 */
export function arrivalAt(
  authority: Uint8Array,
): (
  tx: Tx,
  certificate: Uint8Array,
  address: string,
  now: Date,
) => Promise<ArrivedMachine | 'revoked' | null> {
  const verified = new Map<string, Peer>()

  function peerOf(certificate: Uint8Array, now: Date): Peer | undefined {
    const key = createHash('sha256').update(certificate).digest('base64')
    const known = verified.get(key)
    if (known !== undefined) return known
    const seen = identifyPeer(certificate, { authority, revoked: new Set(), now })
    if ('fault' in seen) return undefined
    const [oldest] = verified.keys()
    if (verified.size >= mostVerified && oldest !== undefined) verified.delete(oldest)
    verified.set(key, seen.peer)
    return seen.peer
  }

  return async (tx, certificate, address, now) => {
    const peer = peerOf(certificate, now)
    if (peer === undefined || now >= peer.notAfter) return null
    const { kind, id, serial } = peer
    const row = await certificateBySerial(tx, serial)
    if (row === undefined || row.kind !== kind || row.subject !== id) return null
    if (now >= row.not_after) return null
    if (row.revoked_at !== null || row.machine_revoked_at !== null) return 'revoked'
    if (kind === 'workstation' && row.installed !== true) return null
    const age = row.last_seen === null ? Infinity : now.getTime() - row.last_seen.getTime()
    const here = row.last_address === address
    if (here ? age >= noteEveryMs : age >= soleAddressMs)
      await sawCertificate(tx, serial, address, now)
    return { kind, id, serial }
  }
}
