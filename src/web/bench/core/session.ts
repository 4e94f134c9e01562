import {
  ItemLost,
  RefusedByGate,
  Unfit,
  type BenchApi,
  type BenchItem,
  type Guideline,
  type Reason,
  type Standing,
  type Verdict,
} from '../../api/bench-api.ts'
import { emptyAnnotation } from './annotation.ts'
import { whatIsMissing, type Missing } from './complete.ts'
import { AnnotationDocument } from './document.ts'
import { Listeners } from './listeners.ts'

export type Stage =
  | { readonly is: 'loading' | 'empty' | 'failed' | 'lost' }
  | { readonly is: 'closed'; readonly conditions: readonly string[] }
  | OpenStage
export interface OpenStage {
  readonly is: 'open'
  readonly item: BenchItem
  readonly document: AnnotationDocument
  readonly busy: boolean
}

/** `failed`: the server did not take it; it is tried again until it does. */
export type DraftState = 'saved' | 'saving' | 'unsent' | 'failed'

export type GuidelineState =
  { readonly is: 'coming' | 'none' | 'failed' } | { readonly is: 'there'; readonly it: Guideline }

/** One moment of the session; a new object after every change. */
export interface Moment {
  readonly stage: Stage
  readonly draft: DraftState
  /** Items finished since this page was opened. */
  readonly finished: number
  readonly guideline: GuidelineState
  /** Shown after an attempt to submit too early. */
  readonly missing: readonly Missing[]
  /** Whether the last way out of the item failed; the item is still here. */
  readonly stuck: boolean
}

/** The clock that the session waits by. */
export interface Timers {
  after(milliseconds: number, work: () => void): () => void
}

/** A draft leaves this long after the last key, at the latest; a failed one is tried again after longer. */
const draftAfter = 700
const retryAfter = 3000
const heartbeatEvery = 20_000

/**
 * One person's work at the Bench: takes items, keeps drafts on the server, submits, and throws
 * everything away the moment that the person's standing closes. Knows no screen.
 */
