import 'reflect-metadata'
import { randomBytes, webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'
import { softwareKeyAaguid, type AttestationBatch } from './software-key.ts'

const day = 86_400_000

/**
 * Makes the attestation key of a batch of software keys, with a root of its own, for ten years.
 * The leaf has the subject and the AAGUID extension that WebAuthn Level 3 section 8.2.1 demands.
 * The root is what a demonstration's server must be told to trust; its private key is dropped.
 */
export async function createAttestationBatch(now: Date): Promise<AttestationBatch> {
  const curve = { name: 'ECDSA', namedCurve: 'P-256' }
  const common = {
    notBefore: new Date(now.getTime() - day),
    notAfter: new Date(now.getTime() + 3650 * day),
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
  }
  const rootKeys = await webcrypto.subtle.generateKey(curve, false, ['sign', 'verify'])
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    ...common,
    serialNumber: newSerial(),
    name: 'CN=Cloister demonstration software key root',
    keys: rootKeys,
    extensions: [new x509.BasicConstraintsExtension(true, 0, true)],
  })
  const keys = await webcrypto.subtle.generateKey(curve, true, ['sign', 'verify'])
  const aaguid = Buffer.from(softwareKeyAaguid.replaceAll('-', ''), 'hex')
  const leaf = await x509.X509CertificateGenerator.create({
    ...common,
    serialNumber: newSerial(),
    // ZZ is the user-assigned code of ISO 3166 for an unknown country.
    subject: 'C=ZZ, O=Cloister demonstration, OU=Authenticator Attestation, CN=Software key batch',
    issuer: root.subject,
    publicKey: keys.publicKey,
    signingKey: rootKeys.privateKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.Extension(
        '1.3.6.1.4.1.45724.1.1.4',
        false,
        Buffer.concat([Buffer.of(4, 16), aaguid]),
      ),
    ],
  })
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)
  return {
    privateKey: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY'),
    certificate: new Uint8Array(leaf.rawData),
    root: new Uint8Array(root.rawData),
  }
}

function newSerial(): string {
  return `4${randomBytes(16).toString('hex').slice(1)}`
}
