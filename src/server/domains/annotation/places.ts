import type { Tx } from '../../kernel/db.ts'
import type { Located } from '../access/index.ts'
import { projectNature } from '../projects/index.ts'
import { taskById } from './store/tasks.ts'

interface Place {
  readonly project: string
  readonly item: string
  readonly language: string
}

const places = new Map<string, Place>()
const mostPlaces = 20_000

/** Says where a task belongs that was just read: its project, item and language never change. */
export function keepPlace(task: string, { project, item, language }: Place): void {
  const [oldest] = places.keys()
  if (places.size >= mostPlaces && oldest !== undefined) places.delete(oldest)
  places.set(task, { project, item, language })
}

/** The project of a task whose place was read before. */
export function projectOfTask(task: string): string | undefined {
  return places.get(task)?.project
}

/**
 * Where a task belongs, read once. Whether it is still there, and whose it is, the gate asks each
 * time: a task that was removed is leased to nobody.
 */
export async function placeOfTask(tx: Tx, id: string): Promise<Located | null> {
  const kept = places.get(id)
  const place = kept ?? (await taskById(tx, id))
  if (place === undefined) return null
  if (kept === undefined) keepPlace(id, place)
  const { project, item, language } = place
  const of = await projectNature(tx, project)
  if (of === undefined) return null
  return { project, item, language, projectCode: of.code, client: of.client, taskType: of.kind }
}
