import { type Insertable, type RawBuilder, sql } from 'kysely'
import type { Tx } from '../../kernel/db.ts'
import type { DeliveryTables } from './tables.ts'

type Delivery = DeliveryTables['delivery.delivery']
export type DeliveredItem = Omit<DeliveryTables['delivery.item'], 'delivery'>

/** False when this client has registered this recipient before. */
export async function insertKey(
  tx: Tx,
  row: Insertable<DeliveryTables['delivery.key']>,
): Promise<boolean> {
  const done = await tx
    .insertInto('delivery.key')
    .values(row)
    .onConflict((c) => c.columns(['client', 'recipient']).doNothing())
    .executeTakeFirst()
  return done.numInsertedOrUpdatedRows === 1n
}

export function keyForUpdate(tx: Tx, client: string, id: string) {
  return tx
    .selectFrom('delivery.key')
    .selectAll()
    .where('client', '=', client)
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
}

export async function confirmKey(
  tx: Tx,
  id: string,
  by: { first_by: string } | { second_by: string; effective_at: Date },
): Promise<void> {
  await tx.updateTable('delivery.key').set(by).where('id', '=', id).execute()
}

export function keysOf(tx: Tx, client: string) {
  return tx
    .selectFrom('delivery.key')
    .selectAll()
    .where('client', '=', client)
    .orderBy('registered_at', 'desc')
    .limit(100)
    .execute()
}

/** The newest key of a client that is in effect. */
export function effectiveKey(tx: Tx, client: string, now: Date) {
  return tx
    .selectFrom('delivery.key')
    .selectAll()
    .where('client', '=', client)
    .where('effective_at', '<=', now)
    .orderBy('effective_at', 'desc')
    .limit(1)
    .executeTakeFirst()
}

export function keyById(tx: Tx, id: string) {
  return tx.selectFrom('delivery.key').selectAll().where('id', '=', id).executeTakeFirst()
}

export async function insertDelivery(tx: Tx, row: Insertable<Delivery>): Promise<void> {
  await tx.insertInto('delivery.delivery').values(row).execute()
}

export function deliveryById(tx: Tx, id: string) {
  return tx.selectFrom('delivery.delivery').selectAll().where('id', '=', id).executeTakeFirst()
}

export function deliveriesOf(tx: Tx, of: { project: string } | { clients: readonly string[] }) {
  const query = tx
    .selectFrom('delivery.delivery')
    .selectAll()
    .orderBy('proposed_at', 'desc')
    .limit(1000)
  if ('project' in of) return query.where('project', '=', of.project).execute()
  if (of.clients.length === 0) return Promise.resolve([])
  return query
    .where('client', 'in', [...of.clients])
    .where('file', 'is not', null)
    .execute()
}

/** Moves a delivery on; undefined when it was not in one of the states that this comes from. */
export function moveOn(
  tx: Tx,
  id: string,
  from: readonly Delivery['state'][],
  to: Partial<Delivery> & Pick<Delivery, 'state'>,
): Promise<Delivery | undefined> {
  return tx
    .updateTable('delivery.delivery')
    .set(to)
    .where('id', '=', id)
    .where('state', 'in', [...from])
    .returningAll()
    .executeTakeFirst()
}

/** Deliveries with ids after one, in their order. */
export function deliveriesAfter(tx: Tx, after: string, limit: number): Promise<Delivery[]> {
  return tx
    .selectFrom('delivery.delivery')
    .selectAll()
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit)
    .execute()
}

/** Items with the annotation that stands for each: a statement of the domain that knows. */
type Items = RawBuilder<DeliveredItem>

/**
 * Puts the next items of a query after one into a delivery, table to table, in the order of their ids;
 * answers them. A statement has half a minute: a million at once may not come through.
 */
export async function insertItemsAfter(
  tx: Tx,
  delivery: string,
  items: Items,
  { after, most }: { after: string; most: number },
): Promise<DeliveredItem[]> {
  const { rows } = await sql<DeliveredItem>`
    with page as materialized (
      select x.item, x.annotation from (${items}) x where x.item > ${after} order by x.item limit ${most}
    ), put as (
      insert into delivery.item (delivery, item, annotation)
      select ${delivery}, item, annotation from page
    )
    select item, annotation from page order by item`.execute(tx)
  return rows
}

/** Of a delivery's next items after one: how many are not in a query with the same annotation, and the last of them. */
export async function countFallenAfter(
  tx: Tx,
  delivery: string,
  items: Items,
  { after, most }: { after: string; most: number },
): Promise<{ fallen: number; last: string | null }> {
  const { rows } = await sql<{ fallen: number; last: string | null }>`
    with page as materialized (
      select s.item, s.annotation from delivery.item s
       where s.delivery = ${delivery} and s.item > ${after} order by s.item limit ${most}
    )
    select count(*) filter (where not exists (
             select from (${items}) x where x.item = p.item and x.annotation = p.annotation)) as fallen,
           max(p.item) as last
      from page p`.execute(tx)
  return rows[0] ?? { fallen: 0, last: null }
}

/** A delivery's items after one, in the order of their ids. */
export function itemsAfter(
  tx: Tx,
  delivery: string,
  after: string,
  most: number,
): Promise<DeliveredItem[]> {
  return tx
    .selectFrom('delivery.item')
    .select(['item', 'annotation'])
    .where('delivery', '=', delivery)
    .where('item', '>', after)
    .orderBy('item')
    .limit(most)
    .execute()
}

/** Deliveries that were approved and never built: what a start has to take up again. */
export function unbuilt(tx: Tx) {
  return tx
    .selectFrom('delivery.delivery')
    .select(['id', 'approved_by', 'rebuilt_by'])
    .where('state', '=', 'approved')
    .execute()
}
