import type { ResourceSource } from '../access/index.ts'
import { newestEpoch } from './store.ts'

/** Where the details of acts that belong to no project are sealed. */
export const siteProject = 'site'

/** The keys of a project, or of the site: there once the first thing was sealed under them. */
export const keysSource: ResourceSource = {
  type: 'Keys',
  async locate(tx, id) {
    if ((await newestEpoch(tx, id)) === undefined) return null
    return { project: id === siteProject ? null : id, item: null }
  },
}
