/** A thread that converts batches of records; see parallel.ts. */
import { parentPort, workerData } from 'node:worker_threads'
import { Tally } from './convert.ts'
import { type Format, formatNamed } from './formats.ts'
import { Gathered } from './gathered.ts'
import { sha256 } from './hash.ts'
import { type ItemMark, markOf, repeated } from './item-refs.ts'
import type { Item } from './model.ts'
import type { Answer, Reply, Request, ThreadOptions } from './parallel.ts'
import { attemptRecord, InputFault } from './reading.ts'
import { faultIn, recordsIn, type Records } from './records.ts'

/** What a batch of records becomes. The first fault that is not to be passed over is thrown. */
function convertBatch(batch: Request, marks: BatchMarks): Answer {
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
  for (const record of recordsIn(batch, records.cut, reading)) {
    const items = attemptRecord(reading, () => read(record, batch.file)) ?? []
    marks.add(record.number, items[0])
    if (batch.repeated.includes(record.number)) {
      refuse(faultIn(record, batch.file, records.cut)(repeated))
      continue
    }
    for (const item of items) {
      writing.add(item)
      tally.items++
    }
  }
  writing.end()
  return { done: tally.result(), bytes: gathered.bytes() }
}

/** The marks of the items of a batch, in its order. */
class BatchMarks {
  readonly #all: { readonly number: number; readonly mark: ItemMark }[] = []

  add(number: number, item: Item | undefined): void {
    if (item !== undefined) this.#all.push({ number, mark: markOf(item) })
  }

  /** Four numbers for each; that of the source only where a neighbour may be of the same item. */
  numbers(): Uint32Array<ArrayBuffer> {
    const isNeighbour = (mark: ItemMark, place: number) => {
      const other = this.#all[place]?.mark
      return other === undefined || (other.low === mark.low && other.high === mark.high)
    }
    return Uint32Array.from(
      this.#all.flatMap(({ number, mark }, at) => {
        const isAsked = isNeighbour(mark, at - 1) || isNeighbour(mark, at + 1)
        return [number, mark.low, mark.high, isAsked ? mark.source() : 0]
      }),
    )
  }
}

function answer(batch: Request, marks: BatchMarks): Answer {
  try {
    return convertBatch(batch, marks)
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
  const found = new BatchMarks()
  const said = answer(batch, found)
  const reply: Reply = { ...said, batch, marks: found.numbers() }
  const bytes = 'bytes' in said ? [said.bytes.buffer] : []
  const { marks } = reply
  parentPort?.postMessage(reply, [...bytes, batch.bytes.buffer, batch.bounds.buffer, marks.buffer])
})
