import type { Item } from '../model.ts'
import type { InputFault, ReadOptions } from '../reading.ts'
import { rateFor, recordingOf, sampleAt, type Segment } from './segments.ts'

/** A line of a table of speech: which recording, when, and what is said of it; times in seconds. */
export interface Row extends Omit<Segment, 'id' | 'from' | 'to'> {
  readonly recording: string
  readonly start: number
  readonly end: number
}

/** Segments that are held so that the rows of one recording need not stand together. */
const mostHeld = 100_000

/**
 * Gathers rows into items. Up to 100,000 rows may stand in any order; past that, whole recordings
 * leave memory, and a later row of one of them is refused.
 */
export class Recordings {
  readonly #options: ReadOptions
  readonly #named: boolean
  readonly #open = new Map<string, { rate: number; segments: Segment[] }>()
  readonly #gone = new Set<string>()
  #held = 0

  /** `named`: the recording's name is that of its file. */
  constructor(options: ReadOptions, named = false) {
    this.#options = options
    this.#named = named
  }

  /** Takes a row; the items that need no longer be held. */
  add(row: Row, fault: (reason: string) => InputFault): Item[] {
    const { recording, start, end, ...said } = row
    if (end < start) throw fault('ends before it begins')
    if (this.#gone.has(recording))
      throw fault('stands too far from the other lines of its recording; sort the file')
    const known = this.#open.get(recording)
    const of = known ?? { rate: rateFor(this.#options, recording), segments: [] }
    if (known === undefined) this.#open.set(recording, of)
    const at = (seconds: number) => sampleAt(seconds, of.rate, this.#options.losses, recording)
    const id = `r${of.segments.length + 1}`
    of.segments.push({ id, from: at(start), to: at(end), ...said })
    return ++this.#held > mostHeld ? this.#release(recording) : []
  }

  /** Everything but the recording at hand, of which there may be more. */
  #release(current: string): Item[] {
    const items: Item[] = []
    for (const recording of [...this.#open.keys()])
      if (recording !== current) {
        items.push(this.#item(recording))
        this.#gone.add(recording)
      }
    this.#held = this.#open.get(current)?.segments.length ?? 0
    return items
  }

  #item(recording: string): Item {
    const { rate, segments } = this.#open.get(recording) ?? { rate: 1, segments: [] }
    this.#open.delete(recording)
    const named = this.#named ? { file: recording } : {}
    return recordingOf(recording, { kind: 'audio', ...named, rate }, segments, this.#options)
  }

  end(): Item[] {
    return [...this.#open.keys()].map((recording) => this.#item(recording))
  }
}

/** Segments in the order of time. */
export function sorted(segments: readonly Segment[]): Segment[] {
  return [...segments].sort((a, b) => a.from - b.from || a.to - b.to)
}
