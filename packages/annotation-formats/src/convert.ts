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
  extends Omit<ReadOptions, 'losses' | 'refuse'>, Omit<WriteOptions, 'losses' | 'out'> {
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
  const losses = new Losses()
  const refused = { count: 0, first: [] as string[] }
  const refuse = (fault: InputFault) => {
    if (!keepGoing) throw fault
    refused.count++
    if (refused.first.length < mostNamed) refused.first.push(fault.message)
  }
  const writing = to.write({
    ...options,
    losses,
    out: (file, data) => {
      output.append(file, data)
    },
  })
  let items = 0
  for await (const item of from.read(input, { ...options, losses, refuse })) {
    writing.add(item)
    items++
    if (output.isFull) {
      await output.drain()
      onItem?.(items)
    }
  }
  writing.end()
  return { items, losses: losses.list(), refused }
}

/** Why items of one format cannot become items of another, or undefined when they can. */
export function refusalOf(from: Format, to: Format): string | undefined {
  if (from.kinds.some((kind) => to.kinds.includes(kind))) return undefined
  return `${from.name} holds ${from.kinds.join(' and ')}, ${to.name} only ${to.kinds.join(' and ')}`
}
