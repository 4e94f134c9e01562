import type {
  BenchApi,
  BenchItem,
  OwnWork,
  Reason,
  Standing,
  Verdict,
} from '../../../src/web/api/bench-api.ts'
import type { Annotation } from '@cloister/annotation-formats'
import { guideline } from './items.ts'

/** What the page told its server, in order, for a test to read. */
export type Told =
  | { readonly submitted: string; readonly annotation: Annotation }
  | { readonly skipped: string; readonly reason: Reason }
  | { readonly released: string }
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

  next(): Promise<BenchItem | null> {
    const item = this.#items.find(({ task }) => !this.#done.has(task))
    if (item === undefined) return Promise.resolve(null)
    return Promise.resolve({ ...item, annotation: this.drafts.get(item.task) ?? item.annotation })
  }

  guideline(): ReturnType<BenchApi['guideline']> {
    return Promise.resolve(guideline)
  }

  saveDraft(task: string, annotation: Annotation): Promise<void> {
    if (this.offline) return Promise.reject(new Error('no network'))
    this.drafts.set(task, annotation)
    return Promise.resolve()
  }

  submit(task: string, annotation: Annotation): Promise<BenchItem | null> {
    this.#own.unshift({
      task,
      reference: this.#items.find((one) => one.task === task)?.reference ?? task,
      at: new Date(2026, 10, 21, 14, 5),
      state: 'submitted',
      reopenable: true,
    })
    this.drafts.set(task, annotation)
    return this.#finish(task, { submitted: task, annotation })
  }

  skip(task: string, reason: Reason): Promise<BenchItem | null> {
    return this.#finish(task, { skipped: task, reason })
  }

  async release(task: string): Promise<void> {
    await this.#finish(task, { released: task })
  }

  review(task: string, verdict: Verdict): Promise<BenchItem | null> {
    return this.#finish(task, { reviewed: task, verdict })
  }

  heartbeat(): Promise<void> {
    return Promise.resolve()
  }

  ownWork(): Promise<readonly OwnWork[]> {
    return Promise.resolve([...this.#own])
  }

  async reopen(task: string): Promise<BenchItem> {
    this.#done.delete(task)
    this.#own.splice(
      this.#own.findIndex((work) => work.task === task),
      1,
    )
    this.told.push({ reopened: task })
    const item = await this.next()
    if (item === null) throw new Error('no such task')
    return item
  }

  quality(): ReturnType<BenchApi['quality']> {
    return Promise.resolve({ submitted: 1288, accepted: 388, corrected: 18, sentBack: 6 })
  }

  onStanding(listener: (standing: Standing) => void): () => void {
    this.#listener = listener
    return () => {
      this.#listener = () => undefined
    }
  }

  #finish(task: string, told: Told): Promise<BenchItem | null> {
    this.#done.add(task)
    this.told.push(told)
    return this.next()
  }
}
