import type {
  BenchApi,
  BenchItem,
  OwnWork,
  Reason,
  Standing,
  Verdict,
} from '../../../src/web/api/bench-api.ts'
import type { Annotation } from '../../../src/web/bench/core/annotation.ts'

/** What the page told its server, in order, for a test to read. */
export type Told =
  | { readonly submitted: string; readonly annotation: Annotation }
  | { readonly skipped: string; readonly reason: Reason }
  | { readonly flagged: string; readonly reason: Reason }
  | { readonly reviewed: string; readonly verdict: Verdict }
  | { readonly reopened: string }

/** A server in the page's own memory: hands out the given items in turn. */
export class MemoryApi implements BenchApi {
  readonly told: Told[] = []
  readonly drafts = new Map<string, Annotation>()
  /** While set, saving a draft fails as a lost network does. */
  offline = false
  readonly #items: readonly BenchItem[]
  readonly #done = new Set<string>()
  readonly #own: OwnWork[] = []
  #listener: (standing: Standing) => void = () => undefined

  constructor(items: readonly BenchItem[]) {
    this.#items = items
  }

  /** The door says something. */
  stand(standing: Standing): void {
    this.#listener(standing)
  }

  nextTask(): Promise<string | null> {
    return Promise.resolve(this.#items.find(({ task }) => !this.#done.has(task))?.task ?? null)
  }

  loadItem(task: string): Promise<BenchItem> {
    const item = this.#items.find((one) => one.task === task)
    if (item === undefined) return Promise.reject(new Error('no such task'))
    return Promise.resolve({ ...item, annotation: this.drafts.get(task) ?? item.annotation })
  }

  saveDraft(task: string, annotation: Annotation): Promise<void> {
    if (this.offline) return Promise.reject(new Error('no network'))
    this.drafts.set(task, annotation)
    return Promise.resolve()
  }

  submit(task: string, annotation: Annotation): Promise<void> {
    this.#own.unshift({
      task,
      reference: this.#items.find((one) => one.task === task)?.reference ?? task,
      submitted: new Date(2026, 10, 21, 14, 5),
      state: 'waiting',
    })
    this.drafts.set(task, annotation)
    return this.#finish(task, { submitted: task, annotation })
  }

  skip(task: string, reason: Reason): Promise<void> {
    return this.#finish(task, { skipped: task, reason })
  }

  flag(task: string, reason: Reason): Promise<void> {
    return this.#finish(task, { flagged: task, reason })
  }

  review(task: string, verdict: Verdict): Promise<void> {
    return this.#finish(task, { reviewed: task, verdict })
  }

  heartbeat(): Promise<void> {
    return Promise.resolve()
  }

  ownWork(): Promise<readonly OwnWork[]> {
    return Promise.resolve([...this.#own])
  }

  reopen(task: string): Promise<void> {
    this.#done.delete(task)
    this.#own.splice(
      this.#own.findIndex((work) => work.task === task),
      1,
    )
    this.told.push({ reopened: task })
    return Promise.resolve()
  }

  quality(): ReturnType<BenchApi['quality']> {
    return Promise.resolve({
      accepted: 0.942,
      corrected: 0.043,
      sentBack: 0.015,
      reviewed: 412,
      submitted: 1288,
    })
  }

  progress(): ReturnType<BenchApi['progress']> {
    const done = this.#done.size
    return Promise.resolve({ done: 3712 + done, all: 12_000, today: 37 + done })
  }

  onStanding(listener: (standing: Standing) => void): () => void {
    this.#listener = listener
    return () => {
      this.#listener = () => undefined
    }
  }

  #finish(task: string, told: Told): Promise<void> {
    this.#done.add(task)
    this.told.push(told)
    return Promise.resolve()
  }
}
