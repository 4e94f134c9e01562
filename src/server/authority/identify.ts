import 'reflect-metadata'
import { X509Certificate } from 'node:crypto'
import * as x509 from '@peculiar/x509'
import { AuthorityFault, type AuthorityFaultKind } from './fault.ts'
import { peerId, type PeerKind } from './issue.ts'

/** Who stands at the other end of a mutual TLS connection. */
export interface Peer {
  readonly kind: PeerKind
  readonly id: string
  readonly serial: string
  readonly notAfter: Date
}

/** What a peer's certificate is judged by. */
export interface Trust {
  /** The authority's certificate, DER. */
  readonly authority: Uint8Array
  /** Serials as `Issued.serial`. */
  readonly revoked: ReadonlySet<string>
  readonly now: Date
}

const written = {
  basicConstraints: '2.5.29.19',
  keyUsage: '2.5.29.15',
  extendedKeyUsage: '2.5.29.37',
  alternativeName: '2.5.29.17',
  subjectKey: '2.5.29.14',
  authorityKey: '2.5.29.35',
}
const peerName = /^urn:cloister:(workstation|device):(.+)$/

/**
 * Says whom a certificate (DER) names, or which fault it has. Everything is judged here, the
 * authority's signature included, so that the answer does not depend on how a TLS server was
 * configured: a certificate is accepted only in exactly the form that `issueForPeer` writes.
 */
export function identifyPeer(
  certificate: Uint8Array,
  trust: Trust,
): { peer: Peer } | { fault: AuthorityFaultKind } {
  try {
    return { peer: readPeer(certificate, trust) }
  } catch (error) {
    return { fault: error instanceof AuthorityFault ? error.kind : 'malformed' }
  }
}

function readPeer(der: Uint8Array, { authority, revoked, now }: Trust): Peer {
  if (der.length > 8192) throw new AuthorityFault('malformed', 'The certificate is over 8 KiB.')
  const genuine = new X509Certificate(der)
  const issuer = new X509Certificate(authority)
  if (genuine.raw.length !== der.length)
    throw new AuthorityFault('malformed', 'Bytes follow the certificate.')
  if (genuine.issuer !== issuer.subject || !genuine.verify(issuer.publicKey))
    throw new AuthorityFault('foreign', 'Another authority issued this certificate.')

  const certificate = new x509.X509Certificate(der)
  const { notBefore, notAfter } = certificate
  if (now < notBefore || now >= notAfter)
    throw new AuthorityFault('expired', 'The certificate is not valid at this moment.')
  const serial = certificate.serialNumber
  if (revoked.has(serial)) throw new AuthorityFault('revoked', 'The certificate was revoked.')

  const { kind, id } = readName(certificate)
  return { kind, id, serial, notAfter }
}

/** The one URI of a certificate made for clients; anything that we never write is refused. */
function readName(certificate: x509.X509Certificate): { kind: PeerKind; id: string } {
  const present = certificate.extensions.map(({ type }) => type).sort()
  if (present.join() !== Object.values(written).sort().join())
    throw new AuthorityFault('wrong-usage', 'The certificate has other extensions than a peer has.')
  const purpose = certificate.getExtension(x509.ExtendedKeyUsageExtension)
  const clientAuth: string = x509.ExtendedKeyUsage.clientAuth
  if (purpose?.usages.join() !== clientAuth)
    throw new AuthorityFault('wrong-usage', 'The certificate is not one for clients.')
  if (certificate.getExtension(x509.BasicConstraintsExtension)?.ca !== false)
    throw new AuthorityFault('wrong-usage', 'The certificate is an authority.')

  const names = certificate.getExtension(x509.SubjectAlternativeNameExtension)?.names.items ?? []
  const [only] = names
  if (only?.type !== 'url' || names.length !== 1)
    throw new AuthorityFault(
      'wrong-usage',
      'The certificate does not name one workstation or device.',
    )
  const [, kind, id] = peerName.exec(only.value) ?? []
  if ((kind !== 'workstation' && kind !== 'device') || id === undefined || !peerId.test(id))
    throw new AuthorityFault(
      'wrong-usage',
      'The certificate does not name a workstation or device.',
    )
  return { kind, id }
}
