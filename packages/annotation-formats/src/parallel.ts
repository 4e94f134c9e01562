/** Conversions of large files in as many threads as the machine has processors. For Node only, and built: a thread is a file of JavaScript. */
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { convert, type Converted, type ConvertOptions, type Output, Tally } from './convert.ts'
import type { Format } from './formats.ts'
import { sha256 } from './hash.ts'
import { InputFault, type InputFiles } from './reading.ts'
import { type Batch, type Cut, cutRecords } from './cut.ts'
import { ItemRefs } from './item-refs.ts'
import { faultIn, type Records } from './records.ts'

/** Options of a conversion of files. Annotations of texts carry the hash of their text. */
export interface FileOptions extends Omit<ConvertOptions, 'sha256'> {
  /** How many threads convert: by default as many as there are processors, at most eight. */
  readonly threads?: number
}

/** What a thread is started with. */
export interface ThreadOptions {
  readonly from: string
  readonly to: string
  readonly keepGoing: boolean
  readonly options: Omit<ConvertOptions, 'sha256' | 'keepGoing' | 'onItem'> & {
    readonly several: boolean
  }
}

/** A batch of records for a thread, which gives it back. */
export interface Request extends Batch {
  readonly bounds: Uint32Array<ArrayBuffer>
  /** The numbers of records whose items stand elsewhere in the input: they are refused. */
  readonly repeated: readonly number[]
}

/** What became of a batch, and which items were in it. */
export type Reply = Answer & {
  readonly batch: Request
  /** Four numbers for each record with an item: its number, and the item's mark. */
  readonly marks: Uint32Array<ArrayBuffer>
}

export type Answer =
  | { readonly done: Converted; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly fault: Pick<InputFault, 'file' | 'place' | 'reason'> }

/** Below this size a second thread costs more time than it saves. */
const worthwhile = 8_000_000

/**
 * Converts as `convert` does, to the same bytes, losses and faults. Where records of the input may be
 * read apart and items of the output written apart, threads share a large input, a few megabytes at a
 * time.
 */
export async function convertFiles(
  from: Format,
  to: Format,
  input: InputFiles & { readonly size: number },
  output: Output,
  { threads = Math.min(availableParallelism(), 8), ...options }: FileOptions = {},
): Promise<Converted> {
  const { records } = from
  if (records === undefined || to.apart !== true || threads < 2 || input.size < worthwhile)
    return convert(from, to, input, output, { ...options, sha256 })
  const { keepGoing = false, onItem, ...rest } = options
  const several = input.names.length > 1
  const started = { from: from.name, to: to.name, keepGoing, options: { ...rest, several } }
  const crew = Array.from({ length: threads }, () => new Thread(started))
  try {
    return await share(input, records, crew, output, onItem)
  } finally {
    await Promise.all(crew.map((thread) => thread.stop()))
  }
}

/** Hands batches to the threads in turn, and takes what becomes of them in the order of the input. */
async function share(
  input: InputFiles,
  records: Records,
  crew: readonly Thread[],
  output: Output,
  onItem: ConvertOptions['onItem'],
): Promise<Converted> {
  const tally = new Tally(false)
  const refs = new ItemRefs(records)
  const waiting: (InputFault | { thread: Thread; reply: Promise<Reply> })[] = []
  const take = async () => {
    const next = waiting.shift()
    if (next === undefined) return
    if (next instanceof InputFault) throw next
    const reply = await next.reply
    const repeated = repeatedIn(reply, refs, records.cut)
    // The batch is converted once more without them: they are so rare that nothing else waits for it.
    const answer =
      repeated.length === 0 ? reply : await next.thread.convert({ ...reply.batch, repeated })
    if ('fault' in answer)
      throw new InputFault(answer.fault.file, answer.fault.place, answer.fault.reason)
    tally.add(answer.done)
    output.append('', answer.bytes)
    if (output.isFull) await output.drain()
    onItem?.(tally.items)
  }
  let turn = 0
  for await (const batch of batchesOf(input, records.cut)) {
    const thread = crew[turn++ % crew.length]
    if (batch instanceof InputFault) waiting.push(batch)
    else if (thread !== undefined) waiting.push({ thread, reply: thread.convert(batch) })
    if (waiting.length > 2 * crew.length) await take()
  }
  while (waiting.length > 0) await take()
  return tally.result()
}

/** The numbers of the records of a batch whose items are those of earlier ones. */
function repeatedIn({ batch, marks }: Reply, refs: ItemRefs, cut: Cut): number[] {
  const repeated: number[] = []
  for (let at = 0; at < marks.length; at += 4) {
    const number = marks[at] ?? 0
    const [low, high] = [marks[at + 1] ?? 0, marks[at + 2] ?? 0]
    const source = () => marks[at + 3] ?? 0
    const fault = (reason: string) => faultIn({ number }, batch.file, cut)(reason)
    if (refs.repeats({ low, high, source }, fault)) repeated.push(number)
  }
  return repeated
}

/** The batches of all files; where a file cannot be cut further, what is wrong with it comes last. */
async function* batchesOf(input: InputFiles, cut: Cut): AsyncGenerator<Batch | InputFault> {
  try {
    for (const file of input.names) yield* cutRecords(input.open(file), file, cut)
  } catch (error) {
    if (!(error instanceof InputFault)) throw error
    yield error
  }
}

interface Awaited {
  resolve(reply: Reply): void
  reject(error: Error): void
}

class Thread {
  readonly #worker: Worker
  /** Those who wait for an answer: threads answer in the order in which they are asked. */
  readonly #awaited: Awaited[] = []
  #failed: Error | undefined

  constructor(options: ThreadOptions) {
    const program = new URL('./thread.js', import.meta.url)
    this.#worker = new Worker(program, { workerData: options, resourceLimits })
    this.#worker.on('message', (reply: Reply) => this.#awaited.shift()?.resolve(reply))
    this.#worker.on('error', (error: Error) => {
      this.#failed = error
      for (const each of this.#awaited.splice(0)) each.reject(error)
    })
  }

  convert({
    file,
    first,
    bytes,
    bounds,
    repeated = [],
  }: Batch & Partial<Pick<Request, 'repeated'>>): Promise<Reply> {
    const places = Uint32Array.from(bounds)
    const reply = new Promise<Reply>((resolve, reject) => {
      if (this.#failed === undefined) this.#awaited.push({ resolve, reject })
      else reject(this.#failed)
    })
    // It is awaited in its turn, which may come after it has failed.
    reply.catch(() => undefined)
    const request: Request = { file, first, bytes, bounds: places, repeated }
    this.#worker.postMessage(request, [bytes.buffer, places.buffer])
    return reply
  }

  async stop(): Promise<void> {
    await this.#worker.terminate()
  }
}

/** Records die young: a larger nursery spares most of the collector's work. */
const resourceLimits = { maxYoungGenerationSizeMb: 64 }
