import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  SettingsService,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
  type AuthenticationResponseJSON,
  type RegistrationResponseJSON,
} from '@simplewebauthn/server'
import { startTestDoor } from '../../test/support/doors.ts'
import { createAttestationBatch } from './attestation-batch.ts'
import { SoftwareKey, softwareKeyAaguid } from './software-key.ts'
import { startWorkstation } from './workstation.ts'

const origin = 'http://ws-3.localhost:4003'
const site = { expectedOrigin: origin, expectedRPID: 'ws-3.localhost' }

const registration = () =>
  generateRegistrationOptions({
    ...{ rpName: 'Cloister', rpID: 'ws-3.localhost', userName: 'p_ada' },
    ...{ attestationType: 'direct', supportedAlgorithmIDs: [-7] },
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
  })
const signIn = () =>
  generateAuthenticationOptions({ rpID: 'ws-3.localhost', userVerification: 'required' })

/** Registers Ada on the key as the server does. */
async function registered(key: SoftwareKey) {
  const options = await registration()
  const response: RegistrationResponseJSON = key.register(options)
  const { verified, registrationInfo } = await verifyRegistrationResponse({
    ...{ response, expectedChallenge: options.challenge, ...site, requireUserVerification: true },
  })
  assert.ok(verified)
  return registrationInfo
}

function trust(der: Uint8Array): void {
  SettingsService.setRootCertificates({ identifier: 'packed', certificates: [Buffer.from(der)] })
}

suite('software key', () => {
  test('WK1 a registration verifies as user-verified, bound to one device and of the named model', async () => {
    const info = await registered(new SoftwareKey(origin))
    assert.equal(info.fmt, 'packed')
    assert.equal(info.userVerified, true)
    assert.equal(info.credentialDeviceType, 'singleDevice')
    assert.equal(info.credentialBackedUp, false)
    assert.equal(info.aaguid, softwareKeyAaguid)
    assert.equal(info.credential.counter, 1)
  })

  test('WK2 a sign-in verifies and its counter grows each time', async () => {
    const key = new SoftwareKey(origin)
    let { credential } = await registered(key)
    for (const counter of [2, 3]) {
      const options = await signIn()
      const response: AuthenticationResponseJSON = key.sign(options)
      const { verified, authenticationInfo } = await verifyAuthenticationResponse({
        ...{ response, expectedChallenge: options.challenge, ...site, credential },
      })
      assert.ok(verified && authenticationInfo.userVerified)
      assert.equal(authenticationInfo.newCounter, counter)
      credential = { ...credential, counter }
    }
  })

  test('WK3 an attestation by the batch verifies against its root and against no other', async (t) => {
    t.after(() => {
      SettingsService.setRootCertificates({ identifier: 'packed', certificates: [] })
    })
    const batch = await createAttestationBatch(new Date())
    const other = await createAttestationBatch(new Date())
    trust(batch.root)
    assert.equal((await registered(new SoftwareKey(origin, batch))).aaguid, softwareKeyAaguid)
    trust(other.root)
    await assert.rejects(registered(new SoftwareKey(origin, batch)))
  })

  test('WK4 the key refuses another site, another algorithm, a second credential and an unknown one', async () => {
    const key = new SoftwareKey(origin)
    const options = await registration()
    const first = key.register(options)
    const exclude = { ...options, excludeCredentials: [{ id: first.id }] }
    assert.throws(() => key.register(exclude), /already holds/)
    assert.throws(() => key.register({ ...options, rp: { id: 'evil.example' } }), /no other site/)
    const rsa = { ...options, pubKeyCredParams: [{ alg: -257, type: 'public-key' }] }
    assert.throws(() => key.register(rsa), /ES256/)
    for (const rpId of ['ws-4.localhost', 'localhost'])
      assert.throws(() => key.sign({ challenge: 'AA', rpId }), /no other site/)
    const unknown = { challenge: 'AA', allowCredentials: [{ id: 'AA' }] }
    assert.throws(() => key.sign(unknown), /holds no credential/)
    assert.throws(() => key.sign({ challenge: 'AA' }, 'p_ben'), /holds no credential/)
  })

  test('WK5 the workstation offers the key to its own pages only, and keeps it sealed', async (t) => {
    const door = await startTestDoor(t)
    const dir = await mkdtemp(join(tmpdir(), 'cloister-key-'))
    t.after(() => rm(dir, { recursive: true }))
    const options = {
      ...{ id: 'ws-3', listen: { host: '127.0.0.1', port: 0 }, server: door.door, dir },
      ...{ clock: () => new Date(), softwareKey: true },
    }
    const first = await startWorkstation(options)
    const own = { origin: first.url, 'content-type': 'application/json' }
    const create = JSON.stringify(await registration())
    for (const headers of [
      { ...own, origin: 'https://evil.example' },
      { 'content-type': 'application/json' },
      { ...own, 'content-type': 'text/plain' },
    ])
      assert.equal((await post(first.url, '/software-key/register', create, headers)).status, 403)
    for (const body of ['{', '{}', '"x"', 'x'.repeat(40_000)])
      assert.equal((await post(first.url, '/software-key/register', body, own)).status, 422)
    assert.equal((await post(first.url, '/software-key/other', create, own)).status, 404)
    const { status, body } = await post(first.url, '/software-key/register', create, own)
    assert.equal(status, 200)
    const { id } = JSON.parse(body) as { id: string }
    const sealed = await readFile(join(dir, 'software-key.sealed'), 'utf8')
    assert.ok(!Buffer.from(sealed, 'base64').toString('latin1').includes('PRIVATE KEY'))
    await first.close()

    const second = await startWorkstation(options)
    t.after(() => second.close())
    const again = await post(second.url, '/software-key/sign', JSON.stringify(await signIn()), {
      ...own,
      origin: second.url,
    })
    assert.equal((JSON.parse(again.body) as { id: string }).id, id)
    assert.deepEqual(second.attestationRoot, first.attestationRoot)
  })
})

async function post(url: string, path: string, body: string, headers: Record<string, string>) {
  const { port, host } = new URL(url)
  const call = httpRequest({
    ...{ host: '127.0.0.1', port, path, method: 'POST', headers: { host, ...headers } },
  })
  call.end(body)
  const [answer] = (await once(call, 'response')) as [IncomingMessage]
  let text = ''
  for await (const chunk of answer.setEncoding('utf8')) text += String(chunk)
  return { status: answer.statusCode, body: text }
}
