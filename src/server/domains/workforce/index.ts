export { workforceFacts } from './facts.ts'
export { workforceRoutes } from './routes.ts'
export { workforceReaders } from './stamps.ts'
export { certifiedLanguages, shiftEnd } from './store.ts'
