import type { FullTile } from '@cloister/transparency-log'
import type { Client } from 'pg'
import type { Projection } from '../leaf.ts'

/** Waits until no other connection to this database has it. It is ours as long as the connection is. */
export async function takeLock(session: Client): Promise<void> {
  await session.query(`select pg_advisory_lock(hashtextextended('cloister sequencer', 0))`)
}

export async function lastCheckpoint(
  session: Client,
): Promise<{ size: number; root: Buffer; note: string } | null> {
  const { rows } = await session.query<{ size: number; root: Buffer; note: string }>(
    'select size, root, note from audit.checkpoint order by size desc limit 1',
  )
  return rows[0] ?? null
}

/** The bodies of all leaves from an index on, in order: at most a tile of them after a sound stop. */
export async function leavesFrom(session: Client, index: number): Promise<Buffer[]> {
  const { rows } = await session.query<{ body: Buffer }>(
    'select body from audit.leaf where index >= $1 order by index limit 257',
    [index],
  )
  return rows.map(({ body }) => body)
}

/** The hashes of the full tiles of a level from a place on, in order. */
export async function tilesFrom(session: Client, level: number, index: number): Promise<Buffer[]> {
  const { rows } = await session.query<{ hashes: Buffer }>(
    'select hashes from audit.tile where level = $1 and index >= $2 order by index limit 257',
    [level, index],
  )
  return rows.map(({ hashes }) => hashes)
}

/** Takes what waits out of the queue, within a transaction. Ids show the order of arrival, not of commit. */
export async function takePending(session: Client, limit: number): Promise<Buffer[]> {
  const { rows } = await session.query<{ id: number; body: Buffer }>(
    `delete from audit.pending
      where id = any(array(select id from audit.pending order by id limit $1))
      returning id, body`,
    [limit],
  )
  return rows.sort((a, b) => a.id - b.id).map(({ body }) => body)
}

export interface Batch {
  readonly first: number
  readonly leaves: readonly (Projection & { readonly body: Uint8Array })[]
  readonly tiles: readonly FullTile[]
  readonly checkpoint: { size: number; root: Uint8Array; note: string; signedAt: Date }
}

/** Leaves, tiles and checkpoint in one statement. */
export async function insertBatch(session: Client, batch: Batch): Promise<void> {
  const { first, leaves, tiles, checkpoint } = batch
  const columns = [
    leaves.map((_, i) => first + i),
    leaves.map((leaf) => leaf.time),
    leaves.map((leaf) => leaf.actor),
    leaves.map((leaf) => leaf.action),
    leaves.map((leaf) => leaf.resource),
    leaves.map((leaf) => leaf.project),
    leaves.map((leaf) => leaf.item),
    leaves.map((leaf) => leaf.outcome),
    leaves.map((leaf) => leaf.details),
    leaves.map((leaf) => leaf.body),
    tiles.map((tile) => tile.level),
    tiles.map((tile) => tile.index),
    tiles.map((tile) => tile.hashes),
  ]
  await session.query(
    `with leaves as (
       insert into audit.leaf
         (index, time, actor, action, resource, project, item, outcome, details, body)
       select * from unnest($1::bigint[], $2::timestamptz[], $3::text[], $4::text[], $5::text[],
                            $6::text[], $7::text[], $8::text[], $9::bytea[], $10::bytea[])
     ), tiles as (
       insert into audit.tile (level, index, hashes)
       select * from unnest($11::smallint[], $12::bigint[], $13::bytea[])
     )
     insert into audit.checkpoint (size, root, note, signed_at) values ($14, $15, $16, $17)`,
    [...columns, checkpoint.size, checkpoint.root, checkpoint.note, checkpoint.signedAt],
  )
}

export async function inTransaction<T>(session: Client, work: () => Promise<T>): Promise<T> {
  await session.query('begin')
  const done = await work()
  await session.query('commit')
  return done
}
