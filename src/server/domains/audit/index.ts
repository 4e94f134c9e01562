export { type Entry, leafOf, type Outcome } from './entry.ts'
export { openRecorder, record, type Recorder } from './record.ts'
