/** A thread that converts batches of records; see parallel.ts. */
import { parentPort, workerData } from 'node:worker_threads'
import { Tally } from './convert.ts'
import { type Format, formatNamed } from './formats.ts'
import { Gathered } from './gathered.ts'
import { sha256 } from './hash.ts'
import type { Reply, Request, ThreadOptions } from './parallel.ts'
import { attemptRecord, InputFault } from './reading.ts'
import { recordsIn, type Records } from './records.ts'

/** What a batch of records becomes. The first fault that is not to be passed over is thrown. */
function convertBatch(batch: Request): Reply {
  const { records, to, keepGoing, options } = task
  const tally = new Tally(keepGoing)
  const { losses, refuse } = tally
  const gathered = new Gathered(batch.bytes.length)
  const out = (_: string, data: string | Uint8Array) => {
    gathered.add(data)
  }
  const writing = to.write({ ...options, losses, out })
  const reading = { ...options, sha256, losses, refuse }
  const read = records.open(reading)
  for (const record of recordsIn(batch, records.cut, reading))
    for (const item of attemptRecord(reading, () => read(record, batch.file)) ?? []) {
      writing.add(item)
      tally.items++
    }
  writing.end()
  return { done: tally.result(), bytes: gathered.bytes() }
}

function answer(batch: Request): Reply {
  try {
    return convertBatch(batch)
  } catch (error) {
    if (!(error instanceof InputFault)) throw error
    const { file, place, reason } = error
    return { fault: { file, place, reason } }
  }
}

function opened(): { records: Records; to: Format } & Pick<ThreadOptions, 'keepGoing' | 'options'> {
  // What the thread is started with comes from parallel.ts alone.
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion
  const { from, to, keepGoing, options } = workerData as ThreadOptions
  const records = formatNamed(from)?.records
  const target = formatNamed(to)
  if (records === undefined || target === undefined) throw new Error('not a format of records')
  return { records, to: target, keepGoing, options }
}

const task = opened()
parentPort?.on('message', (batch: Request) => {
  const reply = answer(batch)
  parentPort?.postMessage(reply, 'bytes' in reply ? [reply.bytes.buffer] : [])
})
