import assert from 'node:assert/strict'
import { test } from 'node:test'
import { verifyRegistrationResponse } from '@simplewebauthn/server'
import { createAttestationBatch } from '../../../workstation/attestation-batch.ts'
import {
  type AttestationBatch,
  SoftwareKey,
  softwareKeyAaguid,
} from '../../../workstation/software-key.ts'
import { toPem } from '../../authority/index.ts'
import { isOfListedModel } from './attestation.ts'

const origin = 'http://cloister.localhost:8080'
const now = new Date()

/** What the library says of a key that registers; it has checked every signature but no maker. */
async function registered(batch?: AttestationBatch) {
  const challenge = Buffer.alloc(32, 1).toString('base64url')
  const response = new SoftwareKey(origin, batch).register({
    challenge,
    rp: { id: 'cloister.localhost' },
    user: { id: 'cGVy', name: 'Ada' },
    pubKeyCredParams: [{ alg: -7, type: 'public-key' }],
  })
  const { verified, registrationInfo } = await verifyRegistrationResponse({
    ...{ response, expectedChallenge: challenge, expectedOrigin: origin },
    ...{ expectedRPID: 'cloister.localhost', requireUserVerification: true },
  })
  assert.ok(verified)
  assert.equal(registrationInfo.aaguid, softwareKeyAaguid)
  return registrationInfo
}

const listed = (...roots: readonly Uint8Array[]) =>
  new Map([[softwareKeyAaguid, roots.map((root) => toPem('CERTIFICATE', root))]])

test('ID10 a key is of a listed model when its attestation leads to a root of that model', async () => {
  const [batch, other] = [await createAttestationBatch(now), await createAttestationBatch(now)]
  const info = await registered(batch)
  assert.equal(isOfListedModel(listed(batch.root), info, now), true)
  assert.equal(isOfListedModel(listed(other.root, batch.root), info, now), true)
  assert.equal(isOfListedModel(listed(batch.certificate), info, now), true, 'the leaf itself')

  assert.equal(isOfListedModel(new Map(), info, now), false, 'no such model')
  const elsewhere = new Map([
    ['ee882879-721c-4913-9775-3dfcce97072a', [toPem('CERTIFICATE', batch.root)]],
  ])
  assert.equal(isOfListedModel(elsewhere, info, now), false, 'a root of another model')
  assert.equal(isOfListedModel(listed(other.root), info, now), false, 'another maker')
})

test('ID10 a key that vouches for itself, or whose certificates are out of date, is of no model', async () => {
  const batch = await createAttestationBatch(now)
  const alone = await registered()
  assert.equal(isOfListedModel(listed(batch.root), alone, now), false)
  const info = await registered(batch)
  const year = 365.25 * 86_400_000
  const inYears = (years: number) => new Date(now.getTime() + years * year)
  assert.equal(isOfListedModel(listed(batch.root), info, inYears(9)), true)
  assert.equal(isOfListedModel(listed(batch.root), info, inYears(11)), false)
  assert.equal(isOfListedModel(listed(batch.root), info, inYears(-1)), false)
  assert.equal(isOfListedModel(listed(batch.root), { ...info, fmt: 'none' }, now), false)
})
