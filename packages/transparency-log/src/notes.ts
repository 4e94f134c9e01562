import { fromBase64, toBase64 } from './base64.ts'
import { LogFault } from './fault.ts'
import { checkName, keyIdText, type NoteSigner, type NoteVerifier } from './keys.ts'

/** One signature line of a note, read and not yet checked. */
export interface NoteSignature {
  readonly name: string
  readonly keyId: number
  readonly signature: Uint8Array
}

/** A signed note (C2SP signed-note), read and not yet checked. */
export interface Note {
  /** What is signed, with its final newline. */
  readonly text: string
  readonly signatures: readonly NoteSignature[]
}

/** A signature that a known key has made on a note. */
export interface CheckedSignature {
  readonly verifier: NoteVerifier
  readonly signature: Uint8Array
}

/** The most signature lines that are read; the standard asks for at least 16. */
const mostSignatures = 128

/**
 * Reads a signed note. The last empty line parts text and signatures. Throws a LogFault when it is
 * not UTF-8, holds a control character other than the newline, or has no signature line, more than
 * 128, or a malformed one. Callers bound the length.
 */
export function parseNote(bytes: Uint8Array): Note {
  const note = decodeUtf8(bytes, 'the note')
  const control = /[\0-\x09\x0b-\x1f]/.exec(note)
  if (control !== null)
    throw new LogFault(`the note holds a control character in line ${lineAt(note, control.index)}`)
  const split = note.lastIndexOf('\n\n')
  if (split < 0 || !note.endsWith('\n'))
    throw new LogFault('the note has no empty line before its signatures')
  const lines = note.slice(split + 2, -1).split('\n')
  if (split + 2 === note.length) throw new LogFault('the note bears no signature')
  if (lines.length > mostSignatures)
    throw new LogFault(`the note bears more than ${mostSignatures} signatures`)
  return { text: note.slice(0, split + 1), signatures: lines.map(parseSignatureLine) }
}

/** Reads one signature line without its newline. Throws a LogFault when it is malformed. */
export function parseSignatureLine(line: string): NoteSignature {
  const match = /^\u2014 ([^ ]+) ([^ ]+)$/.exec(line)
  const [, name = '', encoded = ''] = match ?? []
  const bytes = fromBase64(encoded)
  if (match === null || bytes === null || bytes.length < 5)
    throw new LogFault('a signature line reads: em dash, name, Base64 of key ID and signature')
  checkName(name)
  return { name, keyId: Buffer.from(bytes).readUInt32BE(), signature: bytes.subarray(4) }
}

/** Writes one signature line with its newline. */
export function signatureLine({ name, keyId, signature }: NoteSignature): string {
  const id = Buffer.alloc(4)
  id.writeUInt32BE(keyId)
  return `\u2014 ${name} ${toBase64(Buffer.concat([id, signature]))}\n`
}

/** Signs a text, which must end with a newline and hold no other control character. */
export function signNote(text: string, signers: readonly NoteSigner[]): string {
  if (!text.endsWith('\n') || /[\0-\x09\x0b-\x1f]|\p{Cs}/u.test(text))
    throw new LogFault('the text of a note ends with a newline and holds no control character')
  if (signers.length === 0) throw new LogFault('a note needs at least one signature')
  const lines = signers.map((signer) =>
    signatureLine({ name: signer.name, keyId: signer.keyId, signature: signer.sign(text) }),
  )
  return `${text}\n${lines.join('')}`
}

/**
 * The signatures of the given keys on a note. Lines of a name and key ID that none of the keys has
 * are ignored; one bad signature of a known key rejects the whole note with a LogFault.
 */
export function checkSignatures(
  note: Note,
  verifiers: readonly NoteVerifier[],
): CheckedSignature[] {
  return note.signatures.flatMap(({ name, keyId, signature }) =>
    verifiers
      .filter((verifier) => verifier.name === name && verifier.keyId === keyId)
      .map((verifier) => {
        if (!verifier.verify(note.text, signature))
          throw new LogFault(`the signature of '${name}' (${keyIdText(keyId)}) is wrong`)
        return { verifier, signature }
      }),
  )
}

/** The text of UTF-8 bytes, exactly; throws a LogFault when they are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array, what: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new LogFault(`${what} is not UTF-8`)
  }
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length
}
