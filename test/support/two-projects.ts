import type { TestContext } from 'node:test'
import { sql } from 'kysely'
import { type Db, transact, type Tx } from '../../src/server/kernel/db.ts'
import { testDatabase, type TestDatabase } from './database.ts'

export type Name = 'a' | 'b'
type Row = Readonly<Record<string, unknown>>

/** The tables whose rows belong to a project, with what tells the rows of one of them from the other's. */
export const bound: readonly (readonly [table: string, column: string, id: string])[] = [
  ['projects.project', 'id', 'prj'],
  ['projects.instruction', 'project', 'prj'],
  ['projects.team', 'project', 'prj'],
  ['projects.label_schema', 'project', 'prj'],
  ['projects.guideline', 'project', 'prj'],
  ['projects.batch', 'project', 'prj'],
  ['projects.item', 'project', 'prj'],
  ['projects.subject', 'project', 'prj'],
  ['projects.rejected', 'batch', 'bat'],
  ['vault.project_key', 'project', 'prj'],
  ['vault.owner_key', 'project', 'prj'],
  ['vault.object', 'project', 'prj'],
  ['annotation.task', 'project', 'prj'],
  ['annotation.tongue', 'project', 'prj'],
  ['annotation.tally', 'project', 'prj'],
  ['annotation.lease', 'project', 'prj'],
  ['annotation.annotation', 'project', 'prj'],
  ['annotation.draft', 'task', 'tsk'],
  ['annotation.flag', 'task', 'tsk'],
  ['annotation.decision', 'project', 'prj'],
  ['annotation.listening', 'project', 'prj'],
  ['delivery.delivery', 'project', 'prj'],
  ['delivery.item', 'delivery', 'del'],
]

/** A database in which two projects have one row in each table of theirs. */
export async function twoProjects(t: TestContext): Promise<TestDatabase> {
  const database = await testDatabase(t)
  await fillProjects(database.db('cloister_admin'), ['a', 'b'])
  return database
}

/** One row in each table for each of these projects, and a client for whom they are. */
export async function fillProjects(admin: Db, names: readonly Name[]): Promise<void> {
  await transact(admin, async (tx) => {
    const of = { recipient: `age1${'q'.repeat(58)}`, fingerprint: 'f', registered_by: 'x' }
    await insert(tx, 'projects.client', { id: 'cli_c', name: 'Client', created_at: now })
    await insert(tx, 'delivery.key', { id: 'dky_c', client: 'cli_c', ...of, registered_at: now })
    for (const name of names) for (const [table, row] of rowsOf(name)) await insert(tx, table, row)
  })
}

/** Adds a row as it is, its generated numbers too. */
export async function insert(tx: Tx | Db, table: string, row: Row): Promise<void> {
  await sql`insert into ${sql.raw(table)} overriding system value
    select * from jsonb_populate_record(null::${sql.raw(table)}, ${JSON.stringify(row)}::jsonb)`.execute(
    tx,
  )
}

const now = '2026-11-02T08:00:00Z'
const hash = (byte: string) => `\\x${byte.repeat(32)}`

function rowsOf(name: Name): readonly (readonly [table: string, row: Row])[] {
  const project = `prj_${name}`
  const [item, batch, task, annotation] = [
    `itm_${name}`,
    `bat_${name}`,
    `tsk_${name}`,
    `ann_${name}`,
  ]
  const [person, object, delivery] = [`per_${name}`, `obj_${name}`, `del_${name}`]
  const byte = name === 'a' ? '0a' : '0b'
  const published = { published_by: 'x', published_at: now }
  const owner = { kind: 'item', owner: item }
  return [
    [
      'projects.project',
      {
        ...{ id: project, client: 'cli_c', code: name, kind: 'text', state: 'open' },
        ...{ created_by: 'x', created_at: now },
      },
    ],
    [
      'projects.instruction',
      { id: `ins_${name}`, project, subject: 'all', begins: now, recorded_by: 'x' },
    ],
    ['projects.team', { project, person, role: 'annotator', set_by: 'x', set_at: now }],
    ['projects.label_schema', { project, version: 1, body: {}, ...published }],
    ['projects.guideline', { project, version: 1, object, ...published }],
    [
      'projects.batch',
      {
        ...{
          id: batch,
          project,
          name: 'batch 1',
          manifest: hash(byte),
          encoding: 'utf-8',
          state: 'ready',
        },
        ...{ next_row: 0, accepted: 0, rejected: 0, ordered_by: 'x', began_at: now },
      },
    ],
    [
      'projects.item',
      {
        ...{ id: item, project, batch, row: 0, kind: 'text', language: 'en', ref_mac: hash(byte) },
        ...{ length: 1, content_sha256: hash(byte), state: 'free', created_at: now },
      },
    ],
    ['projects.subject', { project, mac: hash(byte), item }],
    ['projects.rejected', { batch, row: 1, reason: 'language: is none' }],
    [
      'vault.project_key',
      { project, epoch: 1, location: `key ${name}`, begun_by: 'x', created_at: now },
    ],
    ['vault.owner_key', { project, ...owner, epoch: 1, wrapped: '\\x00' }],
    [
      'vault.object',
      {
        ...{ id: object, project, ...owner, asset: 'content', version: 1, length: 1 },
        ...{ sealed: null, location: `file ${name}`, created_at: now },
      },
    ],
    // Its trigger also counts it and notes its language.
    [
      'annotation.task',
      {
        ...{ id: task, project, item, batch, type: 'annotate', language: 'en' },
        ...{ seq: name === 'a' ? 1 : 2, state: 'waiting', since: now },
      },
    ],
    ['annotation.lease', { task, project, type: 'annotate', person, until: now }],
    [
      'annotation.annotation',
      {
        ...{ id: annotation, item, project, version: 1, person, made: 'annotated' },
        ...{ schema: 1, at: now, object },
      },
    ],
    ['annotation.draft', { task, person, version: 1, object, at: now }],
    ['annotation.flag', { id: `flg_${name}`, task, person, reason: 'other', at: now }],
    [
      'annotation.decision',
      {
        ...{ id: `dec_${name}`, item, project, annotation, reviewer: 'per_r' },
        ...{ decision: 'accept', at: now },
      },
    ],
    [
      'annotation.listening',
      { id: `lst_${name}`, task, project, item, person, opened_at: now, sent: '{}' },
    ],
    [
      'delivery.delivery',
      {
        ...{ id: delivery, project, client: 'cli_c', key: 'dky_c', state: 'proposed' },
        ...{ proposed_by: 'x', proposed_at: now, items: 0 },
      },
    ],
    ['delivery.item', { delivery, item, annotation }],
  ]
}
