import type { Door } from '../../src/workstation/door.ts'
import { ask, type Worker } from './crew.ts'

/** A worker with the task in hand. */
export interface Desk {
  readonly door: Door
  readonly worker: Worker
  /** Told of every item that is handed out here. */
  readonly onItem: (item: string, person: string) => void
  task: string
  schema: string
}

/** Takes the worker's first task. @throws Error when there is none */
export async function takeFirst(
  door: Door,
  worker: Worker,
  project: string,
  onItem: Desk['onItem'] = () => undefined,
): Promise<Desk> {
  const { status, body } = await ask(door, worker, 'POST', `/projects/${project}/next`)
  if (status !== 200) throw new Error(`nobody got work: ${status} ${String(body)}`)
  const desk: Desk = { door, worker, onItem, task: '', schema: '' }
  take(desk, JSON.parse(String(body)))
  return desk
}

/** Submits one region and takes the next item; answers what went wrong, or null. */
export async function submit(desk: Desk): Promise<string | null> {
  const { door, worker, task, schema } = desk
  const region = { id: 'r1', anchor: { text: [[0, 4]] }, label: 'a', attributes: {} }
  const annotation = { schema, regions: [region], relations: [], answers: {} }
  const sent = { annotation, next: true }
  const { status, body } = await ask(door, worker, 'POST', `/tasks/${task}/submit`, sent)
  if (status !== 200) return `${status} ${String(body).slice(0, 200)}`
  const { next } = membersOf(JSON.parse(String(body)))
  if (next == null) return 'the queue ran dry'
  take(desk, next)
  return null
}

/** Opens the task in hand again; answers what went wrong, or null. */
export async function open({ door, worker, task }: Desk): Promise<string | null> {
  const { status, body } = await ask(door, worker, 'GET', `/tasks/${task}`)
  return status === 200 ? null : `${status} ${String(body).slice(0, 200)}`
}

function take(desk: Desk, payload: unknown): void {
  const { task, item, schema, schemaVersion } = membersOf(payload)
  desk.task = String(task)
  desk.schema = `${String(membersOf(schema)['name'])}@${String(schemaVersion)}`
  desk.onItem(String(item), desk.worker.person)
}

export function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
