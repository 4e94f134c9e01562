export {
  type Checkpoint,
  checkpointText,
  longestCheckpoint,
  parseCheckpoint,
  signCheckpoint,
} from './checkpoints.ts'
export {
  type Evidence,
  longestEvidence,
  parseEvidence,
  type ProvedEntry,
  proveEntry,
  verifyEvidence,
  writeEvidence,
} from './evidence.ts'
export { type FaultPlace, LogFault } from './fault.ts'
export { emptyRoot, foldNodes, hashLength, leafHash, nodeHash, tileWidth } from './hash.ts'
export {
  cosignatureTime,
  cosigner,
  generateSigningKey,
  type KeyKind,
  keyIdText,
  logSigner,
  type NoteSigner,
  noteVerifier,
  type NoteVerifier,
} from './keys.ts'
export {
  type CheckedSignature,
  checkSignatures,
  type Note,
  type NoteSignature,
  parseNote,
  parseSignatureLine,
  signatureLine,
  signNote,
} from './notes.ts'
export {
  meetsQuorum,
  openCheckpoint,
  parsePolicy,
  type Policy,
  type Quorum,
  trustCheckpoint,
  type TrustedCheckpoint,
} from './policy.ts'
export {
  longestProof,
  proveConsistency,
  proveInclusion,
  verifyConsistency,
  verifyInclusion,
} from './proofs.ts'
export {
  bundlePath,
  bundleRanges,
  encodeBundle,
  type Found,
  longestEntry,
  longestFile,
  type PartialTile,
  partialTiles,
  partialWidth,
  readTile,
  readWidth,
  tileLevels,
  tilePath,
  type TileReader,
} from './tiles.ts'
export {
  type Appended,
  appendEntries,
  emptyState,
  type FullTile,
  type LogState,
  partialTilesOf,
  restoreState,
  rootOf,
} from './tree.ts'
export { type VerifiedLog, verifyLog, type VerifyOptions } from './verify-log.ts'
export {
  addCheckpoint,
  askWitness,
  type CosignRequest,
  judgeCheckpoint,
  keptCheckpoint,
  longestCosignRequest,
  parseCosignRequest,
  writeCosignRequest,
  type Witness,
  type WitnessReply,
  type WitnessStore,
} from './witness.ts'
