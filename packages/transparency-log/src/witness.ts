import { fromBase64, fromDecimal, toBase64 } from './base64.ts'
import { type Checkpoint, longestCheckpoint, parseCheckpoint } from './checkpoints.ts'
import { LogFault } from './fault.ts'
import { emptyRoot, hashLength, sameBytes } from './hash.ts'
import { cosignatureTime, type NoteSigner, noteVerifier, type NoteVerifier } from './keys.ts'
import {
  checkSignatures,
  decodeUtf8,
  type Note,
  parseNote,
  parseSignatureLine,
  signatureLine,
} from './notes.ts'
import { longestProof, verifyConsistency } from './proofs.ts'

/** What a log asks of a witness (C2SP tlog-witness, add-checkpoint). */
export interface CosignRequest {
  /** The size that the witness cosigned last, as far as the log knows; 0 at first. */
  readonly oldSize: number
  /** The consistency proof from there to the checkpoint. */
  readonly proof: readonly Uint8Array[]
  /** The signed checkpoint, verbatim. */
  readonly checkpoint: string
}

/** The longest add-checkpoint body in bytes. */
export const longestCosignRequest = longestCheckpoint + 4096

/** An answer over HTTP: status, type and body. */
export interface WitnessReply {
  readonly status: 200 | 400 | 403 | 404 | 409 | 422
  readonly type: 'text/plain; charset=utf-8' | 'text/x.tlog.size'
  readonly body: string
}

/** Where a witness keeps the last checkpoint that it cosigned for each log, as a note. */
export interface WitnessStore {
  /** The note kept for this origin, or null when there never was one. Throws when it cannot be read. */
  latest(origin: string): Promise<string | null>
  /**
   * Keeps `to` in the place of `from` and returns true once a crash cannot undo it; returns false,
   * and keeps what there is, when that is not `from`. Comparing and keeping are one step: of any
   * number of calls with the same `from` exactly one returns true.
   */
  replace(origin: string, from: string | null, to: string): Promise<boolean>
}

/** A witness: the logs it knows, its key, and what it has seen. */
export interface Witness {
  readonly logs: readonly NoteVerifier[]
  readonly cosigner: NoteSigner
  readonly store: WitnessStore
}

/** Writes the body of an add-checkpoint request. */
export function writeCosignRequest({ oldSize, proof, checkpoint }: CosignRequest): string {
  return `${[`old ${oldSize}`, ...proof.map(toBase64)].join('\n')}\n\n${checkpoint}`
}

/** Reads the body of an add-checkpoint request. Throws a LogFault when it is malformed. */
export function parseCosignRequest(bytes: Uint8Array): CosignRequest {
  if (bytes.length > longestCosignRequest)
    throw new LogFault(`a request has at most ${longestCosignRequest} bytes`)
  const text = decodeUtf8(bytes, 'the request')
  const split = text.indexOf('\n\n')
  const [first = '', ...lines] = text.slice(0, Math.max(split, 0)).split('\n')
  const oldSize = first.startsWith('old ') ? fromDecimal(first.slice(4)) : null
  if (oldSize === null)
    throw new LogFault("line 1 of the request must be 'old' and a decimal number")
  if (lines.length > longestProof) throw new LogFault(`a proof has at most ${longestProof} hashes`)
  const proof = lines.map((line, at) => {
    const hash = fromBase64(line)
    if (hash?.length !== hashLength)
      throw new LogFault(`line ${at + 2} of the request must be 32 bytes in Base64`)
    return hash
  })
  return { oldSize, proof, checkpoint: text.slice(split + 2) }
}

/**
 * The decision of a witness that last cosigned `latest` (null: nothing yet): null to cosign, else
 * the refusal. It never accepts two checkpoints of which neither continues the other.
 */
export function judgeCheckpoint(
  latest: Pick<Checkpoint, 'size' | 'root'> | null,
  { oldSize, proof }: Pick<CosignRequest, 'oldSize' | 'proof'>,
  { size, root }: Pick<Checkpoint, 'size' | 'root'>,
): WitnessReply | null {
  if (oldSize > size) return reply(400, 'the old size is greater than that of the checkpoint')
  const seen = latest ?? { size: 0, root: emptyRoot() }
  if (oldSize !== seen.size)
    return { status: 409, type: 'text/x.tlog.size', body: `${seen.size}\n` }
  if (size === 0 && !sameBytes(root, emptyRoot()))
    return reply(422, 'the root of a log without entries is the hash of nothing')
  const holds =
    oldSize === 0
      ? proof.length === 0
      : verifyConsistency({ oldSize, oldRoot: seen.root, newSize: size, newRoot: root, proof })
  return holds ? null : reply(422, 'the checkpoint does not continue the one cosigned before')
}

/**
 * Answers an add-checkpoint request. The cosignature leaves this function only after the store has
 * kept the checkpoint. Throws when the store fails or what it keeps is damaged; then nothing is signed.
 */
