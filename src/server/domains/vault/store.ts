import { type Insertable, sql } from 'kysely'
import { type Connection, type Db, openClient, type Tx } from '../../kernel/db.ts'
import { prepared } from '../../kernel/prepared.ts'
import type { VaultTables } from './tables.ts'

/** The epoch in which new keys are drawn; undefined for a project that has none yet. */
export function newestEpoch(tx: Tx, project: string) {
  return livingEpochs(tx, project).limit(1).executeTakeFirst()
}

/** The epochs of a project whose keys open something, the newest first. */
export function livingEpochs(tx: Tx, project: string) {
  return tx
    .selectFrom('vault.project_key')
    .select(['epoch', 'location', 'begun_by'])
    .where('project', '=', project)
    .where('destroyed_at', 'is', null)
    .orderBy('epoch', 'desc')
}

/**
 * Until the transaction ends, keeps the project's keys from being destroyed (shared), or keeps others
 * from drawing keys below them (exclusive). Take it in a statement before those that must see its effect.
 */
export async function lockEpochs(
  tx: Tx,
  project: string,
  manner: 'shared' | 'exclusive',
): Promise<void> {
  const name = `vault epochs ${project}`
  if (manner === 'shared')
    await sql`select pg_advisory_xact_lock_shared(hashtextextended(${name}, 0))`.execute(tx)
  else await sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(tx)
}

/** Where the keys of all living epochs lie, of every project. */
export function livingKeys(tx: Tx) {
  return tx
    .selectFrom('vault.project_key')
    .select(['project', 'location'])
    .where('destroyed_at', 'is', null)
    .orderBy('project')
    .execute()
}

/** Whether the key of an epoch still opens what is wrapped under it. */
export async function epochLives(tx: Tx, project: string, epoch: number): Promise<boolean> {
  return (await livingEpochs(tx, project).execute()).some((living) => living.epoch === epoch)
}

