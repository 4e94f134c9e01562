import { type ResourceSource, siteProject } from '../access/index.ts'
import { newestEpoch } from './store.ts'

/** The keys of a project, or of the site: there once the first thing was sealed under them. */
export const keysSource: ResourceSource = {
  type: 'Keys',
  async locate(tx, id) {
    if ((await newestEpoch(tx, id)) === undefined) return null
    return { project: id === siteProject ? null : id, item: null }
  },
}