export async function addCheckpoint(witness: Witness, body: Uint8Array): Promise<WitnessReply> {
  let request: CosignRequest
  let note: Note
  let checkpoint: Checkpoint
  try {
    request = parseCosignRequest(body)
    note = parseNote(Buffer.from(request.checkpoint))
    checkpoint = parseCheckpoint(note.text)
  } catch (error) {
    if (error instanceof LogFault) return reply(400, error.message)
    throw error
  }
  const refusal = checkLog(witness.logs, note, checkpoint.origin)
  if (refusal !== null) return refusal
  const kept = await witness.store.latest(checkpoint.origin)
  const latest = kept === null ? null : keptCheckpoint(witness, checkpoint.origin, kept)
  const refused = judgeCheckpoint(latest, request, checkpoint)
  if (refused !== null) return refused

  const { name, keyId } = witness.cosigner
  const line = signatureLine({ name, keyId, signature: witness.cosigner.sign(note.text) })
  const logLines = note.signatures
    .filter((signature) =>
      witness.logs.some((log) => log.name === signature.name && log.keyId === signature.keyId),
    )
    .map(signatureLine)
  const cosigned = `${note.text}\n${logLines.join('')}${line}`
  if (await witness.store.replace(checkpoint.origin, kept, cosigned))
    return reply(200, line.slice(0, -1))
  const other = await witness.store.latest(checkpoint.origin)
  const { size } = keptCheckpoint(witness, checkpoint.origin, other ?? '')
  return { status: 409, type: 'text/x.tlog.size', body: `${size}\n` }
}

/**
 * Reads what a store kept. Throws a LogFault unless it is a checkpoint of this origin with the
 * witness's own cosignature: a damaged or exchanged record must stop the witness, not reset it.
 */
export function keptCheckpoint(
  { cosigner }: Pick<Witness, 'cosigner'>,
  origin: string,
  kept: string,
): Checkpoint {
  const note = parseNote(Buffer.from(kept))
  const checkpoint = parseCheckpoint(note.text)
  const own = checkSignatures(note, [noteVerifier(cosigner.verifierKey)])
  if (checkpoint.origin !== origin || own.length === 0)
    throw new LogFault(
      'the checkpoint kept for this log does not bear this witness\u2019s cosignature',
    )
  return checkpoint
}

function checkLog(logs: readonly NoteVerifier[], note: Note, origin: string): WitnessReply | null {
  const known = logs.filter((log) => log.name === origin)
  if (known.length === 0) return reply(404, 'this witness does not know the log')
  try {
    if (checkSignatures(note, known).length > 0) return null
    return reply(403, 'no key that this witness trusts has signed the checkpoint')
  } catch (error) {
    if (error instanceof LogFault) return reply(403, error.message)
    throw error
  }
}

function reply(status: WitnessReply['status'], line: string): WitnessReply {
  return { status, type: 'text/plain; charset=utf-8', body: `${line}\n` }
}

/**
 * Asks a witness for its cosignature on a signed checkpoint and returns the checked signature line.
 * `lastSize` is what the witness cosigned last as far as the caller knows; when the witness knows
 * better, the question is asked once more from there. `prove` makes the consistency proof. Throws a
 * LogFault with the witness's answer when it refuses, answers nonsense or cannot be reached;
 * `signal` bounds the whole exchange.
 */
export async function askWitness(
  { url, verifier }: { url: string; verifier: NoteVerifier },
  checkpoint: string,
  lastSize: number,
  prove: (oldSize: number, newSize: number) => Promise<readonly Uint8Array[]>,
  signal: AbortSignal,
): Promise<string> {
  const { text } = parseNote(Buffer.from(checkpoint))
  const { size } = parseCheckpoint(text)
  let oldSize = Math.min(lastSize, size)
  for (let attempt = 0; attempt < 2; attempt++) {
    const body = writeCosignRequest({ oldSize, proof: await prove(oldSize, size), checkpoint })
    const answer = await post(`${url.replace(/\/$/, '')}/add-checkpoint`, body, signal)
    if (answer.status === 200) return ownLine(answer.body, text, verifier)
    const seen = answer.status === 409 ? fromDecimal(answer.body.trimEnd()) : null
    if (seen === null)
      throw new LogFault(`the witness answered ${answer.status}: ${printable(answer.body)}`)
    if (seen > size)
      throw new LogFault(
        `the witness has seen ${seen} entries of this log, which now shows ${size}`,
      )
    oldSize = seen
  }
  throw new LogFault('the witness cosigned another checkpoint in between; ask again')
}

function ownLine(body: string, text: string, verifier: NoteVerifier): string {
  for (const line of body.split('\n').slice(0, -1)) {
    const { name, keyId, signature } = parseSignatureLine(line)
    if (name !== verifier.name || keyId !== verifier.keyId) continue
    if (!verifier.verify(text, signature) || cosignatureTime(signature) === null)
      throw new LogFault(`the cosignature of '${name}' is wrong`)
    return `${line}\n`
  }
  throw new LogFault('the witness answered without a cosignature of the expected key')
}

async function post(
  url: string,
  body: string,
  signal: AbortSignal,
): Promise<{ status: number; body: string }> {
  try {
    const response = await fetch(url, { method: 'POST', body, signal, redirect: 'error' })
    const parts: Uint8Array[] = []
    let length = 0
    const chunks: AsyncIterable<unknown> | Iterable<unknown> = response.body ?? []
    for await (const part of chunks) {
      if (!(part instanceof Uint8Array)) throw new LogFault('the witness answered without bytes')
      length += part.length
      if (length > longestCheckpoint) throw new LogFault('the witness answered too much')
      parts.push(part)
    }
    return { status: response.status, body: decodeUtf8(Buffer.concat(parts), 'the answer') }
  } catch (error) {
    if (error instanceof LogFault) throw error
    throw new LogFault(`the witness could not be reached: ${reasonOf(error)}`)
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown reason'
  return error.cause instanceof Error ? error.cause.message : error.message
}

function printable(answer: string): string {
  return answer
    .trim()
    .slice(0, 200)
    .replace(/[^\x20-\x7e]/g, ' ')
}
