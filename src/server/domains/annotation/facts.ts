import { actOf } from '#shared/actions.ts'
import type { FactSource, ResourceSource } from '../access/index.ts'
import { placeOfTask, projectOfTask } from './places.ts'
import { holding } from './store/leases.ts'

/** Whether the person holds the task now, and whether they would review their own work. */
export const annotationFacts: FactSource = {
  fills: ['need', 'duties'],
  async read(tx, { caller, action, resource, now }) {
    if (resource.type !== 'Task' || caller.kind !== 'person' || caller.id === null)
      return { facts: {} }
    if (actOf(action).confidential !== true) return { facts: {} }
    const held = await holding(tx, resource.id, caller.id)
    if (held === undefined) return { facts: {} }
    const leased = held.until !== null && held.until > now
    return {
      facts: { need: { leased }, duties: { apart: !held.annotated } },
      ...(leased && { until: held.until }),
    }
  },
}

export const taskSource: ResourceSource = {
  type: 'Task',
  projectOf: projectOfTask,
  locate: placeOfTask,
}
