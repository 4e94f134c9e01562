import type { Format } from './formats.ts'
import { Losses, type Loss } from './losses.ts'
import { type InputFault, type InputFiles, type ReadOptions } from './reading.ts'
import type { WriteOptions } from './writing.ts'

/** Where converted data goes: `append` takes it, `drain` is awaited whenever `isFull`. */
export interface Output {
  append(file: string, data: string | Uint8Array): void
  readonly isFull: boolean
  drain(): Promise<void>
}

export interface ConvertOptions
  extends Omit<ReadOptions, 'losses' | 'refuse' | 'several'>, Omit<WriteOptions, 'losses' | 'out'> {
  /** Leave out records that are refused, and go on. */
  readonly keepGoing?: boolean
  /** Called now and then with the number of items so far. */
  readonly onItem?: (items: number) => void
}

/** What a conversion did. */
export interface Converted {
  readonly items: number
  readonly losses: readonly Loss[]
  /** Records that were left out: how many, and the first of them. */
  readonly refused: { readonly count: number; readonly first: readonly string[] }
}

const mostNamed = 20

/** Counts what a conversion, or a part of it, does. */
export class Tally {
  readonly losses = new Losses()
  /** For `ReadOptions`: throws the fault, or with `keepGoing` counts it. */
  readonly refuse: (fault: InputFault) => void
  items = 0
  #refused = 0
  readonly #first: string[] = []

  constructor(keepGoing: boolean) {
    this.refuse = (fault) => {
      if (!keepGoing) throw fault
      this.#refused++
      if (this.#first.length < mostNamed) this.#first.push(fault.message)
    }
  }

  /** Takes what the next part of the conversion did. */
  add({ items, losses, refused }: Converted): void {
    this.items += items
    this.losses.add(losses)
    this.#refused += refused.count
    this.#first.push(...refused.first.slice(0, mostNamed - this.#first.length))
  }

  result(): Converted {
    const refused = { count: this.#refused, first: this.#first }
    return { items: this.items, losses: this.losses.list(), refused }
  }
}

/**
 * Converts items one by one, in constant memory whatever the size of the input. Without
 * `keepGoing` the first fault of the input is thrown as an `InputFault`.
 */
export async function convert(
  from: Format,
  to: Format,
  input: InputFiles,
  output: Output,
  { keepGoing = false, onItem, ...options }: ConvertOptions = {},
): Promise<Converted> {
  const tally = new Tally(keepGoing)
  const { losses, refuse } = tally
  const out = (file: string, data: string | Uint8Array) => {
    output.append(file, data)
  }
  const writing = to.write({ ...options, losses, out })
  const several = input.names.length > 1
  for await (const item of from.read(input, { ...options, several, losses, refuse })) {
    writing.add(item)
    tally.items++
    if (output.isFull) {
      await output.drain()
      onItem?.(tally.items)
    }
  }
  writing.end()
  return tally.result()
}

/** Why items of one format cannot become items of another, or undefined when they can. */
export function refusalOf(from: Format, to: Format): string | undefined {
  if (from.kinds.some((kind) => to.kinds.includes(kind))) return undefined
  return `${from.name} holds ${from.kinds.join(' and ')}, ${to.name} only ${to.kinds.join(' and ')}`
}
