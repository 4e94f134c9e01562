import { createHash } from 'node:crypto'
import { Problem } from '#shared/problems.ts'
import type { Tx } from '../../kernel/db.ts'
import { acceptedItems, countAccepted } from '../annotation/index.ts'
import { acceptance, type ProjectAcceptance } from '../quality/index.ts'
import { countFallenAfter, type DeliveredItem, insertItemsAfter, itemsAfter } from './store.ts'
import type { DeliveryTables } from './tables.ts'

type Delivery = DeliveryTables['delivery.delivery']

/** What a delivery hands over: fixed with its proposal, and the same at its approval and in its package. */
export type FixedSet = Pick<Delivery, 'items' | 'set_sha256' | 'set_aside' | 'quality'>

/** Rows of a set that one statement takes. */
const pageSize = 10_000

/** SHA-256 over a line for each item, in the order of their ids: item, space, annotation, line feed. */
export class SetHash {
  readonly #hash = createHash('sha256')

  add({ item, annotation }: DeliveredItem): void {
    this.#hash.update(`${item} ${annotation}\n`)
  }

  /** To be asked once, after the last item. */
  result(): Buffer {
    return this.#hash.digest()
  }
}

/** The acceptance of a project. @throws Problem `not-ready` when what it promised does not hold */
export async function mustBeAccepted(tx: Tx, project: string): Promise<ProjectAcceptance> {
  const reached = await acceptance(tx, project)
  if (!reached.ready) throw unaccepted(reached.open)
  return reached
}

/**
 * Fixes what a delivery hands over: every item that is accepted now and neither held, restricted nor
 * erased, with the annotation that stands. The rows go from table to table, a page at a time; what
 * passes through here is its ids. What is accepted meanwhile may be left to the next delivery.
 * @throws Problem `not-ready` when there is no such item; `conflict` when an item is said to be accepted
 *   without a decision that accepted it
 */
export async function fixSet(
  tx: Tx,
  delivery: string,
  project: string,
  reached: ProjectAcceptance,
): Promise<FixedSet> {
  const said = await countAccepted(tx, project)
  const hash = new SetHash()
  let items = 0
  for (let after: string | undefined = ''; after !== undefined;) {
    const accepted = acceptedItems(project)
    const among = { after, most: pageSize }
    const page: DeliveredItem[] = await insertItemsAfter(tx, delivery, accepted, among)
    for (const one of page) hash.add(one)
    items += page.length
    after = page.at(-1)?.item
  }
  if (items === 0) throw unaccepted(reached.open)
  if (items < said) throw new Problem('conflict', { where: 'set', changed: said - items })
  const quality = { rule: 'every item reviewed', delivered: items, ...reached }
  return {
    ...{ items, set_sha256: hash.result(), set_aside: reached.skipped },
    quality: `${JSON.stringify(quality, null, 2)}\n`,
  }
}

/**
 * Makes sure that a set may still be let go as it was proposed.
 * @throws Problem `not-ready` when the project's acceptance holds no more, or the delivery is from
 *   before sets were fixed; `conflict` when something of the set was changed, with how many items
 */
export async function mustStand(tx: Tx, row: Delivery): Promise<void> {
  if (row.set_sha256 === null) throw new Problem('not-ready', { missing: 'set' })
  const changed = await fallen(tx, row)
  if (changed > 0) throw new Problem('conflict', { where: 'set', changed })
  if (!row.set_sha256.equals(await hashOfSet(tx, row.id)))
    throw new Problem('conflict', { where: 'set' })
  await mustBeAccepted(tx, row.project)
}

/** How many items of a set are no more accepted as they were, or are held, restricted or erased. */
export async function fallen(tx: Tx, { id, project }: Delivery): Promise<number> {
  const items = acceptedItems(project)
  let count = 0
  for (let after: string | null = ''; after !== null;) {
    const among = { after, most: pageSize }
    const page: { fallen: number; last: string | null } = await countFallenAfter(
      tx,
      id,
      items,
      among,
    )
    count += page.fallen
    after = page.last
  }
  return count
}

/** What of a set goes into words beside the log. */
export function wordsOf(id: string, { items, set_sha256, set_aside }: FixedSet) {
  return { delivery: id, set: set_sha256?.toString('hex') ?? null, items, setAside: set_aside }
}

/** The hash of a delivery's set, from its items as they are now. */
export async function hashOfSet(tx: Tx, delivery: string): Promise<Buffer> {
  const hash = new SetHash()
  for (let after: string | undefined = ''; after !== undefined;) {
    const page: DeliveredItem[] = await itemsAfter(tx, delivery, after, pageSize)
    for (const one of page) hash.add(one)
    after = page.at(-1)?.item
  }
  return hash.result()
}

function unaccepted(open: number): Problem {
  return new Problem('not-ready', { missing: 'acceptance', open })
}
