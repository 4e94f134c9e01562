export { projectsFacts, projectsSources } from './facts.ts'
export { projectsRoutes } from './routes.ts'
export {
  itemById,
  latestGuideline,
  latestSchema,
  projectByCode,
  projectById,
  projectsOf,
  schemaVersion,
} from './store.ts'
