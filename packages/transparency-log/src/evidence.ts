import { fromBase64, fromDecimal, toBase64 } from './base64.ts'
import { longestCheckpoint, parseCheckpoint } from './checkpoints.ts'
import { checkCount, LogFault } from './fault.ts'
import { hashLength, leafHash, tileWidth } from './hash.ts'
import { decodeUtf8, parseNote } from './notes.ts'
import { type Policy, trustCheckpoint, type TrustedCheckpoint } from './policy.ts'
import { longestProof, proveInclusion, verifyInclusion } from './proofs.ts'
import { bundlePath, bundleRanges, longestEntry, readWidth, type TileReader } from './tiles.ts'

/** One entry's proof that needs nothing but a policy to be checked (C2SP tlog-proof). */
export interface Evidence {
  readonly index: number
  /** The inclusion proof, leaf to root. */
  readonly proof: readonly Uint8Array[]
  /** The signed checkpoint, verbatim. */
  readonly checkpoint: string
  /** Bytes that travel along. Cloister puts the entry itself here, so that one file tells everything. */
  readonly extra: Uint8Array | null
}

/** The longest proof file in bytes that is read. */
export const longestEvidence = longestCheckpoint + 2 * longestEntry

const header = 'c2sp.org/tlog-proof@v1'

/** Writes a `.tlog-proof` file. */
export function writeEvidence({ index, proof, checkpoint, extra }: Evidence): string {
  checkCount(index, 'the index')
  const lines = [
    header,
    ...(extra === null ? [] : [`extra ${toBase64(extra)}`]),
    `index ${index}`,
    ...proof.map(toBase64),
  ]
  return `${lines.join('\n')}\n\n${checkpoint}`
}

/** Reads a `.tlog-proof` file. Throws a LogFault that names the line. The checkpoint is not read yet. */
export function parseEvidence(bytes: Uint8Array): Evidence {
  if (bytes.length > longestEvidence)
    throw new LogFault(`a proof file has at most ${longestEvidence} bytes`)
  const text = decodeUtf8(bytes, 'the proof file')
  const split = text.indexOf('\n\n')
  const lines = text.slice(0, Math.max(split, 0)).split('\n')
  if (lines.shift() !== header || split < 0)
    throw new LogFault(
      `line 1 of a proof file must be '${header}', and an empty line ends the proof`,
    )
  const extra = lines[0]?.startsWith('extra ') === true ? fromBase64(lines[0].slice(6)) : undefined
  if (extra === null) throw new LogFault('line 2 of the proof file: the extra data is not Base64')
  if (extra !== undefined) lines.shift()
  const first = extra === undefined ? 2 : 3
  const indexLine = lines.shift() ?? ''
  const index = indexLine.startsWith('index ') ? fromDecimal(indexLine.slice(6)) : null
  if (index === null)
    throw new LogFault(`line ${first} of the proof file must be 'index' and a decimal number`)
  if (lines.length > longestProof)
    throw new LogFault(`the proof has more than ${longestProof} hashes`)
  const proof = lines.map((line, at) => {
    const hash = fromBase64(line)
    if (hash?.length !== hashLength)
      throw new LogFault(`line ${first + 1 + at} of the proof file must be 32 bytes in Base64`)
    return hash
  })
  return { index, proof, checkpoint: text.slice(split + 2), extra: extra ?? null }
}

/** What a proof file proves: this entry stands at this index of a checkpoint that the policy trusts. */
export interface ProvedEntry extends TrustedCheckpoint {
  readonly index: number
  readonly entry: Uint8Array
}

/**
 * Checks a proof file against a policy and an entry; without `entry` the one that travels in the
 * file is taken, which the proof then authenticates. Throws a LogFault when anything does not hold.
 */
export function verifyEvidence(bytes: Uint8Array, policy: Policy, entry?: Uint8Array): ProvedEntry {
  const evidence = parseEvidence(bytes)
  const trusted = trustCheckpoint(Buffer.from(evidence.checkpoint), policy)
  const proved = entry ?? evidence.extra
  if (proved === null)
    throw new LogFault('the proof file does not carry its entry: give the entry as well')
  const { size, root } = trusted.checkpoint
  const { index, proof } = evidence
  if (!verifyInclusion({ leaf: leafHash(proved), index, size, proof, root }))
    throw new LogFault(
      `the proof does not hold: this entry does not stand at index ${index} of the log of ${size} entries`,
      { index },
    )
  return { ...trusted, index, entry: proved }
}

/**
 * Makes the proof file of the entry at `index` under a signed checkpoint of the log, with the entry
 * in it. Throws a LogFault where a file is missing or the tiles do not give the checkpoint's root;
 * whether the checkpoint can be trusted is for whoever checks the proof.
 */
export async function proveEntry(
  reader: TileReader,
  checkpoint: Uint8Array,
  index: number,
): Promise<string> {
  const note = decodeUtf8(checkpoint, 'the checkpoint')
  const { size, root } = parseCheckpoint(parseNote(checkpoint).text)
  const proof = await proveInclusion(reader, index, size)
  const tile = Math.floor(index / tileWidth)
  const firstIndex = tile * tileWidth
  const width = Math.min(tileWidth, size - firstIndex)
  const found = await readWidth(reader, (w) => bundlePath(tile, w), width)
  const ranges = bundleRanges(found.bytes, width, { ...found, firstIndex })
  const entry = found.bytes.subarray(...(ranges[index - firstIndex] ?? [0, 0]))
  if (!verifyInclusion({ leaf: leafHash(entry), index, size, proof, root }))
    throw new LogFault(
      `entry ${index} in ${found.path} and the tiles do not give the root of the checkpoint; verify the log for the first fault`,
      { path: found.path, index },
    )
  return writeEvidence({ index, proof, checkpoint: note, extra: entry })
}
