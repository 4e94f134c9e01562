import type { Tx } from '../../kernel/db.ts'
import { rowBytes, type RowReader, sha256, stamp } from '../audit/index.ts'
import { hashOfSet } from './set.ts'
import { deliveriesAfter, moveOn } from './store.ts'
import type { DeliveryTables } from './tables.ts'

type Delivery = DeliveryTables['delivery.delivery']

/**
 * Moves a delivery on, under the protection of the log, and answers it as it stands then. Undefined,
 * and nothing is done, when it is not in one of the states that this comes from.
 */
export async function moveDelivery(
  tx: Tx,
  id: string,
  from: readonly Delivery['state'][],
  to: Partial<Delivery> & Pick<Delivery, 'state'>,
): Promise<Delivery | undefined> {
  const row = await moveOn(tx, id, from, to)
  if (row !== undefined) stamp(tx, 'delivery', id, sha256(deliveryBytes(row)))
  return row
}

/** How deliveries are read again to be compared with the log, the hash of their set from its items. */
export const deliveryReader: RowReader = {
  kind: 'delivery',
  async read(tx, after, limit) {
    const found = []
    for (const row of await deliveriesAfter(tx, after, limit)) {
      const set_sha256 = row.set_sha256 === null ? null : await hashOfSet(tx, row.id)
      found.push({ id: row.id, content: deliveryBytes({ ...row, set_sha256 }) })
    }
    return found
  },
}

/** The columns are named one by one: one that is added later must not change the hash of older rows. */
function deliveryBytes(row: Delivery): Uint8Array {
  const { id, project, client, key, state, items, file, size, sha256: hash } = row
  const { proposed_by, proposed_at, approved_by, approved_at } = row
  const { built_at, ended_by, ended_at } = row
  return rowBytes({
    ...{ id, project, client, key, state, items, file, size, sha256: hash },
    ...{ proposed_by, proposed_at, approved_by, approved_at, built_at, ended_by, ended_at },
    ...(row.set_sha256 !== null && { set: row.set_sha256 }),
    ...(row.set_aside !== null && { set_aside: row.set_aside }),
    ...(row.quality !== null && { quality: row.quality }),
    ...(row.failure !== null && { failure: row.failure }),
    ...(row.rebuilt_by !== null && { rebuilt_by: row.rebuilt_by }),
  })
}
