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

/** Puts the items of a query into a delivery, table to table; answers how many they were. */
export async function insertItems(tx: Tx, delivery: string, items: Items): Promise<number> {
  const { numAffectedRows } = await sql`
    insert into delivery.item (delivery, item, annotation)
    select ${delivery}, x.item, x.annotation from (${items}) x order by x.item`.execute(tx)
  return Number(numAffectedRows ?? 0n)
}

/** How many items of a delivery are not in a query with the same annotation. */
export async function countFallen(tx: Tx, delivery: string, items: Items): Promise<number> {
  const { rows } = await sql<{ fallen: number }>`
    select count(*) as fallen from delivery.item s
     where s.delivery = ${delivery}
       and not exists (select from (${items}) x
                        where x.item = s.item and x.annotation = s.annotation)`.execute(tx)
  return rows[0]?.fallen ?? 0
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
export async function unbuilt(tx: Tx): Promise<string[]> {
  const rows = await tx
    .selectFrom('delivery.delivery')
    .select('id')
    .where('state', '=', 'approved')
    .execute()
  return rows.map((row) => row.id)
}