/** Two processes may begin a project's first key at once: whoever comes second waits and takes the first's. */
export async function lockProject(tx: Tx, project: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`vault ${project}`}, 0))`.execute(tx)
}

export async function insertProjectKey(
  tx: Tx,
  row: { project: string; epoch: number; location: string; begun_by: string },
): Promise<void> {
  await tx
    .insertInto('vault.project_key')
    .values({ ...row, destroyed_at: null })
    .execute()
}

type OwnerPlace = {
  readonly project: string
  readonly kind: 'item' | 'class'
  readonly owner: string
}

const ownerKeys = prepared((db, { project, kind, owner }: OwnerPlace) =>
  db
    .selectFrom('vault.owner_key as o')
    .innerJoin('vault.project_key as p', (join) =>
      join.onRef('p.project', '=', 'o.project').onRef('p.epoch', '=', 'o.epoch'),
    )
    .select(['o.epoch', 'o.wrapped'])
    .select(sql<string | null>`case when p.destroyed_at is null then p.location end`.as('location'))
    .where('o.project', '=', project)
    .where('o.kind', '=', kind)
    .where('o.owner', '=', owner),
)

/** An owner's key with where its epoch's key lies, as they were at one moment. */
export async function ownerKey(tx: Tx, project: string, kind: 'item' | 'class', owner: string) {
  const [row] = await ownerKeys(tx, { project, kind, owner })
  return row
}

/** False when another transaction was first. */
export async function insertOwnerKey(
  tx: Tx,
  row: Insertable<VaultTables['vault.owner_key']>,
): Promise<boolean> {
  const done = await tx
    .insertInto('vault.owner_key')
    .values(row)
    .onConflict((c) => c.doNothing())
    .executeTakeFirst()
  return done.numInsertedOrUpdatedRows === 1n
}

const objectRow = prepared((db, row: Insertable<VaultTables['vault.object']>) => {
  const { id, project, kind, owner, asset, version, length, sealed, location } = row
  const values = { id, project, kind, owner, asset, version, length, sealed, location }
  return db.insertInto('vault.object').values(values)
})

export async function insertObject(
  tx: Tx,
  row: Insertable<VaultTables['vault.object']>,
): Promise<void> {
  await objectRow(tx, row)
}

export function objectById(tx: Tx, id: string) {
  return tx.selectFrom('vault.object').selectAll().where('id', '=', id).executeTakeFirst()
}

const newestObjects = prepared(
  (db, { project, kind, owner, asset }: OwnerPlace & { readonly asset: string }) =>
    newestAt(db, [project, kind, owner, asset]).selectAll(),
)

/** An asset in its newest version, whole. */
export async function newestObject(tx: Tx, ...[project, kind, owner, asset]: AssetPlace) {
  const [row] = await newestObjects(tx, { project, kind, owner, asset })
  return row
}

/** Where an item's asset stands in its newest version. */
export function objectAt(tx: Tx, ...place: AssetPlace) {
  return newestAt(tx, place).select(['id', 'version', 'length']).executeTakeFirst()
}

type AssetPlace = readonly [project: string, kind: 'item' | 'class', owner: string, asset: string]

function newestAt(tx: Db, [project, kind, owner, asset]: AssetPlace) {
  return tx
    .selectFrom('vault.object')
    .where('project', '=', project)
    .where('kind', '=', kind)
    .where('owner', '=', owner)
    .where('asset', '=', asset)
    .orderBy('version', 'desc')
    .limit(1)
}

/** Removes an owner's objects, or one asset of it; answers the places to be freed in the object store. */
export async function deleteObjects(
  tx: Tx,
  project: string,
  kind: 'item' | 'class',
  owner: string,
  asset: string | null,
): Promise<string[]> {
  let query = tx
    .deleteFrom('vault.object')
    .where('project', '=', project)
    .where('kind', '=', kind)
    .where('owner', '=', owner)
  if (asset !== null) query = query.where('asset', '=', asset)
  const rows = await query.returning('location').execute()
  return rows.flatMap((row) => (row.location === null ? [] : [row.location]))
}

export async function deleteOwnerKey(
  tx: Tx,
  project: string,
  kind: 'item' | 'class',
  owner: string,
): Promise<void> {
  await tx
    .deleteFrom('vault.owner_key')
    .where('project', '=', project)
    .where('kind', '=', kind)
    .where('owner', '=', owner)
    .execute()
}

/** Which of these locations no row knows, of any project: written by a transaction that never committed. */
export async function unknownLocations(tx: Tx, locations: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ location: string }>`
    select vault.unknown_locations(${[...locations]}::text[]) as location`.execute(tx)
  return rows.map((row) => row.location)
}

export interface NewOwnerKey {
  readonly owner: string
  readonly epoch: number
  readonly wrapped: Uint8Array
}

export interface NewObject {
  readonly id: string
  readonly owner: string
  readonly asset: string
  readonly length: number
  readonly sealed: Buffer | null
  readonly location: string | null
}

/** The keys of new items, in one statement. */
export async function insertOwnerKeys(
  tx: Tx,
  project: string,
  keys: readonly NewOwnerKey[],
): Promise<void> {
  await sql`
    insert into vault.owner_key (project, kind, owner, epoch, wrapped)
    select ${project}, 'item', * from unnest(
      ${keys.map((k) => k.owner)}::text[], ${keys.map((k) => k.epoch)}::int4[],
      ${keys.map((k) => Buffer.from(k.wrapped))}::bytea[])`.execute(tx)
}

/** The first versions of new items' objects, in one statement. */
export async function insertObjects(
  tx: Tx,
  project: string,
  objects: readonly NewObject[],
): Promise<void> {
  await sql`
    insert into vault.object (project, kind, version, id, owner, asset, length, sealed, location)
    select ${project}, 'item', 1, * from unnest(
      ${objects.map((o) => o.id)}::text[], ${objects.map((o) => o.owner)}::text[],
      ${objects.map((o) => o.asset)}::text[], ${objects.map((o) => o.length)}::int8[],
      ${objects.map((o) => o.sealed)}::bytea[], ${objects.map((o) => o.location)}::text[])`.execute(
    tx,
  )
}

/** Removes items with their keys and objects; answers the places to be freed in the object store. */
export async function deleteItems(
  tx: Tx,
  project: string,
  items: readonly string[],
): Promise<string[]> {
  const { rows } = await sql<{ location: string | null }>`
    with keys as (
      delete from vault.owner_key
       where project = ${project} and kind = 'item' and owner = any(${[...items]}::text[]))
    delete from vault.object
     where project = ${project} and kind = 'item' and owner = any(${[...items]}::text[])
    returning location`.execute(tx)
  return rows.flatMap((row) => (row.location === null ? [] : [row.location]))
}

export interface WaitingKey {
  readonly kind: 'item' | 'class'
  readonly owner: string
  readonly epoch: number
  readonly wrapped: Buffer
}

/** Up to `most` keys of owners that are wrapped under an epoch before this one, locked; those that others hold are left out. */
export function keysBefore(
  tx: Tx,
  project: string,
  epoch: number,
  most: number,
): Promise<WaitingKey[]> {
  return tx
    .selectFrom('vault.owner_key')
    .select(['kind', 'owner', 'epoch', 'wrapped'])
    .where('project', '=', project)
    .where('epoch', '<', epoch)
    .limit(most)
    .forUpdate()
    .skipLocked()
    .execute()
}

/** How many keys of owners are wrapped under an epoch before this one. */
export async function countBefore(tx: Tx, project: string, epoch: number): Promise<number> {
  const { waiting } = await tx
    .selectFrom('vault.owner_key')
    .select((eb) => eb.fn.countAll<number>().as('waiting'))
    .where('project', '=', project)
    .where('epoch', '<', epoch)
    .executeTakeFirstOrThrow()
  return waiting
}

/** Puts the same keys under another epoch, in one statement. */
export async function replaceKeys(
  tx: Tx,
  project: string,
  epoch: number,
  keys: readonly Omit<WaitingKey, 'epoch'>[],
): Promise<void> {
  await sql`
    update vault.owner_key o set epoch = ${epoch}, wrapped = n.wrapped
      from unnest(${keys.map((k) => k.kind)}::text[], ${keys.map((k) => k.owner)}::text[],
                  ${keys.map((k) => k.wrapped)}::bytea[]) as n(kind, owner, wrapped)
     where o.project = ${project} and o.kind = n.kind and o.owner = n.owner`.execute(tx)
}

/** Ends every epoch of a project before this one; answers which. */
export async function endEpochsBefore(
  tx: Tx,
  project: string,
  epoch: number,
  now: Date,
): Promise<number[]> {
  const rows = await tx
    .updateTable('vault.project_key')
    .set({ destroyed_at: now })
    .where('project', '=', project)
    .where('epoch', '<', epoch)
    .where('destroyed_at', 'is', null)
    .returning('epoch')
    .execute()
  return rows.map((row) => row.epoch).sort((a, b) => a - b)
}

/** Keys of ended epochs whose files may still be there. */
export async function endedKeys(tx: Tx, project: string) {
  const rows = await tx
    .selectFrom('vault.project_key')
    .select(['epoch', 'location'])
    .where('project', '=', project)
    .where('destroyed_at', 'is not', null)
    .where('location', 'is not', null)
    .orderBy('epoch')
    .forUpdate()
    .execute()
  return rows.flatMap(({ epoch, location }) => (location === null ? [] : [{ epoch, location }]))
}

export async function forgetLocations(tx: Tx, locations: readonly string[]): Promise<void> {
  await tx
    .updateTable('vault.project_key')
    .set({ location: null })
    .where('location', 'in', [...locations])
    .execute()
}

/** Every project that has keys, or one of them: its newest epoch, and what is left of earlier ones. */
export async function epochsOf(tx: Tx, only: string | null) {
  const { rows } = await sql<{
    project: string
    epoch: number
    begun_at: Date
    begun_by: string
    earlier: number[]
    condemned: number[]
    waiting: number
  }>`
    select p.project, p.epoch, p.created_at as begun_at, p.begun_by,
      array(select e.epoch from vault.project_key e
             where e.project = p.project and e.epoch < p.epoch and e.destroyed_at is null order by 1) as earlier,
      array(select e.epoch from vault.project_key e
             where e.project = p.project and e.destroyed_at is not null and e.location is not null order by 1) as condemned,
      (select count(*) from vault.owner_key o where o.project = p.project and o.epoch < p.epoch) as waiting
      from vault.project_key p
     where p.epoch = (select max(n.epoch) from vault.project_key n where n.project = p.project)
       and (${only}::text is null or p.project = ${only})
     order by p.project limit 10000`.execute(tx)
  return rows
}

const backupLock = 'vault backup'

/** Whether an epoch may end now: not while a copy is being taken. */
export async function mayEnd(tx: Tx): Promise<boolean> {
  const { rows } = await sql<{ free: boolean }>`
    select pg_try_advisory_xact_lock(hashtextextended(${backupLock}, 0)) as free`.execute(tx)
  return rows[0]?.free === true
}

/**
 * Until it is released, no epoch ends: copies of the database and of the keys that are taken one
 * after the other belong together.
 */
export async function holdEpochs(
  connection: Connection,
): Promise<{ readonly release: () => Promise<void> }> {
  const client = await openClient(connection)
  await client.query('select pg_advisory_lock_shared(hashtextextended($1, 0))', [backupLock])
  return { release: () => client.end() }
}

/** What is stored of these objects, hashed where it lies in the row. */
export async function fingerprintsOf(tx: Tx, objects: readonly string[]) {
  if (objects.length === 0) return []
  return tx
    .selectFrom('vault.object')
    .select(['id', 'location', sql<Buffer | null>`sha256(sealed)`.as('sha256')])
    .where('id', 'in', [...objects])
    .execute()
}
