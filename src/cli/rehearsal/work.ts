import { type Annotation, parseAnnotation, sameAnnotation } from '@cloister/annotation-formats'
import type { Person } from '../stage/cast.ts'
import { RefusedByServer } from '../stage/browser.ts'
import { memberOf, type Material } from './material.ts'
import { mistaken } from './mistake.ts'

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
 * Does every task there is for this annotator; answers how many, and with how many mistakes. One is
 * made at the given rate, where the schema allows another annotation than the right one.
 */
export async function annotate(
  person: Person,
  project: string,
  material: Material,
  errorRate: number,
  random: () => number,
  onDone: () => void,
): Promise<{ done: number; mistakes: number }> {
  const count = { done: 0, mistakes: 0 }
  let task: unknown = await first(person, `/projects/${project}/next`)
  while (task != null) {
    const right = answerFor(task, material)
    const errs = errorRate > 0 && random() < errorRate
    const wrong = errs ? mistaken(right, material.schema, random) : null
    const answer = await person.browser.post(`/tasks/${String(memberOf(task, 'task'))}/submit`, {
      annotation: fitted(wrong ?? right, task),
      next: true,
    })
    count.done += 1
    if (wrong !== null) count.mistakes += 1
    onDone()
    task = memberOf(answer, 'next')
  }
  return count
}

/** Reviews everything that waits: accepts what is right, corrects what is not. */
export async function review(
  person: Person,
  project: string,
  material: Material,
  onDone: () => void,
): Promise<{ accepted: number; corrected: number }> {
  const count = { accepted: 0, corrected: 0 }
  let task: unknown = await first(person, `/projects/${project}/next-review`)
  while (task != null) {
    const right = fitted(answerFor(task, material), task)
    const same = equal(memberOf(task, 'annotation'), right)
    const decision = same ? { decision: 'accept' } : { decision: 'correct', annotation: right }
    const path = `/tasks/${String(memberOf(task, 'task'))}/review`
    const answer = await person.browser.post(path, { ...decision, next: true })
    if (same) count.accepted += 1
    else count.corrected += 1
    onDone()
    task = memberOf(answer, 'next')
  }
  return count
}

async function first(person: Person, path: string): Promise<unknown> {
  try {
    return await person.browser.post(path)
  } catch (error) {
    if (error instanceof RefusedByServer && error.kind === 'no-task') return null
    throw error
  }
}

function answerFor(task: unknown, material: Material): Annotation {
  const right = material.byContent.get(String(memberOf(task, 'sha256')))
  if (right === undefined) throw new Error('an item came up that the answers do not know')
  return right
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
