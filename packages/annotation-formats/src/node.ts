/** What needs Node: files, folders and threads. */
export { openInput, OutputFiles } from './files.ts'
export { sha256 } from './hash.ts'
export { convertFiles, type FileOptions } from './parallel.ts'
