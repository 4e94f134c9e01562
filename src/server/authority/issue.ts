import 'reflect-metadata'
import { createPublicKey, webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'
import { AuthorityFault } from './fault.ts'

const curve = { name: 'ECDSA', namedCurve: 'P-256' }
const signing = { name: 'ECDSA', hash: 'SHA-256' }
const hour = 3_600_000
const day = 24 * hour

/** How long a workstation's certificate lives unless the operator says otherwise. */
export const workstationLifetimeMs = day

/** The authority as bytes; the caller keeps `privateKey` (PKCS #8, DER) sealed. */
export interface Authority {
  readonly certificate: Der
  readonly privateKey: Der
}

/** Days of validity, `until` not included. */
export interface Validity {
  readonly from: Date
  readonly until: Date
}

/** Bytes in memory of their own, as the libraries for certificates want them. */
export type Der = Uint8Array<ArrayBuffer>

/** A certificate in DER, its serial in 32 lowercase hexadecimal digits, and its end. */
export interface Issued {
  readonly certificate: Der
  readonly serial: string
  readonly notAfter: Date
}

/** Whom a client certificate can name. */
export type PeerKind = 'workstation' | 'device'

/** The one form of a peer's name: the URI in its certificate. */
export function peerUri(kind: PeerKind, id: string): string {
  return `urn:cloister:${kind}:${id}`
}

/** Ids of workstations and devices: a label of RFC 1123 that begins with a letter. */
export const peerId = /^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/**
 * Creates the installation's own certificate authority: a new ECDSA P-256 key and a self-signed
 * certificate (RFC 5280) that may sign end entities only. At most ten years.
 */
export async function createAuthority(
  installation: string,
  validity: Validity,
): Promise<Authority> {
  if (!peerId.test(installation))
    throw new AuthorityFault('malformed', 'The installation name is not a lower-case label.')
  boundDays(validity, 3660 * day)
  const keys = await webcrypto.subtle.generateKey(curve, true, ['sign', 'verify'])
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(),
    name: [{ CN: [`Cloister Workstation CA ${installation}`] }],
    notBefore: validity.from,
    notAfter: validity.until,
    signingAlgorithm: signing,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
        true,
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return {
    certificate: new Uint8Array(certificate.rawData),
    privateKey: new Uint8Array(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)),
  }
}

/**
 * Issues a client certificate for a certificate signing request (PKCS #10, DER or PEM, at most
 * 8 KiB). From the request comes the key and the proof that the sender holds it, and nothing
 * else: name, purpose and extensions are decided here. At most 90 days.
 */
export async function issueForPeer(
  authority: Authority,
  peer: { kind: PeerKind; id: string; request: Uint8Array | string },
  validity: Validity,
): Promise<Issued> {
  if (!peerId.test(peer.id))
    throw new AuthorityFault('malformed', 'The id is not a lower-case label of 63 characters.')
  boundDays(validity, 90 * day)
  const key = await provenKey(peer.request)
  const names = new x509.SubjectAlternativeNameExtension([
    { type: 'url', value: peerUri(peer.kind, peer.id) },
  ])
  return issue(authority, peer.id, key, validity, names, x509.ExtendedKeyUsage.clientAuth)
}

/**
 * Issues a server certificate for the doors: `names` are DNS names and IP addresses as clients
 * write them, one to sixteen. At most 398 days.
 */
export async function issueForServer(
  authority: Authority,
  server: { names: readonly string[]; request: Uint8Array | string },
  validity: Validity,
): Promise<Issued> {
  const { names } = server
  const [first] = names
  if (first === undefined || names.length > 16)
    throw new AuthorityFault('malformed', 'Give one to sixteen names for the server.')
  boundDays(validity, 398 * day)
  const key = await provenKey(server.request)
  const general = names.map((name) => {
    if (/^[0-9a-f:.]+$/.test(name) && /^(\d+[.]){3}\d+$|:/.test(name))
      return { type: 'ip' as const, value: name }
    if (/^(?=.{1,253}$)[a-z0-9-]{1,63}([.][a-z0-9-]{1,63})*$/.test(name))
      return { type: 'dns' as const, value: name }
    throw new AuthorityFault('malformed', 'A server name is neither a DNS name nor an IP address.')
  })
  const alternative = new x509.SubjectAlternativeNameExtension(general)
  return issue(authority, first, key, validity, alternative, x509.ExtendedKeyUsage.serverAuth)
}

