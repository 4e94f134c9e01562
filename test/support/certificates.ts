import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { Pkcs10CertificateRequestGenerator, type Extension } from '@peculiar/x509'
import {
  createAuthority,
  issueForPeer,
  issueForServer,
  toPem,
  type Authority,
  type PeerKind,
  type Validity,
} from '../../src/server/authority/index.ts'

/** From a minute ago for the given number of minutes. */
export function minutes(length: number): Validity {
  const from = new Date(Math.floor(Date.now() / 1000) * 1000 - 60_000)
  return { from, until: new Date(from.getTime() + length * 60_000) }
}

/** A fresh P-256 key (PEM) with a request for it, as a workstation would send it. */
export async function newRequest(
  name = 'whoever',
  extensions: Extension[] = [],
  curve = 'P-256',
): Promise<{ key: string; csr: string }> {
  const keys = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: curve }, true, [
    'sign',
    'verify',
  ])
  const csr = await Pkcs10CertificateRequestGenerator.create({
    name: `CN=${name}`,
    keys,
    extensions,
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
  })
  const pkcs8 = new Uint8Array(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey))
  return { key: toPem('PRIVATE KEY', pkcs8), csr: csr.toString('pem') }
}

/** An authority that lives for a day. */
export function testAuthority(installation = 'test'): Promise<Authority> {
  return createAuthority(installation, minutes(60 * 24))
}

/** Key and certificate (PEM) of a peer, with the certificate in DER and its serial. */
export async function peerCertificate(
  authority: Authority,
  kind: PeerKind,
  id: string,
  validity = minutes(60),
) {
  const { key, csr } = await newRequest(id)
  const issued = await issueForPeer(authority, { kind, id, request: csr }, validity)
  return {
    key,
    cert: toPem('CERTIFICATE', issued.certificate),
    der: issued.certificate,
    serial: issued.serial,
  }
}

/** Key and certificate (PEM) of a door, on this machine where no other names are given. */
export async function doorCertificate(
  authority: Authority,
  validity = minutes(60),
  names: readonly string[] = ['localhost', '127.0.0.1'],
) {
  const { key, csr } = await newRequest()
  const issued = await issueForServer(authority, { names: [...names], request: csr }, validity)
  return { key, cert: toPem('CERTIFICATE', issued.certificate), der: issued.certificate }
}
