import type { Annotation, LabelSchema } from '../bench/core/annotation.ts'

/** What the Bench asks of the server, and nothing else: the whole of its way to the outside. */
export interface BenchApi {
  /** The next item of this person, leased to them; null when none is waiting. */
  nextTask(): Promise<string | null>
  /** Everything that one item shows. Record before reveal is the server's business. */
  loadItem(task: string): Promise<BenchItem>
  saveDraft(task: string, annotation: Annotation): Promise<void>
  submit(task: string, annotation: Annotation): Promise<void>
  /** Hands the item on unworked; it stays with the project. */
  skip(task: string, reason: Reason): Promise<void>
  /** Reports that something is wrong with the item itself. */
  flag(task: string, reason: Reason): Promise<void>
  review(task: string, verdict: Verdict): Promise<void>
  /** Keeps the lease. Rejects when it is lost. */
  heartbeat(task: string): Promise<void>
  /** What this person submitted and may still take back. */
  ownWork(): Promise<readonly OwnWork[]>
  reopen(task: string): Promise<void>
  quality(): Promise<Quality>
  progress(): Promise<Progress>
  /**
   * Calls back whenever the person's standing changed, and when no word came for two seconds.
   * Returns the function that ends it.
   */
  onStanding(listener: (standing: Standing) => void): () => void
}

export interface BenchItem {
  readonly task: string
  /** The client's opaque reference. */
  readonly reference: string
  /** BCP 47. */
  readonly language: string
  readonly mode: 'annotate' | 'review'
  readonly schema: LabelSchema
  readonly guideline: Guideline
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
  /** Bytes of the waveform's peaks by range, `to` exclusive. */
  readonly peaks: (from: number, to: number) => Promise<Uint8Array>
  /** Samples per second of the decoded source, and how many there are in all. */
  readonly rate: number
  readonly samples: number
  /** 16-bit samples of the first channel, `to` exclusive, for playing a region exactly. */
  readonly pcm: (from: number, to: number) => Promise<Int16Array>
}

export interface Guideline {
  readonly version: string
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
  readonly submitted: Date
  readonly state: 'waiting' | 'accepted' | 'corrected' | 'sentBack'
}

export interface Quality {
  /** Shares between 0 and 1 of what was reviewed; null before the first review. */
  readonly accepted: number | null
  readonly corrected: number | null
  readonly sentBack: number | null
  readonly reviewed: number
  readonly submitted: number
}

export interface Progress {
  readonly done: number
  readonly all: number
  readonly today: number
}

export type Standing =
  | { readonly open: true }
  /** Each condition that does not hold, in words that say what to do. */
  | { readonly open: false; readonly reasons: readonly string[] }

/** The gate said no; the reasons are for the person. Anything else that rejects is a fault. */
export class RefusedByGate extends Error {
  readonly reasons: readonly string[]

  constructor(refusals: readonly string[]) {
    super('The gate refused this.')
    this.reasons = refusals
  }
}
