import { Type } from 'typebox'
import {
  ImportBegun,
  ImportEnd,
  ImportRows,
  ImportStanding,
  ImportUndone,
  ProjectFound,
  RejectedRows,
} from '#shared/imports.ts'
import { Problem } from '#shared/problems.ts'
import { BatchId, ProjectCode, ProjectId } from '#shared/projects.ts'
import type { Operate } from '../../../http/operate.ts'
import type { Upload } from '../../../http/upload.ts'
import { listProjects, projectByCode } from '../store.ts'
import { beginImport, endImport, readImport, seeManifest, undoImport } from './batches.ts'
import { discardFile, keepFile, receiveFile } from './files.ts'
import type { ImportGround } from './ground.ts'
import { takeRows } from './rows.ts'
import { rejectedFrom } from './store.ts'

const Project = Type.Object({ project: ProjectId })
const Batch = Type.Object({ project: ProjectId, batch: BatchId })
const project = ({ project: id }: { project: string }) => ({ type: 'Project', id }) as const
const ofParams = ({ params }: { params: { project: string } }) => project(params)

const gibibyte = 2 ** 30
/** How many rejected rows one answer lists. */
const page = 1000

/** Imports, at the operator door: a manifest is begun, taken in row by row, ended, and can be undone. */
export function importRoutes(operate: Operate, upload: Upload, ground: ImportGround): void {
  operate('GET', '/imports/projects/:code', {
    action: 'projects.import.find',
    params: Type.Object({ code: ProjectCode }),
    answer: ProjectFound,
    resource: () => ({ type: 'Site', id: 'site' }),
    async run({ tx, params }) {
      const found = await projectByCode(tx, params.code)
      if (found === undefined) {
        const there = (await listProjects(tx, null)).rows.map(({ code }) => code)
        throw new Problem('not-found', { missing: `project ${params.code}`, there })
      }
      return { project: found.id, code: found.code, kind: found.kind }
    },
  })
  upload('/projects/:project/imports', {
    action: 'projects.import.order',
    params: Project,
    answer: ImportBegun,
    limit: 64 * gibibyte,
    resource: project,
    receive: ({ bytes }) => seeManifest(ground, bytes),
    async run({ pass, tx, received, note }) {
      const begun = await beginImport(pass, tx, received)
      note({ batch: begun.batch, scanned: begun.scanned, rows: begun.rows })
      return begun
    },
  })
  runRoutes(operate, upload, ground)
  operate('POST', '/projects/:project/imports/:batch/undo', {
    action: 'projects.import.undo',
    params: Batch,
    answer: ImportUndone,
    resource: ofParams,
    async run({ pass, tx, params, note }) {
      const undone = await undoImport(ground, pass, tx, params.batch)
      note({ batch: params.batch, removed: undone.removed })
      return undone
    },
  })
}

function runRoutes(operate: Operate, upload: Upload, ground: ImportGround): void {
  operate('POST', '/projects/:project/imports/:batch/rows', {
    action: 'projects.import.run',
    params: Batch,
    body: ImportRows,
    answer: ImportStanding,
    limit: 24 << 20,
    resource: ofParams,
    async run({ pass, tx, params, body, note }) {
      const standing = await takeRows(ground, pass, tx, params.batch, body)
      note({ batch: params.batch, from: body.from, rows: body.rows.length })
      return standing
    },
  })
  upload('/projects/:project/imports/:batch/files', {
    action: 'projects.import.run',
    params: Batch,
    answer: ImportStanding,
    limit: 8 * gibibyte,
    resource: project,
    receive: ({ pass, bytes }) => receiveFile(ground, pass, bytes),
    discard: discardFile,
    async run({ pass, tx, params, received, note }) {
      const standing = await keepFile(ground, pass, tx, params.batch, received)
      note({ batch: params.batch, from: received.head.from, rows: 1 })
      return standing
    },
  })
  operate('POST', '/projects/:project/imports/:batch/end', {
    action: 'projects.import.run',
    params: Batch,
    body: ImportEnd,
    answer: ImportStanding,
    resource: ofParams,
    async run({ pass, tx, params, body, note }) {
      const standing = await endImport(pass, tx, params.batch, body)
      note({ ...standing })
      return standing
    },
  })
  operate('GET', '/projects/:project/imports/:batch', {
    action: 'projects.import.run',
    params: Batch,
    answer: ImportStanding,
    resource: ofParams,
    run: ({ pass, tx, params }) => readImport(pass, tx, params.batch),
  })
  operate('GET', '/projects/:project/imports/:batch/rejected/:from', {
    action: 'projects.import.run',
    params: Type.Object({ ...Batch.properties, from: Type.String({ pattern: '^\\d{1,15}$' }) }),
    answer: RejectedRows,
    resource: ofParams,
    async run({ pass, tx, params }) {
      const { batch } = await readImport(pass, tx, params.batch)
      return { rejected: await rejectedFrom(tx, batch, Number(params.from), page) }
    },
  })
}
