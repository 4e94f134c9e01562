import { Type } from 'typebox'
import {
  annotationLimit,
  Draft,
  DraftSaved,
  MediaOpened,
  NextTask,
  OwnWork,
  Progress,
  Reassignment,
  Renewed,
  Review,
  Skip,
  Submission,
  TaskId,
  TaskPayload,
  Work,
} from '#shared/annotation.ts'
import { Done } from '#shared/identity.ts'
import { Problem } from '#shared/problems.ts'
import { Guideline, ProjectId } from '#shared/projects.ts'
import type { Call, Operate } from '../../http/operate.ts'
import type { StreamOut } from '../../http/stream.ts'
import type { Gate } from '../access/index.ts'
import type { AdmitOpening, Ground, Seals, SealWords } from './ground.ts'
import { closeRecorder, openMedia, readAudio, readPeaks } from './media.ts'
import { handedBy, openTask } from './payload.ts'
import { decideReview } from './review.ts'
import { saveDraft, submitAnnotation } from './submit.ts'
import {
  nextTask,
  reassignTask,
  releaseTask,
  renewTask,
  reopenTask,
  skipTask,
  workThenNext,
} from './tasks.ts'
import { readGuideline, readOwnWork, readProgress, readWork } from './work.ts'

/** What the routes of this domain stand on; the composition hands it in. */
export interface Standing {
  readonly gate: Gate
  readonly seals: Seals
  readonly sealDetails: SealWords
  readonly apart: Ground['apart']
}

const Task = Type.Object({ task: TaskId })
const Project = Type.Object({ project: ProjectId })
const task = ({ params }: { params: { task: string } }) =>
  ({ type: 'Task', id: params.task }) as const
const project = ({ params }: { params: { project: string } }) =>
  ({ type: 'Project', id: params.project }) as const
const self = (_: unknown, caller: { readonly id: string | null }) =>
  ({ type: 'Person', id: caller.id ?? 'nobody' }) as const
const done = { done: true } as const

export function annotationRoutes(operate: Operate, streamOut: StreamOut, standing: Standing): void {
  const ground = groundOf(standing)
  queueRoutes(operate, ground)
  workRoutes(operate, ground)
  mediaRoutes(operate, streamOut, ground)
  overviewRoutes(operate, ground)
}

function groundOf({ gate, seals, sealDetails, apart }: Standing): Ground {
  return { gate, seals, apart, recordClose: closeRecorder(sealDetails) }
}

function queueRoutes(operate: Operate, ground: Ground): void {
  operate('POST', '/projects/:project/next', {
    action: 'annotation.task.next',
    params: Project,
    answer: TaskPayload,
    resource: project,
    run: async ({ pass, tx, also }) =>
      found(await nextTask(ground, pass, tx, 'annotate', opening(also))),
  })
  operate('POST', '/projects/:project/next-review', {
    action: 'annotation.review.next',
    params: Project,
    answer: TaskPayload,
    resource: project,
    run: async ({ pass, tx, also }) =>
      found(await nextTask(ground, pass, tx, 'review', opening(also))),
  })
  operate('GET', '/tasks/:task', {
    action: 'annotation.task.open',
    params: Task,
    answer: TaskPayload,
    resource: task,
    run: ({ pass, tx }) => openTask(ground, pass, tx, handedBy(pass)),
  })
  operate('POST', '/tasks/:task/renew', {
    action: 'annotation.task.renew',
    params: Task,
    answer: Renewed,
    resource: task,
    run: async ({ pass, tx }) => ({ until: (await renewTask(pass, tx)).toISOString() }),
  })
  operate('POST', '/tasks/:task/release', {
    action: 'annotation.task.release',
    params: Task,
    answer: Done,
    resource: task,
    run: async ({ pass, tx }) => (await releaseTask(ground, pass, tx), done),
  })
  operate('POST', '/tasks/:task/reopen', {
    action: 'annotation.reopen',
    params: Task,
    answer: TaskPayload,
    resource: task,
    run: ({ pass, tx, also }) => reopenTask(ground, pass, tx, opening(also)),
  })
}

