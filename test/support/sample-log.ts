import {
  appendEntries,
  bundlePath,
  emptyState,
  encodeBundle,
  generateSigningKey,
  logSigner,
  cosigner,
  type NoteSigner,
  parseNote,
  signatureLine,
  signCheckpoint,
  type TileReader,
  partialTilesOf,
  tilePath,
  tileWidth,
} from '@cloister/transparency-log'

/** A whole log in memory, path by path, with the keys that signed it. */
export interface SampleLog {
  readonly files: Map<string, Uint8Array>
  readonly entries: Uint8Array[]
  readonly root: Uint8Array
  readonly log: NoteSigner
  readonly witness: NoteSigner
  /** A policy that trusts exactly this log, cosigned by exactly this witness. */
  readonly policy: Uint8Array
}

export interface SampleKeys {
  readonly log: NoteSigner
  readonly witness: NoteSigner
}

/** Fresh keys of a log `example.org/records` and a witness `example.org/witness` whose clock stands. */
export function sampleKeys(): SampleKeys {
  return {
    log: logSigner(generateSigningKey('example.org/records', 'log')),
    witness: cosigner(
      generateSigningKey('example.org/witness', 'witness'),
      () => 1_790_000_000_000,
    ),
  }
}

/** The entry that stands at an index of a sample log: a line that no other index has. */
export function sampleEntry(index: number): Uint8Array {
  return Buffer.from(`{"v":1,"act":"sample","number":${index}}`)
}

/** Builds a log of `size` entries as the server would: full tiles as they fill, unfinished ones at the end. */
export function sampleLog(
  size: number,
  { log, witness }: SampleKeys = sampleKeys(),
  entryAt: (index: number) => Uint8Array = sampleEntry,
): SampleLog {
  const entries = Array.from({ length: size }, (_, index) => entryAt(index))
  const files = new Map<string, Uint8Array>()
  const { state, root, tiles } = appendEntries(emptyState(), entries)
  for (const { level, index, hashes } of tiles) files.set(tilePath(level, index), hashes)
  for (const { level, index, width, hashes } of partialTilesOf(state))
    files.set(tilePath(level, index, width), hashes)
  for (let first = 0; first < size; first += tileWidth) {
    const bundle = entries.slice(first, first + tileWidth)
    files.set(bundlePath(first / tileWidth, bundle.length), encodeBundle(bundle))
  }
  files.set('checkpoint', cosigned(signCheckpoint(log, size, root), witness))
  const policy = Buffer.from(
    `log ${log.verifierKey}\nwitness hall ${witness.verifierKey}\nquorum hall\n`,
  )
  return { files, entries, root, log, witness, policy }
}

/** A checkpoint with a witness's cosignature behind the signatures it has. */
export function cosigned(checkpoint: string, witness: NoteSigner): Uint8Array {
  const { text } = parseNote(Buffer.from(checkpoint))
  const { name, keyId } = witness
  return Buffer.from(checkpoint + signatureLine({ name, keyId, signature: witness.sign(text) }))
}

/** Reads files from memory; each reading is the caller's own copy. */
export function readerOf(files: ReadonlyMap<string, Uint8Array>): TileReader {
  return {
    read(path) {
      const bytes = files.get(path)
      return Promise.resolve(bytes === undefined ? null : Uint8Array.from(bytes))
    },
  }
}
