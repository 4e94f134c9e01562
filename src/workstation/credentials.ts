import 'reflect-metadata'
import {
  createPublicKey,
  generateKeyPairSync,
  randomInt,
  webcrypto,
  X509Certificate,
} from 'node:crypto'
import { chmod, mkdir, open, readFile, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Pkcs10CertificateRequestGenerator } from '@peculiar/x509'
import { Check } from 'typebox/value'
import { Type, type Static } from 'typebox'
import { IssuedCertificate } from '../shared/facility.ts'
import type { ProblemKind } from '../shared/problems.ts'
import { callDoor, doorAgent, type Door, type DoorAnswer } from './door.ts'

const Kept = Type.Object(
  { key: Type.String(), certificate: Type.String(), ca: Type.String() },
  { additionalProperties: false },
)

/** The private key, the certificate and the issuing authority of one workstation or device; all PEM. */
export type Credentials = Static<typeof Kept>

/** An enrolment, a renewal or a stored credential that cannot be used. Quotes no secret. */
export class CredentialsFault extends Error {
  override readonly name = 'CredentialsFault'
}

/** The server has revoked the machine's certificate: nothing but an enrolment mends it. */
export class Revoked extends CredentialsFault {
  constructor(id: string) {
    super(
      `The server has revoked the certificate of ${id}. Enrol again with a new code (cloister workstation enrol ${id}).`,
    )
  }
}

const revoked: ProblemKind = 'certificate-revoked'
const Revocation = Type.Object({ type: Type.Literal(`/problems/${revoked}`) })

/** Whether a door says that the certificate it was shown is revoked. Any other refusal may pass by itself. */
export function saysRevoked({ body }: DoorAnswer): boolean {
  return Check(Revocation, body)
}

const fileName = 'credentials.json'

/** Reads the stored credentials; undefined before enrolment. Refuses a file that others could read. */
export async function loadCredentials(dir: string): Promise<Credentials | undefined> {
  const file = join(dir, fileName)
  const found = await stat(file).catch(() => undefined)
  if (found === undefined) return undefined
  if ((found.mode & 0o077) !== 0)
    throw new CredentialsFault(`${file} can be read by others: chmod 600 it, or enrol again.`)
  let kept: unknown
  try {
    kept = JSON.parse(await readFile(file, 'utf8'))
  } catch {
    throw new CredentialsFault(`${file} is damaged: delete it and enrol again.`)
  }
  if (!Check(Kept, kept))
    throw new CredentialsFault(`${file} is damaged: delete it and enrol again.`)
  return kept
}

/** What an enrolment needs: who asks, at which door, where the answer is kept. */
export interface Enrolment {
  readonly kind: 'workstation' | 'device'
  readonly id: string
  readonly door: Door
  readonly dir: string
}

/**
 * Makes a key, has it certified against a one-time code at `POST /enrolment`, and stores both.
 * The key never leaves this machine. A door that holds this network back is asked again when it says.
 * Throws `CredentialsFault` when the server refuses.
 */
export function enrol(enrolment: Enrolment, code: string): Promise<Credentials> {
  return certify(enrolment, undefined, '/enrolment', { code })
}

/** Replaces key and certificate over mutual TLS with the present ones, at `POST /enrolment/renewal`. */
export function renew(enrolment: Enrolment, present: Credentials): Promise<Credentials> {
  return certify(enrolment, present, '/enrolment/renewal', {})
}

/** The moment at which two thirds of a certificate's life are over. */
export function renewalDue({ certificate }: Credentials): Date {
  const { validFrom, validTo } = new X509Certificate(certificate)
  const from = Date.parse(validFrom)
  return new Date(from + ((Date.parse(validTo) - from) * 2) / 3)
}

/** Whether the certificate is valid at this moment. */
export function isValid({ certificate }: Credentials, now: Date): boolean {
  const { validFrom, validTo } = new X509Certificate(certificate)
  return now.getTime() >= Date.parse(validFrom) && now.getTime() < Date.parse(validTo)
}

async function certify(
  enrolment: Enrolment,
  present: Credentials | undefined,
  path: string,
  body: object,
): Promise<Credentials> {
  const { key, csr } = await newRequest(enrolment.id)
  const agent = doorAgent(enrolment.door, present, 1)
  try {
    const answered = await patiently(() =>
      callDoor(enrolment.door, agent, 'POST', path, { ...body, csr }),
    )
    if (present !== undefined && saysRevoked(answered)) throw new Revoked(enrolment.id)
    const { status, body: answer } = answered
    if (status !== 200 && status !== 201)
      throw new CredentialsFault(
        `The server refused ${present ? 'the renewal' : 'the enrolment'} of ${enrolment.id} with status ${status}.`,
      )
    if (!Check(IssuedCertificate, answer))
      throw new CredentialsFault('The server answered the enrolment in an unknown form.')
    const issued = { key, ...answer }
    checkIssued(enrolment, issued)
    await keep(enrolment.dir, issued)
    return issued
  } finally {
    agent.destroy()
  }
}

const HeldBack = Type.Object({ retryAfter: Type.Integer({ minimum: 1, maximum: 3600 }) })
const attempts = 100

/** Asks again for as long as the door only says that it is too early: a whole site may enrol at once. */
async function patiently(ask: () => Promise<DoorAnswer>): Promise<DoorAnswer> {
  let answer = await ask()
  for (let left = attempts; left > 0 && answer.status === 429; left -= 1) {
    if (!Check(HeldBack, answer.body)) break
    // Machines that were told the same second do not all come in it.
    await pause(answer.body.retryAfter * 1000 + randomInt(1000))
    answer = await ask()
  }
  return answer
}

async function newRequest(id: string): Promise<{ key: string; csr: string }> {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const curve = { name: 'ECDSA', namedCurve: 'P-256' }
  const privateKey = await webcrypto.subtle.importKey(
    'pkcs8',
    pair.privateKey.export({ format: 'der', type: 'pkcs8' }),
    curve,
    false,
    ['sign'],
  )
  const publicKey = await webcrypto.subtle.importKey(
    'spki',
    pair.publicKey.export({ format: 'der', type: 'spki' }),
    curve,
    true,
    ['verify'],
  )
  const csr = await Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: [id] }],
    keys: { privateKey, publicKey },
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
  })
  return {
    key: pair.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    csr: csr.toString('pem'),
  }
}

/** A certificate for another key or another name would only fail later and less clearly. */
function checkIssued({ kind, id }: Enrolment, issued: Credentials): void {
  let fits: boolean
  try {
    const certificate = new X509Certificate(issued.certificate)
    const spki = { format: 'der', type: 'spki' } as const
    fits =
      certificate.subjectAltName === `URI:urn:cloister:${kind}:${id}` &&
      certificate.verify(new X509Certificate(issued.ca).publicKey) &&
      certificate.publicKey.export(spki).equals(createPublicKey(issued.key).export(spki))
  } catch {
    fits = false
  }
  if (!fits) throw new CredentialsFault(`The certificate that came back is not one for ${id}.`)
}

/** One file, replaced as a whole, so that key and certificate always belong together. */
async function keep(dir: string, credentials: Credentials): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 })
  await chmod(dir, 0o700)
  await replaceFile(join(dir, fileName), JSON.stringify(credentials))
}

/** Writes a file that only its owner can read, durably, in one step: old content or new, never half. */
export async function replaceFile(path: string, content: string): Promise<void> {
  const half = `${path}.new`
  const file = await open(half, 'w', 0o600)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(half, path)
}
