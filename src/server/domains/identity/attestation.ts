import { X509Certificate } from 'node:crypto'
import { decodeAttestationObject } from '@simplewebauthn/server/helpers'

/** Models of security keys by AAGUID, each with the attestation roots of its maker (PEM). */
export type KeyModels = ReadonlyMap<string, readonly string[]>

/** What the library says of a registration whose signature it has verified. */
export interface Registered {
  readonly fmt: string
  readonly aaguid: string
  readonly attestationObject: Uint8Array
}

/** A maker's chain is a leaf, its batch and perhaps an authority between; more is none that we know. */
const longestChain = 5

/**
 * Whether the key is proven to be of a listed model: its attestation (WebAuthn Level 3, 8.2 `packed`)
 * is signed by a certificate that leads to a root of that very model, all of them valid now. An AAGUID
 * alone proves nothing: whoever writes the software can write any. Asks no network; a model whose
 * maker's key was stolen is taken off the list.
 */
export function isOfListedModel(models: KeyModels, registered: Registered, now: Date): boolean {
  const roots = (models.get(registered.aaguid) ?? []).map((pem) => new X509Certificate(pem))
  if (registered.fmt !== 'packed' || roots.length === 0) return false
  const sent = decodeAttestationObject(Uint8Array.from(registered.attestationObject))
    .get('attStmt')
    .get('x5c')
  if (sent === undefined || sent.length === 0 || sent.length > longestChain) return false
  let chain: X509Certificate[]
  try {
    chain = sent.map((der) => new X509Certificate(der))
  } catch {
    return false
  }
  return leadsTo(roots, chain, now)
}

/** Each certificate is issued by the next, and one of them by a root; some makers list the leaf itself. */
function leadsTo(
  roots: readonly X509Certificate[],
  chain: readonly X509Certificate[],
  now: Date,
): boolean {
  if (!chain.every((one) => isCurrent(one, now))) return false
  for (const [place, one] of chain.entries()) {
    const isTrusted = (root: X509Certificate) =>
      issued(root, one) || root.fingerprint256 === one.fingerprint256
    if (roots.some((root) => isCurrent(root, now) && isTrusted(root))) return true
    const next = chain[place + 1]
    if (next === undefined || !issued(next, one)) return false
  }
  return false
}

function issued(by: X509Certificate, one: X509Certificate): boolean {
  return by.ca && one.checkIssued(by) && one.verify(by.publicKey)
}

function isCurrent({ validFrom, validTo }: X509Certificate, now: Date): boolean {
  return Date.parse(validFrom) <= now.getTime() && now.getTime() < Date.parse(validTo)
}
