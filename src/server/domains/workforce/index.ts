export { workforceFacts } from './facts.ts'
export { workforceRoutes } from './routes.ts'
export { certifiedLanguages, shiftEnd } from './store.ts'
