import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto'
import { fromBase64, toBase64 } from './base64.ts'
import { LogFault } from './fault.ts'

/** Signs the text of a note. A key in a token implements this as well as one in memory. */
export interface NoteSigner {
  readonly name: string
  /** The first four bytes of SHA-256(name ‖ 0x0A ‖ type ‖ public key), as a number. */
  readonly keyId: number
  /** The verifier key as text, `name+keyid+base64`. */
  readonly verifierKey: string
  /** The bytes that stand behind the key ID in a signature line. */
  sign(text: string): Uint8Array
}

/** Checks signatures of one key on the texts of notes. */
export interface NoteVerifier {
  readonly name: string
  readonly keyId: number
  readonly kind: KeyKind
  /** 32 bytes (Ed25519). Two verifiers with equal bytes are the same key whatever they are called. */
  readonly publicKey: Uint8Array
  verify(text: string, signature: Uint8Array): boolean
}

/** `log`: plain Ed25519 over the text. `witness`: Ed25519 over time and text (C2SP tlog-cosignature v1). */
export type KeyKind = 'log' | 'witness'

const typeByte = { log: 0x01, witness: 0x04 } as const
const spki = Buffer.from('302a300506032b6570032100', 'hex')
const pkcs8 = Buffer.from('302e020100300506032b657004220420', 'hex')
const signatureLength = 64

/**
 * Makes an Ed25519 signing key and gives it as one line, `PRIVATE+KEY+name+keyid+base64(type ‖ seed)`,
 * the form that Go's sumdb/note reads. It is a secret: whoever has it signs in this name.
 */
export function generateSigningKey(name: string, kind: KeyKind): string {
  checkName(name)
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const seed = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(pkcs8.length)
  const id = keyIdText(keyIdOf(name, kind, rawPublicKey(publicKey)))
  const secret = Buffer.concat([Uint8Array.of(typeByte[kind]), seed])
  return `PRIVATE+KEY+${name}+${id}+${toBase64(secret)}`
}

/** Reads a log's signing key. Throws a LogFault, which never repeats the key, when it is none. */
export function logSigner(signingKey: string): NoteSigner {
  const { key, ...identity } = readSigningKey(signingKey, 'log')
  return { ...identity, sign: (text) => sign(null, Buffer.from(text), key) }
}

/**
 * Reads a witness's signing key. `now` gives the time of each cosignature in milliseconds since
 * 1970 and is rounded down to seconds. Faults as logSigner.
 */
export function cosigner(signingKey: string, now: () => number): NoteSigner {
  const { key, ...identity } = readSigningKey(signingKey, 'witness')
  return {
    ...identity,
    sign(text) {
      const seconds = Math.floor(now() / 1000)
      if (!Number.isSafeInteger(seconds) || seconds < 1)
        throw new LogFault('the clock of the witness is wrong: it says 1970 or before')
      const time = Buffer.alloc(8)
      time.writeBigUInt64BE(BigInt(seconds))
      return Buffer.concat([time, sign(null, cosignedMessage(time, text), key)])
    },
  }
}

/**
 * Reads a verifier key, `name+hex(key ID)+base64(type ‖ public key)`. Throws a LogFault when it is
 * malformed, when the key ID is not that of name and key, or when the kind of key is none of ours:
 * ECDSA, RFC 6962 and ML-DSA-44 keys (types 2, 5, 6) are refused, not ignored.
 */
