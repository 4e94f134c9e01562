export { annotationFacts, taskSource } from './facts.ts'
export type { Seals } from './ground.ts'
export { closeLeftListening, closeRecorder } from './media.ts'
export { addTasks, type NewItem, removeTasks } from './queue.ts'
export { annotationRoutes } from './routes.ts'
export { annotationReaders } from './stamps.ts'
export {
  acceptedAmong as acceptedAnnotations,
  acceptedItems,
  countAccepted,
} from './store/annotations.ts'
export { statesOfBatches, tallyOf } from './store/progress.ts'
