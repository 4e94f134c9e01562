import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { cosigned, readerOf, sampleKeys, sampleLog } from '../../../test/support/sample-log.ts'
import { checkpointText, signCheckpoint } from './checkpoints.ts'
import { parseEvidence, proveEntry, verifyEvidence, writeEvidence } from './evidence.ts'
import { LogFault } from './fault.ts'
import { generateSigningKey, logSigner } from './keys.ts'
import { signNote } from './notes.ts'
import { meetsQuorum, openCheckpoint, parsePolicy, trustCheckpoint } from './policy.ts'

const vectors = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../vectors/${name}`, import.meta.url), 'utf8'))

test('TL13 the policies of the vectors are met by exactly the witnesses they ask for', () => {
  const { good } = vectors('policies.json') as {
    good: { policy: string; met: string[][]; unmet: string[][] }[]
  }
  for (const { policy, met, unmet } of good) {
    const { quorum } = parsePolicy(Buffer.from(policy))
    for (const names of met) assert.ok(meetsQuorum(quorum, new Set(names)), names.join())
    for (const names of unmet) assert.ok(!meetsQuorum(quorum, new Set(names)), names.join())
  }
})

test('TL13 a bad policy is refused with the line at fault', () => {
  const { bad } = vectors('policies.json') as {
    bad: { why: string; line: number | null; policy: string }[]
  }
  for (const { why, line, policy } of bad)
    assert.throws(
      () => parsePolicy(Buffer.from(policy)),
      (error: unknown) =>
        error instanceof LogFault &&
        (line === null || error.message.startsWith(`policy, line ${line}:`)),
      why,
    )
})

const keys = sampleKeys()
const { policy: policyText, root } = sampleLog(5, keys)
const policy = parsePolicy(policyText)

test('TL14 a checkpoint is trusted with the signature of its log and the quorum, and not before', () => {
  const signed = signCheckpoint(keys.log, 5, root)
  const full = cosigned(signed, keys.witness)
  const { checkpoint, witnesses } = trustCheckpoint(full, policy)
  assert.equal(checkpoint.size, 5)
  assert.deepEqual(witnesses, [{ name: 'hall', time: 1_790_000_000 }])
  assert.throws(() => trustCheckpoint(Buffer.from(signed), policy), /quorum: cosigned by none/)
  assert.equal(openCheckpoint(Buffer.from(signed), policy).witnesses.length, 0)

  const stranger = sampleKeys()
  assert.throws(
    () => trustCheckpoint(cosigned(signCheckpoint(stranger.log, 5, root), keys.witness), policy),
    /no log of the policy has signed/,
  )
  assert.throws(() => trustCheckpoint(cosigned(signed, stranger.witness), policy), /quorum/)
})

test('TL14 a log cannot speak under the origin of another', () => {
  const other = logSigner(generateSigningKey('example.org/other', 'log'))
  const both = Buffer.from(`log ${keys.log.verifierKey}\nlog ${other.verifierKey}\nquorum none\n`)
  const text = checkpointText({ origin: keys.log.name, size: 5, root, extensions: [] })
  assert.throws(
    () => trustCheckpoint(Buffer.from(signNote(text, [other])), parsePolicy(both)),
    /no log of the policy has signed/,
  )
})

const evidence = vectors('evidence.json') as {
  policy: string
  good: { what: string; proof: string; index: number; entry: string; carries: boolean }[]
  bad: { why: string; proof: string }[]
}
const evidencePolicy = parsePolicy(Buffer.from(evidence.policy))

test('TL15 a proof file of the vectors proves its entry, and is written back the same', () => {
  for (const { what, proof, index, entry, carries } of evidence.good) {
    const bytes = Buffer.from(proof)
    const given = Buffer.from(entry, 'base64')
    const proved = verifyEvidence(bytes, evidencePolicy, given)
    assert.deepEqual([proved.index, Buffer.from(proved.entry)], [index, given], what)
    assert.equal(writeEvidence(parseEvidence(bytes)), proof)
    if (carries) assert.deepEqual(verifyEvidence(bytes, evidencePolicy).entry, given)
    else assert.throws(() => verifyEvidence(bytes, evidencePolicy), /does not carry its entry/)
    assert.throws(() => verifyEvidence(bytes, evidencePolicy, Buffer.from('entry 5')), LogFault)
  }
})

test('TL15 a proof file that is malformed or does not hold is refused', () => {
  for (const { why, proof } of evidence.bad)
    assert.throws(() => verifyEvidence(Buffer.from(proof), evidencePolicy), LogFault, why)
  assert.throws(() => parseEvidence(new Uint8Array(1 << 20)), /at most/)
})

test('TL15 an entry is proved from the tiles with the entry in the file, and not from damaged ones', async () => {
  const log = sampleLog(700, keys)
  const checkpoint = log.files.get('checkpoint')!
  for (const index of [0, 255, 256, 699]) {
    const file = Buffer.from(await proveEntry(readerOf(log.files), checkpoint, index))
    const proved = verifyEvidence(file, policy)
    assert.deepEqual([proved.index, proved.checkpoint.size], [index, 700])
    assert.ok(Buffer.from(proved.entry).equals(log.entries[index]!))
  }
  await assert.rejects(proveEntry(readerOf(log.files), checkpoint, 700), /no entry 700/)
  log.files.get('tile/entries/001')![9]! ^= 1
  await assert.rejects(
    proveEntry(readerOf(log.files), checkpoint, 256),
    /entry 256 in tile\/entries/,
  )
})
