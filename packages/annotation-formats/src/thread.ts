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
  readonly #numbers: number[] = []
  #last: ItemMark | undefined
  /** Whether the source of the last item stands there: it is asked only where a neighbour may be of the same item. */
  #isAsked = false

  add(number: number, item: Item | undefined): void {
    if (item === undefined) return
    const mark = markOf(item)
    const last = this.#last
    // The first and the last of a batch have neighbours in other batches.
    const isAsked = last === undefined || (last.low === mark.low && last.high === mark.high)
    if (isAsked) this.#askLast()
    this.#numbers.push(number, mark.low, mark.high, isAsked ? mark.source() : 0)
    this.#last = mark
    this.#isAsked = isAsked
  }

  #askLast(): void {
    if (this.#last !== undefined && !this.#isAsked)
      this.#numbers[this.#numbers.length - 1] = this.#last.source()
  }

  /** Four numbers for each: that of the record, the two of its reference and that of the source, or 0. */
  numbers(): Uint32Array<ArrayBuffer> {
    this.#askLast()
    return Uint32Array.from(this.#numbers)
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