export function noteVerifier(verifierKey: string): NoteVerifier {
  const match = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(verifierKey)
  const [, name = '', id = '', encoded = ''] = match ?? []
  const bytes = fromBase64(encoded)
  if (match === null || bytes === null || bytes.length === 0)
    throw new LogFault('a verifier key reads name+key ID (8 hex digits)+Base64')
  checkName(name)
  const kind = kindOf(bytes[0])
  const publicKey = bytes.subarray(1)
  if (kind === null)
    throw new LogFault(
      `the key of '${name}' is of type ${bytes[0] ?? 0}; supported are 1 (Ed25519) and 4 (Ed25519 cosignature)`,
    )
  if (publicKey.length !== 32) throw new LogFault(`the key of '${name}' must have 32 bytes`)
  const keyId = keyIdOf(name, kind, publicKey)
  if (keyIdText(keyId) !== id)
    throw new LogFault(`the key ID of '${name}' should be ${keyIdText(keyId)}, not ${id}`)
  const key = createPublicKey({
    key: Buffer.concat([spki, publicKey]),
    format: 'der',
    type: 'spki',
  })
  const checks = (text: string, signature: Uint8Array): boolean => {
    if (kind === 'log')
      return signature.length === signatureLength && verify(null, Buffer.from(text), key, signature)
    if (signature.length !== 8 + signatureLength || cosignatureTime(signature) === null)
      return false
    const message = cosignedMessage(signature.subarray(0, 8), text)
    return verify(null, message, key, signature.subarray(8))
  }
  return { name, keyId, kind, publicKey, verify: checks }
}

/** The moment of a cosignature in seconds since 1970; null when it is malformed, zero or past 2^53. */
export function cosignatureTime(signature: Uint8Array): number | null {
  if (signature.length !== 8 + signatureLength) return null
  const time = Number(Buffer.from(signature.subarray(0, 8)).readBigUInt64BE())
  return Number.isSafeInteger(time) && time > 0 ? time : null
}

/** Throws unless a key may bear this name: not empty, no white space, no control character, no `+`. */
export function checkName(name: string): void {
  if (!/^[^\s+\p{Cc}\p{Z}]+$/u.test(name))
    throw new LogFault('a key needs a name without spaces, control characters and +')
}

/** A key ID as eight hex digits. */
export function keyIdText(keyId: number): string {
  return keyId.toString(16).padStart(8, '0')
}

function cosignedMessage(time: Uint8Array, text: string): Buffer {
  const seconds = Buffer.from(time).readBigUInt64BE()
  return Buffer.from(`cosignature/v1\ntime ${seconds}\n${text}`)
}

function readSigningKey(
  signingKey: string,
  wanted: KeyKind,
): Omit<NoteSigner, 'sign'> & { key: KeyObject } {
  const match = /^PRIVATE\+KEY\+([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(signingKey.trimEnd())
  const [, name = '', id = '', encoded = ''] = match ?? []
  const bytes = fromBase64(encoded)
  if (match === null || bytes?.length !== 33)
    throw new LogFault('a signing key reads PRIVATE+KEY+name+key ID+Base64 of 33 bytes')
  checkName(name)
  if (kindOf(bytes[0]) !== wanted) throw new LogFault(`the signing key is not one of a ${wanted}`)
  const key = createPrivateKey({
    key: Buffer.concat([pkcs8, bytes.subarray(1)]),
    format: 'der',
    type: 'pkcs8',
  })
  const publicKey = rawPublicKey(createPublicKey(key))
  const keyId = keyIdOf(name, wanted, publicKey)
  if (keyIdText(keyId) !== id)
    throw new LogFault(`the signing key is damaged: its key ID should be ${keyIdText(keyId)}`)
  const encodedPublic = toBase64(Buffer.concat([Uint8Array.of(typeByte[wanted]), publicKey]))
  return { name, keyId, key, verifierKey: `${name}+${id}+${encodedPublic}` }
}

function kindOf(type: number | undefined): KeyKind | null {
  if (type === typeByte.log) return 'log'
  return type === typeByte.witness ? 'witness' : null
}

function keyIdOf(name: string, kind: KeyKind, publicKey: Uint8Array): number {
  const digest = createHash('sha256').update(`${name}\n`)
  return digest.update(Uint8Array.of(typeByte[kind])).update(publicKey).digest().readUInt32BE()
}

function rawPublicKey(key: KeyObject): Uint8Array {
  return key.export({ format: 'der', type: 'spki' }).subarray(spki.length)
}
