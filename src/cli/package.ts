/**
 * Checks a delivery's package offline: shared by `cloister` and the one-file verifier, so only
 * Node's built-ins and packages without dependencies may be imported here.
 */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import {
  checkSignatures,
  LogFault,
  longestEvidence,
  noteVerifier,
  type NoteVerifier,
  parseNote,
  type Policy,
  trustCheckpoint,
  verifyEvidence,
} from '@cloister/transparency-log'
import { type Manifest, parseManifestText } from '../shared/package/manifest.ts'
import { readTar } from '../shared/package/tar.ts'
import { type Finding, finding, logPolicyOf, readNamed, unsound } from './offline.ts'
import { Fault } from './terminal.ts'

const longestManifest = 32 << 20

/** Whom a client trusts: the log with its witnesses, and the key that signs deliveries. */
export interface DeliveryPolicy {
  readonly log: Policy
  readonly delivery: NoteVerifier
}

/**
 * Reads a policy for deliveries: a tlog-policy (C2SP) with one more line, `delivery <verifier key>`.
 * Keys are only ever taken from here, never from a package.
 */
export async function readDeliveryPolicy(file: string): Promise<DeliveryPolicy> {
  const bytes = await readNamed(file, 'the policy', 1 << 20)
  const lines = Buffer.from(bytes).toString('utf8').split('\n')
  const keys = lines.flatMap((line) => /^delivery[ \t]+(\S+)[ \t\r]*$/.exec(line)?.[1] ?? [])
  const [key] = keys
  if (key === undefined || keys.length > 1)
    throw new Fault(
      `the policy ${file} needs one line 'delivery' with the key that signs deliveries`,
      2,
    )
  return { log: logPolicyOf(bytes), delivery: noteVerifier(key) }
}

/** Verifies a package without decrypting anything. What is wrong is a finding that names the file. */
export async function checkPackage(path: string, policyFile: string): Promise<Finding> {
  const policy = await readDeliveryPolicy(policyFile)
  if ((await stat(path).catch(() => null))?.isFile() !== true)
    throw new Fault(`${path} is not a file`, 2)
  return finding(async () => {
    const manifest = await verifyPackage(path, policy)
    const { delivery, code, items, releasedBy, approvedBy, recipient } = manifest
    return {
      report: { sound: true, delivery, code, items, releasedBy, approvedBy, recipient },
      lines: [
        `The package is sound: ${items} items of ${code}, delivery ${delivery}.`,
        `released by ${releasedBy}, approved by ${approvedBy}, sealed for ${recipient}`,
      ],
    }
  })
}

/**
 * Reads a package from its start to its end: signature of the manifest, then every other file
 * against it, then what the proofs prove.
 * @throws Unsound naming the first file that is not what the manifest says
 */
export async function verifyPackage(path: string, policy: DeliveryPolicy): Promise<Manifest> {
  let manifest: Manifest | null = null
  const evidence = new Map<string, Uint8Array>()
  const missing = new Set<string>()
  for await (const { name, size, content } of readTar(
    createReadStream(path, { highWaterMark: 1 << 20 }),
  )) {
    if (manifest === null) {
      if (name !== 'manifest.note')
        throw unsound('the first file of a package must be manifest.note', name)
      manifest = openManifest(await collect(content, size, longestManifest, name), policy)
      for (const file of [...manifest.evidence, { name: 'payload.age' }]) missing.add(file.name)
      continue
    }
    const stated =
      name === 'payload.age'
        ? manifest.payload
        : manifest.evidence.find((file) => file.name === name)
    if (stated === undefined || !missing.delete(name))
      throw unsound('this file is not named by the manifest', name)
    if (size !== stated.size) throw unsound('the size is not the one in the manifest', name)
    const bytes =
      name === 'payload.age' ? null : await collect(content, size, longestEvidence, name)
    const hash =
      bytes === null ? await hashOf(content) : createHash('sha256').update(bytes).digest('hex')
    if (hash !== stated.sha256) throw unsound('the content is not the one in the manifest', name)
    if (bytes !== null) evidence.set(name, bytes)
  }
  if (manifest === null) throw unsound('the package holds no manifest', 'manifest.note')
  const [absent] = missing
  if (absent !== undefined) throw unsound('this file is missing', absent)
  checkEvidence(manifest, evidence, policy)
  return manifest
}

function openManifest(bytes: Uint8Array, policy: DeliveryPolicy): Manifest {
  const { note, signed } = inFile('manifest.note', () => {
    const note = parseNote(bytes)
    return { note, signed: checkSignatures(note, [policy.delivery]).length > 0 }
  })
  if (!signed) throw unsound('the manifest is not signed by the key in the policy', 'manifest.note')
  const manifest = parseManifestText(note.text)
  if (manifest === null) throw unsound('the manifest cannot be read', 'manifest.note')
  return manifest
}

/** Both proofs must speak of this delivery, by the two people whom the manifest names, who differ. */
function checkEvidence(
  manifest: Manifest,
  evidence: ReadonlyMap<string, Uint8Array>,
  policy: DeliveryPolicy,
): void {
  const checkpoint = evidence.get('checkpoint')
  if (checkpoint === undefined) throw unsound('the checkpoint is missing', 'checkpoint')
  inFile('checkpoint', () => trustCheckpoint(checkpoint, policy.log))
  if (manifest.releasedBy === manifest.approvedBy)
    throw unsound('one person released and approved', 'manifest.note')
  for (const [name, action, actor] of [
    ['proofs/release.tlog-proof', 'delivery.release', manifest.releasedBy],
    ['proofs/approval.tlog-proof', 'delivery.approve', manifest.approvedBy],
  ] as const) {
    const proof = evidence.get(name)
    if (proof === undefined) throw unsound('this proof is missing', name)
    const { entry } = inFile(name, () => verifyEvidence(proof, policy.log))
    const said = fieldsOf(entry)
    if (said === null) throw unsound('the proved entry is no JSON object', name)
    const wanted = {
      action,
      actor,
      resource: `Delivery::${manifest.delivery}`,
      project: manifest.project,
      outcome: 'done',
    }
    const holds = Object.entries(wanted).every(([key, value]) => said.get(key) === value)
    if (!holds) throw unsound('the proved entry is not that of this delivery', name)
  }
}

/** The fields of an entry, or null: a log proves any bytes. */
function fieldsOf(entry: Uint8Array): ReadonlyMap<string, unknown> | null {
  try {
    const said: unknown = JSON.parse(Buffer.from(entry).toString('utf8'))
    return typeof said === 'object' && said !== null && !Array.isArray(said)
      ? new Map(Object.entries(said))
      : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

/** A fault of a note or a proof is told as one of the file that holds it. */
function inFile<T>(name: string, check: () => T): T {
  try {
    return check()
  } catch (error) {
    throw error instanceof LogFault ? unsound(error.message, name) : error
  }
}

async function collect(
  content: AsyncIterable<Uint8Array>,
  size: number,
  most: number,
  name: string,
): Promise<Uint8Array> {
  if (size > most) throw unsound(`this file has more than ${most} bytes`, name)
  const pieces: Uint8Array[] = []
  for await (const piece of content) pieces.push(piece)
  return Buffer.concat(pieces)
}

async function hashOf(content: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of content) hash.update(piece)
  return hash.digest('hex')
}