export class BenchSession {
  #moment: Moment = {
    ...{ stage: { is: 'loading' }, draft: 'saved', finished: 0 },
    ...{ guideline: { is: 'coming' }, missing: [], stuck: false },
  }
  readonly #api: BenchApi
  readonly #timers: Timers
  readonly #listeners = new Listeners()
  readonly #endStanding: () => void
  /** Ends what belongs to the open item: its timers and listener. */
  #endItem: (() => void)[] = []
  #saveTimer: (() => void) | null = null
  #edits = 0
  /** Answers that arrive for an earlier visit are dropped. */
  #visit = 0
  /** The last draft of an item that was closed; what comes next waits for it. */
  #parting: Promise<void> = Promise.resolve()

  constructor(api: BenchApi, timers: Timers) {
    this.#api = api
    this.#timers = timers
    this.#endStanding = api.onStanding((standing) => {
      this.#stand(standing)
    })
  }

  get moment(): Moment {
    return this.#moment
  }

  subscribe(listener: () => void): () => void {
    return this.#listeners.add(listener)
  }

  /** Takes the next item: the one in hand if there is one, as the server sees it. */
  async next(): Promise<void> {
    await this.#fetch(() => this.#api.next())
  }

  /** Submits and takes the next. Stays, and says what is missing, when the item is not complete. */
  async submit(): Promise<void> {
    const open = this.#idle()
    if (open === null) return
    const { annotation } = open.document
    const missing = whatIsMissing(open.item.schema, annotation)
    this.#set({ missing })
    if (missing.length > 0) {
      const first = missing.find((one) => 'region' in one)
      if (first !== undefined) open.document.select(first.region)
      return
    }
    await this.#finish(open, () => this.#api.submit(open.item.task, annotation))
  }

  async skip(reason: Reason): Promise<void> {
    const open = this.#idle()
    if (open !== null) await this.#finish(open, () => this.#api.skip(open.item.task, reason))
  }

  /** Gives the item back unworked and leaves it. */
  async release(): Promise<void> {
    const open = this.#idle()
    if (open === null) return
    await this.#finish(open, async () => {
      await this.#api.release(open.item.task)
      return null
    })
  }

  /** Accepts as it stands, or as corrected when the reviewer changed anything. */
  async accept(): Promise<void> {
    const open = this.#idle()
    if (open === null) return
    const { annotation } = open.document
    const verdict: Verdict =
      annotation === open.item.annotation ? { is: 'accepted' } : { is: 'corrected', annotation }
    await this.#finish(open, () => this.#api.review(open.item.task, verdict))
  }

  async sendBack(reason: string): Promise<void> {
    const open = this.#idle()
    if (open === null || reason.trim() === '') return
    await this.#finish(open, () =>
      this.#api.review(open.item.task, { is: 'sentBack', reason: reason.trim() }),
    )
  }

  /** Takes submitted work back; the item in hand keeps its draft and comes again later. */
  async reopen(task: string): Promise<void> {
    await this.#saveNow()
    await this.#fetch(() => this.#api.reopen(task))
  }

  destroy(): void {
    this.#leave({ is: 'loading' })
    this.#endStanding()
    this.#listeners.clear()
  }

  async #fetch(ask: () => Promise<BenchItem | null>): Promise<void> {
    const visit = this.#leave({ is: 'loading' })
    await this.#guarded(visit, async () => {
      await this.#parting
      const item = await ask()
      if (visit === this.#visit) this.#show(item)
    })
  }

  #show(item: BenchItem | null): void {
    if (item === null) this.#leave({ is: 'empty' })
    else this.#open(item)
  }

  #open(item: BenchItem): void {
    const blank = emptyAnnotation(item.schema, item.source)
    const document = new AnnotationDocument(item.annotation ?? blank)
    const { annotation } = document
    let last = annotation
    const unsubscribe = document.subscribe(() => {
      if (document.annotation === last) return
      last = document.annotation
      this.#edits++
      const { draft, missing } = this.#moment
      if (draft === 'saved' || draft === 'saving' || missing.length > 0)
        this.#set({ draft: draft === 'failed' ? draft : 'unsent', missing: [] })
      if (item.mode === 'annotate') this.#saveSoon(draftAfter)
    })
    this.#endItem = [unsubscribe]
    this.#beat(item.task)
    this.#set({ stage: { is: 'open', item, document, busy: false }, draft: 'saved', missing: [] })
    const { guideline } = this.#moment
    if (guideline.is !== 'there' || guideline.it.version !== item.guideline)
      void this.#fetchGuideline(item)
  }

  /** Kept from item to item; forgotten with everything else when the screen closes. */
  async #fetchGuideline(item: BenchItem): Promise<void> {
    const visit = this.#visit
    this.#set({ guideline: { is: 'coming' } })
    try {
      const it = await this.#api.guideline(item)
      if (visit === this.#visit)
        this.#set({ guideline: it === null ? { is: 'none' } : { is: 'there', it } })
    } catch (error) {
      if (visit !== this.#visit) return
      if (error instanceof RefusedByGate) this.#close(error.conditions)
      else this.#set({ guideline: { is: 'failed' } })
    }
  }

  /** Keeps the lease. A beat that the network lost is sent again; the item stays meanwhile. */
  #beat(task: string, delay = heartbeatEvery): void {
    const visit = this.#visit
    const stop = this.#timers.after(delay, () => {
      this.#api.heartbeat(task).then(
        () => {
          if (visit === this.#visit) this.#beat(task)
        },
        (error: unknown) => {
          if (visit === this.#visit && !this.#givesWay(error)) this.#beat(task, retryAfter)
        },
      )
    })
    this.#endItem.push(stop)
  }

  #saveSoon(delay: number): void {
    this.#saveTimer?.()
    this.#saveTimer = this.#timers.after(delay, () => {
      void this.#saveNow()
    })
  }

  async #saveNow(): Promise<void> {
    this.#saveTimer?.()
    this.#saveTimer = null
    const { stage, draft } = this.#moment
    if (stage.is !== 'open' || draft === 'saved' || stage.item.mode === 'review') return
    const [visit, edits] = [this.#visit, this.#edits]
    this.#set({ draft: 'saving' })
    try {
      await this.#api.saveDraft(stage.item.task, stage.document.annotation)
      if (visit === this.#visit && edits === this.#edits) this.#set({ draft: 'saved' })
    } catch (error) {
      if (visit !== this.#visit || this.#givesWay(error)) return
      this.#set({ draft: 'failed' })
      this.#saveSoon(retryAfter)
    }
  }

  /** The open item, unless something is under way with it already. */
  #idle(): OpenStage | null {
    const { stage } = this.#moment
    return stage.is === 'open' && !stage.busy ? stage : null
  }

  /** Ends the item by an act of the server; when that fails the item stays open, nothing is lost. */
  async #finish(open: OpenStage, act: () => Promise<BenchItem | null>): Promise<void> {
    const visit = this.#visit
    this.#saveTimer?.()
    this.#saveTimer = null
    this.#set({ stage: { ...open, busy: true }, stuck: false })
    try {
      const next = await act()
      if (visit !== this.#visit) return
      this.#leave({ is: 'loading' }, 'keep')
      this.#set({ finished: this.#moment.finished + 1 })
      this.#show(next)
    } catch (error) {
      if (visit !== this.#visit || this.#givesWay(error)) return
      this.#set({ stage: open, draft: 'failed', stuck: !(error instanceof Unfit) })
      if (error instanceof Unfit)
        this.#set({ missing: error.faults.map((fault) => ({ what: 'rule', ...fault })) })
      if (open.item.mode === 'annotate') this.#saveSoon(draftAfter)
    }
  }

  async #guarded(visit: number, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (visit === this.#visit && !this.#givesWay(error)) this.#leave({ is: 'failed' })
    }
  }

  /** Leaves the item where the server says that it may not be shown, or not to this person. */
  #givesWay(error: unknown): boolean {
    if (error instanceof RefusedByGate) this.#close(error.conditions)
    else if (error instanceof ItemLost) this.#leave({ is: 'lost' })
    else return false
    return true
  }

  #stand(standing: Standing): void {
    if (!standing.open) this.#close(standing.conditions)
    else if (this.#moment.stage.is === 'closed') void this.next()
  }

  /** What was not saved yet is the person's own: it is sent once more, and then forgotten. */
  #close(conditions: readonly string[]): void {
    const { stage, draft } = this.#moment
    if (stage.is === 'open' && stage.item.mode === 'annotate' && draft !== 'saved' && !stage.busy)
      this.#parting = this.#api
        .saveDraft(stage.item.task, stage.document.annotation)
        .catch(() => undefined)
    this.#leave({ is: 'closed', conditions })
  }

  /** Forgets the item, its content and its annotation, and shows the stage instead. */
  #leave(stage: Stage, guideline: 'keep' | 'forget' = 'forget'): number {
    for (const end of this.#endItem) end()
    this.#endItem = []
    this.#saveTimer?.()
    this.#saveTimer = null
    this.#set({
      ...{ stage, draft: 'saved', missing: [], stuck: false },
      ...(guideline === 'forget' && { guideline: { is: 'coming' } as const }),
    })
    return ++this.#visit
  }

  #set(changed: Partial<Moment>): void {
    this.#moment = { ...this.#moment, ...changed }
    this.#listeners.tell()
  }
}
