import { setTimeout as pause } from 'node:timers/promises'
import { type Annotation, parseAnnotation, sameAnnotation } from '@cloister/annotation-formats'
import { type Browser, RefusedByServer } from '../stage/browser.ts'
import { type Answer, type Material, memberOf } from './material.ts'
import { mistaken } from './mistake.ts'

/** Somebody at a page of their own. */
interface Worker {
  readonly browser: Pick<Browser, 'post'>
}

/** Chance that can be repeated: a small generator (mulberry32), one for each worker. */
export function chance(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/**
 * What simulated people answer: of an item they see its content and no reference. Where several items
 * have the same, each is given one of their answers, and everybody who sees it the same one.
 */
export class Answers {
  readonly #left = new Map<string, Annotation[]>()
  readonly #ofItem = new Map<string, Annotation>()

  constructor(answers: Iterable<Answer>) {
    for (const { content, annotation } of answers)
      this.#left.set(content, [...(this.#left.get(content) ?? []), annotation])
  }

  /** @throws Error for an item of whose content no answer is left */
  of(task: unknown): Annotation {
    const item = String(memberOf(task, 'item'))
    const known = this.#ofItem.get(item)
    if (known !== undefined) return known
    const right = this.#left.get(String(memberOf(task, 'sha256')))?.shift()
    if (right === undefined) throw new Error('an item came up that the answers do not know')
    this.#ofItem.set(item, right)
    return right
  }
}

/**
 * Does every task there is for this annotator; answers how many, and with how many mistakes. One is
 * made at the given rate, where the schema allows another annotation than the right one.
 */
export async function annotate(
  person: Worker,
  project: string,
  { schema, answers }: Pick<Material, 'schema'> & { readonly answers: Answers },
  errorRate: number,
  random: () => number,
  onDone: () => void,
): Promise<{ done: number; mistakes: number }> {
  const count = { done: 0, mistakes: 0 }
  let task: unknown = await first(person, `/projects/${project}/next`)
  while (task != null) {
    const right = answers.of(task)
    const errs = errorRate > 0 && random() < errorRate
    const wrong = errs ? mistaken(right, schema, random) : null
    const answer = await person.browser.post(`/tasks/${String(memberOf(task, 'task'))}/submit`, {
      annotation: fitted(wrong ?? right, task),
      next: true,
    })
    count.done += 1
    if (wrong !== null) count.mistakes += 1
    onDone()
    task = memberOf(answer, 'next') ?? (await first(person, `/projects/${project}/next`))
  }
  return count
}

/** Reviews everything that waits: accepts what is right, corrects what is not. */
export async function review(
  person: Worker,
  project: string,
  answers: Answers,
  onDone: () => void,
): Promise<{ accepted: number; corrected: number }> {
  const count = { accepted: 0, corrected: 0 }
  let task: unknown = await first(person, `/projects/${project}/next-review`)
  while (task != null) {
    const right = fitted(answers.of(task), task)
    const same = equal(memberOf(task, 'annotation'), right)
    const decision = same ? { decision: 'accept' } : { decision: 'correct', annotation: right }
    const path = `/tasks/${String(memberOf(task, 'task'))}/review`
    const answer = await person.browser.post(path, { ...decision, next: true })
    if (same) count.accepted += 1
    else count.corrected += 1
    onDone()
    task = memberOf(answer, 'next') ?? (await first(person, `/projects/${project}/next-review`))
  }
  return count
}

/** Conditions that come right by themselves on a machine that is too busy. */
const passing = new Set(['witness', 'posture'])
const patience = 120

/**
 * The next task, or null when nothing waits. That a submission was answered without one says only that
 * none was handed out: nothing waits, or the gate refused to show it, and then it waits again.
 */
async function first(person: Worker, path: string): Promise<unknown> {
  for (let tries = 1; ; tries += 1)
    try {
      return await person.browser.post(path)
    } catch (error) {
      if (!(error instanceof RefusedByServer)) throw error
      if (error.kind === 'no-task') return null
      const { conditions } = error.problem
      const passes =
        Array.isArray(conditions) && conditions.every((one) => passing.has(String(one)))
      if (!passes || tries >= patience) throw error
      await pause(1000)
    }
}

/** The annotation as one of this task: under the version of the schema that the task names. */
function fitted(annotation: Annotation, task: unknown): Annotation {
  const name = String(memberOf(memberOf(task, 'schema'), 'name'))
  return { ...annotation, schema: `${name}@${String(memberOf(task, 'schemaVersion'))}` }
}

function equal(found: unknown, right: Annotation): boolean {
  const parsed = parseAnnotation(found)
  return parsed.ok && sameAnnotation(parsed.value, right)
}
