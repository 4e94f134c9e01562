/** What needs Node: files and folders. */
export { openInput, OutputFiles } from './files.ts'
