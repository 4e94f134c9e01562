import type { Handover } from './handover.ts'

/** Something that happens to the work after it was proposed; the answer takes it back. */
type Change = (delivery: string) => Promise<() => Promise<unknown>>

/**
 * What may befall a set after its proposal, by name: its first item sent back, annotated otherwise,
 * taken out of the work, held for somebody whose data it is; or the set itself altered in the database.
 */
export async function waysToChange({ room }: Handover): Promise<[name: string, Change][]> {
  const db = room.database.db('cloister_admin')
  const first = await db
    .selectFrom('annotation.task')
    .selectAll()
    .where('type', '=', 'annotate')
    .orderBy('seq')
    .executeTakeFirstOrThrow()
  const setTask =
    (to: Partial<typeof first>): Change =>
    async () => {
      const tasks = db.updateTable('annotation.task').where('id', '=', first.id)
      await tasks.set(to).execute()
      return () => tasks.set({ state: first.state, annotation: first.annotation }).execute()
    }
  const setItem =
    (state: 'held' | 'restricted' | 'erased'): Change =>
    async () => {
      const items = db.updateTable('projects.item').where('id', '=', first.item)
      await items.set({ state }).execute()
      return () => items.set({ state: 'free' }).execute()
    }
  const alter: Change = async (delivery) => {
    await db
      .deleteFrom('delivery.item')
      .where('delivery', '=', delivery)
      .where('item', '=', first.item)
      .execute()
    return () => Promise.resolve()
  }
  return [
    ['sent back', setTask({ state: 'returned' })],
    ['reopened', setTask({ state: 'leased' })],
    ['withdrawn', setTask({ state: 'withdrawn' })],
    ['annotated otherwise', setTask({ annotation: `ann_${'b'.repeat(26)}` })],
    ...(['held', 'restricted', 'erased'] as const).map((s): [string, Change] => [s, setItem(s)]),
    ['altered', alter],
  ]
}
