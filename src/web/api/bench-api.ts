import type { Annotation, LabelSchema } from '@cloister/annotation-formats'
import type { Fault } from './server.ts'

/** What the Bench asks of the server, and nothing else: the whole of its way to the outside. */
export interface BenchApi {
  /**
   * The person's item: the one in hand, else the next one, leased to them; null when none is
   * waiting. Record before reveal is the server's business.
   */
  next(): Promise<BenchItem | null>
  /** The guideline under which the item is worked; null when the project has none. */
  guideline(item: BenchItem): Promise<Guideline | null>
  saveDraft(task: string, annotation: Annotation): Promise<void>
  /** Takes the work in and answers with the next item. */
  submit(task: string, annotation: Annotation): Promise<BenchItem | null>
  /** Sets the item aside, with what is wrong with it. */
  skip(task: string, reason: Reason): Promise<BenchItem | null>
  /** Gives the item back unworked: it goes to somebody else. */
  release(task: string): Promise<void>
  review(task: string, verdict: Verdict): Promise<BenchItem | null>
  /** Keeps the lease. */
  heartbeat(task: string): Promise<void>
  /** What this person submitted and may still take back. */
  ownWork(): Promise<readonly OwnWork[]>
  /** Takes submitted work back into hand. */
  reopen(task: string): Promise<BenchItem>
  quality(): Promise<Quality>
  /**
   * Calls back whenever the person's standing changed, and when no word came for two seconds.
   * Returns the function that ends it.
   */
  onStanding(listener: (standing: Standing) => void): () => void
}

export interface BenchItem {
  readonly task: string
  /** What people call this item among themselves: the project's code and a piece of the id. */
  readonly reference: string
  /** BCP 47. */
  readonly language: string
  readonly mode: 'annotate' | 'review'
  readonly schema: LabelSchema
  /** What the annotation's anchors count in. */
  readonly source?: Annotation['source']
  /** Version of the guideline under which the work is done. */
  readonly guideline: number | null
  readonly content: TextContent | AudioContent
  /** The draft, or what is under review. */
  readonly annotation: Annotation | null
  /** Why the reviewer sent this back. */
  readonly sentBack: string | null
}

export interface TextContent {
  readonly text: string
}

export interface AudioContent {
  /** Where `<audio>` fetches the seekable rendition, by range. */
  readonly address: string
  /** Says that listening begins; the bytes are not served before. */
  readonly open: () => Promise<void>
  /** Bytes of the waveform's peaks by range, `to` exclusive. */
  readonly peaks: (from: number, to: number) => Promise<Uint8Array>
  /** Samples per second of the decoded source, and how many there are in all. */
  readonly rate: number
  readonly samples: number
  /** 16-bit samples of the first channel, `to` exclusive, for playing a region exactly. */
  readonly pcm: (from: number, to: number) => Promise<Int16Array>
}

export interface Guideline {
  readonly version: number
  readonly sections: readonly { readonly title: string; readonly text: string }[]
}

export const reasons = ['inaudible', 'wrongLanguage', 'disturbing', 'other'] as const
export interface Reason {
  readonly kind: (typeof reasons)[number]
  readonly note: string
}

export type Verdict =
  | { readonly is: 'accepted' }
  | { readonly is: 'corrected'; readonly annotation: Annotation }
  | { readonly is: 'sentBack'; readonly reason: string }

export interface OwnWork {
  readonly task: string
  readonly reference: string
  readonly at: Date
  readonly state: 'inHand' | 'submitted' | 'accepted' | 'sentBack' | 'setAside'
  readonly reopenable: boolean
}

export interface Quality {
  readonly submitted: number
  readonly accepted: number
  readonly corrected: number
  readonly sentBack: number
}

export type Standing =
  | { readonly open: true }
  /**
   * Each condition of the gate that does not hold, by id; `asking` while the server is asked,
   * `silent` while it is not heard.
   */
  | { readonly open: false; readonly conditions: readonly string[] }

/** The gate said no; the conditions are for the person. */
export class RefusedByGate extends Error {
  readonly conditions: readonly string[]

  constructor(conditions: readonly string[]) {
    super('The gate refused this.')
    this.conditions = conditions
  }
}

/** The item is in this person's hands no more: its lease ended, or it was taken from them. */
export class ItemLost extends Error {}

/** The server found something in the annotation that the schema does not allow; nothing was kept. */
export class Unfit extends Error {
  readonly faults: readonly Fault[]

  constructor(faults: readonly Fault[]) {
    super('The annotation does not fit.')
    this.faults = faults
  }
}
