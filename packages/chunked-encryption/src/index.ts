/**
 * Chunked authenticated encryption with random access, to the text of
 * https://c2sp.org/chunked-encryption with SHA-512 and AEAD_AES_256_GCM.
 */
export { plaintextLength, sealedLength, sealedSpan } from './layout.ts'
export { openSource, type OpenedSource, type SealedSource } from './source.ts'
export { openStream, sealStream } from './stream.ts'
export { Unopenable, type UnopenableReason } from './unopenable.ts'
export { open, seal } from './whole.ts'
