/** Runs readers and writers of annotation formats in memory. */
import {
  type InputFault,
  type InputFiles,
  type Item,
  type Loss,
  Losses,
  type Reader,
  type ReadOptions,
  type WriteOptions,
  type Writer,
} from '@cloister/annotation-formats'

/** Files by name, as text or bytes. */
export type Files = Readonly<Record<string, string | Uint8Array>>

/** Files in memory as an input that arrives in chunks of this many bytes. */
export function inputOf(files: Files, chunk = 7): InputFiles {
  return {
    names: Object.keys(files),
    // eslint-disable-next-line @typescript-eslint/require-await
    async *open(name) {
      const file = files[name]
      if (file === undefined) throw new Error(`no file ${name}`)
      const bytes = typeof file === 'string' ? new TextEncoder().encode(file) : file
      for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk)
    },
  }
}

function sizeOf(files: Files): number {
  return Object.values(files).reduce((size, { length }) => size + length, 0)
}

/** Everything that a reader yields, what it refused and what it lost. */
export async function collect(
  read: Reader,
  files: Files,
  more: Omit<Partial<ReadOptions>, 'losses' | 'refuse'> & { keepGoing?: boolean } = {},
): Promise<{ items: Item[]; faults: string[]; losses: Loss[] }> {
  const { keepGoing = false, ...options } = more
  const losses = new Losses()
  const faults: string[] = []
  const items: Item[] = []
  const refuse = (fault: InputFault) => {
    if (!keepGoing) throw fault
    faults.push(fault.message)
  }
  for await (const item of read(inputOf(files, sizeOf(files) > 100_000 ? 65_536 : 7), {
    losses,
    refuse,
    ...options,
  }))
    items.push(item)
  return { items, faults, losses: losses.list() }
}

/** The files that a writer makes of items, and what it lost. A file of no name is called `out`. */
export function converted(
  write: Writer,
  items: readonly Item[],
  more: Omit<WriteOptions, 'losses' | 'out'> = {},
): { files: Record<string, Uint8Array>; text: string; losses: Loss[] } {
  const losses = new Losses()
  const parts = new Map<string, Uint8Array[]>()
  const out = (file: string, data: string | Uint8Array) => {
    const name = file === '' ? 'out' : file
    const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data
    parts.set(name, [...(parts.get(name) ?? []), bytes])
  }
  const writing = write({ out, losses, ...more })
  for (const item of items) writing.add(item)
  writing.end()
  const files = Object.fromEntries(
    [...parts].map(([name, chunks]) => [name, new Uint8Array(Buffer.concat(chunks))]),
  )
  const text = new TextDecoder().decode(files['out'])
  return { files, text, losses: losses.list() }
}
