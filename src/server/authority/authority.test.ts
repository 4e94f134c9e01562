import 'reflect-metadata'
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer, type TlsOptions } from 'node:tls'
import { suite, test, type TestContext } from 'node:test'
import * as x509 from '@peculiar/x509'
import fc from 'fast-check'
import {
  doorCertificate,
  minutes,
  newRequest,
  peerCertificate,
  testAuthority,
} from '../../../test/support/certificates.ts'
import {
  createAuthority,
  identifyPeer,
  issueForPeer,
  issueForServer,
  toPem,
  writeRevocationList,
  type Authority,
} from './index.ts'

const now = new Date()
const trusting = (authority: Authority, revoked: string[] = [], at = now) => ({
  authority: authority.certificate,
  revoked: new Set(revoked),
  now: at,
})

/** A TLS 1.3 door on loopback that tells each client whom it saw, and keeps why it hung up. */
async function door(t: TestContext, authority: Authority, options: TlsOptions = {}) {
  const { key, cert } = await doorCertificate(authority)
  const ca = toPem('CERTIFICATE', authority.certificate)
  const refusals: string[] = []
  const server = createServer(
    {
      ...{ key, cert, ca, requestCert: true, rejectUnauthorized: false, minVersion: 'TLSv1.3' },
      ...options,
    },
    (socket) => {
      if (!socket.authorized) {
        refusals.push(String(socket.authorizationError))
        socket.destroy()
        return
      }
      const { raw } = socket.getPeerCertificate()
      const seen = identifyPeer(raw, trusting(authority))
      socket.end(JSON.stringify({ ...seen, protocol: socket.getProtocol() }))
    },
  )
  server.on('tlsClientError', () => undefined)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const address = server.address()
  assert.ok(address !== null && typeof address === 'object')
  return { port: address.port, refusals }
}

/** What the door said to this client: nothing when either side refused the other. */
async function visit(port: number, trusted: Authority, client: { key?: string; cert?: string }) {
  const socket = connect({
    ...{ port, host: '127.0.0.1', minVersion: 'TLSv1.3' },
    ...{ ca: toPem('CERTIFICATE', trusted.certificate), key: client.key, cert: client.cert },
  })
  let text = ''
  let fault = ''
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  socket.on('error', (error: Error & { code?: string }) => {
    fault = error.code ?? error.message
  })
  await new Promise((resolve) => socket.on('close', resolve))
  return { text, fault }
}

