export { projectsFacts, projectsSources } from './facts.ts'
export { projectsRoutes } from './routes.ts'
export {
  clientsOf,
  itemById,
  latestGuideline,
  latestSchema,
  projectByCode,
  projectById,
  projectsOf,
  schemaVersion,
} from './store.ts'
