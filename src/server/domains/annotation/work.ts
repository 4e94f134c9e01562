import { Problem } from '#shared/problems.ts'
import type { OwnWork, Progress, Work } from '#shared/annotation.ts'
import type { Tx } from '../../kernel/db.ts'
import { type Pass, Refused } from '../access/index.ts'
import { latestGuideline, projectsOf } from '../projects/index.ts'
import { certifiedLanguages } from '../workforce/index.ts'
import type { Ground } from './ground.ts'
import { textOf } from './payload.ts'
import { heldIn, leasesOf } from './store/leases.ts'
import { lastWorkOf, outcomesOf, setAsideIn, tallyOf, waitingOf } from './store/progress.ts'
import type { TaskState, TaskType } from './tables.ts'

/** What somebody may work on, what waits for them there, and which conditions keep them from it now. */
export async function readWork(
  { gate }: Pick<Ground, 'gate'>,
  pass: Pass<'annotation.work.read'>,
  tx: Tx,
): Promise<Work> {
  const memberships = await projectsOf(tx, pass.actor)
  const ids = [...new Set(memberships.map((m) => m.id))]
  const waiting = await waitingOf(tx, ids)
  const leases = await leasesOf(tx, pass.actor)
  const projects: Work['projects'] = []
  for (const id of ids) {
    const own = memberships.filter((m) => m.id === id)
    const roles = own.map((m) => m.role)
    const [{ code, kind } = { code: '', kind: 'text' as const }] = own
    const speaks = await certifiedLanguages(tx, pass.actor, kind, pass.at)
    const count = (type: TaskType) =>
      waiting
        .filter((w) => w.project === id && w.type === type && covers(speaks, w.language))
        .reduce((sum, w) => sum + w.tasks, 0)
    const held = (type: TaskType) =>
      leases.find((l) => l.project === id && l.type === type)?.task ?? null
    const conditions = await unmet(gate, tx, pass, id, roles)
    projects.push({
      ...{ project: id, code, kind, roles, conditions },
      waiting: { annotate: count('annotate'), review: count('review') },
      ...{ held: held('annotate'), heldReview: held('review') },
    })
  }
  return { projects }
}

/** A certificate in a language covers its regions: `en` reads `en-GB`. */
function covers(speaks: readonly string[], language: string): boolean {
  return speaks.includes(language) || speaks.includes(language.split('-', 1)[0] ?? '')
}

/** The gate's answer to asking for the next task, had it been asked; nothing is handed out. */
async function unmet(
  gate: Ground['gate'],
  tx: Tx,
  { caller }: Pass,
  project: string,
  roles: readonly string[],
): Promise<string[]> {
  const action = roles.includes('annotator') ? 'annotation.task.next' : 'annotation.review.next'
  try {
    await gate.admit(tx, caller, action, { type: 'Project', id: project })
    return []
  } catch (error) {
    if (error instanceof Refused) return [...error.refusal.policies]
    throw error
  }
}

/**
 * Somebody's own recent work, and what reviewers made of it. Why a piece was sent back is content of
 * its item and is shown where the item is: in the task, once it is theirs again.
 */
export async function readOwnWork(pass: Pass<'annotation.work.read'>, tx: Tx): Promise<OwnWork> {
  const memberships = await projectsOf(tx, pass.actor)
  const tasks = await lastWorkOf(tx, pass.actor, 50)
  return {
    tasks: tasks.flatMap(({ id: task, project, state, at, reopenable }) => {
      const code = memberships.find((m) => m.id === project)?.code
      // Off the team, a project is none of one's business any more.
      if (code === undefined) return []
      return [{ task, project, code, state, at: at.toISOString(), reopenable }]
    }),
    quality: await outcomesOf(tx, pass.actor),
  }
}

/** The guideline in force. @throws Problem `not-found` when none is published */
export async function readGuideline(
  { seals }: Pick<Ground, 'seals'>,
  pass: Pass<'annotation.guideline.read'>,
  tx: Tx,
): Promise<{ version: number; text: string }> {
  const row = await latestGuideline(tx, pass.resource.id)
  if (row === undefined) throw new Problem('not-found')
  return { version: row.version, text: await textOf(seals, pass, tx, row.object) }
}

const listed = 200
type Counted = Progress['annotate']

/** Where a project stands, in numbers, and whose turn it is. No content. */
export async function readProgress(
  pass: Pass<'annotation.progress.read'>,
  tx: Tx,
): Promise<Progress> {
  const project = pass.resource.id
  const tally = await tallyOf(tx, project)
  const annotate = tally.filter((row) => row.type === 'annotate')
  const languages = [...new Set(annotate.map((row) => row.language))]
  const held = await heldIn(tx, project, listed)
  const aside = await setAsideIn(tx, project, listed)
  return {
    annotate: counted(annotate),
    review: counted(tally.filter((row) => row.type === 'review')),
    languages: languages.map((language) => ({
      language,
      annotate: counted(annotate.filter((row) => row.language === language)),
    })),
    held: held.map(({ until, ...row }) => ({ ...row, until: until.toISOString() })),
    setAside: aside.map(({ since, ...row }) => ({ ...row, since: since.toISOString() })),
  }
}

function counted(rows: readonly { state: TaskState; tasks: number }[]): Counted {
  const of = (state: TaskState) =>
    rows.filter((row) => row.state === state).reduce((sum, row) => sum + row.tasks, 0)
  return {
    ...{ waiting: of('waiting'), leased: of('leased'), submitted: of('submitted') },
    ...{ returned: of('returned'), skipped: of('skipped'), accepted: of('accepted') },
  }
}
