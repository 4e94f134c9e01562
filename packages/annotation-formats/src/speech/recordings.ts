import type { Item } from '../model.ts'
import type { ItemRefs } from '../item-refs.ts'
import type { InputFault, ReadOptions } from '../reading.ts'
import { rateFor, recordingOf, sampleAt, type Segment } from './segments.ts'

/** A line of a table of speech: which recording, when, and what is said of it; times in seconds. */
export interface Row extends Omit<Segment, 'id' | 'from' | 'to'> {
  readonly recording: string
  readonly start: number
  readonly end: number
}

interface OpenRecording {
  readonly rate: number
  readonly segments: Segment[]
}

/** Segments that are held so that the rows of one recording need not stand together. */
const mostHeld = 100_000

/**
 * Gathers rows into items. Up to 100,000 rows may stand in any order; past that, whole recordings
 * leave memory, and a later row of one of them is refused, as is one of a recording of another file.
 */
export class Recordings {
  readonly #options: ReadOptions
  readonly #named: boolean
  readonly #refs: ItemRefs
  readonly #open = new Map<string, OpenRecording>()
  #held = 0

  /** `refs`: the recordings of the whole input; `named`: a recording's name is that of its file. */
  constructor(options: ReadOptions, refs: ItemRefs, named = false) {
    this.#options = options
    this.#refs = refs
    this.#named = named
  }

  /** Takes a row; the items that need no longer be held. */
  add(row: Row, fault: (reason: string) => InputFault): Item[] {
    const { recording, start, end, ...said } = row
    if (end < start) throw fault('ends before it begins')
    const of = this.#open.get(recording) ?? this.#begin(recording, fault)
    const at = (seconds: number) => sampleAt(seconds, of.rate, this.#options.losses, recording)
    const id = `r${of.segments.length + 1}`
    of.segments.push({ id, from: at(start), to: at(end), ...said })
    return ++this.#held > mostHeld ? this.#release(recording) : []
  }

  #begin(recording: string, fault: (reason: string) => InputFault): OpenRecording {
    if (this.#refs.hasHad(recording, fault))
      throw fault(
        'stands too far from the other lines of its recording, or in another file; sort and join them',
      )
    const of = { rate: rateFor(this.#options, recording), segments: [] }
    this.#open.set(recording, of)
    return of
  }

  /** Everything but the recording at hand, of which there may be more. */
  #release(current: string): Item[] {
    const items: Item[] = []
    for (const recording of [...this.#open.keys()])
      if (recording !== current) {
        items.push(this.#item(recording))
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