function workRoutes(operate: Operate, ground: Ground): void {
  operate('PUT', '/tasks/:task/draft', {
    action: 'annotation.draft.save',
    params: Task,
    body: Draft,
    answer: DraftSaved,
    limit: annotationLimit,
    resource: task,
    run: async ({ pass, tx, body }) => ({ version: await saveDraft(ground, pass, tx, body) }),
  })
  operate('POST', '/tasks/:task/submit', {
    action: 'annotation.submit',
    params: Task,
    body: Submission,
    answer: NextTask,
    limit: annotationLimit,
    resource: task,
    run: ({ pass, tx, body, also }) =>
      workThenNext(
        ground,
        { pass, tx, admit: opening(also) },
        { wanted: body.next, type: 'annotate' },
        () => submitAnnotation(ground, pass, tx, body.annotation),
      ),
  })
  operate('POST', '/tasks/:task/skip', {
    action: 'annotation.task.skip',
    params: Task,
    body: Skip,
    answer: NextTask,
    resource: task,
    run({ pass, tx, body, note, also }) {
      note({ reason: body.reason })
      return workThenNext(
        ground,
        { pass, tx, admit: opening(also) },
        { wanted: body.next, type: 'annotate' },
        () => skipTask(ground, pass, tx, body),
      )
    },
  })
  operate('POST', '/tasks/:task/review', {
    action: 'annotation.review.decide',
    params: Task,
    body: Review,
    answer: NextTask,
    limit: annotationLimit,
    resource: task,
    run({ pass, tx, body, note, also }) {
      note({ decision: body.decision })
      return workThenNext(
        ground,
        { pass, tx, admit: opening(also) },
        { wanted: body.next, type: 'review' },
        () => decideReview(ground, pass, tx, body),
      )
    },
  })
}

function mediaRoutes(operate: Operate, streamOut: StreamOut, ground: Ground): void {
  const here = { action: 'annotation.media.read', params: Task, record: 'opening' } as const
  operate('POST', '/tasks/:task/media', {
    action: 'annotation.media.open',
    params: Task,
    answer: MediaOpened,
    resource: task,
    run: ({ pass, tx }) => openMedia(ground, pass, tx),
  })
  streamOut('/tasks/:task/media/audio', {
    ...here,
    resource: (params) => ({ type: 'Task', id: params.task }),
    run: ({ pass, tx }) => readAudio(ground, pass, tx),
  })
  streamOut('/tasks/:task/media/peaks', {
    ...here,
    resource: (params) => ({ type: 'Task', id: params.task }),
    run: ({ pass, tx }) => readPeaks(ground, pass, tx),
  })
}

function overviewRoutes(operate: Operate, ground: Ground): void {
  operate('GET', '/work', {
    action: 'annotation.work.read',
    answer: Work,
    resource: self,
    run: ({ pass, tx }) => readWork(ground, pass, tx),
  })
  operate('GET', '/own-work', {
    action: 'annotation.work.read',
    answer: OwnWork,
    resource: self,
    run: ({ pass, tx }) => readOwnWork(pass, tx),
  })
  operate('GET', '/projects/:project/guideline', {
    action: 'annotation.guideline.read',
    params: Project,
    answer: Guideline,
    resource: project,
    run: ({ pass, tx }) => readGuideline(ground, pass, tx),
  })
  operate('GET', '/projects/:project/progress', {
    action: 'annotation.progress.read',
    params: Project,
    answer: Progress,
    resource: project,
    run: ({ pass, tx }) => readProgress(pass, tx),
  })
  operate('POST', '/tasks/:task/reassign', {
    action: 'annotation.task.reassign',
    params: Task,
    body: Reassignment,
    answer: Done,
    resource: task,
    async run({ pass, tx, body, note }) {
      note({ person: body.person })
      return (await reassignTask(ground, pass, tx, body.person), done)
    },
  })
}

function opening(
  also: Call<'annotation.task.open', unknown, unknown, unknown>['also'],
): AdmitOpening {
  return (id) => also('annotation.task.open', { type: 'Task', id })
}

function found(payload: TaskPayload | null): TaskPayload {
  if (payload === null) throw new Problem('no-task')
  return payload
}