/** A new P-256 key (PKCS #8, DER) and the signing request that proves it, for a server of our own. */
export async function newServerKey(name: string): Promise<{ privateKey: Der; request: Der }> {
  const keys = await webcrypto.subtle.generateKey(curve, true, ['sign', 'verify'])
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: [name] }],
    keys,
    signingAlgorithm: signing,
  })
  return {
    privateKey: new Uint8Array(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)),
    request: new Uint8Array(request.rawData),
  }
}

/**
 * Writes the signed revocation list (RFC 5280 section 5, DER). `number` grows with each list.
 * A serial may leave the list once its certificate has ended.
 */
export async function writeRevocationList(
  authority: Authority,
  revoked: readonly { serial: string; at: Date }[],
  list: Validity & { number: number },
): Promise<Der> {
  const issuer = new x509.X509Certificate(authority.certificate)
  const { number } = list
  if (!Number.isSafeInteger(number) || number < 1)
    throw new AuthorityFault('malformed', 'A revocation list is numbered from 1.')
  const crl = await x509.X509CrlGenerator.create({
    issuer: issuer.subjectName,
    thisUpdate: list.from,
    nextUpdate: list.until,
    entries: revoked.map(({ serial, at }) => ({ serialNumber: serial, revocationDate: at })),
    extensions: [
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      new x509.Extension('2.5.29.20', false, derInteger(number)),
    ],
    signingAlgorithm: signing,
    signingKey: await signingKey(authority),
  })
  return new Uint8Array(crl.rawData)
}

/** The certificate or list in PEM (RFC 7468), as TLS libraries take it. */
export function toPem(label: 'CERTIFICATE' | 'X509 CRL' | 'PRIVATE KEY', der: Uint8Array): string {
  return `${x509.PemConverter.encode(der, label)}\n`
}

async function issue(
  authority: Authority,
  commonName: string,
  publicKey: x509.PublicKey,
  validity: Validity,
  names: x509.SubjectAlternativeNameExtension,
  purpose: x509.ExtendedKeyUsage,
): Promise<Issued> {
  const issuer = new x509.X509Certificate(authority.certificate)
  if (validity.from < issuer.notBefore || validity.until > issuer.notAfter)
    throw new AuthorityFault('expired', 'The authority does not live for all of these days.')
  const serial = newSerial()
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial,
    subject: [{ CN: [commonName] }],
    issuer: issuer.subjectName,
    notBefore: validity.from,
    notAfter: validity.until,
    publicKey,
    signingKey: await signingKey(authority),
    signingAlgorithm: signing,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([purpose], true),
      names,
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  })
  return {
    certificate: new Uint8Array(certificate.rawData),
    serial,
    notAfter: certificate.notAfter,
  }
}

/** The public key of a request whose signature proves possession; P-256 only. */
async function provenKey(request: Uint8Array | string): Promise<x509.PublicKey> {
  if (request.length > 8192) throw new AuthorityFault('malformed', 'The request is over 8 KiB.')
  let csr: x509.Pkcs10CertificateRequest
  let curveName: string | undefined
  let proven: boolean
  try {
    csr = new x509.Pkcs10CertificateRequest(request)
    const spki = Buffer.from(csr.publicKey.rawData)
    const key = createPublicKey({ key: spki, format: 'der', type: 'spki' })
    curveName = key.asymmetricKeyType === 'ec' ? key.asymmetricKeyDetails?.namedCurve : undefined
    proven = await csr.verify()
  } catch {
    throw new AuthorityFault('malformed', 'This is not a PKCS #10 certificate signing request.')
  }
  if (curveName !== 'prime256v1')
    throw new AuthorityFault('malformed', 'The key of the request is not ECDSA P-256.')
  if (!proven)
    throw new AuthorityFault('foreign', 'The request is not signed by the key that it names.')
  return csr.publicKey
}

function signingKey(authority: Authority) {
  return webcrypto.subtle.importKey('pkcs8', authority.privateKey, curve, false, ['sign'])
}

function boundDays({ from, until }: Validity, longest: number): void {
  const length = until.getTime() - from.getTime()
  if (!(length > 0 && length <= longest))
    throw new AuthorityFault(
      'malformed',
      `A certificate of this kind lives up to ${Math.floor(longest / day)} days and ends after it begins.`,
    )
}

/** 128 bits, the first two fixed to 01 so that the DER integer is positive and of one length. */
function newSerial(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16))
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40
  return Buffer.from(bytes).toString('hex')
}

function derInteger(value: number): Der {
  const hex = value.toString(16)
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
  const positive = (bytes[0] ?? 0) > 0x7f ? Buffer.concat([Buffer.of(0), bytes]) : bytes
  return Uint8Array.of(2, positive.length, ...positive)
}
