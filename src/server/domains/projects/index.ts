export { projectNature, projectsFacts, projectsSources } from './facts.ts'
export type { ImportGround } from './imports/ground.ts'
export { importRoutes } from './imports/routes.ts'
export { guidelineRoutes, projectsRoutes } from './routes.ts'
export { projectsReaders } from './stamps.ts'
export {
  clientsOf,
  isFree,
  itemById,
  type ItemColumns,
  itemColumns,
  latestGuideline,
  latestVersions,
  projectByCode,
  projectById,
  projectsOf,
  schemaVersion,
} from './store.ts'