suite('certificate authority', () => {
  test('CA1 the authority is P-256, signs end entities only and carries the name of its installation', async () => {
    const { certificate } = await testAuthority('valencia')
    const read = new X509Certificate(certificate)
    assert.equal(read.subject, 'CN=Cloister Workstation CA valencia')
    assert.equal(read.ca, true)
    assert.equal(read.publicKey.asymmetricKeyDetails?.namedCurve, 'prime256v1')
    const limits = new x509.X509Certificate(certificate)
    assert.equal(limits.getExtension(x509.BasicConstraintsExtension)?.pathLength, 0)
    await assert.rejects(createAuthority('Bad Name', minutes(60)), { kind: 'malformed' })
  })

  test('CA2 a request without proof of its key, of another curve or of no sense is refused', async () => {
    const authority = await testAuthority()
    const issue = (request: string | Uint8Array) =>
      issueForPeer(authority, { kind: 'workstation', id: 'ws-3', request }, minutes(60))
    const genuine = new x509.Pkcs10CertificateRequest((await newRequest()).csr)
    const forged = new Uint8Array(genuine.rawData)
    forged[forged.length - 3] = (forged[forged.length - 3] ?? 0) ^ 1
    await assert.rejects(issue(forged), { kind: 'foreign' })
    await assert.rejects(issue((await newRequest('x', [], 'P-384')).csr), { kind: 'malformed' })
    await assert.rejects(issue('hello'), { kind: 'malformed' })
    await assert.rejects(issue(new Uint8Array(9000)), { kind: 'malformed' })
  })

  test('CA3 a request that asks to be an authority, a door or somebody else gets none of it', async () => {
    const authority = await testAuthority()
    const { csr } = await newRequest('ws-9', [
      new x509.BasicConstraintsExtension(true, 3, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([
        { type: 'url', value: 'urn:cloister:workstation:ws-9' },
      ]),
    ])
    const peer = { kind: 'workstation', id: 'ws-3', request: csr } as const
    const { certificate, serial, notAfter } = await issueForPeer(authority, peer, minutes(60))
    assert.deepEqual(identifyPeer(certificate, trusting(authority)), {
      peer: { kind: 'workstation', id: 'ws-3', serial, notAfter },
    })
    assert.equal(new X509Certificate(certificate).subject, 'CN=ws-3')
  })

  test('CA4 a workstation reaches the door over TLS 1.3 and each side knows the other', async (t) => {
    const authority = await testAuthority()
    const { port } = await door(t, authority)
    for (const kind of ['workstation', 'device'] as const) {
      const { text } = await visit(
        port,
        authority,
        await peerCertificate(authority, kind, 'controller-floor-door'),
      )
      assert.match(text, /"protocol":"TLSv1.3"/)
      assert.match(text, new RegExp(`"kind":"${kind}","id":"controller-floor-door"`))
    }
  })

  test('CA5 an expired certificate is refused by the door and by name, and so is one of tomorrow', async (t) => {
    const authority = await createAuthority('test', {
      from: new Date(now.getTime() - 7_200_000),
      until: new Date(now.getTime() + 7_200_000),
    })
    const gone = {
      from: new Date(now.getTime() - 3_600_000),
      until: new Date(now.getTime() - 1_800_000),
    }
    const expired = await peerCertificate(authority, 'workstation', 'ws-3', gone)
    assert.deepEqual(identifyPeer(expired.der, trusting(authority)), { fault: 'expired' })
    assert.deepEqual(identifyPeer(expired.der, trusting(authority, [], gone.until)), {
      fault: 'expired',
    })
    assert.deepEqual(
      identifyPeer(expired.der, trusting(authority, [], new Date(gone.from.getTime() - 1000))),
      { fault: 'expired' },
    )
    const { port, refusals } = await door(t, authority)
    assert.equal((await visit(port, authority, expired)).text, '')
    assert.deepEqual(refusals, ['CERT_HAS_EXPIRED'])
  })

  test('CA6 a certificate of a foreign authority under the same name is refused on both sides', async (t) => {
    const authority = await testAuthority()
    const foreign = await testAuthority()
    const stranger = await peerCertificate(foreign, 'workstation', 'ws-3')
    assert.deepEqual(identifyPeer(stranger.der, trusting(authority)), { fault: 'foreign' })
    const { port, refusals } = await door(t, authority)
    assert.equal((await visit(port, authority, stranger)).text, '')
    assert.equal((await visit(port, authority, {})).text, '')
    assert.equal(refusals.length, 2)
    assert.equal(refusals[1], 'UNABLE_TO_GET_ISSUER_CERT')
    const own = await peerCertificate(authority, 'workstation', 'ws-3')
    assert.notEqual((await visit(port, foreign, own)).fault, '')
  })

  test('CA7 a certificate for another purpose or with a swapped name is refused', async (t) => {
    const authority = await testAuthority()
    const forDoor = await doorCertificate(authority)
    const refused = (der: Uint8Array) => identifyPeer(der, trusting(authority))
    assert.deepEqual(refused(forDoor.der), { fault: 'wrong-usage' })
    assert.deepEqual(refused(authority.certificate), { fault: 'wrong-usage' })
    const { port, refusals } = await door(t, authority)
    assert.equal((await visit(port, authority, forDoor)).text, '')
    assert.deepEqual(refusals, ['INVALID_PURPOSE'])

    const { der } = await peerCertificate(authority, 'workstation', 'ws-3')
    const swapped = Buffer.from(der)
    swapped.write('ws-4', swapped.indexOf('workstation:ws-3') + 'workstation:'.length)
    assert.deepEqual(refused(swapped), { fault: 'foreign' })
    assert.deepEqual(refused(Buffer.concat([der, Buffer.of(0)])), { fault: 'malformed' })

    for (const names of [
      [{ type: 'dns', value: 'ws-3' }],
      [
        { type: 'url', value: 'urn:cloister:workstation:ws-3' },
        { type: 'url', value: 'urn:cloister:workstation:ws-4' },
      ],
      [{ type: 'url', value: 'urn:cloister:operator:ws-3' }],
      [{ type: 'url', value: 'urn:cloister:workstation:ws-3\n' }],
    ] as x509.JsonGeneralNames[])
      assert.deepEqual(refused(await signedWith(authority, names)), { fault: 'wrong-usage' })
  })

  test('CA8 a revoked serial is refused by the set, and by the signed list at the door', async (t) => {
    const authority = await testAuthority()
    const lost = await peerCertificate(authority, 'workstation', 'ws-3')
    const kept = await peerCertificate(authority, 'workstation', 'ws-4')
    assert.deepEqual(identifyPeer(lost.der, trusting(authority, [lost.serial])), {
      fault: 'revoked',
    })
    const list = await writeRevocationList(authority, [{ serial: lost.serial, at: now }], {
      ...minutes(60),
      number: 130,
    })
    const { port, refusals } = await door(t, authority, { crl: toPem('X509 CRL', list) })
    assert.equal((await visit(port, authority, lost)).text, '')
    assert.deepEqual(refusals, ['CERT_REVOKED'])
    assert.match((await visit(port, authority, kept)).text, /"ws-4"/)
    const crl = new x509.X509Crl(list)
    assert.ok(await crl.verify({ publicKey: new x509.X509Certificate(authority.certificate) }))
  })

  test('CA9 serials have 128 bits, are positive and differ', async () => {
    const authority = await testAuthority()
    const serials = new Set<string>()
    for (let i = 0; i < 20; i++)
      serials.add((await peerCertificate(authority, 'device', `c-${i}`)).serial)
    assert.equal(serials.size, 20)
    for (const serial of serials) assert.match(serial, /^[4-7][0-9a-f]{31}$/)
  })

  test('CA10 whatever bytes come, identification answers with a fault and never with a peer', async () => {
    const authority = await testAuthority()
    const { der } = await peerCertificate(authority, 'workstation', 'ws-3')
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        assert.ok('fault' in identifyPeer(bytes, trusting(authority)))
      }),
      { numRuns: 200 },
    )
    fc.assert(
      fc.property(fc.nat(der.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const altered = Uint8Array.from(der)
        altered[at] = (altered[at] ?? 0) ^ change
        assert.ok('fault' in identifyPeer(altered, trusting(authority)))
      }),
      { numRuns: 400 },
    )
  })

  test('CA11 no certificate outlives its authority or the longest life of its kind', async () => {
    const authority = await testAuthority()
    const { csr } = await newRequest()
    const peer = { kind: 'workstation', id: 'ws-3', request: csr } as const
    await assert.rejects(issueForPeer(authority, peer, minutes(60 * 25)), { kind: 'expired' })
    await assert.rejects(issueForPeer(authority, peer, minutes(60 * 24 * 91)), {
      kind: 'malformed',
    })
    await assert.rejects(issueForPeer(authority, peer, minutes(0)), { kind: 'malformed' })
    for (const names of [[], ['*.example'], ['a b'], Array.from({ length: 17 }, () => 'a')])
      await assert.rejects(issueForServer(authority, { names, request: csr }, minutes(60)), {
        kind: 'malformed',
      })
  })
})

/** A certificate by the authority's own key, but with names that `issueForPeer` would never write. */
async function signedWith(authority: Authority, names: x509.JsonGeneralNames) {
  const curve = { name: 'ECDSA', namedCurve: 'P-256' }
  const signingKey = await crypto.subtle.importKey('pkcs8', authority.privateKey, curve, false, [
    'sign',
  ])
  const { publicKey } = new x509.Pkcs10CertificateRequest((await newRequest()).csr)
  const issuer = new x509.X509Certificate(authority.certificate)
  const certificate = await x509.X509CertificateGenerator.create({
    subject: 'CN=ws-3',
    issuer: issuer.subject,
    ...{ notBefore: minutes(60).from, notAfter: minutes(60).until },
    publicKey,
    signingKey,
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth], true),
      new x509.SubjectAlternativeNameExtension(names),
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  })
  return new Uint8Array(certificate.rawData)
}
