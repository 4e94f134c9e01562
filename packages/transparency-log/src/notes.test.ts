import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { checkpointText, parseCheckpoint, signCheckpoint } from './checkpoints.ts'
import { LogFault } from './fault.ts'
import { cosignatureTime, cosigner, generateSigningKey, logSigner, noteVerifier } from './keys.ts'
import { checkSignatures, parseNote, signNote } from './notes.ts'

const vectors = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../vectors/${name}`, import.meta.url), 'utf8'))
const notes = vectors('notes.json') as {
  keys: { kind: string; signingKey: string; verifierKey: string }[]
  made: { text: string; time: number; log: string; witness: string; witnessText: string }
  good: { what: string; note: string; keys: string[]; signers: string[]; time?: number }[]
  badKeys: string[]
  bad: { why: string; note: string }[]
  badVerifierKeys: { why: string; key: string }[]
}
const checkpoints = vectors('checkpoints.json') as {
  good: { text: string; size: number; extensions: string[] }[]
  bad: { why: string; text: string }[]
}
const [logKey, witnessKey] = notes.keys.map(({ signingKey }) => signingKey)

test('TL10 keys and signatures come out byte for byte as in the vectors', () => {
  const log = logSigner(logKey!)
  const witness = cosigner(witnessKey!, () => notes.made.time * 1000 + 999)
  assert.deepEqual(
    [log.verifierKey, witness.verifierKey],
    notes.keys.map(({ verifierKey }) => verifierKey),
  )
  assert.equal(signNote(notes.made.text, [log]), notes.made.log)
  assert.equal(signNote(notes.made.witnessText, [witness]), notes.made.witness)
})

test('TL10 the notes of the vectors are read, and signed by whom they say', () => {
  for (const { what, note, keys, signers, time } of notes.good) {
    const checked = checkSignatures(parseNote(Buffer.from(note)), keys.map(noteVerifier))
    assert.deepEqual(
      checked.map(({ verifier }) => verifier.name),
      signers,
      what,
    )
    if (time !== undefined) assert.equal(cosignatureTime(checked.at(-1)!.signature), time)
  }
})

test('TL10 malformed notes and notes with a bad signature of a known key are refused', () => {
  for (const { why, note } of notes.bad)
    assert.throws(
      () => checkSignatures(parseNote(Buffer.from(note)), notes.badKeys.map(noteVerifier)),
      LogFault,
      why,
    )
  assert.throws(() => parseNote(Uint8Array.of(0xff, 0x0a)), /not UTF-8/)
})

test('TL10 whatever text is signed is read back, and any change of a byte is noticed', () => {
  const signer = logSigner(generateSigningKey('example.org/any', 'log'))
  const verifier = noteVerifier(signer.verifierKey)
  const line = fc.string({ unit: 'grapheme' }).map((text) => text.replace(/\p{Cc}/gu, ''))
  fc.assert(
    fc.property(fc.array(line, { minLength: 1 }), fc.nat(), (lines, seed) => {
      const text = `${lines.join('\n')}\n`
      const note = Buffer.from(signNote(text, [signer]))
      assert.equal(parseNote(note).text, text)
      assert.equal(checkSignatures(parseNote(note), [verifier]).length, 1)
      note[seed % note.length]! ^= 1
      let found = 0
      try {
        found = checkSignatures(parseNote(note), [verifier]).length
      } catch (error) {
        assert.ok(error instanceof LogFault)
      }
      assert.equal(found, 0)
    }),
  )
})

test('TL10 texts that no note can hold are not signed', () => {
  const signer = logSigner(logKey!)
  for (const text of ['', 'no newline', 'a\tb\n', 'a\r\n', '\ud800\n'])
    assert.throws(() => signNote(text, [signer]), LogFault)
  assert.throws(() => signNote('a\n', []), LogFault)
})

test('TL11 verifier keys that are damaged or of a kind not supported are refused', () => {
  for (const { why, key } of notes.badVerifierKeys)
    assert.throws(() => noteVerifier(key), LogFault, why)
})

test('TL11 a signing key serves for its kind only, and no fault repeats it', () => {
  assert.throws(() => cosigner(logKey!, () => 1e12), /not one of a witness/)
  assert.throws(() => logSigner(witnessKey!), /not one of a log/)
  const damaged = logKey!.replace(/.(=?)$/, 'A$1')
  for (const key of ['', 'nonsense', damaged])
    assert.throws(
      () => logSigner(key),
      (error: unknown) => error instanceof LogFault && !error.message.includes(damaged.slice(-20)),
    )
  for (const name of ['', 'a b', 'a+b', 'a\u00a0b', 'a\n'])
    assert.throws(() => generateSigningKey(name, 'log'), LogFault)
  assert.throws(() => cosigner(witnessKey!, () => 0).sign('a\n'), /clock/)
})

test('TL12 checkpoints are read and written as in the vectors', () => {
  for (const { text, size, extensions } of checkpoints.good) {
    const checkpoint = parseCheckpoint(text)
    assert.deepEqual([checkpoint.size, checkpoint.extensions], [size, extensions])
    assert.equal(checkpointText(checkpoint), text)
  }
  for (const { why, text } of checkpoints.bad)
    assert.throws(() => parseCheckpoint(text), LogFault, why)
})

test("TL12 a signed checkpoint bears its log's name as origin", () => {
  const signer = logSigner(logKey!)
  const { text } = parseNote(Buffer.from(signCheckpoint(signer, 3, new Uint8Array(32))))
  assert.equal(parseCheckpoint(text).origin, signer.name)
  assert.throws(() => signCheckpoint(signer, 3, new Uint8Array(31)), LogFault)
  assert.throws(() => signCheckpoint(signer, -1, new Uint8Array(32)), LogFault)
})
