import type { FactSource, ResourceSource } from '../access/index.ts'
import { deliveryById } from './store.ts'

/** Who proposed a delivery does not approve it. */
export const deliveryFacts: FactSource = {
  fills: ['duties'],
  async read(tx, { caller, action, resource }) {
    if (resource.type !== 'Delivery' || action !== 'delivery.approve') return { facts: {} }
    const row = await deliveryById(tx, resource.id)
    // What does not exist is refused by the gate as absent, not as a matter of who does what.
    if (row === undefined) return { facts: {} }
    return { facts: { duties: { apart: row.proposed_by !== caller.id } } }
  },
}

export const deliverySource: ResourceSource = {
  type: 'Delivery',
  async locate(tx, id, _caller, action) {
    const row = await deliveryById(tx, id)
    // What was recalled is no longer there to be downloaded, also by whoever has begun to.
    const gone = row?.state === 'recalled' && action === 'delivery.download'
    return row === undefined ? null : { project: row.project, item: null, client: row.client, gone }
  },
}
